"""Accounts of managers: a login is one line of as many rows as it has departments."""

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest

from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.records import ManagerAccount
from veerpont.systems.registry import portal

FLOW = Flow.ACCOUNTS
KNOWN = [
    "Gebruikersgroep",
    "Personeelsnummer",
    "Inlognaam",
    "Achternaam",
    "Tussenvoegsels",
    "Voorletters",
    "Geslacht",
    "Roepnaam",
    "Emailadres",
    "Telefoonnummer",
    "WerkgeverCode",
]
"""The columns of docs/reference/xpert-suite.md, 2.5, in their order."""
REQUIRED = ["user_group", "personnel_number", "login", "last_name", "initials", "gender", "email", "employer_code"]
CANARY = "Kanariepiet"


@pytest.fixture
def xpert():
    return portal("xpert_suite")


def account(*departments: tuple[str, str], **fields) -> ManagerAccount:
    return ManagerAccount(**{
        "guid": "AB12",
        "personnel_number": "BDR",
        "login": "01_BDR",
        "last_name": "Bakker",
        "departments": departments or (("01", "HR"),),
        "initials": "B.D.",
        "first_name": "Bo",
        "prefix": "de",
        "gender": "Vrouw",
        "email": "bo@acme.example",
        "phone": "0612345678",
        **fields,
    })


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_sandbox_uses_the_columns_of_the_portals_own_export(xpert, integration):
    """With profile sandbox the known spellings are the headers, and only the department's column has our name."""
    settings = integration(file_format="csv")
    assert xpert.missing(settings, FLOW) == []
    assert read(b"".join(xpert.render(settings, FLOW, [xpert.line(settings, FLOW, account())]))) == [
        [*KNOWN, "department_code"],
        [
            *("Leidinggevenden", "BDR", "01_BDR", "Bakker", "de", "B.D.", "Vrouw", "Bo"),
            *("bo@acme.example", "0612345678", "01", "HR"),
        ],
    ]


def test_an_account_is_known_by_its_login(xpert, integration):
    """The manager's GUID identifies the line here, the login at the portal."""
    line = xpert.line(integration(), FLOW, account())
    assert (line.id, line.key, line.employer, line.portal_key) == ("AB12", "AB12", "01", "01_BDR")
    assert (line.order, line.leaves_on, line.identity, line.alias) == (account().order, None, None, None)
    assert line.more == ()


def test_every_department_is_a_row(xpert, integration):
    """A manager of three departments of two employers has three rows, sorted, that repeat the person."""
    units = (("01", "HR"), ("02", "IT"), ("01", "FIN"))
    line = xpert.line(integration(), FLOW, account(*units))
    assert [(row["employer_code"], row["department_code"]) for row in line.rows] == sorted(units)
    assert {tuple(row.values())[:10] for row in line.rows} == {tuple(line.values.values())[:10]}
    assert line == xpert.line(integration(), FLOW, account(units[0], units[2], units[1]))


def test_without_a_column_for_the_department_its_rows_are_one(xpert, integration):
    """Where the template only has the employer, an employer stands there once."""
    columns = {name: name for name in REQUIRED}
    settings = integration(columns={FLOW: columns})
    line = xpert.line(settings, FLOW, account(("01", "FIN"), ("01", "HR"), ("02", "IT")))
    assert [row["employer_code"] for row in line.rows] == ["01", "02"]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_file_has_the_rows_of_every_account(xpert, integration, file_format):
    """Accounts of one row and of several stand below each other, in the order of the lines."""
    settings = integration(file_format=file_format)
    records = [account(), account(("01", "FIN"), ("02", "IT"), guid="CD34", login="01_0007"), account(guid="EF56")]
    lines = [xpert.line(settings, FLOW, record) for record in records]
    content = b"".join(xpert.render(settings, FLOW, iter(lines)))
    if file_format == "csv":
        found = [tuple(row) for row in read(content)[1:]]
    else:
        found = list(openpyxl.load_workbook(BytesIO(content)).active.values)[1:]
    assert found == [tuple(row.values()) for line in lines for row in line.rows]
    assert [row[-1] for row in found] == ["HR", "FIN", "IT", "HR"]


def test_production_says_all_that_is_missing(xpert, integration):
    """Nothing of this template is confirmed: production wants every required column, and the group."""
    sentences = list(map(str, xpert.missing(integration(profile="production"), FLOW)))
    assert sorted(sentence.split()[0] for sentence in sentences) == sorted([
        *(f"xpert_suite.columns.accounts.{name}" for name in REQUIRED),
        "xpert_suite.user_group",
    ])
    assert any(sentence.startswith("xpert_suite.user_group is missing: ") for sentence in sentences)


def test_production_with_columns_and_group_is_complete(xpert, integration):
    """The configured columns and the configured group are what the file has."""
    columns = {name: name.upper() for name in REQUIRED}
    settings = integration(profile="production", columns={FLOW: columns}, user_group="Managers Acme", file_format="csv")
    assert xpert.missing(settings, FLOW) == []
    header, row = read(b"".join(xpert.render(settings, FLOW, [xpert.line(settings, FLOW, account())])))
    assert (header[0], row[0]) == ("USER_GROUP", "Managers Acme")
    blank = integration(profile="production", columns={FLOW: columns}, user_group=" ")
    assert [sentence.split()[0] for sentence in map(str, xpert.missing(blank, FLOW))] == ["xpert_suite.user_group"]


def test_names_are_the_columns_and_what_a_line_is_built_from(xpert, integration):
    """The department passes the door also without a column: it says whose account it is."""
    columns = {name: name for name in REQUIRED}
    assert xpert.names(integration(columns={FLOW: columns}), FLOW) == {*REQUIRED, "department_code"}
    assert "phone" in xpert.names(integration(), FLOW)


def test_a_login_of_32_characters_fits_and_one_more_does_not(xpert, integration):
    """The portal takes logins of at most 32 characters."""
    assert not isinstance(xpert.line(integration(), FLOW, account(login="x" * 32)), Problem)
    problem = xpert.line(integration(), FLOW, account(login="x" * 33))
    assert (problem.field, problem.reason) == ("login", "too_long")
    assert "32" in str(problem.detail)
    assert "xxx" not in str(problem)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"personnel_number": ""}, "personnel_number", "missing_value"),
        ({"login": ""}, "login", "missing_value"),
        ({"last_name": ""}, "last_name", "missing_value"),
        ({"initials": None}, "initials", "missing_value"),
        ({"gender": None}, "gender", "missing_value"),
        ({"email": None}, "email", "missing_value"),
        ({"departments": (("", "HR"),)}, "employer_code", "missing_value"),
        ({"gender": CANARY}, "gender", "unknown_value"),
        ({"last_name": f"{CANARY}\n"}, "last_name", "control_characters"),
        ({"departments": (("01", "HR"), ("01", f"{CANARY}\t"))}, "department_code", "control_characters"),
    ],
)
def test_an_account_that_the_portal_would_refuse_is_a_problem(xpert, integration, fields, field, reason):
    """Each rule names the field, in whichever row it is, and never shows the value."""
    problem = xpert.line(integration(), FLOW, account(**fields))
    assert isinstance(problem, Problem)
    assert (problem.field, problem.reason) == (field, reason)
    assert CANARY not in str(problem)


@pytest.mark.parametrize("missing", ["first_name", "prefix", "phone"])
def test_what_the_portal_does_not_need_may_be_empty(xpert, integration, missing):
    """Somebody without a prefix, a first name or a phone gets an account."""
    assert xpert.line(integration(), FLOW, account(**{missing: None})).values[missing] is None
