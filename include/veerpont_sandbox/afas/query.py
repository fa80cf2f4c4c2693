"""What a GetConnector does with its query string: filter, sort, page (docs/reference/afas.md, 3)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from veerpont_sandbox.afas.schema import Connector, Field, Row

Test = Callable[[Row], bool]
UNEXPECTED = "Er is een onverwachte fout opgetreden."
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?)?")


class FunctionalError(Exception):
    """AFAS answers 500 with this message."""


@dataclass(frozen=True)
class Window:
    """Which rows are asked for: `take` None = all of them."""

    skip: int
    take: int | None


def window(params: dict[str, str]) -> Window:
    """Read `skip` and `take` (docs/reference/afas.md, 3.1): take 100 by default, 0 gives one row, -1/-1 gives all rows.

    Raises FunctionalError for a take that is no number or negative, unless skip is -1.
    """
    skip = _whole(params.get("skip", "0"))
    if skip == -1:
        return Window(-1, None)
    take = _whole(params.get("take", "100"))
    if take is None or take < 0:
        raise FunctionalError(UNEXPECTED)
    return Window(max(0, skip or 0), max(1, take))


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def page(rows: list[Row], part: Window) -> list[Row]:
    """Return the rows of the window."""
    return rows if part.take is None else rows[part.skip : part.skip + part.take]


def arrange(connector: Connector, rows: list[Row], order: str, call: int) -> tuple[list[Row], bool]:
    """Sort `rows` by `orderbyfieldids`; without it, and among equals, the order differs from call to call.

    Returns the rows and whether this order is the only possible one. Strings are ordinal, null comes first.
    """
    # A step of about 0.38 of the table: two calls in a row never start at the same row.
    start = call * (len(rows) * 382 // 1000 + 1) % len(rows) if rows else 0
    rows = rows[start:] + rows[:start]
    if not order:
        return rows, len(rows) < 2
    keys = [(_position(connector, name.removeprefix("-")), name.startswith("-")) for name in order.split(",")]
    for position, descending in reversed(keys):
        # mypy does not infer the type of a lambda with a default
        rows.sort(key=lambda row, at=position: _sortable(row[at]), reverse=descending)  # type: ignore[misc]
    positions = [position for position, _ in keys]
    unique = len({tuple(row[at] for at in positions) for row in rows}) == len(rows)
    return rows, unique


def _position(connector: Connector, name: str) -> int:
    """Return where a field stands. Raises FunctionalError for an unknown one and for one with a dot.

    Facts: docs/reference/afas.md, 3.4.
    """
    if "." in name:
        raise FunctionalError(UNEXPECTED)
    if name not in connector.index:
        raise FunctionalError(f"Connector-veld '{name}' niet gevonden")
    return connector.index[name]


def _sortable(value: Any) -> tuple[int, Any]:
    # A column may hold a value of another type (a bad row): those stand apart.
    if value is None:
        return 0, 0
    return (2, value) if isinstance(value, str) else (1, value)


def conditions(connector: Connector, params: dict[str, str]) -> Test | None:
    """Turn the filter parameters into a test of a row: groups are ORed, the tests in a group ANDed.

    Facts: docs/reference/afas.md, 3.3.

    Raises FunctionalError for unknown or dotted fields, unknown operators, lists that do not match, a `Z` in a date,
    and for both forms at once.
    """
    compact = "filterfieldids" in params
    if compact and "filterjson" in params:
        raise FunctionalError(UNEXPECTED)
    if "filterjson" in params:
        groups = _from_json(params["filterjson"])
    elif compact:
        groups = _from_lists(params)
    else:
        return None
    tests = [[_test(connector, *condition) for condition in group] for group in groups]
    return lambda row: any(all(test(row) for test in group) for group in tests)


def _from_lists(params: dict[str, str]) -> list[list[tuple[str, str, str]]]:
    fields, values = params["filterfieldids"], params.get("filtervalues", "")
    operators = params.get("operatortypes") or re.sub(r"[^,;]+", "1", fields)
    shape = [len(group.split(",")) for group in fields.split(";")]
    split = [[group.split(",") for group in text.split(";")] for text in (fields, operators, values)]
    if any([len(group) for group in groups] != shape for groups in split):
        raise FunctionalError(UNEXPECTED)
    return [list(zip(*group, strict=True)) for group in zip(*split, strict=True)]


def _from_json(text: str) -> list[list[tuple[str, str, str]]]:
    try:
        filters = _listed(msgspec.json.decode(text)["Filters"]["Filter"])
        return [
            [(f["@FieldId"], str(f["@OperatorType"]), str(f.get("#text") or "")) for f in _listed(group["Field"])]
            for group in filters
        ]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise FunctionalError(UNEXPECTED) from None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _test(connector: Connector, name: str, operator: str, text: str) -> Test:
    """Build one condition; an operator other than 8 never holds for null, as in SQL."""
    at = _position(connector, name)
    if operator in {"8", "9"}:
        wanted = operator == "8"
        return lambda row: (row[at] in {None, ""}) is wanted
    if operator in _COMPARE:
        compare = _COMPARE[operator]
        value = _typed(connector.fields[at], text)
        return lambda row: row[at] is not None and compare(_comparable(row[at], value), value)
    if operator not in _TEXT:
        raise FunctionalError(UNEXPECTED)
    part, contains = text.strip("%"), _TEXT[operator]
    return lambda row: row[at] is not None and contains(str(row[at]), part)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "1": lambda a, b: bool(a == b),
    "2": lambda a, b: bool(a >= b),
    "3": lambda a, b: bool(a <= b),
    "4": lambda a, b: bool(a > b),
    "5": lambda a, b: bool(a < b),
    "7": lambda a, b: bool(a != b),
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "6": lambda a, b: b in a,
    "10": lambda a, b: a.startswith(b),
    "11": lambda a, b: b not in a,
    "12": lambda a, b: not a.startswith(b),
    "13": lambda a, b: a.endswith(b),
    "14": lambda a, b: not a.endswith(b),
    "15": lambda a, b: b.casefold() in a.casefold(),
}


def _typed(field: Field, text: str) -> Any:
    """Read a filter value as the field's type. Dates are Dutch local time; a `Z` is an error.

    Facts: docs/reference/afas.md, 3.3.
    """
    if field.type in {"int", "decimal"}:
        try:
            return float(text)
        except ValueError:
            raise FunctionalError(UNEXPECTED) from None
    if field.type == "boolean":
        return text.lower() in {"true", "1"}
    if field.type == "date":
        if not _DATE.fullmatch(text):
            raise FunctionalError(UNEXPECTED)
        return text if "T" in text else f"{text}T00:00:00"
    return text


def _comparable(stored: Any, value: Any) -> Any:
    if isinstance(value, str):
        return str(stored).removesuffix("Z")
    # A text in a numeric column (a bad row) compares as "smaller than everything".
    return float("-inf") if isinstance(stored, str) else stored
