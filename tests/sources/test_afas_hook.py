"""The connection type `afas`: what of a connection reaches AFAS, and in which form."""

import base64
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from afas_rows import ABSENCE, data_types, integration
from afas_server import TOKEN, AfasServer, Answer, Leases

from veerpont.airflow.provider import get_provider_info
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.afas.hook import AfasHook
from veerpont.systems.afas.source import Afas
from veerpont.systems.source import Asked

Connect = Callable[..., AfasHook]
XML = f"<token><version>1</version><data>{TOKEN}</data></token>"
HEADER = "AfasToken " + base64.b64encode(XML.encode()).decode()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, afas: AfasServer) -> Connect:
    def make(**values: object) -> AfasHook:
        connection = {"conn_type": "afas", "host": afas.url, "login": "12345", "password": TOKEN} | values
        monkeypatch.setenv("AIRFLOW_CONN_AFAS_TEST", json.dumps(connection))
        return AfasHook("afas_test")

    return make


def test_classic_calls_carry_exactly_these_headers(connect: Connect, afas: AfasServer) -> None:
    extra = {"integration_id": "45678_9", "environment": "test", "verify": False, "X-Leak": "CANARY"}
    connect(extra=extra).client().get("metainfo")
    headers = dict(afas.calls[0].headers)
    assert headers.pop("User-Agent").startswith("python-requests/")
    assert headers == {
        "Host": f"127.0.0.1:{afas.port}",
        "Accept": "application/json",
        "Accept-Language": "nl-nl",
        "Accept-Encoding": headers["Accept-Encoding"],
        "Connection": "keep-alive",
        "Authorization": HEADER,
        "IntegrationId": "45678_9",
    }


def test_oauth_calls_carry_exactly_these_headers_and_the_secret_only_in_the_form(
    connect: Connect, afas: AfasServer
) -> None:
    connect(password=None, extra={"client_id": "id", "client_secret": "CANARY"}).client().get("metainfo")
    asked, called = afas.calls
    assert (asked.method, asked.path) == ("POST", "/ProfitRestServices/oauth/token")
    assert asked.body == "grant_type=client_credentials&client_id=id&client_secret=CANARY"
    assert "CANARY" not in str(asked.headers)
    assert "Authorization" not in dict(asked.headers)
    headers = dict(called.headers)
    assert headers.pop("User-Agent").startswith("python-requests/")
    assert headers == {
        "Host": f"127.0.0.1:{afas.port}",
        "Accept": "application/json",
        "Accept-Language": "nl-nl",
        "Accept-Encoding": headers["Accept-Encoding"],
        "Connection": "keep-alive",
        "Authorization": "Bearer bearer-1",
    }


def test_a_filtered_read_sends_the_same_headers_with_every_call(
    connect: Connect, afas: AfasServer, leases: Leases, notes: list[str]
) -> None:
    afas.add("Newdays_Connect_Verzuim_v1", data_types(ABSENCE), [ABSENCE])
    connect()
    setup, asked = integration(connection="afas_test"), Asked(not_ended_before=date(2025, 1, 1))
    assert list(Afas().pages(setup, Flow.ABSENCE, leases, notes.append, asked)) == [[ABSENCE]]
    assert len(afas.calls) == 5
    for call in afas.calls:
        headers = dict(call.headers)
        assert headers.keys() == {
            *("Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Connection", "Authorization")
        }
        assert headers["Authorization"] == HEADER
    assert {call.query.get("filtervalues") for call in afas.pages()} == {'"";2025-01-01T00:00:00'}


def test_a_netrc_login_never_replaces_the_token(
    connect: Connect, afas: AfasServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connect().client().get("metainfo")
    assert dict(afas.calls[0].headers)["Authorization"] == HEADER


def test_the_proxy_of_the_environment_is_used_where_it_is_for(
    connect: Connect, afas: AfasServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # nobody listens there
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = connect().client()
    client.sleep = lambda _: None
    with pytest.raises(PassingError, match="the proxy refuses"):
        client.get("metainfo")
    assert not afas.calls
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    connect().client().get("metainfo")
    assert len(afas.calls) == 1


def test_the_inherited_run_sends_the_same_and_logs_no_body(
    connect: Connect, afas: AfasServer, secrets_hidden: Callable[[object], None]
) -> None:
    afas.answer("/metainfo", Answer(401, b"CANARY"))
    hook = connect()
    with pytest.raises(SettingsError) as error:
        hook.run("/metainfo")
    secrets_hidden(error.value)
    assert dict(afas.calls[0].headers)["Authorization"] == HEADER


@pytest.mark.parametrize(
    "token",
    [
        XML,
        f"\n {XML}\n",
        TOKEN,
        f" {TOKEN}\n",
        f"<token>\n  <version>1</version>\n  <data>{TOKEN}</data>\n</token>",
        f'<?xml version="1.0"?>\n{XML}',
        b64encode(XML.encode()).decode(),
        b64encode(f"{XML}\n".encode()).decode() + "\n",
        f"AfasToken {b64encode(XML.encode()).decode()}",
    ],
)
def test_a_token_may_have_each_form_that_afas_shows(connect: Connect, afas: AfasServer, token: str) -> None:
    connect(password=token).client().get("metainfo")
    assert dict(afas.calls[0].headers)["Authorization"] == HEADER


def test_a_host_may_come_in_every_form_that_airflow_knows(connect: Connect, afas: AfasServer) -> None:
    expected = f"{afas.url}/ProfitRestServices"
    forms: list[dict[str, object]] = [
        {"host": afas.url},
        {"host": f"{afas.url}/"},
        {"host": f"{afas.url}/ProfitRestServices/"},
        {"host": "http://127.0.0.1", "port": afas.port},
        {"host": "127.0.0.1", "port": afas.port, "schema": "http"},
    ]
    assert [connect(**form).client().base for form in forms] == [expected] * len(forms)


@pytest.mark.parametrize("uri", ["afas://12345:{t}@127.0.0.1:{p}/http", "afas://12345:{t}@http%3A%2F%2F127.0.0.1:{p}"])
def test_a_connection_may_be_a_uri(afas: AfasServer, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AFAS_URI", uri.format(t=TOKEN, p=afas.port))
    AfasHook("afas_uri").client().get("metainfo")
    assert dict(afas.calls[0].headers)["Authorization"] == HEADER


@pytest.mark.parametrize(
    ("extra", "base"),
    [
        ({}, "https://12345.rest.afas.online/ProfitRestServices"),
        ({"environment": "production"}, "https://12345.rest.afas.online/ProfitRestServices"),
        ({"environment": "test"}, "https://12345.resttest.afas.online/ProfitRestServices"),
        ({"environment": "accept"}, "https://12345.restaccept.afas.online/ProfitRestServices"),
    ],
)
def test_without_a_host_the_member_number_makes_the_address(connect: Connect, extra: object, base: str) -> None:
    assert connect(host="", extra=extra).client().base == base


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"login": ""}, "member number"),
        ({"host": "", "login": "CANARY"}, "digits"),
        ({"password": " "}, "token"),
        ({"password": None, "extra": {"client_id": "CANARY"}}, "client_secret"),
        ({"host": "", "extra": {"environment": "CANARY"}}, "environment"),
        ({"host": "ftp://CANARY"}, "base URL"),
        ({"host": "http://CANARY:port"}, "base URL"),
    ],
)
def test_a_wrong_connection_says_what_to_fill_in(
    connect: Connect, secrets_hidden: Callable[[object], None], values: dict[str, object], word: str
) -> None:
    with pytest.raises(SettingsError, match=word) as error:
        connect(**values).client()
    assert "afas_test" in str(error.value)
    secrets_hidden(error.value)


def test_a_missing_connection_is_named() -> None:
    with pytest.raises(SettingsError, match="afas_nowhere"):
        AfasHook("afas_nowhere").client()


def test_test_connection_names_the_environment_and_the_connectors(connect: Connect, afas: AfasServer) -> None:
    afas.add("Newdays_Connect_Werkgevers_v1", {}, [])
    assert connect().test_connection() == (
        True,
        "Environment O12345AA; GetConnectors in the app connector: Newdays_Connect_Werkgevers_v1.",
    )


def test_test_connection_says_why_not(connect: Connect, afas: AfasServer) -> None:
    afas.answer("/metainfo", Answer(401), Answer(401))
    done, message = connect().test_connection()
    assert not done
    assert "does not accept the token" in message


def test_airflow_finds_the_connection_type() -> None:
    (found,) = [item for item in get_provider_info()["connection-types"] if item["connection-type"] == "afas"]
    assert found["hook-class-name"] == f"{AfasHook.__module__}.{AfasHook.__name__}"
    assert found["conn-fields"].keys() == {"environment", "client_id", "client_secret", "integration_id"}
    assert found["conn-fields"]["client_secret"]["schema"]["format"] == "password"
