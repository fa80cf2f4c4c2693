"""Which line of a delivery each message of a report is about. Pure.

By the number of its row, as the file had them; by its key where there is no number; by both where there are both: a
number that points to a row with another key is a count that begins elsewhere, and would blame somebody else's row.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from veerpont.model.lines import Line
from veerpont.pipeline.reports.scrub import scrub, words
from veerpont.systems.portal import ReportLine

TEXTS = 3
"""So many different texts about one record are shown."""
_CODE = 40


@dataclass
class Hit:
    """A line that was rejected, and why: the portal's code, and its words without personal values."""

    line: Line
    code: str
    words: str


@dataclass
class Match:
    """The rejected lines by id, and how many messages name no line.

    `whole`: code and words, when no message names a row at all: then the file was refused, and none of it processed.
    """

    hits: dict[str, Hit] = field(default_factory=dict)
    unmatched: int = 0
    whole: tuple[str, str] | None = None


def match(
    lines: Iterable[Line],
    messages: list[ReportLine],
    key_columns: Collection[str],
    headers: Collection[str],
    names_in: Collection[str],
) -> Match:
    """Find the lines of a delivery, in the order of its file, that a report rejects.

    Args:
        key_columns: our names of the columns in which a key may be found.
        headers: the file's own names of its columns, which may stand in the portal's words.
        names_in: our names of the columns with names of people.
    """
    if not messages:
        return Match()
    by_number: dict[int, list[int]] = {}
    by_part: dict[str, list[int]] = {}
    heard = words(message.text for message in messages)
    names: set[str] = set()
    for at, message in enumerate(messages):
        if message.row is not None:
            by_number.setdefault(message.row, []).append(at)
        elif parts := _parts(message.key):
            by_part.setdefault(max(parts, key=len), []).append(at)
    found: list[dict[str, Line]] = [{} for _ in messages]
    columns: set[str] = {*headers, *key_columns}
    number = 0
    for line in lines:
        columns.update(line.values)
        for row in line.rows:
            number += 1
            names |= heard & words(value for name in names_in if (value := row.get(name)))
            keys = {line.portal_key.casefold(), *(value.casefold() for name in key_columns if (value := row.get(name)))}
            for at in (*by_number.get(number, ()), *_by_key(by_part, keys)):
                if _parts(messages[at].key) <= keys or messages[at].key.casefold() in keys:
                    found[at][line.id] = line
    return _matched(messages, found, names, columns)


def _by_key(by_part: dict[str, list[int]], keys: Iterable[str]) -> Iterator[int]:
    for key in keys:
        yield from by_part.get(key, ())


def _parts(key: str) -> set[str]:
    return {part.strip().casefold() for part in key.split("/")} - {""}


def _matched(messages: list[ReportLine], found: list[dict[str, Line]], names: set[str], columns: set[str]) -> Match:
    result = Match()
    said: dict[str, list[tuple[Line, ReportLine]]] = {}
    for message, lines in zip(messages, found, strict=True):
        if len(lines) == 1:
            ((identity, line),) = lines.items()
            said.setdefault(identity, []).append((line, message))
        else:
            result.unmatched += 1
    if all(message.row is None and not message.key for message in messages):
        first = messages[0]
        return Match(whole=(_code(first.code, []), scrub(first.text, [], names, columns)))
    for identity, each in said.items():
        line = each[0][0]
        texts = dict.fromkeys(scrub(message.text, line.rows, names, columns) for _, message in each)
        result.hits[identity] = Hit(line, _code(each[0][1].code, line.rows), " / ".join(list(texts)[:TEXTS]))
    return result


def _code(code: str, rows: Iterable[object]) -> str:
    """Return the portal's code; empty when it looks like none, or like a value of the row or somebody's number."""
    plain = code.replace("_", "").replace("-", "").replace(".", "")
    values = {value for row in rows if isinstance(row, dict) for value in row.values()}
    may_be = plain.isalnum() and plain.isascii() and len(code) <= _CODE and not re.search(r"\d{5}", plain)
    return code if may_be and code not in values else ""
