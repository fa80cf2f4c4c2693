"""Historic loads: months merged into the history beside the hourly flow, and the map of what was asked."""

from contextlib import suppress
from datetime import date
from itertools import permutations

import pytest
from crossings import ABSENCE, After, Crossing
from illness import ALL, EVERYTHING, asked, at, case_of, days, in_history, key, message, mistakes, nights, noted
from proving import every_other

from veerpont.desk import lists
from veerpont.model.failures import PassingError, SettingsError

pytest_plugins = ["at_noon"]

STATE = (("wide_at", ""), ("moment", ""), ("live_since", ""), ("read", "xpert_suite"), ("retried_at", "xpert_suite"))


def state(crossing: Crossing) -> list[str | None]:
    """Return what the flow keeps of its own reads."""
    return [noted(crossing, kind, portal) for kind, portal in STATE]


def narrowed(known: Crossing) -> None:
    known.sandbox.afas.copy("veerhuis", ABSENCE, ALL)
    known.sandbox.afas.window("veerhuis", ABSENCE, 14, "case")
    known.configure(absence={"connector_window": 14, "history_months": 3})
    known.at("2026-11-22T12:00")("absence")


@pytest.fixture
def narrow(after: After) -> Crossing:
    """A customer whose own connector shows two weeks, and a portal with a window of three months; one run was held."""
    return after(narrowed)


def slices(crossing: Crossing, *months: str) -> list[dict[str, int]]:
    """Load months through a connector that shows everything, which the flow itself does not have."""
    crossing.configure(absence={"reconciliation_connector": ALL})
    books = crossing.fetch(*months)
    crossing.configure(absence={"reconciliation_connector": None})
    return books


class TestBesideTheFlow:
    def test_it_does_not_move_what_the_flow_knows_of_itself(self, ill: Crossing) -> None:
        """Months in any order, and again: the pointers of the hourly flow stay, and it goes on as it would have."""
        ill.at("2026-11-22T13:00")("absence")
        before = state(ill)
        files = ill.files("absence")
        ill.at("2026-11-22T13:30").fetch("2026-09", "2025-01", "2026-09", "2024-11")
        assert state(ill) == before
        assert ill.files("absence") == files, "nothing is sent"
        ill.sandbox.afas.requests.clear()
        books = ill.at("2026-11-22T14:00")("absence")
        assert asked(ill)[0][1] == "2026-11-08T14:00:00;2026-11-08T14:00:00"
        assert (books["state"], books["gone"], books["delivered"]) == ("success", 0, 0)

    def test_a_slice_is_not_one_of_two_wide_reads(self, ill: Crossing) -> None:
        """A month that does not show a deleted case proves less than a read of everything."""
        (case,) = mistakes(ill, "0109")
        ill.book.delete(case)
        nights(ill, 22)
        ill.fetch("2026-11", "2026-11")
        assert ill.at("2026-11-23T08:00")("absence")["gone"] == 0
        assert days(ill, "0109") != []
        assert nights(ill, 23)[0]["gone"] == 1

    def test_it_is_a_run_of_its_own(self, ill: Crossing) -> None:
        """The ledger has its books under the name of the DAG, and they balance."""
        (books,) = ill.fetch("2026-11")
        assert books["read"] == 6
        assert books["read"] == sum(books[fate] for fate in ("delivered", "unchanged", "filtered", "rejected", "held"))
        (row,) = lists.list_runs(ill.ledger, "veerhuis", "absence_history")
        assert (row["state"], row["read"], row["unchanged"]) == ("success", 6, books["unchanged"])
        assert "2026-11" in row["message"]

    def test_a_slice_that_is_not_to_be_believed(self, ill: Crossing) -> None:
        """A broken column counts for nothing here either: nothing is merged, and the month was not covered by it."""
        before = ill.coverage()["01", "2026-11"]["asked"]
        ill.sandbox.faults.add("replaced_column", connector=ABSENCE, field="Type")
        with suppress(SettingsError):
            ill.fetch("2026-11")
        assert not in_history(ill, "(replaced)")
        assert ill.coverage()["01", "2026-11"]["asked"] == before

    def test_a_slice_that_failed(self, ill: Crossing) -> None:
        """Maintenance in the middle of a backfill: that month can be run again, and nothing else happened."""
        before = ill.coverage()
        ill.sandbox.faults.add("maintenance", times=1)
        with pytest.raises(PassingError):
            ill.fetch("2026-09")
        assert ill.coverage() == before
        assert ill.fetch("2026-09")[0]["read"] == 5


class TestWhatIsAsked:
    def test_a_month_is_the_cases_that_began_in_it(self, ill: Crossing) -> None:
        """From the first day of the month to the first day of the next one."""
        ill.fetch("2025-12")
        assert asked(ill) == [("Begin,Begin", "2025-12-01T00:00:00,2026-01-01T00:00:00")]

    def test_the_first_month_of_the_window_brings_all_before(self, ill: Crossing) -> None:
        """Chains and long cases began before the window: they come with the run of its first month."""
        ill.fetch("2024-11")
        assert asked(ill) == [
            ("Begin", "2024-11-01T00:00:00"),
            ("Begin,Begin", "2024-11-01T00:00:00,2024-12-01T00:00:00"),
        ]

    def test_it_asks_the_connector_that_shows_everything(self, narrow: Crossing) -> None:
        """With a second connector the months come from there."""
        slices(narrow, "2026-10")
        assert [fields for fields, _ in asked(narrow, ALL)] == ["Begin,Begin"]
        assert asked(narrow) == [EVERYTHING], "that was the flow itself"

    def test_what_no_window_asks_for_is_not_kept(self, ill: Crossing) -> None:
        """A month from before the window is read and let go."""
        (books,) = ill.fetch("2024-02")
        assert books["read"] == 2
        (old,) = [found.guid for found in ill.book.cases("1006")]
        assert not in_history(ill, key(old))


class TestWhatItBrings:
    @pytest.mark.parametrize("order", every_other(list(permutations(("2026-08", "2026-09", "2026-10")))[1::2]))
    def test_in_any_order_the_next_run_delivers_it(self, narrow: Crossing, order: tuple[str, ...]) -> None:
        """Held for a history that is too short; the months come in; the next run of absence sends the whole."""
        assert narrow.held("absence")["reasons"] == "history_incomplete"
        slices(narrow, *order)
        assert narrow.files("absence") == []
        books = narrow.at("2026-11-22T13:00")("absence")
        assert (books["state"], books["gone"]) == ("held", 0), "November began before what the flow itself saw"
        slices(narrow, "2026-11")
        assert narrow.at("2026-11-22T14:00")("absence")["state"] == "success"
        assert narrow.periods() == narrow.truth(3)
        assert narrow.deliveries("absence", "held") == []

    def test_again_changes_nothing(self, narrow: Crossing) -> None:
        """The same months twice give the same map, the same history and the same file."""
        months = ("2026-08", "2026-09", "2026-10", "2026-11")
        first = slices(narrow, *months)
        got = {cell: found["got"] for cell, found in narrow.coverage().items()}
        narrow.at("2026-11-22T13:00")("absence")
        assert slices(narrow, *reversed(months)) == first[::-1]
        assert {cell: found["got"] for cell, found in narrow.coverage().items()} == got
        narrow.at("2026-11-22T14:00")("absence")
        assert len(narrow.files("absence")) == 1

    def test_what_changed_since_is_not_taken_back(self, ill: Crossing) -> None:
        """A slice shows the case as it is now, and the next run delivers just that."""
        ill.book.close(case_of(ill, "1004", "2026-09-07"), date(2026, 11, 22), at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        ill.fetch("2026-09")
        ill.at("2026-11-22T14:00")("absence")
        assert ill.periods() == ill.truth()
        assert len(ill.files("absence")) == 2


class TestTheMap:
    def test_it_says_what_was_asked_and_what_came(self, narrow: Crossing) -> None:
        """Employer by month: when, how many lines, how many cases at the portal, and whether it counts."""
        slices(narrow, "2026-08", "2026-09", "2026-10", "2026-11")
        narrow.at("2026-11-22T13:00")("absence")
        cell = narrow.coverage()["01", "2026-09"]
        assert (cell["got"], cell["delivered"], cell["counts"], cell["covered"]) == (3, 1, True, True)
        assert cell["asked"]
        cell = narrow.coverage()["02", "2026-10"]
        assert (cell["got"], cell["delivered"], cell["counts"], cell["covered"]) == (0, 0, True, True)
        assert narrow.coverage()["01", "<2026-08"]["covered"]

    def test_what_was_not_asked_is_in_it_too(self, known: Crossing) -> None:
        """The months that the window needs and nobody asked for stand there, and the held run names them."""
        known.at("2026-11-22T12:00")("absence")
        cell = known.coverage()["01", "2025-01"]
        assert (cell["asked"], cell["got"], cell["counts"], cell["covered"]) == (None, 0, False, False)
        assert known.coverage()["01", "2025-12"]["covered"]
        assert "employer 01: <2024-11 to 2025-11" in message(known)

    def test_an_answer_of_a_windowed_connector_does_not_count(self, narrow: Crossing) -> None:
        """Two weeks' changes are not the month of September, whatever came: the map and the guard know."""
        narrow.fetch("2026-08", "2026-09", "2026-10", "2026-11")
        cell = narrow.coverage()["01", "2026-09"]
        assert cell["asked"]
        assert (cell["counts"], cell["covered"]) == (False, False)
        assert narrow.at("2026-11-22T13:00")("absence")["state"] == "held"

    def test_such_an_answer_takes_the_place_of_none_that_counts(self, narrow: Crossing) -> None:
        """A month that was covered stays so when it is asked of the wrong connector afterwards."""
        slices(narrow, "2026-09")
        before = narrow.coverage()["01", "2026-09"]
        narrow.fetch("2026-09")
        assert narrow.coverage()["01", "2026-09"] == before

    def test_an_employer_that_is_activated_later_was_not_asked_for(self, ill: Crossing) -> None:
        """What was read while it was pending was not kept: its months lack until they are asked for again."""
        ill.configure(absence={"history_months": 3})
        ill.activate("03")
        months = ("2026-08", "2026-09", "2026-10", "2026-11")
        assert not any(ill.coverage()["03", month]["covered"] for month in months)
        assert ill.coverage()["01", "2026-09"]["covered"]
        ill.fetch(*months[1:])
        assert [ill.coverage()["03", month]["covered"] for month in ("<2026-08", *months)] == [
            *(False, False, True, True, True),
        ]
        ill.fetch(*months)
        assert all(ill.coverage()["03", month]["covered"] for month in ("<2026-08", *months))

    def test_one_that_was_away_in_between_is_asked_for_again(self, ill: Crossing) -> None:
        """Deactivated and activated again: what happened meanwhile was not read."""
        ill.deactivate("02")
        ill.activate("02")
        assert not ill.coverage()["02", "2026-09"]["covered"]
        assert ill.coverage()["01", "2026-09"]["covered"]
        ill("absence")
        assert ill.coverage()["02", "2026-09"]["covered"]
