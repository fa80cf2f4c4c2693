"""Late customers are batched again, by what is away and when it is back (docs/decisions/0025)."""

from collections import defaultdict
from datetime import datetime, timedelta

import msgspec

from veerpont.config.settings import settings
from veerpont.pipeline.batches import MOST
from veerpont.store import in_hand
from veerpont.store.in_hand import Attempt, Done
from veerpont.store.ledger import Ledger

MOST_INSTANCES = 20
"""So many of a flow wait, however many customers are late."""
TOGETHER = timedelta(minutes=5)
"""Moments that are nearer to each other are one."""


class LateBatch(msgspec.Struct, frozen=True):
    """Customers that wait together, in one mapped instance."""

    late: int
    members: list[str]


def late_batches(flow: str, run_id: str, attempt: int) -> list[LateBatch]:
    """Return who of a run is late, in groups that wait together, those first that are back first.

    attempt: how often the run was cleared.
    """
    ledger = Ledger(settings().ledger)
    ledger.require_current()
    with ledger.session() as session:
        rows = in_hand.found(session, Attempt(flow, run_id, attempt))
    waiting = {
        name: (row.retry_at, row.away)
        for name, row in rows.items()
        if row.step != Done.ENDED and row.retry_at is not None
    }
    return [LateBatch(number, names) for number, names in enumerate(grouped(waiting), 1)]


def grouped(waiting: dict[str, tuple[datetime, str]]) -> list[list[str]]:
    """Return customers in groups. `waiting`: customer → until when, and what is away."""
    alike: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for name, (moment, away) in sorted(waiting.items()):
        alike[int(moment.timestamp() // TOGETHER.total_seconds()), away].append(name)
    groups = [names[start : start + MOST] for _, names in sorted(alike.items()) for start in range(0, len(names), MOST)]
    if len(groups) <= MOST_INSTANCES:
        return groups
    everybody = [name for names in groups for name in names]  # neighbours are back at nearly the same time
    size = -(-len(everybody) // MOST_INSTANCES)
    return [everybody[start : start + size] for start in range(0, len(everybody), size)]
