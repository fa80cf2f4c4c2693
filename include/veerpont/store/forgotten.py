"""Who was forgotten: a tombstone with keyed fingerprints, and the lines that a portal still has of them.

No key and no value of the person is in either; but of a line that a portal is told to delete, its id, until it was.
"""

from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.store import deliveries, kinds
from veerpont.store.clock import now
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Forgotten
from veerpont.store.vault import Sequence, Vault

KIND = "forgotten"
"""How a reason of a held delivery begins."""


class Left(msgspec.Struct, frozen=True, array_like=True):
    """A line that a portal still has. `number`: of the tombstone; `mark`: the fingerprint of the line's id.

    `id`: that id, only where the portal is told to delete it by that.
    """

    number: int
    mark: str
    employer: str
    id: str = ""

    @property
    def name(self) -> str:
        """What people are shown of it, and the reason for which a delivery waits."""
        return f"{KIND}:{self.number}"


_decode = msgspec.json.Decoder(Left).decode


def left(session: Session, vault: Vault, scope: Scope) -> list[Left]:
    """Return what a portal still has of forgotten people."""
    kept = deliveries.pointer(session, scope, kinds.FORGOTTEN)
    return [_decode(item) for item in vault.read(kept)] if kept else []


def encoded(lines: Collection[Left]) -> Iterator[bytes]:
    """Yield them as the vault keeps them."""
    return map(msgspec.json.encode, lines)


def keep(session: Session, lines: Sequence, scope: Scope) -> None:
    """Make these what a portal still has."""
    deliveries.point(session, scope, kinds.FORGOTTEN, lines)


def add(session: Session, integration: str, marks: Collection[str], by: str) -> Forgotten:
    """Put up a tombstone, and keep who decided that."""
    row = Forgotten(integration=integration, marks=" ".join(sorted(marks)), by=by, at=now())
    session.add(row)
    session.flush()
    decided = Decision(integration=integration, subject=f"{KIND} {row.id}", decision="forget", by=by, at=row.at)
    session.add(decided)
    return row


def found(session: Session, integration: str) -> dict[str, Forgotten]:
    """Return fingerprint of a key → the newest tombstone that has it."""
    rows = session.scalars(select(Forgotten).where(Forgotten.integration == integration).order_by(Forgotten.id))
    return {mark: row for row in rows for mark in row.marks.split()}
