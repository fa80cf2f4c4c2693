"""The Airflow connection type `afas` (docs/contracts.md). Only this file of the source knows Airflow."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.store.clock import now
from veerpont.systems.afas.auth import Auth, ClassicToken, ClientCredentials
from veerpont.systems.afas.client import Client, connector_names, environment_id
from veerpont.systems.afas.errors import LIMITS, failure, system
from veerpont.systems.http import TOKEN_LIMITS, Limits, SystemAnswers
from veerpont.systems.http_answer import Answer
from veerpont.systems.named import airflow_connection
from veerpont.systems.wire import session

_SERVERS = {"production": "rest", "test": "resttest", "accept": "restaccept"}  # docs/reference/afas.md, 1
_SERVICES = "/ProfitRestServices"
_TEST_LIMITS = replace(LIMITS, connect=10.0, idle=30.0, whole=30.0)  # a person waits for it, in the API server


class AfasHook(HttpHook):
    """Turns an Airflow connection of type `afas` into a client for its environment.

    The http provider's hook would send login and password as Basic auth and each extra as a header, and log bodies: so
    session, authentication, headers and errors are made here, and the extras never reach a header by themselves.
    """

    conn_name_attr = "afas_conn_id"
    default_conn_name = "afas_default"
    conn_type = "afas"
    hook_name = "AFAS Profit (Veerpont)"

    def __init__(self, afas_conn_id: str = default_conn_name) -> None:
        super().__init__(method="GET", http_conn_id=afas_conn_id)
        self.afas_conn_id = afas_conn_id

    def client(self, limits: Limits | None = None) -> Client:
        """Return a client with its own session, within `limits`, or else within those that the connection says.

        Raises SettingsError, which names the connection and what is wrong with it, never a value of it.
        """
        connection = self._connection()
        base = self._base(connection)
        of = system(airflow_connection(self.afas_conn_id))
        auth = self._auth(connection, base, of)
        using = session()
        using.auth = auth
        using.headers.update({"Accept": "application/json", "Accept-Language": "nl-nl"})
        if integration_id := str(connection.extra_dejson.get("integration_id") or "").strip():
            using.headers["IntegrationId"] = integration_id
        self.base_url = base
        # Proxy and certificates are looked up in the environment once, and not with each call: they are of one place.
        around = using.merge_environment_settings(base, {}, None, None, None)
        using.proxies, using.verify, using.trust_env = around["proxies"], around["verify"], False
        limits = limits or LIMITS.of(connection.extra_dejson, self.afas_conn_id)
        return Client(base, str(connection.login).strip(), auth, using, limits, of)

    @property
    def has_classic_token(self) -> bool:
        """Whether the connection has a classic token of AFAS, and not an OAuth client."""
        return not self.get_connection(self.afas_conn_id).extra_dejson.get("client_id")

    def get_conn(self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None) -> Any:
        """Return the session of `client()`, so that also the inherited `run` sends nothing else."""
        using = self.client().session
        using.headers.update(headers or {})
        return using

    def check_response(self, response: requests.Response) -> None:
        """Raise our own error for a bad answer: the inherited one logs the body."""
        if response.status_code != 200:
            raise failure(system(), Answer.of(response), "AFAS", now())

    def test_connection(self) -> tuple[bool, str]:
        """Return whether AFAS answers, with the environment and the GetConnectors of the token's app connector."""
        try:
            metainfo = self.client(_TEST_LIMITS).get("metainfo")
        except VeerpontError as error:
            return False, str(error)
        names = ", ".join(sorted(connector_names(metainfo))) or "none"
        return True, f"Environment {environment_id(metainfo)}; GetConnectors in the app connector: {names}."

    def _connection(self) -> Connection:
        try:
            return self.get_connection(self.afas_conn_id)
        except AirflowNotFoundException:
            raise SettingsError(
                f"There is no Airflow connection {self.afas_conn_id}; create one of type afas."
            ) from None

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"Airflow connection {self.afas_conn_id}: {what}")

    def _base(self, connection: Connection) -> str:
        member = str(connection.login or "").strip()
        if not member:
            raise self._wrong("fill in AFAS's member number as login.")
        host = (connection.host or "").strip()
        if not host:
            environment = str(connection.extra_dejson.get("environment") or "production")
            if environment not in _SERVERS:
                raise self._wrong(f"environment must be one of: {', '.join(_SERVERS)}.")
            if not (member.isascii() and member.isdigit()):
                raise self._wrong("the member number (login) must be digits only, such as 12345.")
            return f"https://{member}.{_SERVERS[environment]}.afas.online{_SERVICES}"
        try:
            url = urlsplit(host if "://" in host else f"{connection.schema or 'https'}://{host}")
            port = f":{connection.port}" if url.port is None and connection.port else ""
        except ValueError:
            raise self._wrong("the base URL (host) is not valid.") from None
        if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query:
            raise self._wrong("the base URL (host) must look like https://name:port, without a login or a query.")
        path = url.path.rstrip("/")
        if path.lower().endswith(_SERVICES.lower()):
            path = path[: -len(_SERVICES)]
        return f"{url.scheme}://{url.netloc}{port}{path}{_SERVICES}"

    def _auth(self, connection: Connection, base: str, of: SystemAnswers) -> Auth:
        client_id = str(connection.extra_dejson.get("client_id") or "").strip()
        client_secret = str(connection.extra_dejson.get("client_secret") or "").strip()
        if client_id and client_secret:
            limits = TOKEN_LIMITS.of_token(connection.extra_dejson, self.afas_conn_id)
            return ClientCredentials(f"{base}/oauth/token", client_id, client_secret, limits, of=of)
        if client_id or client_secret:
            raise self._wrong("OAuth needs both client_id and client_secret.")
        if not (connection.password or "").strip():
            raise self._wrong("fill in the token as password, or client_id and client_secret.")
        return ClassicToken(str(connection.password))
