"""Killed at any step of load and run again: each file's effect once, nothing claimed that did not happen.

Why: docs/decisions/0012.
"""

from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

import msgspec
import pytest
from crossings import Crossing
from dying import HISTORY, STEPS, dies, fetch_and_die, load_and_die
from illness import at, case_of, days, mistakes, nights, noted
from proving import WHOLE, in_turn

from veerpont.pipeline.load import load
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope

pytest_plugins = ["at_noon"]


@pytest.mark.parametrize(("step", "again"), in_turn(STEPS, ["the task again", "the next night"]))
def test_killed_and_run_again(
    known: Crossing, children: ForkServerContext, tmp_path: Path, step: str, again: str
) -> None:
    """The portal gets the change once, the next run is unchanged, and no plain copy lies about."""
    known.change("1001", Achternaam="Nieuwenhuis")
    known.remove("1006")
    job, transformed = known.until_load("employees")
    dies(children, tmp_path, load_and_die, job, step, msgspec.json.encode(transformed))
    arrived = STEPS.index(step) >= STEPS.index("after the rename")
    assert len(known.files("employees")) == 1 + arrived
    if not arrived:
        assert known.employments()["01/1001/1"].values["last_name"] == "Vries", "half a file has no effect"

    if again == "the task again":
        load(job, transformed)
    else:
        known("employees")

    first, second, *again_sent = known.sandbox.portal.reports("veerhuis", "employees")
    assert first.file != second.file
    assert (second.status, second.updated, second.rejected) == ("processed", 1, 0)
    # A portal that took the file away at once may get it again, by the same name, with nothing new in it.
    assert all((report.file, report.changes) == (second.file, 0) for report in again_sent)
    assert known.employments()["01/1001/1"].values["last_name"] == "Nieuwenhuis"
    books = known.books("employees", run_id=job.run_id)
    if again == "the task again" or step not in STEPS[:2]:
        assert (books["state"], books["delivered"], books["unchanged"]) == ("success", 2, 10)
    assert known("employees")["unchanged"] == 12, "the snapshot is what the portal has"
    assert len(known.files("employees")) == 2 + len(again_sent)
    assert {row["state"] for row in known.deliveries("employees")} == {"delivered"}
    left = list((known.sandbox.portal.accounts["veerhuis"].root / "Medewerkers").iterdir())
    assert left == [], "a temporary name at the portal"
    # The vault holds one snapshot, and of the files only those that the ledger knows.
    folder = known.home / "vault" / "veerhuis" / "employees" / "xpert_suite"
    assert len(list((folder / "snapshots").iterdir())) == 1
    assert len(list((folder / "deliveries").iterdir())) == 2
    with known.ledger.session() as session:
        assert deliveries.pointer(session, Scope("veerhuis", "employees", "xpert_suite"), kinds.SNAPSHOTS) is not None


OF_ABSENCE = (*HISTORY, *STEPS)
LATER = (*HISTORY, STEPS[0], STEPS[2], STEPS[-2])
ALWAYS = (
    ("writing the history", "the next hour"),
    ("in the transaction of the history", "the task again"),
    ("between the history and the delivery", "the next hour"),
    ("after the rename", "the task again"),
)
"""What `make test` takes: of the steps that every flow has, the test above takes all."""


@pytest.mark.parametrize(
    ("step", "again"),
    [
        pytest.param(step, again, marks=() if (step, again) in ALWAYS else WHOLE)
        for again, steps in (("the task again", OF_ABSENCE), ("the next hour", LATER))
        for step in steps
    ],
)
def test_absence_killed_and_run_again(
    ill: Crossing, children: ForkServerContext, tmp_path: Path, step: str, again: str
) -> None:
    """A recovery, a new case and a deletion each arrive once; the history has seen one read, and lost no line of it."""
    (mistake,) = mistakes(ill, "KMA")
    ill.book.delete(mistake)
    nights(ill, 22)
    ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 23), at=at("2026-11-23"))
    ill.book.open("0109", date(2026, 11, 23), at=at("2026-11-23"))
    before, truth = ill.periods(), ill.at("2026-11-23T21:00").truth()
    job, transformed = ill.until_load("absence")
    dies(children, tmp_path, load_and_die, job, step, msgspec.json.encode(transformed))
    arrived = step in STEPS[STEPS.index("after the rename") :]
    assert ill.periods() == (truth if arrived else before), "half a file has no effect"
    moved = step not in HISTORY[:2]
    assert noted(ill, "wide_at") == f"2026-11-{23 if moved else 22}T21:00:00+01:00"

    if again == "the task again":
        load(job, transformed)
    else:
        ill.at("2026-11-23T22:00")("absence")

    assert ill.periods() == truth
    _, first, second, *again_sent = ill.sandbox.portal.reports("veerhuis", "absence")
    assert first.file != second.file
    assert (second.status, second.created, second.deleted, second.rejected) == ("processed", 1, 1, 0)
    assert all((report.file, report.changes) == (second.file, 0) for report in again_sent)
    books = ill.books("absence", run_id=job.run_id)
    if again == "the task again" or (moved and step not in (HISTORY[2], *STEPS[:2])):
        assert (books["state"], books["delivered"], books["gone"]) == ("success", 3, 1)
    for moment in ("23T23:00", "24T21:00"):
        books = ill.at(f"2026-11-{moment}")("absence")
        assert (books["delivered"], books["gone"], books["repeated"]) == (0, 0, 0)
    assert days(ill, "KMA") == [("2026-08-17", "2026-08-23", "50")]
    assert len(ill.files("absence")) == 3 + len(again_sent)
    assert ill.deliveries("absence", "prepared", "held") == []
    assert list((ill.sandbox.portal.accounts["veerhuis"].root / "Verzuim").iterdir()) == []
    folder = ill.home / "vault" / "veerhuis" / "absence"
    assert len(list((folder / "history").iterdir())) == 1
    assert len(list((folder / "xpert_suite" / "snapshots").iterdir())) == 1


@pytest.mark.parametrize("step", HISTORY)
def test_a_backfill_killed_and_run_again(ill: Crossing, children: ForkServerContext, tmp_path: Path, step: str) -> None:
    """A month that died while it was merged is asked for again, and the history has every line once."""
    ill.fetch("2026-09")
    map_before = {cell: (found["got"], found["covered"]) for cell, found in ill.coverage().items()}
    dies(children, tmp_path, fetch_and_die, ill.job("absence", ill.name, "a backfill that dies"), step, b"2026-09")
    ill.fetch("2026-09")
    assert {cell: (found["got"], found["covered"]) for cell, found in ill.coverage().items()} == map_before
    books = ill.at("2026-11-22T13:00")("absence")
    assert (books["delivered"], books["gone"], books["unchanged"]) == (0, 0, 7)
    assert len(list((ill.home / "vault" / "veerhuis" / "absence" / "history").iterdir())) == 1
    assert ill.periods() == ill.truth()


def test_a_dropped_upload_is_a_passing_failure_and_the_next_run_finishes_it(known: Crossing) -> None:
    """A connection that breaks during the upload is nobody's fault: the same file arrives at the next run, once."""
    from veerpont.model.failures import PassingError

    known.change("1001", Achternaam="Nieuwenhuis")
    known.sandbox.faults.add("drop_upload", times=1)
    with pytest.raises(PassingError):
        known("employees")
    failed = known.books("employees")
    assert (failed["state"], failed["kind"], failed["delivered"]) == ("failed", "passing", 0)
    assert known("employees")["unchanged"] == 13
    assert known.books("employees", run_id=failed["run_id"])["delivered"] == 2
    assert len(known.files("employees")) == 2
