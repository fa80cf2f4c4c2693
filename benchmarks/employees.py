"""Employees: everybody new, from AFAS to an accepted file, next to a plain loop to csv."""

from pathlib import Path

import harness
from rich.console import Console
from rich.table import Table

CUSTOMER = "groot"
TAKE = 2_900
PLAIN = "plain loop to csv"


def bench(console: Console, home: Path, people: int) -> Table:
    """Time both ways over the same rows, to csv and to xlsx."""
    with harness.sandbox(home, {CUSTOMER: people}, "employers", "employees"):
        harness.run(CUSTOMER, "employers")
        harness.activate({CUSTOMER: ["01", "02", "03"]})
        measured = {PLAIN: harness.run_step("employees.plain", str(home / "plain.csv"))}
        for file_format in ("csv", "xlsx"):
            harness.change_integration(home, CUSTOMER, "xpert_suite", file_format=file_format)
            forget()
            steps = harness.run(CUSTOMER, "employees", console=console)
            measured |= {f"  {name}, {file_format}": item for name, item in steps.items()}
            measured[f"AFAS to accepted {file_format}"] = harness.total(steps)
    return harness.table(f"{people:,} people, all of them new", measured)


def plain(path: str) -> int:
    """What a script of ten lines would do: page by page, parse, write csv. No checks, no guards, no second look."""
    session, address = harness.afas(CUSTOMER)
    return harness.download(
        session,
        f"{address}/{harness.CONNECTORS['employees']}",
        "Personeelsnummer,Dienstverbandnummer",
        TAKE,
        Path(path),
    )


def forget() -> None:
    """Forget what the portal was told, so that everything is new again."""
    from sqlalchemy import delete

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Pointer

    with Ledger(settings().ledger).session() as session:
        session.execute(delete(Pointer).where(Pointer.flow == "employees"))
