"""Absence: from the lines of the history to the cases that a portal gets, all of a case together.

A case that the portal accepted and that fails now is repeated as it was accepted; one that was never accepted is left
out. Either way it is a reject.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import msgspec

from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import Line
from veerpont.model.records import AbsenceCase, AbsenceLine, AbsencePeriod
from veerpont.pipeline import coverage, history, reading
from veerpont.pipeline.batch import Found, Item, Job, Problems, Transformed, duplicate, read_problems
from veerpont.pipeline.history import Entry, History
from veerpont.pipeline.index import IndexEntry, read_index
from veerpont.rules import absence
from veerpont.sources import source
from veerpont.store.leases import Held

CHAIN = timedelta(days=28)

UNKNOWN_PERSON = Problem(
    Stage.TRANSFORM,
    "Guid_medewerker",
    "unknown_employee",
    "The employees flow did not bring this person at this employer, so the portal would refuse the case. Look among "
    "the rejects of employees, or run that flow.",
)
UNKNOWN_TYPE = Problem(
    Stage.TRANSFORM,
    "Type",
    "unknown_type",
    "This absence type is in no table: say under absence.types whether it is Ziekte, Zwangerschap or null (leave out).",
)
NO_CAUSE = Problem(
    Stage.TRANSFORM,
    "Type",
    "no_cause",
    "No cause code of the portal is set for this absence type at this employer: add it under absence.causes.",
)
BEFORE_CONTRACT = Problem(
    Stage.TRANSFORM,
    "Begindatum_voor_contract",
    "began_before_contract",
    "The illness is older than the contract. Confirm with `veerpont rejects confirm` that it may be sent from the day "
    "on which the case begins, or correct it at the source.",
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
    may confirm. `filtered`: rows of this read that are of another kind of leave, or of no day yet. `gap`: changes were
    lost before this read. `held`: rows of a read that is not believed. `read`: something was read.
    `seen`: every case that the history has, good or not.
    """

    history: History
    problems: list[Found] = field(default_factory=list)
    codes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cases: dict[str, AbsenceCase] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    filtered: int = 0
    gap: bool = False
    held: int = 0
    read: bool = True
    seen: set[str] = field(default_factory=set)


@dataclass
class Cargo:
    """The cases for one portal.

    `leaving`: what the portal was told and no longer has to know by a rule: out of its window, or on days that another
    case of the same person has. `trimmed`: told lines that are repeated, without the days that another case has now.
    """

    items: list[tuple[Item, AbsenceCase]]
    problems: Problems
    leaving: set[str]
    trimmed: dict[str, Line]
    filtered: int


def absences(
    job: Job,
    transformed: Transformed,
    held: Held,
    *,
    confirmed: Mapping[str, str],
    released: Collection[str],
    accepted: Collection[str],
) -> Absences:
    """Merge what was read into the history, keep it, and make cases of it.

    Args:
        held: the lease of the integration's absence.
        confirmed: record key → fingerprint of the change that a person confirmed.
        released: reasons of held deliveries that a person released.
        accepted: the cases that a portal has: nobody is asked about them any more.
    """
    gap = reading.missed_changes(job)
    known = history.take_in(job, transformed, released)
    found = Absences(known, gap=gap, read=transformed.complete)
    if known.doubts:
        found.held, known.rows = known.rows.total(), Counter()
    people = _People(job)
    spans: list[absence.Span] = []
    began: Counter[tuple[str, str]] = Counter()
    dated: dict[str, str] = {}
    for case, lines, wrong in _cases(job, known):
        made: AbsenceCase | Problem | None = None
        if wrong is None:
            head = absence.head(lines)
            dated[case] = head.type
            began[head.employer_code, f"{head.begin:%Y-%m}"] += known.rows[case]
            protocol = absence.protocol(head.type, job.integration.absence.types)
            if protocol is None:
                found.filtered += known.rows[case]
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
        elif wrong is None and made is None:
            found.filtered += known.rows[case]
        elif isinstance(made, Problem):
            found.problems.append(Found(case, known.rows[case], made, head.employer_code))
        elif wrong is not None:  # a reject of the case and not of the line: what the portal has of it is repeated
            entry, what = wrong
            found.problems.append(Found(case, known.rows[case], what, entry.employer))
    _forget_the_old(found, absence.in_delivery(spans, coverage.cutoff(job)), dated)
    found.seen = {entry.case or key for key, entry in known.entries.items()}
    found.filtered += sum(rows for case, rows in known.rows.items() if case not in found.seen)  # no longer active
    if not known.doubts:
        since = coverage.cutoff(job) - CHAIN
        keep = absence.in_delivery(spans, since)
        history.prune(known, keep | absence.leave_between(spans, keep), dated, since)
        if transformed.complete or known.entries:
            history.keep(job, known, transformed, held, began)
    return found


def _forget_the_old(found: Absences, wanted: Collection[str], dated: Mapping[str, str]) -> None:
    """Filter what is wrong with cases that no portal asks for: nobody has to repair what is years old.

    Args:
        wanted: the cases in the portal's window, and in the chains before it.
        dated: the cases whose days are known, with their type.
    """
    problems, found.problems = found.problems, []
    for wrong in problems:
        if wrong.key in dated and wrong.key not in wanted:
            found.filtered += wrong.rows
            found.questions.pop(wrong.key, None)
            continue
        found.problems.append(wrong)
        if wrong.problem in {UNKNOWN_TYPE, NO_CAUSE}:
            found.codes[wrong.problem.reason, wrong.employer, dated[wrong.key][:60]] += 1


def _cases(job: Job, known: History) -> Iterator[tuple[str, list[AbsenceLine], tuple[Entry, Problem] | None]]:
    """Yield case, its lines, and of a case with a bad line that line and its problem."""
    system = source(job.integration.source.system)
    decode = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode

    def case_of(entry: Entry) -> str:
        return entry.case or entry.key

    ordered = sorted(known.entries.values(), key=lambda entry: (case_of(entry), entry.key))
    for case, entries in groupby(ordered, case_of):  # the lines of one case at a time: all of them take a lot of memory
        lines: list[AbsenceLine] = []
        wrong: tuple[Entry, Problem] | None = None
        for entry in entries:
            record = system.record(job.flow, decode(entry.row))
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
        first_day_back=job.integration.recovery_date_is == "first_day_back",
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


def doubts(job: Job, found: Absences, complete: bool) -> list[str]:
    """Return why a delivery must wait: a read that is not believed, or a history that is shorter than the window.

    Args:
        complete: whether the portal takes complete files, and may delete what they leave out.
    """
    reasons = list(found.history.doubts)
    if complete and found.read and job.integration.portal_deletes != "log" and coverage.uncovered(job):
        reasons.append("history_incomplete")
    return reasons


def believed_gone(job: Job, found: Absences, told: Mapping[str, str]) -> set[str]:
    """Return which told cases are gone for certain, should they not be among the good ones.

    Those of which the history still has lines, that say something else now; and those that it forgot since two wide
    reads agreed. What was never read widely since its employer became active may just not have been read yet.

    Args:
        told: case → employer, of what a portal was told.
    """
    unread = coverage.uncovered(job)
    widely = job.integration.absence.reads_widely
    return {case for case, employer in told.items() if case in found.seen or (widely and employer not in unread)}


def remarks(job: Job, found: Absences) -> list[str]:
    """Return what a person should know of the absence that was read, one sentence each."""
    said = []
    if lacking := coverage.uncovered(job):
        what = "; ".join(f"employer {code}: {months[0]} to {months[-1]}" for code, months in sorted(lacking.items()))
        said.append(f"The history lacks {what}: see `veerpont coverage {job.name}`.")
    if found.gap:
        said.append("The last successful read is older than absence.connector_window: changes since then were lost.")
    if not job.integration.absence.reads_widely:
        said.append("The connector cannot be read widely: deletions at the source are not seen.")
    return said


# -- for one portal ----------------------------------------------------------------------------------------------------


def cargo(job: Job, found: Absences, transformed: Transformed, told: list[Line]) -> Cargo:
    """Choose the cases that a portal gets.

    Args:
        told: what the portal was told last.
    """
    problems = read_problems(job.vault, transformed.problems)
    for wrong in found.problems:
        problems.add(wrong.key, wrong.problem, wrong.rows, wrong.employer)
    by_person: dict[tuple[str, str, str], list[tuple[str, str, tuple[AbsencePeriod, ...]]]] = defaultdict(list)
    for case, record in found.cases.items():
        who = (record.employer_code, record.bsn or record.personnel_number, record.protocol)
        by_person[who].append((case, record.changed, record.periods))
    old: dict[str, Line] = {}
    for line in told:
        if line.id not in found.cases:  # it may have to be repeated: then it keeps the days that nothing newer has
            old[line.id] = line
            by_person[_who(line)].append((line.id, "", _periods(line)))
    days: dict[str, tuple[AbsencePeriod, ...]] = {}
    spans = []
    for who, cases in by_person.items():
        for case, periods in (absence.disjoint(cases) if len(cases) > 1 else {cases[0][0]: cases[0][2]}).items():
            days[case] = tuple(periods)
            if periods:
                spans.append(absence.Span(case, who[:2], who[2], periods[0].begin, periods[-1].end))
    wanted = absence.in_delivery(spans, coverage.cutoff(job))
    items, filtered = [], found.filtered
    for case, record in found.cases.items():
        rows = found.history.rows[case]
        if case in wanted:
            shown = record if days[case] is record.periods else msgspec.structs.replace(record, periods=days[case])
            items.append((Item(case, rows, msgspec.Raw()), shown))
        else:
            filtered += rows
    items.sort(key=lambda item: item[1].order)
    trimmed = {
        case: _trim(line, days[case]) for case, line in old.items() if days[case] and days[case] != _periods(line)
    }
    # the portal's rules may refuse what is left of a case: then it is repeated, also without the days of the others
    again = {line.id: line for line in told if line.id in found.cases and len(by_person[_who(line)]) > 1}
    left = {case: _left(line, by_person[_who(line)], days) for case, line in again.items()}
    trimmed |= {case: _trim(again[case], free) for case, free in left.items() if free and free != _periods(again[case])}
    leaving = {line.id for line in told if line.id not in wanted or not left.get(line.id, True)}
    return Cargo(items, problems, leaving, trimmed, filtered)


def _who(line: Line) -> tuple[str, str, str]:
    values = line.values
    return line.employer, values.get("BSN") or values.get("Personeelsnummer") or "", values.get("Protocol") or ""


def _periods(line: Line) -> tuple[AbsencePeriod, ...]:
    """Return the periods of a case as the portal was told them, each with the number of its row for a name."""
    return tuple(
        AbsencePeriod(
            str(number),
            date.fromisoformat(row["StartdatumTrajectVerloop"] or ""),
            date.fromisoformat(end) if (end := row.get("EinddatumTrajectVerloop")) else None,
            Decimal(row.get("Verzuimpercentage") or 0),
        )
        for number, row in enumerate(line.rows)
    )


def _left(
    line: Line, cases: Iterable[tuple[str, str, object]], days: Mapping[str, tuple[AbsencePeriod, ...]]
) -> tuple[AbsencePeriod, ...]:
    """Return the periods of a told line without the days that the other cases of the person have."""
    others = [(case, "newer", days[case]) for case, *_ in cases if case != line.id]
    return absence.disjoint([*others, (line.id, "", _periods(line))])[line.id]


def _trim(line: Line, periods: tuple[AbsencePeriod, ...]) -> Line:
    """Return a told line with the days that are left of it."""
    rows = line.rows
    kept = [
        {
            **rows[int(period.guid)],
            "StartdatumTrajectVerloop": period.begin.isoformat(),
            "EinddatumTrajectVerloop": period.end.isoformat() if period.end else None,
        }
        for period in periods
    ]
    return msgspec.structs.replace(line, values=kept[0], more=tuple(kept[1:]))
