"""Cases that the source does not show any more, or with no day left: which leave, which a person is asked about."""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from veerpont.flows import missed
from veerpont.flows.absence import coverage, vanished
from veerpont.flows.absence.history import Entry, record_of
from veerpont.flows.absence.persons import person_of
from veerpont.flows.absence.service import services
from veerpont.flows.flow_load import SERVICE_PERIOD
from veerpont.flows.index import people_of, read_index
from veerpont.flows.job import Job
from veerpont.model.flows import Flow
from veerpont.model.records import AbsenceLine
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.systems.registry import source


class LostCase(Protocol):
    """A case of the history that no portal gets (`cases.Lost`)."""

    @property
    def shown(self) -> bool: ...

    @property
    def unmoved(self) -> bool: ...


class HistoryRead(Protocol):
    """What is needed of what the history says after a read (`cases.Absences`)."""

    @property
    def gone(self) -> Mapping[str, Entry]: ...

    @property
    def lost(self) -> Mapping[str, LostCase]: ...

    @property
    def outside(self) -> Container[str]: ...

    @property
    def good(self) -> Container[str]: ...

    @property
    def wide(self) -> bool: ...


def judge(
    job: Job,
    lost: dict[str, Entry],
    missing: Collection[tuple[str | None, str]],
    lines: Callable[[], Iterable[Entry]],
) -> None:
    """Say of each case that is gone for certain now whether it may leave unasked.

    Args:
        lost: the lines of all that are gone, by key: what is said is noted in them.
        missing: as in `vanished.judged`.
        lines: yields those that are there.
    """
    if all(entry.why for entry in lost.values()):
        return
    by_case: dict[str, list[Entry]] = defaultdict(list)
    for entry in lost.values():
        by_case[entry.group].append(entry)
    people = {case: _person(job, found[0]) for case, found in by_case.items()}
    shown = _shown_people(job, {person for person in people.values() if person}, lines)
    cases = []
    for case, found in by_case.items():
        firsts = [line.since for line in found]
        cases.append(
            vanished.Vanished(
                case,
                found[0].employer,
                None if None in firsts else min(first for first in firsts if first is not None),
                max(line.missed or line.seen for line in found),
                max(line.gone or "" for line in found),
                people[case] in shown,
                max(line.why for line in found),
            )
        )
    for case, why in vanished.judged(cases, missing).items():
        for line in by_case[case]:
            lost[line.key] = msgspec.structs.replace(line, why=why)


def remembered(lost: Mapping[str, Entry], told: Container[str]) -> dict[str, Entry]:
    """Return the lines of gone cases that the history keeps.

    What left lately is kept too, since it is counted for a week; not of people who were left out.

    Args:
        told: the cases that a portal has.
    """
    newest = max((entry.gone or "" for entry in lost.values()), default="")

    def matters(entry: Entry) -> bool:
        lately = datetime.fromisoformat(newest) - datetime.fromisoformat(entry.gone or newest) < vanished.WEEK
        return entry.group in told or (lately and entry.why != vanished.LEFT_OUT)

    return {key: entry for key, entry in lost.items() if matters(entry)}


def _shown_people(
    job: Job, asked: Collection[tuple[str, str]], lines: Callable[[], Iterable[Entry]]
) -> set[tuple[str, str]]:
    """Return which of these people (employer and key) the employees flow still shows.

    Where we do not bring the employees: which of them have absence that is still shown.
    """
    portals = job.integration.portals_for(Flow.EMPLOYEES)
    if not portals:
        there = (_person(job, entry) for entry in lines() if entry.missed is None)
        return {person for person in there if person is not None and person in asked}
    with job.ledger.session() as session:
        scopes = [Scope(job.name, Flow.EMPLOYEES, item.portal) for item in portals]
        pointers = [deliveries.pointer(session, scope, kinds.MISSING) for scope in scopes]
    missed_ = {identity for pointer in pointers for identity in missed.read(job.vault, pointer)}
    over = {code for code, period in services(job).items() if period.is_over(job.today)}  # they are not read any more
    shown: set[tuple[str, str]] = set()
    for entry in read_index(job) or ():
        if entry.id not in missed_ and entry.employer_code not in over:
            shown |= people_of(entry).intersection(asked)
    return shown


def _person(job: Job, entry: Entry) -> tuple[str, str] | None:
    """Return employer and key of whose line it is; None when the line is too bad to say it."""
    record = record_of(source(job.integration.source.system), entry)
    return person_of(record) if isinstance(record, AbsenceLine) else None


@dataclass
class Gone:
    """What is made of the told cases that are not among the good ones.

    `unasked`: they leave. `asked`: case → why it is believed to be gone, which a person has to say too. `waits`: this
    read says so first, or says nothing of them: they stay until the next one.
    """

    unasked: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)


def gone(
    job: Job, found: HistoryRead, by_settings: Collection[str], told: Mapping[str, str], before: Collection[str]
) -> Gone:
    """Return what is made of the told cases that are not among the good ones.

    Those outside the service period of their employer a person is asked about: another period brought them there, or
    another first day. Of those that the history still has a line of, the source shows that no day is left: they leave
    when the next read shows it too. A person is asked when no moment of change moved with it: a clerk's work moves one,
    a column that brings other values does not. Those that it knows to be gone are judged (`vanished`). Of those that it
    does not know, a wide read says that they are not there, once their employer's cases were ever asked for.

    Args:
        by_settings: the cases that it would be told of by the settings of its last accepted delivery.
        told: case → employer, of what the portal was told and is not told now.
        before: the cases that the read before this one did not make anything of either.
    """
    unread = coverage.uncovered(job)
    widely = job.integration.absence.reads_widely
    why = {entry.case: entry.why for entry in found.gone.values()}
    made = Gone()
    for case, employer in told.items():
        if case in by_settings:
            made.asked[case] = "settings"
        elif case in found.outside:
            made.asked[case] = SERVICE_PERIOD
        elif case in found.good:  # a problem of its line, or a person who is asked, keeps it
            made.waits.add(case)
        elif lost := found.lost.get(case):
            if case not in before or not lost.shown:
                made.waits.add(case)
            elif lost.unmoved:
                made.asked[case] = "unmoved"
            else:
                made.unasked.add(case)
        elif why.get(case) in vanished.UNASKED:
            made.unasked.add(case)
        elif case in why:
            made.asked[case] = why[case]
        elif found.wide and widely and employer not in unread:
            made.asked[case] = "unknown"
        else:
            made.waits.add(case)
    return made
