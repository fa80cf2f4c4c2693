"""Which cases the portal gets: its window, and the chains before it by the 28-day rule.

Facts: docs/reference/xpert-suite.md, 4.3 and 4.4.
"""

from datetime import date, timedelta

import pytest
from crossings import Crossing
from illness import at, days, in_history, key, message, nights, told

from veerpont_sandbox.absence import AbsenceBook

pytest_plugins = ["at_noon"]

FIRST = date(2024, 11, 22)
"""The first day of a window of 24 months on 22 November 2026."""
DAY = timedelta(days=1)


def case(
    book: AbsenceBook,
    number: str,
    begin: date,
    last: date,
    *,
    employer: str = "01",
    type: str = "Z",
    leave: bool = False,
) -> str:
    """Put a case with these first and last days of absence into the book; return its record key."""
    birth = begin + timedelta(42) if leave else None
    made = book.open(
        number, begin, at=at(str(begin)), employer=employer, type="ZW" if leave else type, expected_birth=birth
    )
    if leave:
        book.correct(made, birth=birth, at=at(str(begin)))
    book.close(made, last + DAY, at=at(str(last + DAY)))
    return key(made)


def run(crossing: Crossing) -> Crossing:
    """Let the first file go out on 22 November 2026."""
    crossing.configure(absence={"initial_days": 4000})
    crossing.at("2026-11-22T12:00")("absence")
    return crossing


def firsts(crossing: Crossing, number: str) -> list[str]:
    """Return the first days of what the portal has of somebody, by employer."""
    return [begin for _, _, _, begin, _, _ in told(crossing, number)]


class TestTheWindow:
    def test_the_last_day_that_counts(self, known: Crossing) -> None:
        """A case that ended on the first day of the window is in the file, whole; one of a day earlier is not."""
        case(known.book, "1003", FIRST - 20 * DAY, FIRST)
        case(known.book, "1001", FIRST - 20 * DAY, FIRST - DAY)
        run(known)
        assert firsts(known, "1003")[0] == "2024-11-02"
        assert firsts(known, "1001") == ["2026-11-16"]
        assert known.periods() == known.truth()

    def test_a_case_that_runs_over_the_edge_has_all_its_lines(self, known: Crossing) -> None:
        """Periods before the window go with the case they are of."""
        made = known.book.open("KMA", date(2024, 1, 8), at=at("2024-01-08"))
        known.book.change(made, date(2024, 6, 3), 50, at=at("2024-06-03"))
        known.book.close(made, date(2024, 12, 2), at=at("2024-12-02"))
        run(known)
        assert days(known, "KMA")[:2] == [("2024-01-08", "2024-06-02", "100"), ("2024-06-03", "2024-12-01", "50")]

    @pytest.mark.parametrize(("months", "there"), [(24, True), (1, False)])
    def test_as_many_months_as_the_settings_say(self, known: Crossing, months: int, there: bool) -> None:
        """`history_months` is what the portal's own setting is."""
        known.configure(absence={"history_months": months})
        run(known)
        assert (days(known, "KMA") != []) == there
        assert known.periods() == known.truth(months)

    @pytest.mark.parametrize(("since", "first"), [("2026-09-01", "2026-09-01"), ("2019-01-01", "2024-11-22")])
    def test_a_fixed_day_and_months_the_later_wins(self, known: Crossing, since: str, first: str) -> None:
        """`delivery_from` cuts off what ended before it; a day before the window changes nothing."""
        known.configure(absence={"delivery_from": since})
        run(known)
        truth = known.book.truth(known.today, 24, date.fromisoformat(since))
        assert known.periods() == {period for period in truth if period[0] in {"01", "02"}}
        assert (days(known, "KMA") == []) == (first > "2026-08-23")

    def test_cases_leave_by_the_window_without_a_question(self, ill: Crossing) -> None:
        """When most of the cases are older than the window they leave together: a rule, no surprise."""
        kept = {("02", "1005", "Zwangerschap", "2026-09-14", "2027-01-06", "100")}
        ill.at("2028-12-30T12:00").book.open("0109", date(2028, 12, 28), at=at("2028-12-28"))
        books = ill("absence")
        assert (books["state"], books["gone"], books["repeated"], books["held"]) == ("success", 0, 0, 0)
        assert message(ill) == ""
        assert b"2026-08-17" not in ill.last_file("absence")
        assert kept < ill.periods(), "what ended before the window the portal leaves alone"
        assert ill.truth() < ill.periods()

    def test_what_is_wrong_with_an_old_case_is_nobodys_work(self, known: Crossing) -> None:
        """Of people who left long ago AFAS still has the cases: no portal asks for them, and none is a reject."""
        case(known.book, "9001", FIRST - 400 * DAY, FIRST - 390 * DAY)
        case(known.book, "1001", FIRST - 300 * DAY, FIRST - 290 * DAY, type="YY")
        made = case(known.book, "9001", FIRST - 10 * DAY, FIRST + 10 * DAY)
        books = run(known).books("absence")
        (unknown,) = [found.guid for found in known.book.cases("1008") if found.type == "XX"]
        assert known.rejects("absence") == {made: "unknown_employee", key(unknown): "unknown_type"}
        assert books["rejected"] == 4

    def test_the_history_is_pruned(self, ill: Crossing) -> None:
        """A wide read shows what is years old; nothing of it is kept that no window asks for."""
        (old,) = [found.guid for found in ill.book.cases("1006")]
        (new,) = [found.guid for found in ill.book.cases("1001")]
        assert in_history(ill, key(new))
        assert not in_history(ill, key(old))
        assert ill.stored("2024-02-05") == []

    def test_the_history_is_pruned_as_time_goes_by(self, ill: Crossing) -> None:
        """A case that leaves the window leaves the history with it, with the days before that may link to it."""
        (found,) = [found.guid for found in ill.book.cases("KMA")]
        nights(ill, 23, month="2028-08")
        assert in_history(ill, key(found)), "on its last day"
        nights(ill, 30, month="2028-09")
        assert not in_history(ill, key(found))


class TestTheChain:
    @pytest.mark.parametrize(("gap", "linked"), [(27, True), (28, False)])
    def test_four_weeks(self, known: Crossing, gap: int, linked: bool) -> None:
        """27 days of recovery link an illness before the window to one in it; 28 do not."""
        last = FIRST - 10 * DAY
        case(known.book, "1003", last - 5 * DAY, last)
        case(known.book, "1003", last + (gap + 1) * DAY, last + (gap + 5) * DAY)
        run(known)
        assert (str(last - 5 * DAY) in firsts(known, "1003")) == linked
        assert known.periods() == known.truth()
        second = known.state.trajects[f"01/1003/Ziekte/{last + (gap + 1) * DAY}"]
        assert second.compound == linked

    def test_a_chain_of_three(self, known: Crossing) -> None:
        """The one before the one before the window comes along too, for as long as the gaps are short."""
        begins = [FIRST + 5 * DAY, FIRST - 25 * DAY, FIRST - 55 * DAY, FIRST - 95 * DAY]
        for begin in begins:
            case(known.book, "1003", begin, begin + 4 * DAY)
        run(known)
        assert firsts(known, "1003")[:3] == [str(begin) for begin in reversed(begins[:3])]
        assert known.periods() == known.truth()

    def test_two_employers_are_two_people(self, known: Crossing) -> None:
        """An illness at one employer links to none at the other."""
        last = FIRST - 10 * DAY
        case(known.book, "1008", last - 5 * DAY, last, employer="01")
        case(known.book, "1008", last + 15 * DAY, last + 20 * DAY, employer="02")
        run(known)
        assert told(known, "1008") == [("02", "1008", "Ziekte", "2024-11-27", "2024-12-02", "100")]
        assert known.periods() == known.truth()

    @pytest.mark.parametrize(("recovered", "linked"), [(27, True), (28, False)])
    def test_days_of_leave_do_not_count(self, known: Crossing, recovered: int, linked: bool) -> None:
        """Sixteen weeks of pregnancy leave between two illnesses are no recovery; the days around it are."""
        ended = FIRST - 130 * DAY
        case(known.book, "1001", ended - 5 * DAY, ended)
        leave = ended + 8 * DAY  # seven days of recovery before it
        until = leave + 111 * DAY
        case(known.book, "1001", leave, until, leave=True)
        case(known.book, "1001", until + (recovered - 7 + 1) * DAY, until + (recovered + 5) * DAY)
        run(known)
        assert (str(ended - 5 * DAY) in firsts(known, "1001")) == linked
        assert known.periods() == known.truth()

    def test_a_chain_leaves_together(self, known: Crossing) -> None:
        """As long as the last one is in the window the whole chain is in the file; then all of it leaves."""
        run(known)
        assert firsts(known, "0109") == ["2024-10-07", "2024-11-17"]
        known.at("2026-12-08T21:00")("absence")
        known.book.open("1003", date(2026, 12, 7), at=at("2026-12-08"))
        known.at("2026-12-08T22:00")("absence")
        assert b"2024-10-07" in known.last_file("absence")
        known.book.open("KMA", date(2026, 12, 9), at=at("2026-12-09"))
        known.at("2026-12-09T22:00")("absence")
        for begin in (b"2024-10-07", b"2024-11-17"):
            assert begin not in known.last_file("absence")
