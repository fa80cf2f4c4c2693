"""What a run has in hand of each customer of a batch, so that another try does what is left (docs/decisions/0025)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from veerpont.store.clock import now
from veerpont.store.table_base import NOT_IN_HAND
from veerpont.store.tables import InHand


class Done(StrEnum):
    """The last step that was done; `ended`: nothing is left to do, however it ended."""

    NOTHING = "nothing"
    EXTRACT = "extract"
    TRANSFORM = "transform"
    ENDED = "ended"


@dataclass(frozen=True)
class Attempt:
    """One run of a flow; `number`: how often it was cleared, which makes it a run of now that reads again."""

    flow: str
    run_id: str
    number: int = 0

    @property
    def rows(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions on what the run has in hand, of whichever attempt."""
        return (InHand.flow == self.flow, InHand.run_id == self.run_id)


def begin(session: Session, attempt: Attempt, integrations: Collection[str]) -> None:
    """Note that these are about to cross. Those that this attempt has in hand already stay as they are."""
    known = {row.integration: row for row in session.scalars(select(InHand).where(*attempt.rows))}
    for integration in integrations:
        row = known.get(integration)
        if row is None:
            session.add(_new(attempt, integration))
        elif row.attempt != attempt.number:
            _reset(row, attempt)


def found(session: Session, attempt: Attempt, integrations: Collection[str] | None = None) -> dict[str, InHand]:
    """Return integration → what the run has in hand of it; of all, or of these.

    Of whichever attempt: somebody may clear the read of others, and those go on with what they have.
    """
    rows = session.scalars(select(InHand).where(*attempt.rows).order_by(InHand.id))
    return {row.integration: row for row in rows if integrations is None or row.integration in integrations}


def done(session: Session, attempt: Attempt, integration: str, step: Done, handed: str = "") -> None:
    """Note that a step was done, and what it hands to the next one."""
    row = _row(session, attempt, integration)
    row.step, row.handed, row.retry_at, row.away, row.tries, row.at = step, handed, None, "", 0, now()


def wait(session: Session, attempt: Attempt, integration: str, until: datetime, away: str, tried: bool = False) -> None:
    """Note that an integration waits until a moment, and what is away (which others may wait for too).

    tried: it failed and did not say when to come back.
    """
    row = _row(session, attempt, integration)
    row.retry_at, row.away, row.at = until, away[:100], now()
    row.tries += tried


def tries(session: Session, attempt: Attempt, integration: str) -> int:
    """Return how often an integration failed in a step without a word about when to come back."""
    return session.scalar(select(InHand.tries).where(*attempt.rows, InHand.integration == integration)) or 0


def wake(session: Session, attempt: Attempt, integrations: Iterable[str]) -> None:
    """Note that these wait no more."""
    session.execute(
        update(InHand).where(*attempt.rows, InHand.integration.in_(list(integrations))).values(retry_at=None)
    )


def since(session: Session, integrations: Collection[str], flow: str, moment: datetime) -> dict[str, InHand]:
    """Return integration → what the newest run of a flow has in hand of it that had anything since `moment`."""
    query = select(InHand).where(InHand.flow == flow, InHand.integration.in_(list(integrations)), InHand.at >= moment)
    return {row.integration: row for row in session.scalars(query.order_by(InHand.id))}


def forget(session: Session, flow: str, age: timedelta) -> None:
    """Forget what runs of a flow had in hand that are older than `age`."""
    old = delete(InHand).where(InHand.flow == flow, InHand.at < now() - age)
    session.execute(old, execution_options=NOT_IN_HAND)


def drop(session: Session, attempt: Attempt, integration: str) -> None:
    """Forget what a run has in hand of one integration."""
    session.execute(delete(InHand).where(*attempt.rows, InHand.integration == integration))


def _row(session: Session, attempt: Attempt, integration: str) -> InHand:
    row = session.scalar(select(InHand).where(*attempt.rows, InHand.integration == integration))
    if row is None:
        row = _new(attempt, integration)
        session.add(row)
    elif row.attempt != attempt.number:
        _reset(row, attempt)
    return row


def _new(attempt: Attempt, integration: str) -> InHand:
    return InHand(
        integration=integration,
        flow=attempt.flow,
        run_id=attempt.run_id,
        attempt=attempt.number,
        step=Done.NOTHING,
        handed="",
        away="",
        tries=0,
        at=now(),
    )


def _reset(row: InHand, attempt: Attempt) -> None:
    row.attempt, row.step, row.handed, row.at = attempt.number, Done.NOTHING, "", now()
    row.retry_at, row.away, row.tries = None, "", 0
