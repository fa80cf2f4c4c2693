"""What time it is: the only place that asks the machine (docs/decisions/0011).

`VEERPONT_CLOCK_OFFSET`, seconds, moves it, for tests and for a demo with a past; whatever is for production refuses
to run with one. The sandbox reads the same variable by itself, so both sides stay on one day.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from veerpont.model.failures import SettingsError
from veerpont.rules.dates import business_date

Clock = Callable[[], datetime]

OFFSET = "VEERPONT_CLOCK_OFFSET"


def now() -> datetime:
    """Return the present moment, aware, in UTC. Raises SettingsError as `offset` does."""
    return datetime.now(UTC) + offset()


def machine() -> datetime:
    """Return what the machine itself says, aware, in UTC: to compare with what machines write (times of files)."""
    return datetime.now(UTC)


def today() -> date:
    """Return the Dutch date of the present moment. Raises SettingsError as `offset` does."""
    return business_date(now())


def offset() -> timedelta:
    """Return by how much the clock is moved. Raises SettingsError when the variable holds no number of seconds."""
    text = os.environ.get(OFFSET, "")
    if not text:
        return timedelta()
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        raise SettingsError(f"{OFFSET} is not a number of seconds: take it out of the environment.") from None


def refuse_offset() -> None:
    """Raise SettingsError when the clock is moved: what goes to a real portal is of today."""
    if offset():
        raise SettingsError(
            f"{OFFSET} moves the clock, which only tests and demos may do: take it out of the environment of the "
            "scheduler and the workers, and start them again."
        )
