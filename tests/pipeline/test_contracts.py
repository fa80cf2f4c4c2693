"""What of a Loket customer's employee is taken over every night, always, and once (docs/reference/loket.md, 6)."""

import pytest
from crossings import Crossing, Make
from linked import LOCK, cells, decide, guid, of, start, with_77

from veerpont.model.failures import PassingError
from veerpont.store.deliveries import pointer
from veerpont.store.kinds import CONTRACTS
from veerpont.store.links import Choice
from veerpont.store.scope import Scope
from veerpont_sandbox.loket import changes


@pytest.fixture
def sluis(make: Make) -> Crossing:
    return start(make)


@pytest.fixture
def told(make: Make) -> Crossing:
    return make("sluis", night=("employers", "employees"), ready=with_77)


WHO_WORK = ("department_code", "function", "hours_per_week", "employment_start")


class TestWhatIsTakenOverWhen:
    def test_names_and_addresses_follow_and_the_contract_does_not(self, told: Crossing) -> None:
        before = cells(told, "1001", *WHO_WORK)
        assert None not in before
        changes.rename(of(told), 1001, "Visser")
        changes.change(of(told), 1001, "address", city="Elders")
        changes.change(of(told), 1001, "contactInformation", businessEmailAddress="new@sluis.example")
        job = changes.job(of(told), 1001)
        job.content["startDate"] = "2018-03-01"
        job.hours[-1]["aggregatedHoursPerWeek"] = 20
        job.entities[0]["function"]["description"] = "Chef"
        changes.move(of(told), 1002, "2026-11-01", 4)
        books = told("employees")
        assert (books["delivered"], books["unchanged"]) == (1, 11)
        assert cells(told, "1001", "last_name", "city", "email_work") == ["Visser", "Elders", "new@sluis.example"]
        assert cells(told, "1001", *WHO_WORK) == before
        assert cells(told, "1002", "department_code") == ["2"]

    def test_a_decision_takes_the_contract_once_more(self, told: Crossing) -> None:
        changes.move(of(told), 1002, "2026-11-01", 4)
        decide(told, Choice.ADD, 1002)
        told("employees")
        assert cells(told, "1002", "department_code", "department_name") == ["4", "Kantine"]
        changes.move(of(told), 1002, "2026-11-20", 3)
        assert told("employees")["delivered"] == 0
        assert cells(told, "1002", "department_code") == ["4"]

    def test_a_decision_that_changes_nothing_is_used_up_too(self, told: Crossing) -> None:
        decide(told, Choice.ADD, 1002)
        assert told("employees")["delivered"] == 0
        changes.move(of(told), 1002, "2026-11-01", 4)
        assert told("employees")["delivered"] == 0

    def test_what_was_empty_is_taken_when_it_first_is_there(self, told: Crossing) -> None:
        """Cor was on call, without hours."""
        for hours in (12, 24):
            changes.job(of(told), 1007).hours[-1]["aggregatedHoursPerWeek"] = hours
            told("employees")
            assert cells(told, "1007", "hours_per_week") == ["12"]

    def test_the_end_follows_also_when_it_is_withdrawn(self, told: Crossing) -> None:
        for withdraw in (False, True):
            if withdraw:
                changes.reinstate(of(told), 1005)
            else:
                changes.terminate(of(told), 1005, "2026-11-30")
            told("employees")
            ends = [None, None] if withdraw else ["2026-11-30", "2026-11-30"]
            assert cells(told, "1005", "employment_end", "contract_end", "department_code") == [*ends, "2"]
        for day in ("2026-12-31", None):
            changes.contract_until(of(told), 1005, day)
            told("employees")
            assert cells(told, "1005", "contract_end") == [day]

    def test_what_no_portal_accepted_is_not_taken(self, sluis: Crossing) -> None:
        """The first delivery waits; meanwhile somebody moves: the department of the day it goes is the one."""
        sluis.configure(xpert_suite={"profile": "production", "user_group": "L"} | columns())
        sluis.first_night("employers")
        sluis.release(sluis.held("employers")["id"])
        sluis("employers")
        sluis("employees")
        changes.move(of(sluis), 1002, "2026-11-01", 4)
        sluis("employees")
        sluis.release(sluis.held("employees")["id"])
        sluis("employees")
        assert cells(sluis, "1002", "department_code") == ["4"]

    def test_what_never_arrived_is_not_taken(self, sluis: Crossing) -> None:
        sluis.first_night("employers")
        sluis.sandbox.faults.add(kind="drop_upload", flow="employees")
        with pytest.raises(PassingError):
            sluis("employees")
        for taken in (False, True):
            with sluis.ledger.session() as session:
                assert (pointer(session, Scope("sluis", "employees"), CONTRACTS) is not None) is taken
            sluis.sandbox.faults.clear()
            sluis("employees")

    def test_what_a_portal_refused_is_not_taken(self, make: Make) -> None:
        told = make("sluis")
        portals = [("xpert_suite", "xpert_sluis", ["employers"]), ("json_api", "portal_sluis", ["employees", "iban"])]
        told.configure(
            portals=[{"portal": name, "connection": where, "flows": flows} for name, where, flows in portals]
        )
        key = f"{guid(told, 1002)}/{LOCK}/{changes.job(of(told), 1002).id.upper()}"
        told.sandbox.faults.add(kind="api_reject", keys=[key], flow="employees")
        told.first_night("employers", "employees")
        assert guid(told, 1002) in told.rejects("employees")
        told.sandbox.faults.clear()
        changes.move(of(told), 1002, "2026-11-01", 4)
        told("employees")
        (record,) = told.sandbox.portal.api("sluis", "employees")[key]
        assert record["department_code"] == "4"
        changes.move(of(told), 1002, "2026-11-20", 3)
        assert told("employees")["delivered"] == 0


def columns() -> dict[str, object]:
    """Return columns as a production customer configures them: here by our own names."""
    names = {
        "employers": "employer_code name",
        "employees": "employer_code personnel_number employment_number last_name employment_start department_code",
    }
    return {"columns": {flow: {name: name for name in listed.split()} for flow, listed in names.items()}}
