"""Who is in which batch of customers, the same in every flow (docs/decisions/0025)."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veerpont.store import kinds
from veerpont.store.tables import BatchMember, Pointer
from veerpont.store.vault import Sequence


def numbers(session: Session) -> dict[str, int]:
    """Return integration → the number of its batch."""
    return {row.integration: row.number for row in session.scalars(select(BatchMember))}


def keep(session: Session, members: Mapping[str, int]) -> None:
    """Keep who is in which batch; those who are not mentioned stay where they are."""
    for integration, number in members.items():
        session.merge(BatchMember(integration=integration, number=number))


def leave(session: Session, integrations: Collection[str]) -> None:
    """Take integrations out of their batches."""
    session.execute(delete(BatchMember).where(BatchMember.integration.in_(list(integrations))))


def people(session: Session) -> dict[str, int]:
    """Return integration → how many active employments its index of employees has; unknown ones are left out."""
    rows = session.execute(select(Pointer.integration, Pointer.sequence).where(Pointer.kind == kinds.INDEX.pointer))
    return {integration: msgspec.json.decode(sequence, type=Sequence).items for integration, sequence in rows}
