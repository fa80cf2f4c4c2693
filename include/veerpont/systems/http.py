"""The one way to ask over HTTP: what comes back has a limit on bytes, on time and on values, and a meaning by system.

AFAS, Loket, their OAuth and the JSON portal are asked through here. Each has a table of what its answers mean
(`System`). No redirect is followed. No message repeats what the other side said or the URL that was asked; causes
repeat both, so they are cut off (`from None`).
"""

import re
import zlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import Message, Phrase, Words, coded
from veerpont.systems import meter, wire
from veerpont.systems.http_answer import Answer, seconds
from veerpont.systems.wire import MB

T = TypeVar("T")

SHORTEST_RETURN = timedelta(seconds=60)


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
                    coded(
                        "connection.extra_number",
                        "Airflow connection {connection}: {name} in its extra must be a whole number from 1 to 999999.",
                        connection=connection,
                        name=name,
                    )
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

    def __init__(self, message: Words, now: datetime, wait: float = 0.0) -> None:
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


# -- what it means -----------------------------------------------------------------------------------------------------


class Means(Enum):
    """What an answer means when it is not for a person."""

    BUSY = "try again, after the wait that it names or a short one"
    BROKEN = "try again at once"
    LATER = "come back in minutes"


REDIRECTS = range(300, 400)
ELSEWHERE = Phrase(
    "http.elsewhere",
    "sends us on to another address, which is not followed. Ask for the right base URL and fill it in as host of "
    "{where}",
)
ANY: Container[int] = range(1000)


@dataclass(frozen=True)
class SystemAnswers:
    """A system that is asked, and what its answers mean.

    name: what messages call it. where: who knows its address, such as an Airflow connection. answers: statuses → what a
    person has to change (`{call}` and `{where}` may stand in it), or what else it means; the first that fits. shortest:
    seconds to wait when it is busy and does not say how long. after_odd, after_slow: when it is worth coming back.
    """

    name: Words
    where: Words
    answers: Sequence[tuple[Container[int], Phrase | Means]]
    shortest: float = 2.0
    after_odd: timedelta = timedelta(minutes=5)
    after_slow: timedelta = timedelta(minutes=5)

    def failure(self, answer: Answer, call: str, now: datetime, limits: Limits, more: str = "") -> VeerpontError:
        """Return the error for an answer that is not one of the good ones.

        `call` names it for the reader: a path or an activity, never a filter. `more`: references to put behind it.
        """
        place = f"({call}: HTTP {answer.status}{more})"
        meaning = next(meaning for statuses, meaning in self.answers if answer.status in statuses)
        if isinstance(meaning, Phrase):
            return SettingsError(
                coded(
                    "http.refused",
                    "{name} {meaning}. {place}",
                    name=self.name,
                    meaning=meaning.of(call=call, where=self.where),
                    place=place,
                )
            )
        if meaning is Means.BUSY:
            asked = [answer.headers.get("Retry-After"), (answer.object() or {}).get("retry_after")]
            wait = max(self.shortest, *(seconds(value, now, limits.wait) for value in asked))
            return AgainError(
                coded(
                    "http.busy",
                    "{name} is not available now and is asked again later. {place}",
                    name=self.name,
                    place=place,
                ),
                now,
                wait,
            )
        if meaning is Means.BROKEN:
            return AgainError(
                coded("http.broken", "{name} gave no good answer. {place}", name=self.name, place=place), now
            )
        return PassingError(
            coded(
                "http.odd",
                "{name} gives an answer that its documentation does not know. {place}",
                name=self.name,
                place=place,
            ),
            now + self.after_odd,
        )


# -- asking ------------------------------------------------------------------------------------------------------------


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
    meter.tell(str(system.name))
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
                coded(
                    "http.too_large",
                    "{name} gave an answer larger than {most} MB, which was not used ({call}). When that can "
                    "be right, set answer_mb in the extra of {where} higher; otherwise have it made smaller.",
                    name=system.name,
                    most=limits.size // MB,
                    call=call,
                    where=system.where,
                )
            ) from None
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.InvalidHeader,
        ) as error:
            if any(isinstance(cause, HTTPError) for cause in error.args):  # not of ours: headers that came back
                raise _broken(error, system, limits, now, call, host) from None
            raise SettingsError(
                coded(
                    "http.address", "{where}: the base URL (host), the token or an id is not valid.", where=system.where
                )
            ) from None
        except (requests.RequestException, HTTPError, OSError, EOFError, ValueError, zlib.error) as error:
            raise _broken(error, system, limits, now, call, host) from None
    return Answer(response.status_code, response.headers, content)


def _broken(
    error: Exception, system: SystemAnswers, limits: Limits, now: datetime, call: str, host: str
) -> VeerpontError:
    if wire.is_over():
        return PassingError(
            coded(
                "http.too_slow",
                "{name} at {host} had not sent its whole answer after {seconds} s. ({call})",
                name=system.name,
                host=host,
                seconds=f"{limits.whole:g}",
                call=call,
            ),
            now + system.after_slow,
        )
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return SettingsError(
                coded(
                    "http.certificate",
                    "{name} at {host} has a certificate that is not valid for the base URL (host), has "
                    "expired or is signed by nobody whom this machine trusts. Nothing was sent. Check the "
                    "base URL of {where}. ({call})",
                    name=system.name,
                    host=host,
                    where=system.where,
                    call=call,
                )
            )
        if "WRONG_VERSION_NUMBER" in str(error):
            return SettingsError(
                coded(
                    "http.no_tls",
                    "{name} at {host} does not speak TLS there. Check scheme and port in the base URL (host) "
                    "of {where}. ({call})",
                    name=system.name,
                    host=host,
                    where=system.where,
                    call=call,
                )
            )
    if _unreached(error):
        return AgainError(
            coded(
                "http.unreachable",
                "{name} cannot be reached at {host} ({why}). When this lasts, have the base URL (host) "
                "of {where} checked, and the firewall, proxy and DNS of this machine looked at. ({call})",
                name=system.name,
                host=host,
                why=_why(error, limits),
                where=system.where,
                call=call,
            ),
            now,
        )
    if _is_silent(error):
        return SilentError(
            coded(
                "http.silent",
                "{name} at {host} sent nothing for {seconds} s. ({call})",
                name=system.name,
                host=host,
                seconds=f"{limits.idle:g}",
                call=call,
            ),
            now,
        )
    return AgainError(
        coded(
            "http.broke_off",
            "{name} at {host} broke off the connection ({call}, {kind}).",
            name=system.name,
            host=host,
            call=call,
            kind=type(error).__name__,
        ),
        now,
    )


class SilentError(AgainError):
    """The other side took the call and then sent nothing for too long: it may still be working on it."""


def _reason(error: Exception) -> object:
    return getattr(error.args[0] if error.args else None, "reason", None)


def _unreached(error: Exception) -> bool:
    return isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        _reason(error), NewConnectionError | ConnectTimeoutError
    )


def _why(error: Exception, limits: Limits) -> Message:
    if isinstance(_reason(error), NameResolutionError):
        return coded("http.no_name", "its name is not known")
    if isinstance(error, requests.ConnectTimeout):
        return coded("http.no_connection", "no connection in {seconds} s", seconds=f"{limits.connect:.0f}")
    if isinstance(error, requests.exceptions.ProxyError):
        return coded("http.proxy", "the proxy refuses")
    return coded("http.no_entry", "the connection is refused")


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
