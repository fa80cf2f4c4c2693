"""The desk's app over a filled ledger, and people who may look, act or do neither."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent)]

from airflow_up import AirflowUp  # noqa: E402
from ledgers import fill  # noqa: E402 -- found through the path above
from somebody import Somebody  # noqa: E402

from veerpont.store.ledger import Ledger  # noqa: E402


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    database: Callable[[], str] = request.getfixturevalue("postgres")
    return database()


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger, on both databases."""
    found = Ledger(ledger_url)
    found.require_current()
    yield found
    found.engine.dispose()


FLOWS = ("employers", "organigram", "employees", "accounts", "absence", "iban")


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowUp]:
    """A whole Airflow, with a first night of employers behind it."""
    with AirflowUp(tmp_path_factory.mktemp("up"), people=400) as here:
        here.unpause(*FLOWS)
        assert here.run("employers") == "success"
        yield here


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a filled ledger, which `filled` copies."""
    path = tmp_path_factory.mktemp("kept") / "ledger.db"
    made = Ledger(f"sqlite:///{path}")
    made.migrate()
    fill(made)
    made.engine.dispose()
    return path


@pytest.fixture
def filled(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A filled ledger that the settings point to."""
    (tmp_path / "integrations").mkdir()
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    shutil.copy(kept, tmp_path / "ledger.db")
    made = Ledger(url)
    yield made
    made.engine.dispose()


@pytest.fixture
def person() -> Somebody:
    return Somebody()


@pytest.fixture
def client(filled: Ledger, person: Somebody) -> Iterator[Any]:
    """A browser of the person's, as far as the desk can tell."""
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app = desk()
    app.dependency_overrides[airflow_side.person] = lambda: person
    yield TestClient(app, headers={"origin": "http://testserver"}, raise_server_exceptions=False)
    app.dependency_overrides.clear()
