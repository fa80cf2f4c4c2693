"""What a time registration drops for a Loket customer, and how its integration file speaks of it. Nobody here exists.

One row for each payroll number, day and component; hours with a decimal comma, pauses that nobody pays.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

HEADER = "Personeelsnummer;Datum;Component;Aantal;Afdeling"
COMPONENTS = {"UREN": 1, "OVER125": 15, "REIS": 372, "PAUZE": None}
DEPARTMENTS = {"Sluisbediening": "20", "Techniek": "30", "Kantine": "40"}


def hours_settings(folder: Path, departments: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the section `hours` of an integration file whose time registration drops into `folder`."""
    return {
        "address": folder.resolve().as_uri(),
        "several_files": "newest",
        "columns": {
            "number": "Personeelsnummer",
            "date": "Datum",
            "code": "Component",
            "value": "Aantal",
            "department": "Afdeling",
        },
        "components": dict(COMPONENTS),
        "departments": dict(DEPARTMENTS if departments is None else departments),
        "unit": "distribution_unit",
    }


def timesheet(rows: Iterable[tuple[int, str, str, str, str]]) -> bytes:
    """Return a file: payroll number, day (30-11-2026), component, value and department (may be empty) of each row."""
    lines = [HEADER, *(";".join(map(str, row)) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def sluis_month() -> bytes:
    """Return the hours of Sluis in November 2026: 76,25 and 4,5 hours, a trip, pauses, and two administrations."""
    return timesheet([
        (11, "02-11-2026", "UREN", "40", ""),
        (11, "09-11-2026", "UREN", "40", ""),
        (11, "09-11-2026", "OVER125", "4,5", ""),
        (11, "09-11-2026", "PAUZE", "0,5", ""),
        (12, "03-11-2026", "UREN", "36,25", ""),
        (12, "10-11-2026", "UREN", "40", ""),
        (12, "10-11-2026", "UREN", "8", "Techniek"),
        (12, "10-11-2026", "REIS", "15", ""),
        (18, "05-11-2026", "UREN", "7,75", "Kantine"),
        (3, "04-11-2026", "UREN", "18", ""),
    ])


def some_month(numbers: Iterable[int]) -> bytes:
    """Return the hours of these payroll numbers in November 2026."""
    return timesheet((number, f"{number % 28 + 1:02}-11-2026", "UREN", f"{number % 40},5", "") for number in numbers)
