"""Days of absence through our link and a careless one, over HTTP and SFTP: what each makes of the same life."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from veerpont_sandbox.replay import Replay, replay


@pytest.fixture(scope="module")
def replayed() -> Replay:
    """A month of forty people: every kind of change happens in it, and deletions among them."""
    return replay(days=30, people=40, seed=3)


def test_everything_happens_in_these_days(replayed: Replay) -> None:
    """Openings, partial recoveries, closings, reopenings, corrections and deletions: else the rest would say little."""
    happened = {what for day in replayed.days for what in day.happened}
    assert happened >= {
        *("opened", "partial recovery", "closed", "reopened", "corrected"),
        *("deleted", "line deleted", "entered again"),
    }


def test_the_careless_link_loses_cases_that_exist(replayed: Replay) -> None:
    """Its first file already takes away what did not change lately; later ones take what it had brought since."""
    first, last = replayed.days[0], replayed.days[-1]
    assert first.lost_careless > first.truth / 2
    assert last.lost_careless > first.lost_careless
    assert last.missing_careless > 0


def test_ours_never_misses_a_case(replayed: Replay) -> None:
    """After no run was a case that exists missing at the portal."""
    assert (replayed.missed, replayed.days[-1].lost_ours) == (0, 0)
    assert all(day.missing_ours == 0 for day in replayed.days)


def test_ours_equals_the_truth_within_two_days_of_any_deletion(replayed: Replay) -> None:
    """What was deleted at the source stays for a while, and then goes."""
    assert replayed.late == 0
    assert any(day.extra_ours for day in replayed.days), "it is not believed at once"


def test_no_guard_trips(replayed: Replay) -> None:
    """Nothing waits for a person, and every run ends well."""
    assert (replayed.held, replayed.unsound) == (0, 0)
    assert replayed.good


def test_the_command_prints_the_comparison(tmp_path: Path) -> None:
    """One document, and the exit code says whether our link was good."""
    program = str(Path(sys.executable).parent / "veerpont")
    done = subprocess.run(
        [program, "sandbox", "replay", "--days", "2", "--people", "20", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert found["good"]
    assert [day["missing_ours"] for day in found["days"]] == [0, 0]
    assert found["days"][1]["lost_careless"] > 0
