"""With `key: bsn` somebody who comes back under another number is one person at the portal."""

from datetime import timedelta
from typing import Any

import pytest
from crossings import EMPLOYEES, Crossing, Make

from veerpont.flows.index import read_index
from veerpont.store import clock

ELSEWHERE = 2
"""Rows of employers that are not active."""
BACK = "{5A0D0001-0000-4000-8000-000000000B02}"


def go_by_bsn(crossing: Crossing) -> None:
    crossing.configure(xpert_suite={"key": "bsn"})


@pytest.fixture
def by_bsn(make: Make) -> Crossing:
    """Veerhuis after a first night, known at the portal by citizen-service numbers, which everybody has."""
    return make(night=("employers", "employees"), ready=go_by_bsn)


def come_back(crossing: Crossing, number: str = "1004", begins: int = -5, **values: Any) -> str:
    """Let somebody's employment end the day before a new one begins, under number 7777; returns the new GUID's key."""
    start = clock.today() + timedelta(days=begins)
    row = next(row for row in crossing.source("employees") if row["Personeelsnummer"] == number)
    crossing.change(number, Datum_eind_dvb=f"{start - timedelta(days=1)}T00:00:00Z")
    new = {"GUID": BACK, "Personeelsnummer": "7777", "Datum_start_dvb": f"{start}T00:00:00Z", "Datum_eind_dvb": None}
    crossing.sandbox.afas.insert("veerhuis", EMPLOYEES, [row | new | values])
    return BACK.strip("{}")


def people(crossing: Crossing) -> dict[str, str]:
    """Return personnel number by guid, as the other flows find them."""
    found = read_index(crossing.job("absence", crossing.name, "looks"))
    return {entry.guid: entry.personnel_number for entry in found or ()}


class TestSamePerson:
    def test_the_employment_that_counts_crosses_and_the_other_is_no_reject(self, by_bsn: Crossing) -> None:
        """The new number takes the old one's place at the portal, unasked; the other row is counted, not rejected."""
        before = len(by_bsn.employments())
        come_back(by_bsn)
        for round in range(3):
            books = by_bsn("employees")
            assert (books["rejected"], books["filtered"], books["held"], books["gone"]) == (0, ELSEWHERE + 1, 0, 0)
            assert books["delivered"] == (1 if round == 0 else 0)
            assert "1 rows are left out (same_person)" in books["message"]
        assert by_bsn.rejects("employees") == {}
        assert len(by_bsn.employments()) == before

    def test_absence_finds_the_person_under_both_numbers(self, by_bsn: Crossing) -> None:
        """A case of the old employment is still of somebody whom the portal knows."""
        old = next(guid for guid, number in people(by_bsn).items() if number == "1004")
        new = come_back(by_bsn)
        by_bsn("employees")
        assert people(by_bsn).keys() >= {old, new}

    def test_an_employment_of_the_future_does_not_count_yet(self, by_bsn: Crossing) -> None:
        """Until its first day the one that holds today stays as it was told."""
        come_back(by_bsn, begins=9)
        books = by_bsn("employees")
        assert (books["rejected"], books["filtered"]) == (0, ELSEWHERE + 1)
        by_bsn.today = clock.today() + timedelta(days=9)
        books = by_bsn("employees")
        assert (books["rejected"], books["filtered"], books["delivered"]) == (0, ELSEWHERE + 1, 1)

    def test_another_employment_number_is_another_line(self, by_bsn: Crossing) -> None:
        """One person with two employments is two lines at the portal, as always."""
        before = len(by_bsn.employments())
        come_back(by_bsn, Dienstverbandnummer=2)
        books = by_bsn("employees")
        assert (books["rejected"], books["filtered"]) == (0, ELSEWHERE)
        assert len(by_bsn.employments()) == before + 1

    def test_a_bad_row_of_the_new_one_takes_nothing_away(self, by_bsn: Crossing) -> None:
        """The old line stays at the portal for as long as the new one cannot cross."""
        before = by_bsn.employments()
        new = come_back(by_bsn, Achternaam="A" * 300)
        for _ in range(3):
            assert by_bsn("employees")["gone"] == 0
            assert set(by_bsn.rejects("employees")) == {new}
        assert by_bsn.employments().keys() == before.keys()

    def test_another_date_of_birth_is_somebody_else(self, by_bsn: Crossing) -> None:
        """One of the two has a wrong number: nobody is left out for that, both are told."""
        come_back(by_bsn, Geboortedatum="1990-01-01T00:00:00Z")
        by_bsn("employees")
        assert set(by_bsn.rejects("employees").values()) == {"duplicate_key"}

    def test_with_personnel_numbers_they_are_two(self, known: Crossing) -> None:
        """Where the number is the key, the portal knows two employments, as before."""
        before = len(known.employments())
        come_back(known)
        assert known("employees")["filtered"] == ELSEWHERE
        assert len(known.employments()) == before + 1
