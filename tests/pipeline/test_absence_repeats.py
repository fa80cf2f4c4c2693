"""A case that the portal accepted and that fails now is repeated as it was accepted; a new one is left out."""

from datetime import date

import pytest
from crossings import After, Crossing
from illness import at, case_of, causes, days, key, nights

from veerpont_sandbox.customers.spec import CAUSES

pytest_plugins = ["at_noon"]

BRAM = "1004", "2026-09-07"
"""Open, with three periods: 100, 50 and 25 percent."""
AS_ACCEPTED = [
    ("2026-09-07", "2026-10-11", "100"),
    ("2026-10-12", "2026-11-15", "50"),
    ("2026-11-16", None, "25"),
]


def break_one(ill: Crossing) -> None:
    ill.book.change(case_of(ill, *BRAM), date(2026, 11, 16), 140, at=at("2026-11-22", 12))
    ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
    ill.at("2026-11-22T13:00")("absence")


@pytest.fixture
def broken(ill: Crossing, after: After) -> Crossing:
    """One of the lines of an accepted case got a percentage that does not exist; somebody else recovered."""
    return after(break_one)


class TestAccepted:
    def test_it_is_repeated_with_all_its_lines_and_is_a_reject(self, broken: Crossing) -> None:
        """One bad line of three: the case stays as it was accepted, whole, and the rest of the file goes out."""
        books = broken.books("absence")
        assert (books["repeated"], books["gone"], books["delivered"]) == (1, 0, 2)
        assert broken.rejects("absence")[key(case_of(broken, *BRAM))] == "impossible_percentage"
        assert days(broken, "1004") == AS_ACCEPTED
        assert days(broken, "1001") == [("2026-11-16", "2026-11-21", "100")]

    def test_it_is_repeated_as_long_as_it_fails(self, broken: Crossing) -> None:
        """Night after night: no wide read takes it for gone, and no portal deletes it."""
        for books in nights(broken, 22, 23, 24):
            assert (books["repeated"], books["gone"]) == (1, 0)
        assert days(broken, "1004") == AS_ACCEPTED
        assert broken.deliveries("absence", "held") == []

    def test_repaired_it_follows_and_the_reject_closes(self, broken: Crossing) -> None:
        """The next hour after the repair the portal has what is true, and the desk one reject less."""
        broken.book.change(case_of(broken, *BRAM), date(2026, 11, 16), 80, at=at("2026-11-22", 14))
        books = broken.at("2026-11-22T15:00")("absence")
        assert (books["repeated"], list(broken.rejects("absence").values())) == (0, ["unknown_type"])
        assert broken.rejects("absence", "closed")[key(case_of(broken, *BRAM))] == "impossible_percentage"
        assert days(broken, "1004")[-1] == ("2026-11-16", None, "20")
        assert broken.periods() == broken.truth()

    def test_every_run_looks_at_it_again(self, broken: Crossing) -> None:
        """Absence is not tried again at night only: each run is an attempt."""
        for hour in (14, 15):
            broken.at(f"2026-11-22T{hour}:00")("absence")
        from veerpont.desk import lists

        found = lists.list_rejects(broken.ledger, "veerhuis", "absence", "open")
        (row,) = [row for row in found if row["reason"] == "impossible_percentage"]
        assert row["attempts"] == 3

    def test_deleted_at_the_source_it_goes_after_all(self, broken: Crossing) -> None:
        """A rejected case is kept for being there: when two wide reads do not show it, a person is asked as always."""
        broken.book.delete(case_of(broken, *BRAM))
        assert [books["gone"] for books in nights(broken, 22, 23)] == [0, 0]
        broken.release(broken.held("absence")["id"])
        assert [books["gone"] for books in nights(broken, 24)] == [1]
        assert days(broken, "1004") == []
        assert list(broken.rejects("absence").values()) == ["unknown_type"]

    def test_a_cause_that_was_removed_from_the_settings(self, ill: Crossing) -> None:
        """Without a code for `Z` the accepted cases stay with the code that they had, each with a reject."""
        ill.configure(absence={"causes": {"01": {"AO": "15"}, "02": dict(CAUSES)}})
        books = ill.at("2026-11-22T21:00")("absence")
        assert (books["repeated"], books["gone"]) == (5, 0)
        assert sorted(ill.rejects("absence").values()) == ["no_cause"] * 5 + ["unknown_type"]
        assert causes(ill, "1001") == {CAUSES["Z"]}
        assert ill.periods() == ill.truth()

    def test_a_person_whom_the_employees_lost(self, ill: Crossing) -> None:
        """Somebody who left the employees twice over is unknown: the accepted case is repeated, with a reject."""
        ill.remove("KMA")
        ill("employees")
        ill.later(24)("employees")
        assert "KMA" not in ill.people()
        books = ill.at("2026-11-23T21:00")("absence")
        assert (books["repeated"], books["gone"]) == (1, 0)
        assert ill.rejects("absence")[key(case_of(ill, "KMA", "2026-08-17"))] == "unknown_employee"
        assert days(ill, "KMA") == [("2026-08-17", "2026-08-23", "50")]


class TestNew:
    def test_one_that_was_never_accepted_is_left_out(self, ill: Crossing) -> None:
        """Nothing of it is sent, not even its good lines, and the desk has it."""
        case = ill.book.open("0109", date(2026, 11, 18), at=at("2026-11-18"))
        ill.book.change(case, date(2026, 11, 20), 140, at=at("2026-11-20"))
        books = ill.at("2026-11-22T13:00")("absence")
        assert (books["rejected"], books["repeated"]) == (2, 0)
        assert ill.rejects("absence")[key(case)] == "impossible_percentage"
        assert ("2026-11-18", "2026-11-19", "100") not in days(ill, "0109")
        ill.book.change(case, date(2026, 11, 20), 40, at=at("2026-11-22", 13))
        ill.at("2026-11-22T14:00")("absence")
        assert days(ill, "0109")[-2:] == [("2026-11-18", "2026-11-19", "100"), ("2026-11-20", None, "60")]

    def test_a_row_that_cannot_be_read_is_a_reject_of_its_case(self, ill: Crossing) -> None:
        """A line without a date or a percentage makes no half case."""
        ill.book.open("0109", date(2026, 11, 18), at=at("2026-11-18"))
        rows = ill.source("absence")
        (line,) = [row for row in rows if row["Begin"] == "2026-11-18T00:00:00Z"]
        ill.sandbox.afas.replace(
            "veerhuis",
            "Newdays_Connect_Verzuim_v1",
            [row | {"Aanwezigheidspercentage": None} if row is line else row for row in rows],
        )
        ill.at("2026-11-22T13:00")("absence")
        assert len(ill.rejects("absence")) == 2
        assert "2026-11-18" not in {day for day, *_ in days(ill, "0109")}


class TestOverlap:
    def test_a_new_case_takes_the_days_of_a_repeated_one(self, broken: Crossing) -> None:
        """The portal refuses days that come twice: the repeated case ends where the new one begins."""
        broken.book.open("1004", date(2026, 11, 20), at=at("2026-11-22", 13), presence=30)
        broken.at("2026-11-22T14:00")("absence")
        assert days(broken, "1004") == [
            *AS_ACCEPTED[:2],
            ("2026-11-16", "2026-11-19", "25"),
            ("2026-11-20", None, "70"),
        ]
        report = broken.sandbox.portal.reports("veerhuis", "absence")[-1]
        assert (report.status, report.rejected) == ("processed", 0)
        broken.at("2026-11-22T15:00")("absence")
        assert len(broken.files("absence")) == 3, "told once"

    def test_the_days_come_back_when_the_new_case_goes(self, broken: Crossing) -> None:
        """What was cut off a repeated case is not lost: repaired, it has the days that nothing newer has."""
        case = broken.book.open("1004", date(2026, 11, 20), at=at("2026-11-22", 13), presence=30)
        broken.at("2026-11-22T14:00")("absence")
        broken.book.delete(case)
        broken.book.change(case_of(broken, *BRAM), date(2026, 11, 16), 75, at=at("2026-11-22", 15))
        nights(broken, 22, 23)
        assert days(broken, "1004") == AS_ACCEPTED
        assert broken.periods() == broken.truth()

    def test_two_good_cases_that_overlap(self, ill: Crossing) -> None:
        """The one that changed last keeps its days, the other what is left, and the portal takes both."""
        ill.book.open("1001", date(2026, 11, 20), at=at("2026-11-22", 12), presence=50)
        ill.at("2026-11-22T13:00")("absence")
        assert days(ill, "1001") == [("2026-11-16", "2026-11-19", "100"), ("2026-11-20", None, "50")]
        assert ill.sandbox.portal.reports("veerhuis", "absence")[-1].rejected == 0
