"""The absence cases for one portal: those in its window, with every day of a person in one case only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
from pydantic import ValidationError

from veerpont.config.integration import Integration
from veerpont.config.sections import AbsenceSettings
from veerpont.flows.absence import coverage
from veerpont.flows.absence.cases import Absences, absences
from veerpont.flows.flow_load import SETTINGS
from veerpont.flows.job import Job, Problems, StagedRecord, Transformed, read_problems, skip_older
from veerpont.model.lines import Line, ToldCase
from veerpont.model.records import AbsenceCase, AbsencePeriod
from veerpont.rules import absence
from veerpont.store import deliveries, kinds, notes, rejects
from veerpont.store.deliveries import State
from veerpont.store.leases import LeaseGuard
from veerpont.systems.portal import Portal
from veerpont.systems.registry import portal

_decode_line = msgspec.json.Decoder(Line).decode


def merged(job: Job, transformed: Transformed, held: LeaseGuard) -> Absences:
    """Merge the read into the history, which is of all portals."""
    accepted: set[str] = set()
    released: set[str] = set()
    settings: dict[str, Integration] = {}
    with job.ledger.session() as session:
        skip_older(job, transformed, notes.noted(session, job.scope, "read"))
        confirmed = rejects.confirmed(session, job.name, job.flow)
        for item in job.integration.portals_for(job.flow):
            told = deliveries.pointer(session, job.scope.to(item.portal), kinds.SNAPSHOTS)
            accepted |= {_decode_line(line).id for line in (job.vault.read(told) if told else ())}
            for row in deliveries.find(session, job.scope.to(item.portal), State.HELD):
                released |= set(row.reasons.split()) if row.decided_by is not None else set()
            noted = notes.noted(session, job.scope.to(item.portal), SETTINGS)
            if noted and noted != settings_of(job.integration):
                settings[item.portal] = with_settings(job.integration, noted)
    return absences(
        job, transformed, held, confirmed=confirmed, released=released, accepted=accepted, settings=settings
    )


def made_by(job: Job, because: Mapping[str, str]) -> str:
    """Return what to note a delivery was made by; nothing as long as a person is asked about other settings.

    because: case → why it waits for a person.
    """
    return "" if "settings" in because.values() else settings_of(job.integration)


def settings_of(integration: Integration) -> str:
    """Return the settings that say which days of absence a portal gets, as JSON."""
    return integration.absence.model_dump_json()


def with_settings(integration: Integration, noted: str) -> Integration:
    """Return the integration with settings that were noted before; as it is where they are of an older version."""
    try:
        return integration.model_copy(update={"absence": AbsenceSettings.model_validate_json(noted)})
    except ValidationError:
        return integration


@dataclass
class Cargo:
    """The cases for one portal.

    `leaving`: what the portal was told and no longer has to know by a rule: out of its window, or on days that another
    case of the same person has. `by_settings`: without a day in its window only since the settings
    are other ones than before. `trimmed`: told lines that are repeated, without the days that another case has now.
    """

    items: list[tuple[StagedRecord, AbsenceCase]]
    problems: Problems
    leaving: set[str]
    by_settings: set[str]
    trimmed: dict[str, Line]
    filtered: int


def cargo(
    job: Job, found: Absences, transformed: Transformed, lines: Callable[[], Iterable[Line]], portal_name: str
) -> Cargo:
    """Choose the cases that a portal gets.

    Args:
        lines: yields what the portal was told last, each time from the start: there may be more than fits in memory.
    """
    target = portal(portal_name)

    # of somebody whose citizen-service number we know, a portal may be told the personnel number all the same
    bsns = {(each.employer_code, each.personnel_number): each.bsn for each in found.cases.values() if each.bsn}

    def told() -> Iterator[_Told]:
        for line in lines():
            case = coverage.case_of(target, line)
            who = line.employer, bsns.get((line.employer, case.person), case.person), case.protocol
            yield _Told(line, case, who)

    problems = read_problems(job.vault, transformed.problems)
    for wrong in found.problems:
        problems.add(wrong.key, wrong.problem, wrong.rows, wrong.employer)
    by_person: dict[tuple[str, str, str], list[tuple[str, str, tuple[AbsencePeriod, ...]]]] = defaultdict(list)
    for case, record in found.cases.items():
        who = (record.employer_code, record.bsn or record.personnel_number, record.protocol)
        by_person[who].append((case, record.changed, record.periods))
    old: dict[str, _Told] = {}
    for each in told():
        if each.line.id not in found.cases:  # it may have to be repeated: then it keeps the days that nothing newer has
            old[each.line.id] = each
            by_person[each.who].append((each.line.id, "", each.periods))
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
            items.append((StagedRecord(case, rows, msgspec.Raw()), shown))
        else:
            filtered += rows
    items.sort(key=lambda item: item[1].order)
    trimmed = {
        case: each.cut(target, days[case]) for case, each in old.items() if days[case] and days[case] != each.periods
    }
    # the portal's rules may refuse what is left of a case: then it is repeated, also without the days of the others
    again = {each.line.id: each for each in told() if each.line.id in found.cases and len(by_person[each.who]) > 1}
    left = {case: each.left(by_person[each.who], days) for case, each in again.items()}
    trimmed |= {
        case: again[case].cut(target, free) for case, free in left.items() if free and free != again[case].periods
    }
    before = wanted
    if old_settings := found.settings.get(portal_name):
        before = wanted | absence.in_delivery(spans, coverage.cutoff(replace(job, integration=old_settings)))
    out = {line.id for line in lines() if line.id not in wanted}
    by_settings = out & before
    leaving = (out - by_settings) | {case for case, free in left.items() if not free}
    return Cargo(items, problems, leaving, by_settings | found.by_settings.get(portal_name, set()), trimmed, filtered)


class _Told(NamedTuple):
    """A case as the portal was told it. `who`: employer, person and protocol, as of the cases that are shown."""

    line: Line
    case: ToldCase
    who: tuple[str, str, str]

    @property
    def periods(self) -> tuple[AbsencePeriod, ...]:
        """Its periods, each with the number of its row for a name."""
        return tuple(
            msgspec.structs.replace(period, guid=str(number)) for number, period in enumerate(self.case.periods)
        )

    def left(
        self, cases: Iterable[tuple[str, str, object]], days: Mapping[str, tuple[AbsencePeriod, ...]]
    ) -> tuple[AbsencePeriod, ...]:
        """Return its periods without the days that the other cases of the person have."""
        others = [(case, "newer", days[case]) for case, *_ in cases if case != self.line.id]
        return absence.disjoint([*others, (self.line.id, "", self.periods)])[self.line.id]

    def cut(self, target: Portal, left: tuple[AbsencePeriod, ...]) -> Line:
        """Return the line with the days that are left of it."""
        line = target.cut(self.line, [(int(period.guid), period) for period in left])
        periods = (msgspec.structs.replace(period, guid=self.case.periods[int(period.guid)].guid) for period in left)
        return msgspec.structs.replace(line, case=msgspec.structs.replace(self.case, periods=tuple(periods)))
