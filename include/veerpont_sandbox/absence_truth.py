"""What a portal must have of absence cases (docs/reference/xpert-suite.md, 4): periods, window and chain."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from veerpont_sandbox.absence_case import Case

Period = tuple[date, date | None, Decimal]
"""First day, last day (None: it goes on), percentage absent."""
Span = tuple[date, date | None]
_DAY = timedelta(days=1)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_absent_day(case: Case, recovery_date_is: str) -> date | None:
    """Return the last day of a case; None while it is open."""
    if case.recovered is None:
        return None
    return case.recovered if recovery_date_is == "last_absent_day" else case.recovered - _DAY


def periods(case: Case, recovery_date_is: str, zero_percent: bool) -> list[Period]:
    """Return the days of a case as periods with inclusive ends: equal neighbours are one, 0 percent when asked."""
    last = last_absent_day(case, recovery_date_is)
    course = case.course
    found: list[Period] = []
    for line, following in zip(course, [*course[1:], None], strict=True):
        end = following.on - _DAY if following else last
        if end and last and end > last:
            end = last
        if end and end < line.on:
            continue
        absent = 100 - line.presence
        if found and found[-1][2] == absent:
            found[-1] = found[-1][0], end, absent
        else:
            found.append((line.on, end, absent))
    return [period for period in found if zero_percent or period[2] > 0]


def linked(end: date, begin: date, leaves: Sequence[Span]) -> bool:
    """Say whether illness from `begin` goes on where an earlier one left off: fewer than 28 days, leave not counted."""
    gap = (begin - end).days - 1
    if gap <= 27 or not leaves:
        return gap <= 27
    days = (end + _DAY * n for n in range(1, gap + 1))
    return sum(not any(first <= day and (last is None or day <= last) for first, last in leaves) for day in days) <= 27


def delivered(
    cases: Sequence[tuple[Case, list[Period]]], cutoff: date, leaves: Sequence[Span] | None
) -> Iterator[tuple[Case, list[Period]]]:
    """Yield the cases of one person and protocol that run on `cutoff` or end later, and what they are chained to.

    `leaves` None: nothing is chained.
    """
    begins: list[date] = []
    for case, parts in sorted(cases, key=lambda each: each[1][0][0], reverse=True):
        end = parts[-1][1]
        chained = leaves is not None and end and any(linked(end, begin, leaves) for begin in begins)
        if end is None or end >= cutoff or chained:
            begins.append(parts[0][0])
            yield case, parts


def simulated_begins(cases: Sequence[Case], protocols: dict[str, str], recovery_date_is: str) -> dict[str, date]:
    """Return case GUID → where AFAS sees the continuous absence of one person begin (docs/reference/afas.md, 8.4).

    The begin of a chained case is moved back by the days of absence of the cases before it: worked days do not count.
    """
    leaves = [
        (case.begin, last_absent_day(case, recovery_date_is))
        for case in cases
        if protocols.get(case.type) == "Zwangerschap"
    ]
    found = {case.guid: case.begin for case in cases}
    ill = [case for case in cases if protocols.get(case.type) == "Ziekte"]
    for before, case in pairwise(sorted(ill, key=lambda case: (case.begin, case.id))):
        end = last_absent_day(before, recovery_date_is)
        if end and end < case.begin and linked(end, case.begin, leaves):
            found[case.guid] = found[before.guid] + (case.begin - end - _DAY)
    return found
