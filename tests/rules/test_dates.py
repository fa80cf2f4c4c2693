"""Dates are Dutch."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.rules.dates import EARLIEST, LATEST, business_date, parse_date

DAYS = st.dates(EARLIEST, LATEST)


@given(DAYS, st.sampled_from(["", "T00:00:00Z", "T23:59:59Z", "T00:00:00", "T12:30:00.25Z"]))
def test_a_day_is_read_as_written_whatever_time_follows(day: date, time: str) -> None:
    assert parse_date(day.isoformat() + time) == day


# hypothesis takes real dates from the code itself: those are no "other text"
@given(st.text().filter(lambda text: text.count("-") != 2) | DAYS.map(lambda day: day.strftime("%d-%m-%Y")))
def test_any_other_text_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a date of the form YYYY-MM-DD$"):
        parse_date(text)


@pytest.mark.parametrize("day", ["1900-01-01", "2100-12-31", "2024-02-29"])
def test_the_first_and_the_last_day_are_days(day: str) -> None:
    assert parse_date(day).isoformat() == day


@pytest.mark.parametrize("text", ["2023-02-29", "2023-13-01", "1899-12-31", "2101-01-01", "0001-01-01T00:00:00Z"])
def test_impossible_days_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a day "):
        parse_date(text)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 12, 1, 22, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 23, 0, tzinfo=UTC), date(2026, 12, 2)),
    ],
)
def test_the_business_date_changes_at_dutch_midnight_summer_and_winter(moment: datetime, day: date) -> None:
    assert business_date(moment) == day


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        business_date(datetime(2026, 7, 1, 21, 0))  # noqa: DTZ001 - the zone is what is missing
