"""What was adopted: the lines that a portal in use had, kept until it accepts the first delivery of ours."""

from uuid import uuid4

import msgspec

from veerpont.flows import FLOWS
from veerpont.flows.flow_load import lines_of
from veerpont.flows.job import Job
from veerpont.store import deliveries, kinds
from veerpont.store.employers import Gate
from veerpont.store.leases import LeaseGuard
from veerpont.store.scope import Scope

_encode = msgspec.json.encode


def keep_active(job: Job, scope: Scope, guard: LeaseGuard) -> None:
    """Leave out the adopted lines of employers that are not active any more: nothing is kept of these."""
    active = active_at(job)
    with job.ledger.session() as session:
        adopted = deliveries.pointer(session, scope, kinds.ADOPTED)
    if adopted is None or all(line.employer in active for line in lines_of(job.vault, adopted)):
        return
    kept = (line for line in lines_of(job.vault, adopted) if line.employer in active)
    written = job.vault.write(kinds.ADOPTED.path(scope, uuid4().hex), map(_encode, kept))
    with job.ledger.session() as session:
        guard.require(session)
        deliveries.point(session, scope, kinds.ADOPTED, written)


def active_at(job: Job) -> set[str]:
    """Return the codes of the employers that are active for the flow today."""
    with job.ledger.session() as session:
        gate = FLOWS[job.flow].gate(session, job.integration, job.today)
    return {code for code, state in gate.items() if state is Gate.ACTIVE}
