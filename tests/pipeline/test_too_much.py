"""Too much at once is guarded as too little: new lines at an employer, a column that changes for all.

Why: docs/decisions/0002.
"""

from datetime import date
from typing import Any

import pytest
from crossings import EMPLOYEES, Crossing

from veerpont.desk.lists import show_delivery

FEW: dict[str, Any] = {"min_new": 3}
"""Guards for a customer of a dozen people."""


def copies(crossing: Crossing, number: str, count: int, code: str) -> None:
    """Let the source show more people, like one that it has."""
    (row, *_) = [row for row in crossing.source("employees") if row["Personeelsnummer"] == number]
    people = [
        row
        | {
            "Personeelsnummer": f"9{at:03}",
            "GUID": f"{{5A0D0009-0000-4000-8000-{at:012X}}}",
            "Werkgeverscode": code,
            "BSN": None,
        }
        for at in range(count)
    ]
    crossing.sandbox.afas.insert(crossing.name, EMPLOYEES, people)


@pytest.fixture
def guarded(known: Crossing) -> Crossing:
    known.configure(guards=FEW)
    return known


class TestManyNewLines:
    def test_they_wait_and_the_rest_goes(self, guarded: Crossing) -> None:
        """A filter that was taken out: the new ones wait with their keys, and one who changed crosses."""
        copies(guarded, "1001", 4, "01")
        guarded.change("1003", Achternaam="Anders")
        books = guarded("employees")
        assert (books["state"], books["held"], books["delivered"]) == ("success", 4, 2)
        row = guarded.held("employees")
        assert (row["reasons"], row["records"]) == ("many_new", 4)
        assert len(show_delivery(row["id"])["what"]["new"]["01"]) == 4
        assert not {number for number in guarded.people() if number.startswith("9")}
        guarded("employees")
        assert guarded.held("employees")["id"] == row["id"], "it keeps its age"

    def test_released_they_go(self, guarded: Crossing) -> None:
        copies(guarded, "1001", 4, "01")
        guarded("employees")
        guarded.release(guarded.held("employees")["id"])
        assert guarded("employees")["delivered"] == 4
        assert guarded.deliveries("employees", "held") == []
        assert len({number for number in guarded.people() if number.startswith("9")}) == 4

    def test_what_goes_again_at_the_source_ends_the_question(self, guarded: Crossing) -> None:
        copies(guarded, "1001", 4, "01")
        guarded("employees")
        guarded.remove(*(f"9{at:03}" for at in range(4)))
        guarded("employees")
        assert guarded.deliveries("employees", "held") == []

    def test_few_are_ordinary(self, guarded: Crossing) -> None:
        """Below `min_new`, whatever the percentage."""
        copies(guarded, "1010", 2, "02")
        assert guarded("employees")["held"] == 0

    def test_a_new_employer_is_ordinary(self, guarded: Crossing) -> None:
        """One that was activated since the last accepted delivery may bring any number."""
        copies(guarded, "1001", 6, "03")
        guarded.activate("03")
        assert guarded("employees")["held"] == 0
        assert guarded.deliveries("employees", "held") == []


class TestAColumnThatChanges:
    def test_the_changed_lines_stay_and_the_rest_goes(self, guarded: Crossing) -> None:
        """A definition that was imported again swaps two columns: what it changes waits, with how, and counts only."""
        rows = [
            row | {"Achternaam": row["Voorletters"], "Voorletters": row["Achternaam"]} for row in everybody(guarded)
        ]
        guarded.sandbox.afas.replace(guarded.name, EMPLOYEES, rows)
        copies(guarded, "1001", 1, "01")
        before = guarded.last_file("employees")
        books = guarded("employees")
        assert books["state"] == "success"
        assert books["delivered"] == 1
        reasons = {row["reasons"] for row in guarded.deliveries("employees", "held")}
        assert reasons <= {"column_changed:initials", "column_changed:last_name"}
        shown = show_delivery(guarded.deliveries("employees", "held")[0]["id"])
        ((column, how),) = shown["columns"].items()
        assert column in {"initials", "last_name"}
        assert set(how) <= {"filled to filled", "filled to empty", "empty to filled"}
        assert b"9000" in guarded.last_file("employees")
        assert guarded.last_file("employees") != before
        for row in guarded.deliveries("employees", "held"):
            guarded.release(row["id"])
        assert guarded("employees")["held"] == 0

    def test_put_right_it_asks_nothing_more(self, guarded: Crossing) -> None:
        before = everybody(guarded)
        guarded.sandbox.afas.replace(guarded.name, EMPLOYEES, [row | {"Functie": "Dezelfde"} for row in before])
        guarded("employees")
        assert guarded.held("employees")["reasons"] == "column_changed:function"
        guarded.sandbox.afas.replace(guarded.name, EMPLOYEES, before)
        guarded("employees")
        assert guarded.deliveries("employees", "held") == []

    def test_a_reorganisation_of_less_than_half_is_ordinary(self, guarded: Crossing) -> None:
        """Four of eleven lines get another department."""
        for number in ("1001", "1003", "1004", "1005"):
            guarded.change(number, Afdelingscode="NIEUW", Afdelingsnaam="Nieuwe afdeling")
        assert guarded("employees")["held"] == 0


def everybody(crossing: Crossing) -> list[dict[str, Any]]:
    return crossing.source("employees")


class TestTheFirstOfJanuary:
    """A year's turn is ordinary where few records change, and a question where a column changes for most."""

    def test_contracts_that_ended_and_new_ones_cross_unasked(self, guarded: Crossing) -> None:
        guarded.today = date(2026, 12, 31)
        guarded("employees")
        guarded.today = date(2027, 1, 1)
        for number in ("1001", "1003", "1004"):
            guarded.change(number, Datum_eind_dvb="2026-12-31T00:00:00Z")
        copies(guarded, "1010", 2, "02")
        told = guarded.people()
        books = guarded("employees")
        assert (books["state"], books["held"]) == ("success", 0)
        assert guarded.deliveries("employees", "held") == []
        assert guarded.people() == told | {"9000", "9001"}, "who left stays in the file, with an end"
        guarded.later(24)
        assert guarded("employees")["gone"] == 0

    def test_a_year_in_which_everybody_gets_another_function_waits(self, guarded: Crossing) -> None:
        guarded.today = date(2026, 12, 31)
        guarded("employees")
        guarded.today = date(2027, 1, 1)
        guarded.sandbox.afas.replace(
            guarded.name, EMPLOYEES, [row | {"Functie": "Functie 2027"} for row in everybody(guarded)]
        )
        assert guarded("employees")["delivered"] == 0
        assert guarded.held("employees")["reasons"] == "column_changed:function"
