"""The books: what came in is accounted for, bad rows cost themselves only, and what did not change is not sent."""

import pytest
from crossings import EMPLOYEES, ORGANIGRAM, Crossing, Make, guid

from veerpont.desk import lists
from veerpont.model.failures import SettingsError
from veerpont_sandbox.customers import BAD_ROWS

REASONS = {
    guid(0x901): "impossible_date",
    guid(0x902): "unknown_employer",
    guid(0x903): "wrong_type",
    "number:9004": "missing_value",
    guid(0x905): "too_long",
    guid(0x906): "control_characters",
    guid(0x907): "missing_value",
    guid(0x908): "end_before_start",
    guid(1): "duplicate_key",
}


class TestUnchanged:
    def test_a_second_night_sends_nothing(self, known: Crossing) -> None:
        """When nothing changed at the source no file goes out, and the books say unchanged."""
        before = len(known.sandbox.portal.reports())
        for flow in ("employers", "employees", "organigram"):
            first, books = known.books(flow), known(flow)
            assert (books["unchanged"], books["delivered"]) == (first["delivered"], 0)
            assert books["filtered"] == first["filtered"]
        assert len(known.sandbox.portal.reports()) == before

    def test_only_what_changed_is_delivered_and_the_rest_repeated(self, known: Crossing) -> None:
        """One change makes one delivered row; the file is complete all the same."""
        known.change("1005", Functie="Chef")
        books = known("employees")
        assert (books["delivered"], books["unchanged"]) == (1, 12)
        report = known.sandbox.portal.reports("veerhuis", "employees")[-1]
        assert (report.lines_read, report.updated, report.ended, report.rejected) == (11, 1, 0, 0)

    def test_a_change_at_the_source_that_no_column_shows_sends_nothing(self, known: Crossing) -> None:
        """A field that the portal does not get is no reason for a file."""
        known.change("1005", BSN="900000168", Uren_Ma=4)
        assert known("employees")["unchanged"] == 13
        assert not known.stored("900000168")

    def test_a_run_that_is_run_again_has_no_second_effect(self, known: Crossing) -> None:
        """Loading the same run twice sends one file and counts once."""
        from veerpont.pipeline.load import load

        known.change("1005", Functie="Chef")
        job, transformed = known.until_load("employees")
        first = load(job, transformed)
        assert load(job, transformed) == {}
        assert first["xpert_suite"]["delivered"] == known.books("employees")["delivered"] == 1
        assert len(known.files("employees")) == 2


class TestBadRows:
    @pytest.fixture
    def bad(self, make: Make) -> Crossing:
        return make(bad_rows=tuple(BAD_ROWS), night=("employers", "employees"))

    def test_each_is_one_reject_and_the_rest_arrives(self, bad: Crossing) -> None:
        """Nine bad rows are nine rejects, each with its reason; the books balance and the others are at the portal."""
        books = bad.books("employees")
        assert (books["read"], books["rejected"], books["filtered"]) == (24, 9 + 2, 2)
        assert books["delivered"] == 11
        assert bad.rejects("employees") == REASONS
        assert bad.people() == {"KMA", "1003", "1004", "1005", "1006", "1007", "1008", "0109", "1010"}

    def test_rejects_say_what_to_do_and_not_the_value(self, bad: Crossing) -> None:
        """A reject names the record key, the field and what to do; the value is nowhere in the ledger."""
        for row in lists.list_rejects(bad.ledger, "veerhuis", "employees", "open"):
            assert row["field"]
            assert len(row["detail"]) > 30
            assert (row["attempts"], row["state"]) == (1, "open")
        for value in ("AAAAAAAA", "oef", "twaalf", "Xandra", "1980-02-31", "Vries"):
            assert not bad.in_ledger(value)

    def test_a_name_that_looks_like_a_formula_arrives_as_text(self, bad: Crossing) -> None:
        """`=Willems` is a name; so are the zeros in front of a number."""
        assert bad.employments()["01/0109/1"].values["last_name"] == "=Willems"

    def test_tried_again_they_count_attempts_and_cost_nobody_else(self, bad: Crossing) -> None:
        """The next night the same rows are the same rejects, with one more attempt."""
        books = bad("employees")
        assert (books["unchanged"], books["rejected"], books["delivered"]) == (11, 11, 0)
        rows = lists.list_rejects(bad.ledger, "veerhuis", "employees", "open")
        assert {row["attempts"] for row in rows} == {2}
        assert {row["key"] for row in rows} == set(REASONS)

    def test_repaired_they_cross_and_their_rejects_close(self, bad: Crossing) -> None:
        """A repaired row crosses by itself, and its reject is closed by that run; a deleted one closes too."""
        bad.change("9001", Geboortedatum="1980-02-28T00:00:00Z")
        bad.change("9004", GUID="{5A0D0001-0000-4000-8000-000000000904}")
        bad.sandbox.afas.delete("veerhuis", EMPLOYEES, "Achternaam", ["A" * 10_000])
        books = bad("employees")
        assert (books["delivered"], books["rejected"]) == (2, 8)
        assert {"9001", "9004"} < bad.people()
        assert set(bad.rejects("employees", "closed")) == {guid(0x901), "number:9004", guid(0x905)}
        with bad.ledger.engine.connect() as connection:
            from sqlalchemy import text

            closed_by = {
                row[0] for row in connection.execute(text("SELECT closed_by FROM rejects WHERE state='closed'"))
            }
        assert closed_by == {books["run_id"]}

    def test_one_who_turns_bad_keeps_the_old_line(self, known: Crossing) -> None:
        """A person at the portal whose row goes bad stays there as last told."""
        known.change("1004", Geboortedatum="1980-02-31T00:00:00Z")
        known.change("1005", Functie="Chef")
        for _ in range(3):
            books = known("employees")
            assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert known.employments()["01/1004/1"].values["birth_date"] == "1979-01-31"

    @pytest.mark.parametrize("employer", ["01", None])
    def test_somebody_without_an_employment_is_no_reject(self, known: Crossing, employer: str | None) -> None:
        """Nobody can repair that at the source: the row is left out, and counted, every night."""
        without = dict.fromkeys(("Dienstverbandnummer", "Contractnummer", "Datum_start_dvb"))
        newcomer = known.source("employees")[0] | without | {"GUID": "{5A0D-NEW}", "Personeelsnummer": "7777"}
        known.sandbox.afas.insert("veerhuis", EMPLOYEES, [newcomer | {"Werkgeverscode": employer}])
        before = known.people()
        for _ in range(2):
            books = known("employees")
            assert (books["rejected"], books["gone"], books["state"]) == (0, 0, "success")
            assert employer is None or "1 rows are left out (no_employment)" in books["message"]
        assert known.people() == before
        assert known.rejects("employees") == {}

    def test_one_who_was_told_and_has_none_any_more_is_missing(self, known: Crossing) -> None:
        """The line stays as it was told, until a second read agrees: as with anybody who is missing."""
        known.change("1004", Dienstverbandnummer=None, Contractnummer=None, Datum_start_dvb=None)
        books = known("employees")
        assert (books["rejected"], books["gone"], books["repeated"]) == (0, 0, 1)
        assert "1004" in known.people()

    def test_one_bad_row_of_a_person_makes_the_whole_person_wait(self, known: Crossing) -> None:
        """Which of several rows holds cannot be known when one is bad: the person waits with all of them."""
        rows = known.source("employees")
        rows[0]["Achternaam"] = None
        known.sandbox.afas.replace("veerhuis", EMPLOYEES, rows)
        books = known("employees")
        assert (books["rejected"], books["repeated"]) == (2, 1)

    def test_two_people_with_one_number_are_both_rejected(self, known: Crossing) -> None:
        """Neither of two people who claim one number overwrites the other."""
        known.change("1003", Personeelsnummer="1004")
        books = known("employees")
        assert (books["rejected"], books["repeated"], books["gone"]) == (3, 2, 0)
        assert known.rejects("employees") == {guid(3): "duplicate_key", guid(4): "duplicate_key"}

    def test_a_bad_unit_is_a_reject_and_stays_where_it_was(self, known: Crossing) -> None:
        """A unit whose name got lost is a reject; neither it nor what hangs above it goes."""
        rows = known.source("organigram")
        for row in rows:
            if row["Org._eenheid"] in {"VAREN", "KEUK"}:
                row["Org._eenheid_omschrijving"] = None
        known.sandbox.afas.replace("veerhuis", ORGANIGRAM, rows)
        for _ in range(3):
            assert known("organigram")["gone"] == 0
        assert known.rejects("organigram") == {"VAREN": "missing_value", "KEUK": "missing_value"}
        assert not any(unit.archived for unit in known.state.departments.values())

    def test_units_that_hang_from_each_other_are_rejects(self, known: Crossing) -> None:
        """A cycle of parents is said unit by unit, and ends."""
        rows = known.source("organigram")
        for row in rows:
            if row["Org._eenheid"] == "VAREN":
                row["Bovenliggende_org._eenheid"] = "PONT"
        known.sandbox.afas.replace("veerhuis", ORGANIGRAM, rows)
        for _ in range(3):
            assert known("organigram")["gone"] == 0
        assert known.rejects("organigram") == {"VAREN": "department_cycle", "PONT": "department_cycle"}

    def test_units_that_cannot_be_read_take_nothing_above_them_along(self, known: Crossing) -> None:
        """The top hangs together by units that are all rejected now; nobody is asked whether it may go."""
        level = {"DIR", "VAREN", "HOR", "VAST", "ROND"}
        rows = known.source("organigram")
        for row in rows:
            if row["Org._eenheid"] in level:
                row["Einddatum_organigram"] = "2250-01-01T00:00:00Z"
        known.sandbox.afas.replace("veerhuis", ORGANIGRAM, rows)
        before = known.state.departments
        for _ in range(3):
            books = known("organigram")
            assert (books["gone"], books["held"], books["state"]) == (0, 0, "success")
        assert set(known.rejects("organigram")) <= level
        assert set(known.rejects("organigram").values()) == {"impossible_date"}
        assert known.state.departments == before

    def test_a_unit_that_ends_in_the_year_9999_does_not_end(self, known: Crossing) -> None:
        """That is how people and systems write that there is no end."""
        rows = known.source("organigram")
        for row in rows:
            if row["Org._eenheid"] == "HOR":
                row["Einddatum_organigram"] = "9999-12-31T00:00:00Z"
        known.sandbox.afas.replace("veerhuis", ORGANIGRAM, rows)
        books = known("organigram")
        assert (books["delivered"], books["rejected"], books["gone"]) == (0, 0, 0)


class TestTwoCustomers:
    def test_one_that_fails_does_not_stop_the_other(self, make: Make) -> None:
        """While one customer's token is revoked the other's people arrive; repaired, the first one's do too."""
        crossing = make("veerhuis", "oeverland")
        oeverland = Crossing(crossing.sandbox, crossing.home, crossing.key, "oeverland")
        for each in (crossing, oeverland):
            each.first_night("employers")
        crossing.sandbox.faults.add("revoked", customer="veerhuis")
        with pytest.raises(SettingsError, match="token"):
            crossing("employees")
        assert oeverland("employees")["delivered"] > 30
        assert crossing.books("employees")["state"] == "failed"
        assert crossing.files("employees") == []
        crossing.sandbox.faults.clear()
        assert crossing("employees")["delivered"] == 13
        assert oeverland("employees")["delivered"] == 0
        assert not oeverland.employments().keys() & crossing.employments().keys()
