"""AFAS and Loket do what every source must do, against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from kits.sources import Case, SourceConformance
from veerpont.config.integration import read_integrations
from veerpont.model.flows import Flow
from veerpont_sandbox.world import Sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), ["veerhuis", "sluis"], bad_rows=()) as running:
        yield running


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ours = {
        "VEERPONT_INTEGRATIONS": tmp_path,
        "VEERPONT_LEDGER": f"sqlite:///{tmp_path / 'ledger.db'}",
        "VEERPONT_VAULT": f"file://{tmp_path / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
    }
    for name, value in {**ours, **sandbox.connections()}.items():
        monkeypatch.setenv(name, str(value))
    sandbox.write_integrations(tmp_path)
    return tmp_path


def case_of(sandbox: Sandbox, home: Path, name: str, lacks: Flow, *bad: str) -> Case:
    integration = read_integrations(home)[0][name]
    return Case(integration, frozenset(sandbox.activate[name]), ("Vries", "1001"), lacks, frozenset(bad))


class TestAfas(SourceConformance):
    @pytest.fixture
    def case(self, sandbox: Sandbox, home: Path) -> Case:
        return case_of(sandbox, home, "veerhuis", Flow.HOURS, "invalid_iban")


class TestLoket(SourceConformance):
    @pytest.fixture
    def case(self, sandbox: Sandbox, home: Path) -> Case:
        return case_of(sandbox, home, "sluis", Flow.PAYROLL, "invalid_iban", "unknown_employee")
