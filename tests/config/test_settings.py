"""Settings that hold secrets: from the environment, or from a file that it names."""

from pathlib import Path

import pytest

from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VEERPONT_LEDGER", "VEERPONT_LEDGER_FILE", "VEERPONT_VAULT_KEYS", "VEERPONT_VAULT_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text("new,old\n")
    (tmp_path / "ledger").write_text("postgresql+psycopg2://veerpont@database/ledger\n")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("VEERPONT_LEDGER_FILE", str(tmp_path / "ledger"))
    found = settings()
    assert found.vault_keys == ("new", "old")
    assert found.ledger == "postgresql+psycopg2://veerpont@database/ledger"


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text("file")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "environment")
    assert settings().vault_keys == ("environment",)


def test_a_file_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEERPONT_VAULT_KEYS_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="VEERPONT_VAULT_KEYS_FILE"):
        settings()


@pytest.mark.parametrize("text", ["-1", "many", "", "1.5", "²"])
def test_a_number_that_is_none_is_said(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "environment")
    assert settings().batch_above == 40
    monkeypatch.setenv("VEERPONT_BATCH_ABOVE", text)
    with pytest.raises(SettingsError, match="VEERPONT_BATCH_ABOVE"):
        settings()
