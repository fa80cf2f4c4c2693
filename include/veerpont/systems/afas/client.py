"""Sends GET calls to one AFAS environment, and tries again what is worth another try at once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote, urlencode

import requests

from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import coded
from veerpont.store.clock import Clock, now
from veerpont.systems.afas.auth import Auth
from veerpont.systems.afas.errors import LIMITS, failure, system
from veerpont.systems.http import AgainError, Limits, SilentError, SystemAnswers, ask, patiently
from veerpont.systems.http_answer import Answer
from veerpont.systems.source import Row

_QUERY_LIMIT = 2049  # including the question mark; AFAS answers a longer one with 404
_PAUSES = (0.5, 2.0)  # so three tries of one call
_REFUSED_ONCE = 2.0  # seconds: a login is refused now and then for a moment, and a person is called for nothing
_LONGEST_SLEEP = 10.0  # a longer wait is given back, so that it costs no worker slot

Body = dict[str, object]


@dataclass
class Client:
    """One AFAS environment. `base` ends in /ProfitRestServices; `session` brings headers and `auth`."""

    base: str
    member: str
    auth: Auth
    session: requests.Session
    limits: Limits = LIMITS
    system: SystemAnswers = field(default_factory=system)
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
                coded(
                    "afas.query_too_long",
                    "{path}: the query would be longer than AFAS's {most} characters; ask for less.",
                    path=path,
                    most=_QUERY_LIMIT,
                )
            )
        return patiently(lambda: self._once(url, path, valid), _PAUSES, _LONGEST_SLEEP, self.sleep)

    def _once(self, url: str, path: str, valid: Callable[[Body], bool] | None) -> Body:
        answer = self._ask(url, path)
        if answer.status == 401:
            if not self.auth.renew():
                self.sleep(_REFUSED_ONCE)
            answer = self._ask(url, path)
        if answer.status != 200:
            raise failure(self.system, answer, path, self.clock(), self.limits)
        body = answer.object()
        if body is None or (valid and not valid(body)):
            raise AgainError(
                coded(
                    "afas.no_json", "AFAS gives an answer that is not the JSON that it documents. ({path})", path=path
                ),
                self.clock(),
            )
        return body

    def _ask(self, url: str, path: str) -> Answer:
        try:
            return ask(self.session, self.system, self.limits, self.clock(), path, "GET", url, auth=self.auth)
        except SilentError as error:  # AFAS keeps running the query, and one more would run beside it
            raise PassingError(error.message, self.clock() + self.system.after_slow) from None


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
