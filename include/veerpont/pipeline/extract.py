"""Extract: read the source page by page into the vault; nothing of an inactive employer gets in.

Why: docs/decisions/0018.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from veerpont.flows import FLOWS
from veerpont.flows.index import require_index
from veerpont.flows.job import Extracted, Job, write_problems
from veerpont.flows.reading import Reading, kept_fields, outside_service, pages
from veerpont.model.failures import DriftError, SettingsError
from veerpont.model.messages import coded, together
from veerpont.store import calls, reads, runs
from veerpont.store.clock import now, today
from veerpont.store.employers import Gate
from veerpont.systems import defaults
from veerpont.systems.meter import metered
from veerpont.systems.registry import portal, source
from veerpont.systems.source import Row


def extract(job: Job, held: list[list[Row]] | None = None, number: int | None = None) -> Extracted:
    """Read the flow's rows into the vault.

    Args:
        held: the pages, where they were read already (`read_pages`).
        number: which read that was (store.reads); None: the one that begins now.

    Raises:
        NothingToReadError: the flow waits for another one.
        SettingsError, PassingError: as the source says; nothing that was read is used.
    """
    began = now().isoformat()  # before the gate is looked at: what became active since was not read
    flow = FLOWS[job.flow]
    with job.ledger.session() as session:
        runs.begin(
            session, job.name, job.flow, [item.portal for item in job.integration.portals_for(job.flow)], job.run_id
        )
        number = number or reads.begin(session, job.name, job.flow)
    gate = gate_of(job)
    require_settings(job)
    if waits := flow.waits(gate):
        job.note(waits)
        nothing = job.vault.write(f"{job.folder}/rows", ())
        return Extracted(nothing, nothing, 0, 0, nothing, began, complete=False, number=number)
    scope = flow.scope(job)
    found = _read(job, gate, began, scope, held) if held is not None else read(job, gate, began, scope)
    return msgspec.structs.replace(found, number=number)


def read_pages(job: Job) -> list[list[Row]]:
    """Return every row of a flow that is small enough to hold. Raises as `extract` does."""
    require_settings(job)
    require_index(job)
    flow = FLOWS[job.flow]
    employers_asked, keep = flow.employers(gate_of(job)), kept_fields(job, flow.names(job))
    with _count_calls(job):
        try:
            return list(pages(job, employers_asked, keep))
        except DriftError as error:
            job.note(f"{error} The whole read is repeated once.")
            return list(pages(job, employers_asked, keep))


def read(job: Job, gate: Mapping[str, Gate], began: str, scope: str = "") -> Extracted:
    """Read what `scope` asks for (`BaseFlow.scope`; empty: everything). A read that drifted is repeated once."""
    with _count_calls(job):
        try:
            return _read(job, gate, began, scope)
        except DriftError as error:
            job.note(f"{error} The whole read is repeated once.")
            return _read(job, gate, now().isoformat(), scope)


@contextmanager
def _count_calls(job: Job) -> Iterator[None]:
    """Count the calls of a read, however it ends, and stop it where the source would be asked too often in a day.

    Raises SettingsError then, and for each later read of that day.
    """
    day, asked = today(), job.integration.source
    most = asked.calls_per_day or source(asked.system).calls_per_day
    with job.shared.session() as session:
        before = calls.of_day(session, job.name, day)
    made, lock = 0, threading.Lock()

    def count(system: str) -> None:
        nonlocal made
        if most is not None and before + made >= most:
            raise SettingsError(
                coded(
                    "run.most_calls",
                    "{system} was asked {most} times on {day}, which is the most that source.calls_per_day allows. "
                    "Nothing of this read was used; tomorrow it goes on. See with `veerpont calls {name}` which flow "
                    "asks so often; when that is right, set calls_per_day higher.",
                    system=system,
                    most=most,
                    day=f"{day:%d-%m-%Y}",
                    name=job.name,
                )
            )
        with lock:
            made += 1

    try:
        with metered(count):
            yield
    finally:
        if made:
            with job.shared.session() as session:
                calls.add(session, job.name, job.flow, day, made)


def gate_of(job: Job) -> dict[str, Gate]:
    """Return employer code → state, as it is for this flow today."""
    with job.ledger.session() as session:
        return FLOWS[job.flow].gate(session, job.integration, job.today)


def require_settings(job: Job) -> None:
    """Refuse to read personal data for a flow that could not be delivered anyway."""
    missing = defaults.missing(job.integration, job.flow) + [
        sentence
        for item in job.integration.portals_for(job.flow)
        for sentence in portal(item.portal).missing(job.integration, job.flow)
    ]
    if missing:
        raise SettingsError(
            coded(
                "run.lacking",
                "Integration {name}, flow {flow}: {missing}",
                name=job.name,
                flow=job.flow,
                missing=together(*missing),
            )
        )


def _read(job: Job, gate: Mapping[str, Gate], began: str, scope: str, held: list[list[Row]] | None = None) -> Extracted:
    flow = FLOWS[job.flow]
    keep = kept_fields(job, flow.names(job))
    with job.vault.writer(f"{job.folder}/rows") as staged:
        reading = Reading(job, gate, scope, flow.employers(gate), keep, staged, held)
        flow.read(reading)
    reading.remarks += outside_service(reading.outside)
    return Extracted(
        staged.sequence,
        write_problems(job, "extract", reading.problems),
        reading.read,
        reading.filtered,
        job.vault.write(f"{job.folder}/elsewhere", (key.encode() for key in sorted(reading.elsewhere))),
        began,
        scope=scope,
        active=reading.active if scope else [],
        remarks=reading.remarks,
        schema=reading.schema,
    )
