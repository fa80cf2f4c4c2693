"""Fixtures: a small portal, connections and clients that point to it, and an integration that delivers there."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from veerpont.config.integration import Integration
from veerpont.model.lines import Line
from veerpont.model.names import NAMES
from veerpont.systems.http import Limits
from veerpont.systems.json_api.client import Client

from .server import TOKEN, Clock, PortalServer


@pytest.fixture
def server() -> Iterator[PortalServer]:
    running = PortalServer()
    yield running
    running.close()


@pytest.fixture
def connect(server: PortalServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the Airflow connection `portal_acme`; keywords replace its fields."""

    def put(**values: object) -> None:
        connection = {"conn_type": "http", "host": server.url, "password": TOKEN} | values
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL_ACME", json.dumps(connection))

    put()
    return put


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(connect: Callable[..., None], clock: Clock) -> Client:
    """The hook's own client, on a clock that does not wait."""
    from veerpont.systems.json_api.hook import JsonApiHook

    found = JsonApiHook("portal_acme").client(Limits(2.0, 5.0))
    found.sleep, found.clock = clock.sleep, clock
    return found


@pytest.fixture
def acme() -> Callable[..., Integration]:
    """Make an integration that delivers every flow over HTTP; keywords replace sections."""

    def make(**over: Any) -> Integration:
        return Integration.model_validate(
            {
                "name": "acme",
                "customer": "Acme Holding B.V.",
                "source": {"system": "afas", "connection": "afas", "environment": "O12345AA"},
                "portals": [{"portal": "json_api", "connection": "portal_acme", "flows": list(NAMES)}],
                "organigram": {"tree": "derive"},
            }
            | over
        )

    return make


@pytest.fixture
def iban() -> Callable[..., Line]:
    """Make the line of a bank account, with a canary in it."""

    def make(guid: str, iban: str = "CANARYIBAN") -> Line:
        values = {"external_id": guid, "iban": iban, "bic": None}
        return Line(id=guid, key=guid, employer="01", portal_key=guid, order=guid, values=values)

    return make


@pytest.fixture
def secrets_hidden(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[object], None]]:
    """Check that no text holds the token or a value that was sent, and neither does any log line of the test."""
    caplog.set_level(0)

    def check(text: object) -> None:
        assert "CANARY" not in str(text)
        assert "CANARY" not in repr(text)

    yield check
    check(caplog.text)
