"""Preview: what the next run of a flow would send. It is that run, on a copy of ledger and vault, and sends nothing."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import select

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.flows.job import Job, open_job
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, fingerprint_line
from veerpont.model.messages import coded
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import business_date
from veerpont.store import deliveries, kinds, rejects, runs
from veerpont.store.clock import now
from veerpont.store.copies import Overlay, copy_of
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Run
from veerpont.systems.source import Note

Keys = dict[str, list[str]]
"""Employer code → record keys."""

_RUN = "preview"
_decode_line = msgspec.json.Decoder(Line).decode


@dataclass
class Preview:
    """What one portal would get.

    `counts`: the books of the run (store.runs.COUNTS). `new`, `changed`, `gone`: the records of which that portal would
    hear, once everything in `held` is released. `held`: what would wait for a person: reasons, lines, removals.
    `message`: what the run would say.
    """

    portal: str
    counts: dict[str, int]
    new: Keys = field(default_factory=dict)
    changed: Keys = field(default_factory=dict)
    gone: Keys = field(default_factory=dict)
    held: list[dict[str, Any]] = field(default_factory=list)
    message: str | None = None

    @property
    def told(self) -> dict[str, Keys]:
        """What the portal would hear, by what it is of each record."""
        return {"new": self.new, "changed": self.changed, "gone": self.gone}


@dataclass
class Previews:
    """What the next run of a flow would do. `rejects`: what is wrong with which records, `new`: since this run."""

    integration: str
    flow: str
    portals: list[Preview]
    rejects: list[dict[str, Any]]


def preview(integration: str, flow: Flow, note: Note, moment: datetime | None = None) -> Previews:
    """Read the source and return what the next run would do. Ledger, vault and portals stay as they are.

    Args:
        note: takes sentences for whoever waits, never a personal value.
        moment: what the run would be for (aware); None: now.

    Raises as the steps of a run do: SettingsError, PassingError, NothingToDoError.
    """
    with _played(integration, flow, note, moment) as (real, job, outcome):
        portals = [_portal(real, job, outcome, item.portal) for item in real.integration.portals_for(flow)]
        return Previews(integration, flow, portals, _rejects(real, outcome))


@dataclass(frozen=True)
class WouldSend:
    """What a portal would be told. `rejected`: record key → reason; `held`: why it would wait for a person."""

    lines: list[Line]
    rejected: dict[str, str]
    held: set[str]


def would_send(integration: str, flow: Flow, portal: str, note: Note) -> WouldSend:
    """Read the source and return what the next run would tell a portal, once everything is released; as `preview`.

    What was adopted changes nothing of it.
    """
    with _played(integration, flow, note, None, adopted=False) as (_, job, outcome):
        held = {reason for row in _find(job.ledger, job, portal) for reason in row.reasons.split()}
        with outcome.ledger.session() as session:
            wrong = rejects.listed(session, rejects.RejectFilter(integration, flow, state="open"))
            rejected = {row.key: row.reason for row in wrong}
        return WouldSend(list(_snapshot(outcome, outcome.ledger, portal)), rejected, held)


@contextmanager
def _played(
    integration: str, flow: Flow, note: Note, moment: datetime | None, adopted: bool = True
) -> Iterator[tuple[Job, Job, Job]]:
    """Do what the next run would: yield the run, its copy, and the copy in which all that is held was released."""
    ours = settings()
    found, _ = read_integrations(ours.integrations)
    if integration in found and not found[integration].portals_for(flow):
        raise SettingsError(
            coded(
                "preview.no_portal",
                "No portal of {integration} has the flow {flow} (portals, flows).",
                integration=integration,
                flow=flow,
            )
        )
    moment = moment or now()
    real = replace(open_job(flow, integration, _RUN, note, tick=moment), today=business_date(moment))
    with _copied(real) as job:
        if not adopted:
            with job.ledger.session() as session:
                deliveries.unpoint(session, job.scope, kinds.ADOPTED)
        transformed = transform(job, extract(job))
        with copy_of(job.ledger, integration) as released:
            load(job, transformed)
            outcome = job
            if held := _held(job):
                outcome = replace(job, ledger=released)
                _release(outcome, held)
                load(outcome, transformed)
            yield real, job, outcome


@contextmanager
def _copied(real: Job) -> Iterator[Job]:
    # what a dead one leaves goes as batches go
    folder = kinds.STAGED.path(Scope(real.name, real.flow), f"preview-{uuid4().hex}")
    try:
        with copy_of(real.ledger, real.name) as copy:
            yield replace(real, ledger=copy, vault=Overlay(real.vault, folder), preview_of=real.ledger)
    finally:
        real.vault.delete(folder)


def _held(job: Job) -> list[Delivery]:
    return [
        row
        for item in job.integration.portals_for(job.flow)
        for row in _find(job.ledger, job, item.portal)
        if row.decided_by is None
    ]


def _find(ledger: Ledger, job: Job, portal: str) -> list[Delivery]:
    with ledger.session() as session:
        return deliveries.find(session, job.scope.to(portal), State.HELD)


def _release(job: Job, held: list[Delivery]) -> None:
    """Put into a ledger of before the load what that load held, as if a person had released it."""
    with job.ledger.session() as session:
        runs.begin(session, job.name, job.flow, [item.portal for item in job.integration.portals_for(job.flow)], _RUN)
        for row in held:
            row.decided_by, row.decided_at = _RUN, now()
            session.merge(row)


def _portal(real: Job, job: Job, outcome: Job, portal: str) -> Preview:
    where = (real.name, real.flow, portal)
    with job.ledger.session() as session:
        ran = session.scalars(select(Run).where(Run.run_id == _RUN, Run.portal == portal)).one()
        counts = {name: getattr(ran, name) for name in runs.COUNTS}
    before, after = _snapshot(real, real.ledger, portal), _snapshot(outcome, outcome.ledger, portal)
    told = {line.id: (fingerprint_line(line), line.employer, line.key) for line in before}
    new: defaultdict[str, list[str]] = defaultdict(list)
    changed: defaultdict[str, list[str]] = defaultdict(list)
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for line in after:
        known = told.pop(line.id, None)
        if known is None:
            new[line.employer].append(line.key)
        elif known[0] != fingerprint_line(line):
            changed[line.employer].append(line.key)
    for _, employer, key in told.values():
        gone[employer].append(key)
    held = [
        {"reasons": row.reasons.split(), "records": row.records, "gone": row.gone}
        for row in _find(job.ledger, job, portal)
        if row.decided_by is None
    ]
    return Preview(where[2], counts, dict(new), dict(changed), dict(gone), held, ran.message)


def _snapshot(job: Job, ledger: Ledger, portal: str) -> Iterator[Line]:
    with ledger.session() as session:
        sequence = deliveries.told(session, job.scope.to(portal))
    return map(_decode_line, job.vault.read(sequence) if sequence else ())


def _rejects(real: Job, outcome: Job) -> list[dict[str, Any]]:
    chosen = rejects.RejectFilter(real.name, real.flow, state="open")
    with real.ledger.session() as session:
        known = {(row.key, row.reason) for row in rejects.listed(session, chosen)}
    with outcome.ledger.session() as session:
        return [
            {
                "key": row.key,
                "employer": row.employer,
                "stage": row.stage,
                "field": row.field,
                "reason": row.reason,
                "detail": row.detail,
                "new": (row.key, row.reason) not in known,
            }
            for row in rejects.listed(session, chosen)
        ]
