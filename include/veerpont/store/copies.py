"""Copies of ledger and vault to try a run on: nothing that happens to them is seen by anybody else."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select

from veerpont.config.settings import sqlite
from veerpont.store import kinds
from veerpont.store.ledger import Ledger
from veerpont.store.table_base import Base
from veerpont.store.tables import BatchMember, InHand, Note, Pointer, RejectEvent, Run
from veerpont.store.vault import Vault

_OF_ALL = {Note.__tablename__}  # where other integrations deliver to matters too
_LEFT_OUT = {table.__tablename__ for table in (Run, RejectEvent, BatchMember, InHand)}
"""What happened before changes no run, nor does who is in a batch with whom."""


@contextmanager
def copy_of(ledger: Ledger, integration: str) -> Iterator[Ledger]:
    """A copy of what the ledger knows of one integration, gone when the block ends. Leases are not copied."""
    # on disk, because several threads use it: a ledger holds keys and counts, nothing personal (docs/decisions/0009)
    with TemporaryDirectory(prefix="veerpont-") as folder:
        copy = Ledger(sqlite(Path(folder) / "ledger.db"))
        Base.metadata.create_all(copy.engine)
        with ledger.session() as source, copy.session() as target:
            for table in Base.metadata.sorted_tables:
                if table.name in _LEFT_OUT or "integration" not in table.c:
                    continue
                rows = select(table)
                if table.name not in _OF_ALL:
                    rows = rows.where(table.c.integration == integration)
                if table.name == Pointer.__tablename__:  # what happened before changes no run
                    rows = rows.where(~table.c.kind.startswith(kinds.TRAILS.pointer))
                for part in source.execute(rows).mappings().partitions(1_000):
                    target.execute(insert(table), [dict(row) for row in part])
        yield copy


class Overlay(Vault):
    """A vault whose new objects go to `folder` of the one below; what it has not is read from there."""

    def __init__(self, below: Vault, folder: str) -> None:
        self._below, self._folder = below, folder
        self.digest = below.digest  # type: ignore[method-assign]  # one secret, so that fingerprints are the same

    def put(self, path: str, content: bytes) -> None:
        self._below.put(f"{self._folder}/{path}", content)

    def get(self, path: str) -> bytes:
        try:
            return self._below.get(f"{self._folder}/{path}")
        except FileNotFoundError:
            return self._below.get(path)

    def delete(self, path: str) -> None:
        """Keep it: the folder goes as a whole."""

    def delete_others(self, folder: str, keep: Collection[str | None]) -> None:
        """Keep them: the folder goes as a whole."""

    def entries(self, folder: str) -> list[str]:
        """There is nothing to sweep: the folder goes as a whole."""
        return []

    def older_than(self, folder: str, age: timedelta) -> list[str]:
        return []
