"""Reading a row as its connector's, or saying which field is wrong and what to do; never the value."""

from typing import TypeVar

from pydantic import ValidationError

from veerpont.model.failures import Problem, Stage
from veerpont.sources.afas.rows import ConnectorRow
from veerpont.sources.protocol import Row

_Row = TypeVar("_Row", bound=ConnectorRow)

_ADVICE = {
    "missing_value": "{field} is empty; fill it in in AFAS.",
    "wrong_type": "{field} has a value of another kind than the GetConnector was supplied with; check its definition.",
    "impossible_date": "{field} is not a date between 1900 and 2100; correct it in AFAS.",
    "impossible_percentage": "{field} is not a percentage from 0 to 100; correct it in AFAS.",
    "control_characters": "{field} holds invisible control characters, such as a line break; type it again in AFAS.",
    "too_long": "{field} is longer than 255 characters; shorten it in AFAS.",
    "unknown_name_usage": "{field} is none of the four ways of name usage that AFAS documents; correct it in AFAS.",
    "unknown_gender": "{field} is none of Man, Vrouw, Onbekend and Non-binair; correct it in AFAS.",
    "invalid_bsn": "{field} is not a valid citizen-service number (elfproef); correct it in AFAS.",
    "invalid_iban": "{field} is not a valid IBAN: its length or check digits are wrong; correct it in AFAS.",
    "invalid_bic": "{field} is not a valid BIC: 8 or 11 letters and digits; correct it in AFAS.",
    "no_manager": "{field} is empty: this unit has no manager. That is no failure.",
}


def read_row(kind: type[_Row], row: Row) -> _Row | Problem:
    """Return `row` as a row of its connector, or the first thing that is wrong with it."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    reason = "missing_value" if first["type"] == "missing" else first["type"]
    return problem(str(first["loc"][0]), reason if reason in _ADVICE else "wrong_type")


def problem(field: str, reason: str) -> Problem:
    """Return the problem with `field` for one of the reasons that have an advice."""
    return Problem(Stage.TRANSFORM, field, reason, _ADVICE[reason].format(field=field))
