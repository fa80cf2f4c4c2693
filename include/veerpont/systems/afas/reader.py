"""Reads one GetConnector completely, or says why not: first whose environment it is, then page by page.

No page is trusted to be the last because it is short. A read ends only when a page that starts at the last sort key
read brings nothing after it, and rows that moved meanwhile are noticed (docs/reference/afas.md, 4: there is no
snapshot).
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

import msgspec

from veerpont.model.failures import DriftError, SettingsError, VeerpontError
from veerpont.model.marks import Marks
from veerpont.model.messages import Message, coded
from veerpont.systems.afas.client import Body, Client, connector_names, environment_id, objects
from veerpont.systems.afas.rows import ConnectorRow
from veerpont.systems.source import Lease, Note, Row

_CELLS = 150_000 - 1  # columns x rows must stay below 150,000 (docs/reference/afas.md, 6.1)
_MOST_ROWS = 10_000

# What AFAS may call the type of a field that we read as ours (docs/reference/afas.md, 4 and 5).
_DATA_TYPES: Mapping[type, frozenset[str]] = {
    str: frozenset({"string"}),
    int: frozenset({"int", "decimal"}),
    Decimal: frozenset({"decimal", "int"}),
    date: frozenset({"date"}),
    datetime: frozenset({"date"}),
    bool: frozenset({"boolean", "int"}),
}


@dataclass(frozen=True)
class Reader:
    """One read of one environment. Every call is made inside the lease of its AFAS member number."""

    client: Client
    lease: Lease
    note: Note
    parallel_calls: int = 1

    def check(
        self,
        environment: str | None,
        connector: str,
        row: type[ConnectorRow],
        needs: Mapping[str, str] | None = None,
        setting: str = "source.connectors",
        version: bool = True,
    ) -> int:
        """Return how many fields the connector has, after checking that it is the right one in the right environment.

        needs: the fields that must be there → what needs them; None: all that the supplied definition has. A customer
        may leave out the others (data minimisation): that is noted. setting: where the integration file names the
        connector. version: also tell the version of AFAS Profit.

        Raises SettingsError naming the environments, or the connector and the fields that are missing or changed type.
        """
        needed = dict.fromkeys(row.types().keys() - row.beyond, "") if needs is None else needs
        with self.one_turn() as turn:
            turn.check_environment(environment, {connector: setting})
            if version:
                turn.note_version()
            return turn._check_fields(connector, row, needed)

    def check_environment(self, environment: str | None, connectors: Mapping[str, str]) -> None:
        """Check whose environment answers, and that it has these connectors: id → where the integration file names it.

        Raises SettingsError naming the environments, or the connector that is not there.
        """
        metainfo = self._get("metainfo")
        answered = environment_id(metainfo)
        if not environment or answered != environment:
            raise SettingsError(
                coded(
                    "afas.other_environment",
                    "The token belongs to AFAS environment {answered}, not to {environment} as "
                    "source.environment says. Correct the connection or the integration file; nothing was "
                    "read.",
                    answered=answered,
                    environment=environment,
                )
            )
        for connector, setting in connectors.items():
            if connector not in connector_names(metainfo):
                raise SettingsError(
                    coded(
                        "afas.no_connector",
                        "GetConnector {connector} is not in the app connector of environment {environment}. Ask "
                        "the customer's AFAS administrator to add it, or name the renamed one under {setting}.",
                        connector=connector,
                        environment=environment,
                        setting=setting,
                    )
                )

    def fields(self, connector: str) -> list[Body]:
        """Return the fields of a connector, as its description has them (docs/reference/afas.md, 5)."""
        return objects(self._get(f"metainfo/get/{quote(connector, safe='')}").get("fields"))

    def sorted_rows(
        self,
        connector: str,
        order: Sequence[str],
        fields: int,
        filters: Mapping[str, str] | None = None,
        distinct: bool = True,
    ) -> Iterator[list[Row]]:
        """Yield all rows of a connector that can be sorted on `order`, in pages that do not overlap.

        filters: the parameters of a filter, sent with every page. A row that comes twice is dropped and counted, unless
        they need not be `distinct`.

        Raises:
            DriftError: rows moved meanwhile.
            SettingsError: so many rows have one sort key that they fill a page.
        """
        take = max(2, min(_CELLS // fields, _MOST_ROWS))
        query: dict[str, str | int] = {"take": take, "orderbyfieldids": ",".join(order), **(filters or {})}
        pages = _Pages(connector, order, distinct)
        while True:
            page = self._rows(connector, {"skip": pages.received - pages.repeats, **query})
            fresh = pages.fresh(page)
            if fresh:
                yield fresh
            if fresh is None:
                break
            if pages.repeats >= take:
                raise SettingsError(
                    coded(
                        "afas.same_order",
                        "GetConnector {connector} gives {take} rows or more with one value of {order}, which "
                        "should tell its rows apart. Ask the customer's AFAS administrator to import the "
                        "supplied definition again; nothing was used.",
                        connector=connector,
                        take=take,
                        order=", ".join(order),
                    )
                )
        # Several rows at the end have one key, and the page had no more: the server may give smaller pages than asked.
        if pages.repeats > 1 and self._rows(connector, {"skip": pages.received, **query, "take": 1}):
            raise pages.drift(coded("afas.after_the_last", "rows came after the last one"))
        pages.require_once()
        self._note_dropped(connector, pages.received - pages.kept)

    def unsorted_rows(self, connector: str, fields: int, distinct: bool = True) -> Iterator[list[Row]]:
        """Yield all rows of a connector that cannot be sorted, in one page; the `distinct` ones, where they should be.

        Raises SettingsError when they do not fit in one page: without a sort, a second page may skip and repeat rows.
        """
        take = max(1, _CELLS // fields)
        page = self._rows(connector, {"skip": 0, "take": take})
        if len(page) >= take or self._rows(connector, {"skip": len(page), "take": 1}):
            raise SettingsError(
                coded(
                    "afas.one_page",
                    "GetConnector {connector} does not fit in one page of {take} rows, and the dots in its "
                    "field names keep it from being read in more. Ask the customer's AFAS administrator to "
                    "filter it; nothing was used.",
                    connector=connector,
                    take=take,
                )
            )
        found = list({_digest(row): row for row in page}.values()) if distinct else page
        self._note_dropped(connector, len(page) - len(found))
        if found:
            yield found

    @contextmanager
    def one_turn(self) -> Iterator["Reader"]:
        """Take the turn once, and give a reader whose calls are all made in it: for reads of a few calls."""
        with self.lease(self._turn()):
            yield replace(self, lease=lambda _: nullcontext())

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

    def _check_fields(self, connector: str, row: type[ConnectorRow], needs: Mapping[str, str]) -> int:
        types, unread = row.types(), row.unread
        found = {str(item.get("id")): str(item.get("dataType")).casefold() for item in self.fields(connector)}
        missing = [f"{name} (for {needs[name]})" if needs[name] else name for name in needs if name not in found]
        changed = [
            name for name in types if name in found and name in needs and found[name] not in _DATA_TYPES[types[name]]
        ]
        if missing or changed:
            misses = coded("afas.misses", "misses {names}", names=", ".join(missing))
            types_of = ", ".join(f"{name} ({found[name]})" for name in changed)
            other = coded("afas.other_types", "has another type for {names}", names=types_of)
            both = coded("afas.both", "{misses} and {other}", misses=misses, other=other)
            again = coded("afas.import_again", "import the supplied definition again")
            lacking = ", ".join(sorted(row.beyond.intersection(needs) - found.keys()))
            more = coded(
                "afas.import_and_add",
                "{again}, and to add {names}, which it does not have",
                again=again,
                names=lacking,
            )
            raise SettingsError(
                coded(
                    "afas.other_definition",
                    "GetConnector {connector} {what}. Ask the customer's AFAS administrator to {advice}; nothing "
                    "was read.",
                    connector=connector,
                    what=both if missing and changed else misses if missing else other,
                    advice=more if lacking else again,
                )
            )
        if spared := sorted(types.keys() - found.keys() - needs.keys() - row.beyond):
            self.note(f"GetConnector {connector} does not have {', '.join(spared)}, which nothing here needs.")
        if added := sorted(found.keys() - types.keys() - unread):
            self.note(f"GetConnector {connector} has fields that we do not know: {', '.join(added)}.")
        return len(found)

    def note_version(self) -> None:
        """Tell the version of AFAS Profit: it explains changes after an upgrade."""
        try:
            version = self._get("profitversion").get("version")
        except VeerpontError:
            version = "unknown"  # only told to explain changes after an upgrade
        self.note(f"AFAS Profit version: {version}.")

    def _note_dropped(self, connector: str, count: int) -> None:
        if count:
            self.note(f"GetConnector {connector}: {count} rows that repeated another row exactly were dropped.")


_Key = tuple[object, ...]
"""The values that rows are sorted on."""


class _Pages:
    """What was read so far, to tell fresh rows from repeated and moved ones. Keeps marks of the sort keys, not rows.

    Rows of one sort key come in any order, and in another one with each call. So a page starts where the last sort key
    of the page before began, and repeats all of its rows.
    """

    def __init__(self, connector: str, order: Sequence[str], distinct: bool) -> None:
        self.received = 0  # places in the sorted whole
        self.kept = 0
        self.repeats = 0  # how many of these places the next page shows again
        self._connector = connector
        self._order = order
        self._distinct = distinct
        self._last: _Key = ()
        self._last_rows: Counter[bytes] = Counter()
        self._seen = Marks()
        self._look_at = 2  # rows: looking for keys that came again takes a while, and a read that circles must end

    def fresh(self, page: list[Row]) -> list[Row] | None:
        """Return the rows of `page` that were not read yet; None when the page brings nothing after the last sort key.

        Rows of one sort key may differ: they are all kept, for the transform to judge.
        """
        keys = [tuple([row.get(field) for field in self._order]) for row in page]
        if keys[: self.repeats] != [self._last] * self.repeats:
            raise self.drift(
                coded(
                    "afas.moved",
                    "rows were added or removed while they were read, or AFAS does not sort them",
                )
            )
        if len(page) == self.repeats:
            return None
        last = keys[-1]
        times = Counter(keys)
        contents: dict[_Key, Counter[bytes]] = {self._last: self._last_rows}
        shown: Counter[tuple[_Key, bytes]] = Counter()
        fresh: list[Row] = []
        for key, row in zip(keys, page, strict=True):
            if times[key] > 1 or key in {self._last, last}:  # only such a row can be one that came before
                content = _digest(row)
                known = contents.setdefault(key, Counter())
                shown[key, content] += 1
                if shown[key, content] <= known[content] or (self._distinct and known[content]):
                    continue
                known[content] += 1
            fresh.append(row)
        self.received += len(page) - self.repeats
        self.kept += len(fresh)
        for key in times.keys() - {self._last}:
            self._seen.add(key)
        if self.received >= self._look_at:
            self.require_once()
            self._look_at = self.received + self.received // 4
        self._last, self._last_rows = last, contents[last]
        self.repeats = next((place for place, key in enumerate(reversed(keys)) if key != last), len(keys))
        return fresh

    def require_once(self) -> None:
        """Raise DriftError when a sort key came again on a later page; asked now and then, and at the end."""
        if self._seen.twice():
            raise self.drift(coded("afas.came_again", "rows came again on a later page while they were read"))

    def drift(self, what: Message) -> DriftError:
        """Return the error for rows that moved during the read."""
        return DriftError(
            coded(
                "afas.drift",
                "GetConnector {connector}: {what}. Run it again; when it keeps happening, have the sort "
                "of the connector looked at.",
                connector=self._connector,
                what=what,
            )
        )


def _digest(value: object) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).digest()
