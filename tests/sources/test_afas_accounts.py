"""The units of managers and the bank accounts of employees: from AFAS's rows to ours."""

from datetime import date

import pytest
from afas_rows import BANK_ACCOUNT, MANAGER, Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.names import NAMES
from veerpont.model.records import BankAccount, ManagerUnit
from veerpont.systems.afas.rows import BankAccountRow, ManagerRow
from veerpont.systems.afas.source import Afas

AFAS = Afas()
OF_THE_MANAGER = [name for name in MANAGER if name.startswith("Leidinggevende_")]
NOBODY: Row = MANAGER | dict.fromkeys(OF_THE_MANAGER)
ANY_VALUE = st.none() | st.booleans() | st.integers() | st.text() | st.decimals() | st.lists(st.text())


def test_the_row_types_have_the_fields_of_the_samples() -> None:
    assert ManagerRow.types().keys() | ManagerRow.unread == MANAGER.keys()
    assert BankAccountRow.types().keys() == BANK_ACCOUNT.keys()


# Managers


def manager(**changes: object) -> ManagerUnit:
    record = AFAS.record(Flow.ACCOUNTS, MANAGER | changes)
    assert isinstance(record, ManagerUnit)
    return record


def test_the_sample_row_becomes_a_unit_of_a_manager() -> None:
    assert manager() == ManagerUnit(
        person_guid="3B7AFD0F-8F7A-45B0-91B9-8BB02634EB9B",
        department_code="TNW2M",
        last_name="test",
        initials="K.",
        first_name="Karin",
        gender="Vrouw",
        email="karin@acme.example",
    )


def test_the_other_fields_cross_too() -> None:
    record = manager(**{
        "Leidinggevende_Mob._werk": "06 12345678",
        "Leidinggevende_Voorvoegsel": "van der",
        "Einddatum_organigram": "2026-12-31T00:00:00Z",
    })
    assert (record.phone, record.prefix, record.valid_until) == ("06 12345678", "van der", date(2026, 12, 31))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *(("M", "Man"), ("V", "Vrouw"), ("O", "Onbekend"), ("X", "Non-binair"), ("m", "Man")),
        *(("Man", "Man"), ("vrouw", "Vrouw"), ("Onbekend", "Onbekend"), ("Non-binair", "Non-binair"), (None, None)),
    ],
)
def test_genders_are_words(value: str | None, read: str | None) -> None:
    assert manager(Leidinggevende_Geslacht_code=value).gender == read


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("Leidinggevende_Guid", None, "missing_value"),
        ("Leidinggevende_Guid", "{}", "missing_value"),
        ("Leidinggevende_Achternaam", None, "missing_value"),
        ("Org._eenheid", "", "missing_value"),
        ("Leidinggevende_Geslacht_code", "CANARY", "unknown_gender"),
        ("Leidinggevende_Mail_werk", "CANARY" * 50, "too_long"),
        ("Leidinggevende_Mob._werk", 612345678, "wrong_type"),
        ("Einddatum_organigram", "CANARY", "impossible_date"),
    ],
)
def test_a_bad_manager_says_which_field_and_why(field: str, value: object, reason: str) -> None:
    problem = AFAS.record(Flow.ACCOUNTS, MANAGER | {field: value})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == (field, reason)
    assert str(problem.detail).startswith(field)
    assert "CANARY" not in repr(problem)


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_unit_without_a_manager_is_told_apart_from_a_bad_row(empty: object) -> None:
    kept = AFAS.fields(Flow.ACCOUNTS, frozenset())
    for row in (whole := NOBODY | dict.fromkeys(OF_THE_MANAGER, empty), {name: whole[name] for name in kept}):
        problem = AFAS.record(Flow.ACCOUNTS, row)
        assert isinstance(problem, Problem)
        assert (problem.field, problem.reason) == ("Leidinggevende_Guid", "no_manager")
        assert AFAS.key(Flow.ACCOUNTS, row) is None


@pytest.mark.parametrize("field", [name for name in OF_THE_MANAGER if name != "Leidinggevende_Guid"])
def test_a_manager_who_lacks_a_guid_is_a_failure_and_not_nobody(field: str) -> None:
    problem = AFAS.record(Flow.ACCOUNTS, NOBODY | {field: "x"})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == ("Leidinggevende_Guid", "missing_value")


def test_a_row_without_the_field_does_not_say_that_there_is_no_manager() -> None:
    problem = AFAS.record(Flow.ACCOUNTS, {"Org._eenheid": "TNW2M"})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == ("Leidinggevende_Guid", "missing_value")


def test_of_a_manager_passes_what_is_asked_for() -> None:
    always = AFAS.fields(Flow.ACCOUNTS, frozenset())
    assert always == {
        *("Leidinggevende_Guid", "Leidinggevende_Achternaam", "Org._eenheid", "Einddatum_organigram"),
    }
    asked = {name: AFAS.fields(Flow.ACCOUNTS, {name}) - always for name in NAMES[Flow.ACCOUNTS]}
    assert {name: fields for name, fields in asked.items() if fields} == {
        "prefix": {"Leidinggevende_Voorvoegsel"},
        "initials": {"Leidinggevende_Voorletters"},
        "gender": {"Leidinggevende_Geslacht_code"},
        "first_name": {"Leidinggevende_Roepnaam"},
        "email": {"Leidinggevende_Mail_werk"},
        "phone": {"Leidinggevende_Mob._werk"},
    }


def test_the_key_of_a_unit_is_its_managers_guid() -> None:
    assert AFAS.key(Flow.ACCOUNTS, MANAGER) == manager().key == "3B7AFD0F-8F7A-45B0-91B9-8BB02634EB9B"
    assert AFAS.employer_code(Flow.ACCOUNTS, MANAGER) is None


# Bank accounts


@pytest.mark.parametrize(
    ("iban", "bic"),
    [
        ("NL54RABO0338852093", "RABONL2UXXX"),
        (" nl54 rabo 0338 8520 93 ", " rabonl2uxxx "),
    ],
)
def test_a_bank_account_has_no_spaces_and_is_in_upper_case(iban: str, bic: str) -> None:
    assert AFAS.record(Flow.IBAN, BANK_ACCOUNT | {"IBAN-nummer": iban, "BIC-code": bic}) == BankAccount(
        guid="A1B2C3D4-0000-4000-8000-00000000000F", iban="NL54RABO0338852093", bic="RABONL2UXXX"
    )


@pytest.mark.parametrize(("iban", "bic"), [("BE68539007547034", "KREDBEBB"), ("DE89370400440532013000", "COBADEFFXXX")])
def test_a_foreign_account_is_as_good(iban: str, bic: str) -> None:
    record = AFAS.record(Flow.IBAN, BANK_ACCOUNT | {"IBAN-nummer": iban, "BIC-code": bic})
    assert isinstance(record, BankAccount)
    assert (record.iban, record.bic) == (iban, bic)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        *((field, empty, "missing_value") for field in ("GUID", "IBAN-nummer") for empty in (None, " ")),
        ("GUID", "{}", "missing_value"),
        ("IBAN-nummer", 54, "wrong_type"),
        ("IBAN-nummer", "CANARY", "invalid_iban"),
        ("IBAN-nummer", "NL55RABO0338852093", "invalid_iban"),
        ("IBAN-nummer", "NL54RABO033885209", "invalid_iban"),
        ("IBAN-nummer", "NL٥٤RABO0338852093", "invalid_iban"),  # digits, but not of our script
        ("IBAN-nummer", "0338852093", "invalid_iban"),
        ("BIC-code", "CANARY", "invalid_bic"),
        ("BIC-code", "RABONL2", "invalid_bic"),
        ("BIC-code", "RABOQQ2U", "invalid_bic"),
    ],
)
def test_a_bad_bank_account_says_which_field_and_why(field: str, value: object, reason: str) -> None:
    problem = AFAS.record(Flow.IBAN, BANK_ACCOUNT | {field: value})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == (field, reason)
    assert str(problem.detail).startswith(field)
    assert "CANARY" not in repr(problem)


def test_of_a_bank_account_everything_passes() -> None:
    assert AFAS.fields(Flow.IBAN, frozenset()) == AFAS.fields(Flow.IBAN, set(NAMES[Flow.IBAN])) == BANK_ACCOUNT.keys()


def test_the_key_of_a_bank_account_is_the_guid_of_the_person() -> None:
    assert AFAS.key(Flow.IBAN, BANK_ACCOUNT) == "A1B2C3D4-0000-4000-8000-00000000000F"
    assert AFAS.key(Flow.IBAN, BANK_ACCOUNT | {"GUID": "{}", "Personeelsnummer": "1001"}) is None
    assert AFAS.employer_code(Flow.IBAN, BANK_ACCOUNT) is None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(MANAGER)), ANY_VALUE))
def test_no_manager_whatever_the_row_holds_is_more_than_a_problem(changes: Row) -> None:
    assert isinstance(AFAS.record(Flow.ACCOUNTS, MANAGER | changes), ManagerUnit | Problem)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(BANK_ACCOUNT)), ANY_VALUE))
def test_no_bank_account_whatever_the_row_holds_is_more_than_a_problem(changes: Row) -> None:
    assert isinstance(AFAS.record(Flow.IBAN, BANK_ACCOUNT | changes), BankAccount | Problem)


@pytest.mark.parametrize("empty", [None, " ", "NOTPROVIDED"])
def test_an_account_without_a_bic_is_as_good(empty: str | None) -> None:
    """The IBAN says which bank it is."""
    record = AFAS.record(Flow.IBAN, BANK_ACCOUNT | {"BIC-code": empty})
    assert isinstance(record, BankAccount)
    assert record.bic is None
