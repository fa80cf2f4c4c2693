"""Reading a row as its source spells it, or saying which field is wrong and what to do; never the value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from veerpont.model.failures import Problem, Stage
from veerpont.model.messages import Phrase
from veerpont.systems.field_types import REASONS
from veerpont.systems.source import Row
from veerpont.systems.source_row import SourceRow

_Row = TypeVar("_Row", bound=SourceRow)

_REASONS = {
    "missing": "missing_value",
    "string_too_short": "missing_value",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "control_characters",
}
"""What pydantic finds wrong → our reason. Ours are their own; all else is a value of another type."""


@dataclass(frozen=True)
class Advice:
    """What to do about each reason, in the words of one source; `{field}` stands for the field."""

    texts: Mapping[str, Phrase]

    def read_row(self, kind: type[_Row], row: Row) -> _Row | Problem:
        """Return `row` as one of its kind, or the first thing that is wrong with it."""
        try:
            return kind.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
        reason = "missing_value" if first["input"] is None else _REASONS.get(first["type"], first["type"])
        return self.problem(str(first["loc"][0]), reason if reason in REASONS else "wrong_type")

    def problem(self, field: str, reason: str) -> Problem:
        """Return the problem with `field` for one of the reasons that have an advice."""
        return Problem(Stage.TRANSFORM, field, reason, self.texts[reason].of(field=field))
