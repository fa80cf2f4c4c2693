"""AFAS rows become our records, or a problem that names the field and the reason, never the value."""

from datetime import date
from decimal import Decimal

import pytest
from afas_rows import DEPARTMENT, EMPLOYEE, EMPLOYER, Row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.records import Department, Employer, Employment, Record
from veerpont.systems.afas.rows import DepartmentRow, EmployeeRow, EmployerRow
from veerpont.systems.afas.source import Afas
from veerpont.systems.field_types import guid
from veerpont.systems.registry import source

AFAS = Afas()
GUID = "A1B2C3D4-0000-4000-8000-00000000000F"


def employment(**changes: object) -> Record | Problem:
    return AFAS.record(Flow.EMPLOYEES, EMPLOYEE | {_field(name): value for name, value in changes.items()})


def _field(name: str) -> str:
    return {"Geb_naam_partner": "Geb.naam_partner", "Voorv_geb_naam": "Voorv._geb.naam"}.get(name, name)


def test_the_sample_employer_becomes_an_employer() -> None:
    assert AFAS.record(Flow.EMPLOYERS, EMPLOYER) == Employer(
        employer_code="01",
        name="PAQT.com B.V.",
        street="Europalaan",
        house_number=40,
        postal_code="3526 KS",
        city="Utrecht",
        country="NL",
    )


def test_the_sample_unit_becomes_a_department() -> None:
    assert AFAS.record(Flow.ORGANIGRAM, DEPARTMENT) == Department(
        department_code="AC",
        name="Assistent Controller",
        parent_department_code="Z_Hist",
        valid_from=date(2020, 1, 1),
        level="7",
    )


def test_the_sample_employee_becomes_an_employment() -> None:
    assert AFAS.record(Flow.EMPLOYEES, EMPLOYEE) == Employment(
        employer_code="01",
        personnel_number="1001",
        guid=GUID,
        employment_number=4,
        last_name="test",
        initials="G.D.",
        first_name="Denny",
        name_usage="Geboortenaam",
        gender="Man",
        birth_date=date(1962, 5, 1),
        bsn="010012345",
        country="NL",
        department_code="TNW2M",
        cost_centre_code="07",
        function="Bedrijfsarts",
        contract_type="Onbepaalde tijd",
        fte=Decimal("0.9"),
        hours_per_week=Decimal(36),
        manager_personnel_number="KMA",
        manager_guid="3B7AFD0F-8F7A-45B0-91B9-8BB02634EB9B",
        contract_number=5,
        roster_number=5,
        effective_from=date(2021, 7, 1),
    )


def test_the_row_types_have_the_fields_of_the_samples() -> None:
    assert EmployerRow.types().keys() == EMPLOYER.keys()
    assert DepartmentRow.types().keys() == DEPARTMENT.keys()
    assert EmployeeRow.types().keys() == EMPLOYEE.keys()


def test_fields_that_were_not_kept_count_as_empty() -> None:
    kept = AFAS.fields(Flow.EMPLOYEES, {"personnel_number", "last_name"})
    record = AFAS.record(Flow.EMPLOYEES, {name: value for name, value in EMPLOYEE.items() if name in kept})
    assert isinstance(record, Employment)
    assert (record.bsn, record.birth_date, record.gender, record.manager_guid) == (None, None, None, None)
    assert record.department_code == "TNW2M"


@pytest.mark.parametrize("field", ["BSN", "Geslacht", "Voorkeurshantering", "Geboortedatum", "Postcode"])
def test_a_bad_value_in_a_field_that_nobody_wants_rejects_nobody(field: str) -> None:
    row = {name: value for name, value in EMPLOYEE.items() if name != field}
    assert isinstance(AFAS.record(Flow.EMPLOYEES, row), Employment)


def test_only_the_fields_in_use_are_asked_for() -> None:
    always = AFAS.fields(Flow.EMPLOYEES, frozenset())
    assert {"GUID", "Werkgeverscode", "Afdelingscode", "Mutatiedatum_OE"} <= always
    assert always.isdisjoint({"BSN", "Leidinggevende_guid", "Geboortedatum", "E-mail_prive"})
    wanted = AFAS.fields(Flow.EMPLOYEES, {"bsn", "manager_personnel_number", "prefix"})
    assert wanted - always == {"BSN", "Leidinggevende_code", "Leidinggevende_guid", "Voorvoegsel", "Voorv._geb.naam"}
    assert AFAS.fields(Flow.EMPLOYERS, {"city"}) == {"Werkgeverscode", "Werkgeversnaam", "Woonplaats"}
    assert AFAS.fields(Flow.ORGANIGRAM, {"name"}) == DEPARTMENT.keys()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("GUID", None, "missing_value"),
        ("GUID", "{}", "missing_value"),
        ("Personeelsnummer", " ", "missing_value"),
        ("Personeelsnummer", 1001, "wrong_type"),
        ("Werkgeverscode", None, "missing_value"),
        ("Achternaam", "", "missing_value"),
        ("Achternaam", "CAN\nARY", "control_characters"),
        ("Achternaam", "CANARY\x7fx", "control_characters"),
        ("Roepnaam", "CANARY" * 50, "too_long"),
        ("Roepnaam", 5, "wrong_type"),
        ("Dienstverbandnummer", None, "missing_value"),
        ("Dienstverbandnummer", "4", "wrong_type"),
        ("Dienstverbandnummer", True, "wrong_type"),
        ("Dienstverbandnummer", Decimal("4.5"), "wrong_type"),
        ("Contractnummer", Decimal("1e99"), "wrong_type"),
        ("Huisnummer", "12CANARY", "wrong_type"),
        ("FTE", "0.9", "wrong_type"),
        ("FTE", True, "wrong_type"),
        ("FTE", Decimal("1e99"), "wrong_type"),
        ("Geboortedatum", "1962-02-30T00:00:00Z", "impossible_date"),
        ("Geboortedatum", "1899-12-31T00:00:00Z", "impossible_date"),
        ("Geboortedatum", "2101-01-01", "impossible_date"),
        ("Geboortedatum", "CANARY", "impossible_date"),
        ("Geboortedatum", 19620501, "wrong_type"),
        ("Geslacht", "CANARY", "unknown_gender"),
        ("Voorkeurshantering", "CANARY", "unknown_name_usage"),
        ("BSN", "111222334", "invalid_bsn"),
        ("BSN", "CANARY", "invalid_bsn"),
        ("BSN", "000000000", "invalid_bsn"),
    ],
)
def test_a_bad_row_says_which_field_and_why(field: str, value: object, reason: str) -> None:
    problem = employment(**{field: value})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == (field, reason)
    assert str(problem.detail).startswith(field)
    assert "CANARY" not in repr(problem)


def test_a_required_field_that_is_absent_is_a_missing_value() -> None:
    problem = AFAS.record(Flow.ORGANIGRAM, {})
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == ("Org._eenheid", "missing_value")


@pytest.mark.parametrize(
    "text", ["1962-05-01T00:00:00Z", "1962-05-01T23:59:59", "1962-05-01", "1962-05-01T00:00:00.5Z"]
)
def test_a_date_is_the_day_as_written(text: str) -> None:
    record = employment(Geboortedatum=text)
    assert isinstance(record, Employment)
    assert record.birth_date == date(1962, 5, 1)


@pytest.mark.parametrize(("value", "read"), [(40, 40), ("40", 40), (Decimal("40.0"), 40), ("", None), (None, None)])
def test_a_house_number_is_a_number(value: object, read: int | None) -> None:
    record = employment(Huisnummer=value)
    assert isinstance(record, Employment)
    assert record.house_number == read


@pytest.mark.parametrize(
    ("value", "read"), [("3526KS", "3526 KS"), ("3526  ks", "3526 KS"), ("B-2000", "B-2000"), ("", None)]
)
def test_a_dutch_postal_code_has_one_space(value: str, read: str | None) -> None:
    record = employment(Postcode=value)
    assert isinstance(record, Employment)
    assert record.postal_code == read


@pytest.mark.parametrize(
    ("value", "read"), [("man", "Man"), ("V", "Vrouw"), ("Onbekend", "Onbekend"), ("x", "Non-binair"), (None, None)]
)
def test_genders_are_words(value: str | None, read: str | None) -> None:
    record = employment(Geslacht=value)
    assert isinstance(record, Employment)
    assert record.gender == read


def test_the_prefix_is_that_of_the_birth_name_where_afas_has_one() -> None:
    general, own = employment(Voorvoegsel="van"), employment(Voorvoegsel="van", Voorv_geb_naam="de")
    assert isinstance(general, Employment)
    assert isinstance(own, Employment)
    assert (general.prefix, own.prefix) == ("van", "de")


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_decimals_are_exact_and_say_a_number_in_one_way(digits: int, places: int) -> None:
    number = Decimal(digits).scaleb(-places)
    record, longer = employment(FTE=number), employment(FTE=Decimal(f"{number:f}" + ("0" if places else ".0")))
    assert isinstance(record, Employment)
    assert isinstance(longer, Employment)
    assert record.fte == number
    assert str(record.fte) == str(longer.fte)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text of a fresh checkout takes a second
@given(
    st.dictionaries(
        st.sampled_from(sorted(EMPLOYEE)), st.none() | st.booleans() | st.integers() | st.text() | st.decimals()
    )
)
def test_no_row_whatever_it_holds_is_more_than_a_problem(changes: Row) -> None:
    assert isinstance(AFAS.record(Flow.EMPLOYEES, EMPLOYEE | changes), Employment | Problem)


def test_the_latest_of_the_three_changes_is_what_the_row_holds_from() -> None:
    record = employment(Mutatiedatum_OE="2023-01-01T00:00:00Z", Mutatiedatum_salaris=None)
    assert isinstance(record, Employment)
    assert record.effective_from == date(2023, 1, 1)


def test_keys_are_known_for_good_and_bad_rows_alike() -> None:
    assert AFAS.key(Flow.EMPLOYEES, EMPLOYEE) == GUID
    assert AFAS.key(Flow.EMPLOYEES, {"GUID": "{}", "Personeelsnummer": " 1001 "}) == "number:1001"
    assert AFAS.key(Flow.EMPLOYEES, {"GUID": None, "Personeelsnummer": None}) is None
    assert AFAS.key(Flow.EMPLOYERS, EMPLOYER) == "01"
    assert AFAS.key(Flow.EMPLOYERS, {"Werkgeverscode": 1}) is None
    assert AFAS.key(Flow.ORGANIGRAM, DEPARTMENT) == "AC"


def test_the_key_of_a_row_is_the_key_of_its_record() -> None:
    for flow, row in ((Flow.EMPLOYERS, EMPLOYER), (Flow.ORGANIGRAM, DEPARTMENT), (Flow.EMPLOYEES, EMPLOYEE)):
        record = AFAS.record(flow, row)
        assert not isinstance(record, Problem)
        assert AFAS.key(flow, row) == record.key


def test_employer_codes_are_those_of_the_row() -> None:
    assert AFAS.employer_code(Flow.EMPLOYEES, EMPLOYEE | {"Werkgeverscode": " 01 "}) == "01"
    assert AFAS.employer_code(Flow.EMPLOYERS, EMPLOYER) == "01"
    assert AFAS.employer_code(Flow.ORGANIGRAM, DEPARTMENT) is None
    assert AFAS.employer_code(Flow.EMPLOYEES, {}) is None


@given(st.uuids())
def test_a_guid_is_the_same_however_it_is_written(value: object) -> None:
    plain = str(value).upper()
    assert {guid(form) for form in (str(value), plain, f"{{{value}}}", f" {{{plain}}} ")} == {plain}


def test_sources_are_found_by_name() -> None:
    assert isinstance(source("afas"), Afas)
    with pytest.raises(SettingsError, match="nothing"):
        source("nothing")
