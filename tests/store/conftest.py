"""A fresh ledger on both databases, and a vault."""

from collections.abc import Callable, Iterator
from pathlib import Path

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
def vault_address(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'vault'}"


@pytest.fixture
def vault(vault_address: str, key: str) -> Vault:
    return Vault(vault_address, (key,))
