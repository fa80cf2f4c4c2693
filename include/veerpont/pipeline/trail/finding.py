"""What the desk tells of a record: as `veerpont trace` does, by the lookups of the loads and without reading all.

Personnel numbers are understood; a citizen-service number, a name or an account finds nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from veerpont.config.integration import Integration
from veerpont.flows import lookup
from veerpont.flows.absence import history
from veerpont.flows.absence.history import Entry
from veerpont.flows.lookup import NUMBER
from veerpont.model.flows import Flow
from veerpont.pipeline.trail.place import Found, RecordPlace, SnapshotLine
from veerpont.pipeline.trail.trace import Search
from veerpont.store import deliveries, kinds
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery
from veerpont.store.trail_log import Trail
from veerpont.store.vault import Sequence, Vault

RECORDS = 50
"""So many records are shown of one search."""
TRAIL_PARTS = 500
"""So many parts of trails are read for one search, the newest first."""
_PARTS_HELD = 32
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")


@dataclass
class Finding:
    """What was found. `more`: there are further records; `older`: there are trails that were not read."""

    records: list[Found] = field(default_factory=list)
    more: bool = False
    older: bool = False

    @property
    def keys(self) -> list[str]:
        """The record keys that are shown, each once; empty for one that left, of which the key is not kept."""
        return list(dict.fromkeys(record["key"] for record in self.records))


class _Remembering(Vault):
    """The same vault, of which the parts that were read last are held: of one person they are read several times."""

    def __init__(self, vault: Vault) -> None:
        self.get, self.digest, self.read = vault.get, vault.digest, vault.read  # type: ignore[method-assign]
        self.part = lru_cache(_PARTS_HELD)(vault.part)  # type: ignore[method-assign]


class LookedUp(RecordPlace):
    """What is kept of one integration, found by its lookups. `flows`: only of these; `older`: trails were not read.

    `integration`: its file; None where there is none that can be used.
    """

    def __init__(
        self, ledger: Ledger, vault: Vault, name: str, flows: Collection[Flow], integration: Integration | None = None
    ) -> None:
        super().__init__(ledger, _Remembering(vault), name, integration)
        self.flows = flows
        self.older = False
        self._parts_left = TRAIL_PARTS
        with ledger.session() as session:
            there = deliveries.pointers(session, name, kinds.LOOKUP)
        self.lookups: dict[Scope, Sequence] = {at: found for at, found in there.items() if at.flow in set(flows)}

    def lines(self, keys: Collection[str]) -> list[tuple[str, str, SnapshotLine]]:
        lookups = self.lookups.values()
        known = {key for there in lookups for text in keys for key in lookup.keys_of(self.vault, there, text)}
        return [
            (scope.flow, scope.portal, SnapshotLine(line.id, line.key, line.employer, line.portal_key, line.alias))
            for scope, there in self.lookups.items()
            for key in islice(sorted({*keys, *known}), RECORDS + 1)
            for entry in lookup.of_key(self.vault, there, key)
            if (line := lookup.line_of(self.vault, self.snapshots.get(scope), entry))
        ]

    def cases(self, keys: Collection[str]) -> set[str]:
        return {entry.group for _, entry in self._histories(keys)}

    def entries(self, cases: Collection[str]) -> list[tuple[str, Entry]]:
        return list(self._histories(cases))

    def _histories(self, cases: Iterable[str]) -> Iterator[tuple[str, Entry]]:
        for scope, sequence in self.histories.items():
            for case in islice(sorted(cases), RECORDS + 1):
                for entry in history.of_case(self.vault, sequence, case):
                    yield scope.flow, entry

    def trails(self, flow: Flow) -> tuple[list[Trail], list[Trail]]:
        prepared, linked = super().trails(flow)
        read = []
        for trail in linked:
            self._parts_left -= trail.steps.parts
            if self._parts_left < 0:
                self.older = True
                break
            read.append(trail)
        return prepared, read

    def why_not(self, flow: Flow, key: str) -> list[str]:
        """Say only that there is something to explain: the desk has its own words."""
        return [f"{self.name}, {flow}"]

    def number_of(self, key: str, flow: str) -> str:
        """Return the personnel number of whose record it is; empty where no portal is told it. One part tells it.

        Args:
            flow: where it is looked for first.
        """
        if key.startswith(NUMBER):
            return key.removeprefix(NUMBER)
        for scope in sorted(self.lookups, key=lambda each: each.flow != flow):
            for entry in lookup.of_key(self.vault, self.lookups[scope], key):
                if entry.number:
                    return entry.number
        return ""


def find(place: LookedUp, texts: Collection[str]) -> Finding:
    """Return what happened to the records that one of these texts means (`meant_by`), flow by flow."""
    search = Search(place, *texts)
    found = [record for flow in place.flows for record in search.records(flow)]
    return Finding(found[:RECORDS], len(found) > RECORDS, place.older)


def meant_by(asked: str) -> list[str]:
    """Return what somebody may mean: a record key, a personnel number, or the record keys in a line id."""
    asked = asked.strip()
    if guid := _GUID.fullmatch(asked):
        return [guid[1].upper()]
    parts = asked.split("/") if "/" in asked else []
    inside = [part.upper() for part in parts if _GUID.fullmatch(part)] + [each for each in parts if NUMBER in each]
    number = [] if parts or asked.startswith(NUMBER) else [f"{NUMBER}{asked}"]
    return list(dict.fromkeys([asked, *number, *inside[:5]]))


def of_row(place: LookedUp, delivery: Delivery, row: int) -> str | None:
    """Return the record key of a row of a delivery's file, the first below its header being 1; empty for no such row.

    None when it is not the newest file that the portal accepted of the flow, or lines of it were refused or forgotten
    since: then its rows are not known any more.
    """
    scope = Scope.of(delivery)
    with place.ledger.session() as session:
        accepted = deliveries.find(session, scope, State.DELIVERED, State.CONFIRMED)
    there = place.lookups.get(scope)
    if not accepted or accepted[-1].id != delivery.id or there is None or scope not in place.snapshots:
        return None
    return lookup.key_of_row(place.vault, there, place.snapshots[scope], row)
