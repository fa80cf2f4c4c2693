"""Absence: from the lines of a case to its periods, and which cases a complete file must hold.

Days are Dutch calendar days and every end is inclusive. A period's percentage is the percentage *absent*. The rules are
those of docs/reference/xpert-suite.md, 4 and 5.4; what AFAS writes is in docs/reference/afas.md, 8.4. Fields are named
as AFAS spells them, because that is where they are repaired.
"""

from bisect import bisect_left
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import MINYEAR, date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import msgspec

from veerpont.model.failures import Problem, Stage
from veerpont.model.messages import coded
from veerpont.model.records import AbsenceLine, AbsencePeriod

ILLNESS: Final = "Ziekte"
PREGNANCY: Final = "Zwangerschap"
DEFAULT_TYPES: Final[Mapping[str, str | None]] = {
    **dict.fromkeys(("Z", "ZB", "ZZW", "ZOD", "AO", "B", "D", "O", "PO"), ILLNESS),
    "ZW": PREGNANCY,
    **dict.fromkeys(("A", "P", "BR", "F", "PM", "PZ", "TO"), None),
}
# days of recovery between two illnesses that still count as one (docs/reference/xpert-suite.md, 4.3)
MAX_GAP: Final = 27

_DAY = timedelta(days=1)

IMPOSSIBLE_PERCENTAGE = Problem(
    Stage.TRANSFORM,
    "Aanwezigheidspercentage",
    "impossible_percentage",
    coded(
        "record.line_percentage",
        "A line of this case has a percentage present that is not a number from 0 to 100: correct that line at the "
        "source.",
    ),
)
LINE_BEFORE_BEGIN = Problem(
    Stage.TRANSFORM,
    "Datum_deelherstel",
    "line_before_begin",
    coded(
        "record.line_before_begin",
        "A line of this case starts before the case begins: correct that line or the begin of the case at the source. "
        "If the line no longer exists there, the wide reads take it out; an engineer can read the case at once, by a "
        "backfill of absence_history.",
    ),
)
FIRST_LINE_MISSING = Problem(
    Stage.TRANSFORM,
    "Datum_deelherstel",
    "first_line_missing",
    coded(
        "record.first_line_missing",
        "No line was ever read for the first day of this case, so its first days are not known: have an engineer read "
        "it again, by a backfill of absence_history. If the source has no such line, add it there.",
    ),
)
RECOVERED_BEFORE_BEGIN = Problem(
    Stage.TRANSFORM,
    "Datum_hervatting",
    "recovered_before_begin",
    coded(
        "record.recovered_before_begin",
        "The date of recovery lies before the begin of the case: correct one of the two at the source.",
    ),
)
EXPECTED_BIRTH_MISSING = Problem(
    Stage.TRANSFORM,
    "Vermoedelijke_bevallingsdatum",
    "expected_birth_missing",
    coded(
        "record.expected_birth_missing",
        "The portal takes no pregnancy leave without the expected date of birth: fill it in at the source.",
    ),
)
ACTUAL_BIRTH_MISSING = Problem(
    Stage.TRANSFORM,
    "Werkelijke_bevallingsdatum",
    "actual_birth_missing",
    coded(
        "record.actual_birth_missing",
        "The leave has ended, and the portal takes no ended pregnancy leave without the actual date of birth: fill it "
        "in at the source.",
    ),
)


class Unknown(Enum):
    """What `protocol` answers for a code that no table has: not the same as None, which is 'no absence'."""

    TYPE = "unknown type of absence"


def protocol(type_code: str, own: Mapping[str, str | None]) -> str | Unknown | None:
    """Return the portal's protocol for a type of absence (docs/reference/afas.md, 8.4).

    Args:
        type_code: the source's code, compared exactly.
        own: the customer's entries, which go over DEFAULT_TYPES.

    Returns `Ziekte` or `Zwangerschap`; None for what is no absence to the portal (filtered); `Unknown.TYPE` for a code
    in neither table. That is a value and not a KeyError, whose text would hold the code.
    """
    if type_code in own:
        return own[type_code]
    return DEFAULT_TYPES.get(type_code, Unknown.TYPE)


def cause(codes: Mapping[str, str], line: AbsenceLine) -> str | None:
    """Return the portal's cause code of a line, None when none is configured.

    Facts: docs/reference/xpert-suite.md, 4.7 and 5.4.

    Args:
        codes: the codes of the line's employer. `vangnet` wins for a line under the safety net, then `TYPE/REASON`,
            then `TYPE`; there is no other fallback.
        line: the head of the case.
    """
    if line.safety_net and "vangnet" in codes:
        return codes["vangnet"]
    return codes.get(f"{line.type}/{line.reason_code}", codes.get(line.type))


def codes(line: AbsenceLine) -> tuple[str, ...]:
    """Return by which codes a line may have a cause: TYPE, and TYPE/REASON where its reason is kept."""
    return (line.type, f"{line.type}/{line.reason_code}") if line.reason_code else (line.type,)


def head(lines: Iterable[AbsenceLine]) -> AbsenceLine:
    """Return the line whose head counts for the case: the one changed last.

    The head stands on every row, but rows are not always read again together (docs/reference/afas.md, 8.4): an older
    row may still hold an older head. The latest change of the case decides, then that of the line, then the GUID.
    Raises ValueError without lines.
    """
    return max(lines, key=lambda line: (line.case_changed, line.line_changed, line.guid))


def periods(
    lines: Sequence[AbsenceLine], *, protocol: str, first_day_back: bool, send_zero: bool, today: date
) -> tuple[AbsencePeriod, ...] | Problem:
    """Return the periods of one case, in time and without overlap (docs/reference/xpert-suite.md, 5.4, steps 1 to 5).

    Args:
        lines: every known line of the case, in any order, each GUID once; at least one.
        protocol: `Ziekte`: what starts after today is left for later. `Zwangerschap`: the future is normal, and the
            dates of birth are needed.
        first_day_back: whether the date of recovery is the first day back; else it is the last day of absence.
        send_zero: whether days at which somebody is fully present within a case are periods of 0 percent; else those
            days are left out.
        today: the business date.

    Returns an empty tuple for a case without days of absence (until now). The last period has no end while the case is
    open. An ended period has the last day of absence, also when that is still to come; but the end of a leave is not
    final before the birth, so a planned one stays open. Returns a Problem when the lines contradict each other or do
    not cover the case from its first day. Raises ValueError without lines.
    """
    case = head(lines)
    rows = sorted(lines, key=lambda line: (line.starts_on, line.line_changed, line.guid))
    if not all(row.presence.is_finite() and 0 <= row.presence <= 100 for row in rows):
        return IMPOSSIBLE_PERCENTAGE
    if rows[0].starts_on < case.begin:
        return LINE_BEFORE_BEGIN
    last = None
    if case.recovered_on is not None:
        if case.recovered_on < case.begin:
            return RECOVERED_BEFORE_BEGIN
        last = case.recovered_on - _DAY if first_day_back else case.recovered_on
        if last < case.begin:
            return ()
    rows = _without_closing(rows, case.recovered_on)
    if not rows or rows[0].starts_on > case.begin:
        return FIRST_LINE_MISSING
    end = last
    if protocol == PREGNANCY:
        if case.expected_birth is None:
            return EXPECTED_BIRTH_MISSING
        if last is not None and case.actual_birth is None:
            if last <= today:
                return ACTUAL_BIRTH_MISSING
            end = None
    horizon = min(last or date.max, today if protocol == ILLNESS else date.max)
    return _periods([row for row in rows if row.starts_on <= horizon], end, send_zero)


def _without_closing(rows: Sequence[AbsenceLine], recovered_on: date | None) -> list[AbsenceLine]:
    """Drop the rows that only say that the case was closed. `rows` are in order of time.

    A row is one when it says fully present from the date of recovery on. That holds too for the date that stood on the
    row itself when it was read: reopening a case deletes its closing row, which a source that shows only what changed
    never tells (docs/reference/afas.md, 8.4); taken as fully present, it would end the case that goes on.

    What a closing row says is not documented. So without one that says fully present, the last row counts as the
    closing one when it has the date of recovery and another row goes before it. In a case of one day both have that
    date.
    """
    closed = recovered_on or date.max
    kept, found = [], False
    for row in rows:
        closing = row.presence == 100 and row.starts_on >= closed
        stale = row.presence == 100 and row.recovered_on is not None and row.starts_on >= row.recovered_on
        found = found or closing
        if not closing and not stale:
            kept.append(row)
    if not found and len(kept) > 1 and kept[-1].starts_on == recovered_on:
        kept.pop()
    return kept


def _periods(rows: Iterable[AbsenceLine], end: date | None, send_zero: bool) -> tuple[AbsencePeriod, ...]:
    """Return the periods of rows in order of time: of several on one date the last counts, equal neighbours are one."""
    firsts: list[AbsenceLine] = []
    for row in {row.starts_on: row for row in rows}.values():
        if not firsts or firsts[-1].presence != row.presence:
            firsts.append(row)
    ends = [*(row.starts_on - _DAY for row in firsts[1:]), end]
    return tuple(
        AbsencePeriod(guid=row.guid, begin=row.starts_on, end=until, percentage=Decimal(100) - row.presence)
        for row, until in zip(firsts, ends, strict=False)
        if send_zero or row.presence != 100
    )


def cutoff(today: date, months: int, delivery_from: date | None) -> date:
    """Return the first day of the portal's window (docs/reference/xpert-suite.md, 2.4 and 4.4).

    That is `today` minus calendar months (31 August minus 6 is the last of February), or the fixed date from which
    absence is delivered; with both the later one, which reads the least.
    """
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < MINYEAR:
        return delivery_from or date.min
    first = date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    return max(first, delivery_from or date.min)


class Span(NamedTuple):
    """The days of one case: `person` tells apart whose it is (employer and personnel number), `end` None while open."""

    key: str
    person: Hashable
    protocol: str
    begin: date
    end: date | None


def _ordinals(days: Span | AbsencePeriod) -> tuple[int, int]:
    """Return the first and the last day as ordinals; what is open lasts until the end of time."""
    return days.begin.toordinal(), (days.end or date.max).toordinal()


def in_delivery(spans: Iterable[Span], cutoff: date) -> set[str]:
    """Return the keys of the cases that a complete file must hold (docs/reference/xpert-suite.md, 4.3 and 4.4).

    These are the cases that are open or end on `cutoff` or later, and every illness that goes before an illness in the
    file with at most 27 days between them, and so on backwards. Days of pregnancy leave in between do not count, and
    illnesses that overlap belong together. Other persons' cases have no part in it; somebody at two employers is two.
    """
    found: set[str] = set()
    illnesses: dict[Hashable, list[Span]] = defaultdict(list)
    leaves: dict[Hashable, list[Span]] = defaultdict(list)
    for span in spans:
        if span.end is None or span.end >= cutoff:
            found.add(span.key)
        if span.protocol == ILLNESS:
            illnesses[span.person].append(span)
        elif span.protocol == PREGNANCY:
            leaves[span.person].append(span)
    for person, cases in illnesses.items():
        leave = _Leave(leaves.get(person, ()))
        # From the latest end backwards: what links to any case in the file links to the one that begins first.
        cases.sort(key=lambda span: span.end or date.max, reverse=True)
        reached: int | None = None
        for case in cases:
            begin, end = _ordinals(case)
            if case.key not in found:
                if reached is None:
                    break  # nothing of this person is in the file
                if reached - end - 1 - leave.days(end + 1, reached) > MAX_GAP:
                    break  # and whatever ended earlier is further away
                found.add(case.key)
            reached = begin if reached is None else min(reached, begin)
    return found


def leave_between(spans: Iterable[Span], kept: Collection[str]) -> set[str]:
    """Return the keys of the pregnancy leaves that end after the first illness in `kept` of the same person begins.

    No file has to hold them, but without their days the chain between two illnesses would break.
    """
    spans = list(spans)
    first: dict[Hashable, date] = {}
    for span in spans:
        if span.protocol == ILLNESS and span.key in kept:
            first[span.person] = min(first.get(span.person, date.max), span.begin)
    return {
        span.key
        for span in spans
        if span.protocol == PREGNANCY and (span.end or date.max) >= first.get(span.person, date.max)
    }


class _Leave:
    """A person's days of pregnancy leave, ready to be counted in any stretch of days (ordinals, end exclusive)."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []  # exclusive
        for begin, last in sorted(map(_ordinals, spans)):
            end = last + 1
            if self._ends and begin <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._begins.append(begin)
                self._ends.append(end)
        lengths = (end - begin for begin, end in zip(self._begins, self._ends, strict=True))
        self._before = list(accumulate(lengths, initial=0))

    def days(self, begin: int, end: int) -> int:
        """Return how many days of leave lie in begin <= day < end; not above 0 when `end` is not after `begin`."""
        return self._until(end) - self._until(begin)

    def _until(self, day: int) -> int:
        index = bisect_left(self._begins, day)
        return self._before[index] - (max(0, self._ends[index - 1] - day) if index else 0)


def disjoint(cases: Sequence[tuple[str, str, Sequence[AbsencePeriod]]]) -> dict[str, tuple[AbsencePeriod, ...]]:
    """Return the periods of the cases of one person and one protocol such that no day is in two of them.

    The portal refuses overlapping lines (docs/reference/xpert-suite.md, 4.2 and 7, V8). The case that changed last
    keeps all its days; an older one keeps what remains: a period is cut at either side or in two, each piece under its
    own GUID, or goes. A case without days left has no periods. All days together stay the same.

    Args:
        cases: (key, changed, periods in order of time); the latest (changed, key) wins.
    """
    spans = sorted(_ordinals(period) for *_, parts in cases for period in parts)
    if all(end < begin for (_, end), (begin, _) in pairwise(spans)):
        return {key: tuple(parts) for key, _, parts in cases}
    remaining: dict[str, tuple[AbsencePeriod, ...]] = {key: () for key, *_ in cases}
    taken: list[tuple[int, int]] = []
    for key, _, parts in sorted(cases, key=lambda case: (case[1], case[0]), reverse=True):
        remaining[key] = tuple(piece for period in parts for piece in _pieces(period, taken))
        taken = sorted([*taken, *map(_ordinals, remaining[key])])
    return remaining


def _pieces(period: AbsencePeriod, taken: Sequence[tuple[int, int]]) -> list[AbsencePeriod]:
    """Return what is left of a period without the days taken (first and last day as ordinals, in order of time)."""
    begin, last = _ordinals(period)
    free: list[tuple[int, int]] = []
    for first_taken, last_taken in taken:
        if first_taken > last or begin > last:
            break
        if last_taken < begin:
            continue
        if begin < first_taken:
            free.append((begin, first_taken - 1))
        begin = last_taken + 1
    if begin <= last:
        free.append((begin, last))
    return [
        msgspec.structs.replace(
            period,
            begin=date.fromordinal(first),
            end=period.end if until == last else date.fromordinal(until),
        )
        for first, until in free
    ]
