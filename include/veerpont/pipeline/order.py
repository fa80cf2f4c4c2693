"""The order of a night, for customers that cross together (docs/decisions/0024): who may start, and who is late."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.pipeline.plan import POKE, latest_start, previous
from veerpont.store import in_hand, runs
from veerpont.store.in_hand import Done
from veerpont.store.ledger import Ledger

SOON = timedelta(seconds=15)
"""To bring a small batch across takes no longer."""
UNSEEN = timedelta(minutes=15)
"""So long those who wait for no flow wait for the others of their batch, of whom nothing has been seen yet."""


@dataclass
class Turnout:
    """How customers stand whose previous flow of the night may not have ended.

    `ready`: those who have none that they wait for. `ended`: those for whom it has ended. `late`: customer → when to
    look again, of those whom the others do not wait for. `busy`: those whose previous flow is at work, which the others
    of their batch wait for; `loading`: how many of these are at its last step. `unknown`: those of whom it has not been
    seen.
    """

    ready: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    late: dict[str, datetime] = field(default_factory=dict)
    busy: list[str] = field(default_factory=list)
    loading: int = 0
    unknown: list[str] = field(default_factory=list)

    def wait_together(self, waited: timedelta) -> bool:
        """Tell whether nobody of a batch starts yet: the flow before is at work, or has not come to this batch."""
        if self.busy or not self.unknown:
            return bool(self.busy)
        seen = self.ended or self.late
        return not seen and not (self.ready and waited > UNSEEN)

    def again(self, tick: datetime, moment: datetime) -> datetime:
        """Return when a batch that waits together looks again: soon, where the flow before only has to load it."""
        if self.busy and len(self.busy) == self.loading:
            return moment + max(SOON, (moment - tick) / 40)
        return again(tick, moment, bool(self.busy))


def turnout(
    ledger: Ledger, flow: Flow, customers: Mapping[str, Integration], tick: datetime, moment: datetime
) -> Turnout:
    """Return who may start now."""
    found = Turnout()
    after: defaultdict[Flow, list[str]] = defaultdict(list)
    for name, integration in customers.items():
        before = previous(integration, flow) if moment < latest_start(tick) else None
        if before is None:
            found.ready.append(name)
        else:
            after[before].append(name)
    for before, names in after.items():
        with ledger.session() as session:
            ended = runs.standing_since(session, names, before, tick)
            hands = in_hand.since(session, names, before, tick)
        for name in names:
            row = hands.get(name)
            if ended.get(name):
                found.ended.append(name)
            elif row is not None and row.retry_at is not None:
                found.late[name] = max(row.retry_at + POKE, again(tick, moment))
            elif ended.get(name) is False or (row is not None and row.step != Done.ENDED):
                found.busy.append(name)
                found.loading += row is not None and row.step == Done.TRANSFORM
            else:
                found.unknown.append(name)
    return found


def again(tick: datetime, moment: datetime, begun: bool = True) -> datetime:
    """Return when to look again: in a minute, and after a tenth of the time that was waited already.

    begun: the flow before is at work; where it has not begun, it is not done within a minute.
    """
    return moment + max(POKE if begun else 3 * POKE, (moment - tick) / 10)
