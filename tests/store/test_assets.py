"""What Airflow's assets are told of: each accepted delivery once."""

import pytest

from veerpont.store.assets import announce
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery, Run


def deliver(ledger: Ledger, integration: str, state: State, run: str = "run") -> int:
    """Put a delivery in the ledger, and return its number."""
    row = Delivery(
        integration=integration, flow="employees", portal="xpert_suite", run_id=run, state=state, records=3, at=now()
    )
    with ledger.session() as session:
        session.add(row)
        session.flush()
        return row.id


def told(ledger: Ledger, integration: str | None = None) -> list[int]:
    with ledger.session() as session:
        return [event.books["delivery"] for event in announce(session, "employees", integration and [integration])]


def test_each_accepted_one_once(ledger: Ledger) -> None:
    first, second = deliver(ledger, "acme", State.DELIVERED), deliver(ledger, "acme", State.CONFIRMED)
    other = deliver(ledger, "other", State.DELIVERED)
    assert told(ledger, "acme") == [first, second]
    assert told(ledger, "acme") == []
    assert told(ledger) == [other]


@pytest.mark.parametrize("state", [State.PREPARED, State.HELD, State.DISCARDED, State.SUPERSEDED, State.REFUSED])
def test_what_no_portal_accepted_is_no_event(ledger: Ledger, state: State) -> None:
    deliver(ledger, "acme", state)
    assert told(ledger) == []


def test_the_books_of_its_run(ledger: Ledger) -> None:
    deliver(ledger, "acme", State.DELIVERED, "monday")
    with ledger.session() as session:
        session.add(
            Run(
                integration="acme",
                flow="employees",
                portal="xpert_suite",
                run_id="monday",
                started_at=now(),
                state="success",
                read=5,
                delivered=3,
                unchanged=2,
            )
        )
    with ledger.session() as session:
        (event,) = announce(session, "employees")
    assert (event.portal, event.books["read"], event.books["unchanged"], event.books["held"]) == (
        "xpert_suite",
        5,
        2,
        0,
    )
