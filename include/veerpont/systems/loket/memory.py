"""What was read of single employments before, so that only those that changed are read again.

Facts: docs/reference/loket.md, 2.1.

Lists are always read whole; this is for what Loket gives for one employment or person at a time. The version number of
an employment only says that something of it changed, so it is then read again completely; of absence also the calendar
must show what it showed (see `absences`). The number is taken before reading, and kept in one object with what was read
under it: the two can never disagree. As it is not known whether every table counts, what was read longest ago is read
again too, a share with each run.

An object that is older than three days is deleted with the staged batches of its flow: then everything is read again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store import deliveries
from veerpont.store.clock import Clock, now
from veerpont.store.kinds import MEMORY
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.vault import Vault
from veerpont.systems.loket.client import Client
from veerpont.systems.loket.resources import VERSIONS
from veerpont.systems.source import Row

AGE = timedelta(hours=20)
_NUMBER = "lastModifiedVersionNumber"


class _Employer(msgspec.Struct):
    """The version number up to which an employer's items are known."""

    employer: str
    number: int


class Item(msgspec.Struct):
    """What was read of one employment or person, and when (ISO)."""

    id: str
    at: str
    rows: list[dict[str, Any]]


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


class Memory:
    """The memory of one integration and flow. `keep` replaces it by what was wanted since it was made.

    share: with each run one of so many items is read again though it did not change.
    """

    def __init__(
        self, ledger: Ledger, vault: Vault, integration: str, flow: Flow, share: int, clock: Clock = now
    ) -> None:
        self._ledger, self._vault, self._clock = ledger, vault, clock
        self._scope = Scope(integration, flow)
        self._share = share
        self._numbers, self._items = self._load()
        self._kept_numbers: dict[str, int] = {}
        self._kept: dict[str, Item] = {}

    def changed(self, client: Client, employer: str) -> Callable[[Iterable[str]], bool]:
        """Return what tells of employments (ids) whether any changed since they were read; asks Loket once."""
        number = self._numbers.get(employer)
        query = {"filter": f"{_NUMBER} gt {number}"} if number is not None else None
        rows = client.rows(VERSIONS, employer, query=query)
        versions = {str(row["id"]): version for row in rows if isinstance(version := row.get(_NUMBER), int)}
        self._kept_numbers[employer] = max(versions.values(), default=number or 0)
        return lambda ids: number is None or any(each in versions for each in ids)

    def rows(
        self,
        client: Client,
        read: Callable[[str], list[Row]],
        wanted: Sequence[tuple[str, Iterable[str]]],
        changed: Callable[[Iterable[str]], bool],
    ) -> dict[str, list[Row]]:
        """Return what `read` gives for each item: read now where it is new, changed or old, else as it was before.

        Args:
            wanted: the id of each item, with the employments that it depends on.
        """
        moment = self._clock()
        due = [each for each, on in wanted if each not in self._items or changed(on)]
        others = {each for each, _ in wanted}.difference(due)
        oldest = sorted(
            (item.at, each) for each in others if (item := self._items[each]).at < (moment - AGE).isoformat()
        )
        due += [each for _, each in oldest[: -(-len(wanted) // self._share)]]
        found = dict(zip(due, client.each(read, due), strict=True))
        for each, _ in wanted:
            fresh = each in found
            self._kept[each] = Item(each, moment.isoformat(), found[each]) if fresh else self._items[each]
        return {each: self._kept[each].rows for each, _ in wanted}

    def known(self, each: str) -> list[Row] | None:
        """Return what was read of an item before; None when it is not known."""
        item = self._items.get(each)
        return item.rows if item else None

    def drop(self, ids: Iterable[str]) -> None:
        """Let `keep` remember what is known of all others; these are read in another way now."""
        for each in ids:
            self._items.pop(each, None)
        self._kept, self._kept_numbers = dict(self._items), dict(self._numbers)

    def keep(self) -> None:
        """Make what was read the current memory; call it when everything was read."""
        lines = [_encode(_Employer(*entry)) for entry in self._kept_numbers.items()]
        lines += [_encode(item) for item in self._kept.values()]
        path = MEMORY.path(self._scope, uuid4().hex)
        sequence = self._vault.write(path, lines)
        with self._ledger.session() as session:
            deliveries.point(session, self._scope, MEMORY, sequence)
        self._vault.delete_others(MEMORY.within(self._scope), {path})

    def _load(self) -> tuple[dict[str, int], dict[str, Item]]:
        numbers: dict[str, int] = {}
        items: dict[str, Item] = {}
        with self._ledger.session() as session:
            current = deliveries.pointer(session, self._scope, MEMORY)
        try:
            for line in map(_decode, self._vault.read(current) if current else ()):
                if "employer" in line:
                    numbers[line["employer"]] = line["number"]
                else:
                    items[line["id"]] = Item(**line)
        except SettingsError:  # deleted, or of another key: nothing is lost by reading everything
            return {}, {}
        return numbers, items
