"""Killed at any step of load and run again: each file's effect once, nothing claimed that did not happen (rule 4)."""

import os
import signal
import tempfile
from collections.abc import Callable
from io import BytesIO
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crossings import Crossing

from veerpont.pipeline.batch import Transformed
from veerpont.pipeline.load import load
from veerpont.store import deliveries

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


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(work: Callable[..., Any]) -> Callable[..., Any]:
    def then_die(*args: Any, **more: Any) -> None:
        work(*args, **more)
        die()

    return then_die


def load_and_die(environment: dict[str, str], flow: str, run: str, step: str, handed: bytes) -> None:
    """Run load in this process, which dies at the step."""
    os.environ.update(environment)
    tempfile.tempdir = environment["TMPDIR"]
    from datetime import date

    import paramiko

    from veerpont.model.flows import Flow
    from veerpont.pipeline.batch import open_job
    from veerpont.store import runs
    from veerpont.store.vault import Vault

    sftp, put = paramiko.SFTPClient, Vault.put

    def put_and_die(folder: str) -> Callable[..., None]:
        def replacement(self: Vault, path: str, content: bytes) -> None:
            put(self, path, content)
            if f"/{folder}/" in path:
                die()

        return replacement

    def half(self: Any, file: BytesIO, path: str, **_: Any) -> None:
        content = file.read()
        with self.open(path, "wb") as there:
            there.write(content[: len(content) // 2])
        die()

    where: dict[str, tuple[Any, str, Any]] = {
        "writing the snapshot": (Vault, "put", put_and_die("snapshots")),
        "before the delivery is prepared": (Vault, "put", put_and_die("deliveries")),
        "before the upload": (sftp, "putfo", die),
        "in the middle of the upload": (sftp, "putfo", half),
        "before the rename": (sftp, "rename", die),
        "after the rename": (sftp, "rename", _after(sftp.rename)),
        "in the transaction": (runs, "end", _after(runs.end)),
        "after the transaction": (Vault, "delete_others", die),
    }
    setattr(*where[step])
    job = open_job(Flow(flow), "veerhuis", run, date(2026, 11, 22), lambda _: None)
    load(job, msgspec.json.decode(handed, type=Transformed))


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
