"""A sandbox, and a crossing that runs flows against it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from crossings import Crossing
from cryptography.fernet import Fernet

from veerpont.sandbox.customers import CustomerSpec
from veerpont.sandbox.world import Sandbox

Make = Callable[..., Crossing]
KEY = Fernet.generate_key().decode()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has that: a run makes hundreds of small transactions."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as made:
        yield Path(made)


@pytest.fixture
def home() -> Iterator[Path]:
    with folder() as made:
        yield made


@contextmanager
def started(
    home: Path, *customers: str | CustomerSpec, people: int = 40, bad_rows: tuple[str, ...] = ()
) -> Iterator[Crossing]:
    """Run a sandbox in `home` with these customers, with the settings that point to it."""
    with (
        Sandbox(home / "sandbox", customers, people=people, bad_rows=bad_rows) as sandbox,
        pytest.MonkeyPatch.context() as patch,
    ):
        sandbox.write_integrations(home / "integrations")
        ours = {
            "VEERPONT_INTEGRATIONS": home / "integrations",
            "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{home / 'vault'}",
            "VEERPONT_VAULT_KEYS": KEY,
        }
        for name, value in {**ours, **sandbox.connections()}.items():
            patch.setenv(name, str(value))
        for account in sandbox.portal.accounts.values():
            account.today = "2026-11-22"
        yield Crossing(sandbox, home, KEY, next(iter(sandbox.customers)))


@pytest.fixture
def make(home: Path) -> Iterator[Make]:
    """Start a sandbox with these customers, and return a crossing for the first of them with nothing known yet."""
    with ExitStack() as stack:
        yield lambda *customers, **more: stack.enter_context(started(home, *(customers or ("veerhuis",)), **more))


@pytest.fixture
def crossing(make: Make) -> Crossing:
    """Veerhuis on its first day: nothing is known of it yet."""
    return make()


@pytest.fixture(scope="session")
def morning() -> Iterator[Path]:
    """What a first night of veerhuis leaves behind: ledger, vault and portal."""
    with folder() as made:
        with started(made, "veerhuis") as crossing:
            crossing.first_night()
        yield made


@pytest.fixture
def known(home: Path, morning: Path) -> Iterator[Crossing]:
    """Veerhuis after a first night: employers 01 and 02 are active, 03 pending, 04 inactive, and all is at the portal.

    Its employees: nine rows of employer 01 and four of 02, which make eleven lines of ten people.
    """
    shutil.copytree(morning, home, dirs_exist_ok=True)
    with started(home, "veerhuis") as crossing:
        yield crossing
