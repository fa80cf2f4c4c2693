"""Lets a process of its own die at a step of load."""

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import msgspec

from veerpont.flows.job import Job, Transformed, open_job
from veerpont.model.flows import Flow
from veerpont.pipeline.load import load

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


Whose = tuple[Flow, str, str, date, datetime | None]
"""A run: flow, integration, its id, its day and its moment."""


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(work: Callable[..., Any]) -> Callable[..., Any]:
    def then_die(*args: Any, **more: Any) -> None:
        work(*args, **more)
        die()

    return then_die


def before(work: Callable[..., Any], wanted: Callable[..., bool]) -> Callable[..., Any]:
    """Do the work, but die before that which is wanted: what it is called with tells."""

    def replacement(*args: Any, **more: Any) -> Any:
        return die() if wanted(*args) else work(*args, **more)

    return replacement


def in_folder(kind: str) -> Callable[..., bool]:
    """Tell whether a method of the vault is called for a folder of this kind."""
    return lambda _, folder, *more: folder.endswith(f"/{kind}")


def put_and_die(kind: str) -> Callable[..., None]:
    """Return a `Vault.put` that dies as soon as something of this kind is there."""
    from veerpont.store.vault import Vault

    put = Vault.put

    def replacement(self: Vault, path: str, content: bytes) -> None:
        put(self, path, content)
        if f"/{kind}/" in path:
            die()

    return replacement


def settle_in(environment: dict[str, str]) -> None:
    """Take over settings and connections, and a temporary folder of its own."""
    os.environ.update(environment)
    tempfile.tempdir = environment["TMPDIR"]


def _die_at(environment: dict[str, str], step: str) -> None:
    """Let this process die at the step."""
    settle_in(environment)
    import paramiko

    from veerpont.flows.absence import history
    from veerpont.store import runs
    from veerpont.store.vault import Vault

    sftp = paramiko.SFTPClient
    write = paramiko.SFTPFile.write

    def half(self: Any, content: bytes) -> None:
        write(self, content[: len(content) // 2])
        self.close()
        die()

    where: dict[str, tuple[Any, str, Any]] = {
        "writing the history": (Vault, "put", put_and_die("history")),
        "in the transaction of the history": (history, "_note", after(history._note)),
        "between the history and the delivery": (
            Vault,
            "delete_others",
            before(Vault.delete_others, in_folder("history")),
        ),
        "writing the snapshot": (Vault, "put", put_and_die("snapshots")),
        "before the delivery is prepared": (Vault, "put", put_and_die("deliveries")),
        "before the upload": (sftp, "open", die),
        "in the middle of the upload": (paramiko.SFTPFile, "write", half),
        "before the rename": (sftp, "rename", die),
        "after the rename": (sftp, "rename", after(sftp.rename)),
        "in the transaction": (runs, "end", after(runs.end)),
        "after the transaction": (Vault, "entries", before(Vault.entries, in_folder("snapshots"))),
    }
    setattr(*where[step])


def dies(
    children: ForkServerContext, folder: Path, work: Callable[..., None], job: Job, step: str, given: bytes
) -> None:
    """Do the work in a process of its own, which dies at the step and leaves nothing in its temporary folder."""
    child = child_of(children, folder, work, job, step, given)
    child.join(60)
    assert child.exitcode == -signal.SIGKILL, step
    assert list(folder.iterdir()) == [], "a plain copy in the temporary folder"


def child_of(children: ForkServerContext, folder: Path, work: Callable[..., None], job: Job, *more: Any) -> Any:
    """Do the work in a process of its own, with a temporary folder of its own; returns it."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
    ours["TMPDIR"] = str(folder)
    child = children.Process(target=work, args=(ours, (job.flow, job.name, job.run_id, job.today, job.tick), *more))
    child.start()
    return child


def load_beside(environment: dict[str, str], whose: Whose, other_waits: Event, handed: bytes) -> None:
    """Run load in this process; its file goes once somebody waits for the same, or this one waited itself."""
    settle_in(environment)
    import paramiko

    from veerpont.store import leases

    take, send = leases._take, paramiko.SFTPClient.open

    def tell(*args: Any) -> bool:
        taken = take(*args)
        if not taken:
            other_waits.set()
        return taken

    def send_then(*args: Any, **more: Any) -> Any:
        other_waits.wait(20)
        return send(*args, **more)

    leases._take = tell
    paramiko.SFTPClient.open = send_then
    load(opened(whose), msgspec.json.decode(handed, type=Transformed))


def load_and_die(environment: dict[str, str], whose: Whose, step: str, handed: bytes) -> None:
    """Run load in this process, which dies at the step."""
    _die_at(environment, step)
    load(opened(whose), msgspec.json.decode(handed, type=Transformed))


def fetch_and_die(environment: dict[str, str], whose: Whose, step: str, month: bytes) -> None:
    """Load a month of absence in this process, which dies at the step."""
    _die_at(environment, step)
    from veerpont.pipeline.backfill import fetch

    fetch(opened(whose), month.decode())


def opened(whose: Whose) -> Job:
    """Open the job of a run in this process."""
    flow, name, run_id, day, tick = whose
    return replace(open_job(flow, name, run_id, lambda _: None, tick=tick), today=day)


FORGETTING = (
    "writing what is left",
    "in the transaction of forgetting",
    "after the transaction of forgetting",
    "while the old objects go",
)


def forget_and_die(environment: dict[str, str], whose: Whose, step: str, asked: bytes) -> None:
    """Forget somebody in this process, which dies at the step."""
    settle_in(environment)
    from veerpont.pipeline.forget import person as room
    from veerpont.store import erasures
    from veerpont.store.vault import Vault

    entries = Vault.entries

    def then_die_deleting(self: Vault, folder: str) -> list[str]:
        Vault.delete = after(Vault.delete)  # type: ignore[method-assign]  # this process dies of it
        return entries(self, folder)

    where: dict[str, tuple[Any, str, Any]] = {
        "writing what is left": (Vault, "put", after(Vault.put)),
        "in the transaction of forgetting": (erasures, "texts", after(erasures.texts)),
        "after the transaction of forgetting": (room, "sweep", die),
        "while the old objects go": (Vault, "entries", then_die_deleting),
    }
    setattr(*where[step])
    room.forget(whose[1], asked.decode(), "Jo")
