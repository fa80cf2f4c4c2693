"""The rows of a source: each field is declared once, by our name, with how the source spells it and who needs it.

A record takes over what has its name, so that a new field is one line here and one in the record.
"""

from collections.abc import Mapping, Set
from functools import cache
from typing import Any, Self, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

_Record = TypeVar("_Record", bound=msgspec.Struct)


def required(spelled: str, *asked: str) -> Any:
    """Declare a field that no row may lack, with how the source spells it.

    asked: our names of what a portal gets that are made of it; its own name where none is given.
    """
    return Field(alias=spelled, json_schema_extra={"asked": list(asked), "always": True})


def always(spelled: str, *asked: str) -> Any:
    """Declare a field that may be empty and that the rules need, whatever the portals get. `asked`: see `required`."""
    return Field(None, alias=spelled, json_schema_extra={"asked": list(asked), "always": True})


def on_request(spelled: str, *asked: str) -> Any:
    """Declare a field that may be empty and is kept only where a portal gets it. `asked`: see `required`."""
    return Field(None, alias=spelled, json_schema_extra={"asked": list(asked), "always": False})


class SourceRow(BaseModel):
    """A row of a source, or what we read of it. Fields that it does not name are left alone: sources add their own."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="after")
    def _empty_is_none(self) -> Self:
        # An empty text and null mean the same (docs/reference/afas.md, 4); no other source says that they do not.
        cells = vars(self)
        if "" in cells.values():
            cells.update({name: None for name, value in cells.items() if value == ""})
        return self

    @classmethod
    def spelled(cls, name: str) -> str:
        """Return how the source spells the field that has this name here."""
        return _spellings(cls)[name]

    @classmethod
    def spellings(cls) -> Mapping[str, str]:
        """Return each name here → how the source spells it."""
        return _spellings(cls)

    @classmethod
    def asked(cls) -> Mapping[str, tuple[str, ...]]:
        """Return our names → the source's fields that they are made of."""
        return _asked(cls)

    @classmethod
    def always(cls) -> frozenset[str]:
        """Return the source's fields that the rules need."""
        return _always(cls)

    @classmethod
    def needs(cls, names: Set[str]) -> frozenset[str]:
        """Return the source's fields that our names and the rules need. Names that the source lacks need none."""
        return cls.always().union(*(cls.asked().get(name, ()) for name in names))


def record_of(kind: type[_Record], row: SourceRow, **made: object) -> _Record:
    """Return the record that takes over what has its names in the row, and what was `made` of the rest."""
    cells = vars(row)
    return kind(**{name: cells[name] for name in _shared(kind, type(row))} | made)


@cache
def _spellings(row: type[SourceRow]) -> dict[str, str]:
    return {name: field.alias or name for name, field in row.model_fields.items()}


@cache
def _asked(row: type[SourceRow]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, spelled in _spellings(row).items():
        for each in _said(row, name, "asked") or [name]:
            found[each] = (*found.get(each, ()), spelled)
    return found


@cache
def _always(row: type[SourceRow]) -> frozenset[str]:
    return frozenset(spelled for name, spelled in _spellings(row).items() if _said(row, name, "always"))


def _said(row: type[SourceRow], name: str, what: str) -> Any:
    said = row.model_fields[name].json_schema_extra
    return said[what] if isinstance(said, dict) else None


@cache
def _shared(kind: type[msgspec.Struct], row: type[SourceRow]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name in row.model_fields)
