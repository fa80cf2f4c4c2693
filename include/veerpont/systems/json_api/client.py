"""Sends calls to one portal, and tries again what is worth another try at once (docs/json-api.yaml).

No message repeats what the portal said: of an answer that is no 200 only status and waiting time are looked at.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec
import requests

from veerpont.model.messages import Message, Phrase, coded
from veerpont.store.clock import Clock, now
from veerpont.systems.http import ANY, ELSEWHERE, REDIRECTS, AgainError, Limits, Means, SystemAnswers, ask, patiently
from veerpont.systems.http_answer import Answer
from veerpont.systems.named import airflow_connection

T = TypeVar("T")

LIMITS = Limits(connect=15.0, idle=90.0)
_PAUSES = (0.5, 2.0)  # so three tries of one call
_LONGEST_SLEEP = 10.0  # in one call; a longer wait is given back, so that it costs no worker slot


def system(connection_id: str) -> SystemAnswers:
    """Return the portal of a connection; a call is named by its key or its path."""
    return SystemAnswers(
        coded("json_api.portal", "The portal of Airflow connection {connection}", connection=connection_id),
        airflow_connection(connection_id),
        [
            (
                {400},
                Phrase(
                    "json_api.400",
                    "finds the call malformed. It has to take calls as docs/json-api.yaml says: have the portal "
                    "compare it",
                ),
            ),
            (
                {401},
                Phrase(
                    "json_api.401",
                    "does not accept the token. Ask the portal for a valid one and fill it in as password",
                ),
            ),
            ({403}, Phrase("json_api.403", "does not let this token do that. Ask the portal to allow it")),
            (
                {404},
                Phrase(
                    "json_api.404",
                    "does not know this address. Check the base URL (host), and ask the portal to set up the "
                    "integration and its flow under these names",
                ),
            ),
            (
                {409},
                Phrase(
                    "json_api.409",
                    "says that it got other content under this key before. Nothing was changed: have the portal "
                    "compare the two",
                ),
            ),
            (
                {413},
                Phrase(
                    "json_api.413",
                    "finds the call too large. It has to take 500 operations and 1,048,576 bytes: ask the portal for "
                    "that",
                ),
            ),
            (
                {422},
                Phrase(
                    "json_api.422",
                    "does not know the form of an operation. Ask the portal to support version 1 of docs/json-api.yaml",
                ),
            ),
            (REDIRECTS, ELSEWHERE),
            ({429, 503}, Means.BUSY),
            ({*range(300), 408, *range(500, 1000)}, Means.BROKEN),
            (
                ANY,
                Phrase(
                    "json_api.odd",
                    "gives an answer that docs/json-api.yaml does not have. Check the base URL (host), and what stands "
                    "between us and the portal",
                ),
            ),
        ],
        shortest=1.0,
    )


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


@dataclass
class Client:
    """One portal. `session` brings the headers and the token."""

    base: str
    connection_id: str
    session: requests.Session
    limits: Limits = LIMITS
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
            answer = self._send("POST", f"v1/{path}", key, body, headers)
            results = self._decode(answer, _Results, key).results
            if Counter(result.id for result in results) != Counter(ids):
                raise self._again(
                    coded(
                        "json_api.results",
                        "{key}: the answer does not have exactly one result for each operation",
                        key=key,
                    )
                )
            return results

        return self._patiently(once)

    def _patiently(self, once: Callable[[], T]) -> T:
        """Try again as often as the portal asks for a moment, and twice besides."""
        return patiently(once, _PAUSES, _LONGEST_SLEEP, self.sleep, waits_count=False)

    def _send(
        self, method: str, path: str, call: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        of, url = system(self.connection_id), f"{self.base}/{path}"
        answer = ask(self.session, of, self.limits, self.clock(), call, method, url, data=data, headers=headers)
        if answer.status != 200:
            raise of.failure(answer, call, self.clock(), self.limits)
        return answer

    def _decode(self, answer: Answer, kind: type[T], call: str) -> T:
        try:
            return msgspec.json.decode(answer.checked(), type=kind)
        except (ValueError, RecursionError):
            raise self._again(
                coded("json_api.not_so", "{call}: the answer is not what docs/json-api.yaml says", call=call)
            ) from None

    def _again(self, what: Message) -> AgainError:
        return AgainError(
            coded(
                "json_api.no_good_answer",
                "The portal of Airflow connection {connection_id} gave no good answer ({what}).",
                connection_id=self.connection_id,
                what=what,
            ),
            self.clock(),
        )
