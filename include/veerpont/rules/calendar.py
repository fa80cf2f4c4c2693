"""When a flow has been without a success for longer than it should (docs/decisions/0022). Pure."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from veerpont.model.flows import BY_DAY, NIGHTLY
from veerpont.rules.dates import AMSTERDAM

OPENS, CLOSES = time(7), time(21)
"""Between these hours the flows of the day run."""
NIGHT_BEGINS, NIGHT_ENDS = time(21), time(6, 30)
"""A 21:00 run may wait for the source's maintenance until the night ends."""


class Maintenance(NamedTuple):
    """The hours (Dutch time, over midnight) in which a source may be away, every day; `whose`: its name in messages."""

    whose: str
    begins: time
    ends: time

    def outside(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of the time between two moments lies outside of it; at most that of 30 days."""
        return open_time(since, until, self.ends, self.begins)


def open_time(since: datetime, until: datetime, opens: time = OPENS, closes: time = CLOSES) -> timedelta:
    """Return how much of the time between two moments lies within the opening hours; at most that of 30 days."""
    since = max(since, until - timedelta(days=30))
    total, day = timedelta(), since.astimezone(AMSTERDAM).date()
    while day <= until.astimezone(AMSTERDAM).date():
        begins = max(since, datetime.combine(day, opens, AMSTERDAM))
        ends = min(until, datetime.combine(day, closes, AMSTERDAM))
        total += max(ends - begins, timedelta())
        day += timedelta(days=1)
    return total


def working_days(since: datetime, until: datetime) -> int:
    """Return how many whole days, Monday to Friday, lie between two moments: what a person had to answer."""
    day, count = since.astimezone(AMSTERDAM).date(), 0
    last = until.astimezone(AMSTERDAM).date()
    while (day := day + timedelta(days=1)) < last and count < _MOST_DAYS:
        count += day.weekday() < _SATURDAY
    return count


_SATURDAY = 5
_MOST_DAYS = 99


def last_night(moment: datetime) -> datetime:
    """Return the 21:00 tick at or before a moment: the last tick of the day's flows too."""
    return _last(NIGHT_BEGINS, moment)


def last_morning(moment: datetime) -> datetime:
    """Return the 07:00 at or before a moment."""
    return _last(OPENS, moment)


def end_of_night(moment: datetime) -> datetime:
    """Return the first 06:30 after a moment."""
    return _last(NIGHT_ENDS, moment.astimezone(AMSTERDAM) + timedelta(days=1))


def lasts(flow: str, success_at: datetime | None, broken_since: datetime, moment: datetime) -> bool:
    """Tell whether a failure that may pass by itself has lasted too long.

    A nightly flow has until the end of its night, a flow of the day some opening time (model.flows.FlowPace).

    Args:
        success_at: when the flow last succeeded; None when it never did.
        broken_since: when the first run began that failed or was skipped after that.
    """
    if flow in NIGHTLY:
        return moment >= end_of_night(broken_since)
    pace = BY_DAY.get(flow)
    return pace is not None and open_time(success_at or broken_since, moment) > pace.lasts


def is_silent(flow: str, ended_at: datetime, moment: datetime) -> bool:
    """Tell whether a flow should have had a run since its last one ended.

    A nightly flow has until the end of the night after its tick; the flows of the day as long as for a failure.
    """
    if flow in NIGHTLY:
        tick = last_night(moment)
        return ended_at < (tick if moment >= end_of_night(tick) else tick - timedelta(days=1))
    return lasts(flow, ended_at, ended_at, moment)


def _last(clock: time, moment: datetime) -> datetime:
    local = moment.astimezone(AMSTERDAM)
    found = datetime.combine(local.date(), clock, AMSTERDAM)
    return found if found <= moment else datetime.combine(local.date() - timedelta(days=1), clock, AMSTERDAM)
