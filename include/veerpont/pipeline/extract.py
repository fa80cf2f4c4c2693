"""Extract: read the source page by page into the vault; nothing of an inactive employer gets in (DESIGN section 4)."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager

import msgspec

from veerpont.model.failures import DriftError, Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.records import Department, Employer
from veerpont.pipeline.batch import Extracted, Job, Problems, encode_row, row_key, write_problems
from veerpont.portals import portal
from veerpont.rules import departments
from veerpont.sources import source
from veerpont.sources.protocol import Row
from veerpont.store import deliveries, employers, runs
from veerpont.store.employers import Gate
from veerpont.store.leases import lease
from veerpont.store.ledger import now
from veerpont.store.vault import SequenceWriter

UNKNOWN_EMPLOYER = Problem(
    Stage.IMPORT,
    "employer_code",
    "unknown_employer",
    "The flow employers never showed this employer code: correct it at the source, or let the employer into the "
    "employers connector and activate it.",
)


class NothingToReadError(Exception):
    """The flow cannot start yet, and that is no failure: the message says what has to run first."""


class IndexEntry(msgspec.Struct, frozen=True, array_like=True):
    """Which employer an employee and a department belong to: what flows without an employer code are resolved by."""

    id: str
    guid: str
    employer_code: str
    personnel_number: str
    department_code: str | None


def extract(job: Job) -> Extracted:
    """Read the flow's rows into the vault.

    Raises:
        NothingToReadError: the flow waits for another one.
        SettingsError, PassingError: as the source says; nothing that was read is used.
    """
    with job.ledger.session() as session:
        runs.begin(
            session, job.name, job.flow, [item.portal for item in job.integration.portals_for(job.flow)], job.run_id
        )
        known = employers.states(session, job.name)
    _require_settings(job)
    gate = {code: Gate(row.state) for code, row in known.items()}
    if job.flow is not Flow.EMPLOYERS and Gate.ACTIVE not in gate.values():
        job.note("No employer is active: nothing is read. Activate one with `veerpont employers activate`.")
        nothing = job.vault.write(f"{job.folder}/rows", ())
        return Extracted(nothing, nothing, 0, 0, nothing, _began(), complete=False)
    try:
        return _read(job, gate)
    except DriftError as error:
        job.note(f"{error} The whole read is repeated once.")
        return _read(job, gate)


def used_departments(job: Job, active: Collection[str]) -> dict[str, set[str]]:
    """Return active employer → the departments that its people are in.

    Raises NothingToReadError when the departments are derived from the employees and none have crossed yet.
    """
    used: dict[str, set[str]] = {code: set() for code in active}
    if job.integration.tree != "derive":
        return used
    index = _index(job)
    if index is None:
        raise NothingToReadError(
            "The departments are derived from the employees, and none has crossed yet: the flow employees comes first."
        )
    for entry in index:
        if entry.employer_code in used and entry.department_code:
            used[entry.employer_code].add(entry.department_code)
    return used


def _index(job: Job) -> Iterator[IndexEntry] | None:
    """Return the entries of the employees' index; None when no employee has crossed yet."""
    with job.ledger.session() as session:
        index = deliveries.pointer(session, job.name, Flow.EMPLOYEES, "", "index")
    return map(msgspec.json.Decoder(IndexEntry).decode, job.vault.read(index)) if index else None


def _require_settings(job: Job) -> None:
    """Refuse to read personal data for a flow that could not be delivered anyway."""
    missing = [
        sentence
        for item in job.integration.portals_for(job.flow)
        for sentence in portal(item.portal).missing(job.integration, job.flow)
    ]
    if missing:
        raise SettingsError(f"Integration {job.name}, flow {job.flow}: {' '.join(missing)}")


def _read(job: Job, gate: Mapping[str, Gate]) -> Extracted:
    problems = Problems()
    elsewhere: set[str] = set()
    began = _began()
    with job.vault.writer(f"{job.folder}/rows") as staged:
        if job.flow is Flow.EMPLOYERS:
            read, filtered = _read_employers(job, staged)
        elif job.flow is Flow.ORGANIGRAM:
            read, filtered = _read_organigram(job, gate, staged)
        else:
            read, filtered = _read_by_employer(job, gate, staged, problems, elsewhere)
    moved = job.vault.write(f"{job.folder}/elsewhere", (key.encode() for key in sorted(elsewhere)))
    return Extracted(staged.sequence, write_problems(job, "extract", problems), read, filtered, moved, began)


def _began() -> str:
    return now().isoformat()


def _pages(job: Job) -> Iterator[list[Row]]:
    def hold(name: str) -> AbstractContextManager[object]:
        return lease(job.ledger, name)

    return source(job.integration.source.system).pages(job.integration, job.flow, hold, job.note)


def _keep(job: Job) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for item in job.integration.portals_for(job.flow):
        names |= portal(item.portal).names(job.integration, job.flow)
    return source(job.integration.source.system).fields(job.flow, names)


def _stage(staged: SequenceWriter, keep: frozenset[str], row: Row) -> None:
    staged.add(encode_row({field: value for field, value in row.items() if field in keep}))


def _read_by_employer(
    job: Job, gate: Mapping[str, Gate], staged: SequenceWriter, problems: Problems, elsewhere: set[str]
) -> tuple[int, int]:
    """Rows that say their employer: kept page by page when that employer is active."""
    system, keep = source(job.integration.source.system), _keep(job)
    known = {entry.guid for entry in _index(job) or ()}
    read = filtered = 0
    for page in _pages(job):
        read += len(page)
        for row in page:
            code = system.employer_code(job.flow, row)
            key = system.key(job.flow, row)
            if gate.get(code or "") is Gate.ACTIVE:
                _stage(staged, keep, row)
            elif code in gate:
                filtered += 1
                if key in known:
                    elsewhere.add(key)
            else:
                problems.add(
                    row_key(job, key, row), _without_employer(job, keep, row) if code is None else UNKNOWN_EMPLOYER
                )
    return read, filtered


def _without_employer(job: Job, keep: frozenset[str], row: Row) -> Problem:
    """Say what is wrong with a row that has no usable employer code; it is not stored, for it may be of anybody."""
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


def _read_organigram(job: Job, gate: Mapping[str, Gate], staged: SequenceWriter) -> tuple[int, int]:
    """Departments have no employer: kept when the tree of an active employer has them. One page, held in memory."""
    used = used_departments(job, [code for code, state in gate.items() if state is Gate.ACTIVE])
    system, keep = source(job.integration.source.system), _keep(job)
    rows = [row for page in _pages(job) for row in page]
    slim = [{field: value for field, value in row.items() if field in keep} for row in rows]
    units = [unit for unit in (system.record(job.flow, row) for row in slim) if isinstance(unit, Department)]
    tree = job.integration.tree or ""
    placed = departments.place(departments.current(units, job.today), tree, used, job.integration.organigram.map)
    scope = {unit.department_code for unit in placed}.union(*used.values())
    # a parent that could not be placed because its own row is bad: transform says so
    scope |= {unit.parent_department_code or "" for unit in units if unit.department_code in scope}
    filtered = 0
    for row in slim:
        key = system.key(job.flow, row)
        if key in scope or key is None:
            staged.add(encode_row(row))
        else:
            filtered += 1
    return len(rows), filtered
