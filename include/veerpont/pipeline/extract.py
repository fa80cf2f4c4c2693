"""Extract: read the source page by page into the vault; nothing of an inactive employer gets in.

Why: docs/decisions/0018.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

import msgspec

from veerpont.flows import hours, links, payroll
from veerpont.flows.absence import request
from veerpont.flows.index import managed, read_index, require_index, used_departments
from veerpont.flows.job import Extracted, Job, Problems, encode_row, row_key, write_problems
from veerpont.flows.links import Links
from veerpont.model.failures import DriftError, Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.marks import Marks
from veerpont.model.records import Department, Employer
from veerpont.model.schema import Schema
from veerpont.rules import departments
from veerpont.store import employers, reads, runs
from veerpont.store.clock import now
from veerpont.store.employers import Gate
from veerpont.store.leases import lease
from veerpont.store.links import Choice
from veerpont.store.vault import SequenceWriter
from veerpont.systems import defaults
from veerpont.systems.registry import portal, source
from veerpont.systems.source import NO_FAILURE, Asked, Lease, Row, Source

UNKNOWN_EMPLOYER = Problem(
    Stage.IMPORT,
    "employer_code",
    "unknown_employer",
    "The flow employers never showed this employer code: correct it at the source, or let the employer into the "
    "employers connector and activate it.",
)


NOBODY = Problem(
    Stage.IMPORT,
    "GUID",
    "missing_value",
    "The row names no employee or department that it could belong to: fill that in at the source.",
)


def extract(job: Job, pages: list[list[Row]] | None = None, number: int | None = None) -> Extracted:
    """Read the flow's rows into the vault.

    Args:
        pages: what was read already; None: read it.
        number: which read that was (store.reads); None: the one that begins now.

    Raises:
        NothingToReadError: the flow waits for another one.
        SettingsError, PassingError: as the source says; nothing that was read is used.
    """
    began = now().isoformat()  # before the gate is looked at: what became active since was not read
    with job.ledger.session() as session:
        runs.begin(
            session, job.name, job.flow, [item.portal for item in job.integration.portals_for(job.flow)], job.run_id
        )
        number = number or reads.begin(session, job.name, job.flow)
        known = employers.states(session, job.name)
    require_settings(job)
    gate = {code: Gate(row.state) for code, row in known.items()}
    if job.flow is not Flow.EMPLOYERS and Gate.ACTIVE not in gate.values():
        job.note("No employer is active: nothing is read. Activate one with `veerpont employers activate`.")
        nothing = job.vault.write(f"{job.folder}/rows", ())
        return Extracted(nothing, nothing, 0, 0, nothing, began, complete=False, number=number)
    scope = request.scope(job) if job.flow is Flow.ABSENCE else ""
    found = _read(job, gate, began, scope, pages) if pages is not None else read(job, gate, began, scope)
    return msgspec.structs.replace(found, number=number)


def read_pages(job: Job) -> list[list[Row]]:
    """Return every row of a flow that is small enough to hold. Raises as `extract` does."""
    require_settings(job)
    require_index(job)
    try:
        return list(_pages(job))
    except DriftError as error:
        job.note(f"{error} The whole read is repeated once.")
        return list(_pages(job))


def read(job: Job, gate: Mapping[str, Gate], began: str, scope: str = "") -> Extracted:
    """Read what `scope` asks for (pipeline.reading; empty: everything). A read that drifted is repeated once."""
    try:
        return _read(job, gate, began, scope)
    except DriftError as error:
        job.note(f"{error} The whole read is repeated once.")
        return _read(job, gate, now().isoformat(), scope)


def require_settings(job: Job) -> None:
    """Refuse to read personal data for a flow that could not be delivered anyway."""
    missing = defaults.missing(job.integration, job.flow) + [
        sentence
        for item in job.integration.portals_for(job.flow)
        for sentence in portal(item.portal).missing(job.integration, job.flow)
    ]
    if missing:
        raise SettingsError(f"Integration {job.name}, flow {job.flow}: {' '.join(missing)}")


def _read(
    job: Job, gate: Mapping[str, Gate], began: str, scope: str, pages: list[list[Row]] | None = None
) -> Extracted:
    problems = Problems()
    elsewhere: set[str] = set()
    remarks: list[str] = []
    schema = None
    if job.flow is Flow.PAYROLL:
        schema = source(job.integration.source.system).schema(job.integration, _lease(job), job.note)
    with job.vault.writer(f"{job.folder}/rows") as staged:
        if job.flow is Flow.EMPLOYERS:
            found, filtered = _read_employers(job, staged)
        elif job.flow is Flow.ORGANIGRAM:
            found, filtered = _read_organigram(job, gate, staged)
        elif job.flow is Flow.HOURS:
            found, filtered, remarks = hours.read(job, gate, _pages(job), _keep(job), staged, problems)
        elif job.flow in {Flow.ACCOUNTS, Flow.IBAN}:
            found, filtered = _read_resolved(job, gate, staged, problems, _pages(job) if pages is None else pages)
        else:
            found, filtered = _read_by_employer(job, gate, staged, problems, elsewhere, scope, schema)
    moved = job.vault.write(f"{job.folder}/elsewhere", (key.encode() for key in sorted(elsewhere)))
    kept = [code for code, state in gate.items() if state is Gate.ACTIVE] if scope else []
    wrong = write_problems(job, "extract", problems)
    tables = payroll.write_schema(job, f"{job.folder}/schema", schema) if schema else None
    return Extracted(
        staged.sequence, wrong, found, filtered, moved, began, scope=scope, active=kept, remarks=remarks, schema=tables
    )


def _lease(job: Job) -> Lease:
    def hold(name: str) -> AbstractContextManager[object]:
        return lease(job.shared, name)

    return hold


def _pages(job: Job, asked: Asked | None = None) -> Iterator[list[Row]]:
    active = None
    if job.flow is not Flow.EMPLOYERS:
        with job.ledger.session() as session:
            states = employers.states(session, job.name)
        active = {code for code, row in states.items() if row.state == Gate.ACTIVE}
    asked = replace(asked or Asked(), employers=active, fields=_keep(job), period=job.period)
    return source(job.integration.source.system).pages(job.integration, job.flow, _lease(job), job.note, asked)


def _keep(job: Job) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for item in job.integration.portals_for(job.flow):
        names |= portal(item.portal).names(job.integration, job.flow)
    if job.flow is Flow.EMPLOYEES and job.integration.source.department_is == "distribution_unit":
        names |= {"cost_centre_code", "cost_centre_name"}
    return source(job.integration.source.system).fields(job.flow, names)


def _stage(staged: SequenceWriter, keep: frozenset[str], row: Row) -> None:
    staged.add(encode_row({field: value for field, value in row.items() if field in keep}))


def _read_by_employer(
    job: Job,
    gate: Mapping[str, Gate],
    staged: SequenceWriter,
    problems: Problems,
    elsewhere: set[str],
    scope: str,
    schema: Schema | None,
) -> tuple[int, int]:
    """Rows that say their employer: kept page by page when that employer is active."""
    system, keep = source(job.integration.source.system), _keep(job)
    known = Marks()
    absence = job.flow is Flow.ABSENCE
    asked = request.asked(job, scope) if absence else Asked(schema=schema)
    if absence and job.integration.portals_for(Flow.EMPLOYEES):
        require_index(job)
    for entry in () if absence else read_index(job) or ():
        known.add(entry.guid)
    people = _People(job)
    linked = Links(job)

    def take(row: Row, key: str | None, code: str | None) -> bool:
        """Stage a row unless people left its employee out; returns whether it is filtered."""
        choice = _choice(job, linked, key, row)
        if choice is Choice.UNDECIDED:
            problems.add(row_key(job, key, row), links.UNDECIDED, employer=code)
        elif choice is not Choice.SKIP:
            _stage(staged, keep, row)
        return choice is Choice.SKIP

    read = filtered = 0
    for page in _pages(job, asked):
        read += len(page)
        for row in page:
            code = system.employer_code(job.flow, row)
            key = system.key(job.flow, row)
            if job.flow is Flow.EMPLOYEES and code in gate:
                people.add(code or "", key)
            if gate.get(code or "") is Gate.ACTIVE:
                filtered += take(row, key, code)
            elif code in gate:
                filtered += 1
                if key is not None and key in known:
                    elsewhere.add(key)
            elif (what := _without_employer(job, keep, row, code)).reason in NO_FAILURE:
                filtered += 1
            else:
                problems.add(row_key(job, key, row), what, employer=code)
    if job.flow is Flow.EMPLOYEES:
        people.note(gate, system.by_employer)
    return read, filtered


class _People:
    """Whom the source shows at which employer: counted, and named where somebody decides about each of them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._has_links = links.has_links(job.integration)
        self._marks: defaultdict[str, Marks] = defaultdict(Marks)
        self._named: defaultdict[str, set[str | None]] = defaultdict(set)

    def add(self, code: str, key: str | None) -> None:
        self._marks[code].add(key)
        if self._has_links:
            self._named[code].add(key)

    def note(self, gate: Mapping[str, Gate], by_employer: bool) -> None:
        """Note them in the ledger, of the employers that were read."""
        active = [code for code, state in gate.items() if state is Gate.ACTIVE]
        counts = {code: len(self._marks[code]) for code in (active if by_employer else gate)}
        with self._job.ledger.session() as session:
            employers.count_people(session, self._job.name, counts)
        links.show(self._job, self._named, active)


def _choice(job: Job, linked: Links, key: str | None, row: Row) -> Choice:
    """Return what people decided about the employee whose row it is: of nobody who is left out anything is kept."""
    if job.flow is Flow.EMPLOYEES:
        return linked.choice(key)
    person = source(job.integration.source.system).key(Flow.EMPLOYEES, row)  # an absence line names its person too
    return Choice.SKIP if linked.leaves_out(person) else Choice.ADD


def _without_employer(job: Job, keep: frozenset[str], row: Row, code: str | None) -> Problem:
    """Say what is wrong with a row that has no usable employer code; it is not stored, for it may be of anybody."""
    if code is not None:
        return UNKNOWN_EMPLOYER
    kept = {field: value for field, value in row.items() if field in keep}
    found = source(job.integration.source.system).record(job.flow, kept)
    return found if isinstance(found, Problem) else UNKNOWN_EMPLOYER


def _read_employers(job: Job, staged: SequenceWriter) -> tuple[int, int]:
    """Employers pass the gate by themselves. Few rows: held in memory until it is known which may be kept."""
    system, keep = source(job.integration.source.system), _keep(job)
    rows = [row for page in _pages(job) for row in page]
    names: dict[str, set[str]] = {}
    for row in rows:
        record = system.record(job.flow, {field: value for field, value in row.items() if field in keep})
        if isinstance(record, Employer):
            names.setdefault(record.employer_code, set()).add(record.name)
    with job.ledger.session() as session:
        for code, shown in names.items():
            if len(shown) == 1:  # two names for one code say nothing yet: transform rejects them
                employers.show(session, job.name, code, *shown)
        session.flush()
        gate = {code: row.state for code, row in employers.states(session, job.name).items()}
    filtered = 0
    for row in rows:
        shown_code = system.employer_code(job.flow, row)
        if gate.get(shown_code or "", Gate.ACTIVE) != Gate.ACTIVE:
            filtered += 1
        else:
            _stage(staged, keep, row)
    return len(rows), filtered


def _read_resolved(
    job: Job, gate: Mapping[str, Gate], staged: SequenceWriter, problems: Problems, pages: Iterable[list[Row]]
) -> tuple[int, int]:
    """Rows without an employer: kept when the index knows their person, or their department, at an active employer."""
    active = {code for code, state in gate.items() if state is Gate.ACTIVE}
    scope = Marks()
    pairs: set[tuple[str, str]] = set()
    if job.flow is Flow.ACCOUNTS:
        pairs = managed(job, active)
        for _, code in pairs:
            scope.add(code)
    else:
        for entry in require_index(job):
            if entry.employer_code in active:
                scope.add(entry.guid)
    system, keep = source(job.integration.source.system), _keep(job)
    linked = Links(job)
    read = filtered = 0
    for page in pages:
        read += len(page)
        for row in page:
            key = system.key(job.flow, row)
            where = system.group(job.flow, row) if job.flow is Flow.ACCOUNTS else key
            employer = system.employer_code(job.flow, row)  # of a chart of its own
            inside = where in scope if employer is None else (employer, where) in pairs
            inside = inside and not linked.leaves_out(key)
            if inside and (key is not None or not _has_no_manager(job, row)):
                _stage(staged, keep, row)
            elif where is None:
                problems.add(row_key(job, key, row), NOBODY)
            else:
                filtered += 1
    return read, filtered


def _has_no_manager(job: Job, row: Row) -> bool:
    """Tell whether a row only says that a unit has no manager. One that names a manager without a GUID is a reject."""
    found = source(job.integration.source.system).record(job.flow, row)
    return isinstance(found, Problem) and found.reason in NO_FAILURE


def _unit(system: Source, flow: Flow, row: Row) -> Department | None:
    """Return a unit; of one whose row is bad its code and the unit above it, so that the tree hangs together."""
    unit, key, employer = system.record(flow, row), system.key(flow, row), system.employer_code(flow, row)
    if isinstance(unit, Department):
        return unit
    code = (key or "").removeprefix(departments.key(employer, ""))
    return Department(code, code, employer, system.group(flow, row), own_chart=employer is not None) if code else None


def _read_organigram(job: Job, gate: Mapping[str, Gate], staged: SequenceWriter) -> tuple[int, int]:
    """Departments are kept when the tree of an active employer has them. Few rows, held in memory."""
    used = used_departments(job, [code for code, state in gate.items() if state is Gate.ACTIVE])
    system, keep = source(job.integration.source.system), _keep(job)
    rows = [row for page in _pages(job) for row in page]
    slim = [{field: value for field, value in row.items() if field in keep} for row in rows]
    units = [unit for row in slim if (unit := _unit(system, job.flow, row)) is not None]
    tree = defaults.tree(job.integration) or ""
    # also units whose own row is bad: transform says so
    scope = {key for employer, codes in used.items() for code in codes for key in (code, f"{employer}/{code}")}
    for own, chart in departments.charts(units).items():
        users = departments.of_chart(own, used)
        placed = departments.place(departments.current(chart, job.today), tree, users, job.integration.organigram.map)
        codes = {unit.department_code for unit in placed}.union(*users.values())
        codes |= {unit.parent_department_code or "" for unit in chart if unit.department_code in codes}
        scope |= {departments.key(own, code) for code in codes}
    filtered = 0
    for row in slim:
        key = system.key(job.flow, row)
        if key in scope or key is None:
            staged.add(encode_row(row))
        else:
            filtered += 1
    return len(rows), filtered
