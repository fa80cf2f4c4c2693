"""Ledger and vault as a whole: copied to another database, checked against each other, sealed with a newer key."""

from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from veerpont.model.failures import SettingsError
from veerpont.store.ledger import Ledger
from veerpont.store.sweep import referred
from veerpont.store.table_base import Base
from veerpont.store.tables import LeaseRow, Pointer, Token
from veerpont.store.vault import FINGERPRINT_OBJECT, Sequence, Vault

_ROWS = 1_000


def copy(source: Ledger, target: Ledger) -> dict[str, int]:
    """Copy every table of a ledger into one that is empty; returns table → rows. Leases stay: who held them is gone.

    Nothing else may be working with them.

    Raises SettingsError when the target is the source, or has rows; when the source is no ledger of this release.
    """
    if source.engine.url == target.engine.url:
        raise SettingsError("A ledger cannot be copied to itself: VEERPONT_LEDGER has to be the new one.")
    if not inspect(source.engine).has_table(Pointer.__tablename__):
        raise SettingsError("There is no ledger to copy: look at the address.")
    source.require_current()
    copied = {}
    with source.engine.connect() as old, target.engine.begin() as new:
        for table in Base.metadata.sorted_tables:
            if table.name == LeaseRow.__tablename__:
                continue
            if new.scalar(select(func.count()).select_from(table)):
                raise SettingsError(f"The new ledger is not empty: it has rows in {table.name}. Nothing was copied.")
            rows = old.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
            for part in rows.partitions():
                new.execute(insert(table), [dict(row) for row in part])
            _count_on(new, table)
            copied[table.name] = new.scalar(select(func.count()).select_from(table)) or 0
    return copied


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that came with a number; SQLite does so by itself."""
    if connection.dialect.name == "postgresql" and table.autoincrement_column is not None:
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}")  # noqa: S608  # our own names
        )


def lost(ledger: Ledger, vault: Vault) -> list[str]:
    """Return the vault paths that the ledger points to and that are not there, or do not open, sorted."""
    referred = _referred(ledger)
    if referred and not _opens(vault, FINGERPRINT_OBJECT, None):
        return [FINGERPRINT_OBJECT]  # without it nothing can be told of the others
    bad = {path for path, sequence in referred.items() if not _opens(vault, path, sequence)}
    # a run may have moved a pointer and deleted what it pointed to since
    return sorted(bad & _referred(ledger).keys()) if bad else []


def rewrap(ledger: Ledger, vault: Vault) -> tuple[int, int]:
    """Bind objects to their places, and seal objects and tokens with the newest key; returns how many of each changed.

    Their content stays as it is, and runs may go on. Afterwards only the newest key is needed.
    """
    objects = vault.rewrap()
    tokens = 0
    with ledger.session() as session:
        known = session.scalars(select(Token)).all()
    for row in known:
        sealed = {"refresh": row.refresh, "access": row.access}
        newer = {name: vault.reseal(old) for name, old in sealed.items() if old is not None}
        if newer != {name: old for name, old in sealed.items() if old is not None}:
            with ledger.session() as session:  # who refreshed it since then did so with the newest key
                same = (Token.connection == row.connection) & (Token.number == row.number)
                session.execute(update(Token).where(same).values(**newer))
            tokens += 1
    return objects, tokens


def _referred(ledger: Ledger) -> dict[str, Sequence | None]:
    with ledger.session() as session:
        return referred(session)


def _opens(vault: Vault, path: str, sequence: Sequence | None) -> bool:
    try:
        for _ in vault.open(path).chunks() if sequence is None else vault.read(sequence):
            pass
    except (FileNotFoundError, SettingsError):
        return False
    return True
