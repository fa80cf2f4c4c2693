"""A customer of some size whose life goes on for sixty days."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from crossings import Crossing
from cryptography.fernet import Fernet

from veerpont.store import clock
from veerpont_sandbox.customers import generated
from veerpont_sandbox.world import Sandbox

FIRST = date(2026, 11, 23)
KEY = Fernet.generate_key().decode()
FLOWS = ("employers", "organigram", "employees", "absence")


@contextmanager
def customer(home: Path, people: int, flows: Sequence[str] = FLOWS) -> Iterator[Crossing]:
    """Give a customer whose absence is at the portal, on the evening before the first day."""
    with (
        Sandbox(home / "sandbox", (generated("ours", people),), flows=flows) as sandbox,
        pytest.MonkeyPatch.context() as patch,
    ):
        sandbox.write_integrations(home / "integrations")
        ours = {
            "VEERPONT_INTEGRATIONS": home / "integrations",
            "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
            "VEERPONT_VAULT": f"file://{home / 'vault'}",
            "VEERPONT_VAULT_KEYS": KEY,
            clock.OFFSET: "0",
        }
        for name, value in {**ours, **sandbox.connections()}.items():
            patch.setenv(name, str(value))
        crossing = Crossing(sandbox, home, KEY, "ours")
        crossing.configure(absence={"initial_days": 1500})
        crossing.at("2026-11-22T12:00").first_night()
        crossing.at("2026-11-22T21:00")("absence")
        yield crossing
