"""Fixtures: a small AFAS, and clients and connections that point to it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from afas_rows import ABSENCE, BANK_ACCOUNT, DEPARTMENT, EMPLOYEE, EMPLOYER, MANAGER, Row, data_types, integration
from afas_server import TOKEN, AfasServer, Clock, Leases
from loket_home import environment
from loket_server import LoketServer

# Set before anything imports Airflow: it makes its home where this points.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.systems.afas.auth import ClassicToken
from veerpont.systems.afas.client import Client
from veerpont.systems.afas.connectors import CONNECTORS
from veerpont.systems.afas.errors import LIMITS
from veerpont.systems.afas.source import Afas
from veerpont.systems.source import Asked
from veerpont.systems.wire import session

SAMPLES = {
    Flow.EMPLOYERS: EMPLOYER,
    Flow.ORGANIGRAM: DEPARTMENT,
    Flow.EMPLOYEES: EMPLOYEE,
    Flow.ACCOUNTS: MANAGER,
    Flow.ABSENCE: ABSENCE,
    Flow.IBAN: BANK_ACCOUNT,
}


@pytest.fixture
def afas() -> Iterator[AfasServer]:
    server = AfasServer()
    yield server
    server.close()


@pytest.fixture
def loket() -> Iterator[LoketServer]:
    server = LoketServer()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an instance of its own, which are those of this process too."""
    found = environment(tmp_path)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def client(afas: AfasServer, clock: Clock) -> Client:
    auth = ClassicToken(TOKEN)
    return Client(
        f"{afas.url}/ProfitRestServices",
        "12345",
        auth,
        session(),
        replace(LIMITS, connect=1, idle=5),
        sleep=clock.sleep,
        clock=clock,
    )


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def read(afas: AfasServer, client: Client, leases: Leases, notes: list[str]) -> Callable[..., list[list[Row]]]:
    """Read a flow; AFAS has every connector, with its sample row in it."""
    for flow, sample in SAMPLES.items():
        afas.add(CONNECTORS[flow].id, data_types(sample), [sample])

    def run(
        flow: Flow = Flow.EMPLOYERS, setup: Integration | None = None, asked: Asked | None = None
    ) -> list[list[Row]]:
        return list(Afas(lambda connection: client).pages(setup or integration(), flow, leases, notes.append, asked))

    return run


@pytest.fixture
def secrets_hidden(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[object], None]]:
    """Check that no text holds the token or the personal canary, and neither does any log line of the test."""
    caplog.set_level(0)

    def check(text: object) -> None:
        assert "CANARY" not in str(text)
        assert "CANARY" not in repr(text)

    yield check
    check(caplog.text)
