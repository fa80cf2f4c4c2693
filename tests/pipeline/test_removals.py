"""No deletion by omission: what is gone is believed late, and much of it waits for a person (docs/decisions/0001)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossings import EMPLOYEES, After, Crossing, guid

from veerpont.flows import missed
from veerpont.model.failures import SettingsError
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.store import clock, deliveries, kinds
from veerpont.store import rejects as reject_store
from veerpont.store.scope import Scope

FOUR = ("1001", "1003", "1004", "0109")
"""Four of the eleven lines: more than ten percent, and more than three."""


def columns() -> dict[str, dict[str, str]]:
    """Return confirmed columns for a customer in production."""
    employers = ("employer_code", "name")
    employees = ("employer_code", "personnel_number", "employment_number", "last_name", "employment_start")
    return {
        "employers": {name: name for name in employers},
        "employees": {name: name for name in employees},
        "organigram": {name: name for name in ("employer_code", "department_code", "name")},
    }


class TestFew:
    def test_one_that_is_missing_once_stays(self, known: Crossing) -> None:
        """One read that misses a person proves nothing: the line stays, and no file is sent."""
        known.remove("1004")
        books = known("employees")
        assert (books["unchanged"], books["repeated"], books["gone"]) == (12, 1, 0)
        assert "1004" in known.people()
        assert len(known.files("employees")) == 1

    def test_one_that_is_missing_a_night_later_goes(self, known: Crossing) -> None:
        """A complete read 20 hours after the first one that missed a person is believed."""
        known.remove("1004")
        known("employees")
        books = known.later(20)("employees")
        assert (books["repeated"], books["gone"], books["held"]) == (0, 1, 0)
        assert "1004" not in known.people()
        assert known.later(20)("employees")["gone"] == 0

    def test_an_hour_later_nothing_is_believed(self, known: Crossing) -> None:
        """However often it is read by hand: what is hidden in an afternoon is one fault. The first read counts."""
        known.remove("1004")
        for hours in (0, 1, 1, 17):
            assert known.later(hours)("employees")["gone"] == 0
        assert "1004" in known.people()
        assert known.later(1)("employees")["gone"] == 1

    def test_a_clock_that_goes_back_makes_no_day(self, known: Crossing) -> None:
        """A read that was two days ahead and one of now are no nights apart."""
        known.remove("1004")
        known.later(48)("employees")
        assert known.later(-48)("employees")["gone"] == 0

    def test_a_cleared_run_of_an_old_night_is_a_read_of_now(self, known: Crossing) -> None:
        """What counts is when was read, not what the run is for."""
        known.remove("1004")
        known("employees")
        job = replace(known.job("employees", "veerhuis", "old"), tick=clock.now() + timedelta(days=2))
        load(job, transform(job, extract(job)))
        assert known.books("employees", run_id="old")["gone"] == 0

    def test_who_is_back_in_between_has_to_be_missed_twice_again(self, known: Crossing) -> None:
        rows = known.source("employees")
        for _ in range(2):
            known.remove("1004")
            assert known.later(12)("employees")["gone"] == 0
            known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
            assert known.later(12)("employees")["gone"] == 0
        assert len(known.files("employees")) == 1

    def test_what_an_earlier_version_missed_was_long_ago(self, known: Crossing) -> None:
        """It kept the bare line ids."""
        known.remove("1004")
        known("employees")
        scope = Scope("veerhuis", "employees", "xpert_suite")
        with known.ledger.session() as session:
            (identity,) = missed.read(known.vault, deliveries.pointer(session, scope, kinds.MISSING))
            old = known.vault.write("veerhuis/employees/xpert_suite/missing/old", [identity.encode()])
            deliveries.point(session, scope, kinds.MISSING, old)
        assert known("employees")["gone"] == 1

    def test_others_change_while_one_is_carried(self, known: Crossing) -> None:
        """A file that goes out meanwhile still holds the one that was missed, as it was told."""
        known.remove("1004")
        known.change("1003", Achternaam="Nieuw")
        books = known("employees")
        assert (books["delivered"], books["repeated"]) == (2, 1)
        assert known.employments()["01/1004/1"].values["last_name"] == "Hart"
        assert known.employments()["01/1003/1"].values["last_name"] == "Nieuw"

    def test_a_row_that_nobody_can_name_may_be_any_of_the_missing(self, known: Crossing) -> None:
        """While a row without GUID and number is about, nobody is taken to be gone."""
        known.change("1004", GUID=None, Personeelsnummer=None)
        for _ in range(3):
            books = known("employees")
            assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert "1004" in known.people()

    def test_a_lost_guid_takes_nobody_away(self, known: Crossing) -> None:
        """A person whose GUID got lost is a reject by number, and the line stays."""
        known.change("1004", GUID=None)
        for _ in range(3):
            books = known("employees")
            assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert known.rejects("employees") == {"number:1004": "missing_value"}

    def test_a_department_goes_as_late_as_a_person(self, known: Crossing) -> None:
        """A unit that nobody is in any more leaves a night after the first chart without it."""
        known.change("1010", Afdelingscode="BED")
        known.change("1007", Afdelingscode="BED")
        known("employees")
        assert known("organigram")["gone"] == 0
        assert known.later(1)("organigram")["gone"] == 0
        assert known.later(20)("organigram")["gone"] == 1
        assert known.state.departments["02/KEUK"].archived


def take_four_away(known: Crossing) -> None:
    known.remove(*FOUR)
    known.change("1005", Achternaam="Nieuw")
    known("employees")


class TestMany:
    def held(self, after: After) -> dict[str, Any]:
        return after(take_four_away).held("employees")

    def test_many_wait_for_a_person_and_the_rest_goes_out(self, known: Crossing, after: After) -> None:
        """The removals are held, not the delivery: what changed arrives, and the many stay in the file."""
        held = self.held(after)
        assert (held["reasons"], held["gone"]) == ("many_gone", 4)
        books = known.books("employees")
        assert (books["delivered"], books["repeated"], books["gone"]) == (1, 4, 0)
        assert set(FOUR) < known.people()
        assert known.employments()["02/1005/1"].values["last_name"] == "Nieuw"

    def test_what_waits_keeps_its_number(self, known: Crossing, after: After) -> None:
        """Night after night the same question has the same id, and nothing is taken away."""
        held = self.held(after)
        for _ in range(2):
            books = known("employees")
            assert (books["repeated"], books["gone"]) == (4, 0)
            assert known.held("employees")["id"] == held["id"]

    def test_released_removals_go_at_the_next_run(self, known: Crossing, after: After) -> None:
        """What a person released leaves the portal, in the delivery of that very id."""
        held = self.held(after)
        known.release(held["id"])
        assert set(FOUR) < known.people(), "releasing sends nothing by itself"
        books = known("employees")
        assert (books["gone"], books["repeated"]) == (4, 0)
        assert not set(FOUR) & known.people()
        (done,) = [row for row in known.deliveries("employees", "delivered") if row["id"] == held["id"]]
        assert (done["gone"], done["decided_by"]) == (4, "Jo")

    def test_only_those_that_are_still_missing_go(self, known: Crossing, after: After) -> None:
        """A person approved a set: one who is back at the source stays."""
        rows = [row for row in known.source("employees") if row["Personeelsnummer"] == "1004"]
        held = self.held(after)
        known.release(held["id"])
        known.sandbox.afas.insert("veerhuis", EMPLOYEES, rows)
        assert known("employees")["gone"] == 3
        assert set(FOUR) & known.people() == {"1004"}

    def test_one_more_is_not_covered_by_the_release(self, known: Crossing, after: After) -> None:
        """Whoever goes missing after the release is judged again."""
        held = self.held(after)
        known.release(held["id"])
        known.remove("KMA")
        assert known("employees")["gone"] == 4
        assert "KMA" in known.people()

    def test_back_at_the_source_the_question_is_withdrawn(self, known: Crossing, after: After) -> None:
        """When everybody is back nothing waits any more, released or not."""
        rows = known.source("employees")
        held = self.held(after)
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        known("employees")
        assert known.deliveries("employees", "held") == []
        (row,) = [row for row in known.deliveries("employees") if row["id"] == held["id"]]
        assert row["state"] == "superseded"
        with pytest.raises(SettingsError, match="superseded"):
            known.release(held["id"])

    def test_a_released_question_that_is_withdrawn_takes_nobody_away(self, known: Crossing, after: After) -> None:
        """Released, and then everybody is back: nobody goes, and the release is used up."""
        rows = known.source("employees")
        held = self.held(after)
        known.release(held["id"])
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        assert known("employees")["gone"] == 0
        assert known.deliveries("employees", "held") == []
        known.remove(*FOUR)
        assert known("employees")["gone"] == 0

    def test_discarded_is_silent_until_the_set_changes(self, known: Crossing, after: After) -> None:
        """A discarded question is not asked again, its lines stay; what is new is another question."""
        held = self.held(after)
        known.discard(held["id"])
        for _ in range(2):
            assert known("employees")["gone"] == 0
            assert known.deliveries("employees", "held") == []
        assert set(FOUR) < known.people()
        known.remove("KMA")
        known("employees")
        assert known.held("employees")["gone"] == 1

    def test_a_discarded_question_can_still_be_released(self, known: Crossing, after: After) -> None:
        """Who discarded by mistake releases the same id nights later."""
        held = self.held(after)
        known.discard(held["id"])
        known("employees")
        known.release(held["id"])
        assert known("employees")["gone"] == 4

    def test_many_at_one_small_employer_are_many(self, known: Crossing) -> None:
        """Three of the four lines of one employer wait, whatever the percentage of the whole would allow."""
        known.configure(guards={"max_gone_percent": 40})
        known.remove("1005", "1007", "1010")
        known("employees")
        assert known.held("employees")["gone"] == 3


class TestTheWhole:
    def test_zero_rows_take_nobody_away(self, known: Crossing) -> None:
        """A source that shows nothing is not believed, however often."""
        known.sandbox.faults.add("zero_rows", connector=EMPLOYEES)
        for _ in range(3):
            books = known("employees")
            assert (books["read"], books["delivered"], books["gone"]) == (0, 0, 0)
            assert known.held("employees")["reasons"] == "zero_rows"
        assert len(known.people()) == 10
        assert len(known.files("employees")) == 1
        known.sandbox.faults.clear()
        assert known("employees")["unchanged"] == 13
        assert known.deliveries("employees", "held") == []

    def test_zero_rows_of_a_handful_wait_too(self, known: Crossing) -> None:
        """Nothing at all waits for a person also where so few would not."""
        known.configure(guards={"min_gone": 50, "max_gone": 50})
        known.sandbox.faults.add("zero_rows", connector=EMPLOYEES)
        for _ in range(3):
            assert known("employees")["gone"] == 0
        assert known.held("employees")["reasons"] == "zero_rows"

    @pytest.mark.parametrize(("value", "reason"), [("", "column_blank"), ("(replaced)", "column_replaced")])
    def test_a_column_that_lost_its_values_holds_the_delivery(self, known: Crossing, value: str, reason: str) -> None:
        """A column that is blank or `(replaced)` throughout is a broken definition: nothing goes before a person
        says so."""
        rows = [row | {"Functie": value} for row in known.source("employees")]
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        for _ in range(2):
            books = known("employees")
            assert (books["state"], books["held"], books["delivered"], books["gone"]) == ("held", 13, 0, 0)
        held = known.held("employees")
        assert held["reasons"] == f"{reason}:function"
        assert known.employments()["01/1004/1"].values["function"] == "Monteur"
        assert len(known.files("employees")) == 1

        known.release(held["id"])
        assert known("employees")["delivered"] == 13
        assert known.employments()["01/1004/1"].values["function"] == (value or None)
        assert known("employees")["unchanged"] == 13

    def test_a_column_that_comes_back_goes_out_by_itself(self, known: Crossing) -> None:
        """Once the source is repaired the hold is withdrawn without anybody's doing."""
        rows = known.source("employees")
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, [row | {"Functie": None} for row in rows])
        known("employees")
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        known.change("1004", Achternaam="Nieuw")
        assert known("employees")["delivered"] == 1
        assert known.deliveries("employees", "held") == []

    def test_the_first_delivery_in_production_waits(self, crossing: Crossing) -> None:
        """In production the portal may hold what we never saw: the first file waits, and goes when released."""
        crossing.configure(xpert_suite={"profile": "production", "columns": columns()}, organigram={"tree": "derive"})
        crossing.first_night("employers", "employees", "organigram")
        assert crossing.sandbox.portal.reports() == []
        for flow, rows in (("employers", 2), ("employees", 13), ("organigram", 9)):
            assert crossing.books(flow)["held"] == rows
            held = crossing.held(flow)
            assert held["reasons"] == "first_delivery"
            crossing(flow)
            assert crossing.held(flow)["id"] == held["id"]
            crossing.release(held["id"])
            assert crossing(flow)["delivered"] == rows
            assert crossing(flow)["unchanged"] == rows
        assert len(crossing.people()) == 10


class TestTheWindow:
    def test_an_ended_employment_leaves_when_its_window_has_passed(self, known: Crossing) -> None:
        """Once the source no longer shows an ended employment it stays for the window, and leaves without a question.

        1006 ended on 30 June 2024; the window is 30 months.
        """
        known.configure(absence={"history_months": 30})
        known.change("1003", Functie="Kapitein")
        known.change("1006", Functie="Kapitein")
        known("employees")
        known.remove("1006")
        for _ in range(3):
            books = known("employees")
            assert (books["repeated"], books["gone"]) == (1, 0)
        assert b"1006" in known.last_file("employees")
        known.today = known.today.replace(month=12, day=30)
        books = known("employees")
        assert (books["repeated"], books["gone"]) == (0, 0)
        assert len(known.files("employees")) == 3
        assert b"1006" not in known.last_file("employees")


class TestChanges:
    def test_a_new_personnel_number_waits_for_a_person(self, known: Crossing) -> None:
        """A known person under another number is a question; the old line stays until it is answered."""
        known.change("1004", Personeelsnummer="2004")
        for _ in range(2):
            books = known("employees")
            assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert known.rejects("employees") == {guid(4): "portal_key_changed"}
        assert "01/1004/1" in known.employments()
        known.confirm("employees", guid(4))
        books = known("employees")
        assert (books["delivered"], books["rejected"]) == (1, 0)
        assert "01/2004/1" in known.employments()
        assert "01/1004/1" not in known.employments()
        assert known.rejects("employees") == {}

    def test_a_confirmation_is_for_that_change_only(self, known: Crossing) -> None:
        """Confirming one number does not confirm the next one."""
        known.change("1004", Personeelsnummer="2004")
        known("employees")
        known.confirm("employees", guid(4))
        known.change("2004", Personeelsnummer="3004")
        assert known("employees")["rejected"] == 1
        assert "01/1004/1" in known.employments()

    def test_a_move_to_another_employer_waits_for_a_person(self, known: Crossing) -> None:
        """The same employment at another employer is a question; confirmed, the old line goes as the new one comes."""
        known.change("1004", Werkgeverscode="02")
        for _ in range(2):
            books = known("employees")
            assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert known.rejects("employees") == {guid(4): "employer_changed"}
        known.confirm("employees", guid(4))
        assert known("employees")["delivered"] == 1
        assert "02/1004/1" in known.employments()
        assert "01/1004/1" not in known.employments()

    def test_one_answer_is_enough_for_a_person_with_two_employments(self, known: Crossing) -> None:
        """Of a person with two employments both lines change with the number: one question, one answer."""
        known.change("1008", Personeelsnummer="2008")
        assert known("employees")["rejected"] == 2
        known.confirm("employees", guid(8))
        assert known("employees")["delivered"] == 2
        assert {"01/2008/1", "02/2008/2"} < set(known.employments())

    def test_a_confirmed_move_that_cannot_arrive_takes_nothing_away(self, known: Crossing) -> None:
        """When the new line is rejected for another reason, the old one stays, confirmed or not."""
        known.change("1004", Werkgeverscode="02")
        known("employees")
        known.confirm("employees", guid(4))
        known.change("1004", Personeelsnummer="1005")
        books = known("employees")
        assert books["gone"] == 0
        assert "01/1004/1" in known.employments()

    def test_nothing_personal_is_kept_of_a_question(self, known: Crossing) -> None:
        """The ledger keeps a fingerprint of the new number, not the number."""
        known.change("1004", Personeelsnummer="20042004")
        known("employees")
        assert not known.in_ledger("20042004")
        with known.ledger.session() as session:
            (row,) = reject_store.listed(session, reject_store.RejectFilter("veerhuis", "employees", state="open"))
            assert row.question
