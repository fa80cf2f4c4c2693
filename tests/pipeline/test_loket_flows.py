"""A customer of Loket's crosses to the portal: the same six flows, read in another world."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from crossings import Crossing, Make

from veerpont.model.failures import PassingError, SettingsError
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.tables import Reject
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Provider

FLOWS = ("employers", "employees", "organigram", "accounts", "absence")
LOCK, PARK = 20001, 20002


def far_back(crossing: Crossing) -> None:
    """Let the first read of absence be of as long as the portal's window."""
    crossing.configure(absence={"initial_days": 900})


@pytest.fixture
def sluis(make: Make) -> Crossing:
    crossing = make("sluis")
    far_back(crossing)
    return crossing


@pytest.fixture
def told(make: Make) -> Crossing:
    """Sluis after its first night: employer 20001 is active, 20002 is not."""
    return make("sluis", night=FLOWS, ready=far_back)


def provider(crossing: Crossing) -> Provider:
    return crossing.sandbox.loket.providers["sluis"]


def calls(crossing: Crossing) -> dict[str, int]:
    """Return the calls since the last time somebody asked."""
    found = dict(crossing.sandbox.loket.counts())
    crossing.sandbox.loket.requests.clear()
    return found


def columns(crossing: Crossing, number: str, *names: str) -> list[tuple[str | None, ...]]:
    """Return columns of everybody's lines at the portal who has this personnel number."""
    people = [found for key, found in crossing.employments().items() if key.split("/")[1] == number]
    return [tuple(found.values.get(name) for name in names) for found in people]


def periods(crossing: Crossing, number: str) -> set[tuple[Any, ...]]:
    """Return the periods of absence of somebody: protocol, begin, end, percentage, cause."""
    return {period[2:] for period in crossing.periods() if period[1] == number}


def test_the_six_flows_cross_and_the_books_balance(told: Crossing) -> None:
    assert told.round() == {"extract": {}, "transform": {}, "load": {}}
    for flow in (*FLOWS, "iban"):
        books = told.books(flow)  # which checks that they balance
        assert books["state"] == "success", books
        assert books["read"] > 0
    assert told.people() == {str(1001 + n) for n in range(10)}
    assert set(told.rejects("employees")) == set()
    assert list(told.rejects("accounts").values()) == ["unknown_employee"]
    assert list(told.rejects("iban").values()) == ["several_accounts"]


WORDS = ("first_name", "prefix", "last_name", "gender", "postal_code", "email_work")
WORK = ("employment_number", "department_code", "cost_centre_code", "function", "hours_per_week", "fte")
DAYS = ("employment_start", "employment_end", "contract_end")


def test_people_arrive_as_loket_shows_them(told: Crossing) -> None:
    assert columns(told, "1001", *WORDS) == [("Anna", "de", "Vries", "Vrouw", "1234 AB", "anna@sluis.example")]
    assert columns(told, "1001", *WORK) == [("1", "2", "20", "Sluismeester", "36", "1")]  # not what begins in 2027
    assert columns(told, "1004", *WORK) == [
        ("1", "2", "20", "Sluismeester", "18", "0.5"),
        ("2", "4", "40", "Kok", "18", "0.5"),
    ]
    assert columns(told, "1006", "postal_code", "street", *DAYS) == [(None, None, "2024-08-01", None, "2026-12-31")]
    assert columns(told, "1007", "hours_per_week", "fte") == [(None, None)]
    ella = columns(told, "1010", *DAYS, "department_code")  # her next job has a department already, her last had none
    assert ella == [("2025-01-01", "2025-12-31", "2025-12-31", None), ("2027-02-01", None, None, "2")]
    assert {line.values["external_id"] for line in told.employments().values()} == {
        str(person.content["id"]).upper()
        for owner, person in provider(told).people()
        if owner.content["employerNumber"] == LOCK
    }


def test_what_is_named_besides_as_far_as_loket_has_it(told: Crossing) -> None:
    """Why an absence ended, and the hours of a weekday; no-risk it has not, and `check` says so."""
    api = {"portal": "json_api", "connection": "portal_sluis", "flows": ["employees", "absence"]}
    extra = {"recovery_reason": "Re-integration", "hours_monday": "Planning", "hours_sunday": "Planning"}
    told.configure(portals=[api | {"extra": extra}])
    told("employees")
    told("absence")
    people = [record for found in told.sandbox.portal.api("sluis", "employees").values() for record in found]
    hours = {each["personnel_number"]: (each["hours_monday"], each["hours_sunday"]) for each in people}
    assert (hours["1001"], hours["1007"]) == (("7.2", "0"), (None, None))
    last = [found[-1] for found in told.sandbox.portal.api("sluis", "absence").values()]
    illnesses = [period for period in last if period["Protocol"] == "Ziekte"]
    ended = {(period["EinddatumTrajectVerloop"] is not None, period["recovery_reason"]) for period in illnesses}
    assert ended == {(True, "1"), (False, None)}
    told.configure(portals=[api | {"extra": {"no_risk": "Claims at UWV"}}])
    with pytest.raises(SettingsError, match=r"extra\.no_risk: loket does not have it"):
        told("absence")


def test_departments_of_each_employer_are_its_own(sluis: Crossing) -> None:
    sluis("employers")
    sluis.activate(str(LOCK), str(PARK))
    for flow in FLOWS:
        sluis(flow)
    units = sluis.state.departments
    assert units[f"{LOCK}/2"].values["parent_department_code"] == "1"
    assert units[f"{PARK}/5"].values["parent_department_code"] == "1"
    assert {key for key in units if key.startswith(f"{PARK}/")} == {f"{PARK}/1", f"{PARK}/5"}
    assert sluis.rejects("organigram") == {}
    assert {
        user.number: user.authorisations for user in sluis.state.users.values() if user.number in {"1001", "1009"}
    } == {
        "1001": [(str(LOCK), "2")],
        "1009": [(str(LOCK), "1"), (str(LOCK), "4")],
    }


def test_an_end_date_that_is_withdrawn(told: Crossing) -> None:
    changes.terminate(provider(told), 1005, "2026-11-30")
    told("employees")
    assert columns(told, "1005", "employment_end", "contract_end") == [("2026-11-30", "2026-11-30")]
    changes.reinstate(provider(told), 1005)
    told("employees")
    assert columns(told, "1005", "employment_end", "contract_end", "department_code") == [(None, None, "2")]


def test_who_left_keeps_the_department_and_leaves_with_the_window(told: Crossing) -> None:
    changes.terminate(provider(told), 1005, "2026-11-20")
    told("employees")
    assert columns(told, "1005", "employment_end", "department_code") == [("2026-11-20", "2")]
    assert told.books("employees")["gone"] == 0


# -- what would shrink a read in silence ------------------------------------------------------------------------------


def _manager(of: Provider) -> None:
    changes.manage_only(of, 2)


def _filter(of: Provider) -> None:
    changes.save_filter(of, LOCK, filterOnOnCallEmployment=False)


def _status(of: Provider) -> None:
    changes.save_filter(of, LOCK, filterOnEmployedStatus={"key": 1})


def _lost(of: Provider) -> None:
    del of.employers[0]


SEEING = {
    "token",
    "GetEmployersByUserId",
    "GetUserByToken",
    "GetEmployerUsersByEmployerId",
    "GetUserFilterSettingsByEmployerId",
}
"""Calls that ask what the login may see."""


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (_manager, "department manager at employer 20001"),
        (_filter, "saved filter.*employer 20001.*filterOnOnCallEmployment"),
        (_status, "saved filter.*employer 20001.*filterOnEmployedStatus"),
        (_lost, "no longer shows employer 20001"),
    ],
)
def test_a_login_that_sees_less_is_refused_before_anything_is_read(
    told: Crossing, happens: Callable[[Provider], None], words: str
) -> None:
    happens(provider(told))
    for flow in ("employees", "accounts", "absence"):
        before = told.people(), told.periods(), told.files(flow)
        calls(told)
        with pytest.raises(SettingsError, match=words):
            told(flow)
        assert (told.people(), told.periods(), told.files(flow)) == before, flow
        assert calls(told).keys() <= SEEING, flow


def test_an_activity_that_is_not_allowed_is_named(told: Crossing) -> None:
    provider(told).user.forbidden.add("GetAbsencesByEmployeeId")
    with pytest.raises(SettingsError, match="does not allow GetAbsencesByEmployeeId"):
        told("absence")


@pytest.mark.parametrize("kind", ["repeated_page", "moved_row"])
def test_pages_that_repeat_are_no_complete_read(told: Crossing, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("veerpont.systems.loket.client.PAGE_SIZE", 4)
    told("employees")
    before = told.files("employees")
    told.sandbox.faults.add(kind=kind, connector="GetEmploymentsByEmployerId")
    with pytest.raises(PassingError, match="GetEmploymentsByEmployerId"):
        told("employees")
    assert told.files("employees") == before


def test_a_storm_of_429_costs_time_and_no_row(told: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veerpont.systems.loket.client._PAUSES", (0.0,) * 30)
    monkeypatch.setattr("veerpont.systems.loket.errors._SHORTEST_WAIT", 0.0)
    told.sandbox.faults.add(kind="too_many_requests", retry_after=0, times=20)
    assert told("employees")["unchanged"] == 12
    assert [call["status"] for call in told.sandbox.loket.requests].count(429) == 20


# -- absence ----------------------------------------------------------------------------------------------------------


def test_absence_arrives_with_its_course(told: Crossing) -> None:
    assert periods(told, "1002") == {
        ("Ziekte", "2026-09-07", "2026-10-11", "100"),
        ("Ziekte", "2026-10-12", None, "50"),
    }
    assert periods(told, "1004") == {("Ziekte", "2026-03-02", "2026-03-20", "100")}
    assert periods(told, "1009") == {("Zwangerschap", "2026-09-14", None, "100")}


def test_an_absence_begins_changes_ends_and_is_reopened(told: Crossing) -> None:
    of = provider(told)
    changes.report_sick(of, 1007, "2026-11-18", percentage=80)
    told("absence")
    assert periods(told, "1007") == {("Ziekte", "2026-11-18", None, "80")}
    changes.progress(of, 1007, "2026-11-20", 40)
    changes.recover(of, 1007, "2026-11-20")
    told("absence")
    assert periods(told, "1007") == {
        ("Ziekte", "2026-11-18", "2026-11-19", "80"),
        ("Ziekte", "2026-11-20", "2026-11-20", "40"),
    }
    changes.reopen(of, 1007)
    told("absence")
    assert ("Ziekte", "2026-11-20", None, "40") in periods(told, "1007")


def test_an_hourly_read_asks_about_the_last_days_only(told: Crossing) -> None:
    told("absence")  # of everybody, as the first one did not go back to the begin of time
    calls(told)
    told("absence")
    assert calls(told)["GetAbsencesByEmployeeId"] == 3  # all but the one that ended in March
    at(told, "2026-11-23T21:00")
    told("absence")
    assert calls(told)["GetAbsencesByEmployeeId"] == 4


def test_a_deleted_absence_is_asked_about_after_two_wide_reads(told: Crossing) -> None:
    """It was there for long: a person says that it may go."""
    changes.delete_absence(provider(told), 1004)
    told("absence")
    assert periods(told, "1004")
    for day in ("23", "24"):
        at(told, f"2026-11-{day}T21:00")
        told("absence")
        assert periods(told, "1004")
    told.release(told.held("absence")["id"])
    at(told, "2026-11-25T21:00")
    told("absence")
    assert periods(told, "1004") == set()


def test_an_unknown_cause_is_a_reject_in_lokets_words(told: Crossing) -> None:
    told.configure(absence={"types": {"2": "Ziekte"}})
    told("absence")
    with told.ledger.session() as session:
        fields = {row.field for row in session.query(Reject).filter_by(flow="absence", state="open")}
    assert fields == {"absence.causeOfAbsence.key"}


# -- what nobody else may see -----------------------------------------------------------------------------------------


def test_nothing_is_read_of_an_employer_that_is_not_active(told: Crossing) -> None:
    told.round()
    park = next(each for each in provider(told).employers if each.content["employerNumber"] == PARK)
    secrets = {park.id, *(str(person.content["id"]) for person in park.people)}
    assert not [call for call in told.sandbox.loket.requests if any(key in call["path"] for key in secrets)]
    for name in ("Yilmaz", "Postma"):
        assert told.stored(name) == []
        assert not told.in_ledger(name)


def test_no_medical_text_no_wage_and_no_token_is_kept(sluis: Crossing, caplog: pytest.LogCaptureFixture) -> None:
    told = sluis
    told.first_night(*FLOWS)
    of = provider(told)
    for _, person in of.people():
        for absence in person.absences:
            absence.content["comments"] = absence.content["reintegration"] = "CANARY-medical"
            absence.steps[0]["comments"] = "CANARY-medical"
    told("absence")
    told.round()
    refresh = told.sandbox.loket.tokens["sluis"].refresh_token or ""
    for text in ("CANARY", "grossWage", refresh):
        assert told.stored(text) == []
        assert not told.in_ledger(text)
        assert text not in caplog.text
    assert not told.in_ledger("Vries")
    assert not any(call.startswith("GetWage") or "Comprehensive" in call for call in told.sandbox.loket.counts())


def test_the_citizen_service_number_is_asked_for_where_it_is_the_key(sluis: Crossing) -> None:
    sluis.configure(xpert_suite={"key": "bsn"})
    sluis.first_night("employers", "employees")
    assert calls(sluis)["GetCitizenServiceNumberByEmployeeId"] == 10
    assert all(re.fullmatch(r"\d{9}", line.values["bsn"] or "") for line in sluis.employments().values())
    sluis("employees")
    assert "GetCitizenServiceNumberByEmployeeId" not in calls(sluis)


def at(crossing: Crossing, moment: str) -> None:
    """Let it be this moment (ISO, Dutch time) for the runs that follow, and for the portal."""
    crossing.moment = datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM)
    crossing.today = crossing.moment.date()
    crossing.sandbox.portal.accounts[crossing.name].today = crossing.today.isoformat()


def accounts(crossing: Crossing) -> dict[str, dict[str, Any]]:
    """Return the bank accounts that the portal has, by person."""
    return {each: record for each, (record,) in crossing.sandbox.portal.api(crossing.name, "iban").items()}


def guid(crossing: Crossing, number: int) -> str:
    return str(changes.person(provider(crossing), number)[1].content["id"]).upper()


def test_what_ended_long_ago_costs_no_call_unless_a_chain_needs_it(sluis: Crossing) -> None:
    of = provider(sluis)
    for first, last in (("2019-01-07", "2019-01-11"), ("2023-10-02", "2024-02-02"), ("2024-02-19", "2024-12-31")):
        changes.report_sick(of, 1003, first)
        changes.recover(of, 1003, last)
    sluis.first_night(*FLOWS)
    assert periods(sluis, "1003") == {
        ("Ziekte", "2023-10-02", "2024-02-02", "100"),
        ("Ziekte", "2024-02-19", "2024-12-31", "100"),
    }
    assert calls(sluis)["GetAbsenceProgressByAbsenceId"] == 4 + 2
