"""A mail server that the connection does not fit: told as a setting, with what to change."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest

from veerpont.messages import mail
from veerpont.model.failures import PassingError, SettingsError

Connect = Callable[..., None]


class _Plain(socketserver.StreamRequestHandler):
    """A server that offers neither TLS nor STARTTLS, and takes no login."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail.example\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if word == b"EHLO":
                self.wfile.write(b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n")
            elif word == b"AUTH":
                self.wfile.write(b"535 CANARY@example.nl may not\r\n")
            else:
                self.wfile.write(b"502 no\r\n")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Plain)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def put(login: str = "", **extra: object) -> None:
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": server.server_address[1],
            "login": login,
            "password": login,
            "extra": {"from_email": "x@example.nl", "timeout": 5} | extra,
        }
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))

    yield put
    server.shutdown()
    server.server_close()


def refused() -> str:
    with pytest.raises(SettingsError) as caught:
        mail.try_connection()
    assert "CANARY" not in str(caught.value)
    return str(caught.value)


def test_tls_from_the_first_byte_to_a_server_that_does_not_speak_it(connect: Connect) -> None:
    connect()
    assert "set disable_ssl in its extra to true" in refused()


def test_starttls_that_is_not_offered(connect: Connect) -> None:
    connect(disable_ssl=True)
    assert "does not offer what the connection asks for, STARTTLS" in refused()


def test_a_login_that_is_refused(connect: Connect) -> None:
    connect(login="somebody", disable_ssl=True, disable_tls=True)
    assert "refuses login or password" in refused()


def test_a_server_that_is_away_passes(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": 1, "extra": {"from_email": "x@example.nl"}}),
    )
    with pytest.raises(PassingError, match="did not take the mail"):
        mail.try_connection()
