"""AFAS rows → employers, departments and employees (docs/reference/xpert-suite.md, 5.1 to 5.3)."""

from veerpont.model.failures import Problem
from veerpont.model.records import Department, Employer, Employment
from veerpont.rules.names import name_usage, own_prefix
from veerpont.rules.numbers import citizen_service_number
from veerpont.systems.afas.problems import problem, read_row
from veerpont.systems.afas.rows import DepartmentRow, EmployeeRow, EmployerRow
from veerpont.systems.field_types import gender_word
from veerpont.systems.source import Row
from veerpont.systems.source_row import record_of


def employer(row: Row) -> Employer | Problem:
    """Turn a row of GetConnector 1 into an employer."""
    read = read_row(EmployerRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(Employer, read)


def department(row: Row) -> Department | Problem:
    """Turn a row of GetConnector 2 into a department; the source names no employer and no manager."""
    read = read_row(DepartmentRow, row)
    if isinstance(read, Problem):
        return read
    return record_of(Department, read)


_spelled = EmployeeRow.spelled
_OF_AN_EMPLOYMENT = tuple(map(_spelled, ("employment_number", "employment_start", "contract_number")))


def employment(row: Row) -> Employment | Problem:
    """Turn a row of GetConnector 3 into an employment with its person.

    AFAS also shows people without one. Such a row is a Problem with the reason `no_employment`, for the caller to
    filter.

    The parts of the name cross unchanged: whether `Achternaam` is combined already is not known
    (docs/reference/afas.md, 8.3).
    """
    if all(field in row and row[field] is None for field in _OF_AN_EMPLOYMENT):
        return problem(_spelled("employment_number"), "no_employment")
    read = read_row(EmployeeRow, row)
    if isinstance(read, Problem):
        return read
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(_spelled("gender"), "unknown_gender")
    usage = name_usage(read.name_usage) if read.name_usage else None
    if read.name_usage and usage is None:
        return problem(_spelled("name_usage"), "unknown_name_usage")
    try:
        number = citizen_service_number(read.bsn) if read.bsn else None
    except ValueError:
        return problem(_spelled("bsn"), "invalid_bsn")
    changes = (read.roster_changed, read.department_changed, read.salary_changed)
    return record_of(
        Employment,
        read,
        prefix=own_prefix(read.prefix, read.birth_prefix),
        name_usage=usage,
        gender=gender,
        bsn=number,
        # The combination in a row holds from the latest of the three changes that made it
        # (docs/reference/xpert-suite.md, 5.3).
        effective_from=max(filter(None, changes), default=None),
    )
