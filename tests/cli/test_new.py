"""`veerpont new`: a file that can be read, connections to fill in, letters that say what has to be done; no secret."""

import json
import re
import shlex
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from veerpont.cli.main import app
from veerpont.config.integration import read_integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store.ledger import Ledger
from veerpont.systems.registry import onboarding

AFAS = ("acme", "--customer", 'Acme "Zorg": B.V.', "--source", "afas", "--environment", "O12345AA")
ALL = "--portal=xpert_suite=employers,organigram,employees,accounts,absence"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "integrations").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    Ledger(f"sqlite:///{tmp_path / 'ledger.db'}").migrate()
    return tmp_path


def new(*given: str) -> Result:
    return CliRunner().invoke(app, ["new", *given])


def test_a_customer_with_afas(home: Path) -> None:
    """The file is read as it was asked for, and what only people know is said to be missing."""
    done = new(*AFAS, ALL, "--portal=json_api=iban", "--mail", "beheer@acme.example", "--address", "192.0.2.7")
    assert done.exit_code == 0, done.output
    made = read_integration(home / "integrations" / "acme.yaml")
    assert (made.customer, made.source.environment, made.mail.to) == (AFAS[2], AFAS[6], ["beheer@acme.example"])
    assert {each.portal: each.flows for each in made.portals} == {
        "xpert_suite": [Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES, Flow.ACCOUNTS, Flow.ABSENCE],
        "json_api": [Flow.IBAN],
    }
    assert not made.is_sandbox
    assert made.waits_to_go_live, "nothing runs by itself until somebody says so"
    assert "veerpont live acme --by" in done.output
    for missing in (
        "absence.causes is empty",
        "connector_window is missing",
        "xpert_suite.columns.employees.last_name",
    ):
        assert missing in done.output
    letters = {path.name: path.read_text("utf-8") for path in (home / "acme-papers").iterdir()}
    assert letters.keys() == {"connections.env", "letter-afas.txt", "letter-xpert_suite.txt", "letter-json_api.txt"}
    for told in (
        "Newdays_Connect_Verzuim_v1",
        "https://newdays.nl/getconnectoren/",
        "Alle medewerkers",
        "KvK",
        "192.0.2.7",
        "IPv6",
        "O12345AA",
    ):
        assert told in letters["letter-afas.txt"]
    for told in ("ksftp.xpertsuite.nl", "key.ppk", "host key", "Verzuimhistorie", "gescheiden", "datakluis"):
        assert told in letters["letter-xpert_suite.txt"]


def test_a_customer_with_loket(home: Path) -> None:
    """It has no environment to name; each call that its flows make is in the letter."""
    done = new("beta", "--customer", "Beta", "--source", "loket", "--portal=xpert_suite=employers,absence")
    assert done.exit_code == 0, done.output
    assert read_integration(home / "integrations" / "beta.yaml").source.system == "loket"
    letter = (home / "beta-papers" / "letter-loket.txt").read_text("utf-8")
    for told in ("gewone gebruiker", "Geen\n   *Webservice gebruiker*", "GetAbsencesByEmployeeId", "KvK"):
        assert told in letter
    assert "GetPaymentInformation" not in letter


def test_the_connections_are_lines_for_a_shell_and_for_airflow(home: Path) -> None:
    assert new(*AFAS, ALL, "--portal=json_api=iban").exit_code == 0
    made = read_integration(home / "integrations" / "acme.yaml")
    named = {made.source.connection, *(each.connection for each in made.portals)}
    found = {}
    for line in (home / "acme-papers" / "connections.env").read_text("utf-8").splitlines():
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            found[name.removeprefix("AIRFLOW_CONN_").lower()] = json.loads(value)["conn_type"]
    assert found.keys() == named
    assert (home / "acme-papers").stat().st_mode & 0o077 == 0, "they will hold secrets"
    assert (home / "acme-papers" / "connections.env").stat().st_mode & 0o077 == 0
    assert set(found.values()) == {"afas", "sftp", "http"}


def test_nothing_is_overwritten(home: Path) -> None:
    assert new(*AFAS, ALL).exit_code == 0
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    again = new(*AFAS, "--portal=xpert_suite=employers")
    assert isinstance(again.exception, SettingsError)
    assert "acme.yaml and acme-papers is there already. Move it away first." in str(again.exception)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("Acme!", "--customer", "A"), "must be of a-z"),
        (("a" * 61, "--customer", "A"), "at most 60"),
        (("a", "--customer", "A", "--source", "sap"), "is not one of: afas, loket"),
        (("a", "--customer", "A", "--source", "loket", "--portal", "xpert_suite=wages"), "give PORTAL=FLOW,FLOW"),
        (("a", "--customer", "A", "--source", "loket", "--portal", "nowhere=iban"), "give PORTAL=FLOW,FLOW"),
        (("a", "--customer", "A", "--source", "loket", "--portal", "xpert_suite"), "give PORTAL=FLOW,FLOW"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(home: Path, given: tuple[str, ...], words: str) -> None:
    done = new(*given)
    assert isinstance(done.exception, SettingsError)
    assert words in str(done.exception)
    assert list((home / "integrations").iterdir()) == []


@pytest.mark.parametrize("odd", ["O1 # no", "a: b", "[x]", "yes", "O1\nprofile: x"])
def test_whatever_is_typed_stays_a_text(home: Path, odd: str) -> None:
    """No part of it becomes YAML of its own."""
    done = new("acme", "--customer", odd, "--source", "afas", "--environment", odd, ALL, "--mail", "x@acme.example")
    assert done.exit_code == 0, done.output
    made = read_integration(home / "integrations" / "acme.yaml")
    assert (made.customer, made.source.environment, made.is_sandbox) == (odd, odd, False)


def test_what_would_not_be_a_file_of_ours_is_not_written(home: Path) -> None:
    """The customer would run from then on, and every run say what is wrong with its file."""
    done = new(*AFAS, "--portal=xpert_suite=iban,iban", "--mail", "nobody")
    assert isinstance(done.exception, SettingsError)
    assert [*home.rglob("*acme*")] == []


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ((), "NAME"),
        (("a",), "--customer"),
        (("a", "--customer", "A"), "--source"),
        (("a", "--customer", "A", "--source", "afas"), "--environment"),
        (("a", "--customer", "A", "--source", "loket"), "--portal"),
    ],
)
def test_without_a_terminal_it_says_what_to_give(home: Path, given: tuple[str, ...], lacks: str) -> None:
    done = new(*given)
    assert done.exit_code == 2
    assert lacks in done.output
    assert list((home / "integrations").iterdir()) == []


def test_in_a_terminal_it_asks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also who gets the mail."""
    flows = "xpert_suite=employers,organigram,employees"
    answers = iter(["gamma", "Gamma", "afas", "O99999AA", flows, "els@gamma.example"])

    def answer(_question: str, default: str | None = None) -> str:
        return next(answers) or default or ""

    monkeypatch.setattr("veerpont.cli.new.typer.prompt", answer)
    monkeypatch.setattr("veerpont.cli.new._is_terminal", lambda: True)
    assert new().exit_code == 0
    made = read_integration(home / "integrations" / "gamma.yaml")
    assert made.mail.to == ["els@gamma.example"]
    assert made.portals[0].flows == [Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES]


@pytest.mark.parametrize("system", ["afas", "loket", "xpert_suite", "json_api"])
def test_a_letter_holds_no_braces_left_over(home: Path, system: str) -> None:
    assert new(*AFAS, ALL, "--portal=json_api=iban").exit_code == 0
    assert new("b", "--customer", "B", "--source", "loket", "--portal=xpert_suite=absence").exit_code == 0
    assert onboarding(system) is not None
    (letter, *_) = [path.read_text("utf-8") for path in home.glob(f"*-papers/letter-{system}.txt")]
    assert not re.search(r"[{}]|\bNone\b|Flow\.", letter)
