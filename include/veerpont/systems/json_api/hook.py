"""The connection to a portal that speaks docs/json-api.yaml: Airflow's `http` connection, its host and its password."""

import re
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from requests.auth import AuthBase

from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.store.clock import now
from veerpont.systems.http import Limits
from veerpont.systems.http_answer import Answer
from veerpont.systems.json_api.client import LIMITS, Client, system
from veerpont.systems.wire import session

_TEST_LIMITS = replace(LIMITS, connect=10.0, idle=30.0, whole=30.0)  # a person waits for it, in the API server
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PORTS = {"http": 80, "https": 443}


class _Bearer(AuthBase):
    """Sets the one Authorization header; as it is an `auth`, requests never looks for a login in .netrc."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class JsonApiHook(HttpHook):
    """One Airflow connection of type http: host = base URL, password = bearer token.

    The http provider's hook would send login and password as Basic auth and each extra as a header, follow redirects
    and log bodies: so session, authentication, headers and errors are made here, and of the extras only our own limits
    on an answer are used.
    """

    conn_name_attr = "connection_id"

    def __init__(self, connection_id: str) -> None:
        """Read the connection's address. Raises SettingsError when it is missing or its base URL is not valid."""
        super().__init__(method="GET", http_conn_id=connection_id)
        self.connection_id = connection_id
        try:
            connection = self.get_connection(connection_id)
        except AirflowNotFoundException:
            raise SettingsError(
                f"There is no Airflow connection {connection_id}; create one of type http, with the portal's base URL "
                "as host and its token as password."
            ) from None
        self.base_url = self._base(connection)
        self._password = str(connection.password or "").strip()
        self._limits = LIMITS.of(connection.extra_dejson, connection_id)

    def client(self, limits: Limits | None = None) -> Client:
        """Return a client with its own session, within `limits` or those that the connection says.

        Raises SettingsError when there is no usable token.
        """
        if not re.fullmatch(r"[!-~]+", self._password):
            raise self._wrong("fill in the portal's token as password, as it is: without spaces or line ends.")
        using = session()
        using.auth = _Bearer(self._password)
        using.headers["Accept"] = "application/json"
        using.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return Client(self.base_url, self.connection_id, using, limits or self._limits)

    def get_conn(self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None) -> Any:
        """Return the session of `client()`, so that also the inherited `run` sends nothing else and stays there."""
        self.merged_extra = {"allow_redirects": False, "timeout": (LIMITS.connect, LIMITS.idle)}
        using = self.client().session
        using.headers.update(headers or {})
        return using

    def check_response(self, response: requests.Response) -> None:
        """Raise our own error for a bad answer: the inherited one logs the body."""
        if response.status_code != 200:
            raise system(self.connection_id).failure(Answer.of(response), "the call", now(), self._limits)

    def test_connection(self) -> tuple[bool, str]:
        """Return whether this API answers at the base URL, and takes the token."""
        try:
            self.client(_TEST_LIMITS).about()
        except VeerpontError as error:
            return False, str(error)
        return True, "The portal answers, with version 1 of the API, and takes the token."

    def _base(self, connection: Connection) -> str:
        """Return the base URL in one spelling, so that one place has one name.

        Host, schema and port are put together as Airflow does, but without a schema it is https: plain http, with the
        token in it, needs to be asked for (or to stay on this machine).
        """
        host = (connection.host or "").strip()
        schema = f"{connection.schema}:" if connection.schema else ""
        try:
            url = urlsplit(host if "://" in host else f"{schema}//{host}")
            name = (url.hostname or "").rstrip(".")
            port = url.port or connection.port
        except ValueError:
            raise self._wrong("the base URL (host) is not valid.") from None
        scheme = url.scheme or ("http" if name in _LOOPBACK else "https")
        odd = "@" in url.netloc or url.query or url.fragment or re.search(r"[^!-~]|//", name + url.path)
        if scheme not in _PORTS or not name or odd:
            raise self._wrong(
                "the base URL (host) must look like https://name:port/path, without a login, a query or spaces."
            )
        name = f"[{name}]" if ":" in name else name
        return f"{scheme}://{name}{f':{port}' if port and port != _PORTS[scheme] else ''}{url.path.rstrip('/')}"

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"Airflow connection {self.connection_id}: {what}")
