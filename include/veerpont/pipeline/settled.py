"""A read that shows what the last one showed ends at once: for a flow that runs every few minutes.

Its rows are small enough to hold. One fingerprint is made of all that the outcome depends on; when it is that of the
last run, and nothing is open, nothing is staged, transformed or loaded, and the same books are noted.
"""

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from veerpont.config.settings import settings
from veerpont.flows import FLOWS
from veerpont.flows.index import index_path
from veerpont.flows.job import Extracted, Job, Transformed, encode_row
from veerpont.model.failures import PassingError
from veerpont.model.flows import Flow
from veerpont.model.messages import coded
from veerpont.pipeline import extract as whole
from veerpont.pipeline.batches import of_part
from veerpont.pipeline.crossing import FlowSteps
from veerpont.pipeline.load import load as load_whole
from veerpont.pipeline.plan import names_with, tidy, without_waiting
from veerpont.pipeline.verdict import Patience, Turn
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import deliveries, employers, in_hand, notes, reads, rejects, runs
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.source import Row

KEPT = timedelta(days=7)
"""How long the runs of such a flow are kept."""
TIDIED = 12
"""Runs in which every integration has its turn to be tidied up: an hour."""


class Settled(msgspec.Struct, frozen=True):
    """What the last run came to: the content it was for, and the books of each portal."""

    content: str
    books: dict[str, dict[str, int]]


def extract(job: Job) -> Extracted | None:
    """Read everything; None when nothing changed: then the run has ended. Raises as `pipeline.extract` does."""
    about, number = _about(job)
    pages = whole.read_pages(job)
    content = _content(job, about, pages)
    with job.ledger.session() as session:
        kept = notes.noted(session, job.scope, "settled")
        settled = msgspec.json.decode(kept, type=Settled) if kept else None
        if settled is None or settled.content != content or _is_owed(job, session):
            settled = None
        else:
            runs.begin(session, job.name, job.flow, list(settled.books), job.run_id)
            for portal, counts in settled.books.items():
                runs.end(session, job.scope.to(portal), job.run_id, "success", counts)
    if settled is not None:
        return None
    return msgspec.structs.replace(whole.extract(job, pages, number), scope=content)


def load(job: Job, transformed: Transformed) -> None:
    """Deliver, and remember the content that this came to. Raises as `pipeline.load` does."""
    try:
        load_whole(job, transformed)
    except PassingError as passing:
        if passing.retry_at is not None:
            wait = passing.retry_at - now()
            with job.ledger.session() as session:
                notes.note(session, job.scope, "not_before", (job.moment + wait).isoformat())
        raise
    with job.ledger.session() as session:
        # from the ledger: an attempt that died may have delivered already what this one finds done
        books = runs.counted(session, job.name, job.flow, job.run_id)
        waits = [
            item.portal
            for item in job.integration.portals_for(job.flow)
            if item.portal not in books or books[item.portal]["held"]
        ]  # what is missing waits for the 21:00 run: only then can it be long enough ago to be believed
        settled = {
            portal: {
                **counts,
                "delivered": 0,
                "unchanged": counts["unchanged"] + counts["delivered"],
                "gone": 0,
            }
            for portal, counts in books.items()
        }
        kept = msgspec.json.encode(Settled(transformed.scope, settled)).decode() if not waits else ""
        notes.note(session, job.scope, "settled", kept)


def steps(flow: Flow) -> FlowSteps:
    """Return how such a flow crosses: whatever passes by itself costs a turn."""
    return FlowSteps(flow, Patience.MINUTES, extract, load)


def members(turn: Turn, flow: Flow, part: int, parts: int, only: str | None) -> list[str]:
    """Return which integrations one of so many parts of a run reads: such a flow has no `plan`.

    Also forgets old runs, and deletes what was kept long enough, of some integrations each time.

    Raises SettingsError when `only` does not have the flow.
    """
    ours = settings()
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    if only is not None:
        if part:
            return []
        parts = 1
    found, broken = of_part(ledger, ours.integrations, part, parts)
    names = names_with(flow, found, broken, only)
    if turn.unattended:
        names = without_waiting(ledger, found, names, lambda _: None)  # the nightly flows say it, once a night
    with ledger.session() as session:
        runs.forget(session, flow, KEPT)
        in_hand.forget(session, flow, KEPT)
    for name in names:
        if name in found and zlib.crc32(name.encode()) % TIDIED == turn.tick.timestamp() // 300 % TIDIED:
            tidy(ledger, vault, flow, found[name])
    return names


def _about(job: Job) -> tuple[bytes, int]:
    """Return what an outcome depends on beside the rows (index, employers, settings), and the read's number.

    Skips the turn while a portal that was asked to take a delivery wants to be left alone.
    """
    with job.ledger.session() as session:
        number = reads.begin(session, job.name, job.flow)
        kept = notes.noted(session, job.scope, "not_before")
        index = index_path(session, job.name)
        today = FLOWS[job.flow].gate(session, job.integration, job.today)
        rows = employers.states(session, job.name).items()
        gate = sorted((code, row.state, row.frozen, today[code]) for code, row in rows)
    if job.unattended and kept and job.moment < (free_at := datetime.fromisoformat(kept)):
        raise PassingError(
            coded(
                "portal.left_alone",
                "The portal asked to be left alone until {free_at}.",
                free_at=f"{free_at.astimezone(AMSTERDAM):%H:%M}",
            ),
            free_at,
        )
    return msgspec.json.encode((index, gate, job.integration.model_dump_json())), number


def _is_owed(job: Job, session: Any) -> bool:
    """Tell whether something waits for a run that no change at the source would start."""
    if rejects.asked_again(session, job.name, job.flow):
        return True
    for item in job.integration.portals_for(job.flow):
        waiting = deliveries.find(session, job.scope.to(item.portal), State.PREPARED, State.HELD)
        if any(row.state == State.PREPARED or row.decided_by is not None for row in waiting):
            return True
        tried = notes.noted(session, job.scope.to(item.portal), "retried_at")
        if tried is None or datetime.fromisoformat(tried) < job.last_night:
            return True
    return False


def _content(job: Job, about: bytes, pages: Iterable[list[Row]]) -> str:
    """Return the fingerprint of all that the outcome of a run depends on."""
    digest = job.vault.digest()
    digest.update(about)
    for row in sorted(encode_row(row) for page in pages for row in page):
        digest.update(row)
    return digest.hexdigest()
