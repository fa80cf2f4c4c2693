"""A night through Airflow, as tests drive it."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from crossings import Crossing

from veerpont.desk import lists
from veerpont.store import employers
from veerpont.store.ledger import Ledger
from veerpont_sandbox.world import Sandbox

DAILY = ("employers", "employees", "organigram", "accounts")
ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))  # for the portal of tests/portals

# Airflow reads these when it is imported, which the fixtures do
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "dags")


class Night:
    """An instance with the sandbox on its other side: run flows through Airflow, look at what the ledger says."""

    stored: ClassVar[dict[str, Any]] = {}
    """The DAGs as Airflow's database has them. `DAG.test` reads and stores all files each time: once is enough."""

    def __init__(self, dags: Any, sandbox: Sandbox, home: Path, ledger: str) -> None:
        self.dags, self.sandbox, self.home = dags, sandbox, home
        self.ledger = Ledger(ledger)

    def run(self, flow: str, integration: str | None = None) -> dict[str, str]:
        """Run a flow's DAG once; returns task and map index → state, and nothing of the task of nobody who is late."""
        from airflow.dag_processing import dagbag

        with pytest.MonkeyPatch.context() as patch:
            if Night.stored.get(flow) is self.dags[flow]:
                patch.setattr(dagbag, "BundleDagBag", lambda **_: None)
                patch.setattr(dagbag, "sync_bag_to_db", lambda *_: None)
            # `test` keeps the params of the run before in the DAG object: each run says its own
            self.dag_run = self.dags[flow].test(run_conf={"integration": integration})
        Night.stored = dict(self.dags)
        states = {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in self.dag_run.get_task_instances()}
        if states.get("late[-1]") == "skipped":
            del states["late[-1]"]
        return states

    def without_airflow(self, *flows: str) -> None:
        """Let flows cross for every customer, once, for a test that is about what comes after them."""
        for name in self.sandbox.customers:
            crossing = Crossing.now(self.sandbox, self.home, os.environ["VEERPONT_VAULT_KEYS"], name)
            for flow in flows:
                crossing(flow)

    def begin(self, *flows: str) -> None:
        """Let the first night pass, or these flows of it, with the employers activated."""
        self.without_airflow("employers")
        self.activate()
        self.without_airflow(*(flows or DAILY))

    def activate(self) -> None:
        with self.ledger.session() as session:
            for customer, codes in self.sandbox.activate.items():
                employers.activate(session, customer, list(codes), "test")

    def books(self, integration: str, flow: str) -> dict[str, Any]:
        """Return the newest run of a flow."""
        return lists.list_runs(self.ledger, integration, flow)[0]
