"""The one way to ask over HTTP: what comes back has a limit on bytes, on time and on values, and a meaning by system.

AFAS, Loket, their OAuth and the JSON portal are asked through here. Each has a table of what its answers mean
(`System`). No redirect is followed. No message repeats what the other side said or the URL that was asked; causes
repeat both, so they are cut off (`from None`).
"""

import re
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.systems import wire
from veerpont.systems.wire import MB

T = TypeVar("T")

SHORTEST_RETURN = timedelta(seconds=60)
_MOST_VALUES = 5_000_000
"""In one answer. A page of AFAS has 150,000 cells; as an object, three bytes of JSON may take a hundred."""


@dataclass(frozen=True)
class Limits:
    """What one answer may cost. Times are in seconds, the size in bytes, expanded.

    connect: until there is a connection. idle: without a byte. whole: from the first byte sent until the last received.
    wait: how long a waiting time that the other side names is believed.
    """

    connect: float = 10.0
    idle: float = 120.0
    whole: float = 300.0
    size: int = 256 * MB
    wait: float = 15 * 60.0

    def of(self, extra: Mapping[str, object], connection: str) -> "Limits":
        """Return these limits with what a connection's extra says instead.

        `answer_mb` (megabytes), `answer_seconds`, `believed_wait_seconds`. Raises SettingsError for what is no number.
        """
        return self._with(extra, connection, _OF_ANSWERS)

    def of_token(self, extra: Mapping[str, object], connection: str) -> "Limits":
        """Return these limits, with `token_seconds` of the connection's extra for the time of the whole."""
        return self._with(extra, connection, _OF_TOKENS)

    def _with(self, extra: Mapping[str, object], connection: str, known: Mapping[str, tuple[str, int]]) -> "Limits":
        found: dict[str, Any] = {}
        for name, (limit, times) in known.items():
            value = extra.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not re.fullmatch(r"[1-9]\d{0,5}", str(value), re.ASCII):
                raise SettingsError(
                    f"Airflow connection {connection}: {name} in its extra must be a whole number from 1 to 999999."
                )
            found[limit] = int(str(value)) * times
        made = replace(self, **found)
        return replace(made, idle=min(made.idle, made.whole))


_OF_ANSWERS = {"answer_mb": ("size", MB), "answer_seconds": ("whole", 1), "believed_wait_seconds": ("wait", 1)}
_OF_TOKENS = {"token_seconds": ("whole", 1)}

TOKEN_LIMITS = Limits(connect=10.0, idle=30.0, whole=30.0, size=MB)
"""For OAuth; also the time that the lock on tokens can spare."""


class AgainError(PassingError):
    """Worth another try of the same call after `wait` seconds; `retry_at` when the caller gives up."""

    def __init__(self, message: str, now: datetime, wait: float = 0.0) -> None:
        super().__init__(message, now + max(timedelta(seconds=wait), SHORTEST_RETURN))
        self.wait = wait


def patiently(
    once: Callable[[], T],
    pauses: Iterable[float],
    longest: float,
    sleep: Callable[[float], None],
    hold: Callable[[float], None] = lambda seconds: None,
    waits_count: bool = True,
) -> T:
    """Return what `once` returns, and try it again while that is worth it.

    pauses: seconds before each further try. longest: to sleep in all; a longer wait is given back, so that it costs no
    worker slot. hold: told how long the other side wants to be left alone. waits_count: a try that the other side asked
    to put off uses up a pause too.
    """
    left, slept = list(pauses), 0.0
    while True:
        try:
            return once()
        except AgainError as error:
            wait = error.wait
            if waits_count or not wait:
                if not left:
                    raise
                wait = max(wait, left.pop(0))
            if slept + wait > longest:
                raise
            if error.wait:
                hold(error.wait)
        sleep(wait)
        slept += wait


# -- what came back ----------------------------------------------------------------------------------------------------


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


# -- what it means -----------------------------------------------------------------------------------------------------


class Means(Enum):
    """What an answer means when it is not for a person."""

    BUSY = "try again, after the wait that it names or a short one"
    BROKEN = "try again at once"
    LATER = "come back in minutes"


REDIRECTS = range(300, 400)
ELSEWHERE = (
    "sends us on to another address, which is not followed. Ask for the right base URL and fill it in as host of "
    "{where}"
)
ANY: Container[int] = range(1000)


@dataclass(frozen=True)
class SystemAnswers:
    """A system that is asked, and what its answers mean.

    name: what messages call it. where: who knows its address, such as an Airflow connection. answers: statuses → what a
    person has to change (`{call}` and `{where}` may stand in it), or what else it means; the first that fits. shortest:
    seconds to wait when it is busy and does not say how long. after_odd, after_slow: when it is worth coming back.
    """

    name: str
    where: str
    answers: Sequence[tuple[Container[int], str | Means]]
    shortest: float = 2.0
    after_odd: timedelta = timedelta(minutes=5)
    after_slow: timedelta = timedelta(minutes=5)

    def failure(self, answer: Answer, call: str, now: datetime, limits: Limits, more: str = "") -> VeerpontError:
        """Return the error for an answer that is none of the good ones.

        `call` names it for the reader: a path or an activity, never a filter. `more`: references to put behind it.
        """
        place = f"({call}: HTTP {answer.status}{more})"
        meaning = next(meaning for statuses, meaning in self.answers if answer.status in statuses)
        if isinstance(meaning, str):
            return SettingsError(f"{self.name} {meaning.format(call=call, where=self.where)}. {place}")
        if meaning is Means.BUSY:
            asked = [answer.headers.get("Retry-After"), (answer.object() or {}).get("retry_after")]
            wait = max(self.shortest, *(seconds(value, now, limits.wait) for value in asked))
            return AgainError(f"{self.name} is not available now and is asked again later. {place}", now, wait)
        if meaning is Means.BROKEN:
            return AgainError(f"{self.name} gave no good answer. {place}", now)
        return PassingError(
            f"{self.name} gives an answer that its documentation does not know. {place}", now + self.after_odd
        )


# -- asking ------------------------------------------------------------------------------------------------------------

_METER: ContextVar[Callable[[str], None] | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Callable[[str], None]) -> Iterator[None]:
    """Let `meter` know of each call before it is sent, by the system's name; what it raises is raised by `ask`.

    Whoever asks in threads of its own hands the context on: `pool.submit(copy_context().run, …)`.
    """
    before = _METER.set(meter)
    try:
        yield
    finally:
        _METER.reset(before)


def no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no login. Without an `auth`, requests would look for one in .netrc."""
    return request


def ask(
    using: requests.Session,
    system: SystemAnswers,
    limits: Limits,
    now: datetime,
    call: str,
    method: str,
    url: str,
    **request: Any,
) -> Answer:
    """Send one call and return its answer, whatever its status, read whole.

    request: what `requests` takes: `params`, `data`, `headers`, `auth`.

    Raises:
        SettingsError: the address or a header is not valid, the certificate neither, or the answer is too large.
        AgainError: nobody was reached, or the connection broke: worth another try at once.
        PassingError: the answer did not come in time.
    """
    if meter := _METER.get():
        meter(system.name)
    host = _host(url)
    with wire.limited(limits.whole, limits.size, limits.idle):
        try:
            response = using.request(
                method, url, timeout=(limits.connect, limits.idle), allow_redirects=False, stream=True, **request
            )
            with response:
                good = response.status_code == HTTPStatus.OK
                content = wire.body(response.raw, limits.size if good else wire.HEADERS)
        except wire.TooLargeError:
            raise SettingsError(
                f"{system.name} gave an answer larger than {limits.size // MB} MB, which was not used ({call}). "
                f"When that can be right, set answer_mb in the extra of {system.where} higher; "
                "otherwise have it made smaller."
            ) from None
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.InvalidHeader,
        ) as error:
            if any(isinstance(cause, HTTPError) for cause in error.args):  # not of ours: headers that came back
                raise _broken(error, system, limits, now, call, host) from None
            raise SettingsError(f"{system.where}: the base URL (host), the token or an id is not valid.") from None
        except (requests.RequestException, HTTPError, OSError, EOFError, ValueError, zlib.error) as error:
            raise _broken(error, system, limits, now, call, host) from None
    return Answer(response.status_code, response.headers, content)


def _broken(
    error: Exception, system: SystemAnswers, limits: Limits, now: datetime, call: str, host: str
) -> VeerpontError:
    if wire.is_over():
        return PassingError(
            f"{system.name} at {host} had not sent its whole answer after {limits.whole:g} s. ({call})",
            now + system.after_slow,
        )
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return SettingsError(
                f"{system.name} at {host} has a certificate that is not valid for the base URL (host), has expired "
                "or is signed by nobody whom this machine trusts. Nothing was sent. Check the base URL of "
                f"{system.where}. ({call})"
            )
        if "WRONG_VERSION_NUMBER" in str(error):
            return SettingsError(
                f"{system.name} at {host} does not speak TLS there. Check scheme and port in the base URL "
                f"(host) of {system.where}. ({call})"
            )
    if _unreached(error):
        return AgainError(
            f"{system.name} cannot be reached at {host} ({_why(error, limits)}). When this lasts, have the "
            f"base URL (host) of {system.where} checked, and the firewall, proxy and DNS of this machine looked "
            f"at. ({call})",
            now,
        )
    if _is_silent(error):
        return SilentError(f"{system.name} at {host} sent nothing for {limits.idle:g} s. ({call})", now)
    return AgainError(f"{system.name} at {host} broke off the connection ({call}, {type(error).__name__}).", now)


class SilentError(AgainError):
    """The other side took the call and then sent nothing for too long: it may still be working on it."""


def _reason(error: Exception) -> object:
    return getattr(error.args[0] if error.args else None, "reason", None)


def _unreached(error: Exception) -> bool:
    return isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        _reason(error), NewConnectionError | ConnectTimeoutError
    )


def _why(error: Exception, limits: Limits) -> str:
    if isinstance(_reason(error), NameResolutionError):
        return "its name is not known"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection in {limits.connect:.0f} s"
    return "the proxy refuses" if isinstance(error, requests.exceptions.ProxyError) else "the connection is refused"


def _is_silent(error: Exception) -> bool:
    return isinstance(error, requests.ReadTimeout | ReadTimeoutError) or any(
        isinstance(cause, ReadTimeoutError)
        for cause in error.args  # in the middle of a body
    )


def _host(url: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return "?"
