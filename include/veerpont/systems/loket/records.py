"""Loket's rows → our records (docs/reference/loket.md, 3.1 to 3.8)."""

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
)
from veerpont.systems.source import Row
from veerpont.systems.source_row import record_of

_FIRST_DAY_BACK = timedelta(days=1)

BSN = EmploymentRow.spelled("bsn")


def employer(row: Row) -> Employer | Problem:
    """Turn an employer of Loket into ours; its code is the number that users see."""
    read = read_row(EmployerRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(Employer, read)


def department(row: Row) -> Department | Problem:
    """Turn a department into ours. Each employer has a tree of its own, and nothing says who manages what."""
    read = read_row(DepartmentRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(Department, read, own_chart=True)


def employment(row: Row) -> Employment | Problem:
    """Turn an employment with its person into ours."""
    read = read_row(EmploymentRow, row)
    if isinstance(read, Problem):
        return read
    spelled = EmploymentRow.spelled
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(spelled("gender"), "unknown_gender")
    usage = name_usage(read.name_usage) if read.name_usage else None
    if read.name_usage and usage is None:
        return problem(spelled("name_usage"), "unknown_name_usage")
    try:
        number = citizen_service_number(read.bsn) if read.bsn else None
    except ValueError:
        return problem(BSN, "invalid_bsn")
    return record_of(
        Employment,
        read,
        name_usage=usage,
        gender=gender,
        bsn=number,
        function=read.own_function or read.function,
        contract_end=read.employment_end or read.contract_end,  # docs/reference/loket.md, 3.5
        fte=read.full_time_part,
        **read.hours_by_weekday,
    )


def absence_line(row: Row) -> AbsenceLine | Problem:
    """Turn a progress row into a line of an absence case.

    Loket closes an absence with its last day (docs/reference/loket.md, 3.6): the day after it is the first day back.
    """
    read = read_row(AbsenceRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(
        AbsenceLine,
        read,
        presence=Decimal(100 - read.incapacity),
        recovered_on=read.last_day + _FIRST_DAY_BACK if read.last_day else None,
    )


def manager_unit(row: Row) -> ManagerUnit | Problem:
    """Turn a department of a user into a unit of a manager."""
    read = read_row(ManagerRow, row)
    if isinstance(read, Problem):
        return read
    if read.person_guid is None:
        return problem(ManagerRow.spelled("email"), "unknown_employee")
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(ManagerRow.spelled("gender"), "unknown_gender")
    return record_of(ManagerUnit, read, gender=gender)


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
        return record_of(BankAccount, read, iban=number, bic=bic(read.bic))
    except ValueError:
        return problem("bic", "invalid_bic")
