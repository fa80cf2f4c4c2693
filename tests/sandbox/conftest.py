"""A running sandbox, and clients of it."""

from collections.abc import Iterator

import pytest
from loket_sandbox_client import LoketClient
from sandbox_clients import Client, Sender

from veerpont_sandbox.portal.state import Settings, State
from veerpont_sandbox.world import Sandbox


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), ["veerhuis", "oeverland"], people=300) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """The running sandbox, put back afterwards as it was."""
    environment = running.afas.environments["veerhuis"]
    rows = {name: table.rows for name, table in environment.tables.items()}
    account = running.portal.accounts["veerhuis"]
    account.state, account.settings, account.today = State(), Settings(), "2026-11-22"
    for path in (account.folder / "processed").iterdir():  # files are counted from one again
        path.unlink()
    running.afas.requests.clear()
    running.portal.json_api.clear("veerhuis")
    running.portal.json_api.requests.clear()
    yield running
    running.portal.settle()
    running.faults.clear()
    environment.authorisation, environment.login, environment.bearer_seconds = "full", "hybrid", 3600
    for name, table in environment.tables.items():
        table.rows = rows[name]


@pytest.fixture
def afas(sandbox: Sandbox) -> Client:
    return Client(sandbox.afas.url, sandbox.afas.environments["veerhuis"].token)


@pytest.fixture
def sender(sandbox: Sandbox) -> Iterator[Sender]:
    client = Sender(sandbox)
    yield client
    client.ssh.close()


@pytest.fixture(scope="session")
def at_loket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("loket"), ["sluis", "haven", "kanaal"], people=300) as sandbox:
        yield sandbox


@pytest.fixture
def waterway(at_loket: Sandbox) -> Iterator[Sandbox]:
    """The running sandbox of the Loket customers, put back afterwards as it was."""
    at_loket.loket.requests.clear()
    yield at_loket
    at_loket.faults.clear()
    for name, provider in at_loket.loket.providers.items():
        provider.reset()
        at_loket.loket.tokens[name].again()


@pytest.fixture
def loket(waterway: Sandbox) -> LoketClient:
    return LoketClient(waterway)
