"""The connection of type http: what of it reaches the portal, and in which form."""

import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.systems.json_api.hook import JsonApiHook
from veerpont.systems.registry import portal

from .server import TOKEN, Answer, PortalServer, error

Connect = Callable[..., None]
Hidden = Callable[[object], None]

COMMON = {"Accept": "application/json", "Connection": "keep-alive", "Authorization": f"Bearer {TOKEN}"}


def headers(server: PortalServer, number: int = 0) -> dict[str, str]:
    found = dict(server.calls[number].headers)
    assert found.pop("User-Agent").startswith("python-requests/")
    assert found.pop("Host") == f"127.0.0.1:{server.port}"
    del found["Accept-Encoding"]
    return found


def test_a_delivery_carries_exactly_these_headers(
    connect: Connect, server: PortalServer, acme: Callable[..., Integration], iban: Callable[..., Line]
) -> None:
    connect(login="CANARY", extra={"X-Leak": "CANARY", "verify": False, "Authorization": "CANARY"})
    json_api = portal("json_api")
    content = Content.of(b"".join(json_api.render(acme(), Flow.IBAN, [iban("A")])))
    assert json_api.deliver(acme(), Flow.IBAN, "iban_00000042_8f434346648f", content) == []
    assert headers(server) == COMMON | {
        "Content-Type": "application/json",
        "Idempotency-Key": "iban_00000042_8f434346648f-00001",
        "Content-Length": str(len(server.calls[0].body)),
    }
    assert "CANARY" not in str(server.calls[0].headers).replace(TOKEN, "")
    assert server.calls[0].path == "/portal/v1/acme/iban"


def test_a_test_carries_exactly_these_headers(connect: Connect, server: PortalServer) -> None:
    connect(extra={"X-Leak": "CANARY"})
    done, message = JsonApiHook("portal_acme").test_connection()
    assert (done, headers(server)) == (True, COMMON)
    assert "takes the token" in message


def test_no_cookie_is_kept(connect: Connect, server: PortalServer) -> None:
    server.answers = [Answer(200, b'{"api": "veerpont", "version": 1}', {"Set-Cookie": "node=CANARY"})]
    client = JsonApiHook("portal_acme").client()
    client.about()
    client.about()
    assert "Cookie" not in headers(server, 1)


def test_a_netrc_login_never_replaces_the_token(
    connect: Connect, server: PortalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    JsonApiHook("portal_acme").client().about()
    assert headers(server)["Authorization"] == f"Bearer {TOKEN}"


def test_a_redirect_is_not_followed(connect: Connect, server: PortalServer, secrets_hidden: Hidden) -> None:
    server.answers = [Answer(307, b"CANARY", {"Location": f"http://127.0.0.1:{server.port}/CANARY"})]
    with pytest.raises(SettingsError, match=r"portal_acme.*another address.*HTTP 307") as caught:
        JsonApiHook("portal_acme").client().about()
    assert len(server.calls) == 1
    secrets_hidden(caught.value)


@pytest.mark.parametrize("status", [302, 401])
def test_the_inherited_run_sends_the_same_and_logs_no_body(
    connect: Connect, server: PortalServer, secrets_hidden: Hidden, status: int
) -> None:
    connect(login="CANARY", extra={"X-Leak": "CANARY"})
    server.answers = [Answer(status, b"CANARY", {"Location": f"{server.url}/CANARY"})]
    with pytest.raises(SettingsError) as caught:
        JsonApiHook("portal_acme").run("/v1")
    assert [headers(server)] == [COMMON]
    assert len(server.calls) == 1
    secrets_hidden(caught.value)


def test_a_host_may_come_in_every_form_that_airflow_knows(connect: Connect, server: PortalServer) -> None:
    forms: list[dict[str, object]] = [
        {"host": server.url},
        {"host": f" {server.url}/ "},
        {"host": "http://127.0.0.1/portal", "port": server.port},
        {"host": "127.0.0.1/portal", "port": server.port, "schema": "http"},
        {"host": "127.0.0.1/portal", "port": server.port},
    ]
    for form in forms:
        connect(**form)
        assert JsonApiHook("portal_acme").base_url == server.url
        assert JsonApiHook("portal_acme").test_connection()[0]


def test_a_connection_may_be_a_uri(server: PortalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_URI", f"http://:{TOKEN}@127.0.0.1%2Fportal:{server.port}/http")
    assert JsonApiHook("portal_uri").test_connection()[0]


@pytest.mark.parametrize(
    ("values", "base"),
    [
        ({"host": "Portal.Example."}, "https://portal.example"),
        ({"host": "portal.example", "port": 8443}, "https://portal.example:8443"),
        ({"host": "portal.example", "port": 443, "schema": "https"}, "https://portal.example"),
        ({"host": "portal.example", "schema": "http"}, "http://portal.example"),
        ({"host": "https://portal.example:443/a/B/"}, "https://portal.example/a/B"),
        ({"host": "http://[::1]:8003"}, "http://[::1]:8003"),
    ],
)
def test_one_place_has_one_spelling(connect: Connect, values: dict[str, object], base: str) -> None:
    """Also: plain http has to be asked for."""
    connect(**values)
    assert JsonApiHook("portal_acme").base_url == base


def test_integrations_have_a_destination_of_their_own(
    connect: Connect, acme: Callable[..., Integration], server: PortalServer
) -> None:
    json_api = portal("json_api")
    assert json_api.destination(acme(), Flow.IBAN) == f"127.0.0.1:{server.port}/portal/v1/acme/iban"
    assert json_api.destination(acme(name="other"), Flow.IBAN).endswith("/v1/other/iban")


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"host": ""}, "base URL"),
        ({"host": "ftp://CANARY"}, "base URL"),
        ({"host": "http://CANARY:port"}, "base URL"),
        ({"host": "https://CANARY:CANARY@portal.example"}, "base URL"),
        ({"host": "https://portal.example/?token=CANARY"}, "base URL"),
        ({"host": "https://portal.example/CANARY x"}, "base URL"),
        ({"password": None}, "token"),
        ({"password": " "}, "token"),
        ({"password": "CANARY\nCANARY"}, "token"),
        ({"password": "CANARYé"}, "token"),
    ],
)
def test_a_wrong_connection_says_what_to_fill_in(
    connect: Connect, secrets_hidden: Hidden, values: dict[str, object], word: str
) -> None:
    connect(**values)
    with pytest.raises(SettingsError, match=word) as caught:
        JsonApiHook("portal_acme").client()
    assert "portal_acme" in str(caught.value)
    secrets_hidden(caught.value)


def test_a_missing_connection_is_named() -> None:
    with pytest.raises(SettingsError, match="portal_nowhere"):
        JsonApiHook("portal_nowhere")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(401), "does not accept the token"),
        (Answer(200, b'{"api": "something else", "version": 1}'), "is not what docs/json-api.yaml says"),
        (Answer(200, b"<html>CANARY</html>"), "is not what docs/json-api.yaml says"),
    ],
)
def test_test_connection_says_why_not(
    connect: Connect, server: PortalServer, secrets_hidden: Hidden, answer: Answer, words: str
) -> None:
    server.answers = [answer] * 3
    done, message = JsonApiHook("portal_acme").test_connection()
    assert not done
    assert words in message
    secrets_hidden(message)


def test_a_certificate_that_nobody_vouches_for_is_a_setting(
    connect: Connect, tmp_path: Path, secrets_hidden: Hidden
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509
        .CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = PortalServer(context)
    try:
        connect(host=server.url, extra={"verify": False})
        with pytest.raises(SettingsError, match=r"portal_acme.*certificate.*Nothing was sent") as caught:
            JsonApiHook("portal_acme").client().about()
    finally:
        server.close()
    assert server.calls == []
    secrets_hidden(caught.value)


def test_plain_modules_do_not_import_airflow() -> None:
    """Only the hook needs Airflow: choosing the portal and making lines does not load it."""
    code = "import sys; import veerpont.systems.registry as p; p.portal('json_api'); exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
