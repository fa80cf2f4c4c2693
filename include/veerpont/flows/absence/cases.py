"""Absence: from the lines of the history to the cases that a portal gets, all of a case together.

A case that the portal accepted and that fails now is repeated as it was accepted; one that was never accepted is left
out. Either way it is a reject.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from types import MappingProxyType

import msgspec
from msgspec import json

from veerpont.config.integration import Integration
from veerpont.flows.absence import coverage, gone, history, request, vanished
from veerpont.flows.absence.history import Entry, History
from veerpont.flows.index import IndexEntry, read_index
from veerpont.flows.job import Job, RecordProblem, Transformed, duplicate, spelled
from veerpont.flows.links import Links
from veerpont.model.failures import Problem, Stage
from veerpont.model.records import AbsenceCase, AbsenceLine
from veerpont.rules import absence
from veerpont.store.leases import LeaseGuard
from veerpont.systems import defaults
from veerpont.systems.registry import source

CHAIN = timedelta(days=28)

UNKNOWN_PERSON = Problem(
    Stage.TRANSFORM,
    "Guid_medewerker",
    "unknown_employee",
    "The employees flow did not bring this person at this employer, so the portal would refuse the case. Look among "
    "the rejects of employees, or at the desk (Employers) whether the person's employer is active.",
)
UNKNOWN_TYPE = Problem(
    Stage.TRANSFORM,
    "Type",
    "unknown_type",
    "This absence type is in no table. Find out what it is at the portal, and have it put under absence.types in the "
    "customer's integration file; null there leaves it out.",
)
NO_CAUSE = Problem(
    Stage.TRANSFORM,
    "Type",
    "no_cause",
    "No cause code of the portal is set for this absence type at this employer. Ask the portal's administrator for "
    "the code, and have it put under absence.causes in the customer's integration file.",
)
BEFORE_CONTRACT = Problem(
    Stage.TRANSFORM,
    "Begindatum_voor_contract",
    "began_before_contract",
    "The illness is older than the contract. Confirm at the desk (Rejects) or with `veerpont rejects confirm` that it "
    "may be sent from the day on which the case begins, or correct it at the source.",
)
TWO_PEOPLE = Problem(
    Stage.TRANSFORM,
    "Guid_medewerker",
    "case_of_two_people",
    "The lines of this case name different people or employers: correct it at the source.",
)


@dataclass
class Absences:
    """What the history says, whatever the portal: the cases that are good, and what is wrong with the others.

    `problems`: what is wrong with which record, and the rows of this read that it costs. `codes`: (reason, employer,
    the source's code of the kind of absence) → how many cases, without their keys. `questions`: case → what a person
    may confirm. `filtered`: rows of this read that are of another kind of leave, or of no day yet. `gap`: the read
    before this one is longer ago than changes are shown. `wide`: this one was of every case. `held`: rows of a read
    that is not believed. `read`: something was read. `seen`: every case that the history has, good or not.
    """

    history: History
    problems: list[RecordProblem] = field(default_factory=list)
    codes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cases: dict[str, AbsenceCase] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    filtered: int = 0
    gap: bool = False
    held: int = 0
    read: bool = True
    wide: bool = False
    seen: set[str] = field(default_factory=set)
    by_settings: dict[str, set[str]] = field(default_factory=dict)
    settings: Mapping[str, Integration] = field(default_factory=dict)


def absences(
    job: Job,
    transformed: Transformed,
    held: LeaseGuard,
    *,
    confirmed: Mapping[str, str],
    released: Collection[str],
    accepted: Collection[str],
    settings: Mapping[str, Integration] = MappingProxyType({}),
) -> Absences:
    """Merge what was read into the history, keep it, and make cases of it.

    Args:
        held: the lease of the integration's absence.
        confirmed: record key → fingerprint of the change that a person confirmed.
        released: reasons of held deliveries that a person released.
        accepted: the cases that a portal has: nobody is asked about them any more.
        settings: portal → the integration as it was when its last delivery was accepted, where it is another one now.
    """
    gap = request.missed_changes(job)
    known = history.take_in(job, transformed, released)
    found = Absences(
        known, gap=gap, read=transformed.complete, wide=transformed.scope == request.WIDE, settings=settings
    )
    if known.doubts:
        found.held, known.rows = known.rows.total(), Counter()
    else:
        _forget_the_left_out(job, known, transformed.read_at)
    before = {portal: replace(job, integration=old) for portal, old in settings.items()}
    spans: list[absence.Span] = []
    began: Counter[tuple[str, str]] = Counter()
    dated: dict[str, str] = {}
    _make_cases(job, found, before, confirmed, accepted, spans, began, dated)
    for entry in known.nameless:
        record = history.record_of(source(job.integration.source.system), entry)
        if isinstance(record, Problem):  # it is always one: a line has both keys
            found.problems.append(RecordProblem(entry.key, known.rows[entry.key], record, entry.employer))
    _forget_the_old(job, found, absence.in_delivery(spans, coverage.cutoff(job)), dated)
    found.seen = {entry.case or key for key, entry in known.entries.items()}
    elsewhere = known.rows.keys() - found.seen - {entry.key for entry in known.nameless}
    found.filtered += sum(known.rows[case] for case in elsewhere)  # of employers that are no longer active
    if not known.doubts:
        gone.judge(job, known)
        since = min(coverage.cutoff(each) for each in (job, *before.values())) - CHAIN
        keep = absence.in_delivery(spans, since).union(*found.by_settings.values())
        history.prune(known, keep | absence.leave_between(spans, keep), dated, since, accepted)
        if transformed.complete or known.entries:
            history.keep(job, known, transformed, held, began)
    return found


def _make_cases(
    job: Job,
    found: Absences,
    before: Mapping[str, Job],
    confirmed: Mapping[str, str],
    accepted: Collection[str],
    spans: list[absence.Span],
    began: Counter[tuple[str, str]],
    dated: dict[str, str],
) -> None:
    """Make a case of the lines of each, or say what is wrong with it or why no portal gets it.

    Args:
        before: portal → the job with the settings of its last accepted delivery, where these are other ones.
        confirmed, accepted: as in `absences`.
        spans, began, dated: are filled with the days of the cases; with the lines of this read by employer and month;
            with the type of each case whose days are known.
    """
    known, people = found.history, _People(job)

    def leave_out(case: str, lines: list[AbsenceLine]) -> None:
        found.filtered += known.rows[case]
        if case in accepted:
            _blame_the_settings(found, before, case, lines, people)

    for case, lines, wrong in _cases(job, known):
        if wrong is not None:  # a reject of the case and not of the line: what the portal has of it is repeated
            entry, what = wrong
            found.problems.append(RecordProblem(case, known.rows[case], what, entry.employer))
            continue
        head = absence.head(lines)
        dated[case] = head.type
        began[head.employer_code, f"{head.begin:%Y-%m}"] += known.rows[case]
        protocol = absence.protocol(head.type, job.integration.absence.types)
        if protocol is None:
            leave_out(case, lines)
            continue
        kind = protocol if isinstance(protocol, str) else ""
        made = _case(job, lines, kind, people) if kind else UNKNOWN_TYPE
        person = (head.employer_code, head.person_guid or head.personnel_number)
        spans.append(absence.Span(case, person, kind, head.begin, head.recovered_on))
        question = _question(job, head)
        if isinstance(made, AbsenceCase) and question not in {"", confirmed.get(case)} and case not in accepted:
            made, found.questions[case] = BEFORE_CONTRACT, question
        if isinstance(made, AbsenceCase):
            found.cases[case] = made
        elif isinstance(made, Problem):
            found.problems.append(RecordProblem(case, known.rows[case], made, head.employer_code))
        else:
            leave_out(case, lines)


def _blame_the_settings(
    found: Absences, before: Mapping[str, Job], case: str, lines: list[AbsenceLine], people: "_People"
) -> None:
    """Note for which portals a case has a day to tell by the settings of their last accepted delivery."""
    for portal, job in before.items():
        kind = absence.protocol(absence.head(lines).type, job.integration.absence.types)
        if isinstance(kind, str) and _case(job, lines, kind, people) is not None:
            found.by_settings.setdefault(portal, set()).add(case)


def _forget_the_old(job: Job, found: Absences, wanted: Collection[str], dated: Mapping[str, str]) -> None:
    """Filter what is wrong with cases that no portal asks for: nobody has to repair what is years old.

    Args:
        wanted: the cases in the portal's window, and in the chains before it.
        dated: the cases whose days are known, with their type.
    """
    problems, found.problems = found.problems, []
    for problem in problems:
        wrong = spelled(job, problem)
        if wrong.key in dated and wrong.key not in wanted:
            found.filtered += wrong.rows
            found.questions.pop(wrong.key, None)
            continue
        found.problems.append(wrong)
        if problem.problem in {UNKNOWN_TYPE, NO_CAUSE}:
            found.codes[wrong.problem.reason, wrong.employer, dated[wrong.key][:60]] += 1


def _forget_the_left_out(job: Job, known: History, read_at: str) -> None:
    """Drop the lines of people whom no portal is to have (flows.links)."""
    linked, system = Links(job), source(job.integration.source.system)
    if not linked.leaves_anybody_out:
        return
    for key, entry in list(known.entries.items()):
        if linked.leaves_out(history.person_of(system, entry)):
            known.gone[key] = msgspec.structs.replace(known.entries.pop(key), gone=read_at, why=vanished.LEFT_OUT)


def _cases(job: Job, known: History) -> Iterator[tuple[str, list[AbsenceLine], tuple[Entry, Problem] | None]]:
    """Yield case, its lines, and of a case with a bad line that line and its problem."""
    system = source(job.integration.source.system)

    def case_of(entry: Entry) -> str:
        return entry.case or entry.key

    ordered = sorted(known.entries.values(), key=lambda entry: (case_of(entry), entry.key))
    for case, entries in groupby(ordered, case_of):  # the lines of one case at a time: all of them take a lot of memory
        lines: list[AbsenceLine] = []
        wrong: tuple[Entry, Problem] | None = None
        for entry in entries:
            record = history.record_of(system, entry)
            if entry.twice:
                record = duplicate("GUID_verzuimverloop", "one line, twice")
            if isinstance(record, AbsenceLine):
                lines.append(record)
            elif isinstance(record, Problem):
                wrong = wrong or (entry, record)
        yield case, lines, wrong


def _case(job: Job, lines: list[AbsenceLine], protocol: str, people: "_People") -> AbsenceCase | Problem | None:
    """Return the case; what is wrong with it; or None when no day of it has to be told (yet)."""
    settings = job.integration.absence
    head = absence.head(lines)
    newest = [line for line in lines if line.case_changed == head.case_changed]
    if len({(line.employer_code, line.person_guid or line.personnel_number) for line in newest}) > 1:
        return TWO_PEOPLE
    periods = absence.periods(
        lines,
        protocol=protocol,
        first_day_back=defaults.recovery_date_is(job.integration) == "first_day_back",
        send_zero=settings.send_zero_percent,
        today=job.today,
    )
    if isinstance(periods, Problem):
        return periods
    if not periods:
        return None
    cause = absence.cause(settings.causes.get(head.employer_code, {}), head)
    if cause is None:
        return NO_CAUSE
    person = people.find(head)
    if person is None:
        return UNKNOWN_PERSON
    leave = protocol == "Zwangerschap"
    return AbsenceCase(
        guid=head.case_guid,
        employer_code=head.employer_code,
        personnel_number=person.personnel_number,
        protocol=protocol,
        cause=cause,
        periods=periods,
        changed=max(max(line.line_changed, line.case_changed) for line in lines),
        expected_birth=head.expected_birth if leave else None,
        actual_birth=head.actual_birth if leave else None,
        bsn=person.bsn,
    )


def _question(job: Job, head: AbsenceLine) -> str:
    """Return the fingerprint of what a person must confirm of a case; empty when there is nothing."""
    if head.began_before_contract is None:
        return ""
    return job.vault.fingerprint(f"{head.case_guid} {head.began_before_contract}".encode())


class _People:
    """The people whom the employees flow brought, by GUID, or by number where the source gives no GUID."""

    def __init__(self, job: Job) -> None:
        self._known: dict[tuple[str, str], IndexEntry] | None = None
        if job.integration.portals_for(job.flow.EMPLOYEES):
            self._known = {}
            for entry in read_index(job) or ():
                self._known[entry.employer_code, entry.guid] = entry
                self._known[entry.employer_code, f"number:{entry.personnel_number}"] = entry

    def find(self, line: AbsenceLine) -> IndexEntry | None:
        """Return how the portal knows the person; from the line itself where we do not bring the employees."""
        if self._known is None:
            return IndexEntry("", line.person_guid or "", line.employer_code, line.personnel_number, None)
        return self._known.get((line.employer_code, line.person_guid or f"number:{line.personnel_number}"))


def doubts(job: Job, found: Absences, complete: bool, lack: list[str], accepted: str | None) -> list[str]:
    """Return why a delivery must wait: a read that is not believed, or a history that is shorter than the window.

    Args:
        complete: whether the portal takes complete files, and may delete what they leave out.
        lack: what the history lacks (`lacks`).
        accepted: what it lacked when a person released a delivery, as JSON.
    """
    reasons = list(found.history.doubts)
    known = set(json.decode(accepted or "[]", type=list[str]))
    if complete and found.read and job.integration.portal_deletes != "log" and set(lack) - known:
        reasons.append("history_incomplete")
    return reasons


def lacks(job: Job) -> list[str]:
    """Return what the history lacks, as words that stay the same while the window moves on: employer and month."""
    found = coverage.uncovered(job).items()
    return sorted({f"{code} {month if month[0] != '<' else '<'}" for code, months in found for month in months})


def remarks(job: Job, found: Absences) -> list[str]:
    """Return what a person should know of the absence that was read, one sentence each."""
    said = list(found.history.remarks)
    if lacking := coverage.uncovered(job):
        what = "; ".join(f"employer {code}: {months[0]} to {months[-1]}" for code, months in sorted(lacking.items()))
        said.append(f"The history lacks {what}: see `veerpont coverage {job.name}`.")
    if found.gap:
        made_good = "everything was read to make up for it" if found.wide else "changes since then were lost"
        said.append(f"The last successful read is older than absence.connector_window: {made_good}.")
    if not job.integration.absence.reads_widely:
        said.append("The connector cannot be read widely: deletions at the source are not seen.")
    return said
