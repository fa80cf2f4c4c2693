"""People who move while they are ill: numbers, employers, contracts (docs/decisions/0001)."""

from datetime import date

import pytest
from crossings import ABSENCE, EMPLOYEES, After, Crossing, guid
from illness import at, case_of, days, in_history, key, nights, told

from veerpont.model.failures import SettingsError

pytest_plugins = ["at_noon"]

OPEN = [("2026-11-16", None, "100")]
"""What the portal has of 1001."""


def renumber(ill: Crossing) -> None:
    ill.change("1001", Personeelsnummer="2001")
    ill.sandbox.afas.update("veerhuis", ABSENCE, "Personeelsnummer", "1001", {"Personeelsnummer": "2001"})
    ill("employees")
    ill.at("2026-11-22T13:00")("absence")


class TestANewNumber:
    @pytest.fixture
    def renumbered(self, ill: Crossing, after: After) -> Crossing:
        """AFAS shows 1001 as 2001, with the same GUID, among the employees and in the absence."""
        return after(renumber)

    def test_until_it_is_confirmed_the_absence_keeps_the_old_one(self, renumbered: Crossing) -> None:
        """The portal knows the person by the old number only: nothing changes, and nothing more is asked."""
        assert renumbered.rejects("employees") == {guid(1): "portal_key_changed"}
        for _ in range(2):
            books = renumbered.at("2026-11-22T21:00")("absence")
            assert (books["gone"], books["repeated"], books["delivered"]) == (0, 0, 0)
        assert days(renumbered, "1001") == OPEN
        assert days(renumbered, "2001") == []
        assert list(renumbered.rejects("absence").values()) == ["unknown_type"]

    def test_what_changes_meanwhile_goes_under_the_old_number(self, renumbered: Crossing) -> None:
        """A partial recovery is not held up by the question about the number."""
        case = case_of(renumbered, "1001", "2026-11-16")
        renumbered.book.change(case, date(2026, 11, 21), 50, at=at("2026-11-22", 13))
        renumbered.at("2026-11-22T14:00")("absence")
        assert days(renumbered, "1001") == [("2026-11-16", "2026-11-20", "100"), ("2026-11-21", None, "50")]

    def test_confirmed_it_follows(self, renumbered: Crossing) -> None:
        """Once the employees crossed under the new number the absence does, without another question."""
        renumbered.confirm("employees", guid(1))
        renumbered("employees")
        books = renumbered.at("2026-11-22T14:00")("absence")
        assert (books["delivered"], books["gone"], books["held"]) == (1, 0, 0)
        assert days(renumbered, "2001") == OPEN
        assert days(renumbered, "1001") == []
        assert renumbered.sandbox.portal.reports("veerhuis", "absence")[-1].rejected == 0


class TestAnotherEmployer:
    @pytest.fixture
    def moved(self, ill: Crossing) -> Crossing:
        """AFAS shows the illness of 1001 at employer 02; the employees flow did not bring 1001 there yet."""
        ill.book.move(case_of(ill, "1001", "2026-11-16"), "02", at=at("2026-11-22", 12))
        ill.at("2026-11-22T13:00")("absence")
        return ill

    def test_it_is_repeated_until_the_portal_knows_the_person_there(self, moved: Crossing) -> None:
        """At the new employer the portal would refuse the case: it stays at the old one, and the desk knows."""
        case = key(case_of(moved, "1001", "2026-11-16"))
        for books in (moved.books("absence"), *nights(moved, 22, 23)):
            assert (books["repeated"], books["gone"]) == (1, 0)
        assert moved.rejects("absence")[case] == "unknown_employee"
        assert told(moved, "1001") == [("01", "1001", "Ziekte", "2026-11-16", None, "100")]

    def test_confirmed_it_moves(self, moved: Crossing) -> None:
        """The move was confirmed among the employees: the case goes over, and the reject closes."""
        moved.change("1001", Werkgeverscode="02")
        moved("employees")
        moved.confirm("employees", guid(1))
        moved("employees")
        books = moved.at("2026-11-22T14:00")("absence")
        assert (books["repeated"], books["gone"], books["held"]) == (0, 0, 0)
        assert told(moved, "1001") == [("02", "1001", "Ziekte", "2026-11-16", None, "100")]
        assert list(moved.rejects("absence").values()) == ["unknown_type"]
        assert moved.periods() == moved.truth()

    def test_to_one_that_is_not_active(self, ill: Crossing) -> None:
        """Rows of an inactive employer are not kept: the case at the old one is missed, and a person says it may go."""
        ill.book.move(case_of(ill, "1001", "2026-11-16"), "04", at=at("2026-11-22", 12))
        nights(ill, 22)
        assert days(ill, "1001") == OPEN
        nights(ill, 23)
        assert days(ill, "1001") == OPEN
        ill.release(ill.held("absence")["id"])
        nights(ill, 24)
        assert days(ill, "1001") == []
        assert not in_history(ill, '"Werkgevercode":"04"')

    def test_to_one_that_nobody_knows(self, ill: Crossing) -> None:
        """A code that the employers never showed is a reject of the line, by its GUID, and nothing of it is kept."""
        ill.book.open("1003", date(2026, 11, 21), employer="77", at=at("2026-11-22", 12))
        books = ill.at("2026-11-22T13:00")("absence")
        assert books["rejected"] == 1
        assert "unknown_employer" in ill.rejects("absence").values()
        assert ill.stored('"77"') == []


def freeze(ill: Crossing) -> None:
    ill.deactivate("02")
    ill.book.change(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 20), 50, at=at("2026-11-22", 12))
    ill.book.open("1010", date(2026, 11, 20), employer="02", at=at("2026-11-22", 12))
    ill.at("2026-11-22T13:00")("absence")


class TestAnEmployerThatIsDeactivated:
    @pytest.fixture
    def frozen(self, ill: Crossing, after: After) -> Crossing:
        """Employer 02 was deactivated while two of its people have cases at the portal."""
        return after(freeze)

    def test_its_lines_stay_in_the_file(self, frozen: Crossing) -> None:
        """Files go on holding what the portal has of it; nothing new of it is read."""
        for books in (frozen.books("absence"), *nights(frozen, 22, 23)):
            assert (books["repeated"], books["gone"], books["held"]) == (2, 0, 0)
        assert days(frozen, "1005") == [("2026-09-14", "2027-01-06", "100")]
        assert days(frozen, "1010") == [("2026-07-04", "2026-07-12", "100")]
        assert days(frozen, "1001")[-1] == ("2026-11-20", None, "50")

    def test_its_history_is_erased(self, frozen: Crossing) -> None:
        """The vault keeps nothing of it but what the portal was told."""
        lines = [line.guid for number in ("1005", "1010") for case in frozen.book.cases(number) for line in case.lines]
        for line in lines:
            assert not in_history(frozen, key(line))
        told = key(case_of(frozen, "1005", "2026-09-14"))
        kinds = {path.split("/")[3] for path in frozen.stored(told)}
        assert kinds == {"snapshots", "lookup", "deliveries", "standing"}
        standing = [path for path in frozen.stored("1005") if "/standing/" in path]
        assert not standing, "of a line that is repeated it has the key alone"

    def test_what_was_never_told_goes_at_once(self, ill: Crossing) -> None:
        """Also while something of another employer waits, so that this load leaves nothing to begin with."""
        wrong = key(ill.book.open("1010", date(2026, 11, 20), employer="02", at=at("2026-11-22", 12), type="XX"))
        ill.at("2026-11-22T13:00")("absence")
        assert {path.split("/")[3] for path in ill.stored(wrong)} >= {"standing"}
        ill.deactivate("02")
        ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 16), at=at("2026-11-22", 13))
        ill.at("2026-11-22T14:00")("absence")
        assert days(ill, "1001") == OPEN, "it is withdrawn, which the next read has to say too"
        assert ill.stored(wrong) == []

    def test_purged_it_leaves_the_file_and_the_vault(self, frozen: Crossing) -> None:
        """Once a person said that the portal let go of it: no line, no trace, and no question about how many."""
        frozen.deactivate("02", purge=True)
        books = frozen.at("2026-11-22T14:00")("absence")
        assert (books["gone"], books["held"], books["state"]) == (2, 0, "success")
        assert {period[0] for period in frozen.periods()} == {"01"}
        kinds = {path.split("/")[3] for path in frozen.stored(key(case_of(frozen, "1005", "2026-09-14")))}
        assert kinds <= {"deliveries"}

    def test_activated_again_it_is_read_at_once(self, frozen: Crossing) -> None:
        """What happened while it was off is asked for by the next run, before another file goes out."""
        frozen.activate("02")
        books = frozen.at("2026-11-22T14:00")("absence")
        assert books["state"] == "success"
        assert frozen.periods() == frozen.truth()

    def test_deactivated_after_its_rows_were_read(self, ill: Crossing) -> None:
        """Load asks the gate again: rows that are in hand already are left out."""
        from veerpont.pipeline.load import load

        case = ill.book.open("1010", date(2026, 11, 20), employer="02", at=at("2026-11-22", 12))
        job, transformed = ill.at("2026-11-22T13:00").until_load("absence")
        ill.deactivate("02")
        load(job, transformed)
        assert (ill.books("absence")["filtered"], ill.books("absence")["repeated"]) == (1, 2)
        assert ill.stored(key(case)) == []


class TestContracts:
    def test_an_employment_that_ended_while_ill(self, ill: Crossing) -> None:
        """Who leaves while ill stays in the file with the case, also when AFAS closes it for that reason."""
        ill.change("1004", Datum_eind_dvb="2026-11-21T00:00:00Z")
        ill("employees")
        for books in nights(ill, 22, 23):
            assert (books["gone"], books["repeated"], books["rejected"]) == (0, 0, 2)
        ill.book.close(case_of(ill, "1004", "2026-09-07"), date(2026, 11, 22), at=at("2026-11-23", 22), reason="2")
        ill.at("2026-11-24T08:00")("absence")
        assert days(ill, "1004")[-1] == ("2026-11-16", "2026-11-21", "25")
        assert ill.periods() == ill.truth()

    def test_an_illness_that_began_before_the_contract_is_asked_about_once(self, ill: Crossing) -> None:
        """It is a question; confirmed it crosses, and is not asked about again when it changes later."""
        case = ill.book.open("0109", date(2026, 11, 18), at=at("2026-11-18"), before_contract=date(2017, 5, 1))
        for hour in (13, 14):
            ill.at(f"2026-11-22T{hour}:00")("absence")
        assert ill.rejects("absence")[key(case)] == "began_before_contract"
        assert "2026-11-18" not in {day for day, *_ in days(ill, "0109")}
        ill.confirm("absence", key(case))
        ill.at("2026-11-22T15:00")("absence")
        assert days(ill, "0109")[-1] == ("2026-11-18", None, "100")
        assert key(case) not in ill.rejects("absence")
        ill.book.change(case, date(2026, 11, 22), 40, at=at("2026-11-22", 16))
        for moment in ("22T17:00", "22T21:00", "23T07:00"):
            ill.at(f"2026-11-{moment}")("absence")
            assert key(case) not in ill.rejects("absence")
        assert days(ill, "0109")[-1] == ("2026-11-22", None, "60")

    def test_only_that_question_may_be_confirmed(self, ill: Crossing) -> None:
        """A case that is wrong for another reason has nothing to confirm."""
        with pytest.raises(SettingsError, match="asks for a confirmation"):
            ill.confirm("absence", key(case_of(ill, "1008", "2026-02-09")))

    def test_a_case_that_the_portal_has_is_not_asked_about(self, ill: Crossing) -> None:
        """When the date before the contract is filled in later the case at the portal simply goes on."""
        rows = [
            row | {"Begindatum_voor_contract": "2018-01-01T00:00:00Z"} if row["Personeelsnummer"] == "1001" else row
            for row in ill.source("absence")
        ]
        ill.sandbox.afas.replace("veerhuis", ABSENCE, rows)
        nights(ill, 22)
        assert list(ill.rejects("absence").values()) == ["unknown_type"]
        assert days(ill, "1001") == OPEN


class TestUnknownPeople:
    def test_somebody_who_starts_today_waits_for_the_employees(self, ill: Crossing) -> None:
        """Ill on the first day: the case is a reject until the employees flow brought the person, and then crosses."""
        person = "{5A0D0001-0000-4000-8000-000000000AAA}"
        case = ill.book.open("3001", date(2026, 11, 22), at=at("2026-11-22"), guid_person=person)
        books = ill.at("2026-11-22T13:00")("absence")
        assert (books["rejected"], ill.rejects("absence")[key(case)]) == (1, "unknown_employee")
        (row,) = [row for row in ill.source("employees") if row["Personeelsnummer"] == "1004"]
        ill.sandbox.afas.insert("veerhuis", EMPLOYEES, [row | {"Personeelsnummer": "3001", "GUID": person}])
        ill("employees")
        ill.at("2026-11-22T14:00")("absence")
        assert days(ill, "3001") == [("2026-11-22", None, "100")]
        assert key(case) not in ill.rejects("absence")

    def test_somebody_whose_record_is_rejected_stays_known(self, ill: Crossing) -> None:
        """An employee of whom AFAS has lost the name is carried along: the absence goes on under the known number."""
        ill.change("1001", Achternaam=None)
        ill("employees")
        assert guid(1) in ill.rejects("employees")
        ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        books = ill.at("2026-11-22T13:00")("absence")
        assert (books["delivered"], books["repeated"], books["rejected"]) == (2, 0, 0)
        assert days(ill, "1001") == [("2026-11-16", "2026-11-21", "100")]

    def test_somebody_whose_record_never_crossed(self, ill: Crossing) -> None:
        """A newcomer whose record is rejected is unknown to the portal, and so is the illness."""
        person = "{5A0D0001-0000-4000-8000-000000000AAB}"
        (row,) = [row for row in ill.source("employees") if row["Personeelsnummer"] == "1004"]
        new = row | {"Personeelsnummer": "3002", "GUID": person, "Achternaam": None}
        ill.sandbox.afas.insert("veerhuis", EMPLOYEES, [new])
        ill("employees")
        case = ill.book.open("3002", date(2026, 11, 22), at=at("2026-11-22"), guid_person=person)
        ill.at("2026-11-22T13:00")("absence")
        assert ill.rejects("absence")[key(case)] == "unknown_employee"
        assert ill.sandbox.portal.reports("veerhuis", "absence")[-1].rejected == 0
