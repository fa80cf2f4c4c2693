"""What the ledger knows of one person, and of an integration that left: taken out, with what the books need kept."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, String, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from veerpont.model.messages import coded
from veerpont.store import work
from veerpont.store.code_tables import CodeCount
from veerpont.store.table_base import Base
from veerpont.store.tables import (
    BatchMember,
    Coverage,
    Delivery,
    InHand,
    Link,
    Note,
    Pointer,
    Reject,
    RejectCode,
    RejectEvent,
    Work,
)
from veerpont.store.work import WorkState

_AT_ONCE = 50


def rejects(session: Session, rows: Collection[Reject]) -> None:
    """Delete rejects with all that happened to them."""
    ids = [row.id for row in rows]
    session.execute(delete(RejectEvent).where(RejectEvent.reject_id.in_(ids)))
    session.execute(delete(Reject).where(Reject.id.in_(ids)))


def texts(session: Session, integration: str, keys: Collection[str], instead: str) -> int:
    """Write `instead` wherever a text of the ledger names one of the keys; return how many texts."""
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, keys)))})(?![\w-])", re.IGNORECASE)
    count = 0
    for table, column in _columns():
        ours = _ours(table, integration)
        changed: dict[tuple[Any, ...], str] = {}
        for some in _parts(sorted(keys)):
            like = or_(*(column.ilike(f"%{_escaped(key)}%", escape="\\") for key in some))
            query = select(*table.primary_key.columns, column).where(ours, like)
            changed |= {tuple(row[:-1]): named.sub(instead, row[-1]) for row in session.execute(query)}
        for primary, text in changed.items():
            where = [part == value for part, value in zip(table.primary_key.columns, primary, strict=True)]
            session.execute(update(table).where(*where).values({column.name: text}))
        count += len(changed)
    return count


def integration(session: Session, name: str) -> list[str]:
    """Delete all that is kept of an integration's records; its runs, deliveries, employers and decisions stay.

    Returns what the desk was given and no task has read: paths of the vault that are not below the integration's name.
    """
    of_it = select(Reject.id).where(Reject.integration == name)
    session.execute(delete(RejectEvent).where(RejectEvent.reject_id.in_(of_it)))
    for table in (Reject, RejectCode, CodeCount, Link, Coverage, Pointer, Note, BatchMember, InHand):
        session.execute(delete(table).where(table.integration == name))
    session.execute(update(Delivery).where(Delivery.integration == name).values(object=None, outcome=None))
    waiting = Delivery.state.in_(["prepared", "held", "discarded"])
    session.execute(update(Delivery).where(Delivery.integration == name, waiting).values(state="superseded"))
    given = list(session.scalars(select(Work).where(Work.integration == name, Work.object.is_not(None))))
    brought = [row.object or "" for row in given]
    for row in given:
        work.end(
            session,
            row.id,
            WorkState.REFUSED,
            message=coded("work.forgotten", "The customer was forgotten. Nothing was taken."),
        )
    return brought


def _columns() -> Iterator[tuple[Table, Column[str]]]:
    for table in Base.metadata.sorted_tables:
        if "integration" in table.c or table.name == RejectEvent.__tablename__:
            for column in table.c:
                if isinstance(column.type, String) and column.name != "integration":
                    yield table, column


def _ours(table: Table, integration: str) -> ColumnElement[bool]:
    if "integration" in table.c:
        return table.c.integration == integration
    return table.c.reject_id.in_(select(Reject.id).where(Reject.integration == integration))


def _parts(keys: list[str]) -> Iterator[list[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def _escaped(key: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", key)
