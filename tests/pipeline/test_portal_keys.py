"""Whose absence is whose: a personnel number that passes to somebody else waits for a person (docs/decisions/0001)."""

import pytest
from crossings import EMPLOYEES, Crossing

from veerpont.model.failures import PassingError
from veerpont.pipeline.load import load

NEWCOMER = "{5A0D0001-0000-4000-8000-000000000B01}"


def numbers(crossing: Crossing) -> list[str]:
    """Return the personnel numbers in the portal, each as often as there is a line of it."""
    return sorted(each.values["personnel_number"] or "" for each in crossing.employments().values())


class TestNumberOfSomebodyElse:
    def test_a_number_that_is_used_again_waits_for_a_person(self, known: Crossing) -> None:
        """A newcomer with a leaver's number does not cross while the portal knows the leaver by it."""
        leaver = next(row for row in known.source("employees") if row["Personeelsnummer"] == "1004")
        known.remove("1004")
        known.sandbox.afas.insert("veerhuis", EMPLOYEES, [leaver | {"GUID": NEWCOMER, "Achternaam": "Ander"}])
        before = numbers(known)
        for _ in range(3):  # also when the leaver has been missed twice: the old line stays until the answer
            known("employees")
            assert known.rejects("employees")[NEWCOMER.strip("{}")] == "portal_key_taken"
            assert numbers(known) == before
        assert "Ander" not in {each.values["last_name"] for each in known.employments().values()}

    def test_a_confirmed_one_takes_the_place_of_the_other(self, known: Crossing) -> None:
        """After a person confirmed it there is one line with that number, and it is the newcomer's."""
        leaver = next(row for row in known.source("employees") if row["Personeelsnummer"] == "1004")
        known.remove("1004")
        known.sandbox.afas.insert("veerhuis", EMPLOYEES, [leaver | {"GUID": NEWCOMER, "Achternaam": "Ander"}])
        known("employees")
        known.confirm("employees", NEWCOMER.strip("{}"))
        assert known("employees")["delivered"] > 0
        assert numbers(known).count("1004") == 1
        assert known.employments()["01/1004/1"].values["last_name"] == "Ander"
        assert known.rejects("employees") == {}

    def test_two_that_swap_their_numbers_cross_together_or_not_at_all(self, known: Crossing) -> None:
        """With one of the two confirmed, neither number may be in the file twice, and nobody is left out."""
        known.change("1003", Personeelsnummer="X")
        known.change("1004", Personeelsnummer="1003")
        known.change("X", Personeelsnummer="1004")
        everybody = numbers(known)
        known("employees")
        open_ = known.rejects("employees")
        assert len(open_) == 2
        first, second = sorted(open_)
        known.confirm("employees", first)
        known("employees")
        assert numbers(known) == everybody
        known.confirm("employees", second)
        known("employees")
        assert numbers(known) == everybody
        assert known.rejects("employees") == {}


class TestEmployerThatIsNotActive:
    def test_who_went_there_stays_until_a_person_confirms(self, known: Crossing) -> None:
        """A person whom the source shows at a pending employer is not just gone."""
        known.change("1004", Werkgeverscode="03")
        for _ in range(3):
            books = known("employees")
            assert (books["gone"], books["rejected"]) == (0, 0)
            assert list(known.rejects("employees").values()) == ["employer_changed"]
            assert "1004" in known.people()
        (key,) = known.rejects("employees")
        known.confirm("employees", key)
        assert known("employees")["gone"] == 1
        assert "1004" not in known.people()
        assert known.rejects("employees") == {}

    def test_back_again_the_question_closes_itself(self, known: Crossing) -> None:
        """At an active employer there is nothing to confirm any more."""
        known.change("1004", Werkgeverscode="03")
        known("employees")
        known.change("1004", Werkgeverscode="01")
        assert known("employees")["unchanged"] == 13
        assert known.rejects("employees") == {}


class TestUnattended:
    def test_the_second_file_waits_until_the_portal_has_had_time(self, known: Crossing) -> None:
        """Unattended, a file of a flow never follows another within `settle_minutes`; nothing is lost by waiting."""
        known.change("1004", Achternaam="Anders")
        job, transformed = known.until_load("employees")
        object.__setattr__(job, "unattended", True)
        with pytest.raises(PassingError) as waits:
            load(job, transformed)
        sent = known.deliveries("employees", "delivered")
        assert waits.value.retry_at is not None
        assert waits.value.retry_at.isoformat() > sent[0]["at"]
        assert len(known.files("employees")) == 1
        object.__setattr__(job, "unattended", False)
        load(job, transformed)
        assert known.employments()["01/1004/1"].values["last_name"] == "Anders"

    def test_without_a_change_nothing_waits(self, known: Crossing) -> None:
        """There is no second file to wait with."""
        job, transformed = known.until_load("employees")
        object.__setattr__(job, "unattended", True)
        load(job, transformed)
        assert known.books("employees")["state"] == "success"


def test_what_was_stopped_from_outside_is_said(known: Crossing) -> None:
    """A run that never ended is failed as soon as another one starts."""
    job, _ = known.until_load("employees")
    known("employees")
    run = known.books("employees", run_id=job.run_id)
    assert (run["state"], run["kind"]) == ("failed", "passing")
    assert run["ended_at"] >= run["started_at"]
