"""Absence and the service period of an employer: which cases lie outside it, and whose a late report may be."""

from collections.abc import Collection, Container, Iterable, Mapping

from veerpont.flows.absence import history
from veerpont.flows.absence.history import Entry
from veerpont.flows.index import people_of, read_index
from veerpont.flows.job import Job
from veerpont.model.flows import Flow
from veerpont.model.marks import Marks
from veerpont.model.records import AbsenceLine
from veerpont.rules import absence
from veerpont.rules.service import ServicePeriod
from veerpont.store import employers
from veerpont.systems.registry import source
from veerpont.systems.source import Source

ALWAYS = ServicePeriod()

Services = Mapping[str, ServicePeriod]
"""Employer code → the days on which it is served."""


def services(job: Job) -> Services:
    """Return the service periods of the customer's employers."""
    with job.ledger.session() as session:
        return {code: row.service for code, row in employers.states(session, job.name).items()}


def lies_outside(of: Services, lines: Iterable[AbsenceLine]) -> bool:
    """Tell whether a case (all its lines) begins on a day on which its employer is not served."""
    head = absence.head(lines)
    return not of.get(head.employer_code, ALWAYS).covers(head.begin)


def entries_lie_outside(of: Services, system: Source, entries: Iterable[Entry]) -> bool:
    """Tell the same of lines of the history; not of a case with a line that cannot be read: it is a reject."""
    records = [history.record_of(system, entry) for entry in entries if not entry.gone]
    lines = [record for record in records if isinstance(record, AbsenceLine)]
    return bool(lines) and len(lines) == len(records) and lies_outside(of, lines)


def known_people(job: Job, over: Collection[str]) -> Container[tuple[str, str]] | None:
    """Return the people (employer and key) of whom a report may still come in at employers whose service is over.

    None where anybody may: the portal has people whom we do not bring.
    """
    if not over or not job.integration.portals_for(Flow.EMPLOYEES):
        return None
    known = Marks()
    for person in read_index(job) or ():
        for each in people_of(person):
            known.add(each)
    system = source(job.integration.source.system)
    for entry in history.read(job, history.current(job)):
        if entry.employer in over:
            known.add((entry.employer, entry.person or history.person_of(system, entry) or ""))
    return known
