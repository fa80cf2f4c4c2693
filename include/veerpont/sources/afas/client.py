"""Sends GET calls to one AFAS environment, and tries again what is worth another try at once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode

import requests
from urllib3.exceptions import ReadTimeoutError

from veerpont.model.failures import PassingError, SettingsError
from veerpont.sources.afas.auth import Auth
from veerpont.sources.afas.errors import AFTER_TIME_OUT, failure
from veerpont.sources.answers import AgainError, Timeout, json_object
from veerpont.sources.protocol import Row
from veerpont.store.clock import Clock, now

TIMEOUT: Timeout = (30.0, 930.0)  # AFAS itself stops after 900 seconds (afas.md section 6.1)
_QUERY_LIMIT = 2049  # including the question mark; AFAS answers a longer one with 404
_PAUSES = (0.5, 2.0)  # so three tries of one call
_LONGEST_SLEEP = 10.0  # a longer wait is given back, so that it costs no worker slot

Body = dict[str, object]


@dataclass
class Client:
    """One AFAS environment. `base` ends in /ProfitRestServices; `session` brings headers and `auth`."""

    base: str
    member: str
    auth: Auth
    session: requests.Session
    timeout: Timeout = TIMEOUT
    sleep: Callable[[float], None] = time.sleep
    clock: Clock = now

    def rows(self, connector: str, query: Mapping[str, str | int]) -> list[Row]:
        """Return one page of a GetConnector. Raises as `get` does; an answer without rows is a broken one."""
        body = self.get(f"connectors/{quote(connector, safe='')}", query, valid=_has_rows)
        return cast("list[Row]", body["rows"])

    def get(
        self, path: str, query: Mapping[str, str | int] | None = None, valid: Callable[[Body], bool] | None = None
    ) -> Body:
        """Return the JSON object that AFAS answers on `path` (below the base), for which `valid` holds.

        A broken answer or a short wait is tried again here, three times and 10 seconds at most.

        Raises:
            SettingsError: cannot succeed before a person changes something.
            PassingError: may succeed later, at its `retry_at`.
        """
        url = f"{self.base}/{path}"
        if query:
            url += "?" + urlencode(query)
        if len(url) - len(self.base) - 1 - len(path) > _QUERY_LIMIT:
            raise SettingsError(
                f"{path}: the query would be longer than AFAS's {_QUERY_LIMIT} characters; ask for less."
            )
        slept = 0.0
        for pause in _PAUSES:
            try:
                return self._once(url, path, valid)
            except AgainError as error:
                wait = max(pause, error.wait)
                if slept + wait > _LONGEST_SLEEP:
                    raise
            self.sleep(wait)
            slept += wait
        return self._once(url, path, valid)

    def _once(self, url: str, path: str, valid: Callable[[Body], bool] | None) -> Body:
        response = self._send(url, path)
        if response.status_code == 401 and self.auth.renew():
            response = self._send(url, path)
        if response.status_code != 200:
            raise failure(response, path, self.clock())
        body = json_object(response.content)
        if body is None or (valid and not valid(body)):
            raise AgainError(f"{path}: the answer is not the JSON that AFAS documents.", self.clock())
        return body

    def _send(self, url: str, path: str) -> requests.Response:
        # Causes are cut off (`from None`): they repeat the URL.
        try:
            return self.session.get(url, auth=self.auth, timeout=self.timeout, allow_redirects=False)
        except requests.ReadTimeout:
            raise self._time_out(path) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader):
            raise SettingsError(
                "The connection has a base URL, a token or an integration id that is not valid."
            ) from None
        except requests.RequestException as error:
            if any(isinstance(cause, ReadTimeoutError) for cause in error.args):  # in the middle of a body
                raise self._time_out(path) from None
            raise AgainError(f"{path}: the connection broke ({type(error).__name__}).", self.clock()) from None

    def _time_out(self, path: str) -> PassingError:
        return PassingError(f"{path}: AFAS did not answer in {self.timeout[1]:.0f} s.", self.clock() + AFTER_TIME_OUT)


def _has_rows(body: Body) -> bool:
    rows = body.get("rows")
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def environment_id(metainfo: Body) -> str | None:
    """Return which environment answered on /metainfo, such as O12345AA; None when it does not say."""
    info = metainfo.get("info")
    found = info.get("envid") if isinstance(info, dict) else None
    return found if isinstance(found, str) and found else None


def connector_names(metainfo: Body) -> list[str]:
    """Return the GetConnectors in the token's app connector, from an answer on /metainfo."""
    return [str(item.get("id")) for item in objects(metainfo.get("getConnectors"))]


def objects(value: object) -> list[Body]:
    """Return the JSON objects in a list; none when it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
