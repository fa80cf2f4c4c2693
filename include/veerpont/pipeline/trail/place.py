"""What is kept of one integration, where its records may be, and why one is not there."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from veerpont.config.integration import Integration
from veerpont.flows import FLOWS, missed
from veerpont.flows.absence.history import Entry
from veerpont.flows.index import IndexEntry
from veerpont.model.flows import Flow
from veerpont.store import deliveries, employers, kinds, runs, trail_log
from veerpont.store.clock import today
from veerpont.store.employers import Gate
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.table_base import Base
from veerpont.store.tables import EmployerState
from veerpont.store.trail_log import Trail
from veerpont.store.vault import Vault

Found = dict[str, Any]


class SnapshotLine(msgspec.Struct, frozen=True):
    """What of a line in a snapshot is looked at."""

    id: str
    key: str
    employer: str
    portal_key: str
    alias: str | None = None


_decode_told = msgspec.json.Decoder(SnapshotLine).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_index = msgspec.json.Decoder(IndexEntry).decode


class RecordPlace:
    """What is kept of one integration. The ledger is asked in short transactions: a load may wait for each of them."""

    def __init__(self, ledger: Ledger, vault: Vault, name: str, integration: Integration | None) -> None:
        self.ledger = ledger
        self.vault = vault
        self.name = name
        self.integration = integration
        with ledger.session() as session:
            self.snapshots = deliveries.pointers(session, name, kinds.SNAPSHOTS)
            self.missing = deliveries.pointers(session, name, kinds.MISSING)
            self.histories = deliveries.pointers(session, name, kinds.HISTORY)
            self.indexes = deliveries.pointers(session, name, kinds.INDEX)
            self.gate = employers.states(session, name)
        closed = sorted(map(_closed, self.gate.values()))
        self.closed = ", ".join(filter(None, closed)) or "all are active"

    def is_frozen(self, flow: Flow, employer: str) -> bool:
        """Tell whether nothing of an employer is read in a flow any more."""
        row = self.gate.get(employer)
        late = FLOWS[flow].late_days(self.integration) if self.integration else 0
        return row is None or row.state != Gate.ACTIVE or row.service.is_over(today(), late)

    def told(self) -> Iterator[tuple[str, str, SnapshotLine]]:
        """Yield flow, portal and line of everything that the portals were told last."""
        for scope, sequence in self.snapshots.items():
            yield from ((scope.flow, scope.portal, _decode_told(item)) for item in self.vault.read(sequence))

    def history(self) -> Iterator[tuple[str, Entry]]:
        """Yield the flow and the lines of the histories that are kept."""
        for scope, sequence in self.histories.items():
            entries = map(_decode_entry, self.vault.read(sequence))
            yield from ((scope.flow, entry) for entry in entries if not entry.gone)

    def lines(self, keys: Collection[str]) -> list[tuple[str, str, SnapshotLine]]:
        """Return flow, portal and line of what is known by one of these keys in any way."""
        return [
            (flow, portal, line)
            for flow, portal, line in self.told()
            if line.key in keys or line.id in keys or line.portal_key in keys or line.alias in keys
        ]

    def cases(self, keys: Collection[str]) -> set[str]:
        """Return the cases of the histories that have one of these keys, or a line that has."""
        return {entry.group for _, entry in self.history() if entry.key in keys or entry.case in keys}

    def entries(self, cases: Collection[str]) -> list[tuple[str, Entry]]:
        """Return the flow and the lines of these cases."""
        return [(flow, entry) for flow, entry in (self.history() if cases else ()) if entry.group in cases]

    def trails(self, flow: Flow) -> tuple[list[Trail], list[Trail]]:
        """Return the trails of what was only prepared, and those of what became true, the newest first."""
        with self.ledger.session() as session:
            return trail_log.prepared(session, self.name, flow), trail_log.found(session, self.name, flow)

    def is_missing(self, flow: str, portal: str, identity: str) -> bool:
        """Tell whether the last read did not show a line."""
        return identity in missed.read(self.vault, self.missing.get(Scope(self.name, flow, portal)))

    def last_read(self, flow: Flow) -> Found | None:
        """Return the newest run that read the flow and came to its end."""
        with self.ledger.session() as session:
            found = runs.listed(session, self.name, flow)
        ended = (row for row in found if row.state in {"success", "held"} and row.ended_at)
        return next((plain(row, ("run_id", "ended_at")) for row in ended), None)

    # -- why it is not there ----------------------------------------------------------------------------------------

    def why_not(self, flow: Flow, key: str) -> list[str]:
        """Say why nothing is known of a key in a flow."""
        if self.integration is not None and not self.integration.portals_for(flow):
            return []
        last = self.last_read(flow)
        read = f"It was last read by {last['run_id']}." if last else "It was never read to its end."
        return [f"{self.name}, {flow}: {FLOWS[flow].why_not(self, key)} {read}"]

    def has_crossed(self, key: str) -> bool:
        """Tell whether the portals have an employee with this key."""
        people = (_decode_index(item) for sequence in self.indexes.values() for item in self.vault.read(sequence))
        return any(key == entry.guid for entry in people)


def _closed(row: EmployerState) -> str:
    """Return the code of an employer of which not all is read, with why that is; empty: all is."""
    if row.state != Gate.ACTIVE:
        return row.code
    return f"{row.code} (its service ended on {row.service.last})" if row.service.is_over(today()) else ""


def plain(row: Base, names: Iterable[str]) -> Found:
    values = ((name, getattr(row, name)) for name in names)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}
