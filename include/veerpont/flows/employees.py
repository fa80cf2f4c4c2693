"""The flow employees: one record for each employer, person and employment number, among its contract and roster rows.

All rows are sorted to where their employment stands in a file, so that what has to be compared stands together and no
more than that is held.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows import index, links
from veerpont.flows.building import Building
from veerpont.flows.flow import BaseFlow, Place
from veerpont.flows.flow_load import Companion, Compared, FlowLoad
from veerpont.flows.job import Job, Problems, duplicate
from veerpont.flows.links import Links
from veerpont.flows.reading import Reading, known_people, read_by_employer
from veerpont.flows.returned import Returned, read_returned
from veerpont.model.failures import Problem
from veerpont.model.lines import Line
from veerpont.model.marks import Marks
from veerpont.model.messages import coded
from veerpont.model.records import Employment, Record
from veerpont.rules import employments
from veerpont.store import employers, kinds
from veerpont.store import links as store_links
from veerpont.store.links import Choice
from veerpont.store.sorting import Sorter
from veerpont.store.tables import Decision
from veerpont.store.vault import Sequence
from veerpont.systems.registry import knows_by_bsn

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Employment).decode


class EmployeesLoad(FlowLoad):
    """Who crosses is in the index, by which other flows know where a person belongs."""

    def companions(
        self, crossing: Callable[[], Iterator[Record]], comparison: Compared, held: bool
    ) -> Iterator[Companion]:
        job, transformed = self.job, self.transformed
        if not transformed.complete and self.told is None:  # a purge needs no read
            return

        def people() -> Iterator[Employment]:
            return (record for record in crossing() if isinstance(record, Employment))

        returned = read_returned(job, transformed.returned)
        yield Companion(kinds.INDEX, index.entries(job, people(), comparison.carried, returned))
        if links.has_links(job.integration) and not held:  # else no contract is taken yet
            contracts = links.contracts(job, people(), comparison.carried, transformed.read_at)
            yield Companion(kinds.CONTRACTS, contracts)


class Employees(BaseFlow):
    """Employees are counted as they pass, of every employer, and shown to whoever decides about each of them."""

    record = Employment
    load = EmployeesLoad

    def names(self, job: Job) -> frozenset[str]:
        if job.integration.source.department_is == "distribution_unit":
            return frozenset({"cost_centre_code", "cost_centre_name"})
        return frozenset()

    def read(self, reading: Reading) -> None:
        choice, people = Links(reading.job).choice, _PeopleShown(reading)
        read_by_employer(reading, lambda key, _: choice(key), known_people(reading.job), show=people.add)
        people.note()

    def build(self, building: Building) -> None:
        """One record for each employment. Out of scope are the rows of people who have none, or another one.

        One whom a portal was told is missing then, and the guards look at that as at everybody who is missing.
        """
        left_out = Counter[str]()
        found = ((row, record) for _, row, record in building.records(Employment, left_out))
        for each in chosen(building.job, found, building.problems, left_out, building.returned):
            building.stage(each.record.id, each.rows, each.record)
        building.remarks += [
            coded("run.left_out", "{count} rows are left out ({reason}).", count=count, reason=reason)
            for reason, count in left_out.items()
        ]
        building.filtered += left_out.total()

    def taken_back(self, job: Job, pointers: Mapping[str, Sequence], refused: Set[str]) -> Iterator[Companion]:
        """Of somebody whom the portal refused nothing is taken over yet."""
        if taken := pointers.get(kinds.CONTRACTS.pointer):
            yield Companion(kinds.CONTRACTS, links.without(job, taken, refused))

    def why_not(self, place: Place, key: str) -> str:
        with place.ledger.session() as session:
            row = store_links.of(session, place.name).get(key)
        if row is not None and row.decision in {Choice.SKIP, Choice.UNDECIDED}:
            return (
                f"filtered: the decision about this employee is {row.decision} (`veerpont links list`, links.default)."
            )
        return (
            "the source did not show it, or at an employer that is not active, of which nothing is kept "
            f"({place.closed}); or it left longer ago than retention.deliveries_days."
        )

    def decisions(self, session: Session, integration: str, key: str) -> Iterable[Decision]:
        return store_links.decisions(session, integration, key)

    def employments(self, line: Line) -> set[str]:
        return {line.id}

    def texts(self, line: Line) -> set[str]:
        return {line.portal_key}


class _PeopleShown:
    """Whom the source shows at which employer: counted, and named where somebody decides about each of them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._has_links = links.has_links(reading.job.integration)
        self._marks: defaultdict[str, Marks] = defaultdict(Marks)
        self._named: defaultdict[str, set[str | None]] = defaultdict(set)

    def add(self, code: str, key: str | None) -> None:
        self._marks[code].add(key)
        if self._has_links:
            self._named[code].add(key)

    def note(self) -> None:
        """Note them in the ledger, of the employers that were read."""
        reading, job = self._reading, self._reading.job
        read = reading.active if reading.system.by_employer else reading.gate
        counts = {code: len(self._marks[code]) for code in read}
        with job.ledger.session() as session:
            employers.count_people(session, job.name, counts)
        links.show(job, self._named, reading.active)


class PlacedEmployment(NamedTuple):
    """A row that is an employment. `place`: among the rows as they were read. `content` tells unequal rows apart."""

    place: int
    content: int
    record: Employment


class ChosenEmployment(NamedTuple):
    """The record of an employment, how many rows it was chosen from, and where it stands in a file."""

    order: str
    rows: int
    record: Employment


def chosen(
    job: Job,
    found: Iterable[tuple[bytes, Employment]],
    problems: Problems,
    left_out: Counter[str],
    returned: list[Returned],
) -> Iterator[ChosenEmployment]:
    """Yield the employments in their order, each with what is taken over of it and its manager's number.

    A person of whom one row is bad waits as a whole: the bad row may be the one that holds today. What is wrong is
    added to `problems`, also of a person of whom a record was yielded before; load leaves those out.

    Args:
        found: the rows (their content) and what each of them says, in the order of the source.
        left_out: counts, by their reason, the rows that are out of scope and no problem.
        returned: takes the employments that another one of the same person counts for.
    """
    linked = Links(job)
    sorter = Sorter(job.vault, f"{job.folder}/employments")
    numbers, managers = _Numbers(), set[str]()
    employed, orders = Marks(), Marks()
    for row, read in found:
        record = linked.numbered(read)
        numbers.add(record.guid, record.personnel_number)
        if record.manager_guid:
            managers.add(record.manager_guid)
        identity, order = record.id, record.order
        employed.add(identity)
        orders.add((identity, order))
        sorter.add(order, b"%d\x00%b" % (hash(row), _encode(record)))
    number_of = numbers.of(managers)
    # rows of one employment under two personnel numbers do not stand together: they are looked at apart
    astray = _astray(sorter, problems, job) if len(employed) < len(orders) else {}
    by_order = itemgetter(0)
    apart = sorted(astray.values(), key=by_order)
    if knows_by_bsn(job.integration):
        returned += _returned(sorter, problems, job)
    others = {each.id for each in returned}
    for each in merge(_in_order(sorter, problems, job, astray), apart, key=by_order):
        if each.record.key in problems:
            problems.cost(each.record.key, each.rows)
            continue
        if each.record.id in others:
            left_out["same_person"] += each.rows
            continue
        taken = linked.carried_over(each.record)
        if isinstance(taken, Problem):
            problems.add(each.record.key, taken, each.rows, each.record.employer_code)
            continue
        manager = number_of.get(taken.manager_guid or "", taken.manager_personnel_number)
        yield each._replace(record=msgspec.structs.replace(taken, manager_personnel_number=manager))


def _groups(sorter: Sorter) -> Iterator[tuple[str, list[PlacedEmployment]]]:
    """Yield the rows that stand at one place in a file, in the order of the source."""
    for order, same in groupby(sorter, key=itemgetter(0)):
        rows = []
        for _, place, content in same:
            mark, _, record = content.partition(b"\x00")
            rows.append(PlacedEmployment(place, int(mark), _decode(record)))
        yield order, rows


def _by_id(rows: list[PlacedEmployment]) -> dict[str, list[PlacedEmployment]]:
    if len(rows) == 1:
        return {rows[0].record.id: rows}
    found: dict[str, list[PlacedEmployment]] = {}
    for row in rows:
        found.setdefault(row.record.id, []).append(row)
    return found


def _in_order(sorter: Sorter, problems: Problems, job: Job, but: Container[str]) -> Iterator[ChosenEmployment]:
    """Yield the employments of which all rows stand together; two people with one number become problems."""
    owner = first = ""
    others: set[str] = set()
    for order, rows in _groups(sorter):
        employer, number, _ = order.split("\t", 2)
        guid = rows[0].record.guid
        if (holder := f"{employer}\t{number}") != owner:
            owner, first, others = holder, guid, set()
        elif guid != first and guid not in others:
            others.add(guid)
            for each in (first, guid):
                where = f"two people with one number at one employer: {first} and {guid}"
                problems.add(each, duplicate("personnel_number", where), rows=0)
        for identity, own in _by_id(rows).items():
            if identity not in but:
                yield _best(own, problems, job)


def _best(rows: list[PlacedEmployment], problems: Problems, job: Job) -> ChosenEmployment:
    """Choose among the rows of one employment; the first of equals."""
    if len(rows) == 1:
        return ChosenEmployment(rows[0].record.order, 1, rows[0].record)
    contents: dict[tuple[int | None, int | None], int] = {}
    for _, content, record in rows:
        if contents.setdefault((record.contract_number, record.roster_number), content) != content:
            problems.add(record.key, duplicate("employment_number", "one roster line of one contract, twice"), rows=0)
    best = max(rows, key=lambda row: employments.rank(row.record, job.today))
    return ChosenEmployment(best.record.order, len(rows), best.record)


def _astray(sorter: Sorter, problems: Problems, job: Job) -> dict[str, ChosenEmployment]:
    """Return id → the record of the employments of which the rows do not stand together."""
    groups = Marks()
    for _, found in _groups(sorter):
        for identity in _by_id(found):
            groups.add(identity)
    several = groups.twice()
    rows: defaultdict[str, list[PlacedEmployment]] = defaultdict(list)
    for _, found in _groups(sorter):
        for row in found:
            if hash(row.record.id) in several:
                rows[row.record.id].append(row)
    by_place = itemgetter(0)
    return {identity: _best(sorted(each, key=by_place), problems, job) for identity, each in rows.items()}


def _returned(sorter: Sorter, problems: Problems, job: Job) -> list[Returned]:
    """Return the employments that do not count, of people whom the portal knows by one key under several numbers.

    Two dates of birth are two people, of whom one has the other's citizen-service number: both stay, and are told.
    """
    places = Marks()
    for _, rows in _groups(sorter):
        for key in {(_person(row.record), row.record.id) for row in rows}:
            places.add(key[0])
    several = places.twice()
    found: defaultdict[tuple[str, str | None, int], defaultdict[str, list[Employment]]]
    found = defaultdict(lambda: defaultdict(list))
    for _, rows in _groups(sorter) if several else ():
        for row in rows:
            person = _person(row.record)
            if row.record.bsn and hash(person) in several and row.record.key not in problems:
                found[person][row.record.id].append(row.record)
    returned: list[Returned] = []
    for same in found.values():
        best = [max(rows, key=lambda row: employments.rank(row, job.today)) for rows in same.values()]
        if len({record.birth_date for record in best}) > 1:
            continue
        counts = max(best, key=lambda record: employments.rank(record, job.today))
        others = (each for each in best if each.key != counts.key)
        returned += (Returned(each.id, each.guid, each.personnel_number, counts.id) for each in others)
    return returned


def _person(record: Employment) -> tuple[str, str | None, int]:
    return record.employer_code, record.bsn, record.employment_number


class _Numbers:
    """Personnel numbers by person: of everybody, since who is a manager is known at the end; the last one counts."""

    def __init__(self) -> None:
        self._people, self._ends, self._text = array("q"), array("Q"), bytearray()

    def add(self, guid: str, number: str) -> None:
        self._people.extend(_two_marks(guid))
        self._text += number.encode()
        self._ends.append(len(self._text))

    def of(self, people: Iterable[str]) -> dict[str, str]:
        """Return person → number, of these people as far as they were added."""
        wanted = {_two_marks(guid): guid for guid in people}
        found: dict[str, str] = {}
        begin = 0
        for place, end in enumerate(self._ends):
            guid = wanted.get((self._people[2 * place], self._people[2 * place + 1]))
            if guid is not None:
                found[guid] = self._text[begin:end].decode()
            begin = end
        return found


def _two_marks(guid: str) -> tuple[int, int]:  # 128 bits: nobody gets another's manager by chance
    return hash(guid), hash(f"manager {guid}")
