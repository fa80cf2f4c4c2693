"""How often the sources were asked: calls by integration, flow and day (docs/reference/afas.md, 6.2)."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import CursorResult, String, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from veerpont.store.table_base import NOT_IN_HAND, Base

KEPT = timedelta(days=90)


class SourceCalls(Base):
    """How many calls a flow made to its source for an integration, on a Dutch day."""

    __tablename__ = "source_calls"

    integration: Mapped[str] = mapped_column(String(100), primary_key=True)
    flow: Mapped[str] = mapped_column(String(30), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]


def add(session: Session, integration: str, flow: str, day: date, calls: int) -> None:
    """Count calls of a flow on a day. Of an integration what is older than 90 days goes when a day begins."""
    if _added(session, integration, flow, day, calls):
        return
    old = delete(SourceCalls).where(SourceCalls.integration == integration, SourceCalls.day < day - KEPT)
    session.execute(old, execution_options=NOT_IN_HAND)
    try:
        with session.begin_nested():
            session.add(SourceCalls(integration=integration, flow=flow, day=day, calls=calls))
    except IntegrityError:  # another worker has begun the day
        _added(session, integration, flow, day, calls)


def _added(session: Session, integration: str, flow: str, day: date, calls: int) -> bool:
    row = update(SourceCalls).where(
        SourceCalls.integration == integration, SourceCalls.flow == flow, SourceCalls.day == day
    )
    counted = row.values(calls=SourceCalls.calls + calls)
    done: CursorResult[object] = session.execute(counted, execution_options=NOT_IN_HAND)  # type: ignore[assignment]
    return done.rowcount > 0


def of_day(session: Session, integration: str, day: date) -> int:
    """Return how many calls the flows of an integration made on a day."""
    made = select(func.sum(SourceCalls.calls)).where(SourceCalls.integration == integration, SourceCalls.day == day)
    return session.scalar(made) or 0


def listed(session: Session, integration: str | None, since: date) -> list[SourceCalls]:
    """Return the counts since a day, of one integration or of all, the newest day first."""
    query = select(SourceCalls).where(SourceCalls.day >= since)
    if integration:
        query = query.where(SourceCalls.integration == integration)
    return list(session.scalars(query.order_by(SourceCalls.day.desc(), SourceCalls.integration, SourceCalls.flow)))


def on(session: Session, day: date, flow: str, names: Collection[str]) -> dict[str, int]:
    """Return integration → calls of a flow on a day."""
    query = select(SourceCalls.integration, SourceCalls.calls).where(
        SourceCalls.day == day, SourceCalls.flow == flow, SourceCalls.integration.in_(names)
    )
    return dict(session.execute(query).all())
