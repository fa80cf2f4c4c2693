"""Absence of one customer in growing sizes: a first read, a read of everything, an hour with news and one without."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import harness
from harness import Measured
from page import Found, Table, known
from rich.console import Console

CUSTOMER = "verzuim"
LINES_EACH = 5.08
"""Absence lines that a generated person has."""
TAKE = 4_285  # columns x rows must stay below 150,000
NOON = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
"""The book of a generated customer ends on this day."""
RECOVERED = 50
PLAIN = "plain loop to csv"
FIRST, WIDE, SOME, NONE = "first read", "wide read, nothing changed", f"hour, {RECOVERED} recovered", "hour, nothing"
LIMIT = 300
"""MiB that a task may take."""


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Measure these sizes; those that were measured before stay in the table."""
    measured: dict[str, dict[str, Measured]] = known("absence").get("sizes", {})
    for lines in sizes:
        folder = home / str(lines)
        folder.mkdir()
        console.print(f"{lines:,} lines")
        measured[str(lines)] = _measure(console, folder, lines)
    ordered = {size: measured[size] for size in sorted(measured, key=int)}
    least = harness.run_step("growth.nothing")["mib"]
    return Found([table(ordered, least)], {"sizes": ordered})


def _measure(console: Console, home: Path, lines: int) -> dict[str, Measured]:
    with harness.sandbox(home, {CUSTOMER: round(lines / LINES_EACH)}, "employers", "employees", "absence") as server:
        # all that was ever read stays in the window: the history holds every line
        harness.change_integration(home, CUSTOMER, "absence", history_months=48, initial_days=4 * 365 + 1)
        harness.change_integration(home, CUSTOMER, "xpert_suite", file_format="csv")
        harness.run(CUSTOMER, "employers", NOON)
        harness.activate({CUSTOMER: ["01", "02", "03", "04"]})
        harness.run(CUSTOMER, "employees", NOON)
        measured = {PLAIN: harness.run_step("absence.plain", str(home / "plain.csv"))}
        for hour, name in enumerate((FIRST, WIDE, SOME, NONE)):
            if name == SOME:
                server.ask(f"recover {RECOVERED}")
            if name == NONE:  # of the hour before it the history has all, and the portal was told
                harness.run(CUSTOMER, "absence", NOON + timedelta(hours=hour, minutes=-30))
            steps = harness.run(CUSTOMER, "absence", NOON + timedelta(hours=hour), console)
            measured[name] = harness.total(steps)
            measured[name]["file_cpu"] = steps["load"]["file_cpu"]
            console.print(f" {name}: {measured[name]}")
        measured["csv of the file"] = harness.run_step("absence.rewritten", str(home / "sandbox"))
    return measured


def table(measured: dict[str, dict[str, Measured]], least: float) -> Table:
    """Return a row for each size and run."""
    shown = Table(
        "Absence to csv, in CPU seconds of all three tasks",
        ["lines", "what", "CPU s", "of them for the file", "without it, of the wide read's", "seconds", "MiB"],
    )
    for size, found in measured.items():
        wide = found[WIDE]["cpu"]
        for name, item in found.items():
            file = item.get("file_cpu", 0.0)
            hourly = name in {SOME, NONE}
            shown.rows.append([
                f"{int(size):,}",
                name,
                f"{item['cpu']:.1f}",
                f"{file:.1f}" if file else "",
                f"{(item['cpu'] - file) / wide:.2f}" if hourly else "",
                f"{item['seconds']:.1f}",
                f"{item['mib']:.0f}",
            ])
    size, found = list(measured.items())[-1]
    most = max(found[name]["mib"] for name in (FIRST, WIDE, SOME, NONE))
    shown.note = (
        f"The largest task of {int(size):,} lines takes {most:.0f} MiB (limit: {LIMIT}, "
        f"{'kept' if most <= LIMIT else 'broken'}); {least:.0f} of them are Python with Airflow's task SDK. "
        "`csv of the file` reads the delivered file and writes it once more with Python's csv."
    )
    return shown


def plain(path: str) -> int:
    """Read every page, parse, write csv."""
    session, address = harness.afas(CUSTOMER)
    order = "VerzuimId,GUID_verzuimverloop"
    return harness.download(session, f"{address}/{harness.CONNECTORS['absence']}", order, TAKE, Path(path))


def rewritten(folder: str) -> int:
    """Read the largest file that the portal got, and write it once more."""
    import csv

    path = max((each for each in Path(folder).rglob("*.csv")), key=lambda each: each.stat().st_size)
    rows = 0
    with (
        path.open(newline="", encoding="utf-8-sig") as old,
        path.with_suffix(".again").open("w", newline="", encoding="utf-8") as new,
    ):
        reader = csv.reader(old, delimiter=";")
        writer = csv.writer(new, delimiter=";", quoting=csv.QUOTE_ALL)
        for row in reader:
            writer.writerow(row)
            rows += 1
    return rows


def plot(found: Found) -> None:
    """Draw CPU and memory over the size."""
    from plots import COLOURS, figure

    sizes = [int(size) for size in found.kept["sizes"]]
    with figure("benchmarks-absence.svg", columns=2, height=2.8) as (left, right):
        for at, name in enumerate((FIRST, WIDE, SOME, NONE)):
            runs = [item[name] for item in found.kept["sizes"].values()]
            left.plot(sizes, [run["cpu"] for run in runs], "o-", color=COLOURS[at], label=name, markersize=4)
            right.plot(sizes, [run["mib"] for run in runs], "o-", color=COLOURS[at], label=name, markersize=4)
        right.axhline(LIMIT, color=COLOURS[5], linestyle=":", linewidth=1)
        for axes, what in ((left, "CPU seconds"), (right, "peak memory, MiB")):
            axes.set_xscale("log")
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
            axes.set_xlabel("absence lines")
            axes.set_ylabel(what)
        left.set_yscale("log")
        right.set_ylim(bottom=0)
        left.legend(loc="upper left")
