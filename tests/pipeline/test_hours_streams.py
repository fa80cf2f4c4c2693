"""Hours are compared line by line: whatever is not held, the outcome is that of holding every line."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from crossings import Crossing, Make
from dropped_hours import drop, provider
from proving import WHOLE

from veerpont.flows.hours import HoursLoad
from veerpont.flows.job import Job, Transformed, read_problems
from veerpont.model.pay_records import Hours
from veerpont.pipeline.compare.compare import compare
from veerpont.pipeline.compare.facts import known_before
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.stream import Sieve, Way
from veerpont.pipeline.load import load
from veerpont_sandbox.customers.timesheets import timesheet

PORTAL = "loket_hours"
PEOPLE = (11, 12, 15, 16, 17, 18, 19, 20)
NIGHTS = ("same", "some", "half", "people", "some", "bad", "same", "people", "bad", "half")
CODES = ("UREN", "OVER125", "REIS")
WAYS = ("carried", "missing", "removed", "left", "waiting")
Cells = tuple[int, str, str, str, str]


def month(number: int) -> list[Cells]:
    """Return rows of a month: two days, of each component, of everybody."""
    return [(who, f"0{day}-{number}-2026", code, "4", "") for who in PEOPLE for code in CODES for day in (2, 3)]


def corrected(rows: list[Cells], kind: str, rng: random.Random) -> list[Cells]:
    """Return the rows of a newer file: as they were, or as somebody or something made them."""
    if kind == "some":
        out = rng.choice(PEOPLE), rng.choice(CODES)
        rows = [row for row in rows if (row[0], row[2]) != out]
        return [(*row[:3], "5", row[4]) if rng.random() < 0.05 else row for row in rows]
    if kind == "people":
        gone = rng.sample(PEOPLE, rng.randint(1, 5))
        return [row for row in rows if row[0] not in gone]
    if kind == "half":
        return [row for row in rows if row[1].startswith("02")]
    if kind == "bad":
        for value in ("x", "-90"):
            at = rng.randrange(len(rows))
            rows = [*rows[:at], (*rows[at][:3], value, rows[at][4]), *rows[at + 1 :]]
    return rows


def close(crossing: Crossing, closed: set[int]) -> None:
    """Let the payroll runs of these periods be approved, and of no others."""
    for employer in provider(crossing).employers:
        for administration in employer.administrations:
            for period in administration.periods:
                period["hasApprovedPayrollRun"] = period["id"] in closed


def outcome(job: Job, transformed: Transformed) -> dict[str, Any]:
    """Compare, and return all that follows from it."""
    facts = known_before(job, PORTAL)
    side = HoursLoad(job, transformed, Hours, PORTAL, facts.told)
    lines = LineStreams(job, side, lambda _: None)
    comparison = compare(job, side, lines, facts)
    reasons = side.doubts(comparison, facts.approved)
    return {
        "held": len(comparison.told),
        "reasons": [reason.partition(":")[0] for reason in reasons],
        "problems": {found.key: found.problem for found in comparison.problems},
        "homes": {found.key: comparison.homes.get(found.key) for found in comparison.problems},
        "books": comparison.books(whole_held=bool(reasons)),
        "told": comparison.told_now,
        "file": list(lines.file(comparison)),
        "gone": list(lines.gone(comparison)),
        **{way: getattr(comparison, way) for way in WAYS},
    }


# the same lines go to the API: what it does with them is in test_hours_api.py
@pytest.mark.parametrize(("delivery", "seed"), [("csv", 4), pytest.param("api", 2, marks=WHOLE)])
def test_what_is_not_held_changes_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch, delivery: str, seed: int
) -> None:
    """Files with lines changed and left out, closed periods, bad values; guards that trip; some of it released."""
    sluis, rng = make("sluis", night=("employers",)), random.Random(seed)
    limits = {"min_gone": 2, "max_gone_percent": 25}
    sluis.configure(hours={"components": {"UREN": 1, "OVER125": 15, "REIS": 372}, "delivery": delivery}, guards=limits)
    seen: Counter[str] = Counter()
    for night, kind in enumerate(NIGHTS):
        for number in (11, 12) if night > 2 else (11,):
            name = f"2026-{number}.csv"
            (Path(sluis.sandbox.home) / "drops" / "sluis" / name).unlink(missing_ok=True)
            if number == 12 or rng.random() < 0.8:
                drop(sluis, timesheet(corrected(month(number), kind, rng)), name)
        close(sluis, {each for each in (202611, 202612) if rng.random() < 0.3 and night > 2})
        job, transformed = sluis.until_load("hours")
        quiet = outcome(job, transformed)
        with monkeypatch.context() as patched:
            patched.setattr(Sieve, "_way", lambda *_: Way.HELD)
            every = outcome(job, transformed)
        fewer = quiet.pop("held") < every.pop("held")
        assert quiet == every
        seen.update(["quiet"] * fewer, **Counter(quiet["reasons"]))
        seen.update(way for way in WAYS if quiet[way])
        seen.update(found.reason for found in quiet["problems"].values())
        load(job, transformed)
        for held in sluis.deliveries("hours", "held"):
            if rng.random() < 0.5:
                sluis.release(held["id"])
    wanted = {"quiet", "carried", "removed", "waiting", "fewer_rows", "period_closed", "not_a_number", "out_of_range"}
    assert wanted <= seen.keys()


@pytest.fixture
def sluis(make: Make) -> Crossing:
    """Sluis with employer 20001 active."""
    return make("sluis", night=("employers",))


def test_a_bad_value_waits_with_all_of_its_employment_in_that_period(sluis: Crossing) -> None:
    """Wherever in the file the bad one stands; another period of the same employment goes on."""
    sluis.configure(hours={"components": {"UREN": 1, "OVER125": 15}})
    rows = [(11, "02-11-2026", "UREN", "8", ""), (11, "02-12-2026", "UREN", "8", "")]
    drop(sluis, timesheet([*rows, (12, "02-11-2026", "UREN", "8", ""), (11, "03-11-2026", "OVER125", "1000", "")]))
    job, transformed = sluis.until_load("hours")
    assert transformed.items.items == 2
    assert [found.rows for found in read_problems(job.vault, transformed.problems)] == [2]


def test_what_is_new_in_a_period_that_is_paid_is_a_reject(sluis: Crossing) -> None:
    rows = [(11, "02-11-2026", "UREN", "8", ""), (12, "02-11-2026", "UREN", "8", "")]
    drop(sluis, timesheet(rows[:1]))
    sluis("hours")
    close(sluis, {202611})
    drop(sluis, timesheet(rows))
    books = sluis("hours")
    assert (books["rejected"], books["unchanged"], books["delivered"]) == (1, 1, 0)
    assert list(sluis.rejects("hours").values()) == ["period_closed"]


def test_a_guard_counts_no_line_of_a_period_that_is_paid(sluis: Crossing) -> None:
    """Five lines are many of the eight that may go, and few beside those of a period that takes no change."""
    sluis.configure(hours={"components": {"UREN": 1, "OVER125": 15, "REIS": 372}})
    sluis.configure(guards={"min_gone": 2, "max_gone_percent": 60})
    paid = month(11)
    open_ = [(who, "02-12-2026", code, "8", "") for code in CODES[:2] for who in PEOPLE[:4]]
    drop(sluis, timesheet([*paid, *open_]))
    sluis("hours")
    close(sluis, {202611})
    drop(sluis, timesheet([*paid, *open_[5:]]))
    sluis("hours")
    assert (sluis.held("hours")["reasons"], sluis.held("hours")["gone"]) == ("many_gone", 5)


def test_whoever_keeps_a_line_does_not_lose_all(sluis: Crossing) -> None:
    sluis.configure(hours={"components": {"UREN": 1, "OVER125": 15, "REIS": 372}})
    rows = [*month(11), *month(12)]
    drop(sluis, timesheet(rows))
    sluis("hours")
    drop(
        sluis, timesheet([row for row in rows if not (row[0] in PEOPLE[:3] and "-11-" in row[1] and row[2] == "REIS")])
    )
    assert sluis("hours")["gone"] == 3


def test_what_comes_back_is_no_line_of_fewer_rows(sluis: Crossing) -> None:
    """It was said to be 0, so that nothing is lost of it."""
    rest = [(who, "02-11-2026", "UREN", "8", "") for who in PEOPLE[1:]]
    sluis.configure(guards={"min_gone": 2})
    drop(sluis, timesheet([*rest, *((11, f"{day:02}-11-2026", "UREN", "1", "") for day in range(2, 20))]))
    sluis("hours")
    drop(sluis, timesheet(rest))
    assert sluis("hours")["gone"] == 1
    drop(sluis, timesheet([*rest, (11, "02-11-2026", "UREN", "1", "")]))
    assert sluis("hours")["delivered"] == 1
