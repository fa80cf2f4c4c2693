"""Deliveries and pointers in the ledger: what was sent, what waits for a person, and what the portal was told last."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from veerpont.model.failures import SettingsError
from veerpont.model.schema import SchemaChange
from veerpont.store import kinds
from veerpont.store.clock import now
from veerpont.store.kinds import Kind
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery, Pointer
from veerpont.store.vault import Sequence

_FOUND = (
    select(Delivery)
    .where(*Scope.given(Delivery), Delivery.state.in_(bindparam("states", expanding=True)))
    .order_by(Delivery.id)
)
_POINTER = select(Pointer).where(*Scope.given(Pointer), Pointer.kind == bindparam("kind"))


class State(StrEnum):
    """Where a delivery stands. A held one that was released stays held until the next run has made it.

    Once it is delivered the portal's report may come: it is confirmed, or refused as a whole.
    """

    PREPARED = "prepared"
    HELD = "held"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


LEFT = "account_left"
"""The reason of the question about the lines of whoever is no member of an account any more (docs/decisions/0033)."""


class Kept(msgspec.Struct, frozen=True):
    """What a delivery that waits is about, for the moment that a person answers: line id → employer.

    New and changed lines are in it where the whole delivery waits, or where there are too many of them. `schema`: how
    the tables changed that it is of. `because`: of what is gone, line id → why it is believed. `columns`: of what
    changed, column → how (`empty to filled`) → lines. `part`: the rest goes out.
    """

    new: dict[str, str] = {}
    changed: dict[str, str] = {}
    gone: dict[str, str] = {}
    schema: SchemaChange | None = None
    because: dict[str, str] = {}
    columns: dict[str, dict[str, int]] = {}
    part: bool = False

    @property
    def lines(self) -> dict[str, str]:
        """Every line that it is about."""
        return self.new | self.changed | self.gone


decode_kept = msgspec.json.Decoder(Kept).decode


class _Again(msgspec.Struct):
    again: str = ""


class _Beside(msgspec.Struct):
    beside: dict[str, str] = {}


def find(session: Session, scope: Scope, *states: State) -> list[Delivery]:
    """Return the deliveries of a flow that are in one of these states, the oldest first."""
    return list(session.scalars(_FOUND, scope.columns | {"states": states}))


def decide(session: Session, delivery_id: int, by: str, release: bool) -> Delivery:
    """Release or discard a held removal or delivery. The next run of the flow acts on it; nothing is sent here.

    Raises SettingsError when it does not wait for anybody.
    """
    row = session.get(Delivery, delivery_id)
    if row is None:
        raise SettingsError(f"There is no delivery {delivery_id}.")
    possible = {State.HELD, State.DISCARDED} if release else {State.HELD, State.DISCARDED, State.PREPARED}
    if row.state not in possible:
        raise SettingsError(
            f"Delivery {delivery_id} is {row.state}: a held one can be released or discarded, one that is prepared but "
            "cannot be finished can be discarded."
        )
    if release and row.name:  # what is kept of it is its file, no longer what it asked
        raise SettingsError(
            f"Delivery {delivery_id} was given up after it was made: it cannot be released. The next run of "
            f"{row.flow} asks again, or makes a new one."
        )
    back = msgspec.json.decode(row.outcome or "{}", type=_Again).again  # what was only to be sent again was accepted
    row.state = State.HELD if release else back or State.DISCARDED
    row.decided_by, row.decided_at = (by, now()) if release else (None, None)
    session.add(
        Decision(
            integration=row.integration,
            subject=subject(row),
            decision="release" if release else "discard",
            by=by,
            at=now(),
        )
    )
    return row


def with_lines_of(session: Session, integration: str) -> list[Delivery]:
    """Return the deliveries of others in whose kept files lines of this integration stand: they share an account."""
    named = Delivery.outcome.contains(f'"{integration}":', autoescape=True)
    query = select(Delivery).where(Delivery.integration != integration, Delivery.object.is_not(None), named)
    rows = session.scalars(query.order_by(Delivery.id))
    return [row for row in rows if integration in msgspec.json.decode(row.outcome or "{}", type=_Beside).beside]


def exported(session: Session, row: Delivery, by: str) -> None:
    """Keep that a person took the file of a delivery."""
    session.add(Decision(integration=row.integration, subject=subject(row), decision="export", by=by, at=now()))


def listed(session: Session, integration: str | None, flow: str | None, limit: int = 200) -> list[Delivery]:
    """Return deliveries, the newest first: all that wait for somebody, and the last `limit` of the others."""
    query = select(Delivery).order_by(Delivery.id.desc())
    if integration:
        query = query.where(Delivery.integration == integration)
    if flow:
        query = query.where(Delivery.flow == flow)
    waiting = Delivery.state.in_([State.HELD, State.PREPARED])
    found = [*session.scalars(query.where(waiting)), *session.scalars(query.where(~waiting).limit(limit))]
    return sorted(found, key=lambda row: row.id, reverse=True)


def decisions(session: Session, row: Delivery) -> list[Decision]:
    """Return what people decided about a delivery, the oldest first."""
    query = select(Decision).where(Decision.integration == row.integration, Decision.subject == subject(row))
    return list(session.scalars(query.order_by(Decision.id)))


def subject(row: Delivery) -> str:
    """Return what decisions about a delivery are kept under."""
    return f"delivery {row.id} {row.flow} {row.portal}"


def expired(session: Session, integration: str, days: int) -> list[Delivery]:
    """Return the deliveries whose file is kept longer than the integration's retention."""
    return list(
        session.scalars(
            select(Delivery).where(
                Delivery.integration == integration,
                Delivery.object.is_not(None),
                Delivery.state.not_in([State.PREPARED, State.HELD]),
                Delivery.at < now() - timedelta(days=days),
            )
        )
    )


def pointer(session: Session, scope: Scope, kind: Kind) -> Sequence | None:
    """Return the vault sequence that is current for `kind`; None when there is none yet."""
    row = _pointer(session, scope, kind)
    return msgspec.json.decode(row.sequence, type=Sequence) if row else None


def told(session: Session, scope: Scope) -> Sequence | None:
    """Return the lines that a portal has as far as we know: what it accepted, and before that what was adopted."""
    return pointer(session, scope, kinds.SNAPSHOTS) or pointer(session, scope, kinds.ADOPTED)


def pointed_at(session: Session, scope: Scope, kind: Kind) -> datetime | None:
    """Return when the vault sequence that is current for `kind` became so; None when there is none yet."""
    row = _pointer(session, scope, kind)
    return row.at if row else None


def pointers(session: Session, integration: str, kind: Kind) -> dict[Scope, Sequence]:
    """Return for what → the vault sequence that is current for `kind`."""
    rows = session.scalars(select(Pointer).where(Pointer.integration == integration, Pointer.kind == kind.pointer))
    return {Scope.of(row): msgspec.json.decode(row.sequence, type=Sequence) for row in rows}


def point(session: Session, scope: Scope, kind: Kind, sequence: Sequence) -> None:
    """Make `sequence` the current one."""
    row = _pointer(session, scope, kind)
    content = msgspec.json.encode(sequence).decode()
    if row is None:
        session.add(Pointer(**scope.columns, kind=kind.pointer, sequence=content, at=now()))
    else:
        row.sequence, row.at = content, now()


def unpoint(session: Session, scope: Scope, kind: Kind) -> None:
    """Make nothing the current one, at any portal of a flow: what was goes with the next sweep."""
    of_flow = Pointer.integration == scope.integration, Pointer.flow == scope.flow
    session.execute(delete(Pointer).where(*of_flow, Pointer.kind == kind.pointer))


def unpoint_at(session: Session, scope: Scope, kind: Kind) -> None:
    """Make nothing the current one at one portal."""
    session.execute(delete(Pointer).where(*scope.rows(Pointer), Pointer.kind == kind.pointer))


def _pointer(session: Session, scope: Scope, kind: Kind) -> Pointer | None:
    return session.scalar(_POINTER, scope.columns | {"kind": kind.pointer})
