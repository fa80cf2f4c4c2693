"""Killed at any step of load and run again: each file's effect once, nothing claimed that did not happen (rule 4)."""

import os
import signal
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crossings import Crossing
from illness import at, case_of, days, nights, noted

from veerpont.model.flows import Flow
from veerpont.pipeline.batch import Job, Transformed, open_job
from veerpont.pipeline.load import load
from veerpont.store import deliveries

pytest_plugins = ["at_noon"]

STEPS = (
    "writing the snapshot",
    "before the delivery is prepared",
    "before the upload",
    "in the middle of the upload",
    "before the rename",
    "after the rename",
    "in the transaction",
    "after the transaction",
)
HISTORY = ("writing the history", "in the transaction of the history", "between the history and the delivery")
"""What the load of absence does before all that."""


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(work: Callable[..., Any]) -> Callable[..., Any]:
    def then_die(*args: Any, **more: Any) -> None:
        work(*args, **more)
        die()

    return then_die


def _die_at(environment: dict[str, str], step: str) -> None:
    """Let this process die at the step."""
    os.environ.update(environment)
    tempfile.tempdir = environment["TMPDIR"]
    import paramiko

    from veerpont.pipeline import history
    from veerpont.store import runs
    from veerpont.store.vault import Vault

    sftp, put, delete_others = paramiko.SFTPClient, Vault.put, Vault.delete_others

    def put_and_die(folder: str) -> Callable[..., None]:
        def replacement(self: Vault, path: str, content: bytes) -> None:
            put(self, path, content)
            if f"/{folder}/" in path:
                die()

        return replacement

    def die_before_deleting(kind: str) -> Callable[..., None]:
        def replacement(self: Vault, folder: str, *more: Any) -> None:
            if folder.endswith(f"/{kind}"):
                die()
            delete_others(self, folder, *more)

        return replacement

    def half(self: Any, file: BytesIO, path: str, **_: Any) -> None:
        content = file.read()
        with self.open(path, "wb") as there:
            there.write(content[: len(content) // 2])
        die()

    where: dict[str, tuple[Any, str, Any]] = {
        "writing the history": (Vault, "put", put_and_die("history")),
        "in the transaction of the history": (history, "_note", _after(history._note)),
        "between the history and the delivery": (Vault, "delete_others", die_before_deleting("history")),
        "writing the snapshot": (Vault, "put", put_and_die("snapshots")),
        "before the delivery is prepared": (Vault, "put", put_and_die("deliveries")),
        "before the upload": (sftp, "putfo", die),
        "in the middle of the upload": (sftp, "putfo", half),
        "before the rename": (sftp, "rename", die),
        "after the rename": (sftp, "rename", _after(sftp.rename)),
        "in the transaction": (runs, "end", _after(runs.end)),
        "after the transaction": (Vault, "delete_others", die_before_deleting("snapshots")),
    }
    setattr(*where[step])


def load_and_die(
    environment: dict[str, str], flow: str, run: str, step: str, handed: bytes, moment: datetime | None = None
) -> None:
    """Run load in this process, which dies at the step."""
    _die_at(environment, step)
    load(_job(flow, run, moment), msgspec.json.decode(handed, type=Transformed))


def fetch_and_die(environment: dict[str, str], month: str, step: str, moment: datetime) -> None:
    """Load a month of absence in this process, which dies at the step."""
    _die_at(environment, step)
    from veerpont.pipeline.historic import fetch

    fetch(_job("absence", "a backfill that dies", moment), month)


def _job(flow: str, run: str, moment: datetime | None) -> Job:
    day = moment.date() if moment else date(2026, 11, 22)
    return open_job(Flow(flow), "veerhuis", run, day, lambda _: None, tick=moment)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("again", ["the task again", "the next night"])
def test_killed_and_run_again(
    known: Crossing, children: ForkServerContext, tmp_path: Path, step: str, again: str
) -> None:
    """The portal gets the change once, the next run is unchanged, and no plain copy lies about."""
    known.change("1001", Achternaam="Nieuwenhuis")
    known.remove("1006")
    job, transformed = known.until_load("employees")
    ours = {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
    ours["TMPDIR"] = str(tmp_path)
    child = children.Process(
        target=load_and_die, args=(ours, "employees", job.run_id, step, msgspec.json.encode(transformed))
    )
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [], "a plain copy in the temporary folder"
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
        assert deliveries.pointer(session, "veerhuis", "employees", "xpert_suite", "snapshot") is not None


@pytest.mark.parametrize(
    ("step", "again"),
    [
        *((step, "the task again") for step in (*HISTORY, *STEPS)),
        *((step, "the next hour") for step in (*HISTORY, STEPS[0], STEPS[2], STEPS[-2])),
    ],
)
def test_absence_killed_and_run_again(
    ill: Crossing, children: ForkServerContext, tmp_path: Path, step: str, again: str
) -> None:
    """A recovery, a new case and a deletion each arrive once; the history has seen one read, and lost no line of it."""
    ill.book.delete(case_of(ill, "KMA", "2026-08-17"))
    nights(ill, 22)
    ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 23), at=at("2026-11-23"))
    ill.book.open("0109", date(2026, 11, 23), at=at("2026-11-23"))
    before, truth = ill.periods(), ill.at("2026-11-23T21:00").truth()
    job, transformed = ill.until_load("absence")
    ours = {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
    ours["TMPDIR"] = str(tmp_path)
    handed = msgspec.json.encode(transformed)
    child = children.Process(target=load_and_die, args=(ours, "absence", job.run_id, step, handed, ill.moment))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [], "a plain copy in the temporary folder"
    arrived = step in STEPS[STEPS.index("after the rename") :]
    assert ill.periods() == (truth if arrived else before), "half a file has no effect"
    moved = step not in HISTORY[:2]
    assert noted(ill, "wide_at") == f"2026-11-{23 if moved else 22}T21:00:00+01:00"

    if again == "the task again":
        load(job, transformed)
    else:
        ill.at("2026-11-23T22:00")("absence")

    assert ill.periods() == truth
    first, second, *again_sent = ill.sandbox.portal.reports("veerhuis", "absence")
    assert first.file != second.file
    assert (second.status, second.created, second.deleted, second.rejected) == ("processed", 1, 1, 0)
    assert all((report.file, report.changes) == (second.file, 0) for report in again_sent)
    books = ill.books("absence", run_id=job.run_id)
    if again == "the task again" or (moved and step not in (HISTORY[2], *STEPS[:2])):
        assert (books["state"], books["delivered"], books["gone"]) == ("success", 3, 1)
    for moment in ("23T23:00", "24T21:00"):
        books = ill.at(f"2026-11-{moment}")("absence")
        assert (books["delivered"], books["gone"], books["repeated"]) == (0, 0, 0)
    assert days(ill, "KMA") == []
    assert len(ill.files("absence")) == 2 + len(again_sent)
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
    ours = {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
    ours["TMPDIR"] = str(tmp_path)
    child = children.Process(target=fetch_and_die, args=(ours, "2026-09", step, ill.moment))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
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
