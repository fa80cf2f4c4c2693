"""The ledger's engine: one database for runs, rejects, employers, deliveries and leases; SQLite or PostgreSQL."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from veerpont.model.failures import PassingError, SettingsError

_MIGRATIONS = Path(__file__).parent / "migrations"


class Ledger:
    """Sessions on the ledger. All of one address share what a process has open; a forked one opens its own.

    Args:
        url: SQLAlchemy URL. SQLite waits up to a minute for another writer; PostgreSQL is for production.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = _shared(url, os.getpid())
        except (ArgumentError, NoSuchModuleError):
            raise SettingsError("VEERPONT_LEDGER is not the address of a database that SQLAlchemy knows.") from None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            if wrong := _wrong(error):
                raise wrong from None
            raise

    def migrate(self) -> None:
        """Bring the tables to the newest version; raise SettingsError when a newer release has been there."""
        from alembic import command  # noqa: PLC0415  # no task of a migrated ledger needs it
        from alembic.config import Config  # noqa: PLC0415  # the same

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # of two that find an empty database one makes the tables
                connection.execute(text("SELECT pg_advisory_xact_lock(727_001)"))
            if newer := _newer(_version(connection)):
                raise newer
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def require_current(self) -> None:
        """Make the tables in an empty database; raise SettingsError when they are there at another version."""
        try:
            with self.engine.connect() as connection:
                current = _version(connection)
            if current is None:
                self.migrate()
        except DBAPIError as error:
            if wrong := _wrong(error):
                raise wrong from None
            if not isinstance(error, OperationalError):
                raise
            raise PassingError("The ledger's database (VEERPONT_LEDGER) cannot be reached.") from None
        if current is None:
            return
        if newer := _newer(current):
            raise newer
        if current != _newest():
            raise SettingsError(
                f"The ledger is at version {current}, this release needs {_newest()}: run `veerpont ledger migrate` of "
                "this release (in containers start the service `init` again), as docs/how-to/upgrade.md shows."
            )


def _version(connection: Connection) -> str | None:
    """Return the version of the tables; None of an empty database."""
    there = inspect(connection).has_table("alembic_version")
    return connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def _newest() -> str:
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


def _newer(version: str | None) -> SettingsError | None:
    """Return what to say when a newer release has migrated the ledger: tables never go back."""
    if version is None or version <= _newest():
        return None
    return SettingsError(
        f"A newer release has brought the ledger to version {version}; this one knows {_newest()} and changes nothing. "
        "Bring this machine to that release too. To go back, restore the backup of before the upgrade "
        "(docs/how-to/backup.md)."
    )


_MAY_NOT = (
    (r"readonly database|permission denied|insufficientprivilege", "may not be written by this user"),
    (r"unable to open database file", "cannot be opened: its folder is not there, or not open to this user"),
    (r"authentication failed|no password supplied", "refuses the login in the address"),
    (r"(database|role) \"[^\"]*\" does not exist", "does not exist under that name, or its user does not"),
)


def _wrong(error: DBAPIError) -> SettingsError | None:
    """Return what a person has to change; None for trouble that may pass."""
    said = f"{type(error.orig).__name__} {error.orig}".casefold()
    for pattern, what in _MAY_NOT:
        if re.search(pattern, said):
            return SettingsError(
                f"The ledger's database (VEERPONT_LEDGER) {what}. Give the user that runs Airflow the right to read "
                "and write there, or correct the address."
            )
    return None


@lru_cache(maxsize=16)
def _shared(url: str, process: int) -> Engine:
    """Return the engine of a process: a batch opens a ledger for each customer, and connecting takes milliseconds."""
    return _engine(url)


def _engine(url: str) -> Engine:
    if not make_url(url).drivername.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 60}, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A deferred transaction that later writes fails at once when another writer came between; this one waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
