"""A whole Airflow on this machine with three users, the sandbox on its other side, and the desk in its UI."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from veerpont import instance
from veerpont.sandbox.world import Sandbox
from veerpont.store.ledger import Ledger

ROLES = ("admin", "op", "viewer")
"""Names, and roles in the simple auth manager; the name is the password too."""
HEALTHY = 180


class AirflowUp:
    """`airflow standalone` and the sandbox in `home`; a context manager. `people`: see Sandbox."""

    def __init__(self, home: Path, people: int = 40) -> None:
        self.home = home
        self.port = _free()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = Sandbox(home / "sandbox", people=people)
        passwords = home / "passwords.json"
        values = instance.environment(home)
        passwords.write_text(json.dumps({name: name for name in ROLES}))
        self.ledger = Ledger(values["VEERPONT_LEDGER"])
        self.integrations = Path(values["VEERPONT_INTEGRATIONS"])
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "VEERPONT"))},
            **values,
            **self.sandbox.connections(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{name}" for name in ROLES),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(_free()),
        }
        self.sandbox.write_integrations(self.integrations)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.sandbox.start()
        airflow = str(Path(sys.executable).parent / "airflow")
        with (self.home / "up.log").open("w") as log:
            self._process = subprocess.Popen(
                [airflow, "standalone"], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait(lambda: set(self._health()) == {"healthy"}, HEALTHY, "Airflow is not up")
            requests.get(f"{self.url}/execution/health", timeout=120)  # its first call takes long: before any task's
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
        self.sandbox.stop()

    def token(self, name: str) -> str:
        answer = requests.post(f"{self.url}/auth/token", json={"username": name, "password": name}, timeout=60)
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call Airflow's REST API as the admin."""
        headers = {"Authorization": f"Bearer {self.token('admin')}"}
        answer = requests.request(method, f"{self.url}/api/v2/{path}", json=body or None, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def unpause(self, *flows: str) -> None:
        """Let the runs of these flows begin, once the DAG processor has found them."""

        def found() -> bool:
            dags = {dag["dag_id"] for dag in self.call("GET", "dags?limit=100")["dags"]}
            return set(flows) <= dags

        self._wait(found, 120, "the DAGs were not found")
        for flow in flows:
            self.call("PATCH", f"dags/{flow}", is_paused=False)

    def run(self, flow: str, integration: str | None = None) -> str:
        """Run a flow and return how its run ended."""
        conf = {"integration": integration} if integration else {}
        run = self.call("POST", f"dags/{flow}/dagRuns", logical_date=None, conf=conf)
        return self.ended(flow, run["dag_run_id"])

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Return the runs of a flow, the newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"dags/{flow}/dagRuns?order_by=-id&limit=50")["dag_runs"]
        return found

    def ended(self, flow: str, run_id: str) -> str:
        """Wait for the end of a run and return its state."""
        states: list[str] = []

        def over() -> bool:
            states.append(self.call("GET", f"dags/{flow}/dagRuns/{run_id}")["state"])
            return states[-1] in {"success", "failed"}

        self._wait(over, 180, f"{flow} did not end")
        return states[-1]

    def _health(self) -> list[str]:
        try:
            found = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return []
        return [str(part["status"]) for part in found.values() if part["status"] is not None]

    @staticmethod
    def _wait(there: Any, seconds: float, problem: str) -> None:
        ends = time.monotonic() + seconds
        while not there():
            if time.monotonic() > ends:
                raise TimeoutError(problem)
            time.sleep(0.5)  # Airflow tells nobody: it is asked


def _free() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
