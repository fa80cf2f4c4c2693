"""Lines of one table → the bytes of its file: csv or Parquet, the same lines giving the same bytes."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from itertools import islice
from typing import Any, NamedTuple

from veerpont.model.failures import SettingsError
from veerpont.model.lines import Line
from veerpont.model.messages import coded
from veerpont.model.schema import Column, ColumnType

GROUP = 50_000
"""Rows in one row group of a Parquet file."""
_DIGITS, _PLACES = 38, 10
"""What a decimal of 128 bits can hold, and how many digits behind the point there is always room for."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)

Row = tuple[str, list[str | None]]
"""A record key, and a cell for each column."""


class Table(NamedTuple):
    """The file of one table, and how many rows it has."""

    content: bytes
    rows: int


def write(kind: str, name: str, columns: tuple[Column, ...], lines: Iterable[Line]) -> Table:
    """Return the file of a table, as `kind` (csv or parquet); cells stand in the order of the schema.

    Raises SettingsError when a value does not fit the type of its column, which a csv does not look at.
    """
    rows = ((line.key, [row.get(column.name) for column in columns]) for line in lines for row in line.rows)
    return _parquet(name, columns, rows) if kind == "parquet" else _csv(columns, rows)


def _csv(columns: tuple[Column, ...], rows: Iterable[Row]) -> Table:
    """RFC 4180, UTF-8 without a byte order mark; None is an empty cell."""
    content, count = BytesIO(), 0
    text = TextIOWrapper(content, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for _, cells in rows:
        writer.writerow(cells)
        count += 1
    text.flush()
    return Table(content.getvalue(), count)


def _parquet(name: str, columns: tuple[Column, ...], rows: Iterator[Row]) -> Table:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB that nothing else needs
    from pyarrow import parquet  # noqa: PLC0415  # the same

    kinds = [_kind(column) for column in columns]
    schema = pa.schema([
        pa.field(column.name, kind.of(pa, column)) for column, kind in zip(columns, kinds, strict=True)
    ])
    content, count = BytesIO(), 0
    with parquet.ParquetWriter(content, schema) as writer:
        while group := list(islice(rows, GROUP)):
            cells: list[list[Any]] = [
                [_value(name, column, kind, key, row[at]) for key, row in group]
                for at, (column, kind) in enumerate(zip(columns, kinds, strict=True))
            ]
            writer.write_table(pa.table(cells, schema=schema))
            count += len(group)
    return Table(content.getvalue(), count)


class _Kind(NamedTuple):
    """How a type of ours is read from text, and what it is in Arrow."""

    read: Callable[[str, Column], Any]
    of: Callable[[Any, Column], Any]


def _integer(text: str, _: Column) -> int:
    number = int(text) if _NUMBER.fullmatch(text) and text.lstrip("+-").isdigit() else None
    if number is None or not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _decimal(text: str, column: Column) -> Decimal:
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    if number is None or number != round(number, _places(column)) or number.adjusted() >= _DIGITS - _places(column):
        raise ValueError
    return number


def _places(column: Column) -> int:
    """Return how many digits stand behind the point: what a source says is often only how many it shows."""
    return max(column.length or 0, _PLACES)


def _boolean(text: str, _: Column) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.casefold()]


def _moment(text: str, _: Column) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError
    return moment


_TEXT = _Kind(lambda text, _: text, lambda pa, _: pa.string())
_KINDS = {
    ColumnType.TEXT: _TEXT,
    ColumnType.INTEGER: _Kind(_integer, lambda pa, _: pa.int64()),
    ColumnType.DECIMAL: _Kind(_decimal, lambda pa, column: pa.decimal128(_DIGITS, _places(column))),
    ColumnType.BOOLEAN: _Kind(_boolean, lambda pa, _: pa.bool_()),
    ColumnType.DATE: _Kind(lambda text, _: date.fromisoformat(text), lambda pa, _: pa.date32()),
    ColumnType.MOMENT: _Kind(_moment, lambda pa, _: pa.timestamp("us")),
}


def _kind(column: Column) -> _Kind:
    """Return how a column is written: a decimal of unknown digits stays text, for nothing may be rounded."""
    unknown = column.length is None or not 0 <= column.length < _DIGITS
    return _TEXT if column.type is ColumnType.DECIMAL and unknown else _KINDS[column.type]


def _value(table: str, column: Column, kind: _Kind, key: str, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return kind.read(text, column)
    except (ValueError, KeyError, ArithmeticError):
        raise SettingsError(
            coded(
                "files.other_type",
                "files: table {table}, column {name}: the value of {key} does not fit the type that the "
                "source says it has ({type}). Correct it at the source, or choose format: csv, which "
                "keeps it as text.",
                table=table,
                name=column.name,
                key=key,
                type=column.type,
            )
        ) from None
