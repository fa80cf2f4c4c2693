"""Learning the columns from the portal's own template."""

from io import BytesIO

import openpyxl
import pytest
import yaml

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.xpert_suite.columns import missing
from veerpont.systems.xpert_suite.template import best, learn


def template(*headers: str, empty_rows: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for _ in range(empty_rows):
        book.active.append([None])
    book.active.append(list(headers))
    book.active.append(["voorbeeld"] * len(headers))
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


EMPLOYEES = ("Personeelsnummer", "Werkgever_Code", "achternaam", "Datum in dienst", "BSN", "Schoenmaat")


def test_known_columns_are_proposed_in_the_templates_order():
    """Columns are recognised whatever their case, spaces and underscores, in the template's order and spelling."""
    proposal = learn(template(*EMPLOYEES, empty_rows=2), Flow.EMPLOYEES)
    assert list(proposal.columns.items()) == [
        ("personnel_number", "Personeelsnummer"),
        ("employer_code", "Werkgever_Code"),
        ("last_name", "achternaam"),
        ("employment_start", "Datum in dienst"),
    ]


def test_what_is_not_documented_is_a_guess():
    """A spelling that the documentation has is sure; any other is marked for a person to look at."""
    proposal = learn(template(*EMPLOYEES), Flow.EMPLOYEES)
    assert proposal.guesses == ("employment_start",)
    assert "employment_start: Datum in dienst  # a guess" in proposal.yaml()


def test_unknown_and_missing_columns_are_listed():
    """Columns we have nothing for, and required names without a column, are said."""
    proposal = learn(template("Personeelsnummer", "Schoenmaat"), Flow.EMPLOYEES)
    assert proposal.unknown == ("Schoenmaat",)
    assert proposal.missing == ("employer_code", "last_name")
    assert "# last_name: ...  # required" in proposal.yaml()


def test_the_citizen_service_number_is_never_proposed_silently():
    """The BSN's column is only a comment: it crosses when a person asks for it."""
    proposal = learn(template(*EMPLOYEES), Flow.EMPLOYEES)
    assert proposal.withheld == {"bsn": "BSN"}
    assert "bsn" not in yaml.safe_load(proposal.yaml())
    assert "# bsn: BSN  # personal" in proposal.yaml()


def test_the_proposal_can_be_pasted():
    """The proposal is YAML for xpert_suite.columns.<flow>, without what is unknown, and completes production."""
    headers = ("WerkgeverCode", "AfdelingCode", "Naam", "Leidinggevende: nee #1")
    pasted = yaml.safe_load(learn(template(*headers[:3]), Flow.ORGANIGRAM).yaml())
    assert pasted == {"employer_code": "WerkgeverCode", "department_code": "AfdelingCode", "name": "Naam"}
    settings = Integration.model_validate({
        "name": "acme",
        "customer": "Acme",
        "source": {"system": "loket", "connection": "loket"},
        "portals": [{"portal": "xpert_suite", "connection": "xpert", "flows": ["organigram"]}],
        "xpert_suite": {"columns": {"organigram": pasted}},
        "organigram": {"tree": "derive"},
    })
    assert missing(settings, Flow.ORGANIGRAM) == []
    assert yaml.safe_load(learn(template(*headers), Flow.ORGANIGRAM).yaml()) == pasted


ACCOUNTS = [
    *("Gebruikersgroep", "Gebruikercode", "Personeelsnummer", "Inlognaam", "Achternaam", "Tussenvoegsels"),
    *("Voorletters", "Geslacht", "Roepnaam", "Emailadres", "Telefoonnummer", "Werkgevergroep", "WerkgeverCode"),
]
ABSENCE = [
    *("WerkgeverCode", "BSN", "Personeelsnummer", "Protocol", "TrajectId", "TrajectVerloopId"),
    *("StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "Notitie", "VerzuimOorzaak", "Verzuimpercentage"),
    *("DienstverbandGroepCode", "BevallingsDatumVermoedelijk", "BevallingsDatumFeitelijk"),
]


@pytest.mark.parametrize(
    ("headers", "flow"),
    [
        (["WerkgeverCode", "Naam", "Plaats"], Flow.EMPLOYERS),
        (["WerkgeverCode", "AfdelingCode", "AfdelingNaam"], Flow.ORGANIGRAM),
        (EMPLOYEES, Flow.EMPLOYEES),
        (["Personeelsnummer", "WerkgeverCode", *ACCOUNTS[4:11]], Flow.EMPLOYEES),
        (ACCOUNTS, Flow.ACCOUNTS),
        ([*ACCOUNTS, "AfdelingCode"], Flow.ACCOUNTS),
        (ABSENCE, Flow.ABSENCE),
        ([header for header in ABSENCE if header != "Personeelsnummer"], Flow.ABSENCE),
    ],
)
def test_a_template_is_recognised(headers, flow):
    """Without being told, the flow is the one that the columns fit best."""
    assert best(template(*headers)).flow is flow


def test_the_template_of_the_users_is_proposed():
    """The columns of the portal's own export of users are sure, a department's is a guess, the rest is not used."""
    proposal = learn(template(*ACCOUNTS, "Afdelingscode"), Flow.ACCOUNTS)
    assert list(proposal.columns) == [
        *("user_group", "personnel_number", "login", "last_name", "prefix", "initials", "gender", "first_name"),
        *("email", "phone", "employer_code", "department_code"),
    ]
    assert proposal.guesses == ("department_code",)
    assert proposal.unknown == ("Gebruikercode", "Werkgevergroep")
    assert proposal.missing == ()
    assert learn(template("WerkgeverCode", "Inlognaam"), Flow.ACCOUNTS).missing == (
        *("user_group", "personnel_number", "last_name", "initials", "gender", "email"),
    )


def test_the_template_of_absence_is_proposed_without_notes_and_bsn():
    """All its columns are documented; BSN and group are only comments, and for notes we have nothing."""
    proposal = learn(template(*ABSENCE), Flow.ABSENCE)
    assert proposal.columns == {name: name for name in ABSENCE if name not in {*proposal.unknown, *proposal.withheld}}
    assert proposal.unknown == ("Notitie",)
    withheld = {name: name for name in ("BSN", "DienstverbandGroepCode")}
    assert (proposal.withheld, proposal.guesses, proposal.missing) == (withheld, (), ())
    assert "# BSN: BSN  # personal" in proposal.yaml()
    assert "# DienstverbandGroepCode: DienstverbandGroepCode  # only when agreed" in proposal.yaml()
    assert learn(template(*ABSENCE[:7]), Flow.ABSENCE).missing == (
        *("EinddatumTrajectVerloop", "VerzuimOorzaak", "Verzuimpercentage"),
        *("BevallingsDatumVermoedelijk", "BevallingsDatumFeitelijk"),
    )


def test_a_header_that_yaml_would_misread_is_quoted():
    """A column called `LAND` stays as it is, and one with a colon is quoted."""
    proposal = learn(template("WerkgeverCode", "Naam:", "Land #"), Flow.EMPLOYERS)
    assert yaml.safe_load(proposal.yaml()) == {"employer_code": "WerkgeverCode", "name": "Naam:", "country": "Land #"}


def test_a_template_is_read_from_a_path(tmp_path):
    """A path does as well as bytes."""
    path = tmp_path / "sjabloon.xlsx"
    path.write_bytes(template("WerkgeverCode", "Naam"))
    assert learn(path, Flow.EMPLOYERS).columns == {"employer_code": "WerkgeverCode", "name": "Naam"}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no workbook", "is no workbook"), (template(), "no header row"), (template("Naam", "naam"), "twice")],
)
def test_what_is_no_template_is_said(content, message):
    """A file that is no workbook, an empty one and one with a column twice are refused."""
    with pytest.raises(SettingsError, match=message):
        learn(content, Flow.EMPLOYERS)


def test_a_missing_file_is_said(tmp_path):
    """A path to nothing is refused in the same words."""
    with pytest.raises(SettingsError, match="cannot be read"):
        learn(tmp_path / "nothing.xlsx", Flow.EMPLOYERS)


def test_the_header_is_found_by_its_names():
    """A sheet that explains comes first, titles stand above the header, what is required below it, lists are hidden."""
    book = openpyxl.Workbook()
    book.active.append(["Toelichting", "Vul op het tweede blad alle medewerkers in", "Achternaam is verplicht"])
    lists = book.create_sheet("Lijsten")
    lists.sheet_state = "hidden"
    lists.append(EMPLOYEES)
    sheet = book.create_sheet("Medewerkers")
    for row in (["Import medewerkers, versie 12"], [], ["Verplicht"] * 3, EMPLOYEES, ["Verplicht", "Optioneel"]):
        sheet.append(list(row))
    buffer = BytesIO()
    book.save(buffer)
    proposal = best(buffer.getvalue())
    assert (proposal.flow, list(proposal.columns.values())) == (
        Flow.EMPLOYEES,
        ["Personeelsnummer", "Werkgever_Code", "achternaam", "Datum in dienst"],
    )
    assert proposal.unknown == ("Schoenmaat",)
