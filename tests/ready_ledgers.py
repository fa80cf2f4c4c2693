"""Ledgers that are ready at once: migrations make the first one of each database, the next ones copy its tables.

A ledger that is not empty is migrated as ever. Each test has a ledger of its own: the migrations were a third of many.
"""

from weakref import WeakSet

from sqlalchemy import Connection, Engine, text

from veerpont.store.ledger import Ledger, _newest, _version

opened = WeakSet[Engine]()
"""Every ledger of this process that somebody may still hold."""
_by_migrations = Ledger.migrate
_sqlite: list[str] = []
"""What made the first one on SQLite."""

_TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master",
    "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
}
_COLUMNS = """
SELECT string_agg(c.relname || a.attname || a.atttypid || a.attnotnull, ' ' ORDER BY c.relname, a.attnum)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
"""
_CLEAR = """
DO $$ DECLARE one record; BEGIN
FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
EXECUTE 'DELETE FROM public.' || quote_ident(one.tablename); END LOOP;
FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
PERFORM setval(('public.' || quote_ident(one.sequencename))::regclass, 1, false); END LOOP;
END $$
"""


def let_go() -> None:
    """Close what this process has open of any ledger.

    Before its file is copied: to read it takes away all locks that this process has on it, and then another process
    could clear what this one has yet to write.
    """
    for engine in list(opened):
        engine.dispose()


def migrate(self: Ledger) -> None:
    """Do what Ledger.migrate does, for an empty database by a copy."""
    with self.engine.begin() as connection:
        kind = connection.dialect.name
        if kind == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(727_001)"))
        statements = _sqlite if kind == "sqlite" else _kept(connection)
        if statements and not connection.scalar(text(_TABLES[kind])):
            for statement in statements:
                connection.exec_driver_sql(statement)
            return
    _by_migrations(self)
    if kind == "sqlite" and not _sqlite:
        with self.engine.connect() as connection:
            dump = connection.connection.driver_connection.iterdump()  # type: ignore[union-attr]
            _sqlite.extend(line for line in dump if line not in {"BEGIN TRANSACTION;", "COMMIT;"})


def _kept(connection: Connection) -> list[str]:
    there = connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE nspname = 'kept'"))
    return ["DROP SCHEMA public", "ALTER SCHEMA kept RENAME TO public"] if there else []


class Emptied:
    """Empties the database of a PostgreSQL server, and keeps the tables of a ledger aside for the next one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._whole = ""

    def __call__(self) -> None:
        with self.engine.begin() as connection:
            columns = connection.scalar(text(_COLUMNS)) or ""
            newest = _version(connection) == _newest()
            self._whole = self._whole or (columns if newest else "")
            if newest and columns == self._whole and not _kept(connection):
                connection.exec_driver_sql(_CLEAR)
                connection.exec_driver_sql("ALTER SCHEMA public RENAME TO kept")
            else:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
