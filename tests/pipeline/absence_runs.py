"""A life of absence with the runs that go through it, which may fail and die: is the file the truth?

The pipeline, the ledger and the vault are the real ones, and so are the sandbox's connector and the portal's import;
only HTTP and SFTP are left out, so that thousands of runs fit into a minute.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crossings import ABSENCE, FATES, move_clock
from direct import DAY, PAGE, UNFILTERED, Inbox, KilledError, Read, Who
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from lives import Happenings
from sqlalchemy import delete

from veerpont.desk import lists
from veerpont.flows.absence import request, window
from veerpont.flows.job import Job
from veerpont.flows.missed import APART
from veerpont.model.failures import DriftError, NothingToDoError, PassingError
from veerpont.model.flows import Flow
from veerpont.pipeline.backfill import fetch
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.plan import end
from veerpont.pipeline.transform import transform
from veerpont.rules.calendar import end_of_night
from veerpont.rules.dates import business_date
from veerpont.store import deliveries, notes
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import LeaseRow
from veerpont.store.vault import Vault
from veerpont.systems.xpert_suite.portal import XpertSuite
from veerpont_sandbox.absence import PROTOCOLS, Case, Told
from veerpont_sandbox.absence_truth import periods
from veerpont_sandbox.afas import answers


class Life(Happenings):
    """Runs come, fail and die while people fall ill and recover: what the file says of it."""

    # -- what runs ---------------------------------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        """An hourly run; the first one after a night reads widely."""
        self._wait(timedelta(hours=1))
        self._load(self._read())

    @rule()
    def night(self) -> None:
        """The run of 21:00."""
        night = self.clock.replace(hour=21, minute=0, second=0, microsecond=0)
        self.clock = night if night > self.clock else night + DAY
        self._load(self._read())

    @rule(kind=st.sampled_from((PassingError, DriftError)))
    def failing_read(self, kind: type[PassingError]) -> None:
        """A read that breaks off halfway, and again when it is repeated at once: nothing of it is used."""
        if len(self.book.rows()) <= PAGE * 3:
            return
        self._wait(timedelta(hours=1))
        self.client.fails, self.client.pages = lambda: kind("away"), 0
        try:
            self.waiting = self._read()
            self.loaded_since = False
        except PassingError as error:
            assert self.client.pages >= 3, "it failed halfway"
            end("veerhuis", "absence", f"run {next(self.numbers)}", "failed", "passing", str(error))
        finally:
            self.client.fails = None

    @rule(at=st.integers(0, 130), again=st.booleans())
    def killed_load(self, at: int, again: bool) -> None:
        """A load that dies somewhere; the task runs again, or the next run finds what it left."""
        self._wait(timedelta(hours=1))
        made = self._read()
        try:
            with dying(at):
                self._load(made)
        except KilledError:
            with self.ledger.session() as session:  # its leases are taken over from a process that is dead
                session.execute(delete(LeaseRow))
                kept = notes.noted(session, Scope("veerhuis", "absence"), "read")
            if kept == str(made.transformed.number):
                self._merged(made)
            if again:
                self._load(made)

    @rule()
    def read_that_waits(self) -> None:
        """A run that stands still before its load."""
        self._wait(timedelta(hours=1))
        self.waiting, self.loaded_since = self._read(), False

    @precondition(lambda self: self.waiting is not None)
    @rule()
    def load_that_waited(self) -> None:
        made, self.waiting = self.waiting, None
        assert made is not None
        move_clock(self.clock)
        began = datetime.fromisoformat(made.transformed.read_at)
        stale = business_date(began) != self.today and end_of_night(began) <= self.clock
        if not self.loaded_since and not stale:
            self._load(made)
            return
        with pytest.raises(NothingToDoError, match=r"newer read|clear from extract"):
            load(made.job, made.transformed)
        end("veerhuis", "absence", made.job.run_id, "skipped", "", "A newer read has been loaded.")

    @rule(ago=st.integers(0, 30))
    def backfill(self, ago: int) -> None:
        """One month of history."""
        month = (self.today - timedelta(days=30 * ago)).strftime("%Y-%m")
        fetch(self._job("backfill"), month)

    def _job(self, what: str = "run") -> Job:
        move_clock(self.clock)
        self.environment.clock, self.inbox.today = self.clock, self.today
        run = f"{what} {next(self.numbers)}"
        return Job(
            self.integration, Flow.ABSENCE, run, self.today, self.ledger, self.vault, lambda _: None, tick=self.clock
        )

    def _read(self) -> Read:
        job, source = self._job(), self.book.rows()
        extracted = extract(job)
        transformed = transform(job, extracted)
        rows = (msgspec.json.decode(row) for row in self.vault.read(extracted.rows))
        shown = {(row["GUID_verzuimverloop"], row["Verloop_Gewijzigd_Op"], row["Melding_Gewijzigd_Op"]) for row in rows}
        return Read(job, transformed, shown, source, list(self.ghosts))

    def _load(self, made: Read) -> None:
        before, lines = self.home.with_name(f"{self.home.name} before"), self.inbox.lines
        shutil.copytree(self.home, before)
        try:
            with narrowed() as narrow:
                load(made.job, made.transformed)
            if narrow:
                self.narrow += 1
                self._compare_with_everybody(made, before, lines)
        finally:
            shutil.rmtree(before)
        self._merged(made)
        self._release()
        books = next(
            row for row in lists.list_runs(self.ledger, "veerhuis", "absence") if row["run_id"] == made.job.run_id
        )
        assert books["read"] == sum(books[fate] for fate in FATES), books
        if self.wides or not self.kind.wide:
            assert books["state"] == "success", books
            assert books["held"] == 0, books
            if made.job.today == self.today and made.source is self.book.rows():
                self._compare()

    def _compare_with_everybody(self, made: Read, before: Path, lines: list[dict[str, str]]) -> None:
        """What a load brings that leaves out whom nothing happened to is what one brings that looks at everybody."""
        ledger = Ledger(f"sqlite:///{before / 'ledger.db'}")
        plain = replace(made.job, ledger=ledger, vault=Vault(f"file://{before / 'vault'}", (self.key,)))
        inbox, self.inbox = self.inbox, Inbox(before / "portal")
        self.inbox.today, self.inbox.lines = inbox.today, lines
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(window, "narrowed", lambda *_: None)
                load(plain, made.transformed)
            assert self.inbox.lines == inbox.lines
            assert outcome(ledger, made.job.run_id) == outcome(self.ledger, made.job.run_id)
        finally:
            self.inbox = inbox
            ledger.engine.dispose()  # the next one has the same path

    def _release(self) -> None:
        """Say yes, as a person would: whatever is gone here was deleted. The next run acts on it.

        A load that died may not have asked yet: then the next one asks, and the one after that acts.
        """
        with self.ledger.session() as session:
            for row in deliveries.find(session, Scope("veerhuis", "absence", "xpert_suite"), State.HELD):
                if row.decided_by is None and row.reasons == "case_gone":
                    deliveries.decide(session, row.id, "Jo", release=True)
        for ghost in self.ghosts:
            ghost.answered = ghost.agreed

    def _merged(self, made: Read) -> None:
        """Take in what the history has learnt from a read."""
        self.loads += 1
        self.loaded_since = True
        if made.merged:
            return
        made.merged = True
        self.shown |= made.shown
        self.ghosts = [ghost for ghost in self.ghosts if not ghost.answered]  # this run acted
        if made.transformed.scope == request.WIDE:
            self.wides += 1
            at = made.job.moment
            for ghost in made.ghosts:
                ghost.missed = ghost.missed or at
                ghost.agreed = at - ghost.missed >= APART

    # -- what the file says of it --------------------------------------------------------------------------------------

    def _compare(self) -> None:
        told, truth = self.inbox.periods(), self.book.truth(self.today)
        unread = self._unread()
        haunted = {ghost.who for ghost in self.ghosts}
        if self.kind is UNFILTERED:
            assert not unread, "every change has a stamp, and is read"
            if not haunted:
                rejected = lists.list_rejects(self.ledger, "veerhuis", "absence", "open")
                assert not rejected, rejected
        for who in {period[:2] for period in told.keys() | truth}:
            for protocol in ("Ziekte", "Zwangerschap"):
                is_told = {period for period in told if period[:3] == (*who, protocol)}
                is_true = {period for period in truth if period[:3] == (*who, protocol)}
                self._days(is_told)  # no two on one day
                if who in unread:
                    continue
                is_told -= self._withdrawn(told, is_told)
                if who in haunted:
                    self._not_less(who, is_told, is_true)
                else:
                    assert is_told == is_true, f"told {sorted(is_told)}, true {sorted(is_true)}"

    def _withdrawn(self, told: dict[Told, str], is_told: set[Told]) -> set[Told]:
        """Return the periods of cases that have no day any more, of which the next read has to say so too."""
        cases = {case.guid.strip("{}"): case for case in self.book.cases()}
        found = set()
        for period in is_told:
            key = told[period]
            if key not in cases or self._has_days(cases[key]):
                self.withdrawn.pop(key, None)
                continue
            found.add(period)
            before = self.withdrawn.setdefault(key, self.loads)
            assert before == self.loads or self.kind is not UNFILTERED, "two reads said so"
        return found

    def _has_days(self, case: Case) -> bool:
        protocol = PROTOCOLS.get(case.type)
        days = periods(case, "first_day_back", False) if protocol else []
        return any(begin <= self.today or protocol == "Zwangerschap" for begin, *_ in days)

    def _not_less(self, who: Who, is_told: set[Told], is_true: set[Told]) -> None:
        """Every day of the truth is told; what differs is what was deleted since."""
        told, true = self._days(is_told), self._days(is_true)
        ghosts = [ghost for ghost in self.ghosts if ghost.who == who]
        lines = [ghost for ghost in ghosts if ghost.absent is not None]
        for day, absent in true.items():
            instead = told.get(day, "0")
            assert instead == absent or any(ghost.on <= day and ghost.absent == instead for ghost in lines), (
                f"{day}: {absent} in truth, {instead} in the file"
            )
        begins = [ghost.on for ghost in ghosts] + [
            case.begin for case in self.book.cases(who[1]) if case.employer == who[0]
        ]
        assert all(day >= min(begins) for day in told.keys() - true.keys()), "extra days that nothing explains"

    def _days(self, periods: Iterable[Told]) -> dict[date, str]:
        """Return day → percentage absent, up to a while from now."""
        found: dict[date, str] = {}
        horizon = self.today + timedelta(days=120)
        for *_, begin, last, absent in periods:
            day, until = date.fromisoformat(begin), date.fromisoformat(last) if last else horizon
            while day <= min(until, horizon):
                assert day not in found, f"two periods on {day}"
                found[day] = absent
                day += DAY
        return found

    def _unread(self) -> set[Who]:
        """Return whose cases have changes that no read has shown."""
        connector = self.environment.tables[ABSENCE].connector
        unread = set()
        for row in answers.rows(connector, self.book.rows(), []):
            key = (row["GUID_verzuimverloop"], row["Verloop_Gewijzigd_Op"], row["Melding_Gewijzigd_Op"])
            if key not in self.shown:
                unread.add((row["Werkgevercode"], row["Personeelsnummer"]))
        return unread


@contextmanager
def narrowed() -> Iterator[list[bool]]:
    """Note when a load leaves out whom nothing happened to."""
    found: list[bool] = []
    ordinary = window.narrowed

    def noted(*args: Any) -> Any:
        made = ordinary(*args)
        found.extend([True] if made is not None else [])
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "narrowed", noted)
        yield found


def outcome(ledger: Ledger, run_id: str) -> list[Any]:
    """Return what a run came to: its books, and what is wrong with which record since when."""
    books = [row for row in lists.list_runs(ledger, "veerhuis", "absence") if row["run_id"] == run_id]
    timed = {"started_at", "ended_at", "first_seen", "last_seen", "at", "id"}
    rejects = lists.list_rejects(ledger, "veerhuis", "absence", None)
    waiting = lists.list_deliveries(ledger, "veerhuis", "absence")
    kept = [{name: value for name, value in row.items() if name not in timed} for row in (*books, *rejects)]
    return [*kept, [(row["state"], row["records"], row["gone"]) for row in waiting]]


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Die at the step `at`: before an object of the vault, before or after a commit, before or after the upload."""
    steps = count()

    def step() -> None:
        if next(steps) == at:
            raise KilledError

    def around(work: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*args: Any, **named: Any) -> Any:
            step()
            result = work(*args, **named)
            step()
            return result

        return replacement

    session = Ledger.session

    @contextmanager
    def stepping(self: Ledger) -> Iterator[Any]:
        with session(self) as found:
            yield found
            step()
        step()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("put", "delete"):
            patch.setattr(Vault, name, around(getattr(Vault, name)))
        patch.setattr(XpertSuite, "deliver", staticmethod(around(XpertSuite.deliver)))  # a life's own, bound to it
        patch.setattr(Ledger, "session", stepping)
        yield
