"""Leases: one owner at a time, over processes; nobody waits for the dead."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from veerpont.model.failures import PassingError
from veerpont.store import leases
from veerpont.store.clock import now
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.tables import LeaseRow

NO_WAIT = timedelta(0)


def holder(ledger: Ledger) -> LeaseRow | None:
    with ledger.session() as session:
        return session.scalar(select(LeaseRow))


def take_turns(url: str, notes: Path, times: int) -> None:
    """Note coming and going inside the lease, again and again."""
    ledger = Ledger(url)
    for _ in range(times):
        with lease(ledger, "afas:12345", timedelta(seconds=30)), notes.open("a") as file:
            for word in ("in", "out"):
                file.write(f"{word} {os.getpid()}\n")
                file.flush()
                time.sleep(0.005)


def hold(url: str, name: str, ready: Event) -> None:
    """Hold a lease until killed."""
    with lease(Ledger(url), name):
        ready.set()
        threading.Event().wait()


class TestExclusion:
    def test_a_second_owner_is_told_to_come_back(self, ledger: Ledger) -> None:
        """While one holds the lease another gets a passing error that names it."""
        with (
            lease(ledger, "load:acme:employees"),
            pytest.raises(PassingError, match="load:acme:employees"),
            lease(ledger, "load:acme:employees", NO_WAIT),
        ):
            pass

    def test_another_name_is_free(self, ledger: Ledger) -> None:
        """Leases of different names do not know each other."""
        with lease(ledger, "a"), lease(ledger, "b", NO_WAIT):
            assert holder(ledger) is not None

    def test_it_is_free_afterwards_also_after_an_error(self, ledger: Ledger) -> None:
        """Whatever happens in the block, the lease is given back."""
        with pytest.raises(ZeroDivisionError), lease(ledger, "a"):
            raise ZeroDivisionError
        assert holder(ledger) is None
        with lease(ledger, "a", NO_WAIT):
            pass

    @pytest.mark.any_day
    def test_who_waits_gets_it_when_it_comes_free(self, ledger: Ledger) -> None:
        """Who waits long enough gets the lease as soon as the holder has gone."""
        got = threading.Event()

        def wait() -> None:
            with lease(ledger, "a", timedelta(seconds=20)):
                got.set()

        with lease(ledger, "a"):
            waiting = threading.Thread(target=wait)
            waiting.start()
            assert not got.wait(0.3)
        assert got.wait(10)
        waiting.join()

    @pytest.mark.any_day
    def test_processes_never_hold_it_together(
        self, ledger_url: str, tmp_path: Path, children: ForkServerContext
    ) -> None:
        """Of processes that all want the lease, one is inside at a time, and every one has its turns."""
        notes = tmp_path / "notes"
        Ledger(ledger_url).require_current()
        running = [children.Process(target=take_turns, args=(ledger_url, notes, 5)) for _ in range(3)]
        for process in running:
            process.start()
        for process in running:
            process.join(60)
        assert [process.exitcode for process in running] == [0, 0, 0]
        lines = [line.split() for line in notes.read_text().splitlines()]
        assert len(lines) == 3 * 5 * 2
        for (came, who), (went, same) in zip(lines[::2], lines[1::2], strict=True):
            assert (came, went) == ("in", "out")
            assert who == same
        assert len({who for _, who in lines}) == 3


class TestTheDead:
    @pytest.mark.any_day
    def test_a_killed_owner_of_this_machine_is_not_waited_for(
        self, ledger: Ledger, ledger_url: str, children: ForkServerContext
    ) -> None:
        """The lease of a process that was killed on this machine is taken over at once."""
        ready = children.Event()
        process = children.Process(target=hold, args=(ledger_url, "a", ready))
        process.start()
        assert ready.wait(30)
        with pytest.raises(PassingError), lease(ledger, "a", NO_WAIT):
            pass
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        with lease(ledger, "a", NO_WAIT):
            pass

    @pytest.mark.any_day
    def test_a_zombie_of_this_container_is_not_waited_for(self, ledger: Ledger, ledger_url: str) -> None:
        """A killed worker whose parent has not asked how it ended still has its number, and does no more."""
        code = (
            "import sys, threading; from veerpont.store.ledger import Ledger; from veerpont.store.leases import lease\n"
            "with lease(Ledger(sys.argv[1]), 'a'): print('held', flush=True); threading.Event().wait()"
        )
        with subprocess.Popen([sys.executable, "-c", code, ledger_url], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            process.kill()
            with lease(ledger, "a", timedelta(seconds=5)):  # the kernel takes a moment to make it one
                assert process.returncode is None, "nobody has asked how it ended"

    def test_another_process_with_its_number_is_not_it(self, ledger: Ledger) -> None:
        with lease(ledger, "a"), ledger.session() as session:
            row = session.scalars(select(LeaseRow)).one()
            place, process, mark = row.owner.rsplit(":", 2)
        pid, _, born = process.partition(".")
        assert int(born) > 1
        with ledger.session() as session:
            owner = f"{place}:{pid}.{int(born) - 1}:{mark}"
            session.add(LeaseRow(name="a", owner=owner, heartbeat_at=now(), expires_at=now() + timedelta(seconds=80)))
        with lease(ledger, "a", NO_WAIT):
            pass

    def test_a_clock_that_went_back_keeps_no_lease_of_a_dead_machine(self, ledger: Ledger) -> None:
        """Its expiry is an hour ahead; a living holder would have moved it to where the clock is now."""
        ahead = now() + timedelta(hours=1)
        with ledger.session() as session:
            session.add(LeaseRow(name="a", owner="elsewhere:7:0", heartbeat_at=ahead, expires_at=ahead))
        with lease(ledger, "a", NO_WAIT):
            pass

    @pytest.mark.parametrize("host", ["elsewhere", socket.gethostname(), f"{socket.gethostname()}/another"])
    def test_an_owner_on_another_machine_or_in_another_container_is_waited_for_until_it_expires(
        self, ledger: Ledger, host: str
    ) -> None:
        """Of another machine nobody knows who lives: its lease is free when it has expired, not before.

        A container may have the same host name, and process numbers of its own.
        """
        pid = dead_pid()
        expires = now() + timedelta(seconds=60)
        with ledger.session() as session:
            session.add(
                LeaseRow(name="a", owner=f"{host}:{pid}:0", heartbeat_at=now(), expires_at=expires),
            )
        with pytest.raises(PassingError), lease(ledger, "a", NO_WAIT):
            pass
        with ledger.session() as session:
            session.execute(update(LeaseRow).values(expires_at=now() - timedelta(seconds=1)))
        with lease(ledger, "a", NO_WAIT):
            row = holder(ledger)
            assert row is not None
            assert row.owner.startswith(socket.gethostname())

    def test_a_living_owner_whose_lease_expired_loses_it_but_not_the_next_ones(self, ledger: Ledger) -> None:
        """Who was overtaken does not delete the new owner's lease when it leaves."""
        with lease(ledger, "a"), ledger.session() as session:
            session.execute(delete(LeaseRow))
            session.add(
                LeaseRow(name="a", owner="elsewhere:1:0", heartbeat_at=now(), expires_at=now() + timedelta(seconds=60))
            )
        row = holder(ledger)
        assert row is not None
        assert row.owner == "elsewhere:1:0"


class TestHeartbeat:
    @pytest.mark.any_day
    def test_a_long_block_keeps_its_lease(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """Work that lasts longer than a lease lives is not overtaken."""
        monkeypatch.setattr(leases, "LIFETIME", timedelta(seconds=0.6))
        monkeypatch.setattr(leases, "_HEARTBEAT_SECONDS", 0.1)
        with lease(ledger, "a"):
            first = holder(ledger)
            with pytest.raises(PassingError), lease(ledger, "a", timedelta(seconds=1.2)):
                pass
            last = holder(ledger)
        assert first is not None
        assert last is not None
        assert last.owner == first.owner
        assert last.expires_at > first.expires_at


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
