"""The two ways to prove who we are: a classic token, or OAuth client credentials (afas.md sections 2.1 and 2.4)."""

import base64
import re
from datetime import datetime, timedelta
from typing import Protocol

import requests
from requests.auth import AuthBase

from veerpont.model.failures import PassingError, SettingsError
from veerpont.sources.afas.errors import AFTER_ERROR_500, failure
from veerpont.sources.answers import AgainError, Timeout
from veerpont.store.clock import Clock, now

_EARLY = timedelta(seconds=60)
_DEFAULT_LIFE = 300.0


class Auth(Protocol):
    """Puts an Authorization header on a request; requests calls it for every one, so no .netrc is ever consulted."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest: ...

    def renew(self) -> bool:
        """Forget a refused proof; True when a fresh one can be had, so that a 401 deserves one more try."""


class ClassicToken(AuthBase):
    """`AfasToken` + Base64 of the complete XML, of which the setting may also give the data only."""

    def __init__(self, token: str) -> None:
        plain = re.sub(r"\s+", "", token)
        if not plain.startswith("<"):
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

    def __init__(self, url: str, client_id: str, client_secret: str, timeout: Timeout, clock: Clock = now) -> None:
        self._url = url
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._timeout = timeout
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
        try:
            response = requests.post(
                self._url,
                data=self._form,
                headers={"Accept": "application/json"},
                auth=lambda request: request,  # without one, requests would look for a login in .netrc
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise AgainError(f"oauth/token cannot be reached ({type(error).__name__}).", asked) from None
        if response.status_code in {400, 401}:
            raise SettingsError(
                "AFAS refuses the client id or client secret of the connection. Ask the customer's AFAS administrator "
                f"for a new secret; they expire after 180 days by default. (oauth/token: HTTP {response.status_code})"
            )
        if response.status_code != 200:
            raise failure(response, "oauth/token", asked)
        try:
            body = response.json()
            token, life = body["access_token"], float(body.get("expires_in") or _DEFAULT_LIFE)
            expires = asked + timedelta(seconds=life) - _EARLY
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise PassingError("oauth/token: an answer without an access token.", asked + AFTER_ERROR_500) from None
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise PassingError("oauth/token: an answer without an access token.", asked + AFTER_ERROR_500)
        return token, expires
