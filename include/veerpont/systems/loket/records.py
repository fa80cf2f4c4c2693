"""Loket's rows → our records. The tables say which field becomes which of our names.

Facts: docs/reference/loket.md, 3.1 to 3.8.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from veerpont.model.failures import Problem
from veerpont.model.records import AbsenceLine, BankAccount, Department, Employer, Employment, ManagerUnit
from veerpont.rules.names import name_usage
from veerpont.rules.numbers import bic, citizen_service_number, iban
from veerpont.systems.field_types import gender_word
from veerpont.systems.loket.problems import problem, read_row
from veerpont.systems.loket.rows import (
    AbsenceRow,
    BankAccountRow,
    DepartmentRow,
    EmployerRow,
    EmploymentRow,
    ManagerRow,
    aliases,
)
from veerpont.systems.source import Row

_FIRST_DAY_BACK = timedelta(days=1)

_ADDRESS = ("street", "house_number", "house_number_addition", "postal_code", "city", "country")

# Our name → the names in rows.py that it comes from. Names that Loket cannot give are left out: a manager of an
# employee or department, the reason of an absence (docs/reference/loket.md, 3.6 and 3.11).
EMPLOYER_PARTS: Mapping[str, tuple[str, ...]] = {
    "employer_code": ("number",),
    "name": ("name",),
    **{name: (name,) for name in _ADDRESS},
}
DEPARTMENT_PARTS: Mapping[str, tuple[str, ...]] = {
    "employer_code": ("employer",),
    "department_code": ("code",),
    "name": ("description",),
    "parent_department_code": ("parent",),
}
EMPLOYMENT_PARTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in (*_ADDRESS, "initials", "first_name", "prefix", "last_name")},
    **{name: (name,) for name in ("partner_prefix", "partner_last_name", "name_usage", "gender", "birth_date", "bsn")},
    "employer_code": ("employer",),
    "personnel_number": ("number",),
    "external_id": ("person",),
    "employment_number": ("relationship",),
    "phone_private": ("phone",),
    "mobile_private": ("mobile",),
    "email_private": ("email",),
    "mobile_work": ("business_mobile",),
    "email_work": ("business_email",),
    "department_code": ("department",),
    "department_name": ("department_name",),
    "cost_centre_code": ("unit",),
    "cost_centre_name": ("unit_name",),
    "function": ("function", "own_function"),
    "contract_type": ("duration",),
    "employment_start": ("start",),
    "employment_end": ("end",),
    "contract_end": ("contract_end", "end"),
    "fte": ("hours", "full_time_hours"),
    "hours_per_week": ("hours",),
}
EMPLOYMENT_ALWAYS = (
    *("employer", "person", "number", "last_name", "employment", "relationship", "start", "end"),
    "department",  # the index of departments in use (docs/decisions/0018)
)
MANAGER_PARTS: Mapping[str, tuple[str, ...]] = {
    name: (name,) for name in ("initials", "first_name", "prefix", "last_name", "email", "phone", "gender")
}
MANAGER_ALWAYS = ("employer", "user", "person", "department", "last_name")

BSN = aliases(EmploymentRow)["bsn"]


def employer(row: Row) -> Employer | Problem:
    """Turn an employer of Loket into ours; its code is the number that users see."""
    read = read_row(EmployerRow, row)
    if isinstance(read, Problem):
        return read
    return Employer(
        employer_code=read.number,
        name=read.name,
        street=read.street,
        house_number=read.house_number,
        house_number_addition=read.house_number_addition,
        postal_code=read.postal_code,
        city=read.city,
        country=read.country,
    )


def department(row: Row) -> Department | Problem:
    """Turn a department into ours. Each employer has a tree of its own, and nothing says who manages what."""
    read = read_row(DepartmentRow, row)
    if isinstance(read, Problem):
        return read
    return Department(
        department_code=read.code,
        name=read.description,
        employer_code=read.employer,
        parent_department_code=read.parent,
        own_chart=True,
    )


def employment(row: Row) -> Employment | Problem:
    """Turn an employment with its person into ours."""
    read = read_row(EmploymentRow, row)
    if isinstance(read, Problem):
        return read
    names = aliases(EmploymentRow)
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(names["gender"], "unknown_gender")
    usage = name_usage(read.name_usage) if read.name_usage else None
    if read.name_usage and usage is None:
        return problem(names["name_usage"], "unknown_name_usage")
    try:
        number = citizen_service_number(read.bsn) if read.bsn else None
    except ValueError:
        return problem(BSN, "invalid_bsn")
    return Employment(
        employer_code=read.employer,
        personnel_number=read.number,
        guid=read.person,
        employment_number=read.relationship,
        employment_guid=read.employment,
        last_name=read.last_name,
        initials=read.initials,
        first_name=read.first_name,
        prefix=read.prefix,
        partner_prefix=read.partner_prefix,
        partner_last_name=read.partner_last_name,
        name_usage=usage,
        gender=gender,
        birth_date=read.birth_date,
        bsn=number,
        street=read.street,
        house_number=read.house_number,
        house_number_addition=read.house_number_addition,
        postal_code=read.postal_code,
        city=read.city,
        country=read.country,
        phone_private=read.phone,
        mobile_private=read.mobile,
        email_private=read.email,
        mobile_work=read.business_mobile,
        email_work=read.business_email,
        department_code=read.department,
        department_name=read.department_name,
        cost_centre_code=read.unit,
        cost_centre_name=read.unit_name,
        function=read.own_function or read.function,
        contract_type=read.duration,
        employment_start=read.start,
        employment_end=read.end,
        contract_end=read.end or read.contract_end,  # docs/reference/loket.md, 3.5
        fte=read.fte,
        hours_per_week=read.hours,
    )


def absence_line(row: Row) -> AbsenceLine | Problem:
    """Turn a progress row into a line of an absence case.

    Loket closes an absence with its last day (docs/reference/loket.md, 3.6): the day after it is the first day back.
    Every absence of a person is read together, so the moment of the read tells which head is the newest.
    """
    read = read_row(AbsenceRow, row)
    if isinstance(read, Problem):
        return read
    return AbsenceLine(
        guid=read.progress,
        case_guid=read.absence,
        employer_code=read.employer,
        personnel_number=read.number,
        type=read.cause,
        begin=read.begin,
        starts_on=read.starts_on,
        presence=Decimal(100 - read.incapacity),
        person_guid=read.person,
        recovered_on=read.last_day + _FIRST_DAY_BACK if read.last_day else None,
        expected_birth=read.expected_birth,
        case_changed=read.read_at,
    )


def manager_unit(row: Row) -> ManagerUnit | Problem:
    """Turn a department of a user into a unit of a manager."""
    read = read_row(ManagerRow, row)
    if isinstance(read, Problem):
        return read
    names = aliases(ManagerRow)
    if read.person is None:
        return problem(names["email"], "unknown_employee")
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(names["gender"], "unknown_gender")
    return ManagerUnit(
        person_guid=read.person,
        department_code=read.department,
        last_name=read.last_name,
        initials=read.initials,
        first_name=read.first_name,
        prefix=read.prefix,
        gender=gender,
        email=read.email,
        phone=read.phone,
        employer_code=read.employer,
    )


def bank_account(row: Row) -> BankAccount | Problem:
    """Turn the account of an employment into that of its person. Loket has a BIC for foreign accounts only."""
    read = read_row(BankAccountRow, row)
    if isinstance(read, Problem):
        return read
    try:
        number = iban(read.iban)
    except ValueError:
        return problem("iban", "invalid_iban")
    try:
        return BankAccount(guid=read.person, iban=number, bic=bic(read.bic))
    except ValueError:
        return problem("bic", "invalid_bic")
