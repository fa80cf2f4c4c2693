"""Engineers who want no mail are told by an Airflow notifier; what it refuses is told later."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from alert_days import ENGINEERS, Desk

from veerpont.messages import notifier
from veerpont.messages.mail import Letter
from veerpont.messages.notifier import engineers_post
from veerpont.model.failures import SettingsError

HTTP = "airflow.providers.http.notifications.HttpNotifier"
LETTER = Letter((), "Veerpont: something", "What is wrong.", "<p>What is wrong.</p>")


class Service(HTTPServer):
    """What takes messages: as a chat does, under an address that is a secret."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.messages: list[dict[str, Any]] = []
        self.answer = 200
        self.answers = Event()
        self.answers.set()


class _Taker(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append(json.loads(content))
        self.server.answers.wait(10)
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    server = Service()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    connection = {"conn_type": "http", "host": f"http://127.0.0.1:{server.server_port}/hooks/CANARY"}
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(connection))
    yield server
    server.shutdown()
    server.server_close()


def setting(**changes: Any) -> str:
    body = {"text": "{{ subject }}\n\n{{ text }}"}
    return json.dumps({"notifier": HTTP, "http_conn_id": "chat", "json": body} | changes)


def test_engineers_get_a_message_and_no_mail(quiet: Desk, chat: Service) -> None:
    quiet.notify = engineers_post(setting())
    quiet.run("acme", "employees", "2026-11-23 08:00", "failed", "defect", "KeyError at employees.py:12.")
    (message,) = chat.messages
    assert message["text"].startswith("Veerpont: ")
    assert "KeyError at employees.py:12." in message["text"]
    assert not quiet.got(ENGINEERS[0])
    quiet.run("acme", "absence", "2026-11-23 08:00", "failed", "settings", "AFAS refused the token.")
    assert len(quiet.got("beheer@acme.example")) == 1, "managers get their mail as ever"
    assert len(chat.messages) == 1


def test_what_it_does_not_take_is_told_by_the_next(quiet: Desk, chat: Service) -> None:
    quiet.notify = engineers_post(setting())
    chat.answer = 500
    quiet.run("acme", "employees", "2026-11-23 08:00", "failed", "defect", "KeyError at employees.py:12.")
    assert any("stay untold for now: The notifier" in line for line in quiet.log)
    assert "CANARY" not in "".join(quiet.log)
    chat.answer = 200
    quiet.run("borealis", "absence", "2026-11-23 09:00")
    assert "KeyError at employees.py:12." in chat.messages[-1]["text"]


def test_one_that_does_not_answer_keeps_nobody_waiting(
    quiet: Desk, chat: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "LONGEST", 0.2)
    chat.answers.clear()
    quiet.notify = engineers_post(setting())
    quiet.run("acme", "employees", "2026-11-23 08:00", "failed", "defect", "KeyError at employees.py:12.")
    assert any("took no message (TimeoutError)" in line for line in quiet.log)
    quiet.run("acme", "absence", "2026-11-23 08:00", "failed", "settings", "AFAS refused the token.")
    assert len(quiet.got("beheer@acme.example")) == 1
    chat.answers.set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slack", "is JSON with the class"),
        ("[]", "is JSON with the class"),
        ('{"text": "x"}', "is JSON with the class"),
        ('{"notifier": "nowhere.at.all.Notifier"}', "there is no class nowhere.at.all.Notifier"),
        ('{"notifier": "Notifier"}', "there is no class Notifier"),
        ('{"notifier": "json.JSONDecoder"}', "is no Airflow notifier"),
        (setting(colour="hunter2"), "cannot be made with http_conn_id, json, colour"),
    ],
)
def test_a_setting_that_makes_no_notifier_says_so(text: str, said: str) -> None:
    tell = engineers_post(text)
    assert tell is not None
    with pytest.raises(SettingsError, match="VEERPONT_NOTIFIER") as caught:
        tell(LETTER)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_the_setting_there_is_mail(quiet: Desk) -> None:
    assert engineers_post(" ") is None
    quiet.run("acme", "employees", "2026-11-23 08:00", "failed", "defect", "KeyError at employees.py:12.")
    assert len(quiet.got(ENGINEERS[0])) == 1
