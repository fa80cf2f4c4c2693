"""`make demo`: all flows of three customers, from AFAS and from Loket to the portals, through Airflow.

Everything runs on this machine. The first time employers are activated as a person would do it; the second time nothing
has changed, so nothing is sent. Ends with what crossed, what did not and why, and the same as var/demo/report.json.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from place import HOME, ROOT, enter
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from veerpont.config.settings import settings
from veerpont.desk import lists
from veerpont.store import employers
from veerpont.store.ledger import Ledger
from veerpont_sandbox.world import Sandbox

FLOWS = ("employers", "employees", "organigram", "accounts", "absence", "iban", "hours", "payroll")
"""The departments are derived from the employees, so these come first."""
WHAT = {
    "employers": "employers",
    "employees": "employees",
    "organigram": "departments",
    "accounts": "accounts of managers",
    "absence": "absence, the last year and then the portal's whole window",
    "iban": "bank accounts, to the portal's JSON API",
    "hours": "hours of a time registration, for Loket",
    "payroll": "payroll data with its columns, to the portal's JSON API",
}
COUNTS = ("read", "delivered", "unchanged", "filtered", "rejected", "held")


def main() -> int:
    """Run the demo; returns the exit code."""
    started = time.monotonic()
    console, progress = terminal()
    with progress:
        with step(progress, "making the instance: Airflow's database, the ledger, keys"):
            sandbox = enter()
        reported = {customer: len(sandbox.portal.reports(customer)) for customer in sandbox.customers}
        with sandbox, quiet(HOME / "demo.log"):
            failed = cross(progress, sandbox)
            with step(progress, "the portal imports the files"):
                counts = sandbox.portal.counts()
        report = {"flows": latest_runs(), "portal": counts}
        (HOME / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    show(console, report, sandbox, reported)
    console.print(f"\nDone in {time.monotonic() - started:.0f} seconds.")
    for flow in failed:
        console.print(f"[red]{flow} failed: {HOME.relative_to(ROOT) / 'demo.log'} shows why.[/red]")
    return 1 if failed else 0


def terminal() -> tuple[Console, Progress]:
    """Return what writes to the terminal, also within `quiet`: what Airflow prints goes to the log."""
    console = Console(file=os.fdopen(os.dup(1), "w"))
    # Rich would take over what is printed, and show it above the lines of the steps
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return console, Progress(*columns, console=console, redirect_stdout=False, redirect_stderr=False)


def cross(progress: Progress, sandbox: Sandbox) -> list[str]:
    """Run the DAGs; returns the flows that failed."""
    with step(progress, "starting Airflow"):
        from airflow.dag_processing.dagbag import BundleDagBag

        bag = BundleDagBag(dag_folder=str(ROOT / "dags"), bundle_path=ROOT / "dags", bundle_name="dags-folder")
    failed = []
    if not (HOME / "report.json").exists():
        with step(progress, "employers, the first night: all are new, so all wait for a person"):
            bag.dags["employers"].test()
        activate(sandbox)
    for flow in FLOWS:
        with step(progress, f"{WHAT[flow]}"):
            first = flow == "absence" and not (HOME / "report.json").exists()
            if any(bag.dags[flow].test().state != "success" for _ in range(2 if first else 1)):
                failed.append(flow)
    return failed


def activate(sandbox: Sandbox) -> None:
    """Decide about the employers, as `veerpont employers activate` and `deactivate` do."""
    with Ledger(settings().ledger).session() as session:
        for customer, codes in sandbox.activate.items():
            employers.activate(session, customer, list(codes), "the demo")
        for customer, codes in sandbox.inactive.items():
            if codes:
                employers.deactivate(session, customer, list(codes), "the demo")


def latest_runs() -> list[dict[str, Any]]:
    """Return the books of the last run of each integration and flow."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in lists.list_runs(Ledger(settings().ledger), None, None):
        rows.setdefault((row["integration"], row["flow"]), row)
    order = ("integration", "flow", "portal", *COUNTS)
    found = [{name: row[name] for name in order} for row in rows.values()]
    return sorted(found, key=lambda row: (row["integration"], FLOWS.index(row["flow"])))


def show(console: Console, report: dict[str, Any], sandbox: Sandbox, reported: dict[str, int]) -> None:
    """Print what a person wants to know; `reported`: how many reports each customer's portal had made before."""
    table = grid("What crossed, in rows of the source", ("customer", "flow"), COUNTS)
    for row in report["flows"]:
        table.add_row(row["integration"], row["flow"], *(dot(row[name]) for name in COUNTS))
    console.print(table)

    table = grid("What the portal's importer said", ("customer",), ("files", "lines", "new", "updated", "same", "bad"))
    for customer in sandbox.customers:
        said = sandbox.portal.reports(customer)[reported[customer] :]
        numbers = [(each.lines_read, each.created, each.updated, each.unchanged, each.rejected) for each in said]
        if said:
            table.add_row(customer, str(len(said)), *(dot(sum(column)) for column in zip(*numbers, strict=True)))
    console.print(table if table.row_count else "Nothing changed since the last time, so no file was sent.")
    counts = ", ".join(f"{number} {name}" for name, number in report["portal"].items())
    console.print(f"The portal now has {counts}.\n")

    console.print("[bold]What could not cross, and what to do[/bold] (in full: veerpont rejects list)")
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in lists.list_rejects(Ledger(settings().ledger), None, None, "open"):
        groups.setdefault((row["integration"], row["flow"], row["reason"]), []).append(row["detail"])
    for (customer, flow, reason), details in groups.items():
        console.print(f"  {customer} {flow}: {len(details)} {reason}", highlight=False)
        console.print(f"    {details[0]}", highlight=False, markup=False, no_wrap=True, overflow="ellipsis")

    place = HOME.relative_to(ROOT)
    console.print("\n[bold]Where to look[/bold]")
    console.print("  make up                       Airflow's UI with these runs")
    console.print(f"  {place}/report.json          these numbers")
    console.print(f"  {place}/sandbox/portal/      what the portal received and said")
    console.print(f'  eval "$(.venv/bin/veerpont env --home {place})"; veerpont runs', highlight=False)


def grid(title: str, names: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    """Return an empty table that fits 80 columns."""
    table = Table(
        title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def dot(number: int) -> str:
    """Return a number; a dot for zero, so that the eye finds what is there."""
    return str(number) if number else "·"


@contextmanager
def step(progress: Progress, text: str) -> Iterator[None]:
    """Show what is going on, and afterwards how long it took."""
    task = progress.add_task(text, total=1)
    yield
    progress.update(task, completed=1)


@contextmanager
def quiet(log: os.PathLike[str]) -> Iterator[None]:
    """Send what Airflow prints to a file, whichever library prints it."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123 -- the descriptor is what matters here
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        for number, original in enumerate(kept, start=1):
            os.dup2(original, number)
            os.close(original)


if __name__ == "__main__":
    sys.exit(main())
