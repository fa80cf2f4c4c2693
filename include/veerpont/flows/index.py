"""The index: which employer and department an employee belongs to, kept by `employees` (docs/decisions/0018).

Flows without an employer code are resolved by it, and it says which people the portals know.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.job import Job
from veerpont.flows.returned import Returned
from veerpont.model.failures import NothingToDoError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.messages import coded
from veerpont.model.records import Employment
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.systems import defaults
from veerpont.systems.registry import knows_by_bsn


class NothingToReadError(NothingToDoError):
    """The flow cannot start yet: the message says what has to run first."""


class IndexEntry(msgspec.Struct, frozen=True, array_like=True):
    """One employment that crossed. `ends_on`: its last day (ISO date); `bsn` only where that is the portal's key."""

    id: str
    guid: str
    employer_code: str
    personnel_number: str
    department_code: str | None
    ends_on: str | None = None
    bsn: str | None = None


def people_of(entry: IndexEntry) -> set[tuple[str, str]]:
    """Return the keys that the rows of somebody may have, each with the employer."""
    return {(entry.employer_code, entry.guid), (entry.employer_code, f"number:{entry.personnel_number}")}


def index_path(session: Session, integration: str) -> str:
    """Return where the index is kept, which is another place each time it changes; empty when there is none yet."""
    index = deliveries.pointer(session, Scope(integration, Flow.EMPLOYEES), kinds.INDEX)
    return index.path if index else ""


def read_index(job: Job) -> Iterator[IndexEntry] | None:
    """Return the entries of the index; None when no employee has crossed yet."""
    with job.ledger.session() as session:
        index = deliveries.pointer(session, Scope(job.name, Flow.EMPLOYEES), kinds.INDEX)
    return map(msgspec.json.Decoder(IndexEntry).decode, job.vault.read(index)) if index else None


def require_index(job: Job) -> Iterator[IndexEntry]:
    """Return the entries of the index; NothingToReadError when no employee has crossed yet."""
    index = read_index(job)
    if index is None:
        raise NothingToReadError(
            coded(
                "run.employees_first",
                "{flow} is resolved through the employees, and none has crossed yet: the flow employees comes first.",
                flow=job.flow,
            )
        )
    return index


def managed(job: Job, active: Collection[str]) -> set[tuple[str, str]]:
    """Return the (employer, department) pairs of the active employers that the portals know.

    Those that people are in, and those of the last organigram: the units above them, which have a manager too.
    """
    pairs = {(entry.employer_code, entry.department_code) for entry in require_index(job) if entry.department_code}
    decode = msgspec.json.Decoder(Line).decode
    for portal in job.integration.portals_for(Flow.ORGANIGRAM):
        with job.ledger.session() as session:
            told = deliveries.pointer(session, Scope(job.name, Flow.ORGANIGRAM, portal.portal), kinds.SNAPSHOTS)
        lines = map(decode, job.vault.read(told) if told else ())
        pairs |= {(line.employer, line.portal_key.removeprefix(f"{line.employer}/")) for line in lines}
    return {(employer, code) for employer, code in pairs if employer in active}


def used_departments(job: Job, active: Collection[str]) -> dict[str, set[str]]:
    """Return active employer → the departments that its people are in.

    Raises NothingToReadError when the departments are derived from the employees and none have crossed yet.
    """
    used: dict[str, set[str]] = {code: set() for code in active}
    if defaults.tree(job.integration) != "derive":
        return used
    index = read_index(job)
    if index is None:
        raise NothingToReadError(
            coded(
                "run.departments_from_employees",
                "The departments are derived from the employees, and none has crossed yet: the flow "
                "employees comes first.",
            )
        )
    for entry in index:
        if entry.employer_code in used and entry.department_code:
            used[entry.employer_code].add(entry.department_code)
    return used


def entries(
    job: Job, crossing: Iterable[Employment], carried: Container[str], returned: Iterable[Returned]
) -> Iterator[bytes]:
    """Yield a new index, as the vault keeps it.

    Args:
        crossing: the employments that cross.
        carried: the lines that are repeated: of these what was known before.
        returned: employments that another one of the same person counts for: absence may still name these.
    """
    others: defaultdict[str, list[Returned]] = defaultdict(list)
    for each in returned:
        others[each.by].append(each)
    by_bsn = knows_by_bsn(job.integration)
    for person in crossing:
        entry = IndexEntry(
            person.id,
            person.guid,
            person.employer_code,
            person.personnel_number,
            person.department_code,
            person.employment_end.isoformat() if person.employment_end else None,
            person.bsn if by_bsn else None,
        )
        yield msgspec.json.encode(entry)
        for other in others.get(person.id, ()):
            same = {"id": other.id, "guid": other.guid, "personnel_number": other.personnel_number}
            yield msgspec.json.encode(msgspec.structs.replace(entry, **same))
    for entry in read_index(job) or ():
        if entry.id in carried:
            yield msgspec.json.encode(entry)
