"""Service periods: both days are in, a case is judged by its first day (docs/reference/xpert-suite.md, 4.8)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.rules.service import ServicePeriod

YEAR = ServicePeriod(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_both_its_days_are_in(day: str, inside: bool) -> None:
    assert YEAR.covers(date.fromisoformat(day)) is inside


def test_a_side_without_a_day_has_no_limit() -> None:
    assert ServicePeriod().covers(date.min)
    assert ServicePeriod().covers(date.max)
    assert ServicePeriod(first=date(2026, 1, 1)).covers(date.max)
    assert ServicePeriod(last=date(2026, 1, 1)).covers(date.min)


@pytest.mark.parametrize(
    ("today", "days", "over"),
    [
        ("2026-12-31", 0, False),
        ("2027-01-01", 0, True),
        ("2027-03-31", 90, False),
        ("2027-04-01", 90, True),
        ("2027-04-01", 91, False),
    ],
)
def test_it_is_over_the_day_after_its_last(today: str, days: int, over: bool) -> None:
    assert YEAR.is_over(date.fromisoformat(today), days) is over


def test_one_without_an_end_is_never_over() -> None:
    assert not ServicePeriod(first=date(2026, 1, 1)).is_over(date.max)


def test_the_last_days_of_the_calendar_do_no_harm() -> None:
    assert not ServicePeriod(last=date.max).is_over(date.max, 90)
    assert ServicePeriod(last=date.min).is_over(date.max, 3650)


def test_its_first_day_is_not_after_its_last() -> None:
    assert YEAR.is_possible
    assert ServicePeriod(date(2026, 1, 1), date(2026, 1, 1)).is_possible
    assert not ServicePeriod(date(2026, 1, 2), date(2026, 1, 1)).is_possible


@pytest.mark.parametrize(
    ("first", "last", "widens"),
    [
        ("2026-01-01", "2026-12-31", False),
        ("2026-02-01", "2026-11-30", False),
        ("2025-12-31", "2026-12-31", True),
        (None, "2026-12-31", True),
        ("2026-01-01", "2027-01-01", True),
        ("2026-01-01", None, True),
    ],
)
def test_days_that_come_in_were_not_kept(first: str | None, last: str | None, widens: bool) -> None:
    other = ServicePeriod(*(date.fromisoformat(day) if day else None for day in (first, last)))
    assert YEAR.is_widened_by(other, date(2027, 6, 1)) is widens


def test_an_end_that_has_not_come_yet_may_be_moved_on() -> None:
    """No case began after it."""
    longer = ServicePeriod(YEAR.first, date(2027, 12, 31))
    assert not YEAR.is_widened_by(longer, date(2026, 12, 31))
    assert YEAR.is_widened_by(longer, date(2027, 1, 1))
    assert not ServicePeriod(first=date(2028, 1, 1)).is_widened_by(
        ServicePeriod(first=date(2027, 1, 1)), date(2026, 12, 31)
    )


@given(*[st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 20))] * 4, st.dates(date(2026, 1, 1), date(2026, 1, 20)))
def test_a_day_until_today_that_comes_in_widens(
    first: date | None, last: date | None, other_first: date | None, other_last: date | None, today: date
) -> None:
    period, other = ServicePeriod(first, last), ServicePeriod(other_first, other_last)
    days = [date(2025, 12, 31) + timedelta(days=number) for number in range(22)]
    if any(other.covers(day) and not period.covers(day) for day in days if day <= today):
        assert period.is_widened_by(other, today)


def test_it_reads_as_an_interval() -> None:
    assert str(YEAR) == "2026-01-01/2026-12-31"
    assert str(ServicePeriod(first=date(2026, 1, 1))) == "2026-01-01/.."


@given(st.dates(), st.dates(), st.dates(), st.integers(0, 400))
def test_what_is_over_covers_no_day_from_then_on(first: date, last: date, today: date, days: int) -> None:
    period = ServicePeriod(first, last)
    if period.is_over(today, days):
        assert period.is_over(today)
        assert not period.covers(today)
