"""One absence case, whatever its lines are: laws of its periods."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random

import msgspec
from absence_lines import DAY, LINE, nov
from hypothesis import assume, given
from hypothesis import strategies as st

from veerpont.model.failures import Problem
from veerpont.model.records import AbsenceLine, AbsencePeriod
from veerpont.rules import absence
from veerpont.rules.absence import periods

PRESENCE = st.sampled_from([Decimal(0), Decimal(40), Decimal("40.0"), Decimal(60), Decimal(100)])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[AbsenceLine], date | None]:
    """The lines of a case in disorder, the closing row among them when there is one, and the date of recovery.

    The closing row has any percentage where another row goes before the recovery, and it was changed last.
    """
    begin = nov(4)
    body = [(0, draw(PRESENCE))]
    body += draw(st.lists(st.tuples(st.integers(0, 30), PRESENCE), max_size=6))
    length = draw(st.none() | st.integers(0, 30))
    changes = draw(st.permutations(range(len(body))))
    recovered_on = None if length is None else begin + length * DAY
    rows = [
        msgspec.structs.replace(
            LINE,
            guid=f"G{number}",
            starts_on=begin + day * DAY,
            presence=presence,
            line_changed=f"2026-11-01T09:00:{change:02}",
            recovered_on=recovered_on,
        )
        for number, ((day, presence), change) in enumerate(zip(body, changes, strict=True))
        # A row that says fully present from the recovery on is a closing row: the body has none of them.
        if length is None or (day <= length and not (day == length and presence == 100))
    ]
    if length is not None and rows:
        closing = draw(PRESENCE) if draw(st.booleans()) else Decimal(100)
        rows.append(
            msgspec.structs.replace(
                rows[0], guid="END", starts_on=recovered_on, presence=closing, line_changed="2026-12-31T09:00:00"
            )
        )
    assume(rows)
    return draw(st.permutations(rows)), recovered_on


def painted(result: tuple[AbsencePeriod, ...], until: date) -> dict[date, Decimal]:
    """Day → percentage, until a day that lies after everything."""
    days: dict[date, Decimal] = {}
    for each in result:
        for number in range(((each.end or until) - each.begin).days + 1):
            day = each.begin + number * DAY
            assert day not in days, "no day is in two periods"
            days[day] = each.percentage
    return days


OPTIONS = st.fixed_dictionaries({
    "first_day_back": st.booleans(),
    "send_zero": st.booleans(),
    "today": st.integers(-2, 40).map(lambda days: LINE.begin + days * DAY),
})


@given(cases(), OPTIONS)
def test_every_day_has_the_percentage_of_the_row_that_is_in_force(
    case: tuple[list[AbsenceLine], date | None], options: dict[str, object]
) -> None:
    """Painted day by day, without a thought of ends, neighbours or closing rows."""
    rows, recovered_on = case
    assume(any(row.starts_on == LINE.begin and row.guid != "END" for row in rows))
    result = periods(rows, protocol="Ziekte", **options)
    assert not isinstance(result, Problem)
    until = nov(4) + 60 * DAY
    last = until
    if recovered_on is not None:
        last = recovered_on - DAY if options["first_day_back"] else recovered_on
    expected = {}
    body = [row for row in rows if row.guid != "END" and row.starts_on <= options["today"]]
    for number in range((last - LINE.begin).days + 1):
        day = LINE.begin + number * DAY
        in_force = [row for row in body if row.starts_on <= day]
        if in_force:
            row = max(in_force, key=lambda each: (each.starts_on, each.line_changed))
            if row.presence != 100 or options["send_zero"]:
                expected[day] = 100 - row.presence
    assert painted(result, until) == expected
    open_at_the_end = bool(result) and result[-1].end is None
    assert open_at_the_end == (recovered_on is None and until in expected)


@given(cases(), OPTIONS)
def test_periods_follow_each_other(case: tuple[list[AbsenceLine], date | None], options: dict[str, object]) -> None:
    """In order, ends inclusive; only the last is open; neighbours that touch differ; no holes where zero is sent."""
    result = periods(case[0], protocol="Ziekte", **options)
    if isinstance(result, Problem):
        assert result is absence.FIRST_LINE_MISSING
        return
    assert all(each.end is None or each.begin <= each.end for each in result)
    assert all(0 <= each.percentage <= 100 for each in result)
    for one, next_one in pairwise(result):
        assert one.end is not None
        assert one.end < next_one.begin
        touching = one.end + DAY == next_one.begin
        assert touching or not options["send_zero"]
        assert not touching or one.percentage != next_one.percentage


@given(cases(), OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(
    case: tuple[list[AbsenceLine], date | None], options: dict[str, object], random: Random
) -> None:
    rows = list(case[0])
    first = periods(rows, protocol="Ziekte", **options)
    random.shuffle(rows)
    assert periods(rows, protocol="Ziekte", **options) == first
