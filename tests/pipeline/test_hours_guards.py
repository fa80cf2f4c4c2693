"""What a file of a time registration no longer has: nobody leaves the payroll unasked."""

from typing import Any

import pytest
from crossings import Crossing, Make
from dropped_hours import NOVEMBER, drop, files

from veerpont_sandbox.customers.timesheets import timesheet


@pytest.fixture
def sluis(make: Make, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Sluis with employer 20001 active, and the sample of its time registration dropped."""
    return make("sluis", night=("employers",))


def test_a_truncated_file_takes_nobody_off_the_payroll_unasked(sluis: Crossing) -> None:
    everybody = [(number, "02-11-2026", "UREN", "8", "") for number in (11, 12, 15, 16, 17, 18, 19, 20)]
    drop(sluis, timesheet(everybody))
    sluis("hours")
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "9", ""), *everybody[1:4]]))
    sluis("hours")
    held = sluis.held("hours")
    assert (held["reasons"], held["gone"]) == ("many_gone", 4)
    assert files(sluis)["loket_7001_2026_11.csv"].count(b";8\r\n") == 7  # only the removals wait
    sluis.release(held["id"])
    sluis("hours")
    assert files(sluis)["loket_7001_2026_11.csv"].count(b";0\r\n") == 4


EIGHT = (11, 12, 15, 16, 17, 18, 19, 20)


def month(number: int, days: int, people: tuple[int, ...] = EIGHT) -> list[tuple[Any, ...]]:
    """Return rows of a month: 8 hours a day of each."""
    return [(who, f"0{day}-{number}-2026", "UREN", "8", "") for day in range(1, days + 1) for who in people]


def test_far_fewer_rows_of_the_same_people_wait_for_a_person(sluis: Crossing) -> None:
    """Nobody is gone and no line is: every value is only smaller, because half of the file is missing."""
    drop(sluis, timesheet(month(11, 4)))
    sluis("hours")
    before = files(sluis)
    drop(sluis, timesheet(month(11, 2)))
    books = sluis("hours")
    held = sluis.held("hours")
    assert (books["state"], books["held"], held["reasons"]) == ("held", 16, "fewer_rows:7001_2026_11")
    assert files(sluis) == before
    sluis.release(held["id"])
    assert sluis("hours")["delivered"] == 16
    assert files(sluis)["loket_7001_2026_11.csv"].count(b";16\r\n") == 8
    assert sluis("hours")["unchanged"] == 16


def test_a_correction_of_one_person_passes(sluis: Crossing) -> None:
    drop(sluis, timesheet(month(11, 4)))
    sluis("hours")
    drop(sluis, timesheet(month(11, 4)[1:]))
    assert sluis("hours")["delivered"] == 3
    assert files(sluis)["loket_7001_2026_11.csv"].count(b";24\r\n") == 1


def test_a_first_file_of_a_period_is_held_against_the_one_before(sluis: Crossing) -> None:
    drop(sluis, timesheet(month(11, 2)))
    sluis("hours")
    drop(sluis, timesheet(month(12, 2, EIGHT[:5])), "2026-12.csv")
    sluis("hours")
    held = sluis.held("hours")
    assert held["reasons"] == "fewer_people:7001_2026_12"
    assert files(sluis).keys() == {"loket_7001_2026_11.csv"}
    drop(sluis, timesheet(month(12, 2)), "2026-12.csv")
    assert sluis("hours")["delivered"] == 16
    assert files(sluis).keys() == {"loket_7001_2026_11.csv", "loket_7001_2026_12.csv"}


def test_only_the_period_right_before_counts(sluis: Crossing) -> None:
    drop(sluis, timesheet(month(11, 1)), "2026-11.csv")
    drop(sluis, timesheet(month(12, 1, EIGHT[:5])), "2026-12.csv")
    assert sluis("hours")["delivered"] == 13
    drop(sluis, timesheet([(who, "04-01-2027", "UREN", "8", "") for who in EIGHT[:5]]), "2027-01.csv")
    assert sluis("hours")["delivered"] == 5


def test_people_are_counted_for_each_period(sluis: Crossing) -> None:
    """Three lines of many are few, three people of eight are not."""
    codes = {"UREN": 1, "OVER125": 15, "REIS": 372}
    sluis.configure(hours={"components": codes})
    rows = [(who, "02-11-2026", code, "8", "") for who in EIGHT[:3] for code in ("UREN",)]
    rows += [(who, f"02-{at}-2026", code, "8", "") for who in EIGHT[3:] for code in codes for at in (11, 12)]
    rows += [(who, "02-12-2026", code, "8", "") for who in EIGHT for code in codes]
    drop(sluis, timesheet(rows))
    sluis("hours")
    drop(sluis, timesheet(rows[3:]))
    sluis("hours")
    assert (sluis.held("hours")["reasons"], sluis.held("hours")["gone"]) == ("many_gone", 3)
    assert files(sluis)["loket_7001_2026_11.csv"].count(b";0;") == 0


def test_the_guard_looks_at_the_periods_of_the_file_only(sluis: Crossing) -> None:
    people = (11, 12, 15, 16)
    months = [(number, f"02-{month}-2026", "UREN", "8", "") for month in (11, 12) for number in people]
    drop(sluis, timesheet([*months, *((18, f"0{day}-12-2026", "UREN", "1", "") for day in range(1, 9))]))
    sluis.configure(guards={"max_gone_percent": 60})
    sluis("hours")
    drop(sluis, timesheet([(11, "02-11-2026", "UREN", "8", "")]))
    sluis("hours")
    assert sluis.held("hours")["gone"] == 3  # three of four, though only three of nine that were ever told


def test_of_an_employer_that_is_purged_nothing_is_taken_out(sluis: Crossing) -> None:
    sluis("hours")
    sluis.activate("20002")
    sluis.deactivate("20001", purge=True)
    drop(sluis, timesheet([(1, "02-11-2026", "UREN", "8", "Kantine")]))
    sluis.configure(hours={"departments": {"Kantine": "50"}})
    books = sluis("hours")
    assert (books["delivered"], books["gone"]) == (1, 0)
    assert files(sluis)["loket_7003_2026_11.csv"].endswith(b"7003;1;1;50;8\r\n")
    assert files(sluis)["loket_7001_2026_11.csv"] == NOVEMBER


def test_a_run_with_nothing_but_a_purge_ends(sluis: Crossing) -> None:
    """No file is made, what was told of the employer is forgotten, and the books say so."""
    sluis("hours")
    sluis.activate("20002")
    sluis.deactivate("20001", purge=True)
    for _ in range(2):
        books = sluis("hours")
        assert (books["state"], books["delivered"], books["gone"]) == ("success", 0, 0)
    assert len(files(sluis)) == 2
