"""Columns and lines: what the portal gets of a record, and what it is spared."""

from datetime import date
from decimal import Decimal

import pytest

from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.names import EXTRAS, NAMES
from veerpont.model.records import Department, Employer, Employment
from veerpont.systems.registry import portal
from veerpont.systems.xpert_suite.columns import TABLES, Columns, TemplateColumn
from veerpont.systems.xpert_suite.lines import text

EMPLOYEES = {"employer_code": "WerkgeverCode", "personnel_number": "Personeelsnummer", "last_name": "Achternaam"}
CANARY = "Kanariepiet"


@pytest.fixture
def xpert():
    return portal("xpert_suite")


def employment(**fields) -> Employment:
    return Employment(**{
        "employer_code": "01",
        "personnel_number": "0007",
        "guid": "AB12",
        "employment_number": 1,
        "last_name": "Jansen",
        **fields,
    })


def test_the_columns_are_our_names():
    """Every flow but the bank accounts has a column for each of our names, in their order, and then those to choose."""
    assert {flow: tuple(name for name in table if not table[name].chosen) for flow, table in TABLES.items()} == {
        flow: names for flow, names in NAMES.items() if flow is not Flow.IBAN
    }
    for flow, table in TABLES.items():
        chosen = {column.source or name for name, column in table.items() if column.chosen}
        assert chosen == set(EXTRAS.get(flow, ()))
    for columns in Columns.__subclasses__():
        assert {name for name, value in vars(columns).items() if isinstance(value, TemplateColumn)} == set(
            columns.table
        )


def test_the_sandbox_uses_our_names_without_the_bsn(xpert, integration):
    """With profile sandbox our names are the headers, in their order, and the citizen-service number stays out."""
    settings = integration()
    line = xpert.line(settings, Flow.EMPLOYEES, employment(bsn="123456782"))
    assert list(line.values)[:4] == ["employer_code", "personnel_number", "external_id", "employment_number"]
    assert len(line.values) == 36
    assert "bsn" not in xpert.names(settings, Flow.EMPLOYEES)
    assert "123456782" not in str(line)
    assert xpert.missing(settings, Flow.EMPLOYEES) == []


def test_the_bsn_crosses_when_it_is_the_key(xpert, integration):
    """With `key: bsn` the number has a column and is what the portal knows the employment by."""
    line = xpert.line(integration(key="bsn"), Flow.EMPLOYEES, employment(bsn="123456782"))
    assert (line.values["bsn"], line.portal_key) == ("123456782", "01/123456782/1")


def test_configured_columns_are_all_the_portal_gets(xpert, integration):
    """With configured columns nothing else enters a line; `names` adds only what a line is built from."""
    settings = integration(columns={Flow.EMPLOYEES: EMPLOYEES})
    line = xpert.line(settings, Flow.EMPLOYEES, employment(email_private="x@example.org"))
    assert line.values == {"employer_code": "01", "personnel_number": "0007", "last_name": "Jansen"}
    assert xpert.names(settings, Flow.EMPLOYEES) == {*EMPLOYEES, "employment_number", "employment_end"}


def test_production_says_every_required_column_that_is_missing(xpert, integration):
    """A production flow without required columns is refused with one sentence for each, naming its key in the file."""
    sentences = list(
        map(str, xpert.missing(integration(profile="production", columns={Flow.EMPLOYEES: {}}), Flow.EMPLOYEES))
    )
    assert [sentence.split()[0] for sentence in sentences] == [
        f"xpert_suite.columns.employees.{name}" for name in ("employer_code", "last_name", "personnel_number")
    ]


def test_the_key_is_a_required_column(xpert, integration):
    """With `key: bsn` the citizen-service number's column is required and the personnel number's is not."""
    columns = {Flow.EMPLOYEES: {"employer_code": "A", "last_name": "B"}}
    (sentence,) = list(
        map(str, xpert.missing(integration(profile="production", key="bsn", columns=columns), Flow.EMPLOYEES))
    )
    assert "employees.bsn is missing" in sentence


def test_wrong_columns_are_reported(xpert, integration):
    """An unknown name, an empty column and one column for two names are each said."""
    columns = EMPLOYEES | {"shoe_size": "Maat", "city": " ", "prefix": "achternaam"}
    sentences = " ".join(map(str, xpert.missing(integration(columns={Flow.EMPLOYEES: columns}), Flow.EMPLOYEES)))
    assert "employees.shoe_size is not a name of ours" in sentences
    assert "employees.city is empty" in sentences
    assert "employees.prefix and xpert_suite.columns.employees.last_name have the same column" in sentences


def test_production_needs_to_know_the_tree(xpert, integration):
    """In production the way departments get an employer has no default."""
    columns = {Flow.ORGANIGRAM: {"employer_code": "A", "department_code": "B", "name": "C"}}
    settings = {"profile": "production", "columns": columns}
    (sentence,) = map(str, xpert.missing(integration(**settings), Flow.ORGANIGRAM))
    assert sentence.startswith("organigram.tree is missing")
    assert xpert.missing(integration({"organigram": {"tree": "shared"}}, **settings), Flow.ORGANIGRAM) == []


def test_a_flow_that_the_portal_does_not_take_is_said(xpert, integration):
    """A flow without columns is named by `missing`, and refused when its names are asked for."""
    assert "iban" in next(map(str, xpert.missing(integration(), Flow.IBAN)))
    with pytest.raises(SettingsError, match="iban"):
        xpert.names(integration(), Flow.IBAN)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ("", None),
        ("01", "01"),
        (12, "12"),
        (date(2024, 2, 9), "2024-02-09"),
        (Decimal("0.90"), "0.9"),
        (Decimal("36.00"), "36"),
        (Decimal("4E+1"), "40"),
        (Decimal("-0"), "0"),
    ],
)
def test_values_are_written_plainly(value, written):
    """Dates are ISO, decimals have no exponent and no needless zeros, empty is None."""
    assert text(value) == written


def test_what_identifies_a_line(xpert, integration):
    """Id and key come from the record, the portal key from employer and number, within the employer."""
    settings = integration()
    line = xpert.line(settings, Flow.EMPLOYEES, employment())
    assert (line.id, line.key, line.employer, line.portal_key) == ("AB12/01/1", "AB12", "01", "01/0007/1")
    moved = xpert.line(settings, Flow.EMPLOYEES, employment(employer_code="02"))
    assert moved.identity == line.identity
    employer = xpert.line(settings, Flow.EMPLOYERS, Employer("01", "Acme"))
    assert (employer.portal_key, employer.leaves_on) == ("01", None)
    unit = xpert.line(settings, Flow.ORGANIGRAM, Department("HR", "Personeel", "01"))
    assert (unit.portal_key, unit.identity) == ("01/HR", None)


def test_the_second_employment_stands_before_the_tenth(xpert, integration):
    """Lines sort by employer, person and the number of the employment."""
    orders = [xpert.line(integration(), Flow.EMPLOYEES, employment(employment_number=n)).order for n in (2, 10)]
    assert orders == sorted(orders)


@pytest.mark.parametrize(
    ("end", "months", "leaves"),
    [
        (date(2024, 5, 31), 24, "2026-05-31"),
        (date(2024, 8, 31), 6, "2025-02-28"),
        (date(2024, 12, 1), 1, "2025-01-01"),
        (None, 24, None),
    ],
)
def test_an_ended_employment_may_leave_after_the_portals_window(xpert, integration, end, months, leaves):
    """An ended employment leaves the file by rule, as many calendar months later as the portal looks back."""
    settings = integration({"absence": {"history_months": months}})
    assert xpert.line(settings, Flow.EMPLOYEES, employment(employment_end=end)).leaves_on == leaves


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"last_name": ""}, "last_name", "missing_value"),
        ({"personnel_number": ""}, "personnel_number", "missing_value"),
        ({"birth_date": date(1899, 12, 31)}, "birth_date", "date_out_of_range"),
        ({"employment_end": date(2999, 12, 31)}, "employment_end", "date_out_of_range"),
        (
            {"employment_start": date(2024, 2, 1), "employment_end": date(2024, 1, 31)},
            "employment_end",
            "end_before_start",
        ),
        ({"gender": f"{CANARY}"}, "gender", "unknown_value"),
        ({"city": f"{CANARY}\x0b"}, "city", "control_characters"),
        ({"street": f"{CANARY}\nweg"}, "street", "control_characters"),
        ({"first_name": f"{CANARY}\ud800"}, "first_name", "control_characters"),
        ({"function": CANARY * 30}, "function", "too_long"),
    ],
)
def test_a_line_that_the_portal_would_refuse_is_a_problem(xpert, integration, fields, field, reason):
    """Each rule of docs/reference/xpert-suite.md, 7 names the field and what to do, and never shows the value."""
    problem = xpert.line(integration(), Flow.EMPLOYEES, employment(**fields))
    assert isinstance(problem, Problem)
    assert (problem.stage, problem.field, problem.reason) == (Stage.EXPORT, field, reason)
    assert field in str(problem.detail)
    assert CANARY not in str(problem)


def test_an_end_on_the_first_day_is_fine(xpert, integration):
    """An employment of one day has its end on its start."""
    day = date(2024, 2, 1)
    assert not isinstance(
        xpert.line(integration(), Flow.EMPLOYEES, employment(employment_start=day, employment_end=day)), Problem
    )


def test_a_department_without_employer_is_a_problem(xpert, integration):
    """A unit that no rule placed under an employer does not cross."""
    problem = xpert.line(integration(), Flow.ORGANIGRAM, Department("HR", "Personeel"))
    assert (problem.field, problem.reason) == ("employer_code", "missing_value")


def test_file_names_come_from_the_delivery(xpert, integration):
    """A file is called by its flow, the delivery's id and the format."""
    assert xpert.file_name(integration(), Flow.EMPLOYEES, 42, "ab" * 32) == "employees_00000042_abababababab.xlsx"
    assert xpert.file_name(integration(file_format="csv"), Flow.EMPLOYERS, 7, "0" * 64).endswith("_000000000000.csv")


def test_portals_are_found_by_name():
    """A portal that does not exist is a setting to correct."""
    with pytest.raises(SettingsError, match="xpert_suite"):
        portal("nowhere")


def test_a_column_that_no_name_knows_is_a_defect_of_ours() -> None:
    """It would be left out of every file without a word. Found when the module is imported."""
    with pytest.raises(TypeError, match="municipality"):
        type("Wrong", (Columns,), {"municipality": TemplateColumn()}, flow=Flow.EMPLOYERS)
