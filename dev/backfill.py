"""`make backfill`: years of absence through `airflow backfill create`, on top of a live hourly flow.

A generated customer in the sandbox, a real scheduler, everything in a folder of its own that is gone afterwards. Ends
with how long it took, and whether the portal has exactly what really happened; exit code 1 when it does not.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec
import yaml
from standalone import LONGEST, PROGRAMS, Airflow, postgres, veerpont

from veerpont.cli import instance
from veerpont.store.clock import today
from veerpont_sandbox.customers import CustomerSpec, customer
from veerpont_sandbox.world import Sandbox

CUSTOMER = "oeverland"
FLOWS = ("employers", "organigram", "employees", "accounts", "absence", "iban")
HISTORY = "absence_history"
DELIVERING = (*FLOWS, "hours", "payroll")


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
        self, airflow: Airflow, sandbox: Sandbox, spec: CustomerSpec, months: int, picture: Path | None
    ) -> None:
        self.airflow, self.sandbox, self.spec, self.months, self.picture = airflow, sandbox, spec, months, picture
        self.today = today()
        self.first = _first_of_month(self.today, months)
        self.failed: list[str] = []

    def run(self) -> bool:
        """Return whether the portal had the truth in the end, and everything else went as it should."""
        assert self.spec.book
        with step("airflow starts"):
            self.airflow.wait_until_healthy(HISTORY)
        with step("employers, employees, departments, accounts, bank accounts"):
            self.airflow.unpause("employers")
            self.airflow.run("employers")
            veerpont("employers", "activate", CUSTOMER, *self.spec.activate, "--by", "rehearsal")
            self.airflow.run("employers")
            # not before the portal knows the employers: between 21:00 and 23:45 unpausing runs the tick of tonight
            for dag in ("organigram", "employees", "accounts", "iban"):
                self.airflow.unpause(dag)
            for dag in ("employees", "organigram", "accounts", "iban"):
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
        command = ["backfill", "create", "--dag-id", HISTORY, "--from-date", f"{first}", "--to-date", f"{last}"]
        command += ["--reprocess-behavior", "completed"]  # also the month whose scheduled run was skipped
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


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is going on, and how long it took."""
    print(f"{text} …", flush=True)
    began = time.monotonic()
    yield
    print(f"  {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
