"""Which cases a complete file must hold, and that no day is in two of them."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.records import AbsencePeriod
from veerpont.rules.absence import ILLNESS, PREGNANCY, Span, cutoff, disjoint, in_delivery, leave_between

DAY = timedelta(days=1)
START = date(2026, 1, 1)


def at(number: int) -> date:
    return START + number * DAY


class TestCutoff:
    @pytest.mark.parametrize(
        ("today", "months", "expected"),
        [
            (date(2026, 11, 22), 24, date(2024, 11, 22)),
            (date(2026, 8, 31), 6, date(2026, 2, 28)),
            (date(2024, 8, 31), 6, date(2024, 2, 29)),
            (date(2024, 2, 29), 12, date(2023, 2, 28)),
            (date(2026, 1, 15), 1, date(2025, 12, 15)),
            (date(2026, 3, 31), 12, date(2025, 3, 31)),
        ],
    )
    def test_calendar_months_back(self, today: date, months: int, expected: date) -> None:
        assert cutoff(today, months, None) == expected

    def test_with_a_fixed_date_the_later_of_both(self) -> None:
        today = date(2026, 11, 22)
        assert cutoff(today, 24, date(2025, 1, 1)) == date(2025, 1, 1)
        assert cutoff(today, 24, date(2020, 1, 1)) == date(2024, 11, 22)

    def test_more_months_than_there_are(self) -> None:
        assert cutoff(date(2026, 1, 1), 12 * 3000, None) == date.min
        assert cutoff(date(2026, 1, 1), 12 * 3000, date(2025, 1, 1)) == date(2025, 1, 1)


CUTOFF = 100


def ill(key: str, begin: int, end: int | None, person: object = ("01", "1"), protocol: str = "Ziekte") -> Span:
    return Span(key, person, protocol, at(begin), None if end is None else at(end))


def leave(key: str, begin: int, end: int | None, person: object = ("01", "1")) -> Span:
    return ill(key, begin, end, person, "Zwangerschap")


def keys(*spans: Span) -> str:
    """The keys in the file, in order, as one text."""
    return "".join(sorted(in_delivery(spans, at(CUTOFF))))


class TestInDelivery:
    def test_open_cases_and_those_that_end_on_the_first_day_of_the_window_or_later(self) -> None:
        assert keys(ill("A", 0, None)) == "A"
        assert keys(ill("A", 90, 100)) == "A"
        assert keys(ill("A", 90, 99)) == ""
        assert keys(leave("A", 90, 100), leave("B", 0, 99)) == "A"

    def test_27_days_of_recovery_link_and_28_do_not(self) -> None:
        assert keys(ill("A", 50, 72), ill("B", 100, 110)) == "AB"
        assert keys(ill("A", 50, 71), ill("B", 100, 110)) == "B"

    def test_a_chain_goes_back_until_a_gap_that_is_too_long(self) -> None:
        chain = ill("B", 20, 25), ill("C", 50, 60), ill("D", 80, None)
        assert keys(ill("A", 0, 1), *chain) == "ABCD"
        assert keys(ill("A", -30, -9), *chain) == "BCD"
        assert keys(ill("A", -30, -8), *chain) == "ABCD"

    def test_a_case_before_the_window_follows_only_a_case_in_the_file(self) -> None:
        assert keys(ill("A", 0, 10), ill("B", 20, 30)) == ""

    def test_a_later_case_is_not_drawn_in_by_an_earlier_one(self) -> None:
        """A chain only goes backwards; a later case in the window is there by itself."""
        assert keys(ill("A", 0, 10), ill("B", 20, 30), ill("C", 90, None)) == "C"

    def test_days_of_leave_in_between_do_not_count(self) -> None:
        """99 days between the illnesses, 72 of them leave."""
        assert keys(ill("A", -10, 0), leave("L", 10, 81), ill("B", 100, None)) == "AB"
        assert keys(ill("A", -10, 0), leave("L", 10, 80), ill("B", 100, None)) == "B"

    def test_leave_counts_once_and_only_inside_the_gap(self) -> None:
        twice = leave("L", 10, 60), leave("M", 40, 80)
        assert keys(ill("A", -10, 0), *twice, ill("B", 100, None)) == "B"
        assert keys(ill("A", -10, 0), *twice, leave("N", 81, 81), ill("B", 100, None)) == "AB"
        assert keys(ill("A", -10, 0), leave("L", 10, 81), leave("M", 20, 30), ill("B", 100, None)) == "AB"
        assert keys(ill("A", 0, 71), leave("L", 60, 71), leave("M", 100, 140), ill("B", 100, None)) == "BM"

    def test_leave_itself_is_no_link(self) -> None:
        assert keys(leave("L", 60, 95), ill("B", 100, None)) == "B"
        assert keys(ill("A", 60, 95), leave("L", 96, None)) == "L"

    def test_leave_of_somebody_else_counts_for_nothing(self) -> None:
        assert keys(ill("A", -10, 0), leave("L", 1, 99, ("01", "2")), ill("B", 100, None)) == "B"

    def test_cases_that_overlap_belong_together(self) -> None:
        assert keys(ill("A", 50, 99), ill("B", 60, 120)) == "AB"
        assert keys(ill("A", 60, 70), ill("B", 50, 120)) == "AB"
        assert keys(ill("A", 50, 55), ill("B", 50, 120)) == "AB"

    def test_at_two_employers_somebody_is_two_persons(self) -> None:
        assert keys(ill("A", 50, 90, ("01", "1")), ill("B", 95, None, ("02", "1"))) == "B"

    def test_many_cases(self) -> None:
        """All in one chain of one person: what looks at every pair of them would take hours."""
        chain = [ill(str(number), 5 * number - 600_000, 5 * number - 600_000) for number in range(100_000)]
        chain += [leave(f"L{number}", 5 * number - 600_000 + 2, 5 * number - 600_000 + 2) for number in range(100_000)]
        chain.append(ill("open", -100_000, None))
        began = process_time()
        assert len(in_delivery(chain, at(CUTOFF))) == 100_001
        assert process_time() - began < 20


SPANS = st.lists(
    st.tuples(
        st.sampled_from([("01", "1"), ("02", "1")]),
        st.sampled_from(["Ziekte", "Ziekte", "Zwangerschap"]),
        st.integers(-200, 120),
        st.none() | st.integers(0, 60),
    ),
    max_size=9,
).map(
    lambda rows: [
        ill(str(number), begin, None if days is None and begin < 0 else begin + (days or 0), person, protocol)
        for number, (person, protocol, begin, days) in enumerate(rows)
    ]
)


def calendar(span: Span) -> set[date]:
    """Its days, as far as the tests' calendar goes."""
    return {day for day in map(at, range(-200, 301)) if span.begin <= day and (span.end is None or day <= span.end)}


def linked(old: Span, new: Span, spans: list[Span]) -> bool:
    """Whether an illness goes before another with at most 27 days that are no leave in between, counted one by one."""
    if old.person != new.person or {old.protocol, new.protocol} != {"Ziekte"}:
        return False
    if calendar(old) & calendar(new):
        return True
    if old.end is None or old.end >= new.begin:
        return False
    between = {old.end + number * DAY for number in range(1, (new.begin - old.end).days)}
    for span in spans:
        if span.person == old.person and span.protocol == "Zwangerschap":
            between -= calendar(span)
    return len(between) <= 27


@given(SPANS)
def test_the_file_holds_what_links_to_it_and_nothing_else(spans: list[Span]) -> None:
    """The least set with the window's cases in it that nothing outside links to, found pair by pair."""
    expected = {span.key for span in spans if span.end is None or span.end >= at(CUTOFF)}
    while True:
        more = {old.key for old in spans for new in spans if new.key in expected and linked(old, new, spans)} - expected
        if not more:
            break
        expected |= more
    assert in_delivery(spans, at(CUTOFF)) == expected


@given(SPANS, st.randoms(use_true_random=False))
def test_the_order_of_cases_changes_nothing(spans: list[Span], random: Random) -> None:
    before = in_delivery(spans, at(CUTOFF))
    random.shuffle(spans)
    assert in_delivery(iter(spans), at(CUTOFF)) == before


Case = tuple[str, str, tuple[AbsencePeriod, ...]]


def period(begin: int, end: int | None, percentage: int = 100, guid: str = "P") -> AbsencePeriod:
    return AbsencePeriod(guid, at(begin), None if end is None else at(end), Decimal(percentage))


def left(*cases: Case) -> dict[str, list[tuple[int, int | None]]]:
    """Key → its remaining (first, last) days as numbers; the order in which cases are given must not matter."""
    result = disjoint(cases)
    assert disjoint(cases[::-1]) == result
    return {
        key: [((each.begin - START).days, None if each.end is None else (each.end - START).days) for each in parts]
        for key, parts in result.items()
    }


class TestDisjoint:
    def test_cases_that_do_not_overlap_stay_as_they_are(self) -> None:
        a, b = ("A", "1", (period(0, 4), period(5, 9, 60))), ("B", "2", (period(10, None),))
        assert disjoint([a, b]) == {"A": a[2], "B": b[2]}
        assert disjoint([]) == {}

    def test_the_case_changed_last_keeps_its_days(self) -> None:
        early, late = (period(0, 10),), (period(5, 20),)
        assert left(("A", "1", early), ("B", "2", late)) == {"A": [(0, 4)], "B": [(5, 20)]}
        assert left(("A", "2", early), ("B", "1", late)) == {"A": [(0, 10)], "B": [(11, 20)]}

    def test_of_two_changed_at_one_moment_the_higher_key_wins(self) -> None:
        assert left(("A", "1", (period(0, 10),)), ("B", "1", (period(5, 20),))) == {"A": [(0, 4)], "B": [(5, 20)]}

    def test_one_day_in_common_is_an_overlap(self) -> None:
        assert left(("A", "1", (period(0, 10),)), ("B", "2", (period(10, 20),))) == {"A": [(0, 9)], "B": [(10, 20)]}

    def test_a_period_around_a_newer_case_is_split_and_keeps_its_guid(self) -> None:
        result = disjoint([("A", "1", (period(0, 30, 60, "OLD"),)), ("B", "2", (period(10, 20),))])
        assert result["A"] == (period(0, 9, 60, "OLD"), period(21, 30, 60, "OLD"))

    def test_an_open_period_ends_where_a_newer_open_one_begins(self) -> None:
        assert left(("A", "1", (period(0, None),)), ("B", "2", (period(10, None),))) == {
            "A": [(0, 9)],
            "B": [(10, None)],
        }

    def test_an_open_period_goes_on_after_a_newer_case_that_ended(self) -> None:
        assert left(("A", "1", (period(0, None),)), ("B", "2", (period(10, 20),)))["A"] == [(0, 9), (21, None)]

    def test_an_open_newer_case_takes_everything_from_its_begin(self) -> None:
        old = (period(0, 4), period(5, 9, 60), period(10, 12))
        assert left(("A", "1", old), ("B", "2", (period(7, None),)))["A"] == [(0, 4), (5, 6)]

    def test_a_case_without_days_left_has_no_periods(self) -> None:
        assert left(("A", "1", (period(5, 9),)), ("B", "2", (period(0, None),)), ("C", "1", ())) == {
            "A": [],
            "B": [(0, None)],
            "C": [],
        }

    def test_days_left_out_within_a_newer_case_are_free(self) -> None:
        newer = (period(0, 4), period(10, 14))
        assert left(("A", "1", (period(3, 12),)), ("B", "2", newer)) == {"A": [(5, 9)], "B": [(0, 4), (10, 14)]}


def test_leaves_that_end_after_the_first_kept_illness_began() -> None:
    """Of the same person; an illness that is not kept, and whose leave it is, decide nothing."""
    spans = [
        Span("forgotten", "Anna", ILLNESS, at(0), at(5)),
        Span("later", "Anna", ILLNESS, at(60), at(65)),
        Span("first", "Anna", ILLNESS, at(50), at(55)),
        Span("over", "Anna", PREGNANCY, at(10), at(49)),
        Span("on the day", "Anna", PREGNANCY, at(10), at(50)),
        Span("open", "Anna", PREGNANCY, at(10), None),
        Span("of another", "Bert", PREGNANCY, at(10), at(90)),
    ]
    assert leave_between(spans, {"first", "later", "over"}) == {"on the day", "open"}


@st.composite
def many_cases(draw: st.DrawFn) -> list[Case]:
    """Cases of one person, each with periods that follow each other, with or without days left out in between."""
    found: list[Case] = []
    for number in range(draw(st.integers(0, 5))):
        day = draw(st.integers(0, 30))
        parts = []
        for part in range(draw(st.integers(0, 3))):
            day += draw(st.integers(0, 3))
            end = day + draw(st.integers(0, 12))
            parts.append(period(day, end, draw(st.sampled_from([100, 50, 0])), f"{number}/{part}"))
            day = end + 1
        if parts and draw(st.booleans()):
            parts[-1] = period((parts[-1].begin - START).days, None, 100, parts[-1].guid)
        found.append((str(number), draw(st.sampled_from(["1", "2", "3"])), tuple(parts)))
    return found


def painted(cases: list[Case]) -> dict[date, list[tuple[str, str, str, Decimal]]]:
    """Day → (changed, key, guid, percentage) of every period that has it; open ones to the end of the calendar."""
    days: dict[date, list[tuple[str, str, str, Decimal]]] = {}
    for key, changed, parts in cases:
        for each in parts:
            for number in range(((each.end or at(150)) - each.begin).days + 1):
                days.setdefault(each.begin + number * DAY, []).append((changed, key, each.guid, each.percentage))
    return days


@given(many_cases())
def test_every_day_stays_once_with_the_case_changed_last(cases: list[Case]) -> None:
    """Painted day by day: the same days as before, and each as the winner has it."""
    result = disjoint(cases)
    after = painted([(key, changed, result[key]) for key, changed, _ in cases])
    assert after == {day: [max(owners)] for day, owners in painted(cases).items()}
    for parts in result.values():
        assert list(parts) == sorted(parts, key=lambda each: each.begin)
        assert all(each.end is None or each.begin <= each.end < at(150) for each in parts)


@given(many_cases())
def test_what_is_disjoint_stays_as_it_is(cases: list[Case]) -> None:
    once = disjoint(cases)
    assert disjoint([(key, changed, once[key]) for key, changed, _ in cases]) == once
    assert disjoint(cases[::-1]) == once
