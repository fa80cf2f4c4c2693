"""`make demo`: all flows of three customers, from AFAS and from Loket to the portals, through Airflow.

Everything runs on this machine. The first time a month goes before it (`month`), in which employers are activated as a
person would do it; the second time nothing has changed, so nothing is sent. Ends with what crossed, what did not and
why, what waits for a person, and the same as var/demo/report.json.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import month
from place import HOME, ROOT, enter
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.desk import lists, today
from veerpont.desk.todo import Paging, TodoFilter, TodoKind, todo
from veerpont.desk.web import forms
from veerpont.messages import catalog
from veerpont.model.flows import NIGHTLY
from veerpont.store.clock import now
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
SILENT = "payroll"
"""The flow that ran for the last time some days ago."""
TRY = {
    TodoKind.REMOVALS: "Look who they are, and release or discard them.",
    TodoKind.QUESTIONS: "Is it the same person? Confirm it, and see the number change.",
    TodoKind.LATE: "See since when, and start it in Airflow's grid.",
}
"""What to try, and how."""
MOST_GROUPS = 6
COUNTS = ("read", "delivered", "unchanged", "filtered", "rejected", "held")


def main() -> int:
    """Run the demo; returns the exit code."""
    started = time.monotonic()
    console, progress = terminal()
    with progress:
        with step(progress, "making the instance: Airflow's database, the ledger, keys"):
            sandbox = enter()
        with sandbox, quiet(HOME / "demo.log"):
            if not month.is_lived(HOME):
                with step(progress, "") as say:
                    month.live(HOME, sandbox, lambda ago: say(f"the month before: {ago} nights ago"))
                    say(f"the month before: {month.NIGHTS} nights of three customers")
            reported = {customer: len(sandbox.portal.reports(customer)) for customer in sandbox.customers}
            failed = cross(progress)
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


def cross(progress: Progress) -> list[str]:
    """Run the DAGs; returns the flows that failed."""
    with step(progress, "starting Airflow"):
        from airflow.dag_processing.dagbag import BundleDagBag

        bag = BundleDagBag(dag_folder=str(ROOT / "dags"), bundle_path=ROOT / "dags", bundle_name="dags-folder")
    failed = []
    for flow in FLOWS:
        with step(progress, WHAT[flow]), month.moved(-month.LATE if flow == SILENT else timedelta()):
            if bag.dags[flow].test().state != "success":
                failed.append(flow)
    unpause()
    return failed


def unpause() -> None:
    """Let the nightly flows go by themselves in `make up`: what is paused is not late, and starts nothing."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(DagModel).filter(DagModel.dag_id.in_(NIGHTLY)).update({"is_paused": False})


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
    table = grid("What crossed just now, in rows of the source", ("flow",), ("customers", *COUNTS))
    for flow in FLOWS:
        rows = [row for row in report["flows"] if row["flow"] == flow]
        table.add_row(flow, str(len(rows)), *(dot(sum(row[name] for row in rows)) for name in COUNTS))
    console.print(table)

    said = [each for name in sandbox.customers for each in sandbox.portal.reports(name)[reported[name] :]]
    names = ("lines_read", "created", "updated", "unchanged", "rejected")
    lines, new, updated, same, bad = (f"{sum(getattr(each, name) for each in said):,}" for name in names)
    counts = ", ".join(f"{number:,} {name}" for name, number in report["portal"].items())
    told = f"{len(said)} files: {lines} lines, {new} new, {updated} updated, {same} the same, {bad} bad"
    console.print(f"The portal imported {told}.", highlight=False)
    console.print(f"It now has {counts}.\n", highlight=False)

    console.print("[bold]What could not cross[/bold] (why, and what to do: veerpont rejects list)")
    groups = Counter(
        (row["integration"], row["flow"], row["reason"])
        for row in lists.list_rejects(Ledger(settings().ledger), None, None, "open")
    )
    for (customer, flow, reason), count in groups.most_common(MOST_GROUPS):
        console.print(f"  {customer} {flow}: {catalog.reason(reason, 'en').title} ({count})", highlight=False)
    if len(groups) > MOST_GROUPS:
        console.print(f"  and {len(groups) - MOST_GROUPS} more")

    console.print("\n[bold]Three things to try[/bold], with `make up`, at the desk (Veerpont in the navigation)")
    for number, line in enumerate(to_try(), 1):
        console.print(f"  {number}. {line}", highlight=False)

    place = HOME.relative_to(ROOT)
    console.print("\n[bold]Where to look[/bold]")
    console.print("  make up                    Airflow's UI and the desk, with the month before")
    console.print(f"  {place}/report.json       these numbers, by customer")
    console.print(f"  {place}/sandbox/portal/   what the portal received and said")
    console.print(f'  eval "$(.venv/bin/veerpont env --home {place})"; veerpont runs', highlight=False)


def to_try() -> Iterator[str]:
    """Yield what waits for a person, as *Today* at the desk has it: something held, to confirm, and late."""
    found, broken = read_integrations(settings().integrations)
    moment = now()
    with Ledger(settings().ledger).session() as session:
        customers = today.overview(session, found, broken, moment)
        by_hand = set(FLOWS) - set(NIGHTLY)
        firsts = [
            todo(session, found, customers, by_hand, moment, TodoFilter(kind=kind), Paging(size=1)) for kind in TRY
        ]
    for thing in [each for first in firsts for each in first.things]:
        since = forms.age(moment - thing.since, "en") if thing.since else ""
        what = catalog.say(f"todo.{thing.kind}", "en", count=thing.count)
        yield f"{thing.integration} {thing.flow}: {what.lower()}, {since}.\n     {TRY[thing.kind]}"


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
def step(progress: Progress, text: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on, and afterwards how long it took; what it yields says something else instead."""
    task = progress.add_task(text, total=1)
    yield lambda other: progress.update(task, description=other)
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
