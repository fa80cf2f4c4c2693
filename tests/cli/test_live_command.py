"""`veerpont live`: from when on the schedule runs a customer, and who decided that."""

from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.model.failures import SettingsError
from veerpont.store import live
from veerpont.store.ledger import Ledger

FILE = {
    "name": "acme",
    "customer": "Acme",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employers"]}],
}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
    monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    made.migrate()
    return made


def test_who_took_it_live_and_back_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(FILE | {"schedule": "when_live"}))
    for given, said in (((), "on the schedule from the next run on"), (("--take-back",), "off the schedule")):
        done = CliRunner().invoke(app, ["live", "acme", "--by", "Joke de Vries", *given])
        assert (done.exit_code, said in done.output) == (0, True), done.output
    with ledger.session() as session:
        last = live.last(session, "acme")
    assert last is not None
    assert (last.decision, last.by) == ("take back", "Joke de Vries")


def test_one_that_its_file_puts_on_the_schedule_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    """Nobody should think that they took it off."""
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(FILE))
    done = CliRunner().invoke(app, ["live", "acme", "--by", "Jo", "--take-back"])
    assert isinstance(done.exception, SettingsError)
    assert "schedule: when_live" in str(done.exception)
    assert isinstance(CliRunner().invoke(app, ["live", "nobody", "--by", "Jo"]).exception, SettingsError)
