"""A whole Airflow on this machine with three users, the sandbox on its other side, and the desk in its UI."""

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from airflow_rest import Rest, free_port, wait_until

from veerpont.cli import instance
from veerpont.store.ledger import Ledger
from veerpont_sandbox.world import Sandbox

ROLES = ("admin", "op", "viewer")
"""Names, and roles in the simple auth manager; the name is the password too."""
HEALTHY = 180


class AirflowUp(Rest):
    """`airflow standalone` and the sandbox in `home`; a context manager. `people`, `options`: see Sandbox.

    `gauges`: our metrics as tasks last told them by StatsD, by name and tags; `lineage`: the file of OpenLineage.
    """

    def __init__(self, home: Path, people: int = 40, **options: Any) -> None:
        self.home = home
        self.lineage = home / "lineage"
        self.gauges: dict[str, float] = {}
        self._statsd = socketserver.UDPServer(("127.0.0.1", 0), self._hear)
        self.port = free_port()
        super().__init__(f"http://127.0.0.1:{self.port}", {name: name for name in ROLES})
        self.sandbox = Sandbox(home / "sandbox", people=people, **options)
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
            # no DAG file changes: each round of all of them takes a processor half a minute
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "900",
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self._statsd.server_address[1]),
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({
                "type": "file",
                "log_file_path": str(self.lineage),
                "append": True,
            }),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }
        self.sandbox.write_integrations(self.integrations)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.sandbox.start()
        threading.Thread(target=self._statsd.serve_forever, daemon=True).start()
        airflow = str(Path(sys.executable).parent / "airflow")
        with (self.home / "up.log").open("w") as log:
            self._process = subprocess.Popen(
                [airflow, "standalone"], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_until(lambda: set(self._health()) == {"healthy"}, HEALTHY, "Airflow is not up")
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
        self._statsd.shutdown()
        self._statsd.server_close()
        self.sandbox.stop()

    def _hear(self, request: Any, *_: Any) -> None:
        name, _, value = request[0].decode().rpartition(":")
        if name.startswith("airflow.veerpont."):
            self.gauges[name.removeprefix("airflow.veerpont.")] = float(value.removesuffix("|g"))

    def _health(self) -> list[str]:
        try:
            found = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return []
        return [str(part["status"]) for part in found.values() if part["status"] is not None]
