"""In Dutch wholly Dutch: what a run said is read in the reader's language, on pages and in mails."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from veerpont.alerts.watch import Watch, look
from veerpont.config.integration import Integration
from veerpont.desk import digest
from veerpont.desk.digest_mail import render
from veerpont.messages import letters
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.messages import Words, coded
from veerpont.store import alerts, rejects, runs, work
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Reject
from veerpont.systems.afas.errors import failure, system
from veerpont.systems.http_answer import Answer
from veerpont.systems.named import airflow_connection

REFUSED = failure(system(airflow_connection("afas_acme")), Answer(401, {}, b""), "connectors/X", now()).message
ENGLISH = "AFAS does not accept the token or client secret of Airflow connection afas_acme"
DUTCH = "AFAS aanvaardt het token of client secret van Airflow-verbinding afas_acme niet"


def failed(ledger: Ledger, message: Words) -> None:
    """Let a run of iban, of which there was none, fail for its settings."""
    with ledger.session() as session:
        runs.begin(session, "acme", "iban", ["json_api"], "i1")
        runs.end(session, Scope("acme", "iban"), "i1", "failed", kind="settings", message=message)


@pytest.fixture
def integration() -> Integration:
    return Integration.model_validate({
        "name": "acme",
        "customer": "Acme Holding B.V.",
        "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
        "portals": [{"portal": "json_api", "connection": "portal_acme", "flows": ["iban"]}],
        "mail": {"to": ["beheer@acme.example"], "language": "nl"},
    })


class TestOnPages:
    @pytest.mark.parametrize(("language", "said", "not_said"), [("nl", DUTCH, ENGLISH), ("en", ENGLISH, DUTCH)])
    def test_a_failure_is_read_in_the_readers_language(
        self, client: Any, filled: Ledger, language: str, said: str, not_said: str
    ) -> None:
        failed(filled, REFUSED)
        page = client.get(f"/?lang={language}&show=acme").text
        assert said in page
        assert not_said not in page

    def test_what_only_an_engineer_understands_is_said_to_be_for_one(self, client: Any, filled: Ledger) -> None:
        failed(filled, SettingsError("VEERPONT_VAULT_KEYS lacks a key.").message)
        assert "Dit is voor een ontwikkelaar" in client.get("/?lang=nl").text
        assert "Dit is voor een ontwikkelaar" not in client.get("/?lang=en").text

    def test_what_to_do_about_a_record(self, client: Any, filled: Ledger) -> None:
        """Also where a fact is a record key: that is shortened in both languages. One of before has its English."""
        taken = coded(
            "record.two_lines",
            "{one} and {other} have the same key at the portal, and each would overwrite the other.",
            one="number:1001",
            other="B2",
        )
        old = Problem(Stage.EXPORT, "personnel_number", "duplicate_key", "It was said before there were codes.")
        problems = {"NEW": replace(old, detail=taken), "OLD": old}
        with filled.session() as session:
            rejects.add(session, Scope("acme", "accounts"), "r1", problems)
            numbers = {row.key: row.id for row in session.query(Reject).filter_by(flow="accounts")}
        new = {language: client.get(f"/rejects/{numbers['NEW']}?lang={language}").text for language in ("nl", "en")}
        assert "number:… en B2 hebben in het portaal dezelfde sleutel" in new["nl"]
        assert "number:… and B2 have the same key" in new["en"]
        assert "have the same key" not in new["nl"]
        assert '<dd lang="en">' not in new["nl"]
        before = client.get(f"/rejects/{numbers['OLD']}?lang=nl").text
        assert '<dd lang="en">It was said before there were codes.' in before

    def test_a_run_of_an_older_release_is_shown_as_it_was_said(self, client: Any, filled: Ledger) -> None:
        failed(filled, "It was said before there were codes.")
        assert "It was said before there were codes." in client.get("/?lang=nl").text

    def test_what_the_desk_s_work_was_refused_for(self, client: Any, filled: Ledger) -> None:
        refused = coded("work.not_kept", "The file is not kept any more: bring it again.")
        with filled.session() as session:
            number = work.add(session, "acme", work.REPORT, "op", ["employees"])
            work.end(session, number, work.WorkState.REFUSED, message=refused)
        assert "Het bestand is niet meer bewaard" in client.get(f"/deliveries/work/{number}?lang=nl").text

    def test_settings_that_lack_are_said_in_dutch_on_the_checklist(
        self, client: Any, integration: Integration, tmp_path: Any
    ) -> None:
        given = integration.model_dump(mode="json", include={"name", "customer"})
        file = given | {
            "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
            "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["absence"]}],
        }
        (tmp_path / "integrations" / "acme.yaml").write_text(yaml.safe_dump(file))
        page = client.get("/customers/acme?lang=nl").text
        assert "absence.portal_deletes ontbreekt" in page
        assert "is missing" not in page

    def test_a_file_that_cannot_be_used_is_for_an_engineer(self, client: Any, tmp_path: Path) -> None:
        (tmp_path / "integrations" / "acme.yaml").write_text("name: [")
        page = client.get("/?lang=nl").text
        assert "Het integratiebestand kan niet worden gebruikt" in page
        assert "Dit is voor een ontwikkelaar" in page


class TestInMails:
    def test_an_alert_is_in_the_language_of_the_managers(self, filled: Ledger, integration: Integration) -> None:
        failed(filled, REFUSED)
        watch = Watch(filled, {"acme": integration}, {}, (), "", lambda _: None, print)
        moment = now() + timedelta(minutes=1)
        look(watch, moment, {("acme", "iban")})
        with filled.session() as session:
            (alert,) = [each for each in alerts.opened(session) if each.subject == "failed acme iban"]
            pages = {language: str(letters.page([alert], {}, language, "")) for language in ("nl", "en")}
        assert DUTCH in pages["nl"]
        assert ENGLISH in pages["en"]

    def test_the_mail_of_seven(self, filled: Ledger, integration: Integration) -> None:
        failed(filled, REFUSED)
        found = digest.digest(filled, integration, now() + timedelta(days=1))
        assert DUTCH in " ".join("".join(render(found, "nl", "")[1]).split())
