"""A connector that shows only what changed: with a second one for the wide reads, and alone."""

from datetime import date
from typing import Any

import pytest
from crossings import ABSENCE, After, Crossing
from illness import ALL, EVERYTHING, asked, at, case_of, days, message, mistakes, nights, noted

pytest_plugins = ["at_noon"]

NOT_SEEN = "deletions at the source are not seen"
LOST = "older than absence.connector_window"


def narrow(crossing: Crossing, **absence: Any) -> Crossing:
    """Let the customer's connector show 14 days, and say so in the settings."""
    crossing.sandbox.afas.window("veerhuis", ABSENCE, 14, "case")
    crossing.configure(absence={"connector_window": 14, **absence})
    return crossing


def with_second(crossing: Crossing) -> Crossing:
    """Give the customer a second connector, without a window, for the wide reads."""
    crossing.sandbox.afas.copy("veerhuis", ABSENCE, ALL)
    return narrow(crossing, reconciliation_connector=ALL)


class TestWithASecondConnector:
    def test_the_first_reads_ask_the_wide_one(self, known: Crossing) -> None:
        """A year, and then everything, of the connector that shows it; every hour the other one, without a filter."""
        with_second(known)
        for hour in (12, 13, 14):
            known.at(f"2026-11-22T{hour}:00")("absence")
        assert asked(known, ALL) == [
            ("Datum_hervatting;Datum_hervatting", '"";2025-11-22T00:00:00'),
            EVERYTHING,
        ]
        assert asked(known) == [EVERYTHING]
        assert known.periods() == known.truth()

    def test_its_window_takes_nothing_away(self, ill: Crossing) -> None:
        """Cases that did not change for two weeks are in no hourly answer, and stay."""
        with_second(ill).book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        assert ill.at("2026-11-22T13:00")("absence")["read"] < 8
        assert ill.periods() == ill.truth()

    def test_deletions_are_found(self, ill: Crossing) -> None:
        """The wide reads of the second connector find what was deleted."""
        (mistake,) = mistakes(with_second(ill), "KMA")
        ill.book.delete(mistake)
        nights(ill, 22)
        assert len(days(ill, "KMA")) == 2
        nights(ill, 23)
        assert days(ill, "KMA") == [("2026-08-17", "2026-08-23", "50")]
        assert asked(ill, ALL)[-2:] == [EVERYTHING, EVERYTHING]
        assert NOT_SEEN not in message(ill)

    def test_an_outage_longer_than_the_window_is_said_and_made_good(self, ill: Crossing) -> None:
        """After three weeks of silence the run says it, reads widely, and the portal has what happened meanwhile."""
        with_second(ill).book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 24), at=at("2026-11-24"))
        ill.at("2026-12-13T08:00")("absence")
        assert LOST in message(ill)
        assert asked(ill, ALL) == [EVERYTHING]
        assert days(ill, "1001") == [("2026-11-16", "2026-11-23", "100")]
        ill.at("2026-12-13T09:00")("absence")
        assert message(ill) == ""


class TestAlone:
    def test_the_first_read_is_whatever_it_shows(self, known: Crossing) -> None:
        """No filter is sent: it would only take away more of the two weeks."""
        narrow(known, portal_deletes="log")
        for hour in (12, 13):
            known.at(f"2026-11-22T{hour}:00")("absence")
        assert asked(known) == [EVERYTHING, EVERYTHING]
        assert {period[1] for period in known.periods()} == {"1001", "1003"}

    def test_nothing_is_ever_deleted_and_every_run_says_why(self, known: Crossing) -> None:
        """Without a connector that shows everything no silence is taken for a deletion."""
        narrow(known, portal_deletes="log").at("2026-11-22T12:00")("absence")
        known.book.delete(case_of(known, "1001", "2026-11-16"))
        for books in nights(known, 22, 23, 24, 25):
            assert (books["gone"], books["held"]) == (0, 0)
            assert NOT_SEEN in message(known)
        assert days(known, "1001") == [("2026-11-16", None, "100")]

    def test_a_portal_that_deletes_gets_no_file_before_a_person_says_so(self, known: Crossing) -> None:
        """Two weeks are less than 24 months: the file would delete what it leaves out."""
        narrow(known).at("2026-11-22T12:00")
        for _ in range(2):
            assert known("absence")["state"] == "held"
        held = known.held("absence")
        assert (held["reasons"], len(known.deliveries("absence"))) == ("history_incomplete", 1)
        known.release(held["id"])
        assert known("absence")["state"] == "success"
        assert days(known, "1001") == [("2026-11-16", None, "100")]

    def test_zero_rows_of_a_quiet_fortnight_are_no_doubt(self, ill: Crossing) -> None:
        """A connector that shows changes may show none."""
        narrow(ill, portal_deletes="log").at("2026-12-05T12:00")("absence")
        books = ill.at("2026-12-17T12:00")("absence")
        assert (books["read"], books["state"]) == (0, "success")


def read_nothing_for_weeks(ill: Crossing) -> None:
    ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 23), at=at("2026-11-23"))
    ill.book.open("KMA", date(2026, 12, 12), at=at("2026-12-12"))
    narrow(ill).at("2026-12-14T12:00")("absence")


class TestAnOutageWithoutASecondConnector:
    @pytest.fixture
    def outage(self, ill: Crossing, after: After) -> Crossing:
        """A case was closed three weeks ago and nothing was read since: no run can know."""
        return after(read_nothing_for_weeks)

    def test_everything_is_held_and_the_run_says_why(self, outage: Crossing) -> None:
        """Changes were lost: the history is not what the portal's window needs, and no file goes out."""
        assert outage.books("absence")["state"] == "held"
        assert outage.held("absence")["reasons"] == "history_incomplete"
        assert LOST in message(outage)
        assert "employer 01" in message(outage)
        assert len(outage.files("absence")) == 1
        for hour in (13, 14):
            assert outage.at(f"2026-12-14T{hour}:00")("absence")["state"] == "held"
        assert len(outage.deliveries("absence", "held")) == 1

    def test_a_wide_read_sets_it_free(self, outage: Crossing) -> None:
        """Once there is a connector that shows everything the next run reads it and delivers."""
        with_second(outage).at("2026-12-14T13:00")("absence")
        assert asked(outage, ALL) == [EVERYTHING]
        assert outage.deliveries("absence", "held") == []
        assert days(outage, "1001") == [("2026-11-16", "2026-11-22", "100")]
        assert outage.truth() <= outage.periods()

    def test_a_backfill_sets_it_free(self, outage: Crossing) -> None:
        """Loading the months that the window needs does the same, without a wide read of the flow itself."""
        outage.configure(absence={"history_months": 3})
        with_second(outage)
        outage.fetch("2026-10", "2026-09")
        outage.configure(absence={"reconciliation_connector": None})
        assert outage.at("2026-12-14T13:00")("absence")["state"] == "held", "November was not asked for yet"
        with_second(outage)
        outage.fetch("2026-11")
        outage.configure(absence={"reconciliation_connector": None})
        books = outage.at("2026-12-14T14:00")("absence")
        assert (books["state"], books["gone"]) == ("success", 0)
        assert days(outage, "1001") == [("2026-11-16", "2026-11-22", "100")]
        assert outage.truth(3) <= outage.periods()

    def test_a_person_sets_it_free(self, outage: Crossing) -> None:
        """Who knows that nothing was lost may let it go."""
        outage.release(outage.held("absence")["id"])
        assert outage.at("2026-12-14T13:00")("absence")["state"] == "success"
        assert ("2026-12-12", None, "100") in days(outage, "KMA")

    def test_an_outage_shorter_than_the_window_is_none(self, ill: Crossing) -> None:
        """Twelve days are within the fortnight that the connector shows: nothing was lost, nothing is held."""
        narrow(ill).book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 24), at=at("2026-11-24"))
        assert ill.at("2026-12-04T12:00")("absence")["state"] == "success"
        assert LOST not in message(ill)
        assert days(ill, "1001") == [("2026-11-16", "2026-11-23", "100")]
        assert noted(ill, "moment") == "2026-12-04T12:00:00+01:00"
