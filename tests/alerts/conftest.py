"""A ledger on both databases, and two customers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alert_days import Desk, customer

from veerpont.store.ledger import Ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, on both databases."""
    if request.param == "sqlite":
        found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        postgres: Callable[[], str] = request.getfixturevalue("postgres")
        found = Ledger(postgres())
    found.require_current()
    yield found
    found.engine.dispose()


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    """Acme, whose managers read Dutch, and Borealis, whose managers read English."""
    return Desk(ledger, customer("acme"), customer("borealis", mail={"to": ["hr@borealis.example"], "language": "en"}))
