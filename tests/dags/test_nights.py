"""Whole nights through Airflow, against AFAS and the portal of the sandbox, on both databases."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from airflow_night import Night
from proving import Proof
from sqlalchemy import create_engine, text

from veerpont.desk import lists
from veerpont_sandbox.absence import MEDICAL

Make = Callable[..., Night]

PERSONAL = ("BSN", "Telefoonnr._prive", "Mobiel_prive", "E-mail_prive", "E-mail_werk", "Mobiel_werk", "Postcode")


@pytest.fixture
def ledger(postgres: str) -> str:
    """The address of a new database of a real PostgreSQL; everywhere else in this folder the ledger is SQLite."""
    name = f"night_{uuid4().hex}"
    with create_engine(postgres.format(name="postgres"), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return postgres.format(name=name)


Gauge = tuple[str, float, dict[str, str]]


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> list[Gauge]:
    """Turn Airflow's metrics on, and return what they are told of ours."""
    found: list[Gauge] = []
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")

    def gauge(name: str, value: float, tags: dict[str, str] | None = None, **_: object) -> None:
        if name.startswith("veerpont."):
            found.append((name, value, tags or {}))

    monkeypatch.setattr("airflow.sdk.observability.stats.gauge", gauge)
    return found


class TestFirstCrossing:
    def test_from_nothing_to_employees_in_the_portal(
        self, night: Make, ledger: str, gauges: list[Gauge], proof: Proof
    ) -> None:
        """Employers wait for a person; once active, everything arrives; the next night nothing is sent.

        Airflow's metrics hear of every run. The sample: one customer, and of the next night the employees.
        """
        here = night(ledger, customers=proof.size(["veerhuis", "oeverland"], ["veerhuis"]))
        assert set(here.run("employers").values()) == {"success"}
        assert set(here.sandbox.portal.counts().values()) == {0}
        here.activate()
        for flow in ("employers", "employees", "organigram"):
            assert set(here.run(flow).values()) == {"success"}
        counts = here.sandbox.portal.counts("veerhuis")
        assert counts["employers"] == 2
        assert counts["departments"] > 0
        assert counts["employees"] > 0
        sent = len(lists.list_deliveries(here.ledger, None, None))
        for flow in proof.size(("employers", "employees", "organigram"), ("employees",)):
            here.run(flow)
            told = {
                of["integration"]: value
                for _, value, of in gauges
                if of["flow"] == flow and of.get("fate") == "unchanged"
            }
            assert told.keys() == here.sandbox.customers.keys()
            assert all(told.values())
            for customer in here.sandbox.customers:
                assert here.books(customer, flow)["delivered"] == 0
                assert here.books(customer, flow)["unchanged"] > 0
        assert len(lists.list_deliveries(here.ledger, None, None)) == sent

    def test_before_any_employee_there_are_no_departments(self, night: Make) -> None:
        """The organigram is skipped, with the reason, until employees have crossed once."""
        here = night(customers=["veerhuis"])
        here.without_airflow("employers")
        here.activate()
        states = here.run("organigram")
        assert states["cross.extract[0]"] == states["cross.load[0]"] == "skipped"
        assert "employees" in here.books("veerhuis", "organigram")["message"]


class TestTwoCustomers:
    def test_the_failure_of_one_does_not_stop_the_other(self, night: Make) -> None:
        """A revoked token fails one customer, with what to do in the ledger; the other one crosses."""
        here = night()
        here.without_airflow("employers")
        here.activate()
        here.sandbox.faults.add("revoked", customer="veerhuis")
        states = here.run("employees")
        assert sorted(state for task, state in states.items() if "extract" in task) == ["failed", "success"]
        broken, fine = here.books("veerhuis", "employees"), here.books("oeverland", "employees")
        assert (broken["state"], broken["kind"]) == ("failed", "settings")
        assert "token" in broken["message"]
        assert [broken[name] for name in ("read", "delivered", "held")] == [0, 0, 0]
        assert (fine["state"], fine["delivered"] > 0) == ("success", True)

    def test_a_broken_integration_file_stops_nobody_else(self, night: Make) -> None:
        """Its own task fails with the name of the file and of the wrong key; the others run."""
        here = night()
        (here.home / "integrations" / "broken.yaml").write_text("name: broken\nsauce: {}\n")
        states = here.run("employers")
        assert sorted(state for task, state in states.items() if "extract" in task) == ["failed", "success", "success"]
        run = here.books("broken", "employers")
        assert run["state"] == "failed"
        assert "broken.yaml" in run["message"]
        assert "sauce" in run["message"]

    def test_one_integration_can_be_run_alone(self, night: Make) -> None:
        """The parameter `integration` narrows a run to one customer."""
        here = night()
        here.run("employers", integration="oeverland")
        assert {run["integration"] for run in lists.list_runs(here.ledger, None, None)} == {"oeverland"}


class TestPrivacy:
    @pytest.mark.whole  # proof/test_nothing_personal.py breaks flows and looks for the same in each run of the tests
    def test_nothing_personal_outside_the_vault_and_the_delivery(
        self, night: Make, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """No name, number, address, account, remark, reason or token in a log, an XCom, a ledger table, a file name.

        Also not when the portal rejects lines, when AFAS's answers are cut off, and when history is loaded.
        """
        here = night()
        here.run("employers")
        here.activate()
        for flow in ("employers", "employees", "organigram", "accounts", "absence", "absence", "iban"):
            here.run(flow)
        here.dags["absence_history"].test(logical_date=datetime(2026, 3, 1, tzinfo=UTC))
        assert {row["state"] for row in lists.list_runs(here.ledger, None, None)} == {"success", "held"}
        for flow in ("employees", "absence", "iban"):
            here.sandbox.faults.add("truncated", customer="veerhuis")
            here.sandbox.faults.add("replaced_column", customer="oeverland", field="Achternaam")
            here.run(flow)
            here.sandbox.faults.clear()
        here.sandbox.portal.settle()
        secrets = _secrets(here)
        assert len(secrets) > 100
        shown = capfd.readouterr()
        places = {"output": shown.out + shown.err} | _logs() | _tables(here) | _names(here)
        pattern = re.compile("|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True)))
        found = {place: bool(pattern.search(content)) for place, content in places.items()}
        assert len(places) > 10
        assert [place for place, leaked in found.items() if leaked] == []


def _secrets(here: Night) -> set[str]:
    """What may not show: long enough not to occur by chance."""
    found = {*MEDICAL}
    for customer in here.sandbox.customers:
        for row in here.sandbox.afas.rows(customer, "Newdays_Connect_Medewerker_Gegevens_v1"):
            found |= {str(row[name]) for name in PERSONAL if row[name]}
            found.add(f"{row['Roepnaam']} {row['Achternaam']}")
            if row["Straatnaam"] and row["Huisnummer"]:
                found.add(f"{row['Straatnaam']} {row['Huisnummer']}")
        for row in here.sandbox.afas.rows(customer, "Newdays_Connect_Medewerker_IBAN_v1"):
            found.add(str(row["IBAN-nummer"]))
        environment = here.sandbox.afas.environments[customer]
        found |= {environment.token_data, environment.client_secret, here.sandbox.portal.json_api.tokens[customer]}
    return {secret for secret in found if len(secret) >= 6}


def _logs() -> dict[str, str]:
    import os

    folder = Path(os.environ["AIRFLOW_HOME"]) / "logs"
    return {str(path): path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}


def _tables(here: Night) -> dict[str, str]:
    """Airflow's database (XCom and all) and the ledger, table by table, without the sandbox's own connections."""
    import os

    found = {}
    for path in (Path(os.environ["AIRFLOW_HOME"]) / "airflow.db", here.home / "ledger.db"):
        with sqlite3.connect(path) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                found[f"{path.name} {name}"] = repr(rows)
    return found


def _names(here: Night) -> dict[str, str]:
    folders = (here.home / "vault", here.home / "integrations")
    return {"file names": "\n".join(str(path) for folder in folders for path in folder.rglob("*"))} | {
        f"vault {path.name}": path.read_bytes().decode(errors="replace")
        for path in (here.home / "vault").rglob("*")
        if path.is_file()
    }
