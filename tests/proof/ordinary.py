"""A customer of some size whose life goes on for sixty days."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from crossings import Crossing
from of_a_test import settings_for

from veerpont_sandbox.customers import generated
from veerpont_sandbox.world import Sandbox

FIRST = date(2026, 11, 23)
FLOWS = ("employers", "organigram", "employees", "absence")


@contextmanager
def customer(home: Path, people: int, flows: Sequence[str] = FLOWS) -> Iterator[Crossing]:
    """Give a customer whose absence is at the portal, on the evening before the first day."""
    with (
        Sandbox(home / "sandbox", (generated("ours", people),), flows=flows) as sandbox,
        settings_for(home, sandbox) as crossing,
    ):
        crossing.configure(absence={"initial_days": 1500})
        crossing.at("2026-11-22T12:00").first_night()
        crossing.at("2026-11-22T21:00")("absence")
        yield crossing
