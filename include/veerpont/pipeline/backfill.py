"""Historic loads of absence: one month of cases at a time, merged into the history beside the hourly flow.

Nothing is sent here: the next run of `absence` delivers. A month may be asked for again, in any order.
"""

from dataclasses import replace

import msgspec

from veerpont.flows.absence import coverage
from veerpont.flows.absence.cases import SaidBefore, absences
from veerpont.flows.job import Job, read_problems
from veerpont.model.failures import SettingsError
from veerpont.model.messages import coded
from veerpont.pipeline.extract import gate_of, read, require_settings
from veerpont.pipeline.transform import transform
from veerpont.store import reads, runs
from veerpont.store.clock import now
from veerpont.store.leases import lease
from veerpont.store.scope import Scope

FLOW = "absence_history"
"""The name of these runs in the ledger."""


def scopes(job: Job, month: str) -> list[str]:
    """Return what to ask for a month (`2026-11`): of the month in which the portal's window begins also all before."""
    first = f"{coverage.cutoff(job):%Y-%m}"
    return [f"<{month}", month] if month == first else [month]


def fetch(job: Job, month: str) -> dict[str, int]:
    """Read a month's cases into the history, record what was asked, and return the books.

    Args:
        job: of the flow absence; its moment is the present, for what is read is what the source shows now.
        month: `2026-11`.

    Raises SettingsError and PassingError as the flow itself does; what was merged stays merged.
    """
    with job.ledger.session() as session:
        runs.begin(session, job.name, FLOW, [""], job.run_id)
    require_settings(job)
    counts = dict.fromkeys(runs.COUNTS, 0)
    for scope in scopes(job, month):
        for name, count in _fetch(job, scope).items():
            counts[name] += count
    message = coded(
        "run.month_loaded",
        "{count} lines of {month} are in the history; the next run of absence delivers them.",
        count=counts["unchanged"],
        month=month,
    )
    with job.ledger.session() as session:
        runs.end(session, Scope(job.name, FLOW), job.run_id, "success", counts, message=message)
    job.note(str(message))
    return counts


def _fetch(job: Job, scope: str) -> dict[str, int]:
    began = now().isoformat()
    with job.ledger.session() as session:
        number = reads.begin(session, job.name, job.flow)
    part = replace(job, run_id=f"{job.run_id} {scope}")
    extracted = msgspec.structs.replace(read(part, gate_of(job), began, scope), number=number)
    transformed = transform(part, extracted)
    refused = read_problems(job.vault, transformed.problems).rows
    with lease(job.ledger, job.scope.loads) as held:
        found = absences(part, transformed, held, SaidBefore())
    job.vault.delete(part.folder)
    if found.doubts:
        raise SettingsError(
            coded(
                "run.not_believed",
                "What came for {scope} is not believed ({doubts}), and nothing of it was kept: have the "
                "connector looked at, and load it again.",
                scope=scope,
                doubts=", ".join(found.doubts),
            )
        )
    rejected = refused + sum(wrong.rows for wrong in found.problems)
    filtered = extracted.filtered + found.filtered
    return {
        "read": extracted.read,
        "filtered": filtered,
        "rejected": rejected,
        "unchanged": extracted.read - filtered - rejected,
    }
