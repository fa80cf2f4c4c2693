"""A pytest plugin: a crossing that has delivered the absence once."""

from datetime import datetime, timedelta

import pytest
from crossings import After, Crossing, move_clock

from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import AMSTERDAM

NOON = datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)


def noon(known: Crossing) -> None:
    """Read absence twice at noon."""
    known.at("2026-11-22T12:00")
    for number in (1, 2):
        job = known.job("absence", "veerhuis", f"noon {number}")
        load(job, transform(job, extract(job)))


@pytest.fixture
def ill(after: After) -> Crossing:
    """Veerhuis on 22 November 2026, 12:00, after a first read and a wide one: its absence is at the portal."""
    known = after(noon)
    move_clock(NOON + timedelta(minutes=10))  # what was kept was written after noon, and nobody acts before that
    known.sandbox.afas.requests.clear()
    known.notes.clear()
    return known
