"""Absence: from the lines of the history to the cases that a portal gets, all of a case together.

A case that the portal accepted and that fails now is repeated as it was accepted; one that was never accepted is left
out. Either way it is a reject.

Nothing of it is held as a whole: the lines of one case at a time make a case, the cases of one person at a time say
which of them are wanted (`persons`), and what is good is sorted by the person at the portal (`window`).
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import uuid4

import msgspec
from msgspec import json

from veerpont.config.integration import Integration
from veerpont.flows.absence import coverage, gone, history, persons, request, vanished
from veerpont.flows.absence.history import Entry
from veerpont.flows.absence.merging import Merged, Merging
from veerpont.flows.absence.one_case import NO_CAUSE, UNKNOWN_TYPE, made_of_lines
from veerpont.flows.absence.persons import CHAIN, Made, Persons
from veerpont.flows.absence.service import lies_outside, services
from veerpont.flows.absence.standing import Narrow
from veerpont.flows.job import Job, RecordProblem, Transformed, duplicate, spelled
from veerpont.flows.links import Links
from veerpont.model.failures import Problem
from veerpont.model.marks import Marks
from veerpont.model.messages import Words, coded
from veerpont.model.records import AbsenceCase, AbsenceLine
from veerpont.rules import absence
from veerpont.store import kinds
from veerpont.store.leases import LeaseGuard
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Sequence
from veerpont.systems.registry import source


class Lost(NamedTuple):
    """A case of the history that no portal gets. `shown`: this read shows it; `unmoved`: as in `Entry`, of a line."""

    shown: bool
    unmoved: bool


@dataclass
class Absences:
    """What the history says, whatever the portal: the cases that are good, and what is wrong with the others.

    `made`: the good cases, sorted by their person at a portal (`persons.Good`), and `good` the marks of their keys.
    `lost`: the other cases of the history. `gone`: line → what is known of it, of the cases that are gone and that a
    portal still has, or that left lately. `problems`: what is wrong with which record, and the rows of this read that
    it costs. `codes`: case → the source's code of the kind of absence, where that is what is wrong. `used`: employer
    and code of the kind of absence, also TYPE/REASON where reasons are kept → wanted cases. `questions`: case → what a
    person may confirm. `filtered`: rows of this read that are of another kind of leave, or of no day yet. `gap`:
    the read before this one is longer ago than changes are shown. `wide`: this one was of every case. `doubts`: reasons
    not to believe the read: it was not merged then; `held`: its rows. `read`: something was read. `remarks`: what a
    person should know. `proved`: of the records with an open reject those that the history has. `settings`: portal →
    the integration as it was when its last delivery was accepted, where it is another one now; `by_settings`: portal →
    cases that it would be told of by these. `history`: where it is kept from now on; `conditions`: under which all this
    was made (`standing`); `nameless`: the read has lines that cannot be merged. `narrow`: who was looked at; None:
    everybody.
    """

    made: Sorter
    good: Marks = field(default_factory=Marks)
    lost: dict[str, Lost] = field(default_factory=dict)
    gone: dict[str, Entry] = field(default_factory=dict)
    problems: list[RecordProblem] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    questions: dict[str, str] = field(default_factory=dict)
    filtered: int = 0
    gap: bool = False
    held: int = 0
    read: bool = True
    wide: bool = False
    doubts: list[str] = field(default_factory=list)
    remarks: list[Words] = field(default_factory=list)
    proved: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    outside_rows: int = 0
    by_settings: dict[str, set[str]] = field(default_factory=dict)
    settings: Mapping[str, Integration] = field(default_factory=dict)
    history: Sequence | None = None
    conditions: str = ""
    nameless: bool = False
    narrow: Narrow | None = None


@dataclass(frozen=True)
class SaidBefore:
    """What people and portals said of cases before.

    `confirmed`: record key → fingerprint of the change that a person confirmed. `released`: reasons of held deliveries
    that a person released. `accepted`: the cases that a portal has: nobody is asked about them any more. `settings`:
    as in `Absences`. `open`: the records with an open reject.
    """

    confirmed: Mapping[str, str] = field(default_factory=dict)
    released: Collection[str] = ()
    accepted: Container[str] = ()
    settings: Mapping[str, Integration] = field(default_factory=dict)
    open: Collection[str] = ()


def absences(job: Job, transformed: Transformed, held: LeaseGuard, said: SaidBefore) -> Absences:
    """Merge what was read into the history, keep it, and make cases of it.

    Args:
        held: the lease of the integration's absence.
    """
    before = history.current(job)
    merging = Merging(job, transformed, partial(history.read, job, before), said.released)
    making = _Making(job, transformed, merging.merged(), said)
    return making.disbelieve(merging) if merging.reasons else making.keep(merging, held)


def made_of(
    job: Job, transformed: Transformed, merged: Iterable[Merged], said: SaidBefore, people: Container[str]
) -> Absences | None:
    """Make the cases of some people, and leave the history alone.

    Args:
        merged: all lines of all their cases.
        people: who they are (`persons.sort_key`).

    Returns None where one of the cases is of somebody else.
    """
    return _Making(job, transformed, merged, said, people).make()


class _Making:
    """Makes the cases: of the lines of each first, then of those of each person."""

    def __init__(
        self,
        job: Job,
        transformed: Transformed,
        merged: Iterable[Merged],
        said: SaidBefore,
        people: Container[str] | None = None,
    ) -> None:
        self.job, self.transformed, self.merged, self.said = job, transformed, merged, said
        self.system = source(job.integration.source.system)
        self.services = services(job)
        self.links = Links(job)
        self.leaves_out = self.links.leaves_anybody_out
        self.before = {portal: replace(job, integration=old) for portal, old in said.settings.items()}
        self.since = min(coverage.cutoff(each) for each in (job, *self.before.values())) - CHAIN
        self.persons = Persons(job, f"{job.folder}/persons", people)
        self.dropped = Sorter(job.vault, f"{job.folder}/dropped")
        self.began: Counter[tuple[str, str]] = Counter()
        self.missing: list[tuple[str | None, str]] = []
        self.found = Absences(
            Sorter(job.vault, f"{job.folder}/good"),
            gap=request.missed_changes(job),
            read=transformed.complete,
            wide=transformed.scope == request.WIDE,
            settings=said.settings,
        )

    def make(self) -> Absences | None:
        """Make the cases and keep nothing."""
        for _ in self._lines():
            pass
        if self.persons.strangers:
            return None
        self._judge_people()
        return self.found

    def disbelieve(self, merging: Merging) -> Absences:
        """Make the cases of what was known before: the read is not believed."""
        self.leaves_out = False
        self.found.doubts, self.found.held = merging.reasons, merging.rows
        self.make()
        return self.found

    def keep(self, merging: Merging, held: LeaseGuard) -> Absences:
        """Make the cases, and keep the history that they are of."""
        job, found = self.job, self.found
        written = job.vault.write(self._path(), self._lines())
        for entry, rows in merging.nameless:
            record = history.record_of(self.system, entry)
            if isinstance(record, Problem):  # it is always one: a line has both keys
                found.problems.append(spelled(job, RecordProblem(entry.key, rows, record, entry.employer)))
        self._judge_people()
        self._remark(merging)
        gone.judge(job, found.gone, self.missing, partial(history.read, job, written))
        found.gone = gone.remembered(found.gone, self.said.accepted)
        if found.gone or self.dropped.any:
            written = job.vault.write(self._path(), map(history.encode, self._left(written)))
        if self.transformed.complete or written.items:
            history.keep(job, written, self.transformed, held, self.began, bool(merging.doubts.lines))
            found.history = written
        found.nameless = bool(merging.nameless)
        return found

    def _path(self) -> str:
        return kinds.HISTORY.path(self.job.scope.shared, uuid4().hex)

    # -- line by line --------------------------------------------------------------------------------------------------

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines to keep, as far as the cases by themselves say it; take in the cases that they make."""
        for case, merged in groupby(self.merged, key=attrgetter("group")):
            rows, entries = 0, []
            for each in merged:
                rows += each.rows
                if each.entry is not None:
                    entries.append(each.entry)
            there = self._there(entries)
            if there:
                yield from map(history.encode, self._take(case, rows, there))
            else:
                self.found.filtered += rows  # of employers that are no longer active, or of people left out

    def _there(self, entries: list[Entry]) -> list[Entry]:
        """Return the lines of a case that are there, and note those that are gone."""
        there = [entry for entry in entries if not entry.gone]
        lost = [] if there else entries
        if self.leaves_out:  # people whom no portal is to have (flows.links)
            out = [entry for entry in there if self.links.leaves_out(history.person_of(self.system, entry))]
            there = [entry for entry in there if entry not in out]
            at = self.transformed.read_at
            lost += (msgspec.structs.replace(entry, gone=at, why=vanished.LEFT_OUT) for entry in out)
        self.found.gone.update((entry.key, entry) for entry in lost)
        return there

    def _take(self, case: str, rows: int, entries: list[Entry]) -> list[Entry]:
        """Take in a case; return the lines that are kept of it, as far as it alone says so."""
        job, found = self.job, self.found
        found.proved.update(entry.key for entry in entries if entry.key in self.said.open)
        if all(entry.missed for entry in entries):
            self.missing += ((entry.since, entry.missed or "") for entry in entries)
        lines: list[AbsenceLine] = []
        unmoved = any(entry.unmoved for entry in entries)
        wrong: tuple[Entry, Problem] | None = None
        for entry in entries:
            record = history.record_of(self.system, entry)
            if entry.twice:
                record = duplicate("GUID_verzuimverloop", "one line, twice")
            if isinstance(record, AbsenceLine):
                lines.append(record)
            elif isinstance(record, Problem):
                wrong = wrong or (entry, record)
        if wrong is not None:  # a reject of the case and not of the line: what the portal has of it is repeated
            found.problems.append(spelled(job, RecordProblem(case, rows, wrong[1], wrong[0].employer)))
            found.lost[case] = Lost(rows > 0, unmoved)
            since = f"{self.since}"
            return [entry for entry in entries if entry.seen[:10] >= since]
        head = absence.head(lines)
        self.began[head.employer_code, f"{head.begin:%Y-%m}"] += rows
        if lies_outside(self.services, lines):
            found.filtered += rows
            found.outside_rows += rows
            if case not in self.said.accepted:
                return []
            found.outside.add(case)  # a portal has it: a person is asked, and until then nothing is lost
            return entries
        protocol = absence.protocol(head.type, job.integration.absence.types)
        kind = protocol if isinstance(protocol, str) else ""
        made: AbsenceCase | Problem | None = UNKNOWN_TYPE if protocol is absence.Unknown.TYPE else None
        if kind:
            made = made_of_lines(job, lines, kind)
        kept = made is None and self._blame_the_settings(case, lines)
        if made is None:
            found.filtered += rows
            found.lost[case] = Lost(rows > 0, unmoved)
            if case in self.said.open:
                found.proved.add(case)
        if protocol is None:  # no absence to any portal
            return entries if kept else []
        record_, problem = (made, None) if isinstance(made, AbsenceCase) else (None, made)
        self.persons.add(Made(case, rows, head, kind, record_, problem, unmoved, kept))
        return entries

    def _blame_the_settings(self, case: str, lines: list[AbsenceLine]) -> bool:
        """Note for which portals a case has a day to tell by the settings of their last accepted delivery."""
        blamed = False
        for portal, job in self.before.items() if case in self.said.accepted else ():
            kind = absence.protocol(absence.head(lines).type, job.integration.absence.types)
            if isinstance(kind, str) and made_of_lines(job, lines, kind) is not None:
                self.found.by_settings.setdefault(portal, set()).add(case)
                blamed = True
        return blamed

    # -- person by person ----------------------------------------------------------------------------------------------

    def _judge_people(self) -> None:
        """Take in what the cases of each person say of each other."""
        found, said = self.found, self.said
        for each in self.persons.judged(coverage.cutoff(self.job), self.since):
            made, record, problem = each.made, each.record, each.problem
            if not each.kept:
                self.dropped.add(made.case, b"")
            if each.wanted:
                found.used.update((made.head.employer_code, code) for code in absence.codes(made.head))
            question = ""
            if record is not None and made.head.began_before_contract and made.case not in said.accepted:
                question = persons.question(self.job, made.head)
                if question != said.confirmed.get(made.case):
                    record, problem = None, persons.BEFORE_CONTRACT
            if record is not None:
                who = persons.sort_key(record.employer_code, record.bsn or record.personnel_number)
                found.made.add(who, json.encode(persons.Good(made.case, made.rows, record)))
                found.good.add(made.case)
                if made.case in said.open:
                    found.proved.add(made.case)
            if problem is not None:
                found.lost[made.case] = Lost(made.rows > 0, made.unmoved)
                self._take_problem(each, problem, question if problem is persons.BEFORE_CONTRACT else "")

    def _take_problem(self, each: persons.Judged, problem: Problem, question: str) -> None:
        """Filter what is wrong with a case that no portal asks for: nobody has to repair what is years old."""
        found, made = self.found, each.made
        if not each.wanted:
            found.filtered += made.rows
            return
        wrong = spelled(self.job, RecordProblem(made.case, made.rows, problem, made.head.employer_code))
        found.problems.append(wrong)
        if question:
            found.questions[made.case] = question
        if problem in {UNKNOWN_TYPE, NO_CAUSE}:
            found.codes[made.case] = made.head.type[:60]

    # -- what is kept --------------------------------------------------------------------------------------------------

    def _left(self, written: Sequence) -> Iterator[Entry]:
        """Yield the history without the cases that no window asks for, and with what is remembered of those gone."""
        dropped = (case for case, _, _ in self.dropped)
        waiting = next(dropped, None)
        gone_ = sorted(self.found.gone.values(), key=attrgetter("place"))
        for entry in merge(history.read(self.job, written), gone_, key=attrgetter("place")):
            while waiting is not None and waiting < entry.group and entry.case is not None:
                waiting = next(dropped, None)
            if waiting != entry.group or entry.gone:
                yield entry

    def _remark(self, merging: Merging) -> None:
        said = self.found.remarks
        said += merging.doubts.remarks
        if merging.nameless:
            count = sum(rows for _, rows in merging.nameless)
            said.append(
                coded(
                    "run.nameless",
                    "{count} lines of absence have no key of their own or of their case: they are rejects, and change "
                    "nothing.",
                    count=count,
                )
            )
        if merging.missed:
            said.append(
                coded(
                    "run.missed",
                    "This wide read does not show {missed} of {total} lines that were there before.",
                    missed=merging.missed,
                    total=merging.total,
                )
            )
