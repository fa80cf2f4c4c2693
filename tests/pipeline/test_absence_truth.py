"""For any life of absence and any sequence of reads, failures and restarts, the file is the truth.

Why: docs/decisions/0001.

The pipeline, the ledger and the vault are the real ones, and so are the sandbox's connector and the portal's import;
only HTTP and SFTP are left out, so that thousands of runs fit into a minute.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest
import yaml
from absence_runs import Life, dying, narrowed
from crossings import Crossing, move_clock
from direct import BY_CASE, BY_LINE, NOTHING_WIDE, START, UNFILTERED, Inbox, KilledError, Kind
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from proving import WHOLE
from sqlalchemy import delete

from veerpont.pipeline.load import load
from veerpont.store.ledger import Ledger
from veerpont.store.tables import LeaseRow
from veerpont.store.vault import Vault


@pytest.fixture
def begin(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Kind], Callable[[], Life]]]:
    """Say how the connectors are cut, and get what begins a life: each has a ledger and a vault of its own."""
    kept = known.home.parent / f"{known.home.name} kept"
    numbers = count()
    # leases have tests of their own; one for each call would be half of the time
    monkeypatch.setattr("veerpont.flows.reading.lease", lambda *_: nullcontext())

    def of(kind: Kind) -> Callable[[], Life]:
        path = known.home / "integrations" / "veerhuis.yaml"
        content = yaml.safe_load(path.read_text())
        content["xpert_suite"]["file_format"] = "csv"
        content["guards"] = {"max_gone": 1000, "max_gone_percent": 100}
        content["absence"] |= kind.absence
        path.write_text(yaml.safe_dump(content))
        shutil.copytree(known.home, kept)
        shutil.copytree(known.sandbox.portal.accounts["veerhuis"].folder, kept / "portal")
        return lambda: Life(known, kept, kind, monkeypatch, numbers)

    yield of
    shutil.rmtree(kept)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "whole", "sample"),
    [
        pytest.param(UNFILTERED, 20, 3, id="every case is shown"),
        pytest.param(BY_LINE, 8, 2, id="a window on the line's change, and a connector that shows every case"),
        pytest.param(
            *(BY_CASE, 8, 2),
            id="a window on the case's change, and a connector that shows every case",
            marks=WHOLE,  # examples of it: test_absence_windowed.py and test_absence_slices.py
        ),
        pytest.param(NOTHING_WIDE, 5, 2, id="a window, and nothing wide"),
    ],
)
def test_the_file_is_the_truth(
    begin: Callable[[Kind], Callable[[], Life]], kind: Kind, whole: int, sample: int
) -> None:
    """Never a case or a day less than the truth, more only of what was deleted since; after two wide reads, equal.

    The first life of a sample is the simplest that there is: one alone shows nothing.

    `make proof` takes the whole of the examples; the environment variable EXAMPLES asks for more of them.
    """
    run_state_machine_as_test(
        begin(kind),
        settings=settings(
            max_examples=int(os.environ.get("EXAMPLES", whole if "VEERPONT_PROOF" in os.environ else sample)),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_leave_entered_anew_before_the_birth(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """Until two wide reads agree both leaves are known and open: the file gives the days of the older one up.

    What is left of the older one would end without a birth, so it is repeated as told, but without the newer's days.
    """
    life = begin(UNFILTERED)()
    life.past(past=[])
    life.open(index=0, ago=10, presence=0, kind="ZW")
    life.run()
    life.night()
    life.enter_again(pick=0, days=4, presence=0)
    for _ in range(3):
        life.night()
    assert [period[3:] for period in life.inbox.periods() if period[1] == "1001"] == [("2026-11-16", None, "100")]
    life.teardown()


@pytest.mark.parametrize("at", [20, 48, pytest.param(77, marks=WHOLE), pytest.param(101, marks=WHOLE)])
def test_a_load_that_died_before_it_asked_leaves_the_question_to_the_next(
    begin: Callable[[Kind], Callable[[], Life]], at: int
) -> None:
    life = begin(UNFILTERED)()
    life.past(past=[(3, 207, 38, True)])
    life.night()
    life.enter_again(pick=0, days=4, presence=0)
    life.night()
    life.time_passes(hours=24)
    life.killed_load(again=False, at=at)
    for _ in range(3):
        life.night()
    assert [period[3:] for period in life.inbox.periods() if period[1] == "1010"] == [("2026-05-03", None, "100")]
    life.teardown()


def test_a_leave_outside_the_window_still_links_two_illnesses(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """The leave itself is in no file any more; without its days the illness before it would leave the file as well."""
    life = begin(UNFILTERED)()
    life.past(past=[])
    long_ago = START - timedelta(days=200)
    for first, last, kind in (
        ("2024-01-01", "2024-04-01", "Z"),
        ("2024-04-05", "2024-08-01", "ZW"),
        ("2024-08-10", "2025-08-10", "Z"),
    ):
        case = life.opened(0, date.fromisoformat(first), 0, kind, long_ago)
        (made,) = (each for each in life.book.cases() if each.guid == case)
        life.closed(made, date.fromisoformat(last), long_ago)
    life.run()
    life.night()
    for _ in range(2):
        life.run()
        told = sorted(period[3] for period in life.inbox.periods() if period[1] == "1001")
        assert told == ["2024-01-01", "2024-08-10"]
    life.teardown()


def test_an_hour_touches_only_whom_something_happened_to(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """Two hours without news and one with some: what is told is the same as when everybody is looked at."""
    life = begin(UNFILTERED)()
    life.past(past=[(index, 100 * index + 20, 10, False) for index in range(4)])
    life.run()
    life.run()
    for hour in range(1, 5):
        if hour % 2:
            life.open(index=hour, ago=1, presence=50, kind="Z")
        life.run()
        assert life.narrow == hour
    life.teardown()


@pytest.mark.timeout(600)
def test_an_hour_that_dies_at_any_step_runs_again(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """Wherever it died, and whether it had been looking at few or at everybody: the portal gets the truth, once."""
    life = begin(UNFILTERED)()
    life.past(past=[(index, 100 * index + 20, 10, False) for index in range(4)])
    life.run()
    life.run()
    life.open(index=1, ago=1, presence=50, kind="Z")
    life._wait(timedelta(hours=1))
    home, kept, inbox, clock = life.home, life.home.with_name(f"{life.home.name} kept"), life.inbox, life.clock
    made = life._read()
    shutil.copytree(home, kept)
    died = 0
    every = 1 if "VEERPONT_PROOF" in os.environ else 11
    for at in count(0, every):
        life.home, life.clock = home.with_name(f"{home.name} {at}"), clock
        move_clock(clock)
        shutil.copytree(kept, life.home)
        life.inbox = Inbox(life.home / "portal")
        life.ledger = Ledger(f"sqlite:///{life.home / 'ledger.db'}")
        life.vault = Vault(f"file://{life.home / 'vault'}", (life.key,))
        again = replace(made, job=replace(made.job, ledger=life.ledger, vault=life.vault), merged=False)
        try:
            with dying(at), narrowed() as narrow:
                load(again.job, again.transformed)
            break
        except KilledError:
            died += 1
            with life.ledger.session() as session:
                session.execute(delete(LeaseRow))
            load(again.job, again.transformed)
            assert life.inbox.periods().keys() == life.book.truth(life.today)
            life.run()
        finally:
            life.ledger.engine.dispose()
            shutil.rmtree(life.home)
    assert narrow
    assert died * every > 55, died
    life.home, life.inbox = home, inbox
    shutil.rmtree(kept)
    life.teardown()
