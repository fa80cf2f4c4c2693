"""The two ways to prove who we are: a classic token, or OAuth client credentials.

Facts: docs/reference/afas.md, 2.1 and 2.4.
"""

import base64
import binascii
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import requests
from requests.auth import AuthBase

from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import coded
from veerpont.store.clock import Clock, now
from veerpont.systems.afas.errors import failure, system
from veerpont.systems.http import TOKEN_LIMITS, Limits, SystemAnswers, ask, no_login
from veerpont.systems.http_answer import Answer
from veerpont.systems.wire import session

_EARLY = timedelta(seconds=60)
_DEFAULT_LIFE = 300.0
_REFUSED_ONCE = 2.0  # seconds


class Auth(Protocol):
    """Puts an Authorization header on a request; requests calls it for every one, so no .netrc is ever consulted."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest: ...

    def renew(self) -> bool:
        """Forget a refused proof; True when a fresh one can be had, so that a 401 deserves one more try."""


class ClassicToken(AuthBase):
    """`AfasToken` + Base64 of the complete XML: the setting may be that XML, its data only, or already the Base64."""

    def __init__(self, token: str) -> None:
        plain = re.sub(r"\s+", "", token.strip().removeprefix("AfasToken "))
        with suppress(binascii.Error, UnicodeDecodeError):
            decoded = base64.b64decode(plain, validate=True).decode()
            plain = re.sub(r"\s+", "", decoded) if "<data>" in decoded else plain
        if data := re.search(r"<data>([^<]*)</data>", plain):
            plain = data[1]
        plain = f"<token><version>1</version><data>{plain}</data></token>"
        self._header = "AfasToken " + base64.b64encode(plain.encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def renew(self) -> bool:
        return False


class ClientCredentials(AuthBase):
    """A bearer token from `url`, asked for when it is needed and reused until shortly before it expires.

    Raises SettingsError when AFAS refuses the client (a client secret lives 180 days by default), PassingError when it
    cannot be reached.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        limits: Limits = TOKEN_LIMITS,
        clock: Clock = now,
        of: SystemAnswers | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._limits = limits
        self._system = of or system()
        self._sleep = sleep
        self._clock = clock
        self._token: str | None = None
        self._expires = clock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is None or self._clock() >= self._expires:
            self._token, self._expires = self._ask()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self) -> bool:
        self._token = None
        return True

    def _ask(self) -> tuple[str, datetime]:
        asked = self._clock()
        answer = self._send(asked)
        if answer.status in {400, 401}:  # refused now and then for a moment
            self._sleep(_REFUSED_ONCE)
            answer = self._send(asked)
        if answer.status in {400, 401}:
            raise SettingsError(
                coded(
                    "afas.client_refused",
                    "AFAS refuses the client id or client secret of {where}. Ask the customer's AFAS "
                    "administrator for a new secret; they expire after 180 days by default. (oauth/token: "
                    "HTTP {status})",
                    where=self._system.where,
                    status=answer.status,
                )
            )
        if answer.status != 200:
            raise failure(self._system, answer, "oauth/token", asked)
        body = answer.object() or {}
        token, odd = body.get("access_token"), asked + self._system.after_odd
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise PassingError(
                coded("afas.no_token", "AFAS gives an answer without an access token. (oauth/token)"), odd
            )
        try:
            return token, asked + timedelta(seconds=float(str(body.get("expires_in") or _DEFAULT_LIFE))) - _EARLY
        except (ValueError, OverflowError):
            raise PassingError(
                coded("afas.no_token", "AFAS gives an answer without an access token. (oauth/token)"), odd
            ) from None

    def _send(self, asked: datetime) -> Answer:
        with session() as using:
            return ask(
                using,
                self._system,
                self._limits,
                asked,
                "oauth/token",
                "POST",
                self._url,
                data=self._form,
                headers={"Accept": "application/json"},
                auth=no_login,
            )
