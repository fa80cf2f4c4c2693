"""Employers, people, employments, absence and accounts of the simulated Loket, and what changes there.

Facts: docs/reference/loket.md, 3.
"""

from datetime import date
from typing import Any

import pytest
from loket_sandbox_client import LoketClient
from stdnum import iban
from stdnum.nl import bsn

from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Provider
from veerpont_sandbox.world import Sandbox

EMPLOYERS = "/providers/employers"
WORK = f"{EMPLOYERS}/employees/employments"


@pytest.fixture
def provider(waterway: Sandbox) -> Provider:
    found = waterway.loket.providers["sluis"]
    found.settings.today = date(2026, 11, 22)
    return found


@pytest.fixture
def employer(loket: LoketClient) -> str:
    return f"{EMPLOYERS}/{loket.employer()}"


def by_number(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Sort employments by employee number and start."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: str(row["startDate"])):
        found.setdefault(row["employee"]["employeeNumber"], []).append(row)
    return found


@pytest.fixture
def jobs(loket: LoketClient, employer: str) -> dict[int, list[dict[str, Any]]]:
    return by_number(loket.rows(f"{employer}/employees/employments"))


def test_an_employer_with_its_administrations_departments_and_functions(loket: LoketClient, employer: str) -> None:
    assert loket.content(employer)["companyName"] == "Sluis Beheer B.V."
    assert all("employerNumber" not in row for row in loket.rows(f"{EMPLOYERS}/minimized"))
    payroll = loket.rows(f"{employer}/payrolladministrations")
    assert {row["clientNumber"]: row["payrollPeriodType"]["value"] for row in payroll} == {
        7001: "Maand",
        7002: "4 weken",
    }
    assert len(loket.rows(f"{employer}/administrations")) == 3
    departments = {row["code"]: row for row in loket.rows(f"{employer}/departments")}
    assert departments[2]["subDepartmentOf"]["code"] == 1
    assert loket.content(f"{EMPLOYERS}/departments/{departments[2]['id']}") == departments[2]
    function = loket.rows(f"{employer}/functions")[0]
    assert "id" not in function
    assert loket.content(f"{EMPLOYERS}/functions/{function['key']}") == function


def test_an_employee_without_an_address_and_the_bsn_apart(loket: LoketClient) -> None:
    people = loket.people()
    assert people[1006]["address"] is None
    assert people[1008]["address"]["country"]["isoCode"] == "BE"
    assert "citizenServiceNumber" not in str(people)
    found = loket.content(f"{EMPLOYERS}/employees/{people[1001]['id']}/citizenservicenumber")
    assert len(found["citizenServiceNumber"]) == 9


def test_two_employments_in_a_row_at_the_same_time_and_without_payroll(jobs: dict[int, list[dict[str, Any]]]) -> None:
    first, second = jobs[1003]
    assert (first["endDate"], second["linkedEmployment"]) == ("2020-12-31", first["id"])
    assert [job["payrollAdministration"]["clientNumber"] for job in jobs[1004]] == [7001, 7002]
    volunteer, later = jobs[1010]
    assert volunteer["payrollAdministration"] is None
    assert volunteer["nonPayrollAdministration"]["name"] == "Vrijwilligers"
    assert later["startDate"] == "2027-02-01"
    assert jobs[1006][0]["commissionUntilDate"] == "2026-12-31"


def test_the_records_of_one_day_are_not_the_last_ones(
    loket: LoketClient, provider: Provider, employer: str, jobs: dict[int, list[dict[str, Any]]]
) -> None:
    anna = jobs[1001][0]["id"]
    wages = sorted(loket.rows(f"{WORK}/{anna}/wages"), key=lambda row: str(row["startDate"]))
    assert [(row["startDate"], row["endDate"]) for row in wages] == [
        ("2018-02-01", "2023-12-31"),
        ("2024-01-01", "2026-12-31"),
        ("2027-01-01", None),
    ]

    def seen(on: str | None) -> tuple[Any, Any]:
        asked = {"referenceDate": on} if on else {}
        wage = {row["employmentId"]: row["wage"] for row in loket.rows(f"{employer}/actualwages", **asked)}
        unit = {
            row["employmentId"]: row["organizationalEntity"]
            for row in loket.rows(f"{employer}/actualorganizationalentities", **asked)
        }
        return wage[anna]["grossWage"], unit[anna]["department"]["code"]

    assert seen(None) == (3400, 2)
    assert seen("2027-06-01") == (3600, 3)
    whole = next(r for r in loket.rows(f"{employer}/employees/employments/comprehensive") if r["id"] == anna)
    assert (whole["wage"]["grossWage"], whole["organizationalEntity"]["department"]["code"]) == (3400, 2)
    assert whole["workinghours"]["aggregatedHoursPerWeek"] == 36
    # This list is older than the business addresses.
    assert whole["employee"]["contactInformation"]["emailAddress"] == "anna@post.example"
    assert "businessEmailAddress" not in whole["employee"]["contactInformation"]


def test_hours_of_somebody_on_call_are_null(
    loket: LoketClient, provider: Provider, employer: str, jobs: dict[int, list[dict[str, Any]]]
) -> None:
    hours = {r["employmentId"]: r["workingHours"] for r in loket.rows(f"{employer}/actualworkinghours")}
    assert jobs[1007][0]["isOnCallEmployment"] is True
    assert hours[jobs[1007][0]["id"]]["aggregatedHoursPerWeek"] is None
    # Whoever does not work on that day is not in the list.
    assert jobs[1010][1]["id"] not in hours


def test_accounts_are_per_employment_and_component(loket: LoketClient, jobs: dict[int, list[dict[str, Any]]]) -> None:
    def accounts(number: int, at: int = 0) -> dict[str, Any]:
        rows = loket.rows(f"{WORK}/{jobs[number][at]['id']}/paymentinformationsepa")
        return {row["payrollComponent"]["description"]: row for row in rows}

    assert set(accounts(1002)) == {"NETTOLOON", "REISKOSTEN"}
    assert accounts(1004)["NETTOLOON"]["iban"] != accounts(1004, 1)["NETTOLOON"]["iban"]
    foreign = accounts(1008)["NETTOLOON"]
    assert (foreign["iban"], foreign["bic"]) == ("BE71096123456769", "GKCCBEBB")
    assert accounts(1001)["NETTOLOON"]["bic"] is None
    assert loket.content(f"{WORK}/paymentinformationsepa/{foreign['id']}") == foreign


def test_distribution_units_are_in_the_option_lists_only(
    waterway: Sandbox, loket: LoketClient, jobs: dict[int, list[dict[str, Any]]]
) -> None:
    path = f"{WORK}/{jobs[1001][0]['id']}/organizationalentities/metadata"
    listed = loket.rows(path)
    units = next(row["options"] for row in listed if row["field"] == "distributionUnit")
    assert {unit["code"] for unit in units} == {10, 20, 30, 40}
    waterway.loket.providers["sluis"].settings.metadata = "bare"
    assert loket.get(path).json() == listed


# Absence


def test_absence_hangs_under_the_employee_with_its_dates_in_progress(loket: LoketClient, provider: Provider) -> None:
    people = loket.people()

    def absences(number: int) -> list[dict[str, Any]]:
        return loket.rows(f"{EMPLOYERS}/employees/{people[number]['id']}/absences")

    (fatima,) = absences(1002)
    assert "startDate" not in fatima
    assert fatima["progress"] == {"startDate": "2026-09-07", "currentIncapacityPercentage": 50, "endOfAbsence": None}
    assert loket.content(f"{EMPLOYERS}/employees/absences/{fatima['id']}") == fatima
    steps = loket.rows(f"{EMPLOYERS}/employees/absences/{fatima['id']}/absenceprogress", orderBy="startDate")
    assert [(row["startDate"], row["endDate"], row["incapacityPercentage"]) for row in steps] == [
        ("2026-09-07", "2026-10-11", 100),
        ("2026-10-12", None, 50),
    ]
    (sanne,) = absences(1009)
    assert sanne["progress"]["endOfAbsence"]["date"] == "2027-01-03"
    # One list for two employments.
    assert len(absences(1004)) == 1


def test_the_version_of_absence_is_its_own(loket: LoketClient) -> None:
    path = f"{EMPLOYERS}/employees/{loket.people()[1002]['id']}/absences"
    assert loket.get(path, "2018-01-01").status_code == 400
    assert loket.get(path, "2020-03-16").status_code == 200


def test_the_calendar_shows_who_is_absent_and_nothing_of_why(loket: LoketClient, employer: str) -> None:
    path = f"{employer}/employees/employments/calendar/absences"
    assert loket.get(path, startDate="2026-11-01").status_code == 400
    assert loket.get(path, startDate="2026-11-01", endDate="soon").status_code == 400
    rows = loket.rows(path, startDate="2026-03-01", endDate="2026-03-31")
    # Tim, at both his employments.
    assert [row["employee"]["formattedName"] for row in rows] == ["Bakker T."] * 2
    assert rows[0]["calendar"] == [{"startDate": "2026-03-02", "endDate": "2026-03-20", "details": None}]
    now = loket.rows(path, startDate="2026-11-20", endDate="2026-11-22")
    assert {row["employee"]["formattedName"] for row in now} == {"Vries A.M. de", "El Amrani F.", "Jansen S.J."}


def test_somebody_falls_ill_and_recovers(loket: LoketClient, provider: Provider) -> None:
    path = f"{EMPLOYERS}/employees/{loket.people()[1003]['id']}/absences"
    before = provider.watermark
    key = changes.report_sick(provider, 1003, "2026-11-20")
    assert [row["id"] for row in loket.rows(path)] == [key]
    changes.progress(provider, 1003, "2026-11-22", 40)
    assert loket.rows(path)[0]["progress"]["currentIncapacityPercentage"] == 40
    changes.recover(provider, 1003, "2026-11-25")
    assert loket.rows(path)[0]["progress"]["endOfAbsence"] == {
        "date": "2026-11-25",
        "reason": {"key": 1, "value": "Hersteld"},
    }
    changes.reopen(provider, 1003)
    assert loket.rows(path)[0]["progress"]["endOfAbsence"] == {"date": None, "reason": None}
    changes.delete_absence(provider, 1003)
    assert loket.rows(path) == []
    # Whether absence counts for the version number is unknown: it does not, unless asked.
    assert provider.watermark == before
    provider.settings.absence_counts = True
    changes.report_sick(provider, 1003, "2026-11-20")
    assert provider.watermark > before


# Changes and version numbers


def test_version_numbers_move_for_whoever_changed(loket: LoketClient, provider: Provider, employer: str) -> None:
    def versions(path: str) -> dict[str, int]:
        return {row["id"]: row["lastModifiedVersionNumber"] for row in loket.rows(path)}

    employers, employments = (
        f"{EMPLOYERS}/lastmodifiedversionnumbers",
        f"{employer}/employees/employments/lastmodifiedversionnumbers",
    )
    (highest,) = loket.rows(employers, orderBy="-lastModifiedVersionNumber", pageSize=1)
    mark = highest["lastModifiedVersionNumber"]
    assert mark > 2**32
    later = f"lastModifiedVersionNumber gt {mark}"
    assert loket.rows(employers, filter=later) == []
    tim = {job.id for job in changes.person(provider, 1004)[1].employments}
    changes.rename(provider, 1004, "Bakker-Vos")
    assert [row["id"] for row in loket.rows(employers, filter=later)] == [loket.employer()]
    assert {row["id"] for row in loket.rows(employments, filter=later)} == tim
    assert loket.people()[1004]["personalDetails"]["formattedName"] == "Bakker-Vos T."
    before = versions(employments)
    changes.set_iban(provider, 1001, "NL91ABNA0417164300")
    now = versions(employments)
    assert {key for key in now if now[key] != before[key]} == {changes.job(provider, 1001).id}


def test_an_end_date_is_set_and_withdrawn(loket: LoketClient, provider: Provider, employer: str) -> None:
    job = changes.job(provider, 1005).id
    changes.report_sick(provider, 1005, "2026-11-01")
    changes.terminate(provider, 1005, "2026-11-15")
    ended = loket.content(f"{WORK}/{job}")
    assert (ended["endDate"], ended["endOfEmploymentReason"]["key"]) == ("2026-11-15", 8)
    # Records that it touched: hours of today, and the absence.
    assert job not in {row["employmentId"] for row in loket.rows(f"{employer}/actualworkinghours")}
    path = f"{EMPLOYERS}/employees/{loket.people()[1005]['id']}/absences"
    assert loket.rows(path)[0]["progress"]["endOfAbsence"]["date"] == "2026-11-15"
    changes.reinstate(provider, 1005)
    again = loket.content(f"{WORK}/{job}")
    assert (again["endDate"], again["endOfEmploymentReason"]) == (None, None)
    assert job in {row["employmentId"] for row in loket.rows(f"{employer}/actualworkinghours")}
    assert loket.rows(path)[0]["progress"]["endOfAbsence"] is None


def test_somebody_is_removed_and_comes_back(loket: LoketClient, provider: Provider, employer: str) -> None:
    gone = changes.remove(provider, 1003)
    versions = f"{employer}/employees/employments/lastmodifiedversionnumbers"
    assert 1003 not in loket.people()
    assert loket.get(f"{EMPLOYERS}/employees/{gone.content['id']}").status_code == 404
    assert len(loket.rows(versions)) == 11
    provider.settings.deleted_count = True
    assert len(loket.rows(versions)) == 13
    changes.add(provider, 20001, gone)
    assert 1003 in loket.people()


def test_somebody_is_hired_with_everything_that_a_new_employee_has(
    loket: LoketClient, provider: Provider, employer: str
) -> None:
    before = provider.watermark
    changes.hire(provider, 20001, 1013, "Nieuwenhuis", "2026-11-01", department=3)
    found = loket.people()[1013]
    assert found["personalDetails"]["formattedName"] == "Nieuwenhuis N."
    whole = next(
        row
        for row in loket.rows(f"{employer}/employees/employments/comprehensive")
        if row["employee"]["employeeNumber"] == 1013
    )
    assert whole["organizationalEntity"]["department"]["code"] == 3
    assert (whole["workinghours"]["aggregatedHoursPerWeek"], whole["wage"]["grossWage"]) == (36, 3000)
    assert whole["payrollId"] not in {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}
    (account,) = loket.rows(f"{WORK}/{whole['id']}/paymentinformationsepa")
    assert iban.is_valid(account["iban"], check_country=False)
    number = loket.content(f"{EMPLOYERS}/employees/{found['id']}/citizenservicenumber")["citizenServiceNumber"]
    assert bsn.is_valid(number)
    assert provider.watermark > before


def test_details_of_a_person_change(loket: LoketClient, provider: Provider) -> None:
    changes.change(provider, 1006, "address", street="Kade", houseNumber=1, postalCode="1234AB", city="Ergens")
    changes.change(provider, 1006, "contactInformation", emailAddress="noor@post.example")
    changes.contract_until(provider, 1006, None)
    changes.renumber(provider, 1006, 2006)
    found = loket.people()[2006]
    assert (found["address"]["city"], found["address"]["country"]["isoCode"]) == ("Ergens", "NL")
    assert found["contactInformation"]["emailAddress"] == "noor@post.example"
    (job,) = loket.rows(f"{EMPLOYERS}/employees/{found['id']}/employments")
    assert job["commissionUntilDate"] is None


def test_an_employer_is_renamed_and_somebody_moves_to_another_department(
    loket: LoketClient, provider: Provider, employer: str
) -> None:
    before = loket.rows(f"{EMPLOYERS}/lastmodifiedversionnumbers", orderBy="-lastModifiedVersionNumber")[0]
    changes.rename_employer(provider, 20001, "Sluis en Stuw B.V.")
    assert loket.content(employer)["companyName"] == "Sluis en Stuw B.V."
    changes.move(provider, 1002, "2026-11-01", 4)
    (job,) = loket.rows(f"{EMPLOYERS}/employees/{loket.people()[1002]['id']}/employments")
    entities = loket.rows(f"{WORK}/{job['id']}/organizationalentities", orderBy="startDate")
    assert [(row["endDate"], row["department"]["code"]) for row in entities] == [("2026-10-31", 2), (None, 4)]
    later = f"lastModifiedVersionNumber gt {before['lastModifiedVersionNumber']}"
    assert [row["id"] for row in loket.rows(f"{EMPLOYERS}/lastmodifiedversionnumbers", filter=later)] == [
        loket.employer()
    ]


# Who sees what


def test_a_department_manager_silently_sees_less(loket: LoketClient, provider: Provider, employer: str) -> None:
    everybody = loket.people()
    changes.manage_only(provider, 3)
    assert set(loket.people()) == {1003, 1008}
    assert len(loket.rows(f"{employer}/employees/employments")) == 3
    assert len(loket.rows(f"{employer}/actualworkinghours")) == 2
    me = loket.content("/user")["id"]
    assert next(row for row in loket.rows(f"{employer}/users") if row["id"] == me)["isDepartmentManager"] is True
    mine = next(row for row in loket.rows(f"{employer}/users/departments") if row["userId"] == me)
    assert [row["code"] for row in mine["departments"]] == [3]
    hidden = f"{EMPLOYERS}/employees/{everybody[1001]['id']}"
    assert loket.get(hidden).status_code == 403
    provider.settings.out_of_reach = 404
    assert loket.get(f"{hidden}/absences").status_code == 404


def test_managers_are_users_that_only_an_address_links_to_an_employee(loket: LoketClient, employer: str) -> None:
    users = {row["id"]: row for row in loket.rows(f"{employer}/users")}
    managed = {
        users[row["userId"]]["contactInformation"]["emailAddress"]: [each["code"] for each in row["departments"]]
        for row in loket.rows(f"{employer}/users/departments")
    }
    assert managed == {
        "anna@sluis.example": [2],
        "jansen@sluis.example": [1, 4],
        "b.hart@elders.example": [3],
        "koppeling@sluis.example": [],
    }
    assert [row["isDepartmentManager"] for row in users.values()].count(True) == 3
    known = {row["contactInformation"]["businessEmailAddress"] for row in loket.people().values()}
    assert len(known & set(managed)) == 2


def test_a_saved_filter_silently_shrinks_the_lists_of_employments(
    loket: LoketClient, provider: Provider, employer: str
) -> None:
    path = f"/user/filtersettings/{loket.employer()}"
    assert not any(loket.content(path)["employmentFilter"].values())
    ferry = next(r for r in loket.rows(f"{employer}/payrolladministrations") if r["clientNumber"] == 7002)
    changes.save_filter(provider, 20001, filterOnAdministrations=[{"key": ferry["id"]}])
    assert loket.content(path)["employmentFilter"]["filterOnAdministrations"] == [{"key": ferry["id"]}]
    for kind in ("", "/minimized", "/comprehensive"):
        assert len(loket.rows(f"{employer}/employees/employments{kind}")) == 1
    calendar = f"{employer}/employees/employments/calendar/absences"
    assert loket.rows(calendar, startDate="2026-11-20", endDate="2026-11-22") == []
    # The other lists are not filtered.
    assert len(loket.people()) == 10
    assert len(loket.rows(f"{employer}/actualworkinghours")) == 10


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"filterOnEmployedStatus": {"key": 1}}, 11),
        ({"filterOnEmployedStatus": {"key": 2}}, 2),
        ({"filterOnOnCallEmployment": True}, 1),
        ({"filterOnEmploymentCategoryType": [{"key": 9}]}, 0),
        ({"filterOnDepartments": []}, 13),
    ],
)
def test_every_kind_of_saved_filter(
    loket: LoketClient, provider: Provider, employer: str, chosen: dict[str, Any], count: int
) -> None:
    assert loket.call("PUT", f"/user/filtersettings/{loket.employer()}", json={"employmentFilter": chosen}).ok
    assert len(loket.rows(f"{employer}/employees/employments")) == count
