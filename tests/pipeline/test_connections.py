"""`veerpont check --live`: the connections are tried, flow by flow, and nothing is read or sent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crossings import ABSENCE, Crossing
from proving import WHOLE
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.config.settings import settings
from veerpont.desk.check import check


def problems(live: bool = True) -> list[tuple[str, str]]:
    """Return flow (empty: all of them) and what is wrong."""
    return [(entry["flow"], entry["problem"]) for entry in check(settings(), "veerhuis", live)]


def test_nothing_is_wrong(known: Crossing) -> None:
    """Source, both portals and mail answer; no row was asked for, no file sent."""
    known.sandbox.afas.requests.clear()
    assert problems() == []
    assert not any("/connectors/" in request["path"] for request in known.sandbox.afas.requests)
    assert CliRunner().invoke(app, ["check", "veerhuis", "--live"]).exit_code == 0


@pytest.mark.usefixtures("known")
def test_a_notifier_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEERPONT_NOTIFIER", '{"notifier": "nowhere.Notifier"}')
    assert [entry["problem"] for entry in check(settings(), live=True)] == [
        "VEERPONT_NOTIFIER: there is no class nowhere.Notifier. Is the package of its provider installed?"
    ]


# a connection that is well, in this process: the first test above
@pytest.mark.parametrize("well", [pytest.param(True, marks=WHOLE), False])
def test_both_streams_together_are_one_document(known: Crossing, monkeypatch: pytest.MonkeyPatch, well: bool) -> None:
    """Whatever the SSH library and Airflow log of the connections that they open, or fail to."""
    if not well:  # what answers there does not speak SSH
        there = json.loads(os.environ["AIRFLOW_CONN_XPERT_VEERHUIS"]) | {"port": known.sandbox.mail.port}
        monkeypatch.setenv("AIRFLOW_CONN_XPERT_VEERHUIS", json.dumps(there))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "veerpont"), "check", "veerhuis", "--live", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert (json.loads(done.stdout) == []) is (done.returncode == 0) is well


def test_without_live_nobody_is_asked(known: Crossing) -> None:
    known.sandbox.afas.requests.clear()
    known.sandbox.faults.add("revoked")
    assert problems(live=False) == []
    assert not known.sandbox.afas.requests


def test_a_token_that_was_revoked_is_said_once(known: Crossing) -> None:
    """Not once for each of the six flows."""
    known.sandbox.faults.add("revoked")
    ((flow, what),) = problems()
    assert flow == ""
    assert "401" in what


def test_another_environment(known: Crossing) -> None:
    known.configure(source={"environment": "O99999AA"})
    ((flow, what),) = problems()
    assert flow == ""
    assert "O99999AA" in what


def test_a_connector_and_a_field_that_are_not_there(known: Crossing) -> None:
    """Only the flow that needs it is named."""
    known.sandbox.faults.add("dropped_field", connector=ABSENCE, field="Guid_verzuimmelding")
    known.configure(source={"connectors": {"iban": "Niet_bestaand"}})
    found = dict(problems())
    assert found.keys() == {"absence", "iban"}
    assert "Guid_verzuimmelding" in found["absence"]
    assert "Niet_bestaand" in found["iban"]


def test_a_reconciliation_connector_is_tried_too(known: Crossing) -> None:
    known.configure(absence={"connector_window": 14, "reconciliation_connector": "Alles"})
    ((flow, what),) = problems()
    assert flow == "absence"
    assert "absence.reconciliation_connector" in what


def test_the_connectors_of_payroll_data(known: Crossing) -> None:
    """One that is not there, and a column that a setting names and no connector has."""
    known.configure(payroll={"employee_field": "Nergens"})
    ((flow, what),) = problems()
    assert flow == "payroll"
    assert "payroll.employee_field" in what
    known.configure(payroll={"connectors": {"formation": "Weg"}, "employee_field": "Medewerker"})
    ((flow, what),) = problems()
    assert (flow, "GetConnector Weg is not in the app connector" in what) == ("payroll", True)


def test_portals(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is missing, a host key that is another, a token that the API does not take."""
    known.configure(xpert_suite={"folders": {"absence": "Ziek"}})
    ((flow, what),) = problems()
    assert flow == "absence"
    assert "xpert_suite.folders.absence" in what
    connection = json.loads(os.environ["AIRFLOW_CONN_PORTAL_VEERHUIS"]) | {"password": "another"}
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_VEERHUIS", json.dumps(connection))
    assert [flow for flow, _ in problems()] == ["absence", "iban", "payroll"]
    monkeypatch.delenv("AIRFLOW_CONN_XPERT_VEERHUIS")
    assert sum("xpert_veerhuis" in what for _, what in problems()) == 5  # of each flow, and no sixth time


def test_mail(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    ((flow, what),) = problems()
    assert flow == ""
    assert "smtp_default" in what
