"""Dates are Dutch (docs/decisions/0021): pure dates are never shifted, moments are seen from Amsterdam."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?Z?)?", re.ASCII)


def business_date(run_after: datetime) -> date:
    """Return the Dutch calendar day of an aware moment; ValueError when it has no zone."""
    if run_after.tzinfo is None:
        raise ValueError("A business date needs a moment with a time zone.")
    return run_after.astimezone(AMSTERDAM).date()


def parse_date(text: str) -> date:
    """Return the calendar day of `YYYY-MM-DD`, alone or with `THH:MM:SS` and an optional `Z`.

    The `Z` of AFAS is not UTC (docs/reference/afas.md, 4), so the day is taken as written. Raises ValueError, without
    the value, when the text has another form or the day does not exist or lies outside 1900-2100.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError("not a date of the form YYYY-MM-DD")
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        raise ValueError("a day that does not exist") from None
    if not EARLIEST <= day <= LATEST:
        raise ValueError("a day outside 1900-2100")
    return day
