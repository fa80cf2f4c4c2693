"""The lookup: where each record stands in what a portal was told, by keyed fingerprints, so that nobody has to scan.

Each load that makes a snapshot writes one beside it, in the order of the fingerprints. They are even over all parts, so
one part, rarely two, tells all of a key. It is a help and no truth: what is found is looked at in the snapshot itself.
"""

from collections.abc import Iterable
from uuid import uuid4

import msgspec

from veerpont.flows.flow import BaseFlow
from veerpont.model.lines import Line
from veerpont.store import kinds, ordered, trail_log
from veerpont.store.scope import Scope
from veerpont.store.sorting import PlainSorter
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.registry import person_columns

NUMBER = "number:"
_DIGITS = 16
_decode_line = msgspec.json.Decoder(Line).decode


class LookupEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line by its record key; or, without an `id`, another text that leads to that key.

    `mark`: the fingerprint of the key or the text (trail_log.marker), by which the entries are in order. `order`,
    `part`: where the line stands in the snapshot. `number`: the personnel number of whose line it is, where the portal
    is told it. The first entries say of each part of a snapshot (its path is their `key`) the first row in it: ROW.
    """

    mark: str
    key: str
    id: str = ""
    employer: str = ""
    order: str = ""
    part: int = 0
    number: str = ""


ROW = "#"
"""Sorts before any fingerprint; the number of the row follows, from 1."""
_encode = msgspec.json.encode
decode = msgspec.json.Decoder(LookupEntry).decode


class _Marked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    mark: str


_decode_mark = msgspec.json.Decoder(_Marked).decode


class _Placed(msgspec.Struct, frozen=True, gc=False):
    order: str


_decode_order = msgspec.json.Decoder(_Placed).decode


class LookupWriter:
    """Takes the lines of a new snapshot, in its order, and writes their lookup.

    Args:
        numbered: lines are also found by the number of their row, as a complete file has it.
    """

    def __init__(self, vault: Vault, scope: Scope, flow: BaseFlow, *, numbered: bool) -> None:
        self._vault, self._scope, self._flow, self._numbered = vault, scope, flow, numbered
        self._folder = kinds.STAGED.path(scope, f"lookup-{uuid4().hex}")
        self._entries = PlainSorter(vault, self._folder)
        self._mark = trail_log.marker(vault)
        self._bsns = person_columns().bsns
        self._first_rows: dict[int, int] = {}
        self._row = 1

    def add(self, line: Line, part: int) -> None:
        """Take the next line. `part`: the one of the snapshot that it comes to stand in."""
        key, mark, put = line.key, self._mark, self._entries.put
        number = key if key.startswith(NUMBER) else ""
        for text in self._flow.known_as(line, self._bsns):
            if text != key:
                put(_encode((mark(text), key)))
                number = number or (text if text.startswith(NUMBER) else "")
        number = number.removeprefix(NUMBER)
        put(_encode(LookupEntry(mark(key), key, line.id, line.employer, line.order, part, number)))
        self._first_rows.setdefault(part, self._row)
        self._row += 1 + len(line.more)
        self._numbered = self._numbered and not line.part

    def done(self, snapshot: Sequence) -> Sequence:
        """Write it, and say where. `snapshot`: that which the lines came to."""
        rows = self._first_rows.items() if self._numbered else ()
        for part, row in rows:
            self._entries.put(_encode(LookupEntry(f"{ROW}{row:09}", snapshot.path, part=part)))
        sequence = self._vault.write(kinds.LOOKUP.path(self._scope, uuid4().hex), self._entries.items())
        self._vault.delete(self._folder)
        return sequence


def write(vault: Vault, scope: Scope, flow: BaseFlow, snapshot: Sequence) -> Sequence:
    """Write the lookup of a snapshot that has none; the numbers of its rows are not known any more."""
    writer = LookupWriter(vault, scope, flow, numbered=False)
    for part in range(snapshot.parts):
        for item in vault.part(snapshot, part):
            writer.add(_decode_line(item), part)
    return writer.done(snapshot)


def of_key(vault: Vault, lookup: Sequence, key: str) -> list[LookupEntry]:
    """Return the lines of a record key."""
    return [entry for entry in _at(vault, lookup, key) if entry.id and entry.key == key]


def keys_of(vault: Vault, lookup: Sequence, text: str) -> set[str]:
    """Return the record keys that something else leads to: a personnel number with NUMBER before it."""
    return {entry.key for entry in _at(vault, lookup, text) if not entry.id}


def key_of_row(vault: Vault, lookup: Sequence, snapshot: Sequence, row: int) -> str | None:
    """Return the record key of a row of the file, the first one below its header being 1; empty when it has no such.

    None when rows are not known: the portal gets no file, or lines left the snapshot since.
    """
    entries = [decode(item) for item in vault.part(lookup, 0)] if lookup.parts else []
    rows = {int(entry.mark.removeprefix(ROW)): entry for entry in entries if entry.mark.startswith(ROW)}
    if not rows or next(iter(rows.values())).key != snapshot.path:
        return None
    number = max((first for first in rows if first <= row), default=0)
    if not number:
        return ""
    for line in map(_decode_line, vault.part(snapshot, rows[number].part)):
        number += 1 + len(line.more)
        if row < number:
            return line.key
    return ""


def line_of(vault: Vault, snapshot: Sequence | None, entry: LookupEntry) -> Line | None:
    """Return the line itself; None when the portal has it no longer."""
    found = ordered.find(vault, snapshot, _order, entry.order, entry.part)
    return next((line for line in map(_decode_line, found) if line.id == entry.id), None)


def _at(vault: Vault, lookup: Sequence, text: str) -> Iterable[LookupEntry]:
    mark = trail_log.marker(vault)(text)
    guess = int(mark[:_DIGITS], 16) * lookup.parts >> 4 * _DIGITS
    return map(decode, ordered.find(vault, lookup, _mark, mark, guess))


def _mark(item: bytes) -> str:
    return _decode_mark(item).mark


def _order(item: bytes) -> str:
    return _decode_order(item).order
