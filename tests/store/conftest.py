"""A fresh ledger on both databases, and a vault."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    database: Callable[[], str] = request.getfixturevalue("postgres")
    return database()


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    found = Ledger(ledger_url)
    found.require_current()
    yield found
    found.engine.dispose()


@pytest.fixture
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def vault_places(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Call it with `file` or `s3` for the address of an empty vault there."""

    def address(kind: str) -> str:
        if kind == "file":
            return f"file://{tmp_path / 'vault'}"
        for name, value in request.getfixturevalue("s3").items():
            monkeypatch.setenv(name, value)
        return f"s3://vault/{uuid4().hex}"

    return address


@pytest.fixture
def vault_address(vault_places: Callable[[str], str]) -> str:
    return vault_places("file")


@pytest.fixture
def vault(vault_address: str, key: str) -> Vault:
    return Vault(vault_address, (key,))
