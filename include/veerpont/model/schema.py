"""Schemas: the tables of a flow whose columns no document lists, as the source itself describes them."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

import msgspec

PAYROLL_TABLES = ("calculated_bases", "employment", "formation", "wage_components")
"""The tables of payroll data, in the order in which they are read and sent."""


class ColumnType(StrEnum):
    """What a column holds. Dates and moments are as the source's calendar has them, without a zone."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"


class Column(msgspec.Struct, frozen=True):
    """One column. `length`: of a text, at most; of a decimal, how many digits follow the point; None: not said."""

    name: str
    type: ColumnType
    length: int | None = None

    def __str__(self) -> str:
        return f"{self.type} ({self.length})" if self.length is not None else str(self.type)


Schema = Mapping[str, tuple[Column, ...]]
"""Table → its columns, in the order in which the source shows them."""


class SchemaChange(msgspec.Struct, frozen=True):
    """How a schema differs from the one before: `table.column`, and of a changed one what it was and is.

    `fingerprint`: of the new schema.
    """

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    fingerprint: str


def fingerprint(schema: Schema) -> str:
    """Return what tells one schema from another; in which order its columns come makes no difference."""
    content = {table: sorted((each.name, each.type, each.length or -1) for each in schema[table]) for table in schema}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()[:16]


def compare(before: Schema, after: Schema) -> SchemaChange | None:
    """Return how `after` differs from `before`; None when it does not."""
    old, new = _columns(before), _columns(after)
    change = SchemaChange(
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        tuple(f"{name}: {old[name]} → {new[name]}" for name in new if name in old and old[name] != new[name]),
        fingerprint(after),
    )
    return change if change.new or change.gone or change.changed else None


def _columns(schema: Schema) -> dict[str, Column]:
    return {f"{table}.{column.name}": column for table, columns in schema.items() for column in columns}
