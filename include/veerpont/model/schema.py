"""Schemas: the tables of a flow whose columns no document lists, as the source itself describes them."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


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


Schema = Mapping[str, tuple[Column, ...]]
"""Table → its columns, in the order in which the source shows them."""
