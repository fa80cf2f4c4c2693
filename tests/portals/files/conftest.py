"""A receiver of files: an integration that delivers payroll data to it, its certificate, invented lines."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.pay_records import PayrollEntry
from veerpont.model.schema import Column, ColumnType
from veerpont.store.clock import now
from veerpont.systems.registry import portal

NAME = "payroll_00000042_9f86d081884c"

SCHEMA = {
    "employment": (
        Column("Werkgever", ColumnType.TEXT, 10),
        Column("Medewerker", ColumnType.TEXT, 10),
        Column("Begin", ColumnType.DATE),
        Column("Gewijzigd", ColumnType.MOMENT),
        Column("Actief", ColumnType.BOOLEAN),
        Column("Volgnummer", ColumnType.INTEGER),
    ),
    "formation": (Column("Werkgever", ColumnType.TEXT, 10), Column("FTE", ColumnType.DECIMAL, 4)),
    "wage_components": (
        Column("Werkgever", ColumnType.TEXT, 10),
        Column("Medewerker", ColumnType.TEXT, 10),
        Column("Omschrijving", ColumnType.TEXT),
        Column("Bedrag", ColumnType.DECIMAL, 2),
        Column("Percentage", ColumnType.DECIMAL),
    ),
}


class Pair:
    """A receiver's key and its certificate; `days`: how long that one still holds."""

    def __init__(self, days: int = 365, begins: int = -3650, key: Any = None) -> None:
        self.key = key or rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver.example")])
        self.certificate = (
            x509
            .CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + timedelta(days=begins))
            .not_valid_after(now() + timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@pytest.fixture(scope="session")
def pair() -> Pair:
    return Pair()


@pytest.fixture(scope="session")
def curve() -> Pair:
    return Pair(key=ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def acme(integration: Callable[..., Integration]) -> Callable[..., Integration]:
    """Make an integration that delivers payroll to files; keywords are the settings of the portal."""

    def make(profile: str = "sandbox", connection: str = "xpert", **settings: Any) -> Integration:
        taken = {"portal": "files", "connection": connection, "flows": ["payroll"], "settings": settings}
        return integration({"portals": [taken]}, profile=profile)

    return make


def entry(table: str, employee: str, *rows: dict[str, str | None]) -> PayrollEntry:
    own = tuple({"Werkgever": "01", "Medewerker": employee} | row for row in rows)
    return PayrollEntry(table, "01", employee, own)


ENTRIES = [
    entry(
        "employment",
        "1001",
        {
            "Begin": "2020-02-29",
            "Gewijzigd": "2026-03-29T02:30:00",
            "Actief": "true",
            "Volgnummer": "1",
        },
    ),
    entry("employment", "1002", {"Begin": None, "Gewijzigd": None, "Actief": "false", "Volgnummer": None}),
    entry(
        "wage_components",
        "1001",
        {"Omschrijving": 'Toeslag "nacht", 25%\nregel 2', "Bedrag": "2750.505", "Percentage": "0.333333"},
        {"Omschrijving": "=SOM(A1)", "Bedrag": "-12", "Percentage": None},
    ),
]


@pytest.fixture
def lines(acme: Callable[..., Integration]) -> list[Line]:
    """Two people with an employment, one of them with two wage components; nobody has a formation."""
    found = [portal("files").line(acme(), Flow.PAYROLL, each) for each in ENTRIES]
    return sorted((each for each in found if isinstance(each, Line)), key=lambda line: line.order)


@pytest.fixture
def render(acme: Callable[..., Integration], lines: list[Line]) -> Callable[..., bytes]:
    """Render a delivery of the lines; keywords are the settings of the portal."""

    def make(of: list[Line] | None = None, schema: Any = None, **settings: Any) -> bytes:
        chunks = portal("files").render(acme(**settings), Flow.PAYROLL, of or lines, schema=schema or SCHEMA)
        return b"".join(chunks)

    return make
