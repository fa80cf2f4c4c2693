"""What a person does by Airflow's REST API: pause and unpause flows, run them, look how they ended."""

import socket
import time
from collections.abc import Callable
from typing import Any

import requests


class Rest:
    """The API of an Airflow whose people log in with `passwords`, by user; of these `admin` acts."""

    def __init__(self, url: str, passwords: dict[str, str]) -> None:
        self.url = url
        self.passwords = passwords
        self._tokens: dict[str, str] = {}

    def token(self, name: str) -> str:
        """Log somebody in, once: it is good for a day."""
        if name not in self._tokens:
            self._tokens[name] = self._token(name)
        return self._tokens[name]

    def _token(self, name: str) -> str:
        login = {"username": name, "password": self.passwords[name]}
        answer = requests.post(f"{self.url}/auth/token", json=login, timeout=60)
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call Airflow's REST API as the admin."""
        headers = {"Authorization": f"Bearer {self.token('admin')}"}
        answer = requests.request(method, f"{self.url}/api/v2/{path}", json=body or None, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def unpause(self, *flows: str) -> None:
        """Let the runs of these flows begin, once the DAG processor has found them."""

        def found() -> bool:
            dags = {dag["dag_id"] for dag in self.call("GET", "dags?limit=100")["dags"]}
            return set(flows) <= dags

        wait_until(found, 120, "the DAGs were not found")
        for flow in flows:
            self.call("PATCH", f"dags/{flow}", is_paused=False)

    def pause(self, flow: str) -> None:
        """Let no run of this flow begin."""
        self.call("PATCH", f"dags/{flow}", is_paused=True)

    def run(self, flow: str, integration: str | None = None) -> str:
        """Run a flow and return how its run ended."""
        conf = {"integration": integration} if integration else {}
        run = self.call("POST", f"dags/{flow}/dagRuns", logical_date=None, conf=conf)
        return self.ended(flow, run["dag_run_id"])

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Return the runs of a flow, the newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"dags/{flow}/dagRuns?order_by=-id&limit=50")["dag_runs"]
        return found

    def ended(self, flow: str, run_id: str, seconds: float = 300) -> str:
        """Wait for the end of a run and return its state."""
        states: list[str] = []

        def over() -> bool:
            states.append(self.call("GET", f"dags/{flow}/dagRuns/{run_id}")["state"])
            return states[-1] in {"success", "failed"}

        wait_until(over, seconds, f"{flow} did not end")
        return states[-1]


def wait_until(there: Callable[[], Any], seconds: float, problem: str) -> None:
    """Wait for what nobody tells: it is asked. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while not there():
        if time.monotonic() > ends:
            raise TimeoutError(problem)
        time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
