"""A pytest plugin: a crossing that has delivered the absence once."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import ready_ledgers
from crossings import Crossing, move_clock

from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import AMSTERDAM
from veerpont_sandbox.portal.state import load_state

NOON = datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)


@pytest.fixture(scope="session")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the first two runs of absence left behind."""
    return tmp_path_factory.mktemp("noon")


@pytest.fixture
def ill(known: Crossing, home: Path, noon: Path) -> Crossing:
    """Veerhuis on 22 November 2026, 12:00, after a first read and a wide one: its absence is at the portal."""
    account = known.at("2026-11-22T12:00").sandbox.portal.accounts["veerhuis"]
    if (noon / "home").exists():
        for there, kept in ((home, noon / "home"), (account.folder, noon / "portal")):
            shutil.rmtree(there)
            shutil.copytree(kept, there)
        account.state = load_state(account.folder)
    else:
        for number in (1, 2):
            job = known.job("absence", "veerhuis", f"noon {number}")
            load(job, transform(job, extract(job)))
        known.sandbox.portal.settle()
        ready_ledgers.let_go()
        shutil.copytree(account.folder, noon / "portal")
        shutil.copytree(home, noon / "home")
    move_clock(NOON + timedelta(minutes=10))  # what was kept was written after noon, and nobody acts before that
    known.sandbox.afas.requests.clear()
    known.notes.clear()
    return known
