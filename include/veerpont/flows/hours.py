"""What is particular about hours: they are summed, said to be 0 when they were taken out, and refused when paid.

A file of the time registration has all hours of the periods in it. So what it leaves out of such a period was taken
out, believed at once, though many at a time wait for a person as in every flow: many lines, many people of one period,
many rows of the lines that are still there, and in a first file of a period many people of the period before. Of a
period that no file speaks of, or whose payroll run was approved, nothing changes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from veerpont.config.integration import Integration
from veerpont.config.sections import GuardSettings
from veerpont.flows.building import Building
from veerpont.flows.codes import CodesSeen, CodeTable
from veerpont.flows.flow import BaseFlow, Place
from veerpont.flows.flow_load import Compared, FlowLoad, LookedAt, Missing, ShownLine, Streams
from veerpont.flows.guards import too_many_of
from veerpont.flows.job import Job, Problems, Transformed
from veerpont.flows.reading import Reading
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.lines import Line, fingerprint_line
from veerpont.model.messages import Phrase, Words, coded, listed
from veerpont.model.pay_records import Hours
from veerpont.model.records import Record
from veerpont.store import employers, mappings
from veerpont.store.employers import Gate
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Sequence
from veerpont.systems.source import Row

_decode_hours = msgspec.json.Decoder(Hours).decode

MOST_HOURS = Decimal("999.99")
MOST = Decimal("99999999.99")
_CENT = Decimal("0.01")

OUT_OF_RANGE = Problem(
    Stage.TRANSFORM,
    "value",
    "out_of_range",
    coded(
        "record.hours_out_of_range",
        "The hours of this employment in this period come to less than 0 or more than 999,99 of one component, or an "
        "amount is too large: correct them in the time registration.",
    ),
)
CLOSED = Problem(
    Stage.EXPORT,
    "period",
    "period_closed",
    coded(
        "record.period_closed",
        "The payroll run of this period is approved, and the hours are other ones than Loket was sent: put the "
        "difference into an open period, or have the run withdrawn in Loket.",
    ),
)
_SENTENCES = {
    "unmapped": Phrase("run.hours_unmapped", "{rows} of components that hours.components leaves out"),
    "unlisted": Phrase("run.hours_unlisted", "{rows} of {codes} components that hours.components does not list"),
    "older_file": Phrase("run.hours_older_file", "{rows} of files of which a newer one has the same period"),
    "other_period": Phrase("run.hours_other_period", "{rows} of other periods"),
    "old_period": Phrase("run.hours_old_period", "{rows} of periods that ended more than hours.months ago"),
}


COMPONENTS, DEPARTMENTS = "hours.components", "hours.departments"
_OF_NOW = {None, "unlisted", "unmapped"}
"""Why a row is left out that is of a period and a file that count."""


class _Codes:
    """What a read shows of codes, for the desk: which there are, and which components Loket has."""

    def __init__(self, job: Job) -> None:
        self._job, hours = job, job.integration.hours
        self._components = CodesSeen(COMPONENTS, hours.components)
        self._departments = CodesSeen(DEPARTMENTS, hours.departments)
        self._offered: dict[str, str] = {}

    def add(self, row: Row) -> None:
        """Take in a row of an active employer."""
        cells: Any = row["cells"]
        if code := cells.get("code"):
            self._components.add(code, cells["number"], row["left_out"] == "unlisted")
        if (department := cells.get("department")) and self._job.integration.hours.unit != "none":
            known = department in self._job.integration.hours.departments
            self._departments.add(department, cells["number"], not known)
        offered: Any = row.get("offered") or {}
        self._offered |= offered

    def keep(self) -> None:
        """Keep it, in place of what the last read showed."""
        seen = (self._components, self._departments)
        with self._job.ledger.session() as session:
            found = {place: used for each in seen for place, used in each.found().items()}
            mappings.count(session, self._job.name, [each.table for each in seen], found)
            if self._offered:
                offered = dict(sorted(self._offered.items(), key=lambda item: int(item[0])))
                mappings.offer(session, self._job.scope, {self._components.table: offered})


class HoursLoad(FlowLoad):
    """Of a period that no file speaks of nothing changes; of the others a file is believed at once."""

    def __init__(
        self, job: Job, transformed: Transformed, record: type[Record], portal: str, told: Sequence | None
    ) -> None:
        super().__init__(job, transformed, record, portal, told)
        self._spoken_of = Spoken()

    def told_lines(self) -> Iterator[Line]:
        return recent(self.job, super().told_lines())

    def compare(self, streams: Streams) -> Iterable[LookedAt]:
        before = Beside(self.told_lines())
        return streams.split(whole_columns=False, shown=lambda lines: open_only(lines, before, self._spoken_of))

    def limit(self, streams: Streams) -> None:
        """What is shown is of other periods each time, so that many new lines say nothing."""

    def missing(self, comparison: Compared, _before: Mapping[str, str]) -> Missing:
        unread: set[str] = set()
        quiet: Counter[str] = Counter()
        for line in not_spoken_of(self.told_lines(), self._spoken_of):
            if line.id in comparison.told:
                unread.add(line.id)
            else:
                quiet[line.employer] += 1
        return Missing(believed=set(comparison.told), unread=unread, unread_quiet=quiet)

    def doubts(self, comparison: Compared, approved: Set[str]) -> list[str]:
        limits = self.job.integration.guards
        return guard(self.told_lines, self._open, comparison, self._spoken_of, approved, limits)

    def _open(self) -> Iterator[Hours]:
        return (record for _, record in self.records() if isinstance(record, Hours) and not record.closed)


class HoursFlow(BaseFlow):
    """Hours come from dropped files, whose rows say themselves why they are left out."""

    record = Hours
    load = HoursLoad
    tables = (
        CodeTable(COMPONENTS, mends=("unknown_component", "blocked_component")),
        CodeTable(DEPARTMENTS, mends=("unknown_unit",)),
        CodeTable("hours.client_numbers"),
    )

    def unmapped(self, integration: Integration) -> list[Words]:
        if integration.hours.components:
            return []
        return [
            coded(
                "settings.no_components",
                "hours.components is missing: each code of an hour or wage component in the file → "
                "the number of the component in Loket, or null to leave it out. After a run, the "
                "desk (Codes) shows which codes there are.",
            )
        ]

    def read(self, reading: Reading) -> None:
        job, system, gate = reading.job, reading.system, reading.gate
        left: Counter[str] = Counter()
        unlisted: set[object] = set()
        codes = _Codes(job)
        for page in reading.pages():
            for row in page:
                code, why = system.employer_code(job.flow, row), row["left_out"]
                if gate.get(code or "") is Gate.ACTIVE and why in _OF_NOW:
                    codes.add(row)
                if why is not None:
                    left[str(why)] += 1
                    unlisted |= {row["field"]} if why == "unlisted" else set()
                elif gate.get(code or "") is Gate.ACTIVE:
                    reading.stage(row)
                else:
                    found = system.record(job.flow, row)
                    if isinstance(found, Problem):  # of nobody that we know of
                        reading.reject(system.key(job.flow, row), row, found)
        reading.filtered = left.total()
        codes.keep()
        if lacking := self.unmapped(job.integration):  # only now: before a read nobody can say which codes there are
            raise SettingsError(lacking[0])
        # never which codes: a column that was mapped wrongly may hold anything
        said = [_SENTENCES[why].of(rows=count, codes=len(unlisted)) for why, count in left.items()]
        if said:
            left_out = coded(
                "run.hours_left_out", "Left out of {rows} rows: {what}.", rows=reading.read, what=listed(said)
            )
            reading.remarks.append(left_out)

    def build(self, building: Building) -> None:
        rows = Sorter(building.job.vault, f"{building.job.folder}/hours")
        for record, count in summed(building.records(Hours), building.problems, rows):
            building.stage(record.id, count, record)

    def why_not(self, place: Place, key: str) -> str:
        return (
            "no file that was dropped has hours of this employment in this period, of a component that "
            "hours.components lists. The key of hours is the employment's with the period behind it: "
            "<GUID>/2026-11."
        )

    def to_remove(self, lines: Mapping[str, str]) -> Mapping[str, str]:
        """Hours are the payroll's own business: nothing is taken out of it."""
        return {}


def summed(found: Iterable[tuple[str, bytes, Hours]], problems: Problems, rows: Sorter) -> Iterator[tuple[Hours, int]]:
    """Yield one record for each value that the payroll gets, with the number of its rows, in the order of a file.

    Hours are summed beforehand, and have two decimals (docs/reference/loket.md, 5).

    Args:
        rows: sorts them, so that only those of one payroll number in one period are held.
    """
    for _, _, record in found:
        rows.add(f"{record.order}\t{record.key}", msgspec.json.encode(record))
    each = (_sum([_decode_hours(content) for *_, content in group]) for _, group in groupby(rows, key=itemgetter(0)))
    for _, of_one in groupby(each, key=lambda found: (found[0].part, found[0].number)):
        values = list(of_one)
        for record, _ in values:
            if not (0 <= record.value <= MOST_HOURS if record.is_hours else abs(record.value) <= MOST):
                problems.add(record.key, OUT_OF_RANGE, rows=0, employer=record.employer_code)
        for record, count in values:
            if record.key in problems:  # an employment of which one value is bad waits with all of the period
                problems.cost(record.key, count)
            else:
                yield record, count


def _sum(found: list[Hours]) -> tuple[Hours, int]:
    value = sum((record.value for record in found[1:]), found[0].value)
    return msgspec.structs.replace(found[0], value=value.quantize(_CENT, ROUND_HALF_UP)), len(found)


def recent(job: Job, told: Iterable[Line]) -> Iterator[Line]:
    """Yield what the payroll was told of periods that rows may still be of; the others are over.

    Nor of an employer that was purged: its hours are its payroll's own business, and nothing is taken out of it.
    """
    with job.ledger.session() as session:
        ours = {
            code for code, row in employers.states(session, job.name).items() if row.state == Gate.ACTIVE or row.frozen
        }
    oldest = _oldest(job).isoformat()
    return (line for line in told if line.employer in ours and (line.values["ends"] or "") >= oldest)


@dataclass
class Spoken:
    """What the files say of the periods that are open. A part is an administration and period.

    `parts`: those that have a line. `fewer`: part → line id → how many rows fewer than before it is the sum of, of the
    lines that say something else.
    """

    parts: set[str] = field(default_factory=set)
    fewer: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))


class Beside:
    """What was told, beside lines that come in the order of a file."""

    def __init__(self, told: Iterable[Line]) -> None:
        self._told = groupby(told, key=attrgetter("order"))
        self._order, self._here = "", list[Line]()

    def of(self, line: Line) -> Line | None:
        """Return what was told of a line; None where that was nothing."""
        while self._order < line.order and (found := next(self._told, None)):
            self._order, self._here = found[0], list(found[1])
        return next((each for each in self._here if (each.id, each.order) == (line.id, line.order)), None)


def open_only(lines: Iterator[ShownLine], before: Beside, spoken_of: Spoken) -> Iterator[ShownLine]:
    """Pass lines on; one that would change a period whose payroll run was approved becomes a problem.

    Args:
        before: knows what was told.
        spoken_of: gets the parts that are open and have a line.
    """
    for item, record, line in lines:
        if not isinstance(record, Hours) or isinstance(line, Problem):
            yield item, record, line
            continue
        told = before.of(line)
        if record.closed and (told is None or _differ(told, line)):
            yield item, record, CLOSED
            continue
        if not record.closed:
            spoken_of.parts.add(record.part)
            # a line that is to leave says that something was taken out
            if told is not None and told.leaves_on is None and item.rows < told.summed and _differ(told, line):
                spoken_of.fewer[record.part][line.id] = told.summed - item.rows
        yield item, record, msgspec.structs.replace(line, summed=item.rows)


def _differ(told: Line, line: Line) -> bool:
    return fingerprint_line(told) != fingerprint_line(line)


def not_spoken_of(told: Iterable[Line], spoken_of: Spoken) -> Iterator[Line]:
    """Yield the lines of parts that the read says nothing about."""
    return (line for line in told if line.values["part"] not in spoken_of.parts)


def guard(
    told: Callable[[], Iterable[Line]],
    shown: Callable[[], Iterable[Hours]],
    comparison: Compared,
    spoken_of: Spoken,
    approved: Set[str],
    limits: GuardSettings,
) -> list[str]:
    """Let removals wait by which too many people of a part lose all; return why all has to wait for a person.

    Args:
        told: yields what the payroll was told, part by part.
        shown: yields what the files say of the periods that are open.
        comparison: after `decide`.
        approved: line ids whose removal a person released.
    """
    if not spoken_of.parts:
        return []
    going = (comparison.removed & comparison.missing) - approved
    rows: dict[str, int] = {}
    lose_all = False
    for part, lines in _by_part(told()):
        rows[part], people = 0, dict[str, bool]()
        for line in lines:
            rows[part] += line.summed
            person = _person(line.id)
            people[person] = people.get(person, True) and line.id in going
        lose_all = lose_all or too_many_of(sum(people.values()), len(people), limits)
    if lose_all:
        comparison.ask_first(going)
    wrong = {_person(found.key) for found in comparison.problems}
    reasons = []
    for part in sorted(spoken_of.parts):
        if part in rows:
            # one that is not held crosses
            fewer = spoken_of.fewer.get(part, {}).items()
            lost = sum(count for each, count in fewer if each not in comparison.told or comparison.accepted(each))
            if too_many_of(lost, rows[part], limits):
                reasons.append(f"fewer_rows:{part}")
        elif before := _before(part, rows):
            people_before = {_person(line.id) for each, lines in _by_part(told()) if each == before for line in lines}
            gone = people_before - {_person(record.id) for record in shown() if record.part == part} - wrong
            if too_many_of(len(gone), len(people_before), limits):
                reasons.append(f"fewer_people:{part}")
    return reasons


def _by_part(told: Iterable[Line]) -> Iterator[tuple[str, Iterator[Line]]]:
    """Yield what was told of each part, but for what says that something was taken out."""
    return groupby((line for line in told if line.leaves_on is None), key=lambda line: str(line.values["part"]))


def _before(part: str, known: Iterable[str]) -> str | None:
    """Return the last part before this one, of the same administration."""
    administration = part.rsplit("_", 2)[0]
    earlier = [each for each in known if each.rsplit("_", 2)[0] == administration and each < part]
    return max(earlier, default=None)


def _person(identity: str) -> str:
    """Return whose line it is: how its id begins."""
    return identity.partition("/")[0]


def _oldest(job: Job) -> date:
    months = job.today.year * 12 + job.today.month - 1 - job.integration.hours.months
    return date(months // 12, months % 12 + 1, 1)
