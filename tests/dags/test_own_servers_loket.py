"""The set-up of docs/how-to/own-servers.md with a Loket: all six flows, and the search for what may not show."""

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from loket_server import Answer, Call, LoketServer
from own_instance import InProcess, SftpServer, Shell, portals, sheet
from portals.json_api.server import TOKEN as PORTAL_TOKEN
from portals.json_api.server import PortalServer
from proving import Proof

FLOWS = ("employers", "employees", "organigram", "accounts", "absence", "absence", "iban")
TODAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
LONG_AGO, BETTER, LATELY, HALF = (TODAY - timedelta(days=days) for days in (600, 591, 20, 6))
SECOND = {
    "employers": (2, 0, 1),
    "employees": (2, 0, 2),
    "organigram": (2, 0, 2),
    "accounts": (1, 0, 1),
    "absence": (2, 0, 2),  # of the last days
    "iban": (1, 0, 1),
}
"""What each flow reads, delivers and leaves as it was when nothing happened since."""
OURS, THEIRS = "e0000000-0000-4000-8000-000000000001", "e0000000-0000-4000-8000-000000000002"
PIETER, KARIN, JORIS = (f"b0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
OPEN, CLOSED = (f"d0000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
USER = "f0000000-0000-4000-8000-000000000002"
EMPLOYERS = "/providers/employers"
PEOPLE = f"{EMPLOYERS}/employees"

FIRST_VERSIONS = {  # docs/reference/loket.md, 1.3 and 3: of every other resource 2018-01-01
    r"/providers/employers/[^/]+/employees": "2021-03-29",  # the first one with business e-mail
    r"/providers/employers/[^/]+/employees/employments": "2019-12-16",
    r"/providers/employers/employees/.*absence.*": "2020-03-16",
}
PERSONAL = (
    *("Oosterhuizen", "Groenewegen", "Wielinga", "Hoogstraatweg", "1234AB", "1234 AB", "Veerhaven", "1990-05-17"),
    *("o.pieter@privepost.example", "pieter@sluiswerk.example", "karin@sluiswerk.example", "06-98765432", "111222333"),
    *("NL20INGB0001234567", "slapeloze nachten", "Verpleegadres", "kmg-login"),
)


class Payroll(LoketServer):
    """Loket as docs/reference/loket.md has it: strict about versions and rotation, access tokens live briefly."""

    def __init__(self) -> None:
        super().__init__()
        self.life = 63  # with a minute's margin: renewed again and again
        self.given: set[str] = {self.refresh}
        here = f"{EMPLOYERS}/{OURS}"
        self.objects = {
            "/user": {"id": "f0000000-0000-4000-8000-000000000001", "isDepartmentManager": False},
            f"/user/filtersettings/{OURS}": {
                "employmentFilter": {"filterOnAdministrations": [], "filterOnOnCallEmployment": None}
            },
        }
        self.lists = {
            EMPLOYERS: [
                {"id": OURS, "employerNumber": 20001, "companyName": "Sluis Beheer B.V.", "address": None},
                {"id": THEIRS, "employerNumber": 20002, "companyName": "Sluis Parken B.V.", "address": None},
            ],
            f"{here}/departments": [
                _department(1, "Directie"),
                _department(12, "Techniek") | {"subDepartmentOf": {"key": "a1", "code": 1, "description": "Directie"}},
            ],
            f"{here}/employees": [
                _person(PIETER, 1042, "Pieter", "Oosterhuizen", "pieter@sluiswerk.example"),
                _person(KARIN, 1007, "Karin", "Groenewegen", "karin@sluiswerk.example") | {"address": None},
            ],
            f"{here}/employees/employments": [_job(PIETER, 1), _job(KARIN, 2)],
            f"{here}/employees/employments/lastmodifiedversionnumbers": [
                {"id": _employment(person), "lastModifiedVersionNumber": 70_000_000_000_001 + n}
                for n, person in enumerate((PIETER, KARIN))
            ],
            f"{here}/actualorganizationalentities": [
                {"employmentId": _employment(PIETER), "organizationalEntity": _place(12, 120, "Monteur")},
                {"employmentId": _employment(KARIN), "organizationalEntity": _place(1, 100, "Directeur")},
            ],
            f"{here}/actualworkinghours": [
                {"employmentId": _employment(PIETER), "workingHours": _hours(24)},
                {"employmentId": _employment(KARIN), "workingHours": _hours(36)},
            ],
            f"{here}/employees/employments/calendar/absences": [
                {
                    "employment": {"id": _employment(PIETER)},
                    "employee": {"id": PIETER, "formattedName": "Oosterhuizen P."},
                    "department": {"key": "a12", "code": 12, "description": "Techniek"},
                    "calendar": [
                        {"startDate": f"{LONG_AGO}", "endDate": f"{BETTER}", "details": None},
                        {"startDate": f"{LATELY}", "endDate": None, "details": None},
                    ],
                }
            ],
            f"{PEOPLE}/{PIETER}/absences": [_absence(CLOSED, LONG_AGO, BETTER), _absence(OPEN, LATELY, None)],
            f"{PEOPLE}/absences/{CLOSED}/absenceprogress": [_step("c1", LONG_AGO, BETTER, 100)],
            f"{PEOPLE}/absences/{OPEN}/absenceprogress": [
                _step("c2", LATELY, HALF - timedelta(days=1), 100),
                _step("c3", HALF, None, 40),
            ],
            f"{here}/users": [_user()],
            f"{here}/users/departments": [
                {"userId": USER, "personalDetails": {}, "departments": [_department(12, "Techniek")]}
            ],
            f"{PEOPLE}/employments/{_employment(PIETER)}/paymentinformationsepa": [_account()],
            f"{PEOPLE}/employments/{_employment(KARIN)}/paymentinformationsepa": [],
            f"{EMPLOYERS}/{THEIRS}/employees": [_person(JORIS, 1, "Joris", "Wielinga", None)],
        }

    def _answer(self, call: Call) -> Answer:
        path = call.path.removeprefix("/v2")
        asked = re.fullmatch(r"application/json;version=(\d{4}-\d\d-\d\d)", dict(call.headers)["Accept"])
        first = next((day for each, day in FIRST_VERSIONS.items() if re.fullmatch(each, path)), "2018-01-01")
        if path != "/token" and (asked is None or asked[1] < first or int(call.query.get("pageSize", 1)) > 250):
            return Answer(400, b"The request is invalid.", {"Content-Type": "text/plain"})
        answer = super()._answer(call)
        self.given |= {self.refresh, self.access} - {""}
        return answer

    def chosen(self, call: Call, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if number := re.fullmatch(r"lastModifiedVersionNumber gt (\d+)", call.query.get("filter", "")):
            return [item for item in items if item["lastModifiedVersionNumber"] > int(number[1])]
        assert "filter" not in call.query
        if call.path.endswith("/calendar/absences"):
            first, last = call.query["startDate"], call.query["endDate"]
            return [item for item in items if any(_meets(days, first, last) for days in item["calendar"])]
        return items


def _meets(days: dict[str, Any], first: str, last: str) -> bool:
    return bool(days["startDate"] <= last and (days["endDate"] or "9") >= first)


def _department(code: int, description: str) -> dict[str, Any]:
    return {"id": f"a{code}", "code": code, "description": description, "subDepartmentOf": None}


def _person(identity: str, number: int, first: str, last: str, email: str | None) -> dict[str, Any]:
    return {
        "id": identity,
        "employeeNumber": number,
        "personalDetails": {
            **{"initials": f"{first[0]}.", "firstName": first, "prefix": None, "lastName": last},
            **{"prefixPartner": None, "lastNamePartner": None, "formattedName": f"{last} {first[0]}."},
            **{"howToFormatLastName": {"key": 1, "value": "..."}, "dateOfBirth": "1990-05-17"},
            "gender": {"key": 1, "value": "Man"},
        },
        "address": {
            **{"street": "Hoogstraatweg", "houseNumber": 7, "houseNumberAddition": None, "postalCode": "1234AB"},
            **{"city": "Veerhaven", "country": {"key": 530, "value": "Nederland", "isoCode": "NL"}},
        },
        "contactInformation": {
            **{"emailAddress": "o.pieter@privepost.example", "phoneNumber": None, "mobilePhoneNumber": "06-98765432"},
            **{"businessEmailAddress": email, "businessMobilePhoneNumber": None},
        },
    }


def _employment(person: str) -> str:
    return f"c{person[1:]}"


def _job(person: str, payroll: int) -> dict[str, Any]:
    return {
        **{"id": _employment(person), "employee": {"id": person}, "payrollId": payroll, "incomeRelationshipNumber": 1},
        **{"startDate": "2020-01-01", "endDate": None, "commissionUntilDate": None},
        "employmentDurationType": {"key": 2, "value": "Onbepaalde tijd"},
    }


def _place(department: int, unit: int, function: str) -> dict[str, Any]:
    return {
        **{"id": f"p{department}", "startDate": "2020-01-01", "endDate": None, "deviatingFunctionDescription": None},
        "department": {"key": f"a{department}", "code": department, "description": "..."},
        "function": {"key": "f1", "description": function},
        "distributionUnit": {"key": f"u{unit}", "code": unit, "description": "..."},
    }


def _hours(week: float) -> dict[str, Any]:
    return {"id": "h", "shift": {"shiftNumber": 1, "fullTimeHoursPerWeek": 36}, "aggregatedHoursPerWeek": week}


def _absence(identity: str, begin: date, last: date | None) -> dict[str, Any]:
    return {
        **{"id": identity, "causeOfAbsence": {"key": 1, "value": "Ziekte"}, "expectedDateOfChildbirth": None},
        "progress": {"startDate": f"{begin}", "endOfAbsence": {"date": f"{last}"} if last else None},
        **{"comments": "slapeloze nachten", "contactInformation": "Verpleegadres 3", "caseManager": "Wielinga"},
    }


def _step(identity: str, begin: date, last: date | None, incapacity: int) -> dict[str, Any]:
    key = f"{identity}000000-0000-4000-8000-000000000000"
    days = {"startDate": f"{begin}", "endDate": f"{last}" if last else None}
    return {"id": key, **days, "incapacityPercentage": incapacity, "comments": "slapeloze nachten"}


def _user() -> dict[str, Any]:
    return {
        **{"id": USER, "userName": "kmg-login", "isDepartmentManager": True},
        "personalDetails": {"initials": "K.", "prefix": None, "lastName": "Groenewegen", "firstName": "Karin"},
        "contactInformation": {"emailAddress": "karin@sluiswerk.example", "phoneNumber": None},
    }


def _account() -> dict[str, Any]:
    component = {"key": 260, "description": "NETTOLOON"}
    return {"id": "s1", "iban": "NL20INGB0001234567", "bic": None, "payrollComponent": component}


@pytest.fixture
def loket() -> Iterator[Payroll]:
    server = Payroll()
    yield server
    server.close()


@pytest.mark.timeout(900)  # under a minute on a machine that has nothing else to do
def test_a_loket_of_ones_own(
    tmp_path: Path,
    loket: Payroll,
    sftp: SftpServer,
    portal: PortalServer,
    dags: Any,
    proof: Proof,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything arrives, once; nothing of it, and no token that was ever given, is readable anywhere else."""
    home, temporary = tmp_path / "instance", tmp_path / "temporary"
    temporary.mkdir()
    # how the processes of such an instance start is proved in full by the test with AFAS
    shell = Shell(home) if proof.full else InProcess(home, dags, monkeypatch)
    connection = {
        **{"conn_type": "loket", "host": f"{loket.url}/v2", "login": "id", "password": "CANARY-secret"},
        "extra": {"refresh_token": loket.refresh, "token_url": f"{loket.url}/token"},
    }
    shell.environment |= {"AIRFLOW_CONN_LOKET_ACME": json.dumps(connection), "TMPDIR": str(temporary)}
    shell.environment |= portals(sftp, portal)
    (home / "integrations" / "acme.yaml").write_text(
        """
name: acme
customer: Acme Holding B.V.
source: {system: loket, connection: loket_acme, managers_by: business_email}
portals:
  - {portal: xpert_suite, connection: xpert_acme, flows: [employers, organigram, employees, accounts, absence]}
  - {portal: json_api, connection: portal_acme, flows: [iban]}
xpert_suite: {profile: sandbox}
absence: {types: {"1": Ziekte}, causes: {"20001": {"1": "12"}}}
"""
    )
    assert shell.json("veerpont check --json") == []
    shell("airflow dags test employers")
    assert {row["code"]: row["state"] for row in shell.json("veerpont employers list acme --json")} == {
        "20001": "pending",
        "20002": "pending",
    }
    shell("veerpont employers activate acme 20001 --by tester")
    again = proof.size(FLOWS, ("employees", "iban"))
    shell.run_all(*FLOWS, *again)

    runs = shell.json("veerpont runs --integration acme --json")
    counts = [(run["flow"], run["state"], run["read"], run["delivered"], run["unchanged"]) for run in reversed(runs)]
    assert counts == [
        ("employers", "success", 2, 0, 0),
        ("employers", "success", 2, 1, 0),
        ("employees", "success", 2, 2, 0),
        ("organigram", "success", 2, 2, 0),
        ("accounts", "success", 1, 1, 0),
        ("absence", "held", 2, 0, 0),  # a year back is less than the portal's window
        ("absence", "success", 3, 3, 0),  # so this one reads everything
        ("iban", "success", 1, 1, 0),
        *((flow, "success", *SECOND[flow]) for flow in again),
    ]
    assert shell.json("veerpont rejects list --json") == []
    arrived = {folder.name: sheet(folder) for folder in sftp.root.iterdir()}  # one file in each
    _check(arrived)
    assert portal.effects == 1
    assert portal.records["acme/iban"] == {
        PIETER.upper(): [{"external_id": PIETER.upper(), "iban": "NL20INGB0001234567", "bic": None}]
    }
    assert not [call for call in loket.calls if THEIRS in call.path], "an employer that nobody activated"

    assert loket.issued > 2, "tokens were renewed on the way, by processes that know the ledger only"
    secrets = {*PERSONAL, *loket.given, "CANARY-secret", PORTAL_TOKEN, *sftp.private_key.splitlines()[1:-1]}
    pattern = re.compile("|".join(map(re.escape, sorted(secrets))))
    assert {"Oosterhuizen", "NL20INGB0001234567"} <= {*pattern.findall(f"{arrived} {portal.records}")}
    places = _clear(tmp_path, sftp.root) | {"printed": "".join(shell.shown)}
    assert {"airflow.db", "ledger.db", "xcom", "tokens", "rejects"} <= {Path(place).name for place in places}
    assert re.search(r"Loket: \d+ calls", places["printed"]), "the log of the tasks is among what was printed"
    assert [place for place, content in places.items() if pattern.search(place + content)] == []


def _check(arrived: dict[str, list[dict[str, Any]]]) -> None:
    assert [line["name"] for line in arrived["Werkgevers"]] == ["Sluis Beheer B.V."]
    units = [(line["department_code"], line["parent_department_code"]) for line in arrived["Afdelingen"]]
    assert units == [("1", ""), ("12", "1")]
    karin, pieter = arrived["Medewerkers"]
    assert (karin["personnel_number"], karin["department_code"], karin["street"], karin["fte"]) == ("1007", "1", "", 1)
    names = ("personnel_number", "external_id", "last_name", "postal_code", "email_work", "department_code")
    assert [pieter[name] for name in names] == [
        *("1042", PIETER.upper(), "Oosterhuizen", "1234 AB", "pieter@sluiswerk.example", "12")
    ]
    work = ("cost_centre_code", "function", "employment_start", "employment_end", "hours_per_week", "fte")
    assert [pieter[name] for name in work] == ["120", "Monteur", "2020-01-01", "", 24, 0.6667]
    (account,) = arrived["Gebruikers"]
    assert (account["Personeelsnummer"], account["department_code"]) == ("1007", "12")
    course = ("StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "Verzuimpercentage", "VerzuimOorzaak")
    assert [tuple(line[name] for name in course) for line in arrived["Verzuim"]] == [
        (f"{LONG_AGO}", f"{BETTER}", 100, "12"),
        (f"{LATELY}", f"{HALF - timedelta(days=1)}", 100, "12"),
        (f"{HALF}", "", 40, "12"),
    ]


def _clear(folder: Path, delivered: Path) -> dict[str, str]:
    """Return what can be read on disk but for the deliveries: every file, and every table of every database."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and delivered not in path.parents:
            found[str(path)] = path.read_bytes().decode(errors="replace")
            if path.suffix == ".db":
                with sqlite3.connect(path) as database:
                    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
                    for name in names:
                        rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
                        found[f"{path}/{name}"] = repr(rows)
    return found
