"""The settings of one test: a ledger, a vault and integration files of its own, and connections to its sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crossings import Crossing
from cryptography.fernet import Fernet

from veerpont.store import clock
from veerpont_sandbox.world import Sandbox

KEY = Fernet.generate_key().decode()


@contextmanager
def settings_for(home: Path, sandbox: Sandbox) -> Iterator[Crossing]:
    """Point the settings and connections to a sandbox, with the ledger, the vault and the integrations in `home`."""
    sandbox.write_integrations(home / "integrations")
    ours = {
        "VEERPONT_INTEGRATIONS": home / "integrations",
        "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": KEY,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ours, **sandbox.connections()}.items():
            patch.setenv(name, str(value))
        patch.setenv(clock.OFFSET, "0")  # the crossing moves it; here it comes back
        for account in sandbox.portal.accounts.values():
            account.today = "2026-11-22"
        yield Crossing(sandbox, home, KEY, next(iter(sandbox.customers)))
