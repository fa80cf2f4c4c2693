"""Trails: what each load did to which record, so that `veerpont trace` can tell where one went.

A trail is a sequence in the vault, and a pointer in the ledger that links it to its run and delivery. It holds keyed
fingerprints of record keys, and only of records to which something happened: a quiet run leaves none.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from veerpont.store import kinds
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Pointer
from veerpont.store.vault import Sequence, Vault

_MARK = 24
"""Hexadecimal digits: enough for no two keys of a customer to meet."""


class What(StrEnum):
    """What happened to a line.

    At the portal: `new`, `changed`, `trimmed` (repeated, without the days that another absence case has now), `gone`,
    `left` (by a rule), `moved` (another line took its place), `refused`, `removal_refused`. Before it: `held` (it waits
    in a whole delivery), `removal_held`, `missing` (the source did not show it: repeated), `back` (it does again).
    """

    NEW = "new"
    CHANGED = "changed"
    TRIMMED = "trimmed"
    GONE = "gone"
    LEFT = "left"
    MOVED = "moved"
    REFUSED = "refused"
    REMOVAL_REFUSED = "removal_refused"
    HELD = "held"
    REMOVAL_HELD = "removal_held"
    MISSING = "missing"
    BACK = "back"


TELLING = frozenset({What.NEW, What.CHANGED, What.TRIMMED})
"""After these the portal has the line."""
LEAVING = frozenset({What.GONE, What.LEFT, What.MOVED})


class Step(msgspec.Struct, frozen=True, array_like=True):
    """What happened to one line. `part` tells the lines of one record apart; `delivery`: in which it is held.

    `also`: of a line that leaves the portal, the marks of its portal keys: no snapshot can tell them any more.
    """

    mark: str
    part: str
    what: What
    delivery: int = 0
    also: tuple[str, ...] = ()


class Trail(NamedTuple):
    """Where the steps of one load are, and which load it was. `delivery` is 0 where it sent nothing."""

    flow: str
    portal: str
    at: datetime
    run_id: str
    delivery: int
    steps: Sequence


class _Link(msgspec.Struct, frozen=True):
    steps: Sequence
    run_id: str
    delivery: int


class _Outcome(msgspec.Struct, frozen=True):
    """What a prepared delivery has to say of it (pipeline.deliver.send)."""

    trail: Sequence | None = None


_encode = msgspec.json.encode
_decode_step = msgspec.json.Decoder(Step).decode
_decode_link = msgspec.json.Decoder(_Link).decode


def marker(vault: Vault) -> Callable[[str], str]:
    """Return what makes the keyed fingerprint by which trails know a key; it survives the rotation of keys."""
    begun = vault.digest()
    begun.update(b"trail ")

    def mark(key: str) -> str:
        digest = begun.copy()
        digest.update(key.encode())
        return digest.hexdigest()[:_MARK]

    return mark


def is_of(identity: str, key: str) -> bool:
    """Tell whether a line id is one of this record key."""
    return identity == key or identity.startswith(f"{key}/") or identity.endswith(f"/{key}")


def part(identity: str, key: str) -> str:
    """Return what is left of a line id without the record key: of an employment its employer and number."""
    return "" if identity == key else identity.removeprefix(f"{key}/").removesuffix(f"/{key}")


def write(vault: Vault, scope: Scope, steps: Iterable[Step]) -> Sequence | None:
    """Write a trail; nothing is written when there is nothing to say."""
    sequence = vault.write(kinds.TRAILS.path(scope, uuid4().hex), map(_encode, steps))
    return sequence if sequence.items else None


def read(vault: Vault, steps: Sequence) -> Iterator[Step]:
    """Yield the steps of a trail."""
    return map(_decode_step, vault.read(steps))


def refuse(vault: Vault, steps: Sequence, refused: Iterable[tuple[str, str]]) -> Iterator[Step]:
    """Yield the steps as the portal's answers made them; refused are pairs of line id and record key."""
    mark = marker(vault)
    lines = {(mark(key), part(identity, key)) for identity, key in refused}
    for step in read(vault, steps):
        if (step.mark, step.part) in lines and step.what in {What.NEW, What.CHANGED}:
            yield msgspec.structs.replace(step, what=What.REFUSED)
        elif (step.mark, step.part) in lines and step.what in LEAVING:
            yield msgspec.structs.replace(step, what=What.REMOVAL_REFUSED)
        else:
            yield step


def link(session: Session, scope: Scope, steps: Sequence | None, run_id: str, delivery: int = 0) -> None:
    """Make a trail part of what is known, in the transaction in which what it tells becomes true."""
    if steps is not None:
        kind = f"{kinds.TRAILS.pointer}{steps.path.rpartition('/')[2][:14]}"
        content = _encode(_Link(steps, run_id, delivery)).decode()
        session.add(Pointer(**scope.columns, kind=kind, sequence=content, at=now()))


def found(session: Session, integration: str, flow: str) -> list[Trail]:
    """Return the trails of a flow, the newest first."""
    query = _links(integration).where(Pointer.flow == flow).order_by(Pointer.at.desc(), Pointer.id.desc())
    links = ((row, _decode_link(row.sequence)) for row in session.scalars(query))
    return [Trail(row.flow, row.portal, row.at, it.run_id, it.delivery, it.steps) for row, it in links]


def prepared(session: Session, integration: str, flow: str) -> list[Trail]:
    """Return the trails of deliveries that were prepared and that no portal has accepted yet."""
    rows = session.scalars(
        select(Delivery).where(
            Delivery.integration == integration, Delivery.flow == flow, Delivery.state == State.PREPARED
        )
    )
    told = ((row, msgspec.json.decode(row.outcome or "{}", type=_Outcome).trail) for row in rows)
    return [Trail(row.flow, row.portal, row.at, row.run_id, row.id, steps) for row, steps in told if steps]


def expire(session: Session, vault: Vault, integration: str, days: int) -> None:
    """Delete the trails that are kept longer than the integration's retention of deliveries."""
    for row in session.scalars(_links(integration).where(Pointer.at < now() - timedelta(days=days))):
        vault.delete(_decode_link(row.sequence).steps.path)
        session.delete(row)


def _links(integration: str) -> Select[Any]:
    return select(Pointer).where(Pointer.integration == integration, Pointer.kind.startswith(kinds.TRAILS.pointer))
