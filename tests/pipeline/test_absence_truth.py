"""For any life of absence and any sequence of reads, failures and restarts, the file is the truth (DESIGN rule 1).

The pipeline, the ledger and the vault are the real ones, and so are the sandbox's connector and the portal's import;
only HTTP and SFTP are left out, so that thousands of runs fit into a minute.
"""

import csv
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from crossings import ABSENCE, FATES, Crossing, guid
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete

from veerpont.config.integration import read_integrations
from veerpont.desk import lists
from veerpont.model.failures import DriftError, PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline import reading
from veerpont.pipeline.batch import Job, Transformed
from veerpont.pipeline.extract import extract
from veerpont.pipeline.historic import fetch
from veerpont.pipeline.load import load
from veerpont.pipeline.plan import end
from veerpont.pipeline.transform import transform
from veerpont.portals.xpert_suite.portal import XpertSuite
from veerpont.rules.dates import AMSTERDAM
from veerpont.sandbox.absence import AbsenceBook, Case, Told
from veerpont.sandbox.afas import answers, query
from veerpont.sandbox.afas.environment import Environment
from veerpont.sandbox.portal.importer import import_file
from veerpont.sandbox.portal.state import Report, Settings, load_state
from veerpont.sources.afas.source import Afas
from veerpont.store import deliveries
from veerpont.store.ledger import Ledger
from veerpont.store.tables import LeaseRow
from veerpont.store.vault import Vault

PEOPLE = (("01", "1001", 1), ("01", "1008", 1), ("02", "1008", 2), ("02", "1010", 1))
"""Employer, personnel number, employment: three people, one of them at both employers."""
STEADY = "1004"
"""Somebody to whom nothing happens, so that no column goes blank and no read comes back empty."""
GUIDS = (("1001", 1), (STEADY, 4), ("1008", 8), ("1010", 10))
ALL_CASES = "Alle_verzuim"
START = datetime(2026, 11, 22, 9, 30, tzinfo=AMSTERDAM)
PAGE = 5
DAY = timedelta(days=1)

Who = tuple[str, str]
"""Employer and personnel number."""


@dataclass(frozen=True)
class Kind:
    """How a customer's connectors are cut: the section `absence`, and the days and the stamp of a window in them."""

    absence: dict[str, Any]
    days: int | None = None
    on: Any = "line"

    @property
    def wide(self) -> bool:
        return self.days is None or "reconciliation_connector" in self.absence


UNFILTERED = Kind({"connector_window": None, "lookback_days": 14})
BY_LINE = Kind({"connector_window": 14, "reconciliation_connector": ALL_CASES}, 14, "line")
BY_CASE = Kind({"connector_window": 14, "reconciliation_connector": ALL_CASES}, 14, "case")
NOTHING_WIDE = Kind({"connector_window": 14, "portal_deletes": "log"}, 14, "case")


class KilledError(BaseException):
    """The process died here: nothing of ours catches it."""


class Direct:
    """An AFAS client without a network. Its pages are small, so that a read has several."""

    member = "10001"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.fails: Callable[[], Exception] | None = None
        self.pages = 0

    def get(self, path: str) -> dict[str, Any]:
        if path == "metainfo":
            names = [{"id": name} for name in self.environment.tables]
            return {"getConnectors": names, "info": {"envid": self.environment.envid}}
        if path == "profitversion":
            return {"version": "22"}
        return answers.metainfo(self.environment.tables[path.rsplit("/", 1)[1]].connector, [])

    def rows(self, connector: str, asked: dict[str, str | int]) -> list[dict[str, Any]]:
        self.pages += 1
        if self.fails and self.pages % 3 == 0:
            raise self.fails()
        params = {name: str(value) for name, value in asked.items()}
        found = self.environment.select(connector, params)
        part = query.Window(int(params["skip"]), min(int(params["take"]), PAGE))
        sent = answers.rows(self.environment.tables[connector].connector, query.page(found, part), [])
        rows: list[dict[str, Any]] = msgspec.json.Decoder(float_hook=Decimal).decode(msgspec.json.encode(sent))
        return rows


class Inbox:
    """The portal without a network: it imports each file as the sandbox does, and keeps the last one."""

    def __init__(self, kept: Path) -> None:
        self.state = load_state(kept)
        self.names: dict[str, bytes] = {}
        self.lines: list[dict[str, str]] = []
        self.today = START.date()

    def take(self, name: str, content: bytes) -> None:
        assert self.names.setdefault(name, content) == content, "one name stands for one content"
        report = Report("absence", name, "")
        import_file(report, content, self.state, Settings(), today=self.today.isoformat(), refused=lambda _: False)
        assert (report.status, report.rejected) == ("processed", 0), report.messages
        self.lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))

    def periods(self) -> dict[Told, str]:
        """Return the periods of the last file → the case that each belongs to."""
        return {
            (
                line["WerkgeverCode"],
                line["Personeelsnummer"],
                line["Protocol"],
                line["StartdatumTrajectVerloop"],
                line["EinddatumTrajectVerloop"] or None,
                line["Verzuimpercentage"],
            ): line["TrajectId"]
            for line in self.lines
        }


@dataclass
class Ghost:
    """What was deleted at the source since, as far as reads may not have told it yet.

    `on`: from which day it can show. `absent`: the percentage of a deleted line, None for a whole case. `wides`: wide
    reads loaded since.
    """

    who: Who
    case: str
    on: date
    absent: str | None
    wides: int = 0


@dataclass
class Read:
    """A run up to its load. `shown`: the rows that it brought, by GUID and stamps; `source`: the rows that there were.

    `ghosts`: what it cannot show any more. `merged`: it is in the history.
    """

    job: Job
    transformed: Transformed
    shown: set[tuple[Any, ...]]
    source: list[Any]
    ghosts: list[Ghost] = field(default_factory=list)
    merged: bool = False


class Life(RuleBasedStateMachine):
    """People fall ill and recover, clerks correct and delete, runs come, fail and die: what the file says of it."""

    def __init__(
        self, known: Crossing, kept: Path, kind: Kind, patch: pytest.MonkeyPatch, numbers: Iterator[int]
    ) -> None:
        super().__init__()
        self.kind = kind
        self.patch = patch
        self.numbers = numbers
        self.clock = START
        self.home = known.home / f"life {next(numbers)}"
        shutil.copytree(kept, self.home)
        self.book = AbsenceBook("life", {number: f"{{{guid(at)}}}" for number, at in GUIDS})
        self.environment = Environment("veerhuis", "O10001AA", "10001", {ABSENCE: self.book})
        self.environment.copy(ABSENCE, ALL_CASES)
        self.environment.window(ABSENCE, kind.days, kind.on)
        self.client = Direct(self.environment)
        self.inbox = Inbox(self.home / "portal")
        self.ledger = Ledger(f"sqlite:///{self.home / 'ledger.db'}")
        self.vault = Vault(f"file://{self.home / 'vault'}", (known.key,))
        self.integration = read_integrations(self.home / "integrations")[0]["veerhuis"]
        patch.setenv("VEERPONT_LEDGER", f"sqlite:///{self.home / 'ledger.db'}")
        patch.setattr(Afas.__init__, "__defaults__", (lambda _: self.client,))
        patch.setattr(XpertSuite, "deliver", self._deliver)
        self.wides = 0
        self.shown: set[tuple[Any, ...]] = set()
        self.ghosts: list[Ghost] = []
        self.began: dict[str, date] = {}
        self.waiting: Read | None = None
        self.loaded_since = False

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    def _deliver(self, _: object, flow: Flow, name: str, content: bytes) -> list[Any]:
        self.inbox.take(name, content)
        return []

    # -- what happens at the customer --------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.clock.astimezone(AMSTERDAM).date()

    def _now(self) -> datetime:
        """Let a minute pass: no two changes have one stamp. The fractions are rounded when they are shown."""
        self._wait(timedelta(seconds=61.7))
        return self.clock

    def _wait(self, time: timedelta) -> None:
        self.clock = (self.clock.astimezone(UTC) + time).astimezone(AMSTERDAM)

    def _cases(self) -> list[Case]:
        return [case for case in self.book.cases() if case.number != STEADY]

    def _any(self, pick: int) -> Case | None:
        found = self._cases()
        return found[pick % len(found)] if found else None

    def _free(self, who: Who, leave: bool, begin: date, last: date, but: str = "") -> bool:
        """Tell whether AFAS would take a case on these days: not beside another one of the same kind."""
        return all(
            case.guid == but
            or (case.employer, case.number) != who
            or (case.type == "ZW") != leave
            or (case.recovered or date.max) <= begin
            or case.begin > last
            for case in self.book.cases()
        )

    @initialize(
        past=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 800), st.integers(1, 60), st.booleans()), max_size=5)
    )
    def past(self, past: list[tuple[int, int, int, bool]]) -> None:
        """Fill the years before, and give two cases to somebody who plays no part: no column is ever blank."""
        at = START - timedelta(days=300)
        steady = self.book.open(STEADY, date(2026, 1, 5), at=at)
        self.book.change(steady, date(2026, 2, 2), 50, at=at)
        leave = self.book.open(STEADY, date(2025, 10, 1), at=at, type="ZW", expected_birth=date(2025, 11, 1))
        self.book.correct(leave, birth=date(2025, 11, 2), at=at)
        self.book.close(leave, date(2026, 1, 5), at=at)
        for index, ago, length, leave_ in past:
            begin = START.date() - timedelta(days=ago)
            self.opened(index, begin, 0, "ZW" if leave_ else "Z", datetime.combine(begin, START.time(), AMSTERDAM))
            last = self._cases()[-1:] if self._cases() else []
            for case in last:
                stop = min(begin + timedelta(days=length), START.date())
                if case.begin == begin and not case.recovered:
                    self.closed(case, stop, datetime.combine(stop, START.time(), AMSTERDAM))

    def opened(self, index: int, begin: date, presence: float, kind: str, at: datetime) -> str | None:
        employer, number, employment = PEOPLE[index]
        leave = kind == "ZW"
        if not self._free((employer, number), leave, begin, date.max):
            return None
        born = begin + timedelta(days=35) if leave else None
        case = self.book.open(
            number, begin, at=at, employer=employer, employment=employment, presence=presence, type=kind,
            expected_birth=born,
        )  # fmt: skip
        self.began[case] = begin
        return case

    def closed(self, case: Case, on: date, at: datetime) -> None:
        if case.recovered or on < case.course[-1].on:
            return
        if case.type == "ZW":
            self.book.correct(case.guid, birth=case.begin + timedelta(days=30), at=at)
        self.book.close(case.guid, on, at=at)

    @rule(
        index=st.integers(0, 3),
        ago=st.integers(-3, 20),
        presence=st.sampled_from((0, 0, 0, 50, 100)),
        kind=st.sampled_from(("Z", "Z", "Z", "Z", "AO", "F", "ZW")),
    )
    def open(self, index: int, ago: int, presence: float, kind: str) -> None:
        self.opened(index, self.today - timedelta(days=ago), 0 if kind == "ZW" else presence, kind, self._now())

    @rule(
        pick=st.integers(0, 9),
        ago=st.integers(0, 20),
        presence=st.sampled_from((0, 20, 33.33, 50, 75, 100)),
        second=st.booleans(),
    )
    def change(self, pick: int, ago: int, presence: float, second: bool) -> None:
        case = self._any(pick)
        on = self.today - timedelta(days=ago)
        if case and case.type != "ZW" and self._takes(case, on, 1):
            self.book.change(case.guid, on, presence, at=self._now(), second=second)

    def _takes(self, case: Case, on: date, lines: int) -> bool:
        """Tell whether a line may be entered, beside no more than so many lines of that day.

        Of two lines of one day the book takes the one that was entered last, and the sheet (xpert-suite.md section 5.4)
        the one that was changed last: so only the last one may be changed.
        """
        inside = case.begin <= on and not (case.recovered and on >= case.recovered)
        return inside and sum(line.on == on for line in case.course) <= lines

    @rule(pick=st.integers(0, 9), ago=st.integers(0, 20))
    def nursing_address(self, pick: int, ago: int) -> None:
        case = self._any(pick)
        on = self.today - timedelta(days=ago)
        if case and self._takes(case, on, 0):
            self.book.nursing_address(case.guid, on, at=self._now())

    @rule(pick=st.integers(0, 9), ago=st.integers(-3, 20))
    def close(self, pick: int, ago: int) -> None:
        if case := self._any(pick):
            self.closed(case, self.today - timedelta(days=ago), self._now())

    @rule(pick=st.integers(0, 9))
    def reopen(self, pick: int) -> None:
        case = self._any(pick)
        who = (case.employer, case.number) if case else None
        if case and who and case.recovered and self._free(who, case.type == "ZW", case.begin, date.max, case.guid):
            self.book.reopen(case.guid, at=self._now())

    @rule(
        pick=st.integers(0, 9),
        what=st.sampled_from(("begin", "begin", "recovered", "presence", "type")),
        days=st.integers(-6, 6),
        presence=st.sampled_from((0, 50, 100)),
        kind=st.sampled_from(("Z", "AO", "F")),
    )
    def correct(self, pick: int, what: str, days: int, presence: float, kind: str) -> None:
        case = self._any(pick)
        if case is None:
            return
        changes: dict[str, Any] = {}
        begin, stop, course = case.begin, case.recovered or date.max, case.course
        if what == "begin":
            changes["begin"] = begin = begin + timedelta(days=days)
            fits = begin < min([line.on for line in course[1:]] + [stop]) and begin <= self.today + timedelta(days=3)
        elif what == "recovered":
            changes["recovered"] = stop = (case.recovered or date.min + DAY * 9) + timedelta(days=days)
            fits = case.recovered is not None and stop >= course[-1].on and stop <= self.today + timedelta(days=3)
        elif what == "presence":
            changes["presence_of_first"] = presence
            fits = case.type != "ZW" and [line.on for line in course].count(begin) == 1
        else:
            changes["type"] = kind
            fits = case.type != "ZW"
        who = (case.employer, case.number)
        if fits and self._free(who, case.type == "ZW", begin, stop - DAY if stop < date.max else stop, case.guid):
            self.book.correct(case.guid, at=self._now(), **changes)
            self.began[case.guid] = min(begin, self.began[case.guid])

    @rule(pick=st.integers(0, 9), which=st.integers(0, 3), stamped=st.booleans())
    def delete_line(self, pick: int, which: int, stamped: bool) -> None:
        case = self._any(pick)
        if case is None or len(case.course) < 2:
            return
        on = case.course[1:][which % (len(case.course) - 1)].on
        for line in case.course[1:]:
            if line.on == on:
                self.ghosts.append(Ghost((case.employer, case.number), case.guid, on, _told(100 - line.presence)))
        self.book.delete_line(case.guid, on, at=self._now() if stamped else None)

    @rule(pick=st.integers(0, 9))
    def delete(self, pick: int) -> None:
        if case := self._any(pick):
            self._deleted(case)

    def _deleted(self, case: Case) -> None:
        self._now()
        self.ghosts.append(Ghost((case.employer, case.number), case.guid, self.began[case.guid], None))
        self.book.delete(case.guid)

    @rule(pick=st.integers(0, 9), days=st.integers(-4, 4), presence=st.sampled_from((0, 50)))
    def enter_again(self, pick: int, days: int, presence: float) -> None:
        """Delete a case and enter it anew, on some of the same days."""
        if case := self._any(pick):
            self._deleted(case)
            index = next(i for i, person in enumerate(PEOPLE) if person[:2] == (case.employer, case.number))
            begin = case.begin + timedelta(days=days)
            if begin <= self.today + timedelta(days=3):
                self.opened(index, begin, 0 if case.type == "ZW" else presence, case.type, self._now())

    @rule(hours=st.sampled_from((1, 3, 9, 24, 24, 72, 24 * 13, 24 * 20)))
    def time_passes(self, hours: int) -> None:
        self._wait(timedelta(hours=hours))

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

    @rule(at=st.integers(0, 45), again=st.booleans())
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
                kept = deliveries.noted(session, "veerhuis", "absence", "", "read_at")
            if kept == made.transformed.read_at:
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
        if not self.loaded_since:
            self._load(made)
            return
        with pytest.raises(SettingsError, match="newer read"):
            load(made.job, made.transformed)
        end("veerhuis", "absence", made.job.run_id, "failed", "settings", "A newer read has been loaded.")

    @rule(ago=st.integers(0, 30))
    def backfill(self, ago: int) -> None:
        """One month of history."""
        month = (self.today - timedelta(days=30 * ago)).strftime("%Y-%m")
        fetch(self._job("backfill"), month)

    def _job(self, what: str = "run") -> Job:
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
        load(made.job, made.transformed)
        self._merged(made)
        books = next(
            row for row in lists.list_runs(self.ledger, "veerhuis", "absence") if row["run_id"] == made.job.run_id
        )
        assert books["read"] == sum(books[fate] for fate in FATES), books
        if self.wides or not self.kind.wide:
            assert books["state"] == "success", books
            assert books["held"] == 0, books
            if made.job.today == self.today and made.source is self.book.rows():
                self._compare()

    def _merged(self, made: Read) -> None:
        """Take in what the history has learnt from a read."""
        self.loaded_since = True
        if made.merged:
            return
        made.merged = True
        self.shown |= made.shown
        if made.transformed.scope == reading.WIDE:
            self.wides += 1
            for ghost in made.ghosts:
                ghost.wides += 1
            self.ghosts = [ghost for ghost in self.ghosts if ghost.wides < 2]

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
                if who in haunted:
                    self._not_less(who, is_told, is_true)
                else:
                    assert is_told == is_true, f"told {sorted(is_told)}, true {sorted(is_true)}"

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


def _told(absent: Decimal) -> str:
    return f"{absent.normalize():f}"


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
        for owner, name in ((Vault, "put"), (Vault, "delete"), (XpertSuite, "deliver")):
            patch.setattr(owner, name, around(getattr(owner, name)))
        patch.setattr(Ledger, "session", stepping)
        yield


@pytest.fixture
def begin(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Kind], Callable[[], Life]]]:
    """Say how the connectors are cut, and get what begins a life: each has a ledger and a vault of its own."""
    kept = known.home.parent / f"{known.home.name} kept"
    numbers = count()
    # leases have tests of their own; one for each call would be half of the time
    monkeypatch.setattr("veerpont.pipeline.extract.lease", lambda *_: nullcontext())

    def of(kind: Kind) -> Callable[[], Life]:
        path = known.home / "integrations" / "veerhuis.yaml"
        content = yaml.safe_load(path.read_text())
        content["xpert_suite"]["file_format"] = "csv"
        content["guards"] = {"max_gone": 1000, "max_gone_percent": 100}
        content["absence"] |= kind.absence
        path.write_text(yaml.safe_dump(content))
        shutil.copytree(known.home, kept)
        shutil.copytree(known.sandbox.portal.accounts["veerhuis"].folder, kept / "portal")
        return lambda: Life(known, kept, kind, monkeypatch, numbers)

    yield of
    shutil.rmtree(kept)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "examples"),
    [
        pytest.param(UNFILTERED, 20, id="every case is shown"),
        pytest.param(BY_LINE, 8, id="a window on the line's change, and a connector that shows every case"),
        pytest.param(BY_CASE, 8, id="a window on the case's change, and a connector that shows every case"),
        pytest.param(NOTHING_WIDE, 5, id="a window, and nothing wide"),
    ],
)
def test_the_file_is_the_truth(begin: Callable[[Kind], Callable[[], Life]], kind: Kind, examples: int) -> None:
    """Never a case or a day less than the truth, more only of what was deleted since; after two wide reads, equal.

    The environment variable EXAMPLES asks for more of them.
    """
    run_state_machine_as_test(
        begin(kind),
        settings=settings(
            max_examples=int(os.environ.get("EXAMPLES", examples)),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_leave_entered_anew_before_the_birth(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """Until two wide reads agree both leaves are known and open: the file gives the days of the older one up.

    What is left of the older one would end without a birth, so it is repeated as told, but without the newer's days.
    """
    life = begin(UNFILTERED)()
    life.past(past=[])
    life.open(index=0, ago=10, presence=0, kind="ZW")
    life.run()
    life.night()
    life.enter_again(pick=0, days=4, presence=0)
    for _ in range(3):
        life.night()
    assert [period[3:] for period in life.inbox.periods() if period[1] == "1001"] == [("2026-11-16", None, "100")]
    life.teardown()


def test_a_leave_outside_the_window_still_links_two_illnesses(begin: Callable[[Kind], Callable[[], Life]]) -> None:
    """The leave itself is in no file any more; without its days the illness before it would leave the file as well."""
    life = begin(UNFILTERED)()
    life.past(past=[])
    long_ago = START - timedelta(days=200)
    for first, last, kind in (
        ("2024-01-01", "2024-04-01", "Z"),
        ("2024-04-05", "2024-08-01", "ZW"),
        ("2024-08-10", "2025-08-10", "Z"),
    ):
        case = life.opened(0, date.fromisoformat(first), 0, kind, long_ago)
        (made,) = (each for each in life.book.cases() if each.guid == case)
        life.closed(made, date.fromisoformat(last), long_ago)
    life.run()
    life.night()
    for _ in range(2):
        life.run()
        told = sorted(period[3] for period in life.inbox.periods() if period[1] == "1001")
        assert told == ["2024-01-01", "2024-08-10"]
    life.teardown()
