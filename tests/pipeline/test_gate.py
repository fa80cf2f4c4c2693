"""The gate: only active employers' rows are kept or sent (docs/decisions/0018)."""

import pytest
from crossings import EMPLOYEES, EMPLOYERS, Crossing

from veerpont.desk import lists
from veerpont.flows.index import NothingToReadError


def codes(crossing: Crossing) -> set[str]:
    """Return the employers of which the portal has employments that it did not end."""
    return {key.split("/")[0] for key in crossing.employments()}


class TestPending:
    def test_a_new_employer_waits(self, crossing: Crossing) -> None:
        """The first run shows the employers, sends none of them, and says so in its books."""
        books = crossing("employers")
        assert (books["read"], books["filtered"], books["delivered"]) == (4, 4, 0)
        found = lists.list_employers(crossing.ledger, "veerhuis")
        assert [(row["code"], row["state"]) for row in found] == [(f"0{n}", "pending") for n in range(1, 5)]
        assert crossing.sandbox.portal.reports() == []

    def test_before_anybody_is_active_no_employee_is_read(self, crossing: Crossing) -> None:
        """Without an active employer the source is not even asked."""
        crossing("employers")
        crossing.sandbox.afas.requests.clear()
        assert crossing("employees")["read"] == 0
        assert not crossing.sandbox.afas.requests
        assert not crossing.stored("Vries")

    def test_departments_wait_for_employees(self, crossing: Crossing) -> None:
        """Departments are derived from employees: before any crossed the flow says what has to run first."""
        crossing.first_night("employers")
        with pytest.raises(NothingToReadError, match="employees comes first"):
            crossing("organigram")
        assert crossing.books("organigram")["state"] == "skipped"


class TestActive:
    def test_only_the_active_employers_arrive(self, known: Crossing) -> None:
        """The portal gets the active employers, their people and the departments that these are in."""
        assert set(known.state.employers) == {"01", "02"}
        assert codes(known) == {"01", "02"}
        assert known.people() == {
            *("1001", "KMA", "1003", "1004", "1005", "1006", "1007", "1008", "0109", "1010"),
        }
        units = {key.split("/")[1] for key in known.state.departments}
        assert units == {"VEER", "DIR", "VAREN", "KADE", "PONT", "HOR", "KEUK", "BED"}

    def test_nothing_of_the_others_is_stored(self, known: Crossing) -> None:
        """Of a pending or inactive employer the vault, the ledger and the portal have nothing but code and name."""
        known.until_load("employees")  # also of the rows that are staged at this moment
        assert any("/batches/" in path for path in known.stored("Vries")), "the search finds what is there"
        assert known.stored("Jansen"), "also in the workbook"
        for secret in ("Yilmaz", "Postma", "1011", "900000107", "00000000000C", "Nijmegen", "Arnhem", "Rijnkade"):
            assert not known.stored(secret)
            assert not known.in_ledger(secret)
            assert secret not in str(known.state)

    def test_an_employer_that_is_activated_later_arrives_at_the_next_run(self, known: Crossing) -> None:
        """Activating lets an employer's rows through from the next run on."""
        known.activate("03")
        assert known("employers")["delivered"] == 1
        assert known("employees")["delivered"] == 1
        assert "03/1011/1" in known.employments()

    def test_an_employer_code_that_was_never_shown_is_a_reject(self, known: Crossing) -> None:
        """A row with a code that the flow employers never showed goes to the desk and nowhere else."""
        known.change("1004", Werkgeverscode="77")
        books = known("employees")
        assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert list(known.rejects("employees").values()) == ["unknown_employer"]
        assert "01/1004/1" in known.employments()
        assert not known.files("employees")[1:]


class TestInactive:
    def test_deactivating_stops_the_reading_and_freezes_the_lines(self, known: Crossing) -> None:
        """A deactivated employer's rows are not kept any more; what the portal has of it stays as it was."""
        known.deactivate("02")
        known.change("1005", Achternaam="Verborgen")
        known.change("1001", Achternaam="Nieuw")
        for flow in ("employers", "employees", "organigram"):
            books = known(flow)
            assert books["gone"] == 0
        assert known.books("employees")["filtered"] == 4 + 2
        assert codes(known) == {"01", "02"}
        assert known.employments()["02/1005/1"].values["last_name"] == "Jansen"
        assert known.employments()["01/1001/1"].values["last_name"] == "Nieuw"
        assert not known.stored("Verborgen")
        assert set(known.state.employers) == {"01", "02"}

    def test_frozen_lines_stay_however_often_they_are_missing(self, known: Crossing) -> None:
        """Frozen lines are not taken to be gone, run after run."""
        known.deactivate("02")
        for _ in range(3):
            books = known("employees")
            assert (books["repeated"], books["gone"], books["held"]) == (4, 0, 0)
        assert codes(known) == {"01", "02"}
        assert len(known.files("employees")) == 1

    def test_purging_takes_the_lines_away(self, known: Crossing) -> None:
        """Once a person said that the portal let go of an employer, its lines leave at once and are not kept."""
        known.deactivate("02")
        known("employees")
        known.deactivate("02", purge=True)
        assert known("employees")["gone"] == 4
        assert codes(known) == {"01"}
        assert not [path for path in known.stored("Jansen") if "/deliveries/" not in path]
        assert not [path for path in known.stored("1005") if "/deliveries/" not in path]

    def test_purging_the_last_employer_leaves_nothing_in_snapshot_or_index(self, known: Crossing) -> None:
        """When nobody is active any more a purge still erases: no read is needed for it."""
        known.deactivate("01", "02", purge=True)
        assert known("employees")["gone"] == 11
        assert not [path for path in known.stored("5A0D0001") if "/deliveries/" not in path]

    def test_an_employer_deactivated_after_its_rows_were_read_is_left_out(self, known: Crossing) -> None:
        """Between reading and sending a person may decide: load asks the gate again."""
        known.change("1005", Achternaam="Verborgen")
        job, transformed = known.until_load("employees")
        known.deactivate("02")
        from veerpont.pipeline.load import load

        load(job, transformed)
        books = known.books("employees")
        assert (books["delivered"], books["filtered"], books["repeated"]) == (0, 6, 4)
        assert known.employments()["02/1005/1"].values["last_name"] == "Jansen"


class TestRenamed:
    def test_a_renamed_employer_is_frozen_until_a_person_confirms(self, known: Crossing) -> None:
        """An active employer with another name may be another company: it waits, its lines stay, then it goes on."""
        afas = known.sandbox.afas
        afas.update("veerhuis", EMPLOYERS, "Werkgeverscode", "02", {"Werkgeversnaam": "Heel Anders B.V."})
        known("employers")
        (state,) = [row for row in lists.list_employers(known.ledger, "veerhuis") if row["code"] == "02"]
        assert (state["state"], state["frozen"], state["name"]) == ("pending", True, "Heel Anders B.V.")
        assert known.state.employers["02"]["name"] == "Veerhuis Horeca B.V."
        known.change("1005", Achternaam="Verborgen")
        books = known("employees")
        assert (books["filtered"], books["repeated"], books["gone"]) == (6, 4, 0)
        assert not known.stored("Verborgen")

        known.activate("02")
        known("employers")
        known("employees")
        assert known.state.employers["02"]["name"] == "Heel Anders B.V."
        assert known.employments()["02/1005/1"].values["last_name"] == "Verborgen"

    def test_two_names_for_one_code_change_nothing(self, known: Crossing) -> None:
        """An employer that the source shows twice with different names is a reject, and stays active."""
        row = known.source("employers")[0] | {"Werkgeversnaam": "Dubbel B.V."}
        known.sandbox.afas.insert("veerhuis", EMPLOYERS, [row])
        books = known("employers")
        assert (books["rejected"], books["repeated"], books["gone"]) == (2, 1, 0)
        assert known.rejects("employers") == {"01": "duplicate_key"}
        assert lists.list_employers(known.ledger, "veerhuis")[0]["state"] == "active"

    def test_a_person_without_an_employer_code_is_a_reject(self, known: Crossing) -> None:
        """A row that does not say its employer passes no gate."""
        known.sandbox.afas.update("veerhuis", EMPLOYEES, "Personeelsnummer", "1004", {"Werkgeverscode": None})
        books = known("employees")
        assert (books["rejected"], books["repeated"]) == (1, 1)
        assert list(known.rejects("employees").values()) == ["missing_value"]
