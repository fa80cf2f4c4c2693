"""Plan: which integrations a flow run takes, in which order a night goes, and what is no longer kept."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import msgspec

from veerpont.config.integration import Integration, read_integrations, unread
from veerpont.config.settings import settings
from veerpont.flows.job import Job
from veerpont.model.failures import SettingsError
from veerpont.model.flows import NIGHTLY, Flow
from veerpont.model.messages import Words
from veerpont.pipeline import batches
from veerpont.pipeline.deliver import neighbours
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import deliveries, in_hand, kinds, live, notes, rejects, runs, trail_log
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.vault import Vault
from veerpont.systems.source import Note

LATEST_START = time(23, 45)
POKE = timedelta(minutes=1)
"""How long a flow waits at least before it looks again whether the one before it has ended."""
STAGED_AT_MOST = timedelta(days=3)


class Batch(msgspec.Struct, frozen=True):
    """Customers that cross together, in one mapped instance of a flow's tasks."""

    batch: int
    members: list[str]


def plan(flow: Flow, note: Note, only: str | None = None, unattended: bool = False) -> list[str | Batch]:
    """Return the mapped instances of this flow: the names of its integrations; `only` narrows it to one.

    A run that the schedule began (`unattended`) leaves out whom nobody has taken live yet.

    With more than `VEERPONT_BATCH_ABOVE` of them they are batches, and a name where nobody knows its batch.

    A file that cannot be read is in it by its file name: its own task then fails with what is wrong, and no other.
    Also notes where those deliver that are new, so that load can refuse a shared folder, and deletes what was kept long
    enough.
    """
    ours = settings()
    found, broken = read_integrations(ours.integrations)
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    vault.digest()  # made here, where nothing runs beside it yet: two tasks would make two secrets
    if not found and not broken:
        note(f"{ours.integrations} (VEERPONT_INTEGRATIONS) holds no integration file: nothing to do.")
    for name in unread(ours.integrations):
        note(f"{name} is not read: the name of an integration file ends in .yaml.")
    chosen = [item for item in found.values() if item.portals_for(flow)]
    if not broken:  # a file with a mistake in it may be of an integration whose folder must stay its own
        with ledger.session() as session:
            notes.forget_destinations(session, flow, {item.name for item in chosen})
    neighbours.note_new(ledger, flow, chosen, note)
    for item in chosen:
        tidy(ledger, vault, flow, item)
    with ledger.session() as session:
        in_hand.forget(session, flow, STAGED_AT_MOST)
    names = names_with(flow, found, broken, only)
    if unattended:
        names = without_waiting(ledger, found, names, note)
    if only is not None or len(names) <= ours.batch_above:
        return list(names)
    return _batches(names, batches.numbers(ledger, found, broken), note)


def _batches(names: list[str], numbers: Mapping[str, int], note: Note) -> list[str | Batch]:
    together: defaultdict[int, list[str]] = defaultdict(list)
    for name in names:
        if name in numbers:
            together[numbers[name]].append(name)
    for number, members in sorted(together.items()):
        note(f"Batch {number}: {', '.join(members)}.")
    alone = [name for name in names if name not in numbers]
    return [*(Batch(number, members) for number, members in sorted(together.items())), *alone]


def names_with(
    flow: Flow, found: Mapping[str, Integration], broken: Mapping[str, SettingsError], only: str | None = None
) -> list[str]:
    """Return who has the flow, or may have it: of a file that cannot be read nobody knows. Raises as `plan` does."""
    all_ = sorted([*(item.name for item in found.values() if item.portals_for(flow)), *broken])
    if only is None:
        return all_
    if only not in all_:
        raise SettingsError(f"No integration {only} has the flow {flow}. There are: {', '.join(all_) or 'none'}.")
    return [only]


def without_waiting(ledger: Ledger, found: Mapping[str, Integration], names: list[str], note: Note) -> list[str]:
    """Return the names without those that the schedule leaves out (`store.live`); says which these are."""
    with ledger.session() as session:
        left_out = live.waiting(session, found) & set(names)
    if left_out:
        note(f"Not live yet, so left out: {', '.join(sorted(left_out))}. `veerpont live NAME` takes one live.")
    return [name for name in names if name not in left_out]


def tidy(ledger: Ledger, vault: Vault, flow: Flow, item: Integration) -> None:
    """Delete what was kept long enough: what the flow staged, and the integration's deliveries, rejects and trails."""
    for batch in vault.older_than(kinds.STAGED.within(Scope(item.name, flow)), STAGED_AT_MOST):
        vault.delete(batch)
    with ledger.session() as session:
        rejects.forget_closed(session, item.name, item.retention.closed_rejects_days)
        for row in deliveries.expired(session, item.name, item.retention.deliveries_days):
            vault.delete(row.object or "")
            row.object = None
        trail_log.expire(session, vault, item.name, item.retention.deliveries_days)


def may_start(job: Job, tick: datetime, moment: datetime) -> bool:
    """Tell whether the previous flow of this integration has ended since `tick`, or 23:45 has passed.

    Why: docs/decisions/0024.

    It may have ended in any state: a night in which employers failed still brings the rest of what is known to be
    active.
    """
    before = previous(job.integration, job.flow)
    if before is None or moment >= latest_start(tick):
        return True
    with job.ledger.session() as session:
        return runs.ended_since(session, job.name, before, tick)


def previous(integration: Integration, flow: Flow) -> Flow | None:
    """Return the flow of this integration that comes before `flow` in a night; None when none does."""
    mine = [each for each in NIGHTLY if integration.portals_for(each)]
    before = mine[: mine.index(flow)] if flow in mine else []
    return before[-1] if before else None


def latest_start(tick: datetime) -> datetime:
    """Return when a flow of a night starts, whatever became of the one before it."""
    return datetime.combine(tick.astimezone(AMSTERDAM).date(), LATEST_START, AMSTERDAM)


def end(
    job_name: str, flow: str, run_id: str, state: str, kind: str, message: Words, ledger: Ledger | None = None
) -> None:
    """Note in the ledger that a run failed or was skipped, in words that the person who can act understands."""
    ledger = ledger or Ledger(settings().ledger)
    with ledger.session() as session:
        if not runs.known(session, job_name, flow, run_id):  # it ended before it knew its portals
            runs.begin(session, job_name, flow, [""], run_id)
        runs.end(session, Scope(job_name, flow), run_id, state, kind=kind or None, message=message)
