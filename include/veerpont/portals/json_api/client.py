"""Sends calls to one portal, and tries again what is worth another try at once (docs/json-api.yaml).

No message repeats what the portal said: of an answer that is no 200 only status and Retry-After are looked at. Causes
are cut off (`from None`): they may repeat what was sent.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import msgspec
import requests

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.store.clock import Clock, now

T = TypeVar("T")
Timeout = tuple[float, float]

TIMEOUT: Timeout = (15.0, 90.0)
_PAUSES = (0.5, 2.0)  # so three tries of one call
_LONGEST_SLEEP = 10.0  # in one call; a longer wait is given back, so that it costs no worker slot
_NO_WAIT_GIVEN = 2.0
_SHORTEST_RETURN = timedelta(seconds=60)

_ADVICE = {
    400: "finds the call malformed. It has to take calls as docs/json-api.yaml says: have the portal compare it",
    401: "does not accept the token. Ask the portal for a valid one and fill it in as password",
    403: "does not let this token do that. Ask the portal to allow it",
    404: "does not know this address. Check the base URL (host), and ask the portal to set up the integration and its "
    "flow under these names",
    409: "says that it got other content under this key before. Nothing was changed: have the portal compare the two",
    413: "finds the call too large. It has to take 500 operations and 1,048,576 bytes: ask the portal for that",
    422: "does not know the form of an operation. Ask the portal to support version 1 of docs/json-api.yaml",
}


class Result(msgspec.Struct):
    """The portal's answer for one operation; `reason` and `field` are whatever it put there."""

    id: str
    status: Literal["accepted", "rejected"]
    reason: object = None
    field: object = None


class _Results(msgspec.Struct):
    results: list[Result]


class _About(msgspec.Struct):
    api: Literal["veerpont"]
    version: Literal[1]


class AgainError(PassingError):
    """Worth another try of the same call, soon."""


class WaitError(PassingError):
    """Worth another try of the same call after `wait` seconds; `retry_at` when the caller gives up."""

    def __init__(self, message: str, now: datetime, wait: float) -> None:
        super().__init__(message, now + max(timedelta(seconds=wait), _SHORTEST_RETURN))
        self.wait = wait


@dataclass
class Client:
    """One portal. `session` brings the headers and the token."""

    base: str
    connection_id: str
    session: requests.Session
    timeout: Timeout = TIMEOUT
    sleep: Callable[[float], None] = time.sleep
    clock: Clock = now

    def about(self) -> None:
        """Ask whether this API is spoken there. Raises as `operations` does."""
        self._patiently(lambda: self._decode(self._send("GET", "v1", "GET /v1"), _About, "GET /v1"))

    def operations(self, path: str, key: str, body: bytes, ids: Sequence[str]) -> list[Result]:
        """Send the operations of one call, with these ids; returns exactly one result for each id.

        A broken answer, a broken connection or a short wait is tried again here, with the same key and bytes.

        Raises:
            SettingsError: cannot succeed before a person changes something.
            PassingError: may succeed later, at its `retry_at`.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}

        def once() -> list[Result]:
            response = self._send("POST", f"v1/{path}", key, body, headers)
            results = self._decode(response, _Results, key).results
            if Counter(result.id for result in results) != Counter(ids):
                raise self._again(f"{key}: the answer does not have exactly one result for each operation")
            return results

        return self._patiently(once)

    def _patiently(self, once: Callable[[], T]) -> T:
        pauses, slept = list(_PAUSES), 0.0
        while True:
            try:
                return once()
            except AgainError:
                if not pauses:
                    raise
                wait = pauses.pop(0)
            except WaitError as error:
                wait = error.wait
                slept += wait
                if slept > _LONGEST_SLEEP:
                    raise
            self.sleep(wait)

    def _send(
        self, method: str, path: str, what: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        try:
            response = self.session.request(
                method,
                f"{self.base}/{path}",
                data=data,
                headers=headers,
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise SettingsError(
                    f"Airflow connection {self.connection_id}: the portal's certificate is not valid for the base URL "
                    "(host), has expired, or is signed by nobody whom this machine trusts. Nothing was sent."
                ) from None
            raise self._again(f"{what}: the connection broke (SSLError)") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
            raise SettingsError(
                f"Airflow connection {self.connection_id}: the base URL (host) or the token (password) is not valid."
            ) from None
        except requests.RequestException as error:
            raise self._again(f"{what}: the connection broke ({type(error).__name__})") from None
        if response.status_code != 200:
            raise failure(response, self.connection_id, what, self.clock())
        return response

    def _decode(self, response: requests.Response, kind: type[T], what: str) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (ValueError, RecursionError):
            raise self._again(f"{what}: the answer is not what docs/json-api.yaml says") from None

    def _again(self, what: str) -> AgainError:
        return AgainError(f"The portal of Airflow connection {self.connection_id} gave no good answer ({what}).")


def failure(response: requests.Response, connection_id: str, what: str, now: datetime) -> VeerpontError:
    """Return the error for any answer but a 200. `what` names the call for the reader: a key or a path."""
    status = response.status_code
    portal = f"The portal of Airflow connection {connection_id}"
    if status in _ADVICE:
        return SettingsError(f"{portal} {_ADVICE[status]}. ({what}: HTTP {status})")
    if 300 <= status < 400:
        return SettingsError(
            f"{portal} sends us on to another address, which is not followed. Ask it for the right base URL and fill "
            f"it in as host. ({what}: HTTP {status})"
        )
    if status in {429, 503}:
        said = response.headers.get("Retry-After", "").strip()
        wait = float(said) if re.fullmatch(r"\d{1,5}", said, re.ASCII) else _NO_WAIT_GIVEN
        return WaitError(f"{portal} asks us to come back later. ({what}: HTTP {status})", now, max(wait, 1.0))
    if status >= 500 or status < 300 or status == 408:
        return AgainError(f"{portal} gave no good answer ({what}: HTTP {status}).")
    return SettingsError(
        f"{portal} gives an answer that docs/json-api.yaml does not have. Check the base URL (host), and what stands "
        f"between us and the portal. ({what}: HTTP {status})"
    )
