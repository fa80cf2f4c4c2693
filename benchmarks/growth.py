"""Growth: the same flow for customers of growing size; what each task takes of time and memory."""

from pathlib import Path

import harness
from harness import Measured
from page import Found, Table, known
from rich.console import Console

CUSTOMER = "groei"
PLAIN = "plain loop to csv"
LIMIT = 400
"""MiB that the largest task may take."""
LINEAR = 1.5
"""How many times the time of a person may differ between the two largest sizes."""


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Measure these sizes; those that were measured before stay in the table."""
    measured: dict[str, dict[str, Measured]] = known("growth").get("sizes", {})
    for people in sizes:
        folder = home / str(people)
        folder.mkdir()
        with harness.sandbox(folder, {CUSTOMER: people}, "employers", "employees"):
            harness.run(CUSTOMER, "employers")
            harness.activate({CUSTOMER: ["01", "02", "03"]})
            console.print(f"{people:,} people")
            measured[str(people)] = harness.run(CUSTOMER, "employees", console=console)
    ordered = {size: measured[size] for size in sorted(measured, key=int)}
    least = harness.run_step("growth.nothing")["mib"]
    return Found([table(ordered, least)], {"sizes": ordered})


def nothing() -> int:
    """Do what no task can do without: have Airflow's task SDK loaded."""
    return 0


def table(measured: dict[str, dict[str, Measured]], least: float) -> Table:
    """Return a row per size."""
    steps = [f"{name}, {unit}" for name in harness.STEPS for unit in ("s", "MiB")]
    shown = Table("Employees to csv, all of them new", ["people", "rows", *steps, "all, s", "ms per person"])
    for size, found in measured.items():
        total = harness.total(found)
        cells = [f"{found[name][unit]:,.{digits}f}" for name in harness.STEPS for unit, digits in UNITS]
        each = total["seconds"] / int(size) * 1_000
        shown.rows.append([
            f"{int(size):,}",
            f"{total['rows']:,.0f}",
            *cells,
            f"{total['seconds']:,.1f}",
            f"{each:.2f}",
        ])
    shown.note = verdict(measured, least)
    return shown


UNITS = (("seconds", 1), ("mib", 0))


def verdict(measured: dict[str, dict[str, Measured]], least: float) -> str:
    """Say whether memory is bounded and time grows with the size."""
    size, found = list(measured.items())[-1]
    name, most = max(((name, item["mib"]) for name, item in found.items()), key=lambda item: item[1])
    said = (
        f"The largest task of {int(size):,} people is {name} with {most:.0f} MiB (limit: {LIMIT}, "
        f"{'kept' if most <= LIMIT else 'broken'}); {least:.0f} of them are Python with Airflow's task SDK."
    )
    if len(measured) > 1:
        before = list(measured)[-2]
        grown = harness.total(found)["seconds"] / harness.total(measured[before])["seconds"]
        times = int(size) / int(before)
        said += (
            f" {times:.0f} times the people of {int(before):,} take {grown:.1f} times as long"
            f" ({'linear' if grown <= LINEAR * times else 'more than linear'})."
        )
    return said


def plot(found: Found) -> None:
    """Draw time and memory over the size."""
    from plots import COLOURS, figure

    sizes = [int(size) for size in found.kept["sizes"]]
    with figure("benchmarks-growth.svg", columns=2, height=2.8) as (left, right):
        for at, name in enumerate(harness.STEPS):
            steps = [item[name] for item in found.kept["sizes"].values()]
            left.plot(sizes, [step["seconds"] for step in steps], "o-", color=COLOURS[at], label=name, markersize=4)
            right.plot(sizes, [step["mib"] for step in steps], "o-", color=COLOURS[at], label=name, markersize=4)
        right.axhline(LIMIT, color=COLOURS[5], linestyle=":", linewidth=1)
        right.text(sizes[0], LIMIT, "limit", va="bottom", fontsize=8, color=COLOURS[5])
        for axes, what in ((left, "seconds"), (right, "peak memory, MiB")):
            axes.set_xscale("log")
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
            axes.set_xlabel("employees")
            axes.set_ylabel(what)
        left.set_yscale("log")
        right.set_ylim(bottom=0)
        left.legend(loc="upper left")
