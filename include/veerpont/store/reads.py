"""Which of two reads is newer: a number that the ledger hands out when a read begins, not a clock.

Why: docs/decisions/0005.
"""

from datetime import timedelta

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from veerpont.store import notes
from veerpont.store.clock import now
from veerpont.store.scope import Scope
from veerpont.store.table_base import NOT_IN_HAND
from veerpont.store.tables import Read

_OF_FLOW = Read.integration == bindparam("integration"), Read.flow == bindparam("flow")
_NEWEST = select(Read.at).where(*_OF_FLOW).order_by(Read.id.desc()).limit(1)
_OLDER = delete(Read).where(*_OF_FLOW, Read.id < bindparam("newest"))
TOLERATED = timedelta(minutes=5)
"""The clocks of two workers may differ by this."""

AHEAD = "clock_ahead"
"""Until when (ISO) times in the ledger are ahead of the clock, since it went back."""


def begin(session: Session, integration: str, flow: str) -> int:
    """Return the number of a read that begins now: higher than that of every read that began before it.

    Only the newest of a flow is kept. Also notes when the clock went back since that one.
    """
    of_flow = {"integration": integration, "flow": flow}
    last = session.scalar(_NEWEST, of_flow)
    row = Read(integration=integration, flow=flow, at=now())
    session.add(row)
    session.flush()
    session.execute(_OLDER, of_flow | {"newest": row.id}, execution_options=NOT_IN_HAND)
    if last is not None and last > row.at + TOLERATED:
        notes.note(session, Scope(""), AHEAD, max(last.isoformat(), clock_ahead_until(session) or ""))
    return row.id


def clock_ahead_until(session: Session) -> str | None:
    """Return until when (ISO, UTC) times in the ledger are ahead of the clock, the last time that it went back."""
    return notes.noted(session, Scope(""), AHEAD)
