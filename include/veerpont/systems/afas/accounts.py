"""AFAS rows → the units of managers, and the bank accounts of employees.

Facts: docs/reference/xpert-suite.md, 5.5 and 5.6.
"""

from collections.abc import Mapping

from veerpont.model.failures import Problem
from veerpont.model.records import BankAccount, ManagerUnit
from veerpont.rules.numbers import bic, iban
from veerpont.systems.afas.problems import problem, read_row
from veerpont.systems.afas.rows import BankAccountRow, ManagerRow
from veerpont.systems.field_types import gender_word
from veerpont.systems.source import Row

MANAGER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "last_name": ("Leidinggevende_Achternaam",),
    "prefix": ("Leidinggevende_Voorvoegsel",),
    "initials": ("Leidinggevende_Voorletters",),
    "gender": ("Leidinggevende_Geslacht_code",),
    "first_name": ("Leidinggevende_Roepnaam",),
    "email": ("Leidinggevende_Mail_werk",),
    "phone": ("Leidinggevende_Mob._werk",),
}

BANK_ACCOUNT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "external_id": ("GUID",),
    "iban": ("IBAN-nummer",),
    "bic": ("BIC-code",),
}

_OF_THE_MANAGER = [name for name in ManagerRow.types() if name.startswith("Leidinggevende_")]


def manager_unit(row: Row) -> ManagerUnit | Problem:
    """Turn a row of GetConnector 5 into a unit of a manager.

    A unit without a manager comes as a row of which every field of the manager is empty, or not at all: AFAS does not
    say (docs/reference/afas.md, 8.5). Such a row is a Problem with the reason `no_manager`, for the caller to filter:
    nobody has to repair anything. A row that lacks the field altogether is not one: then it is unknown who manages the
    unit.
    """
    if "Leidinggevende_Guid" in row and not any(str(row.get(name) or "").strip() for name in _OF_THE_MANAGER):
        return problem("Leidinggevende_Guid", "no_manager")
    read = read_row(ManagerRow, row)
    if isinstance(read, Problem):
        return read
    gender = gender_word(read.Leidinggevende_Geslacht_code)
    if read.Leidinggevende_Geslacht_code and gender is None:
        return problem("Leidinggevende_Geslacht_code", "unknown_gender")
    return ManagerUnit(
        person_guid=read.Leidinggevende_Guid,
        department_code=read.Org_eenheid,
        last_name=read.Leidinggevende_Achternaam,
        code=read.Leidinggevende_Code,
        initials=read.Leidinggevende_Voorletters,
        first_name=read.Leidinggevende_Roepnaam,
        prefix=read.Leidinggevende_Voorvoegsel,
        gender=gender,
        email=read.Leidinggevende_Mail_werk,
        phone=read.Leidinggevende_Mob_werk,
        valid_until=read.Einddatum_organigram,
    )


def bank_account(row: Row) -> BankAccount | Problem:
    """Turn a row of GetConnector 6 into the bank account of an employee, without spaces and in upper case."""
    read = read_row(BankAccountRow, row)
    if isinstance(read, Problem):
        return read
    try:
        number = iban(read.IBAN_nummer)
    except ValueError:
        return problem("IBAN-nummer", "invalid_iban")
    try:
        return BankAccount(guid=read.GUID, iban=number, bic=bic(read.BIC_code))
    except ValueError:
        return problem("BIC-code", "invalid_bic")
