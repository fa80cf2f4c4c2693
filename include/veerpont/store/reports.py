"""The portal's reports in the ledger: which deliveries wait for one, what was sent with them, which reports were taken.

A pointer of kind `sent <delivery>` keeps the lines that a delivery brought, and those that the portal was told before
it, until its report has come or is not waited for any more.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from veerpont.model.messages import Message, Words
from veerpont.store import notes
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Pointer, Reject, RejectEvent
from veerpont.store.vault import Sequence

KIND = "sent "
OF_DELIVERY = "delivery:"
"""How the key of a reject begins that is about a whole delivery."""
_TAKEN, _WRONG = "reports_taken", "reports_wrong"


class Sent(msgspec.Struct, frozen=True):
    """The lines in a delivery, and those that the portal was told before; None when it was told nothing."""

    lines: Sequence
    before: Sequence | None


def expect(session: Session, row: Delivery, sent: Sent, due: datetime | None, kept: timedelta) -> None:
    """Keep what a delivery brought until its report comes; what older ones brought no longer than `kept`."""
    row.report_due = due
    content = msgspec.json.encode(sent).decode()
    for other in session.scalars(_kept_of(row).where(Pointer.at < now() - kept)):
        session.delete(other)
    session.add(Pointer(**Scope.of(row).columns, kind=f"{KIND}{row.id}", sequence=content, at=now()))


def sent(session: Session, row: Delivery) -> Sent | None:
    """Return what a delivery brought; None when that is not kept any more."""
    kept = session.scalar(_kept_of(row).where(Pointer.kind == f"{KIND}{row.id}"))
    return msgspec.json.decode(kept.sequence, type=Sent) if kept else None


def waits(session: Session, integration: str) -> bool:
    """Tell whether a delivery of an integration waits for its report."""
    return session.scalar(_kept(integration).limit(1)) is not None


def close(session: Session, row: Delivery, alone: bool = False) -> None:
    """Wait no more for the report of a delivery, nor, unless `alone`, of those before it: its file had theirs in it."""
    same = Scope.of(row).rows(Delivery)
    which = Delivery.id == row.id if alone else Delivery.id <= row.id
    session.execute(update(Delivery).where(*same, which, Delivery.report_due.is_not(None)).values(report_due=None))
    for kept in session.scalars(_kept_of(row)):
        number = int(kept.kind.removeprefix(KIND))
        if number == row.id or (number < row.id and not alone):
            session.delete(kept)


def sent_next(session: Session, row: Delivery) -> Sent | None:
    """Return what the delivery after this one brought, where its report is waited for."""
    following = _following(session, row)
    return msgspec.json.decode(following.sequence, type=Sent) if following else None


def take_back(session: Session, row: Delivery, before: Sequence | None) -> None:
    """Let these be the lines that the portal was told before the next delivery: it did not take all of this one."""
    if following := _following(session, row):
        known = msgspec.json.decode(following.sequence, type=Sent)
        following.sequence = msgspec.json.encode(Sent(known.lines, before)).decode()


def _following(session: Session, row: Delivery) -> Pointer | None:
    rows = session.scalars(_kept_of(row))
    later = {number: kept for kept in rows if (number := int(kept.kind.removeprefix(KIND))) > row.id}
    return later[min(later)] if later else None


def overdue(session: Session, moment: datetime) -> list[Delivery]:
    """Return the deliveries whose report should be there by now, the oldest first."""
    query = select(Delivery).where(Delivery.state == State.DELIVERED, Delivery.report_due < moment)
    return list(session.scalars(query.order_by(Delivery.id)))


def named(session: Session, integration: str, name: str) -> Delivery | None:
    """Return the delivery whose file has this name."""
    query = select(Delivery).where(Delivery.integration == integration, Delivery.name == name, Delivery.name != "")
    return session.scalar(query.order_by(Delivery.id.desc()).limit(1))


def is_newest(session: Session, row: Delivery) -> bool:
    """Tell whether the portal has accepted no file of the flow after this one."""
    query = select(func.max(Delivery.id)).where(
        *Scope.of(row).rows(Delivery),
        Delivery.state.in_([State.DELIVERED, State.CONFIRMED]),
    )
    return session.scalar(query) == row.id


def pass_over(session: Session, integration: str, flow: str, by: str) -> None:
    """Close the rejects that are about whole deliveries of a flow: a later file of it was accepted."""
    query = select(Reject).where(
        Reject.integration == integration,
        Reject.flow == flow,
        Reject.key.startswith(OF_DELIVERY),
        Reject.state != "closed",
    )
    for row in session.scalars(query):
        row.state, row.closed_at, row.closed_by, row.retry_at = "closed", now(), by, None
        session.add(RejectEvent(reject_id=row.id, at=now(), event="closed", by=by))


# -- the folder --------------------------------------------------------------------------------------------------------


def taken(session: Session, integration: str) -> set[str]:
    """Return the marks of the reports in the folder that were taken."""
    return set(msgspec.json.decode(notes.noted(session, Scope(integration), _TAKEN) or "[]", type=list[str]))


def note_taken(session: Session, integration: str, marks: set[str]) -> None:
    """Keep which reports of those in the folder were taken."""
    notes.note(session, Scope(integration), _TAKEN, msgspec.json.encode(sorted(marks)).decode())


def wrong(session: Session, integration: str) -> Words:
    """Return what a person has to do about the reports of an integration; empty when they can be read."""
    noted = notes.noted(session, Scope(integration), _WRONG) or ""
    try:
        return msgspec.json.decode(noted, type=Message)
    except msgspec.DecodeError:  # nothing, or a sentence as earlier releases kept it
        return noted


def note_wrong(session: Session, integration: str, words: Words) -> None:
    """Keep why reports cannot be read; empty: they can."""
    if words != wrong(session, integration):
        kept = msgspec.json.encode(words).decode() if isinstance(words, Message) else words
        notes.note(session, Scope(integration), _WRONG, kept)


def _kept_of(row: Delivery) -> Select[Any]:
    return select(Pointer).where(*Scope.of(row).rows(Pointer), Pointer.kind.startswith(KIND))


def _kept(integration: str) -> Select[Any]:
    return select(Pointer).where(Pointer.integration == integration, Pointer.kind.startswith(KIND))
