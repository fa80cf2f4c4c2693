"""Sending again at the desk and by the command: asked first, marked in the ledger, and the flow is started."""

import hashlib
import json
from typing import Any

import pytest
from somebody import Somebody
from sqlalchemy import delete
from test_acts import decisions, form, press
from test_commands import veerpont

from veerpont.config.settings import settings
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Delivery
from veerpont.store.vault import Vault

__all__ = ["veerpont"]

CONTENT = b"what was sent"


@pytest.fixture
def number(filled: Ledger) -> int:
    """The file of employees, in the vault as it was sent."""
    ours = settings()
    Vault(ours.vault, ours.vault_keys).put("acme/employees/file", CONTENT)
    with filled.session() as session:
        session.execute(delete(Delivery).where(Delivery.state == "held"))
        row = session.get_one(Delivery, 1)
        row.object, row.sha256 = "acme/employees/file", hashlib.sha256(CONTENT).hexdigest()
        row.outcome = json.dumps({"employers": ["01", "02"], "pointers": {"snapshot": {"path": "x"}}, "run_id": "r1"})
    return 1


def state(ledger: Ledger) -> str:
    with ledger.session() as session:
        return session.get_one(Delivery, 1).state


@pytest.mark.parametrize(("language", "words"), [("nl", "Opnieuw sturen"), ("en", "Send again")])
def test_the_button_asks_first(client: Any, number: int, language: str, words: str) -> None:
    look = {"accept-language": language}
    assert words in client.get(f"/deliveries/{number}", headers=look).text
    page = client.get(f"/deliveries/{number}/ask?act=resend", headers=look).text
    assert words in page
    assert "4.112" in page or "4,112" in page


def test_an_operator_sends_it_again(client: Any, number: int, filled: Ledger, person: Somebody) -> None:
    answer = press(client, f"/deliveries/{number}/ask?act=resend", "resend")
    assert "Delivery 1 goes again." in answer.text
    assert "Employees was started." in answer.text
    assert person.started == [("employees", "acme")]
    assert decisions(filled)[-1] == ("resend", "delivery 1 employees xpert_suite", "els")
    assert state(filled) == "prepared"
    assert "sent again" in client.get("/deliveries/1", headers={"accept-language": "en"}).text


def test_pressed_twice_it_goes_once(client: Any, number: int, filled: Ledger, person: Somebody) -> None:
    address, fields = form(client, f"/deliveries/{number}/ask?act=resend", "resend")
    assert [client.post(address, data=fields).status_code for _ in range(2)] == [200, 409]
    assert len(person.started) == 1
    assert [name for name, _, _ in decisions(filled)].count("resend") == 1


def test_a_viewer_and_a_forged_form_change_nothing(client: Any, number: int, filled: Ledger, person: Somebody) -> None:
    address, fields = form(client, f"/deliveries/{number}/ask?act=resend", "resend")
    answers = [client.post(address, data=fields | {"token": "0" * 64})]
    answers.append(client.post(address, data=fields, headers={"origin": "http://evil.example"}))
    person.acts = False
    answers += [client.post(address, data=fields), client.get(f"/deliveries/{number}/ask?act=resend")]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert "act=resend" not in client.get(f"/deliveries/{number}").text
    assert (state(filled), person.started) == ("delivered", [])


def test_what_cannot_go_again_has_no_button_and_says_why(client: Any, number: int, filled: Ledger) -> None:
    address, fields = form(client, f"/deliveries/{number}/ask?act=resend", "resend")
    with filled.session() as session:
        session.get_one(Delivery, number).object = None
    assert "act=resend" not in client.get(f"/deliveries/{number}").text
    answer = client.post(address, data=fields, headers={"accept-language": "nl"})
    assert answer.status_code == 409
    assert "Van levering 1 is het bestand niet meer bewaard: het is ouder dan" in answer.text


class TestCommand:
    def test_says_how_to_start_the_flow(self, veerpont: Any, number: int, filled: Ledger) -> None:
        code, printed = veerpont("deliveries", "resend", "1", "--by", "Jo")
        assert code == 0
        assert """airflow dags trigger employees --conf '{"integration": "acme"}'""" in printed
        assert decisions(filled)[-1] == ("resend", "delivery 1 employees xpert_suite", "Jo")

    def test_json_is_the_delivery(self, veerpont: Any, number: int) -> None:
        code, printed = veerpont("deliveries", "resend", "1", "--by", "Jo", "--json")
        assert code == 0
        assert (found := json.loads(printed))["id"] == 1
        assert found["state"] == "prepared"
        code, printed = veerpont("deliveries", "resend", "1", "--by", "Jo", "--json")
        assert code == 1
        assert json.loads(printed) == {
            "error": "Delivery 1 is prepared: only one that the portal accepted can be sent again.",
            "kind": "settings",
        }

    def test_without_a_name_nothing_happens(self, veerpont: Any, number: int, filled: Ledger) -> None:
        assert veerpont("deliveries", "resend", "1", "--by", "  ")[0] == 1
        assert state(filled) == "delivered"
