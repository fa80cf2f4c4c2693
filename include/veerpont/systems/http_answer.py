"""What came back over HTTP: status, headers and the whole body, and how its JSON is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

import msgspec
import requests

_MOST_VALUES = 5_000_000
"""In one answer. A page of AFAS has 150,000 cells; as an object, three bytes of JSON may take a hundred."""


@dataclass(frozen=True)
class Answer:
    """An answer, read whole: status, headers (any case), and the expanded body."""

    status: int
    headers: Mapping[str, str]
    content: bytes | bytearray = field(repr=False)

    @classmethod
    def of(cls, response: requests.Response) -> "Answer":
        """Return the answer that a session read by itself."""
        return cls(response.status_code, response.headers, response.content)

    def json(self) -> object:
        """Return the JSON of the body, numbers exactly as written; None when it is none, or too much of it."""
        try:
            return _decode(_without_half_characters(self.checked()))
        except (ValueError, ArithmeticError, RecursionError):
            return None

    def object(self) -> dict[str, object] | None:
        """Return the JSON object of the body; None when it is none."""
        body = self.json()
        return body if isinstance(body, dict) else None

    def checked(self) -> bytes | bytearray:
        """Return the body for a decoder. Raises ValueError when it may hold more values than memory can bear."""
        if len(self.content) > _MOST_VALUES and sum(map(self.content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise ValueError("more values than an answer may have")
        return self.content


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode  # 0.9 is what the source says, not the float nearest to it


def _without_half_characters(content: bytes | bytearray) -> bytes | bytearray:
    """Put a control character for half a character (a lone surrogate): that row is rejected, and not the whole page."""
    return _HALF.sub(rb"\\u0000", content) if _SURROGATE.search(content) else content


def seconds(value: object, now: datetime, longest: float) -> float:
    """Return how long `Retry-After` asks to wait: seconds or an HTTP date; 0 when it says nothing that makes sense."""
    text = str(value).strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return min(float(text), longest)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max((moment - now).total_seconds(), 0.0), longest)
    except (ValueError, OverflowError):
        return 0.0
