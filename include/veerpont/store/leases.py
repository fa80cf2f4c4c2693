"""Leases: one owner at a time, over all DAGs and machines; a dead owner's lease expires (docs/decisions/0008)."""

import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from veerpont.model.failures import PassingError
from veerpont.model.messages import coded
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.table_base import NOT_IN_HAND
from veerpont.store.tables import LeaseRow

COME_BACK = timedelta(minutes=5)
LIFETIME = timedelta(seconds=90)
_HEARTBEAT_SECONDS = 20.0
_OWNER = select(LeaseRow.owner).where(LeaseRow.name == bindparam("name"))
_OWNER_FOR_UPDATE = _OWNER.with_for_update()
_NEW = insert(LeaseRow)
_DROPPED = delete(LeaseRow).where(LeaseRow.name == bindparam("held"), LeaseRow.owner == bindparam("by"))


@dataclass(frozen=True)
class LeaseGuard:
    """A lease that is held, as long as nobody took it over from a process that was suspended for too long.

    `besides`: further ones that are held with it, and required with it.
    """

    ledger: Ledger
    name: str
    owner: str
    besides: tuple["LeaseGuard", ...] = ()

    def require(self, session: Session | None = None) -> None:
        """Raise PassingError when the lease is no longer ours; inside `session` it stays ours until that commits."""
        for other in self.besides:
            other.require(session)
        which = {"name": self.name}
        if session is not None:
            owner = session.scalar(_OWNER_FOR_UPDATE, which)
        else:
            with self.ledger.session() as own:
                owner = own.scalar(_OWNER, which)
        if owner != self.owner:
            raise PassingError(
                coded(
                    "run.taken_over",
                    "{name} was taken over by another run while this one stood still. Run it again.",
                    name=self.name,
                )
            )


@contextmanager
def lease(ledger: Ledger, name: str, wait: timedelta = timedelta(minutes=3)) -> Iterator[LeaseGuard]:
    """Hold `name` for the length of the block, kept alive by a heartbeat.

    Raises PassingError when somebody else holds it for longer than `wait`.
    """
    owner = f"{_place()}:{os.getpid()}.{_birth(os.getpid()) or 0}:{uuid4().hex[:8]}"
    deadline = time.monotonic() + wait.total_seconds()
    pause = 0.05
    while not _take(ledger, name, owner):
        if time.monotonic() >= deadline:
            raise PassingError(
                coded(
                    "run.held_by_another",
                    "Another run holds {name}; waited {seconds} seconds for it.",
                    name=name,
                    seconds=f"{wait.total_seconds():.0f}",
                ),
                now() + COME_BACK,
            )
        time.sleep(pause)  # a database row has no event to await
        pause = min(pause * 1.5, 2.0)
    stop = threading.Event()
    beat = threading.Thread(target=_keep_alive, args=(ledger, name, owner, stop), daemon=True)
    beat.start()
    try:
        yield LeaseGuard(ledger, name, owner)
    finally:
        stop.set()
        beat.join()
        with ledger.session() as session:
            session.execute(_DROPPED, {"held": name, "by": owner}, execution_options=NOT_IN_HAND)


def _take(ledger: Ledger, name: str, owner: str) -> bool:
    moment = now()
    values = {"owner": owner, "heartbeat_at": moment, "expires_at": moment + LIFETIME}
    try:
        with ledger.session() as session:
            holder = session.scalar(_OWNER, {"name": name})
            if holder is None:
                session.execute(_NEW, {"name": name} | values)
                return True
            # a living holder moves it on every few seconds: one far ahead is of before the clock went back
            free = or_(LeaseRow.expires_at < moment, LeaseRow.expires_at > moment + 2 * LIFETIME)
            if _is_dead(holder):
                free = or_(free, LeaseRow.owner == holder)
            taken = session.execute(
                update(LeaseRow).where(LeaseRow.name == name, free).values(values).returning(LeaseRow.name)
            )
            return taken.first() is not None
    except IntegrityError:
        return False  # somebody else was first


@cache
def _place() -> str:
    """Return where process numbers mean the same: the host, and on Linux this boot and this container of it.

    Containers may share a host name, and then each has a process 7 of its own.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        container = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{hashlib.sha256((boot + container).encode()).hexdigest()[:12]}"


def _is_dead(owner: str) -> bool:
    """Tell whether an owner was a process of this place that no longer works: no need to wait for its expiry.

    It is gone, or a zombie that nobody has waited for, or its number is another process's now.
    """
    place, process, _ = owner.rsplit(":", 2)
    if place != _place():
        return False
    pid, _, born = process.partition(".")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    birth = _birth(int(pid))
    return birth == 0 or (birth is not None and born not in {"", "0", str(birth)})


def _birth(pid: int) -> int | None:
    """Return when a process began (clock ticks since boot), 0 when it is a zombie, None where nobody says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return 0 if fields[0] in {"Z", "X"} else int(fields[19])


def _keep_alive(ledger: Ledger, name: str, owner: str, stop: threading.Event) -> None:
    while not stop.wait(_HEARTBEAT_SECONDS):
        moment = now()
        try:
            with ledger.session() as session:
                session.execute(
                    update(LeaseRow)
                    .where(LeaseRow.name == name, LeaseRow.owner == owner)
                    .values(heartbeat_at=moment, expires_at=moment + LIFETIME)
                )
        except SQLAlchemyError:
            continue  # the next beat comes well before the lease expires
