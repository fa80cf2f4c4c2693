"""Deliveries as people look at them: what was sent, what waits for somebody and why, and their answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from veerpont.desk.question import Question
from veerpont.desk.refused import ActRefusedError
from veerpont.store import deliveries as store
from veerpont.store.deliveries import State
from veerpont.store.tables import Decision, Delivery

WAITING = "waiting"
"""To look for what nobody has answered yet, besides the states themselves."""


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries of many."""

    rows: list[Delivery]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def waiting(session: Session, integration: str | None = None, flow: str | None = None) -> list[Delivery]:
    """Return what waits for a person's answer, the oldest first."""
    query = select(Delivery).where(Delivery.state == State.HELD, Delivery.decided_by.is_(None)).order_by(Delivery.id)
    return list(session.scalars(_narrow(query, integration, flow)))


def page(
    session: Session,
    integration: str | None,
    flow: str | None,
    state: str | None,
    number: int = 1,
    size: int = 50,
) -> DeliveryPage:
    """Return one page of deliveries, the newest first; a number beyond the last is the last."""
    query = _narrow(select(Delivery), integration, flow)
    if state == WAITING:
        query = query.where(Delivery.state == State.HELD, Delivery.decided_by.is_(None))
    elif state:
        query = query.where(Delivery.state == state)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Delivery.id).subquery())) or 0
    number = max(1, min(number, -(-total // size)))
    rows = session.scalars(query.order_by(Delivery.id.desc()).offset((number - 1) * size).limit(size))
    return DeliveryPage(list(rows), total, number, size)


def one(session: Session, delivery: int) -> Delivery:
    """Return a delivery. Raises ActRefusedError when there is none."""
    row = session.get(Delivery, delivery)
    if row is None:
        raise ActRefusedError("no_delivery", id=str(delivery))
    return row


def reasons(row: Delivery) -> list[tuple[str, str]]:
    """Return why a delivery is held: code, and the column it is about where it is about one."""
    parts = [reason.partition(":") for reason in row.reasons.split()]
    return [(code, about) for code, _, about in parts]


def answers(session: Session, row: Delivery) -> list[Decision]:
    """Return what people decided about it, the oldest first."""
    return store.decisions(session, row)


@dataclass(frozen=True)
class DeliveryQuestion(Question[Delivery]):
    """What a person is asked before a delivery is released, discarded or sent again."""

    def look(self, row: Delivery) -> str:
        """Return what a person sees of a held delivery."""
        return f"{row.state} {row.question or ''} {row.records} {row.gone} {row.decided_by or ''}"


def may_release(row: Delivery) -> bool:
    """Tell whether a person may let it go. What was prepared and then given up is made again by the next run."""
    discarded = row.state == State.DISCARDED and not row.name
    return discarded or (row.state == State.HELD and row.decided_by is None)


def may_discard(row: Delivery) -> bool:
    """Tell whether a person may say that it is not to be made."""
    return row.state in {State.HELD, State.PREPARED}


def ask(session: Session, act: str, delivery: int) -> DeliveryQuestion:
    """Return what there is to know before `act` (release, discard or resend) is done to a delivery.

    Raises ActRefusedError when there is no such delivery.
    """
    row = one(session, delivery)
    return DeliveryQuestion(act, row.integration, (row,))


def answer(session: Session, question: DeliveryQuestion, by: str, seen: str) -> Delivery:
    """Release or discard a held delivery; the next run of the flow acts on it.

    Raises ActRefusedError when it does not wait for anybody, or is not as it was when the person was asked.
    """
    question.require(seen)
    row, release = question.rows[0], question.act == "release"
    if not (may_release(row) if release else may_discard(row)):
        raise ActRefusedError("not_waiting", id=str(row.id))
    return store.decide(session, row.id, by, release)


def _narrow(query: Select[Any], integration: str | None, flow: str | None) -> Select[Any]:
    if integration:
        query = query.where(Delivery.integration == integration)
    return query.where(Delivery.flow == flow) if flow else query


def integrations(session: Session) -> list[str]:
    """Return the integrations that ever had a delivery."""
    return sorted(session.scalars(select(Delivery.integration).distinct()))
