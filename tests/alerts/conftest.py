"""A ledger on both databases, two customers, and a day on which all went well until now."""

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


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Everything went well in the night before and on the day until now."""
    for name in desk.customers:
        for flow in ("employers", "organigram", "employees", "accounts"):
            desk.run(name, flow, "2026-11-22 21:00", tell=False)
        for flow in ("absence", "iban"):
            desk.run(name, flow, "2026-11-22 21:00", tell=False)
    desk.others_run()
    return desk
