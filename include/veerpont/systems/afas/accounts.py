"""AFAS rows → the units of managers, and the bank accounts of employees.

Facts: docs/reference/xpert-suite.md, 5.5 and 5.6.
"""

from veerpont.model.failures import Problem
from veerpont.model.records import BankAccount, ManagerUnit
from veerpont.rules.numbers import bic, iban
from veerpont.systems.afas.problems import problem, read_row
from veerpont.systems.afas.rows import BankAccountRow, ManagerRow
from veerpont.systems.field_types import gender_word
from veerpont.systems.source import Row
from veerpont.systems.source_row import record_of

_PERSON = ManagerRow.spelled("person_guid")
_OF_THE_MANAGER = "Leidinggevende_"


def manager_unit(row: Row) -> ManagerUnit | Problem:
    """Turn a row of GetConnector 5 into a unit of a manager.

    A unit without a manager comes as a row of which every field of the manager is empty, or not at all: AFAS does not
    say (docs/reference/afas.md, 8.5). Such a row is a Problem with the reason `no_manager`, for the caller to filter:
    nobody has to repair anything. A row that lacks the field altogether is not one: then it is unknown who manages the
    unit.
    """
    said = (value for name, value in row.items() if name.startswith(_OF_THE_MANAGER))
    if _PERSON in row and not any(str(value or "").strip() for value in said):
        return problem(_PERSON, "no_manager")
    read = read_row(ManagerRow, row)
    if isinstance(read, Problem):
        return read
    gender = gender_word(read.gender)
    if read.gender and gender is None:
        return problem(ManagerRow.spelled("gender"), "unknown_gender")
    return record_of(ManagerUnit, read, gender=gender)


def bank_account(row: Row) -> BankAccount | Problem:
    """Turn a row of GetConnector 6 into the bank account of an employee, without spaces and in upper case."""
    read = read_row(BankAccountRow, row)
    if isinstance(read, Problem):
        return read
    try:
        number = iban(read.iban)
    except ValueError:
        return problem(BankAccountRow.spelled("iban"), "invalid_iban")
    try:
        return record_of(BankAccount, read, iban=number, bic=bic(read.bic))
    except ValueError:
        return problem(BankAccountRow.spelled("bic"), "invalid_bic")
