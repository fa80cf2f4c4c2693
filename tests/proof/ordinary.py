"""A customer of some size whose life goes on for sixty days."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from crossings import EMPLOYEES, Crossing
from of_a_test import settings_for
from staff import day_of

from veerpont_sandbox.customers import generated
from veerpont_sandbox.world import Sandbox

FIRST = date(2026, 11, 23)
ACTIVE = {"01", "02", "03"}
FLOWS = ("employers", "organigram", "employees", "absence")


@contextmanager
def customer(home: Path, people: int, flows: Sequence[str] = FLOWS) -> Iterator[Crossing]:
    """Give a customer whose absence is at the portal, on the evening before the first day."""
    with (
        Sandbox(home / "sandbox", (generated("ours", people),), flows=flows) as sandbox,
        settings_for(home, sandbox) as crossing,
    ):
        crossing.configure(absence={"initial_days": 1500})
        crossing.at("2026-11-22T12:00").first_night()
        crossing.at("2026-11-22T21:00")("absence")
        yield crossing


def wrong(ours: Crossing, day: datetime) -> dict[str, int]:
    """Return what is wrong at the portal, and how often."""
    today = day_of(day.date())
    at_work = {
        (row["Werkgeverscode"], row["Personeelsnummer"]): row["Afdelingscode"]
        for row in ours.sandbox.afas.rows(ours.name, EMPLOYEES)
        if row["Werkgeverscode"] in ACTIVE
        and row["Datum_start_dvb"] <= today
        and (row["Datum_eind_dvb"] or "9999") >= today
    }
    there: dict[tuple[str, str], Any] = {}
    taken = set()
    for key, found in ours.state.employments.items():
        employer, number = key.split("/")[:2]
        if found.ended:
            taken.add((employer, number))
        else:
            there[employer, number] = found
    taken -= there.keys()
    departments = {tuple(key.split("/")) for key, found in ours.state.departments.items() if not found.archived}
    return {
        "people taken away who work there": len(taken & at_work.keys()),
        "people missing": len(at_work.keys() - there.keys()),
        "departments missing": len({(who[0], unit) for who, unit in at_work.items()} - departments),
        "departments of another day": sum(
            there[who].department[1] != unit for who, unit in at_work.items() if who in there
        ),
    }
