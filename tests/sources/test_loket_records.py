"""Rows of Loket → records, and what is asked of the integration file because Loket does not say it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from loket_rows import ABSENCE, BANK_ACCOUNT, DAYS, DEPARTMENT, EMPLOYER, EMPLOYMENT, MANAGER, PERSON, Row, integration
from pydantic import ValidationError

from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.names import EXTRAS, NAMES
from veerpont.model.records import AbsenceLine, BankAccount, Department, Employer, Employment, ManagerUnit
from veerpont.rules import absence
from veerpont.systems import defaults
from veerpont.systems.loket.customer import managers_by
from veerpont.systems.loket.source import Loket

SAMPLES = {
    Flow.EMPLOYERS: EMPLOYER,
    Flow.ORGANIGRAM: DEPARTMENT,
    Flow.EMPLOYEES: EMPLOYMENT,
    Flow.ACCOUNTS: MANAGER,
    Flow.ABSENCE: ABSENCE,
    Flow.IBAN: BANK_ACCOUNT,
}
loket = Loket()

SIX = [flow for flow in Flow if flow not in {Flow.HOURS, Flow.PAYROLL}]  # what hours need: tests/pipeline/test_hours.py


def test_an_employer() -> None:
    assert loket.record(Flow.EMPLOYERS, EMPLOYER) == Employer(
        "20001", "Sluis Beheer B.V.", "Sluisweg", 1, None, "1234 AB", "Sluisdam", "NL"
    )


def test_a_department_of_an_employers_own_chart() -> None:
    found = loket.record(Flow.ORGANIGRAM, DEPARTMENT)
    assert found == Department("12", "Techniek", "20001", "1", own_chart=True)
    assert isinstance(found, Department)
    assert found.key == loket.key(Flow.ORGANIGRAM, DEPARTMENT) == "20001/12"


def test_an_employment_with_its_person() -> None:
    assert loket.record(Flow.EMPLOYEES, EMPLOYMENT) == Employment(
        employer_code="20001",
        personnel_number="1042",
        guid=PERSON.upper(),
        employment_number=2,
        employment_guid="C0000000-0000-4000-8000-00000000000A",
        last_name="Groot",
        initials="P.",
        first_name="Pieter",
        prefix="de",
        partner_prefix="van",
        partner_last_name="Dam",
        name_usage="Geboortenaam partner",
        gender="Man",
        birth_date=date(1990, 5, 17),
        bsn="111222333",
        street="Dorpsweg",
        house_number=7,
        house_number_addition="a",
        postal_code="1234 AB",
        city="Ergens",
        country="NL",
        phone_private="010-0000000",
        mobile_private="06-00000000",
        email_private="p@post.example",
        mobile_work="06-00000001",
        email_work="p@sluis.example",
        department_code="12",
        department_name="Techniek",
        cost_centre_code="120",
        cost_centre_name="VE Techniek",
        function="Monteur",
        contract_type="Bepaalde tijd",
        employment_start=date(2020, 1, 1),
        contract_end=date(2027, 6, 30),
        fte=Decimal("0.6667"),
        hours_per_week=Decimal(24),
    )


def made(flow: Flow, **changes: Any) -> Any:
    return loket.record(flow, SAMPLES[flow] | {name.replace("__", "."): value for name, value in changes.items()})


@pytest.mark.parametrize(
    ("end", "until", "employment_end", "contract_end"),
    [
        (None, None, None, None),
        (None, "2027-06-30", None, date(2027, 6, 30)),
        ("2026-12-31", "2027-06-30", date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_a_contract_ends_with_the_employment_at_the_latest(
    end: str | None, until: str | None, employment_end: date | None, contract_end: date | None
) -> None:
    found = made(Flow.EMPLOYEES, employment__endDate=end, employment__commissionUntilDate=until)
    assert (found.employment_end, found.contract_end) == (employment_end, contract_end)


@pytest.mark.parametrize(("hours", "full", "fte"), [(None, 36, None), (36, 36, "1"), (0, 36, "0"), (8, 0, None)])
def test_fte_is_made_of_the_hours_for_links(hours: int | None, full: int, fte: str | None) -> None:
    found = made(
        Flow.EMPLOYEES, workingHours__aggregatedHoursPerWeek=hours, workingHours__shift__fullTimeHoursPerWeek=full
    )
    assert found.fte == (Decimal(fte) if fte is not None else None)


BESIDES = {
    "absence.progress.endOfAbsence.reason.key",
    *(f"workingHours.workPattern.{week}Weeks.{day}" for week in ("odd", "even") for day in DAYS),
}
"""What is kept only where a portal gets it besides."""


@pytest.mark.parametrize(
    ("odd", "even", "monday"), [(8, 8, "8"), (8, Decimal("8.0"), "8"), (8, 0, None), (0, 0, "0"), (None, None, None)]
)
def test_a_weekday_has_hours_where_every_week_is_the_same(odd: object, even: object, monday: str | None) -> None:
    found = made(
        Flow.EMPLOYEES,
        workingHours__workPattern__oddWeeks__monday=odd,
        workingHours__workPattern__evenWeeks__monday=even,
    )
    assert found.hours_monday == (Decimal(monday) if monday is not None else None)
    assert found.hours_tuesday is None


def test_why_an_absence_ended_is_a_code() -> None:
    assert made(Flow.ABSENCE, absence__progress__endOfAbsence__reason__key=1).recovery_reason == "1"


def test_two_employments_of_a_person_stay_apart_whatever_their_numbers() -> None:
    one, other = made(Flow.EMPLOYEES), made(Flow.EMPLOYEES, employment__id="c-other")
    assert one.key == other.key
    assert one.id != other.id


def test_an_absence_ends_the_day_before_the_first_day_back() -> None:
    found = made(Flow.ABSENCE, absence__progress__endOfAbsence__date="2026-03-20")
    assert isinstance(found, AbsenceLine)
    assert (found.case_guid, found.guid) == (ABSENCE["absence.id"].upper(), ABSENCE["absenceProgress.id"].upper())
    assert (found.type, found.presence, found.starts_on) == ("1", Decimal(40), date(2026, 3, 9))
    first = made(
        Flow.ABSENCE,
        absence__progress__endOfAbsence__date="2026-03-20",
        absenceProgress__startDate="2026-03-02",
        absenceProgress__id="first",
    )
    last = made(
        Flow.ABSENCE,
        absence__progress__endOfAbsence__date="2026-03-20",
        absenceProgress__startDate="2026-03-20",
        absenceProgress__incapacityPercentage=10,
        absenceProgress__id="last",
    )
    back = defaults.recovery_date_is(integration(absence={"recovery_date_is": "last_absent_day"})) == "first_day_back"
    periods = absence.periods(
        [first, found, last], protocol="Ziekte", first_day_back=back, send_zero=False, today=date(2026, 11, 22)
    )
    assert [(str(each.begin), str(each.end), each.percentage) for each in periods] == [  # type: ignore[union-attr]
        ("2026-03-02", "2026-03-19", Decimal(60)),
        ("2026-03-20", "2026-03-20", Decimal(10)),
    ]


def test_the_newest_read_tells_the_head_of_a_case() -> None:
    old = made(Flow.ABSENCE, absenceProgress__id="zz")
    new = made(Flow.ABSENCE, read_at="2026-11-23T20:00:00+00:00", absence__progress__endOfAbsence__date="2026-11-20")
    assert absence.head([old, new]) is new


def test_a_manager_who_is_nobody_we_know_is_a_reject_of_the_user() -> None:
    assert isinstance(made(Flow.ACCOUNTS), ManagerUnit)
    row = MANAGER | {"employee.id": None, "employee.personalDetails.gender.value": None}
    found = loket.record(Flow.ACCOUNTS, row)
    assert isinstance(found, Problem)
    assert (found.reason, found.field) == ("unknown_employee", "user.contactInformation.emailAddress")
    assert loket.key(Flow.ACCOUNTS, row) == f"user:{MANAGER['user.id'].upper()}"


def test_a_dutch_account_has_no_bic_and_a_foreign_one_has() -> None:
    assert made(Flow.IBAN) == BankAccount(PERSON.upper(), "NL20INGB0001234567", None)
    assert made(Flow.IBAN, iban="be71 0961 2345 6769", bic="gkccbebb").bic == "GKCCBEBB"


@pytest.mark.parametrize(
    ("flow", "field", "value", "reason"),
    [
        (Flow.EMPLOYERS, "companyName", " ", "missing_value"),
        (Flow.EMPLOYERS, "employerNumber", None, "missing_value"),
        (Flow.ORGANIGRAM, "code", [], "wrong_type"),
        (Flow.EMPLOYEES, "employee.personalDetails.lastName", None, "missing_value"),
        (Flow.EMPLOYEES, "employment.incomeRelationshipNumber", None, "missing_value"),
        (Flow.EMPLOYEES, "employee.personalDetails.dateOfBirth", "31-12-1990", "impossible_date"),
        (Flow.EMPLOYEES, "employee.personalDetails.gender.value", "CANARY", "unknown_gender"),
        (Flow.EMPLOYEES, "employee.personalDetails.howToFormatLastName", "unknown 9", "unknown_name_usage"),
        (Flow.EMPLOYEES, "employee.citizenServiceNumber", "123456789", "invalid_bsn"),
        (Flow.EMPLOYEES, "employee.address.city", "CANARY\nstreet", "control_characters"),
        (Flow.EMPLOYEES, "employee.address.city", "C" * 256, "too_long"),
        (Flow.ABSENCE, "absenceProgress.incapacityPercentage", 0, "impossible_percentage"),
        (Flow.ABSENCE, "absence.progress.startDate", None, "missing_value"),
        (Flow.IBAN, "iban", None, "missing_value"),
        (Flow.IBAN, "iban", "NL21INGB0001234567", "invalid_iban"),
        (Flow.IBAN, "bic", "CANARY", "invalid_bic"),
    ],
)
def test_a_bad_value_is_named_and_never_shown(flow: Flow, field: str, value: object, reason: str) -> None:
    found = loket.record(flow, SAMPLES[flow] | {field: value})
    assert isinstance(found, Problem)
    assert (found.field, found.reason) == (field, reason)
    assert "CANARY" not in str(found.detail)


@pytest.mark.parametrize("flow", SAMPLES)
def test_a_row_is_kept_whole_only_where_everything_is_wanted(flow: Flow) -> None:
    assert loket.fields(flow, {*NAMES[flow], *EXTRAS.get(flow, ())}) == SAMPLES[flow].keys()
    assert loket.fields(flow, set(NAMES[flow])).isdisjoint(BESIDES)
    kept = {name: value for name, value in SAMPLES[flow].items() if name in loket.fields(flow, set())}
    assert not isinstance(loket.record(flow, kept), Problem)
    assert loket.key(flow, kept) == loket.key(flow, SAMPLES[flow])


def test_no_name_lets_a_citizen_service_number_through_but_its_own() -> None:
    names = set(NAMES[Flow.EMPLOYEES]) - {"bsn"}
    assert "employee.citizenServiceNumber" not in loket.fields(Flow.EMPLOYEES, names)


@pytest.mark.parametrize("row", [{}, {"employerNumber": True, "employee.id": 7, "user.id": " ", "code": ""}])
@pytest.mark.parametrize("flow", SAMPLES)
def test_a_row_without_anything_has_no_key(flow: Flow, row: Row) -> None:
    assert loket.key(flow, row) is None
    assert loket.employer_code(flow, row) is None
    assert loket.group(flow, row) is None


# -- what only the customer knows -------------------------------------------------------------------------------------


def test_what_loket_does_not_say_is_asked_for() -> None:
    bare = integration(xpert_suite={"columns": {"employees": {"name_usage": "Naamgebruik"}}})
    assert [
        sentence.split()[0]
        for flow in (Flow.ABSENCE, Flow.ACCOUNTS, Flow.EMPLOYEES)
        for sentence in map(str, defaults.missing(bare, flow))
    ] == ["absence.types", "absence.portal_deletes", "source.managers_by", "source.name_usages"]
    told = integration(
        source={"managers_by": "private_email", "name_usages": {"1": "Geboortenaam"}},
        xpert_suite={"columns": {"employees": {"name_usage": "Naamgebruik"}}},
        absence={"types": {"1": "Ziekte"}, "portal_deletes": "log"},
    )
    assert [sentence for flow in SIX for sentence in map(str, defaults.missing(told, flow))] == []


def test_the_sandbox_needs_less() -> None:
    assert [s.split()[0] for flow in SIX for s in map(str, defaults.missing(integration("sandbox"), flow))] == [
        "absence.types"
    ]
    assert managers_by(integration("sandbox")) == "business_email"
    assert defaults.tree(integration()) == "derive"


@pytest.mark.parametrize("source", [{"calls_per_second": 0}, {"parallel_calls": 5}, {"name_usages": {"1": "zomaar"}}])
def test_settings_that_cannot_be_are_refused(source: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        integration(source=source)
