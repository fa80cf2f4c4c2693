"""A file of hours by mail: only to whom the integration lists, only over TLS to a server that is who it says."""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from crossings import Crossing, Make
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from dropped_hours import NOVEMBER, files

from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont_sandbox.mail import Mail


@pytest.fixture
def sluis(make: Make, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Sluis, where the payroll office gets the files by mail."""
    crossing = make("sluis", night=("employers",))
    crossing.configure(hours={"mail": {"to": ["salaris@sluis.example"]}})
    return crossing


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a certificate for this machine, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, "mail")])
    made = (
        x509
        .CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    kind = serialization.Encoding.PEM
    secret = key.private_bytes(kind, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(kind))
    return path


@pytest.fixture
def server(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mail]:
    """A mail server that speaks STARTTLS and nothing without it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    mail = Mail(tmp_path / "mail", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with_tls = Controller(mail, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True)
    with_tls.start()
    connect(monkeypatch, port, disable_ssl=True)
    yield mail
    with_tls.stop()


def connect(monkeypatch: pytest.MonkeyPatch, port: int, **extra: Any) -> None:
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "extra": {"from_email": "v@v.example"} | extra,
    }
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


def test_the_file_goes_to_whom_the_integration_lists(
    sluis: Crossing, server: Mail, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    sluis("hours")
    first, second = server.messages()
    assert (first["To"], first["Subject"]) == ("salaris@sluis.example", "Veerpont: loket_7001_2026_11.csv")
    (file,) = first.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("loket_7001_2026_11.csv", NOVEMBER)
    body = first.get_body(("html",))
    assert body is not None
    assert "periode 11, bestandstype CSV, actie Overschrijven, verdelingseenheid Ja" in body.get_content()
    assert second["Subject"] == "Veerpont: loket_7002_2026_12.csv"
    sluis("hours")
    assert len(server.messages()) == 2
    assert not [name for name in ("Anna", "Vries", "11;") if name in body.get_content()]


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(sluis: Crossing, server: Mail) -> None:
    with pytest.raises(SettingsError, match="certificate that does not hold"):
        sluis("hours")
    assert server.messages() == []
    assert files(sluis) == {}


def test_without_tls_nothing_is_sent(sluis: Crossing) -> None:
    """The sandbox's own mail server has none."""
    with pytest.raises(SettingsError, match="does not use TLS"):
        sluis("hours")
    assert sluis.sandbox.mail.messages() == []
    said = [each["problem"] for each in check(settings(), "sluis", live=True) if each["flow"] == "hours"]
    assert len(said) == 1
    assert "does not use TLS" in said[0]
    sluis.configure(hours={"mail": {"to": []}})
    sluis("hours")
    assert len(files(sluis)) == 2


def test_a_check_that_is_switched_off_is_no_tls(sluis: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, 1, disable_ssl=True, ssl_context="none")
    with pytest.raises(SettingsError, match="does not use TLS"):
        sluis("hours")
