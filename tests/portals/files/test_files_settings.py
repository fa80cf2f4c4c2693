"""What the entry of the portal may say, and what a certificate has to be."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from veerpont.airflow.provider import get_provider_info
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal

from .conftest import Pair


def missing(integration, flow: Flow = Flow.PAYROLL) -> str:
    return " ".join(map(str, portal("files").missing(integration, flow)))


def test_the_sandbox_needs_no_settings(acme) -> None:
    assert missing(acme()) == ""


def test_production_needs_a_certificate(acme, pair: Pair) -> None:
    """Salaries lie nowhere in the clear; a certificate on one line, as secret stores make it, is one too."""
    assert "encrypt_for is missing" in missing(acme("production"))
    assert missing(acme("production", encrypt_for=pair.pem)) == ""
    assert missing(acme("production", encrypt_for=pair.pem.replace("\n", "\\n"))) == ""


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"fromat": "csv"}, "fromat"),
        ({"format": "xlsx"}, "format"),
        ({"folder": "../elsewhere"}, "folder"),
        ({"folder": 7}, "folder"),
        ({"encrypt_for": ["x"]}, "encrypt_for"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(acme, settings, named: str) -> None:
    """An unknown key is as wrong as an impossible value."""
    found = missing(acme(**settings))
    assert f"settings.{named}" in found
    assert "elsewhere" not in found
    with pytest.raises(SettingsError, match=named):
        portal("files").render(acme(**settings), Flow.PAYROLL, [], schema={})


@pytest.mark.parametrize("flow", [flow for flow in Flow if flow is not Flow.PAYROLL])
def test_only_payroll_goes_here(integration, flow: Flow) -> None:
    taken = {"portal": "files", "connection": "xpert", "flows": [flow]}
    assert f"does not take the flow {flow}" in missing(integration({"portals": [taken]}), flow)


def test_certificates_that_are_of_no_use(acme, pair: Pair, curve: Pair) -> None:
    """Expired, not begun, another kind of key, a short one, a private key, no certificate: each says what to do."""
    short = Pair(key=rsa.generate_private_key(65537, 1024))
    for pem, words in [
        (Pair(days=-1, key=pair.key).pem, "ended on"),
        (Pair(begins=2, key=pair.key).pem, "only begins on"),
        (curve.pem, "RSA key"),
        (short.pem, "2048"),
        (pair.key_pem.decode() + pair.pem, "private key"),
        ("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----", "no X.509 certificate"),
        ("", "no X.509 certificate"),
    ]:
        found = missing(acme(encrypt_for=pem))
        assert words in found
        assert "nonsense" not in found


def test_a_certificate_that_ends_soon_is_said_a_month_ahead(acme, server, connection, pair: Pair) -> None:
    """By `check --live`; until then deliveries go on."""
    target = portal("files")
    soon = acme("production", encrypt_for=Pair(days=20, key=pair.key).pem)
    assert target.missing(soon, Flow.PAYROLL) == []
    with pytest.raises(SettingsError, match=r"ends on .* next one"):
        target.try_connection(soon, Flow.PAYROLL)
    target.try_connection(acme("production", encrypt_for=Pair(days=40, key=pair.key).pem), Flow.PAYROLL)


def test_the_name_is_of_one_content(acme) -> None:
    name = portal("files").file_name(acme(), Flow.PAYROLL, 42, "9f86d081884c7d65" + "0" * 48)
    assert name == "payroll_00000042_9f86d081884c.tar"


def test_two_places_are_two_destinations(acme, server, connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the folder is spelled; another folder, login or bucket is another place."""
    target = portal("files")

    def at(folder: str, connection: str = "xpert") -> str:
        return target.destination(acme(folder=folder, connection=connection), Flow.PAYROLL)

    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps({"conn_type": "object_storage", "host": "s3://salaries/acme/"}))
    assert at("uit") == at("/uit/") == f"127.0.0.1:{server.port}/acme/uit"
    assert at("") != at("uit") != at("uit", "store")
    assert at("uit", "store") == at("/uit/", "store")


def test_one_endpoint_has_one_spelling(acme, monkeypatch: pytest.MonkeyPatch) -> None:
    def at(endpoint: str) -> str:
        store = {"conn_type": "object_storage", "host": "s3://salaries/acme", "extra": {"endpoint_url": endpoint}}
        monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(store))
        return portal("files").destination(acme(connection="store"), Flow.PAYROLL)

    assert at("https://s3.example") == at("https://S3.Example.:443/") != at("https://s3.example:9000")


@pytest.mark.parametrize("kind", ["http", "afas"])
def test_a_connection_of_another_type_is_refused(acme, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps({"conn_type": kind, "host": "x", "password": "hush"}))
    with pytest.raises(SettingsError, match="files go to sftp or object_storage") as caught:
        portal("files").destination(acme(connection="store"), Flow.PAYROLL)
    assert "hush" not in str(caught.value)
    with pytest.raises(SettingsError, match="does not exist"):
        portal("files").destination(acme(connection="nowhere"), Flow.PAYROLL)


def test_the_type_of_connection_has_a_form_that_hides_its_secret() -> None:
    """Airflow asks for address, key and secret, and knows the hook that tests them."""
    from importlib import import_module

    (found,) = [item for item in get_provider_info()["connection-types"] if item["connection-type"] == "object_storage"]
    module, _, name = found["hook-class-name"].rpartition(".")
    hook = getattr(import_module(module), name)
    assert (hook.conn_type, hook.hook_name) == ("object_storage", found["hook-name"])
    assert found["ui-field-behaviour"]["relabeling"]["password"] == "Secret"
