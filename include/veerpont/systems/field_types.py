"""How the values of a source's row are read: texts, codes, days, numbers, whatever system they come from."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, GetPydanticSchema, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from veerpont.rules.dates import parse_date

REASONS = frozenset({
    *("missing_value", "wrong_type", "impossible_date", "impossible_percentage", "control_characters", "too_long"),
})
"""Why a value cannot be read."""
_MAX_LENGTH = 255
_MOST_DIGITS = 15
_DUTCH_POSTAL_CODE = re.compile(r"(\d{4})\s*([A-Za-z]{2})", re.ASCII)


def guid(value: str) -> str:
    """Return a GUID without braces, in upper case: sources write it in both ways (docs/reference/afas.md, 4)."""
    return value.strip().strip("{}").strip().upper()


def _present(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise PydanticCustomError("missing_value", "empty")
    return value


def _guid(value: str | None) -> str | None:
    return (guid(value) or None) if value else None


def _date(value: object) -> object:
    return _day(value) if isinstance(value, str) else value


def _day_or_problem(value: str) -> date | None:
    text = value.strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except ValueError:
        raise PydanticCustomError("impossible_date", "not a date") from None


_day = lru_cache(maxsize=32_768)(_day_or_problem)  # the days of a working life, as rows repeat them


def _end(value: object) -> object:
    # A day in one of these years is how people and systems write "no end".
    if isinstance(value, str) and value.strip()[:5] in {"9999-", "2999-"}:
        return None
    return _date(value)


def _moment(value: object) -> object:
    # Local time, whatever the `Z` says (docs/reference/afas.md, 4): it stays without a zone.
    if not isinstance(value, str):
        return value
    if _day_or_problem(value) is None:
        return None
    try:
        return datetime.fromisoformat(value.strip().removesuffix("Z"))
    except ValueError:
        raise PydanticCustomError("impossible_date", "not a time") from None


def _flag(value: object) -> object:
    # AFAS itself types some yes/no fields as a number (docs/reference/afas.md, 4).
    value = _whole(value)
    return bool(value) if isinstance(value, int) and value in {0, 1} else value


def _whole(value: object) -> object:
    # JSON may show a whole number with a decimal point.
    if isinstance(value, Decimal) and _sensible(value) and value == value.to_integral_value():
        return int(value)
    return value


def _sensible(number: Decimal) -> bool:
    # A few characters of JSON, such as 1e999999999, can stand for a number that fills the memory when it is written.
    return number.is_finite() and (not number or abs(number.adjusted()) < _MOST_DIGITS)


def _house_number(value: object) -> object:
    if isinstance(value, str):
        digits = value.strip()
        return (int(digits) if re.fullmatch(r"\d{1,9}", digits, re.ASCII) else value) if digits else None
    return _whole(value)


def _decimal(value: object) -> object:
    """Return an exact decimal without trailing zeros: 36 and 36.0 are the same hours and must give the same bytes."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not _sensible(number):
        raise PydanticCustomError("wrong_type", "not a sensible number")
    return number.quantize(Decimal(1)) + 0 if number == number.to_integral_value() else number.normalize()


def _percentage(value: object) -> object:
    number = _decimal(value)
    if isinstance(number, Decimal) and not 0 <= number <= 100:
        raise PydanticCustomError("impossible_percentage", "not 0 to 100")
    return number


def _postal_code(value: str | None) -> str | None:
    """Return a Dutch postal code as `1234 AB`: AFAS shows it with and without the space.

    Facts: docs/reference/afas.md, 8.1.
    """
    match = _DUTCH_POSTAL_CODE.fullmatch(value or "")
    return f"{match[1]} {match[2].upper()}" if match else value


# Most cells of most rows are texts and days: these are judged with as few calls into Python as can be.
_clean = partial(StringConstraints, strip_whitespace=True, max_length=_MAX_LENGTH, pattern=r"^[^\x00-\x1f\x7f]*$")
Text = Annotated[str, _clean()] | None
Code = Annotated[str, _clean(min_length=1)]
Guid = Annotated[str, _clean(min_length=1), AfterValidator(_guid), AfterValidator(_present)]
OptionalGuid = Annotated[Text, AfterValidator(_guid)]
PostalCode = Annotated[Text, AfterValidator(_postal_code)]
_day_schema = core_schema.no_info_after_validator_function(_day, core_schema.str_schema(strict=True))
Day = Annotated[date | None, GetPydanticSchema(lambda _, __: core_schema.nullable_schema(_day_schema))]
EndDay = Annotated[date | None, BeforeValidator(_end)]
NeededDay = Annotated[date, BeforeValidator(_date), BeforeValidator(_present)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Number = Annotated[int, BeforeValidator(_whole), BeforeValidator(_present)]
HouseNumber = Annotated[int | None, BeforeValidator(_house_number)]
Exact = Annotated[Decimal | None, BeforeValidator(_decimal)]
Percentage = Annotated[Decimal, BeforeValidator(_percentage), BeforeValidator(_present)]

_GENDERS = {
    **dict.fromkeys(("man", "m"), "Man"),
    **dict.fromkeys(("vrouw", "v"), "Vrouw"),
    **dict.fromkeys(("onbekend", "o"), "Onbekend"),
    **dict.fromkeys(("non-binair", "x"), "Non-binair"),
}


def gender_word(text: str | None) -> str | None:
    """Return Man, Vrouw, Onbekend or Non-binair for a description or a code, in any case; None when it is neither."""
    return _GENDERS.get(text.casefold()) if text else None
