"""What happens at a customer: people fall ill and recover, clerks correct, delete and enter again."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crossings import ABSENCE, Crossing, guid
from direct import ALL_CASES, DAY, GUIDS, PEOPLE, START, STEADY, Direct, Ghost, Inbox, Kind, Read, Who, told
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from veerpont.config.integration import read_integrations
from veerpont.model.content import Content
from veerpont.model.flows import Flow
from veerpont.rules.dates import AMSTERDAM
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.afas.source import Afas
from veerpont.systems.xpert_suite.portal import XpertSuite
from veerpont_sandbox.absence import AbsenceBook, Case
from veerpont_sandbox.afas.environment import Environment


class Happenings(RuleBasedStateMachine):
    """People fall ill and recover, clerks correct and delete, runs come, fail and die: what the file says of it."""

    def __init__(
        self, known: Crossing, kept: Path, kind: Kind, patch: pytest.MonkeyPatch, numbers: Iterator[int]
    ) -> None:
        super().__init__()
        self.kind, self.key = kind, known.key
        self.narrow = 0
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
        self.withdrawn: dict[str, int] = {}
        self.loads = 0
        self.shown: set[tuple[Any, ...]] = set()
        self.ghosts: list[Ghost] = []
        self.began: dict[str, date] = {}
        self.waiting: Read | None = None
        self.loaded_since = False

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    def _deliver(self, _: object, flow: Flow, name: str, content: Content) -> list[Any]:
        self.inbox.take(name, content.read())
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

        Of two lines of one day the book takes the one that was entered last, and our rules
        (docs/reference/xpert-suite.md, 5.4) the one that was changed last: so only the last one may be changed.
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
                self.ghosts.append(Ghost((case.employer, case.number), case.guid, on, told(100 - line.presence)))
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
        """Delete a case and enter it again, on some of the same days."""
        if case := self._any(pick):
            self._deleted(case)
            index = next(i for i, person in enumerate(PEOPLE) if person[:2] == (case.employer, case.number))
            begin = case.begin + timedelta(days=days)
            if begin <= self.today + timedelta(days=3):
                self.opened(index, begin, 0 if case.type == "ZW" else presence, case.type, self._now())

    @rule(hours=st.sampled_from((1, 3, 9, 24, 24, 72, 24 * 13, 24 * 20)))
    def time_passes(self, hours: int) -> None:
        self._wait(timedelta(hours=hours))
