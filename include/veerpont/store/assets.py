"""What Airflow's assets are told: each accepted delivery, once, with the books of its run."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.store.deliveries import State
from veerpont.store.runs import COUNTS
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run


@dataclass(frozen=True)
class Event:
    """A delivery that a portal accepted. `books`: counts, the delivery's number and its run; nothing personal."""

    integration: str
    portal: str
    books: dict[str, Any]


def announce(session: Session, flow: str, integrations: Collection[str] | None = None) -> list[Event]:
    """Return what was accepted and not announced yet, oldest first, and keep that it is announced now.

    integrations: of whom; None: of all.
    """
    query = select(Delivery).where(
        Delivery.flow == flow,
        Delivery.announced.is_(False),
        Delivery.state.in_([State.DELIVERED, State.CONFIRMED]),
    )
    if integrations is not None:
        query = query.where(Delivery.integration.in_(list(integrations)))
    found = []
    for row in session.scalars(query.order_by(Delivery.id)).all():
        row.announced = True
        run = session.scalar(select(Run).where(*Scope.of(row).rows(Run), Run.run_id == row.run_id))
        counts = {name: getattr(run, name) for name in COUNTS} if run else {}
        books = {"delivery": row.id, "run": row.run_id, "records": row.records, "sha256": row.sha256} | counts
        found.append(Event(row.integration, row.portal, books))
    return found
