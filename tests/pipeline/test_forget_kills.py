"""Killed at any step of forgetting and run again: the same place, and never a ledger that points to nothing."""

from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from crossings import After, Crossing
from dying import FORGETTING, dies, forget_and_die
from forgetting import ANNA, by_jo, carried, carry, everything, leave, rooms, tombstones, where
from proving import every_other

from veerpont.model.failures import SettingsError

pytest_plugins = ["at_noon"]


@pytest.mark.parametrize("step", every_other(FORGETTING))
def test_killed_and_run_again(after: After, children: ForkServerContext, tmp_path: Path, step: str) -> None:
    known = after(carried)
    texts = everything(known)
    job = known.job("employees", known.name, "nothing runs")
    dies(children, tmp_path, forget_and_die, job, step, ANNA.encode())
    erased = step in FORGETTING[2:]
    assert len(tombstones(known)) == erased
    assert {room for room in rooms(where(known, texts)) if "/" not in room} == set(), "no table names her"

    said = by_jo(known)

    assert said["number"] == 1
    assert len(tombstones(known)) == 1
    assert rooms(where(known, texts)) == {"iban/json_api/forgotten"}
    folder = known.home / "vault" / "veerhuis"
    assert len(list((folder / "employees" / "xpert_suite" / "snapshots").iterdir())) == 1
    assert len(list((folder / "absence" / "history").iterdir())) == 1
    leave(known)
    known.at("2026-11-22T21:00")
    for flow, books in carry(known).items():
        assert books["state"] == ("success" if flow in {"accounts", "iban"} else "held")
        for row in known.deliveries(flow, "held"):
            known.release(row["id"])
    assert [books["gone"] for books in carry(known).values()] == [1, 0, 1, 1]
    assert where(known, texts[:1]) == []


@pytest.mark.parametrize("step", every_other(FORGETTING[2:]))
def test_killed_late_the_next_runs_tidy_up_too(
    after: After, children: ForkServerContext, tmp_path: Path, step: str
) -> None:
    """What nothing points to goes with the next load of each flow, should nobody run it again."""
    known = after(carried)
    dies(children, tmp_path, forget_and_die, known.job("employees", known.name, "nothing runs"), step, ANNA.encode())
    leave(known)
    known.at("2026-11-22T21:00")
    carry(known)
    assert rooms(where(known, [ANNA])) == {"iban/json_api/forgotten"}


def test_nobody_else_is_taken_for_them(known: Crossing) -> None:
    by_jo(known)
    with pytest.raises(SettingsError, match="Nothing is known of"):
        by_jo(known, ANNA.replace("0001-0000", "0009-0000"))
