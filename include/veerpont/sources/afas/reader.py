"""Reads one GetConnector completely, or says why not: first whose environment it is, then page by page.

No page is trusted to be the last because it is short. A read ends only when a page that starts at the last row read
brings nothing after it, and rows that moved meanwhile are noticed (afas.md section 4: there is no snapshot).
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import msgspec

from veerpont.model.failures import DriftError, SettingsError, VeerpontError
from veerpont.sources.afas.client import Body, Client, connector_names, environment_id, objects
from veerpont.sources.protocol import Lease, Note, Row

_CELLS = 150_000 - 1  # columns x rows must stay below 150,000 (afas.md section 6.1)
_MOST_ROWS = 10_000

# What AFAS may call the type of a field that we read as ours (afas.md sections 4 and 5).
_DATA_TYPES: Mapping[type, frozenset[str]] = {
    str: frozenset({"string"}),
    int: frozenset({"int", "decimal"}),
    Decimal: frozenset({"decimal", "int"}),
    date: frozenset({"date"}),
    bool: frozenset({"boolean", "int"}),
}


@dataclass(frozen=True)
class Reader:
    """One read of one environment. Every call is made inside the lease of its AFAS member number."""

    client: Client
    lease: Lease
    note: Note
    parallel_calls: int = 1

    def check(self, environment: str | None, connector: str, types: Mapping[str, type]) -> int:
        """Return how many fields the connector has, after checking that it is the right one in the right environment.

        Raises SettingsError naming the environments, or the connector and the fields that are missing or changed type.
        """
        metainfo = self._get("metainfo")
        answered = environment_id(metainfo)
        if not environment or answered != environment:
            raise SettingsError(
                f"The token belongs to AFAS environment {answered}, not to {environment} as source.environment says. "
                "Correct the connection or the integration file; nothing was read."
            )
        if connector not in connector_names(metainfo):
            raise SettingsError(
                f"GetConnector {connector} is not in the app connector of environment {environment}. Ask the "
                "customer's AFAS administrator to add it, or name the renamed one under source.connectors."
            )
        self._note_version()
        return self._check_fields(connector, types)

    def sorted_rows(self, connector: str, order: Sequence[str], fields: int) -> Iterator[list[Row]]:
        """Yield all rows of a connector that can be sorted on `order`, in pages that do not overlap.

        A row that comes twice in one place is dropped and counted. Raises DriftError when rows moved meanwhile.
        """
        take = max(2, min(_CELLS // fields, _MOST_ROWS))
        pages = _Pages(connector, order)
        while True:
            skip = max(pages.received - 1, 0)
            page = self._rows(connector, {"skip": skip, "take": take, "orderbyfieldids": ",".join(order)})
            if not pages.received and not page:
                return
            fresh = pages.fresh(page)
            if fresh is None:
                break
            if fresh:
                yield fresh
        self._note_dropped(connector, pages.dropped)

    def unsorted_rows(self, connector: str, fields: int) -> Iterator[list[Row]]:
        """Yield all rows of a connector that cannot be sorted, in one page.

        Raises SettingsError when they do not fit in one page: without a sort, a second page may skip and repeat rows.
        """
        take = max(1, _CELLS // fields)
        page = self._rows(connector, {"skip": 0, "take": take})
        if len(page) >= take or self._rows(connector, {"skip": len(page), "take": 1}):
            raise SettingsError(
                f"GetConnector {connector} does not fit in one page of {take} rows, and the dots in its field names "
                "keep it from being read in more. Ask the customer's AFAS administrator to filter it; nothing was used."
            )
        distinct = list({_digest(row): row for row in page}.values())
        self._note_dropped(connector, len(page) - len(distinct))
        if distinct:
            yield distinct

    def _get(self, path: str) -> Body:
        with self.lease(self._turn()):
            return self.client.get(path)

    def _rows(self, connector: str, query: Mapping[str, str | int]) -> list[Row]:
        with self.lease(self._turn()):
            return self.client.rows(connector, query)

    def _turn(self) -> str:
        name = f"afas:{self.client.member}"
        if self.parallel_calls == 1:
            return name
        return f"{name}:{secrets.randbelow(self.parallel_calls)}"

    def _check_fields(self, connector: str, types: Mapping[str, type]) -> int:
        fields = objects(self._get(f"metainfo/get/{quote(connector, safe='')}").get("fields"))
        found = {str(item.get("id")): str(item.get("dataType")).casefold() for item in fields}
        missing = [name for name in types if name not in found]
        changed = [name for name, kind in types.items() if name in found and found[name] not in _DATA_TYPES[kind]]
        if missing or changed:
            what = [f"misses {', '.join(missing)}"] * bool(missing) + [
                f"has another type for {', '.join(f'{name} ({found[name]})' for name in changed)}"
            ] * bool(changed)
            raise SettingsError(
                f"GetConnector {connector} {' and '.join(what)}. Ask the customer's AFAS administrator to import the "
                "supplied definition again; nothing was read."
            )
        if added := sorted(found.keys() - types.keys()):
            self.note(f"GetConnector {connector} has fields that we do not know: {', '.join(added)}.")
        return len(found)

    def _note_version(self) -> None:
        try:
            version = self._get("profitversion").get("version")
        except VeerpontError:
            version = "unknown"  # only told to explain changes after an upgrade
        self.note(f"AFAS Profit version: {version}.")

    def _note_dropped(self, connector: str, count: int) -> None:
        if count:
            self.note(f"GetConnector {connector}: {count} rows that repeated another row exactly were dropped.")


class _Pages:
    """What was read so far, to tell fresh rows from repeated and moved ones. Keeps digests, not rows."""

    def __init__(self, connector: str, order: Sequence[str]) -> None:
        self.connector = connector
        self.order = order
        self.received = 0
        self.dropped = 0
        self._last: bytes | None = None
        self._last_rows: set[bytes] = set()
        self._seen: set[bytes] = set()

    def fresh(self, page: list[Row]) -> list[Row] | None:
        """Return the rows of `page` that were not read yet; None when the page brings nothing after the last row.

        Rows of one sort key may differ: they are all kept, for the transform to judge.
        """
        keys = [_digest([row.get(field) for field in self.order]) for row in page]
        if self._last is not None and (not keys or keys[0] != self._last):
            raise DriftError(
                f"GetConnector {self.connector}: rows were added or removed while they were read, or AFAS "
                "does not sort them. Run it again; when it keeps happening, have the sort of the connector looked at."
            )
        overlap = 0 if self._last is None else 1
        if overlap and len(page) == 1:
            return None
        contents: dict[bytes, set[bytes]] = {self._last: self._last_rows} if self._last is not None else {}
        fresh: list[Row] = []
        for position, (key, row) in enumerate(zip(keys, page, strict=True)):
            if key in self._seen and key != self._last:
                raise DriftError(
                    f"GetConnector {self.connector}: rows came again on a later page while they were read. Run it "
                    "again; when it keeps happening, have the sort of the connector looked at."
                )
            content = _digest(row)
            known = contents.setdefault(key, set())
            if content not in known:
                known.add(content)
                fresh.append(row)
            elif position >= overlap:
                self.dropped += 1
        self.received += len(page) - overlap
        self._seen.update(keys)
        self._last, self._last_rows = keys[-1], contents[keys[-1]]
        return fresh


def _digest(value: object) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).digest()
