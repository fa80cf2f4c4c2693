"""The hours of the day: what is open, how long a person had to answer, and when a failure has lasted too long."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from veerpont.model.flows import BY_DAY
from veerpont.rules import calendar
from veerpont.rules.calendar import Maintenance, open_time
from veerpont.rules.dates import AMSTERDAM

MONDAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def at(clock: str, days: int = 0) -> datetime:
    """Return a time of Dutch time, so many days after a Monday."""
    return datetime.combine(MONDAY + timedelta(days=days), time.fromisoformat(clock), AMSTERDAM)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        (at("08:00"), at("09:30"), 1.5),
        (at("06:00"), at("08:00"), 1),
        (at("20:00"), at("23:00"), 1),
        (at("20:00"), at("08:00", 1), 2),
        (at("22:00"), at("06:00", 1), 0),
        (at("07:00"), at("07:00", 2), 28),
        (at("09:00"), at("09:00"), 0),
        (at("09:00"), at("08:00"), 0),
        (at("12:00"), at("12:00", 90), 30 * 14),
    ],
)
def test_open_time(since: datetime, until: datetime, hours: float) -> None:
    assert open_time(since, until) == hours * HOUR
    assert open_time(since.astimezone(UTC), until.astimezone(UTC)) == hours * HOUR


def test_what_lies_outside_of_maintenance() -> None:
    """Over midnight: from half past nine in the evening to half past five in the morning AFAS may be away."""
    nights = Maintenance("AFAS", time(21, 30), time(5, 30))
    assert nights.outside(at("20:00"), at("06:00", 1)) == 2 * HOUR
    assert nights.outside(at("22:00"), at("05:00", 1)) == timedelta()


@pytest.mark.parametrize(
    ("until", "days"),
    [(("12:00", 0), 0), (("12:00", 1), 0), (("12:00", 2), 1), (("12:00", 5), 4), (("12:00", 7), 4), (("12:00", 8), 5)],
)
def test_working_days_are_whole_ones_and_no_weekend(until: tuple[str, int], days: int) -> None:
    """From Monday noon; the days on which something began and ends do not count."""
    assert calendar.working_days(at("12:00"), at(*until)) == days


def test_working_days_end_somewhere() -> None:
    assert calendar.working_days(at("12:00"), at("12:00", 3000)) == 99


@pytest.mark.parametrize(
    ("moment", "night", "morning", "end"),
    [
        (at("20:59"), at("21:00", -1), at("07:00"), at("06:30", 1)),
        (at("21:00"), at("21:00"), at("07:00"), at("06:30", 1)),
        (at("06:29"), at("21:00", -1), at("07:00", -1), at("06:30")),
        (at("06:30"), at("21:00", -1), at("07:00", -1), at("06:30", 1)),
        (at("07:00"), at("21:00", -1), at("07:00"), at("06:30", 1)),
    ],
)
def test_the_night_and_the_morning(moment: datetime, night: datetime, morning: datetime, end: datetime) -> None:
    for same in (moment, moment.astimezone(UTC)):
        assert calendar.last_night(same) == night
        assert calendar.last_morning(same) == morning
        assert calendar.end_of_night(same) == end


class TestLasts:
    def test_a_nightly_flow_has_until_the_end_of_its_night(self) -> None:
        assert not calendar.lasts("employees", None, at("21:00"), at("06:29", 1))
        assert calendar.lasts("employees", None, at("21:00"), at("06:30", 1))
        assert calendar.lasts("employees", at("20:00"), at("21:00"), at("06:30", 1))

    @pytest.mark.parametrize("flow", BY_DAY)
    def test_a_flow_of_the_day_has_some_opening_time(self, flow: str) -> None:
        """Since it last succeeded, or, where it never did, since it broke."""
        allowed = BY_DAY[flow].lasts
        assert not calendar.lasts(flow, None, at("08:00"), at("08:00") + allowed)
        assert calendar.lasts(flow, None, at("08:00"), at("08:00") + allowed + timedelta(seconds=1))
        assert calendar.lasts(flow, at("07:00"), at("20:00"), at("20:30"))
        assert not calendar.lasts(flow, at("20:59"), at("21:00"), at("07:00", 1))

    def test_of_another_flow_nothing_is_said(self) -> None:
        assert not calendar.lasts("desk_work", None, at("08:00"), at("08:00", 90))


class TestSilence:
    def test_a_nightly_flow_is_missed_in_the_morning(self) -> None:
        """Its run of this night may last until 06:30; before that, the one of the night before must be there."""
        assert not calendar.is_silent("employees", at("21:10", -1), at("06:29", 1))
        assert calendar.is_silent("employees", at("21:10", -1), at("06:30", 1))
        assert not calendar.is_silent("employees", at("21:10"), at("06:30", 1))
        assert not calendar.is_silent("employees", at("21:00", -1), at("22:00"))
        assert calendar.is_silent("employees", at("20:59", -1), at("22:00"))

    @pytest.mark.parametrize("flow", BY_DAY)
    def test_a_flow_of_the_day_is_missed_after_as_long_as_for_a_failure(self, flow: str) -> None:
        assert not calendar.is_silent(flow, at("08:00"), at("08:00") + BY_DAY[flow].lasts)
        assert calendar.is_silent(flow, at("08:00"), at("08:00") + BY_DAY[flow].lasts + timedelta(seconds=1))
