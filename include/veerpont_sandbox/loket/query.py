"""What a list call asks for: filter, order and page (docs/reference/loket.md, 2)."""

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from veerpont_sandbox.loket.provider import Json

DEFAULT_PAGE_SIZE = 250
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([()])|([^\s()']+))")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
Test = Callable[[Json], bool]
_MISSING = object()


class QueryError(Exception):
    """A query that Loket answers with 400."""


@dataclass(frozen=True)
class Page:
    """Which part of the list is asked for; `number` counts from 1."""

    number: int
    size: int

    def of(self, items: list[Json]) -> list[Json]:
        first = (self.number - 1) * self.size
        return items[first : first + self.size]


def page(asked: dict[str, str], max_size: int) -> Page:
    """Read pageNumber and pageSize. Raises QueryError."""
    numbers = []
    for name, default in (("pageNumber", 1), ("pageSize", DEFAULT_PAGE_SIZE)):
        text = asked.get(name.lower(), str(default))
        if not re.fullmatch(r"[1-9]\d{0,8}", text):
            raise QueryError(f"Ongeldige waarde voor {name}")
        numbers.append(int(text))
    if "pagesize" in asked and numbers[1] > max_size:
        raise QueryError(f"Ongeldige waarde voor pageSize: maximaal {max_size}")
    return Page(numbers[0], min(numbers[1], max_size))


def arrange(items: list[Json], order: str, call: int) -> list[Json]:
    """Sort by `orderBy`; without it, and among equals, the order differs from call to call. Raises QueryError."""
    # A step of about 0.38 of the list: two calls in a row never start at the same row.
    start = call * (len(items) * 382 // 1000 + 1) % len(items) if items else 0
    items = items[start:] + items[:start]
    for name in reversed([part.strip() for part in order.split(",") if part.strip()]):
        field = name.removeprefix("-")
        _known(items, field)
        items.sort(key=lambda item, field=field: _sortable(_value(item, field)), reverse=name.startswith("-"))  # type: ignore[misc]  # mypy cannot type a lambda's default
    return items


def select(items: list[Json], text: str, mode: Literal["strict", "lenient"]) -> list[Json]:
    """Return the items that pass a filter. Strict refuses what no document is sure of: parentheses, GUIDs.

    Raises QueryError.
    """
    if not text.strip():
        return items
    words = _words(text)
    if mode == "strict" and any(not quoted and word in "()" for word, quoted in words):
        raise QueryError("Haakjes in filter")
    alternatives = [[_test(items, part, mode) for part in _split(each, "and")] for each in _split(words, "or")]
    return [item for item in items if any(all(test(item) for test in tests) for tests in alternatives)]


Word = tuple[str, bool]
"""A word of the filter, and whether it was quoted."""


def _words(text: str) -> list[Word]:
    found: list[Word] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError("Ongeldig filter")
        quoted = match[1] is not None
        found.append((match[1].replace("''", "'") if quoted else match[2] or match[3], quoted))
        at = match.end()
    return found


def _split(words: Iterable[Word], on: str) -> list[list[Word]]:
    parts: list[list[Word]] = [[]]
    for word in words:
        if not word[1] and word[0].lower() == on:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _test(items: list[Json], words: list[Word], mode: str) -> Test:
    """Return the test of one `field operator value`."""
    if len(words) != 3 or words[0][1] or words[1][1]:
        raise QueryError("Ongeldig filter")
    field, called, (text, quoted) = words[0][0], words[1][0].lower(), words[2]
    _known(items, field)
    if mode == "strict" and _GUID.fullmatch(text):
        raise QueryError(f"Filteren op {field}")
    if called in {"eq", "ne"}:
        return lambda item: _equal(_value(item, field), text, quoted) == (called == "eq")
    if called == "lk":
        return lambda item: text.casefold() in str(_value(item, field) or "").casefold()
    if called not in _COMPARE:
        raise QueryError(f"Onbekende operator {called}")
    compare = _COMPARE[called]

    def test(item: Json) -> bool:
        value = _value(item, field)
        if value is None or isinstance(value, dict | list):
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            return compare(value, _number(text, field))
        return quoted and compare(str(value).casefold(), text.casefold())

    return test


def _equal(value: Any, text: str, quoted: bool) -> bool:
    if not quoted and text.lower() == "null":
        return value is None
    if isinstance(value, bool):
        return str(value).lower() == text.lower()
    if isinstance(value, int | float):
        return bool(value == _number(text, ""))
    return quoted and value is not None and str(value).casefold() == text.casefold()


def _number(text: str, field: str) -> float:
    try:
        return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    except ValueError:
        raise QueryError(f"Ongeldige waarde voor {field}") from None


def _value(item: Json, path: str, missing: Any = None) -> Any:
    """Return a (dotted) field, whatever the case of its name; None below something that is null."""
    found: Any = item
    for part in path.split("."):
        if found is None:
            return None
        if not isinstance(found, dict):
            return missing
        if part not in found:
            # Field names are case-insensitive.
            names = {name.lower(): name for name in found}
            if part.lower() not in names:
                return missing
            part = names[part.lower()]  # noqa: PLW2901 -- the name as this item spells it
        found = found[part]
    return found


def _known(items: list[Json], field: str) -> None:
    if items and _value(items[0], field, _MISSING) is _MISSING:
        raise QueryError(f"Onbekend veld {field}")


def _sortable(value: Any) -> tuple[int, Any]:
    """Return a key under which null comes first."""
    if value is None or isinstance(value, dict | list):
        return 0, 0
    return 1, value.casefold() if isinstance(value, str) else value
