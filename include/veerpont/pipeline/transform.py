"""Transform: rows become records, and what needs several rows is derived. Streaming: a part of the rows at a time.

Where every row may have to do with any other one, they are sorted so that those stand together (store.sorting).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import msgspec

from veerpont.flows import accounts, employees, hours, payroll
from veerpont.flows.absence.history import Entry
from veerpont.flows.index import managed, require_index, used_departments
from veerpont.flows.job import (
    Extracted,
    Item,
    Job,
    Problems,
    Transformed,
    duplicate,
    read_problems,
    row_key,
    skip_stale,
    staged_rows,
    write_problems,
)
from veerpont.flows.returned import Returned, write_returned
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.records import BankAccount, Department, Employer, Employment, Hours, ManagerUnit, Record
from veerpont.rules import departments
from veerpont.store import employers
from veerpont.store.employers import Gate
from veerpont.store.sorting import Sorter
from veerpont.store.vault import SequenceWriter
from veerpont.systems import defaults
from veerpont.systems.registry import source
from veerpont.systems.source import NO_FAILURE

R = TypeVar("R", Employer, Department, Employment, ManagerUnit, BankAccount, Hours)

_encode = msgspec.json.Encoder(decimal_format="number").encode


class _Staged(msgspec.Struct):
    """A `batch.Item` before its record is encoded."""

    group: str
    rows: int
    record: Record


def transform(job: Job, extracted: Extracted) -> Transformed:
    """Turn the staged rows into staged records, sorted as they will stand in a file, and collect the problems."""
    skip_stale(job, extracted)
    problems = read_problems(job.vault, extracted.problems)
    filtered = extracted.filtered
    apart = payroll.Apart()
    returned: list[Returned] = []
    remarks = list(extracted.remarks)
    with job.vault.writer(f"{job.folder}/records") as staged:
        if job.flow is Flow.EMPLOYERS:
            _employers(job, extracted, staged, problems)
        elif job.flow is Flow.ORGANIGRAM:
            filtered += _organigram(job, extracted, staged, problems)
        elif job.flow is Flow.ABSENCE:
            _absence(job, extracted, staged)
        elif job.flow is Flow.ACCOUNTS:
            filtered += _accounts(job, extracted, staged, problems)
        elif job.flow is Flow.IBAN:
            _iban(job, extracted, staged, problems)
        elif job.flow is Flow.HOURS:
            for record, count in hours.summed(_records(job, extracted, problems, Hours), problems):
                _stage(staged, record.id, count, record)
        elif job.flow is Flow.PAYROLL:
            apart = payroll.apart(job, extracted.rows, problems)
            for entry, count in payroll.entries(job, extracted.rows, apart, problems):
                _stage(staged, entry.id, count, entry)
        else:
            filtered += _employees(job, extracted, staged, problems, remarks, returned)
    return Transformed(
        staged.sequence,
        write_problems(job, "transform", problems),
        extracted.read,
        filtered,
        extracted.elsewhere,
        extracted.read_at,
        extracted.complete,
        extracted.scope,
        extracted.active,
        [*remarks, *apart.remarks],
        extracted.schema,
        apart.held,
        sorted(apart.unasked),
        extracted.number,
        write_returned(job, returned),
    )


def _records(
    job: Job, extracted: Extracted, problems: Problems, kind: type[R], left_out: Counter[str] | None = None
) -> Iterator[tuple[str, bytes, R]]:
    """Yield key, row and record of every staged row that is one; note the problem of every other.

    Args:
        left_out: counts, by their reason, the rows that are out of scope and no problem.
    """
    system = source(job.integration.source.system)
    for content, row in staged_rows(job.vault, extracted.rows):
        key = row_key(job, system.key(job.flow, row), row)
        record = system.record(job.flow, row)
        if isinstance(record, Problem) and left_out is not None and record.reason in NO_FAILURE:
            left_out[record.reason] += 1
        elif isinstance(record, Problem):
            problems.add(key, record, employer=system.employer_code(job.flow, row))
        elif isinstance(record, kind):
            yield key, content, record
        else:
            raise TypeError(f"{job.flow} makes {kind.__name__} records, the source made {type(record).__name__}")


def _stage(staged: SequenceWriter, group: str, rows: int, record: Record) -> None:
    staged.add(_encode(_Staged(group, rows, record)))


def _employers(job: Job, extracted: Extracted, staged: SequenceWriter, problems: Problems) -> None:
    found: dict[str, Employer] = {}
    rows: Counter[str] = Counter()
    for key, _, record in _records(job, extracted, problems, Employer):
        rows[key] += 1
        if found.setdefault(key, record) != record:
            problems.add(key, duplicate("employer_code", "two employers with one code"), rows=0)
    for key in sorted(found, key=lambda key: found[key].order):
        if key in problems:
            problems.cost(key, rows[key])
        else:
            _stage(staged, key, rows[key], found[key])


def _organigram(job: Job, extracted: Extracted, staged: SequenceWriter, problems: Problems) -> int:
    """Place the units under their employers; returns how many rows are out of scope: charts that are not current."""
    with job.ledger.session() as session:
        active = [code for code, row in employers.states(session, job.name).items() if row.state == Gate.ACTIVE]
    found: list[Department] = []
    rows: Counter[str] = Counter()
    for key, _, record in _records(job, extracted, problems, Department):
        found.append(record)
        rows[key] += 1
    found += _unreadable(job, extracted, problems)
    used = used_departments(job, active)
    placed: list[Department] = []
    for own, chart in departments.charts(found).items():
        placed += _chart(job, own, chart, departments.of_chart(own, used), problems)
    for unit in sorted(placed, key=lambda unit: unit.order):
        _stage(staged, unit.key, rows[unit.key], unit)
    in_scope = {unit.key for unit in placed}
    filtered = 0
    for key, count in rows.items():
        if key in problems:
            problems.cost(key, count)
        elif key not in in_scope:
            filtered += count
    return filtered


def _chart(
    job: Job, own: str | None, chart: list[Department], used: Mapping[str, Collection[str]], problems: Problems
) -> list[Department]:
    """Place the units of one chart; what is wrong with one is added to `problems`."""
    units = departments.current(chart, job.today)
    by_begin = Counter((unit.department_code, unit.valid_from) for unit in set(chart))
    for unit in units:
        if by_begin[unit.department_code, unit.valid_from] > 1:
            problems.add(unit.key, duplicate("department_code", "two units with one code in one chart"), rows=0)
    for code in departments.cycles(units):
        problems.add(departments.key(own, code), CYCLE, rows=0)
    # one that is rejected keeps its place in the tree: what is above it must not seem to be gone
    placed = departments.place(units, defaults.tree(job.integration) or "", used, job.integration.organigram.map)
    return [unit for unit in placed if unit.key not in problems]


def _unreadable(job: Job, extracted: Extracted, problems: Problems) -> list[Department]:
    """Return what is known of the units whose row is rejected: their code, and the unit above them."""
    system = source(job.integration.source.system)
    found = []
    for _, row in staged_rows(job.vault, extracted.rows):
        key, employer = system.key(job.flow, row), system.employer_code(job.flow, row)
        if key is not None and key in problems:
            code = key.removeprefix(departments.key(employer, ""))
            above = system.group(job.flow, row)
            found.append(Department(code, code, employer, above, own_chart=employer is not None))
    return found


def _employees(
    job: Job,
    extracted: Extracted,
    staged: SequenceWriter,
    problems: Problems,
    remarks: list[str],
    returned: list[Returned],
) -> int:
    """One record for each employment; returns how many rows are out of scope: of people who have none, or another one.

    One whom a portal was told is missing then, and the guards look at that as at everybody who is missing.
    """
    left_out = Counter[str]()
    found = ((row, record) for _, row, record in _records(job, extracted, problems, Employment, left_out))
    for each in employees.chosen(job, found, problems, left_out, returned):
        _stage(staged, each.record.id, each.rows, each.record)
    remarks += [f"{count} rows are left out ({reason})." for reason, count in left_out.items()]
    return left_out.total()


def _absence(job: Job, extracted: Extracted, staged: SequenceWriter) -> None:
    """Stage the lines as they came: the history keeps also what is wrong, and every load looks at all of it again."""
    system = source(job.integration.source.system)
    seen: dict[str, int] = {}
    for content, row in staged_rows(job.vault, extracted.rows):
        key = row_key(job, system.key(job.flow, row), row)
        twice = seen.setdefault(key, hash(content)) != hash(content)
        case, employer = system.group(job.flow, row), system.employer_code(job.flow, row) or ""
        entry = Entry(key, case, employer, msgspec.Raw(content), extracted.read_at, twice=twice)
        staged.add(_encode(Item(case or key, 1, msgspec.Raw(_encode(entry)))))


def _accounts(job: Job, extracted: Extracted, staged: SequenceWriter, problems: Problems) -> int:
    """One account for each manager, with the departments; returns how many rows are out of scope."""
    with job.ledger.session() as session:
        known = employers.states(session, job.name)
    active = {code for code, row in known.items() if row.state == Gate.ACTIVE}
    frozen = {code for code, row in known.items() if row.frozen}
    units: dict[str, list[ManagerUnit]] = {}
    filtered = 0
    for key, _, record in _records(job, extracted, problems, ManagerUnit):
        if record.valid_until is not None and record.valid_until < job.today:
            filtered += 1  # a unit of an older chart
        else:
            units.setdefault(key, []).append(record)
    made = accounts.accounts(job, units, managed(job, active), require_index(job), frozen)
    for key, account in made:
        rows = len(units[key])
        if key in problems:
            problems.cost(key, rows)
        elif isinstance(account, Problem):
            problems.add(key, account, rows)
        elif account is None:
            filtered += rows
        else:
            _stage(staged, key, rows, account)
    return filtered


def _iban(job: Job, extracted: Extracted, staged: SequenceWriter, problems: Problems) -> None:
    """One bank account for each person: the source does not say which of several is the one to pay to."""
    with job.ledger.session() as session:
        active = {code for code, row in employers.states(session, job.name).items() if row.state == Gate.ACTIVE}
    homes = Sorter(job.vault, f"{job.folder}/homes")
    for entry in require_index(job):
        if entry.employer_code in active:
            homes.add(entry.guid, entry.employer_code.encode())
    found = Sorter(job.vault, f"{job.folder}/accounts")
    for key, _, record in _records(job, extracted, problems, BankAccount):
        found.add(key, _encode(record))
    decode = msgspec.json.Decoder(BankAccount).decode
    home = _last_of_each(homes)
    person, employer = next(home, _NOBODY)
    for key, same in groupby(found, key=itemgetter(0)):
        contents = [content for *_, content in same]
        while person is not None and person < key:
            person, employer = next(home, _NOBODY)
        if len(set(contents)) > 1:
            problems.add(key, SEVERAL_ACCOUNTS, rows=0)
        if key in problems:
            problems.cost(key, len(contents))
        else:
            code = employer.decode() if person == key else None
            _stage(staged, key, len(contents), msgspec.structs.replace(decode(contents[0]), employer_code=code))


_NOBODY = (None, b"")


def _last_of_each(sorter: Sorter) -> Iterator[tuple[str | None, bytes]]:
    for key, same in groupby(sorter, key=itemgetter(0)):
        *_, (_, _, content) = same
        yield key, content


CYCLE = Problem(
    Stage.TRANSFORM,
    "parent_department_code",
    "department_cycle",
    "Following the parents of this unit leads back to itself: correct its parent in the chart.",
)
SEVERAL_ACCOUNTS = Problem(
    Stage.TRANSFORM,
    "IBAN-nummer",
    "several_accounts",
    "The source shows several bank accounts of this person and not which of them counts: filter the connector to the "
    "account that salary is paid to.",
)
