"""Through Airflow: one mail when a flow breaks, one when it is well, and one a day for each integration."""

import json
import os
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage

import pytest
import yaml
from airflow_night import DAILY, Night

from veerpont.store.tables import Alert

Make = Callable[..., Night]
ENGINEER = "engineer@veerpont.example"


@pytest.fixture
def here(night: Make, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Two customers on their first day, and engineers with an address."""
    found = night()
    monkeypatch.setenv("VEERPONT_ENGINEERS", ENGINEER)
    monkeypatch.setenv("VEERPONT_DESK_URL", "https://airflow.example/desk")
    return found


def got(here: Night) -> dict[str, list[str]]:
    """Return address → the subjects of its mail."""
    found: dict[str, list[str]] = {}
    for message in here.sandbox.mail.messages():
        for address in str(message["To"]).split(", "):
            found.setdefault(address, []).append(str(message["Subject"]))
    return found


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}


def connection(name: str, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    key = f"AIRFLOW_CONN_{name.upper()}"
    monkeypatch.setenv(key, json.dumps(json.loads(os.environ[key]) | changes))


class TestAlerts:
    def test_a_flow_that_fails_is_told_once_and_again_when_it_is_well(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A wrong token of one customer: two failed runs, one mail to its managers; the other is left in peace."""
        token = json.loads(os.environ["AIRFLOW_CONN_AFAS_VEERHUIS"])["password"]
        connection("afas_veerhuis", monkeypatch, password="0" * 64)
        for _ in range(2):
            here.run("employers")
        assert {name: len(subjects) for name, subjects in got(here).items()} == {"beheer@veerhuis.example": 1}
        connection("afas_veerhuis", monkeypatch, password=token)
        assert set(here.run("employers").values()) == {"success"}
        first, last = here.sandbox.mail.messages()
        assert str(first["Subject"]) == "Veerpont: Werkgevers van Veerhuis Groep lukt niet"
        assert str(last["Subject"]) == "Veerpont: Werkgevers van Veerhuis Groep gaat weer goed"
        assert parts(first).keys() == {"text/plain", "text/html"}
        assert "0000000000" not in first.as_string()
        assert str(first["From"]) == "veerpont@veerpont.example"

    def test_rounds_that_fail_for_one_customer_send_one_mail(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The tasks of iban are for all customers; its run fails every five minutes, and one of them hears it once."""
        here.begin("employees")
        token = json.loads(os.environ["AIRFLOW_CONN_AFAS_VEERHUIS"])["password"]
        connection("afas_veerhuis", monkeypatch, password="0" * 64)
        here.sandbox.mail.clear()
        for _ in range(2):
            assert "failed" in here.run("iban").values()
        connection("afas_veerhuis", monkeypatch, password=token)
        here.run("iban")
        assert {name: len(subjects) for name, subjects in got(here).items()} == {"beheer@veerhuis.example": 2}

    def test_a_mail_server_that_is_away_fails_no_run_and_loses_nothing(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = json.loads(os.environ["AIRFLOW_CONN_SMTP_DEFAULT"])["port"]
        connection("smtp_default", monkeypatch, port=9)
        connection("afas_veerhuis", monkeypatch, password="0" * 64)
        states = here.run("employers")
        assert Counter(states.values())["failed"] == 1
        assert not got(here)
        connection("smtp_default", monkeypatch, port=port)
        here.run("employers")
        assert {name: len(subjects) for name, subjects in got(here).items()} == {"beheer@veerhuis.example": 1}

    def test_a_plan_that_fails_is_told_to_the_engineers(self, here: Night, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of it is in the ledger, for it failed before any integration had its turn."""
        from veerpont.pipeline import plan as planning

        def defect(*_: object) -> list[str]:
            raise KeyError("a value of a row")

        with monkeypatch.context() as broken:
            broken.setattr(planning, "plan", defect)
            broken.setattr("veerpont.airflow.callbacks._by_hand", lambda _: False)
            here.run("employers")
        (subject,) = got(here)[ENGINEER]
        assert "employers" in subject.lower()
        assert "a value" not in here.sandbox.mail.messages()[0].as_string()


class TestBatches:
    """Where customers cross together, an alert names the customer and not the batch."""

    @pytest.fixture(autouse=True)
    def _together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VEERPONT_BATCH_ABOVE", "1")

    def test_one_of_them_is_told_once_and_again_when_it_is_well(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = json.loads(os.environ["AIRFLOW_CONN_AFAS_VEERHUIS"])["password"]
        connection("afas_veerhuis", monkeypatch, password="0" * 64)
        for _ in range(2):
            assert here.run("employers")["end[-1]"] == "failed"
        assert {name: len(subjects) for name, subjects in got(here).items()} == {"beheer@veerhuis.example": 1}
        connection("afas_veerhuis", monkeypatch, password=token)
        here.run("employers")
        first, last = here.sandbox.mail.messages()
        assert str(first["Subject"]) == "Veerpont: Werkgevers van Veerhuis Groep lukt niet"
        assert str(last["Subject"]) == "Veerpont: Werkgevers van Veerhuis Groep gaat weer goed"

    def test_a_task_that_died_is_told_of_whoever_was_not_done(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from veerpont.pipeline.crossing import Crossing, CrossingStep
        from veerpont.store import in_hand
        from veerpont.store.in_hand import Done

        def dies(crossing: Crossing, step: CrossingStep, names: list[str]) -> None:
            with here.ledger.session() as session:
                in_hand.done(session, crossing.attempt, "oeverland", Done.ENDED)
            raise MemoryError

        monkeypatch.setattr("veerpont.airflow.callbacks._by_hand", lambda _: False)
        monkeypatch.setattr(Crossing, "step", dies)
        here.run("employers")
        with here.ledger.session() as session:
            subjects = {row.subject for row in session.query(Alert)}
        assert subjects == {"task employers veerhuis"}
        assert set(got(here)) == {ENGINEER}


class TestTheMorningMail:
    def test_one_mail_for_each_integration_a_day_also_when_it_runs_again(self, here: Night) -> None:
        here.without_airflow("employers")
        here.sandbox.mail.clear()
        for _ in range(2):
            assert set(here.run("reject_digest").values()) == {"success"}
        assert {name: len(subjects) for name, subjects in got(here).items()} == {
            "beheer@veerhuis.example": 1,
            "beheer@oeverland.example": 1,
            ENGINEER: 1,
        }
        for message in here.sandbox.mail.messages():
            assert parts(message).keys() == {"text/plain", "text/html"}
            assert "https://airflow.example/desk" in parts(message)["text/plain"]

    def test_no_personal_value_is_in_any_mail(self, here: Night) -> None:
        """Names, citizen-service numbers, bank accounts, addresses and GUIDs of the source, in mails of a bad day."""
        here.begin(*DAILY, "absence", "iban")
        here.sandbox.faults.add("revoked", customer="veerhuis")
        here.run("employees")
        here.run("reject_digest")
        values = set()
        for customer in here.sandbox.customers:
            for row in here.sandbox.afas.rows(customer, "Newdays_Connect_Medewerker_Gegevens_v1"):
                names = ("GUID", "BSN", "Achternaam", "Personeelsnummer", "E-mail_werk", "Geboortedatum", "Straat")
                values |= {str(row.get(name) or "").strip("{}") for name in names}
            for row in here.sandbox.afas.rows(customer, "Newdays_Connect_Medewerker_IBAN_v1"):
                values.add(str(row["IBAN-nummer"]))
        values = {value for value in values if len(value) > 4}
        assert len(values) > 50
        messages = here.sandbox.mail.messages()
        for told in ("uitval", "lukt niet"):
            assert any(told in str(message["Subject"]) for message in messages)
        for message in messages:
            words = set(" ".join(parts(message).values()).replace(",", " ").replace(".", " ").split())
            assert not values & words

    def test_a_mail_server_that_is_away_fails_the_task_and_not_another(
        self, here: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connection("smtp_default", monkeypatch, port=9)
        states = here.run("reject_digest")
        assert Counter(states.values())["failed"] == 3
        assert "@" not in "".join(alert.message for alert in alerts(here))

    def test_a_broken_file_is_the_engineers_and_stops_nobody(self, here: Night) -> None:
        (here.home / "integrations" / "veerhuis.yaml").write_text(yaml.safe_dump({"name": "veerhuis"}))
        here.run("reject_digest")
        assert "beheer@veerhuis.example" not in got(here)
        assert len(got(here)["beheer@oeverland.example"]) == 1
        assert any("file" in subject for subject in got(here)[ENGINEER])

    def test_the_morning_it_is_for(self, dags: dict[str, object]) -> None:
        dag = dags["reject_digest"]
        assert (dag.timetable.expression, str(dag.timetable.timezone)) == ("0 7 * * *", "Europe/Amsterdam")  # type: ignore[attr-defined]


def alerts(here: Night) -> list[Alert]:
    with here.ledger.session() as session:
        return list(session.query(Alert))
