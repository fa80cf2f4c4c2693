"""Absence: a hundred thousand lines of one customer, read widely and delivered; then an hour with little news."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import harness
from page import Found
from rich.console import Console

CUSTOMER = "verzuim"
LINES_EACH = 5.08
"""Absence lines that a generated person has."""
TAKE = 4_285  # columns x rows must stay below 150,000
NOON = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
"""The book of a generated customer ends on this day."""
RECOVERED = 100


def bench(console: Console, home: Path, lines: int) -> Found:
    """Time the first read of everything, the same read again with nothing changed, and an hourly run."""
    with harness.sandbox(home, {CUSTOMER: round(lines / LINES_EACH)}, "employers", "employees", "absence") as server:
        # all that was ever read stays in the window: the history holds every line
        harness.change_integration(home, CUSTOMER, "absence", history_months=48, initial_days=4 * 365 + 1)
        harness.run(CUSTOMER, "employers", NOON)
        harness.activate({CUSTOMER: ["01", "02", "03", "04"]})
        harness.run(CUSTOMER, "employees", NOON)
        measured = {"plain loop to csv": harness.run_step("absence.plain", str(home / "plain.csv"))}
        runs = {"first read, AFAS to accepted csv": 0, "nightly wide read, nothing changed": 0}
        for hour, name in enumerate([*runs, f"hourly run, {RECOVERED} recovered*"]):
            if name.endswith("*"):
                server.ask(f"recover {RECOVERED}")
            steps = harness.run(CUSTOMER, "absence", NOON + timedelta(hours=hour), console)
            measured |= {f"  {step}{' ' * hour}": item for step, item in steps.items()}
            measured[name] = harness.total(steps)
    return Found([harness.table(f"{measured['plain loop to csv']['rows']:,.0f} absence lines", measured)])


def plain(path: str) -> int:
    """Read every page, parse, write csv."""
    session, address = harness.afas(CUSTOMER)
    order = "VerzuimId,GUID_verzuimverloop"
    return harness.download(session, f"{address}/{harness.CONNECTORS['absence']}", order, TAKE, Path(path))
