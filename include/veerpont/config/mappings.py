"""Settings that are tables of codes: what a code may become, and what people keep at the desk merged into the file's.

The integration file wins, code by code. Which tables people may fill in the flows say (flows.codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError

LONGEST_CODE = 60
LONGEST_TARGET = 200
LEFT_OUT = "null"
"""The target of a code that is left out, as it is written in the file."""
ALL = "*"
"""The code of a setting that is no table: it is on or off for all."""


@dataclass(frozen=True)
class MappedCode:
    """A code, and where it is mapped: in which setting, and of which employer where each has codes of its own."""

    table: str
    employer: str
    code: str


@dataclass(frozen=True)
class Setting:
    """A setting that maps codes, or is on or off. `name`: as in the file, with dots; `shape`: its type."""

    name: str
    shape: Any

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and no table."""
        return self.shape is bool

    @property
    def by_employer(self) -> bool:
        """Whether each employer has codes of its own."""
        return not self.is_switch and get_origin(get_args(self.shape)[1]) is dict

    @property
    def target(self) -> Any:
        """What a code becomes, as a type."""
        if self.is_switch:
            return bool
        value = get_args(self.shape)[1]
        return get_args(value)[1] if self.by_employer else value

    @property
    def may_leave_out(self) -> bool:
        """Whether a code may be left out on purpose: null in the file."""
        return NoneType in get_args(self.target)

    @property
    def choices(self) -> tuple[str, ...]:
        """The only targets that there are; none where any of its type will do."""
        parts = get_args(self.target) if self.may_leave_out else (self.target,)
        return tuple(each for part in parts if get_origin(part) is Literal for each in get_args(part))

    @property
    def is_number(self) -> bool:
        """Whether a target is a whole number."""
        return int in (self.target, *get_args(self.target))

    def of(self, integration: Integration) -> dict[MappedCode, Any]:
        """Return what an integration maps: code → target."""
        value = value_at(integration, self.name)
        if self.is_switch:
            return {MappedCode(self.name, "", ALL): True} if value else {}
        by_employer = value if self.by_employer else {"": value}
        return {
            MappedCode(self.name, employer, code): target
            for employer, codes in by_employer.items()
            for code, target in codes.items()
        }

    def read(self, text: str) -> Any:
        """Return the target that a person wrote, as JSON has it; `null` leaves the code out, where that may be.

        Raises ValueError when it can be none.
        """
        given, target = text.strip(), TypeAdapter(self.target)
        if given == LEFT_OUT and self.may_leave_out:
            return None
        if not given or len(given) > LONGEST_TARGET or not given.isprintable():
            raise ValueError("no target")
        return target.dump_python(target.validate_python(given), mode="json")  # ValidationError is a ValueError


@cache
def setting(name: str) -> Setting:
    """Return the setting of this name. Raises KeyError when there is none that maps codes or is on or off."""
    model: type[BaseModel] = Integration
    *path, last = name.split(".")
    for part in path:
        inner = model.model_fields[part].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise KeyError(name)
        model = inner
    shape = model.model_fields[last].annotation
    if shape is not bool and get_origin(shape) is not dict:
        raise KeyError(name)
    return Setting(name, shape)


def merged(integration: Integration, kept: Mapping[MappedCode, Any]) -> Integration:
    """Return the integration with what people keep at the desk, where its file says nothing of the same code.

    Raises SettingsError for what is kept and no setting takes: it was kept by another version.
    """
    found = integration
    for name in dict.fromkeys(code.table for code in kept):
        try:
            here = setting(name)
            said = here.of(integration)
            added = {code: target for code, target in kept.items() if code.table == name and code not in said}
            value = TypeAdapter(here.shape).validate_python(_value(here, said | added))
        except (KeyError, ValidationError):
            raise SettingsError(
                f"What is kept at the desk of {name} for {integration.name} does not fit this version: see `veerpont "
                f"mappings list {integration.name}`, and take back or say again what is wrong."
            ) from None
        found = _with(found, name.split("."), value)
    return found


def as_yaml(kept: Mapping[MappedCode, Any]) -> str:
    """Return what is kept as a part of an integration file, to be pasted there; empty where nothing is."""
    content: dict[str, Any] = {}
    for name in dict.fromkeys(code.table for code in kept):
        *path, last = name.split(".")
        here = content
        for part in path:
            here = here.setdefault(part, {})
        here[last] = _value(setting(name), {code: target for code, target in kept.items() if code.table == name})
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True) if content else ""


def value_at(integration: Integration, name: str) -> Any:
    """Return the value of a setting, by its name with dots."""
    found: Any = integration
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _value(here: Setting, entries: Mapping[MappedCode, Any]) -> Any:
    if here.is_switch:
        return any(entries.values())
    if not here.by_employer:
        return {code.code: target for code, target in entries.items()}
    found: dict[str, dict[str, Any]] = {}
    for code, target in entries.items():
        found.setdefault(code.employer, {})[code.code] = target
    return found


def _with(section: Any, path: list[str], value: Any) -> Any:
    """Return a copy of a section with another value at a place; what the file said itself stays known as that."""
    first, *rest = path
    return section.model_copy(update={first: _with(getattr(section, first), rest, value) if rest else value})
