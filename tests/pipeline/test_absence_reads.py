"""What is asked of the absence, and when: first a year, then what changed, once a day everything.

Why: docs/decisions/0010.
"""

from datetime import date

import pytest
from crossings import ABSENCE, Crossing
from illness import ALL, EVERYTHING, asked, at, case_of, changed_since, days, last_asked, nights, noted

from veerpont.flows.absence import request
from veerpont.model.failures import PassingError, SettingsError
from veerpont.systems.afas.client import Client

pytest_plugins = ["at_noon"]

YEAR = ("Datum_hervatting;Datum_hervatting", '"";2025-11-22T00:00:00')
"""Open, or closed in the year before 22 November 2026."""


class TestTheFirstRead:
    def test_it_asks_for_a_year(self, known: Crossing) -> None:
        """Nothing known yet: all open cases, and what was closed in the last 365 days."""
        known.at("2026-11-22T12:00")("absence")
        assert asked(known) == [YEAR]

    def test_it_asks_for_what_the_settings_say(self, known: Crossing) -> None:
        """`initial_days` is the customer's to choose."""
        known.configure(absence={"initial_days": 30})
        known.at("2026-11-22T12:00")("absence")
        assert asked(known) == [("Datum_hervatting;Datum_hervatting", '"";2026-10-23T00:00:00')]

    def test_the_rest_of_the_window_is_asked_for_at_once(self, known: Crossing) -> None:
        """A year is less than the portal's window: the second run reads everything, and only then a file goes out."""
        known.at("2026-11-22T12:00")
        assert known("absence")["state"] == "held"
        assert known("absence")["state"] == "success"
        assert asked(known) == [YEAR, EVERYTHING]
        assert known.periods() == known.truth()

    def test_a_first_read_of_the_whole_window_is_delivered_at_once(self, known: Crossing) -> None:
        """Who asks for 800 days at first needs no second read before the first file."""
        known.configure(absence={"initial_days": 800})
        assert known.at("2026-11-22T12:00")("absence")["state"] == "success"
        assert known.periods() == known.truth()

    def test_a_first_read_that_failed_was_none(self, known: Crossing) -> None:
        """As long as nothing was read the year is asked for."""
        known.at("2026-11-22T12:00").sandbox.faults.add("maintenance", times=1)
        with pytest.raises(PassingError):
            known("absence")
        known("absence")
        assert asked(known) == [YEAR]


class TestWhatChanged:
    def test_two_weeks_by_the_stamps_of_line_and_case(self, ill: Crossing) -> None:
        """Every hour: what was changed in the last 14 days, in the line or in the head of its case."""
        for hour in (13, 14):
            ill.at(f"2026-11-22T{hour}:00")("absence")
            assert last_asked(ill) == changed_since(f"2026-11-08T{hour}:00:00")

    def test_as_far_back_as_the_settings_say(self, ill: Crossing) -> None:
        """`lookback_days` is the customer's to choose."""
        ill.configure(absence={"lookback_days": 3})
        ill("absence")
        assert last_asked(ill) == changed_since("2026-11-19T12:00:00")

    def test_an_hour_without_changes_sends_nothing(self, ill: Crossing) -> None:
        """What is as it was told makes no file, however often it is read."""
        for hour in (13, 14):
            books = ill.at(f"2026-11-22T{hour}:00")("absence")
            assert (books["read"], books["unchanged"], books["repeated"]) == (7, 7, 0)
        assert len(ill.files("absence")) == 1

    def test_cases_that_did_not_change_stay_at_the_portal(self, ill: Crossing) -> None:
        """A file made of two weeks' changes still holds every other case: absent from the answer is not recovered."""
        ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        assert ill.at("2026-11-22T13:00")("absence")["delivered"] == 2
        assert days(ill, "1001") == [("2026-11-16", "2026-11-21", "100")]
        assert ill.periods() == ill.truth()

    def test_an_answer_with_one_line_of_a_case_loses_none_of_the_others(self, ill: Crossing) -> None:
        """The stamp of a line is its own: the lines that are merged are single ones."""
        case = case_of(ill, "1004", "2026-09-07")
        ill.book.change(case, date(2026, 12, 14), 90, at=at("2026-12-14"))
        ill.at("2026-12-14T09:00")("absence")
        ill.at("2026-12-14T10:00")("absence")
        assert last_asked(ill) == changed_since("2026-11-30T10:00:00")
        assert [percent for *_, percent in days(ill, "1004")] == ["100", "50", "25", "10"]


class TestTheWideRead:
    def test_it_is_made_at_nine_in_the_evening(self, ill: Crossing) -> None:
        """Hour by hour what changed; at 21:00 everything; and the next morning again what changed."""
        for moment in ("22T19:00", "22T20:00", "22T21:00", "23T07:00"):
            ill.at(f"2026-11-{moment}")("absence")
        assert [read == EVERYTHING for read in asked(ill)] == [False, False, True, False]

    def test_a_tick_that_was_skipped_is_made_up_for_in_the_morning(self, ill: Crossing) -> None:
        """Without a run at 21:00 the first one of the next day reads everything, and the second what changed."""
        for moment in ("22T20:00", "23T07:00", "23T08:00"):
            ill.at(f"2026-11-{moment}")("absence")
        assert [read == EVERYTHING for read in asked(ill)] == [False, True, False]

    def test_a_tick_that_failed_is_made_up_for_in_the_morning(self, ill: Crossing) -> None:
        """Maintenance at 21:00: nothing was read, so the morning owes it."""
        ill.at("2026-11-22T21:00").sandbox.faults.add("maintenance", times=1)
        with pytest.raises(PassingError):
            ill("absence")
        for moment in ("23T07:00", "23T08:00"):
            ill.at(f"2026-11-{moment}")("absence")
        assert [read == EVERYTHING for read in asked(ill)] == [True, False]

    def test_it_is_made_at_once_for_an_employer_that_is_activated(self, ill: Crossing) -> None:
        """Whoever joins at two in the afternoon is read by the next run, whole; after that it is what changed again."""
        ill.at("2026-11-22T14:00").activate("03")
        ill("employers")
        ill("employees")
        ill("absence")
        assert last_asked(ill) == EVERYTHING
        assert days(ill, "1011") == [("2026-10-19", None, "100")]
        assert ill.periods() == ill.truth()
        ill.at("2026-11-22T15:00")("absence")
        assert last_asked(ill) != EVERYTHING

    def test_after_a_month_of_silence_nothing_is_lost(self, ill: Crossing) -> None:
        """Cases that were opened and changed while nothing ran are at the portal after the first run."""
        case = ill.book.open("0109", date(2026, 11, 24), at=at("2026-11-24"))
        ill.book.change(case, date(2026, 11, 30), 50, at=at("2026-11-30"))
        ill.book.close(case_of(ill, "1004", "2026-09-07"), date(2026, 12, 1), at=at("2026-12-01"))
        ill.at("2026-12-30T14:00")("absence")
        assert last_asked(ill) == EVERYTHING
        assert ill.truth() < ill.periods(), "and what left the window meanwhile stays"
        assert days(ill, "0109")[-2:] == [("2026-11-24", "2026-11-29", "100"), ("2026-11-30", None, "50")]
        assert days(ill, "1004")[-1] == ("2026-11-16", "2026-11-30", "25")

    def test_the_lookback_stretches_to_the_last_read(self, ill: Crossing) -> None:
        """After an outage that is longer than `lookback_days` a question for changes begins before the last read."""
        job = ill.at("2026-12-30T14:00").job("absence", "veerhuis", "after the outage")
        since = request.to_query(job, request.CHANGES).changed_since
        assert since is not None
        assert since.isoformat() == "2026-11-21T12:00:00+01:00"


class TestAnotherName:
    def test_a_connector_that_the_customer_renamed(self, ill: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """The read under the old name fails and says which setting; with the new name it goes on as if nothing was."""
        tables = ill.sandbox.afas.environments["veerhuis"].tables
        ill.sandbox.afas.copy("veerhuis", ABSENCE, "Klant_Verzuim")
        monkeypatch.delitem(tables, ABSENCE)
        with pytest.raises(SettingsError, match=r"source\.connectors"):
            ill.at("2026-11-22T13:00")("absence")
        ill.configure(source={"connectors": {"absence": "Klant_Verzuim"}})
        books = ill.at("2026-11-22T14:00")("absence")
        assert asked(ill, "Klant_Verzuim") == [changed_since("2026-11-08T14:00:00")]
        assert (books["state"], books["unchanged"], books["gone"]) == ("success", 7, 0)
        assert noted(ill, "moment") == "2026-11-22T14:00:00+01:00"

    def test_wide_reads_of_a_renamed_connector(self, ill: Crossing) -> None:
        """A reconciliation connector beside an unfiltered one is used for the wide reads only."""
        ill.sandbox.afas.copy("veerhuis", ABSENCE, ALL)
        ill.configure(absence={"reconciliation_connector": ALL})
        ill.at("2026-11-22T13:00")("absence")
        nights(ill, 22)
        assert asked(ill) == [changed_since("2026-11-08T13:00:00")]
        assert asked(ill, ALL) == [EVERYTHING]


@pytest.mark.parametrize("column", ["Type", "Vermoedelijke_bevallingsdatum"])
def test_a_recovery_that_came_while_a_column_broke_is_right_at_the_next_read(
    ill: Crossing, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    """The line came with its change and a value that nobody can read; the next read has it whole, and as changed."""
    ill.at("2026-11-22T13:00")("absence")
    ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 13))
    rows = Client.rows
    with monkeypatch.context() as patch:
        patch.setattr(Client, "rows", lambda *given: [row | {column: 7} for row in rows(*given)])
        ill.at("2026-11-22T14:00")("absence")
    assert ill.periods() != ill.truth()
    for hour in ("15:00", "21:00"):
        ill.at(f"2026-11-22T{hour}")("absence")
        assert ill.periods() == ill.truth()
