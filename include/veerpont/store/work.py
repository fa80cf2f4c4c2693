"""What the desk was asked and a task does: a row says what came of it, the vault has the bytes that were brought.

Why: docs/decisions/0015.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veerpont.model.messages import Words
from veerpont.store import kinds
from veerpont.store.clock import now
from veerpont.store.tables import Work

FOLDER = kinds.BROUGHT.folder
"""Where the vault has the bytes."""
KEPT = timedelta(days=90)
REPORT, PREVIEW = "report", "preview"
FORGET_LOOK, FORGET = "forget_look", "forget"
ADOPT, DISCARD = "adopt", "adopt_discard"


class WorkState(StrEnum):
    """`waiting` to be done; `done`; `refused`: nothing of it was taken, and the message says why."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


def add(session: Session, integration: str, what: str, by: str, flows: Iterable[str], path: str = "") -> int:
    """Keep that something was asked, and return its number.

    `flows`: those that it is about: of a report all on which who brought it may act.
    """
    row = Work(
        integration=integration,
        what=what,
        by=by,
        flows=" ".join(sorted(flows)),
        object=path or None,
        state=WorkState.WAITING,
        at=now(),
    )
    session.add(row)
    session.flush()
    return row.id


def one(session: Session, number: int) -> Work | None:
    """Return a piece of work."""
    return session.get(Work, number)


def waiting(session: Session, only: str | None = None) -> list[Work]:
    """Return what waits, of one integration or of all: what was tried least first, so that none keeps others back."""
    query = select(Work).where(Work.state == WorkState.WAITING).order_by(Work.tries, Work.id)
    return list(session.scalars(query.where(Work.integration == only) if only else query))


def recent(session: Session, what: str | tuple[str, ...], integration: str | None = None, count: int = 5) -> list[Work]:
    """Return what was asked last, of one integration or of all, the newest first."""
    query = (
        select(Work)
        .where(Work.what.in_([what] if isinstance(what, str) else what))
        .order_by(Work.id.desc())
        .limit(count)
    )
    return list(session.scalars(query.where(Work.integration == integration) if integration else query))


def try_now(session: Session, number: int) -> Work | None:
    """Return what is to be done now, and count the try; None when it does not wait any more."""
    row = session.get(Work, number)
    if row is None or row.state != WorkState.WAITING:
        return None
    row.tries += 1
    return row


def end(
    session: Session,
    number: int,
    state: WorkState,
    *,
    result: str = "",
    counts: Mapping[str, int] | None = None,
    delivery: int | None = None,
    message: Words = "",
) -> None:
    """Keep what came of it, once: what ended before stays as it was."""
    row = session.get(Work, number)
    if row is None or row.state != WorkState.WAITING:
        return
    row.state, row.result, row.delivery, row.words = state, result, delivery, message
    row.counts = msgspec.json.encode(counts or {}).decode()
    row.object, row.ended_at = None, now()


def counts(row: Work) -> dict[str, int]:
    """Return the counts of what came of it."""
    return msgspec.json.decode(row.counts or "{}", type=dict[str, int])


def sweep(session: Session) -> None:
    """Forget what ended long ago."""
    session.execute(delete(Work).where(Work.ended_at < now() - KEPT))
