"""What every HTTP source has in common: clocks, waits that the other side asks for, and JSON that may be odd."""

import re
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

import msgspec

from veerpont.model.failures import PassingError

Timeout = tuple[float, float]

ONE_CONNECTION = threading.Lock()
"""Held while a connection is looked up: Airflow keeps the secrets to mask in a place that knows no threads."""

SHORTEST_RETURN = timedelta(seconds=60)
_LONGEST_WAIT = 24 * 3600.0

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode  # 0.9 is what the source says, not the float nearest to it


class AgainError(PassingError):
    """Worth another try of the same call after `wait` seconds; `retry_at` when the caller gives up."""

    def __init__(self, message: str, now: datetime, wait: float = 0.0) -> None:
        super().__init__(message, now + max(timedelta(seconds=wait), SHORTEST_RETURN))
        self.wait = wait


def json_object(content: bytes) -> dict[str, object] | None:
    """Return the JSON object of a body, numbers exactly as written; None when it is none."""
    try:
        body = _decode(_without_half_characters(content))
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def seconds(value: object, now: datetime) -> float:
    """Return how long `Retry-After` asks to wait: seconds or an HTTP date; 0 when it says nothing."""
    text = str(value).strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _without_half_characters(content: bytes) -> bytes:
    """Put a control character for half a character (a lone surrogate): that row is rejected, and not the whole page."""
    return _HALF.sub(rb"\\u0000", content) if _SURROGATE.search(content) else content
