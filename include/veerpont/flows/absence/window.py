"""The absence cases for one portal: those in its window, with every day of a person in one case only."""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import itemgetter

import msgspec
from pydantic import ValidationError

from veerpont.config.integration import Integration
from veerpont.config.sections import AbsenceSettings
from veerpont.flows.absence import coverage
from veerpont.flows.absence.cases import Absences, SaidBefore, absences
from veerpont.flows.absence.narrow import narrowed
from veerpont.flows.absence.persons import Good, sort_key
from veerpont.flows.absence.standing import Narrow, conditions
from veerpont.flows.flow_load import SETTINGS
from veerpont.flows.job import Job, Problems, Transformed, read_problems, skip_older
from veerpont.model.failures import PassingError
from veerpont.model.lines import Line, ToldCase
from veerpont.model.marks import Marks
from veerpont.model.messages import coded
from veerpont.model.records import AbsencePeriod
from veerpont.rules import absence
from veerpont.store import deliveries, employers, notes, rejects
from veerpont.store.deliveries import State
from veerpont.store.leases import LeaseGuard
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.portal import Portal
from veerpont.systems.registry import knows_by_bsn, portal

_AT_ONCE = 2_000
"""So many cases are looked at together."""


def merged(job: Job, transformed: Transformed, held: LeaseGuard) -> Absences:
    """Merge the read into the history, which is of all portals; of an hourly one make the cases of whom it touches."""
    now = conditions(job)  # before anything is asked that it is about
    told: list[Sequence] = []
    released: set[str] = set()
    settings: dict[str, Integration] = {}
    with job.ledger.session() as session:
        skip_older(job, transformed, notes.noted(session, job.scope, "read"))
        confirmed = rejects.confirmed(session, job.name, job.flow)
        still_open = rejects.open_keys(session, job.name, job.flow)
        for item in job.integration.portals_for(job.flow):
            snapshot = deliveries.told(session, job.scope.to(item.portal))
            told += [snapshot] if snapshot else []
            for row in deliveries.find(session, job.scope.to(item.portal), State.HELD):
                released |= set(row.reasons.split()) if row.decided_by is not None else set()
            noted = notes.noted(session, job.scope.to(item.portal), SETTINGS)
            if noted and noted != settings_of(job.integration):
                settings[item.portal] = with_settings(job.integration, noted)
    said = SaidBefore(confirmed, released, _Accepted(job.vault, told), settings, still_open)
    found = narrowed(job, transformed, held, said, now) or absences(job, transformed, held, said)
    found.conditions = now
    return found


class _Accepted:
    """The cases that a portal has; looked up once somebody asks."""

    def __init__(self, vault: Vault, snapshots: Collection[Sequence]) -> None:
        self._vault, self._snapshots = vault, snapshots

    @cached_property
    def _marks(self) -> Marks:
        marks = Marks()
        for snapshot in self._snapshots:
            for line in self._vault.read(snapshot):
                marks.add(_decode_head(line).id)
        return marks

    def __contains__(self, case: object) -> bool:
        return isinstance(case, str) and case in self._marks


def made_by(job: Job, because: Mapping[str, str]) -> str:
    """Return what to note a delivery was made by; nothing as long as a person is asked about other settings.

    because: case → why it waits for a person.
    """
    return "" if "settings" in because.values() else settings_of(job.integration)


def settings_of(integration: Integration) -> str:
    """Return the settings that say which days of absence a portal gets, as JSON."""
    return integration.absence.model_dump_json(exclude={"count_reasons"})


def with_settings(integration: Integration, noted: str) -> Integration:
    """Return the integration with settings that were noted before; as it is where they are of an older version."""
    try:
        return integration.model_copy(update={"absence": AbsenceSettings.model_validate_json(noted)})
    except ValidationError:
        return integration


@dataclass
class Cargo:
    """The cases for one portal.

    `items`: the cases, in the order of a file (`persons.Good`). `leaving`: what the portal was told and no longer has
    to know by a rule: out of its window, or on days that another case of the same person has. `by_settings`: without a
    day in its window only since the settings are other ones than before. `trimmed`: told lines that are repeated,
    without the days that another case has now. `unwanted`: good cases outside its window. `joined`: cases lose
    days since the portal is not told their employment any more.
    """

    items: Sorter
    problems: Problems
    leaving: set[str]
    by_settings: set[str]
    trimmed: dict[str, Line]
    filtered: int
    unwanted: set[str]
    joined: bool


def cargo(
    job: Job, found: Absences, transformed: Transformed, told: Callable[[], Iterable[bytes]], portal_name: str
) -> Cargo:
    """Choose the cases that a portal gets.

    Args:
        told: yields the lines that the portal was told last, each time from the start: there may be more than fits in
            memory.
    """
    problems = read_problems(job.vault, transformed.problems)
    for wrong in found.problems:
        problems.add(wrong.key, wrong.problem, wrong.rows, wrong.employer)
    return _Choice(job, found, told, portal_name).cargo(problems)


class _Told(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A case as the portal was told it."""

    id: str
    case: ToldCase

    @property
    def periods(self) -> tuple[AbsencePeriod, ...]:
        """Its periods, each with the number of its row for a name."""
        return tuple(
            msgspec.structs.replace(period, guid=str(number)) for number, period in enumerate(self.case.periods)
        )


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What is needed of a line that the portal was told. `case`: None in lines from before there was one."""

    id: str
    employer: str
    case: ToldCase | None = None


class _Whose(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Whose case the portal was told (`ToldCase`)."""

    person: str


class _WhoseLine(msgspec.Struct, frozen=True, gc=False):
    """As `_Head`, of which the days are not read."""

    id: str
    employer: str
    case: _Whose | None = None


_encode = msgspec.json.encode
_decode_whose = msgspec.json.Decoder(_WhoseLine).decode
_decode_line = msgspec.json.Decoder(Line).decode
_decode_head = msgspec.json.Decoder(_Head).decode
_decode_told = msgspec.json.Decoder(_Told).decode
_decode_good = msgspec.json.Decoder(Good).decode


def told_of(job: Job, narrow: Narrow, told: Sequence | None, portal_name: str) -> list[bytes]:
    """Return what the portal was told of whom a load looks at, and of employers that it may have no longer."""
    found = []
    with job.ledger.session() as session:
        covered = employers.covered(session, job.name)  # as it is now: an employer may be purged at any moment
    if told is None or not (narrow.cases or narrow.people or narrow.standing[portal_name].told.keys() - covered):
        return []
    for content in job.vault.read(told):
        line = _decode_whose(content)
        case = line.case or coverage.case_of(portal(portal_name), _decode_line(content))
        looked_at = line.id in narrow.cases or (line.employer, case.person) in narrow.people
        if looked_at or line.employer not in covered:
            found.append(content)
    return found


_Alike = tuple[str, int | None]
"""A protocol, and an employment where these are kept apart."""


class _Person:
    """The cases of one person at a portal: what the history makes of them, and what the portal was told.

    `days`: case → its days without those that another case has. `elsewhere`: what the portal was told of this person
    and the history says of another one.

    Args:
        good: the keys of all good cases, whosever they are.
        by_employment: the portal is told the employment of a case. Each has days of its own then, once all that the
            portal has of the person says its employment.
    """

    def __init__(self, cases: list[Good], told: list[_Told], good: Container[str], by_employment: bool) -> None:
        self.cases, self.told = cases, told
        was = {each.id: each.case.employment for each in told}
        now = {each.case: each.record.employment_number for each in cases}
        apart = by_employment and None not in {*was.values(), *now.values()}
        self._employments = was | now if apart else {}
        own = {each.case for each in cases}
        others = [each for each in told if each.id not in own]
        self.elsewhere = {each.id for each in others if each.id in good}
        self._alike: dict[_Alike, list[tuple[str, str, tuple[AbsencePeriod, ...]]]] = defaultdict(list)
        for each in cases:
            alike = self._alike[self._group(each.case, each.record.protocol)]
            alike.append((each.case, each.record.changed, each.record.periods))
        for old in others:
            if old.id not in self.elsewhere:  # it may be repeated: then it keeps the days that nothing newer has
                self._alike[self._group(old.id, old.case.protocol)].append((old.id, "", old.periods))
        self.days: dict[str, tuple[AbsencePeriod, ...]] = {}
        for alike in self._alike.values():
            self.days |= absence.disjoint(alike) if len(alike) > 1 else {alike[0][0]: alike[0][2]}
        self._own = own

    def _group(self, case: str, protocol: str) -> "_Alike":
        """Return among which cases no day is told twice."""
        return protocol, self._employments.get(case)

    def joins(self) -> bool:
        """Tell whether a case loses days of which the portal was told the employment."""
        numbered = {each.id for each in self.told if each.case.employment is not None}
        return bool(numbered) and any(case in numbered for case, _ in self.cuts())

    def spans(self, who: str) -> Iterator[absence.Span]:
        """Yield the days of each case that has any."""
        for (protocol, _), alike in self._alike.items():
            for case, *_ in alike:
                if periods := self.days[case]:
                    yield absence.Span(case, who, protocol, periods[0].begin, periods[-1].end)

    def cuts(self) -> Iterator[tuple[str, tuple[AbsencePeriod, ...]]]:
        """Yield the told cases that other cases have days of, and what is left of each if it is repeated."""
        for each in self.told:
            alike = self._alike.get(self._group(each.id, each.case.protocol), ())
            if each.id not in self._own and each.id not in self.elsewhere:
                left = self.days[each.id] or each.periods  # of one without any it is not asked
            elif len(alike) > 1:
                # the portal's rules may refuse what is left of a case: then it is repeated, without the others' days
                others = [(case, "newer", self.days[case]) for case, *_ in alike if case != each.id]
                left = absence.disjoint([*others, (each.id, "", each.periods)])[each.id]
            else:
                continue
            if left != each.periods:
                yield each.id, left


class _Choice:
    """The choice of the cases for one portal."""

    def __init__(self, job: Job, found: Absences, told: Callable[[], Iterable[bytes]], portal_name: str) -> None:
        self.job, self.found, self.told, self.name = job, found, told, portal_name
        self.target = portal(portal_name)
        self.by_employment = "employment_number" in self.target.names(job.integration, job.flow)
        self.joined = False
        self.folder = f"{job.folder}/window-{portal_name}"
        self.items = Sorter(job.vault, f"{self.folder}/items")
        self.filtered = found.filtered
        self.cuts: dict[str, tuple[AbsencePeriod, ...]] = {}
        self.out: set[str] = set()
        self.before: set[str] = set()
        self.elsewhere: set[str] = set()
        self.unwanted: set[str] = set()

    def cargo(self, problems: Problems) -> Cargo:
        cutoff, settings = coverage.cutoff(self.job), self.found.settings.get(self.name)
        older = coverage.cutoff(replace(self.job, integration=settings)) if settings else cutoff
        for people in _together(self._people()):
            spans = [span for who, person in people for span in person.spans(who)]
            wanted = absence.in_delivery(spans, cutoff)
            self.before |= absence.in_delivery(spans, older) - wanted if settings else set()
            for _, person in people:
                self._take(person, wanted)
        self._look_elsewhere()
        by_settings = self.out & self.before
        leaving = (self.out - by_settings) | {case for case, left in self.cuts.items() if not left}
        by_settings |= self.found.by_settings.get(self.name, set())
        return Cargo(
            self.items, problems, leaving, by_settings, self._trimmed(), self.filtered, self.unwanted, self.joined
        )

    def _people(self) -> Iterator[tuple[str, _Person]]:
        """Yield everybody with all their cases."""
        old = ((who, None, _decode_told(content)) for who, _, content in self._told_by_person())
        new = ((who, _decode_good(content), None) for who, _, content in self.found.made)
        for who, both in groupby(merge(old, new, key=itemgetter(0)), key=itemgetter(0)):
            found = list(both)
            cases = [good for _, good, _ in found if good is not None]
            told = [each for *_, each in found if each is not None]
            yield who, _Person(cases, told, self.found.good, self.by_employment)

    def _told_by_person(self) -> Sorter:
        """Sort what the portal was told by whose it is.

        Of somebody whose citizen-service number we know, it may be told the personnel number all the same.
        """
        bsns = {}
        for _, _, content in self.found.made if knows_by_bsn(self.job.integration) else ():
            record = _decode_good(content).record
            if record.bsn:
                bsns[record.employer_code, record.personnel_number] = record.bsn
        told = Sorter(self.job.vault, f"{self.folder}/told")
        for content in self.told():
            line = _decode_head(content)
            case = line.case or coverage.case_of(self.target, _decode_line(content))
            person = bsns.get((line.employer, case.person), case.person)
            told.add(sort_key(line.employer, person), _encode(_Told(line.id, case)))
        return told

    def _take(self, person: _Person, wanted: Collection[str]) -> None:
        """Take in what becomes of the cases of one person."""
        for each in person.cases:
            if each.case not in wanted:
                self.filtered += each.rows
                self.unwanted.add(each.case)
                continue
            record, days = each.record, person.days[each.case]
            shown = record if days is record.periods else msgspec.structs.replace(record, periods=days)
            self.items.add(shown.order.translate(_IN_ONE_LINE), _encode(Good(each.case, each.rows, shown)))
        self.cuts.update(person.cuts())
        self.joined |= not self.by_employment and person.joins()
        self.elsewhere |= person.elsewhere
        self.out |= {each.id for each in person.told if each.id not in wanted} - person.elsewhere

    def _look_elsewhere(self) -> None:
        """See what becomes of the told cases that are of another person now, by another number for one.

        Raises PassingError when two cases were taken for one; by the next attempt they are two.
        """
        if not self.elsewhere:
            return
        made = (_decode_good(content).case for _, _, content in self.found.made)
        good = {case for case in made if case in self.elsewhere}
        if good != self.elsewhere:
            raise PassingError(
                coded(
                    "run.cases_look_alike",
                    "Two cases of absence looked like one, which happens by chance: run the load again.",
                )
            )
        self.out |= good.difference(_decode_good(content).case for _, _, content in self.items)

    def _trimmed(self) -> dict[str, Line]:
        """Return the told lines that lose days, as they would be repeated."""
        left = {case: periods for case, periods in self.cuts.items() if periods}
        lines = map(_decode_line, self.told()) if left else ()
        return {line.id: _cut(self.target, line, left[line.id]) for line in lines if line.id in left}


_IN_ONE_LINE = str.maketrans("\n\0", "\x01\x01")
"""What has to stand in one line of a sorted run."""


def _together(people: Iterable[tuple[str, _Person]]) -> Iterator[list[tuple[str, _Person]]]:
    """Yield many people at once."""
    held: list[tuple[str, _Person]] = []
    for each in people:
        held.append(each)
        if len(held) >= _AT_ONCE:
            yield held
            held = []
    yield held


def _cut(target: Portal, line: Line, left: tuple[AbsencePeriod, ...]) -> Line:
    """Return the line with the days that are left of it."""
    case = coverage.case_of(target, line)
    cut = target.cut(line, [(int(period.guid), period) for period in left])
    periods = (msgspec.structs.replace(period, guid=case.periods[int(period.guid)].guid) for period in left)
    return msgspec.structs.replace(cut, case=msgspec.structs.replace(case, periods=tuple(periods)))
