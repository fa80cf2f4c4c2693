"""The simulated night of the benchmarks keeps the laws that the real one has, with costs that never change."""

import importlib.util
import sys
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from veerpont.model.flows import NIGHTLY, Flow

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
FLOWS = NIGHTLY[:4]
AWAY = (20.0, 3_000.0)
MORNING = 9.5 * 3600
"""06:30, in seconds after 21:00."""


@pytest.fixture(scope="module")
def sim() -> Any:
    # by their paths: other modules of that folder are called as DAG files are
    for name in ("night_model", "night_sim"):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules["night_sim"]


@pytest.fixture(scope="module", params=["alone", "in batches"])
def night(sim: Any, request: pytest.FixtureRequest) -> Any:
    """Play a night: forty customers, one of them huge, four to a member number, a fifth of them away for a while."""
    return play(sim, customers(sim, away=True), above=0 if request.param == "in batches" else 40)


def customers(sim: Any, away: bool) -> list[Any]:
    found = []
    for number in range(40):
        member = None if number == 7 else f"{10_000 + number // 4}"
        gone = AWAY if away and number // 4 in {2, 5} else None
        found.append(sim.Customer(f"k{number:02}", 20_000 if number == 0 else 50, member, gone, FLOWS))
    return found


def play(sim: Any, everybody: list[Any], above: int) -> Any:
    def work(customer: Any, flow: Flow, step: str) -> list[tuple[str, float]]:
        if step == "extract":
            return [("call", 0.1), ("call", 0.1 + customer.people / 1_000), ("cpu", 0.2)]
        return [("cpu", 0.2), ("wait", 0.5)]

    setup = sim.Setup("test", slots=8, pools={"sources": 8, "portals": 8}, above=above)
    outcome = sim.Night(everybody, setup, sim.Costs(0.3, 0.05, 0.001, work)).run()
    return outcome, everybody


def test_nobody_starves(night: Any) -> None:
    """Everybody is done by the morning; nobody whose source was there waits for those whose source was away."""
    outcome, everybody = night
    assert set(outcome.done) == {one.name for one in everybody}
    assert max(outcome.done.values()) < MORNING
    assert max(outcome.done[one.name] for one in everybody if not one.away) < AWAY[1]
    assert min(outcome.done[one.name] for one in everybody if one.away) > AWAY[1]


def test_a_flow_begins_when_the_one_before_it_has_ended(night: Any) -> None:
    outcome, everybody = night
    for one, (before, after) in product(everybody, pairwise(FLOWS)):
        assert outcome.began[one.name, after] >= outcome.ended[one.name, before], (one.name, after)


def test_one_call_at_a_time_for_each_member_number(night: Any) -> None:
    outcome, _ = night
    calls = sorted(outcome.calls)
    assert len(calls) > 300
    for (member, _, ended), (other, began, _) in pairwise(calls):
        assert member != other or began >= ended, member


def test_nobody_is_asked_while_away(night: Any) -> None:
    outcome, everybody = night
    away = {one.member: one.away for one in everybody if one.away}
    assert not [call for call in outcome.calls if call[0] in away and away[call[0]][0] <= call[1] < away[call[0]][1]]


def test_the_same_night_twice(sim: Any) -> None:
    everybody = customers(sim, away=False)
    assert play(sim, everybody, above=0)[0].done == play(sim, everybody, above=0)[0].done
