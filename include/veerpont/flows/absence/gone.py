"""Cases that the source does not show any more, or with no day left: which leave, which a person is asked about."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from veerpont.flows import missed
from veerpont.flows.absence import coverage, vanished
from veerpont.flows.absence.history import Entry, History, record_of
from veerpont.flows.index import read_index
from veerpont.flows.job import Job
from veerpont.model.flows import Flow
from veerpont.model.records import AbsenceLine
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.systems.registry import source


class HistoryRead(Protocol):
    """What is needed of what the history says after a read."""

    history: History
    seen: set[str]
    wide: bool


def judge(job: Job, known: History) -> None:
    """Say of each case that is gone for certain now whether it may leave unasked."""
    if all(entry.why for entry in known.gone.values()):
        return
    shown = _shown_people(job, known)
    by_case: dict[str, list[Entry]] = defaultdict(list)
    for entry in known.gone.values():
        by_case[entry.case or entry.key].append(entry)
    cases = []
    for case, lines in by_case.items():
        firsts = [line.since for line in lines]
        cases.append(
            vanished.Vanished(
                case,
                lines[0].employer,
                None if None in firsts else min(first for first in firsts if first is not None),
                max(line.missed or line.seen for line in lines),
                max(line.gone or "" for line in lines),
                _person(job, lines[0]) in shown,
                max(line.why for line in lines),
            )
        )
    there = {entry.case for entry in known.entries.values() if entry.missed is None}
    missing = [
        (entry.since, entry.missed) for entry in known.entries.values() if entry.missed and entry.case not in there
    ]
    for case, why in vanished.judged(cases, missing).items():
        for line in by_case[case]:
            known.gone[line.key] = msgspec.structs.replace(line, why=why)


def _shown_people(job: Job, known: History) -> set[tuple[str, str]]:
    """Return employer and key of everybody whom the employees flow still shows.

    Where we do not bring the employees: of everybody who has absence that is still shown.
    """
    portals = job.integration.portals_for(Flow.EMPLOYEES)
    if not portals:
        there = (entry for entry in known.entries.values() if entry.missed is None)
        return {person for entry in there if (person := _person(job, entry))}
    with job.ledger.session() as session:
        scopes = [Scope(job.name, Flow.EMPLOYEES, item.portal) for item in portals]
        pointers = [deliveries.pointer(session, scope, kinds.MISSING) for scope in scopes]
    missing = {identity for pointer in pointers for identity in missed.read(job.vault, pointer)}
    shown: set[tuple[str, str]] = set()
    for entry in read_index(job) or ():
        if entry.id not in missing:
            shown |= {(entry.employer_code, entry.guid), (entry.employer_code, f"number:{entry.personnel_number}")}
    return shown


def _person(job: Job, entry: Entry) -> tuple[str, str] | None:
    """Return employer and key of whose line it is; None when the line is too bad to say it."""
    record = record_of(source(job.integration.source.system), entry)
    if not isinstance(record, AbsenceLine):
        return None
    return record.employer_code, record.person_guid or f"number:{record.personnel_number}"


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

    Of those that the history still has a line of, the source shows that no day is left: they leave when the next read
    shows it too. A person is asked when no moment of change moved with it: a clerk's work moves one, a column that
    brings other values does not. Those that it knows to be gone are judged (`vanished`). Of those that it does not
    know, a wide read says that they are not there, once their employer's cases were ever asked for.

    Args:
        by_settings: the cases that it would be told of by the settings of its last accepted delivery.
        told: case → employer, of what the portal was told and is not told now.
        before: the cases that the read before this one did not make anything of either.
    """
    unread = coverage.uncovered(job)
    widely = job.integration.absence.reads_widely
    why = {entry.case: entry.why for entry in found.history.gone.values()}
    unmoved = {entry.case for entry in found.history.entries.values() if entry.unmoved}
    made = Gone()
    for case, employer in told.items():
        if case in by_settings:
            made.asked[case] = "settings"
        elif case in found.seen:
            if case not in before or not found.history.rows[case]:
                made.waits.add(case)
            elif case in unmoved:
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
