"""The Airflow connection type `loket` (docs/contracts.md). Only this file of the source knows Airflow."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.http import TOKEN_LIMITS, Limits
from veerpont.systems.http_answer import Answer
from veerpont.systems.loket.client import Client, Pace
from veerpont.systems.loket.errors import LIMITS, system
from veerpont.systems.loket.resources import AUTHORISATIONS, EMPLOYERS, OF_FLOW, USER
from veerpont.systems.loket.tokens import Login, Tokens
from veerpont.systems.named import airflow_connection
from veerpont.systems.source import Note, Row
from veerpont.systems.wire import session

_DOMAINS = {"production": "loket.nl", "acceptance": "loket-acc.nl"}  # docs/reference/loket.md, 1.1
_VERSION = "/v2"
_TEST_LIMITS = replace(LIMITS, idle=30.0, whole=30.0)  # a person waits for it, in the API server
CALLS_PER_SECOND, PARALLEL = 5.0, 4  # docs/reference/loket.md, 4


class LoketHook(HttpHook):
    """Turns an Airflow connection of type `loket` into a client for its environment.

    The http provider's hook would send login and password as Basic auth and each extra as a header, and log bodies: so
    session, authentication, headers and errors are made here, and the extras never reach a header by themselves.
    """

    conn_name_attr = "loket_conn_id"
    default_conn_name = "loket_default"
    conn_type = "loket"
    hook_name = "Loket.nl (Veerpont)"

    def __init__(self, loket_conn_id: str = default_conn_name) -> None:
        super().__init__(method="GET", http_conn_id=loket_conn_id)
        self.loket_conn_id = loket_conn_id

    def client(
        self,
        integration: str = "INTEGRATION",
        calls_per_second: float = CALLS_PER_SECOND,
        parallel: int = PARALLEL,
        limits: Limits | None = None,
        note: Note = print,
    ) -> Client:
        """Return a client; nothing is asked of Loket before its first call.

        integration: for the command that a person is told to run. limits: in place of the connection's own.

        Raises SettingsError, which names the connection and
        what is wrong with it, never a value of it.
        """
        connection = self._connection()
        base = self._base(connection)
        self.base_url = base
        tokens = self._tokens(connection, integration)
        limits = limits or LIMITS.of(connection.extra_dejson, self.loket_conn_id)
        of = system(airflow_connection(self.loket_conn_id))
        return Client(base, tokens, session, Pace(calls_per_second), parallel, limits, of, note)

    def tokens(self, integration: str = "INTEGRATION") -> Tokens:
        """Return the tokens of the connection."""
        return self._tokens(self._connection(), integration)

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Return the page where a user of Loket lets us in (docs/reference/loket.md, 1.2)."""
        connection = self._connection()
        token_url = self._token_url(connection)
        if not token_url.endswith("/token"):
            raise self._wrong("token_url must end in /token, so that the page to authorise at is known.")
        asked = {
            "client_id": self._login(connection).client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "all",
            "state": state,
        }
        return f"{token_url.removesuffix('/token')}/authorize?{urlencode(asked)}"

    @property
    def redirect_uri(self) -> str:
        """The address that Loket sends the browser back to, where the connection says it."""
        return _extra(self._connection(), "redirect_uri")

    def get_conn(self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None) -> Any:
        """Return a session with an access token, so that also the inherited `run` sends nothing else."""
        connection = self._connection()
        self.base_url = self._base(connection)
        using = session()
        bearer = f"Bearer {self._tokens(connection, 'INTEGRATION').access()}"

        def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = bearer
            return request

        using.auth = authorise
        using.headers.update(headers or {})
        return using

    def check_response(self, response: requests.Response) -> None:
        """Raise our own error for a bad answer: the inherited one logs the body."""
        if response.status_code != 200:
            raise system().failure(Answer.of(response), "Loket", now(), LIMITS)

    def test_connection(self) -> tuple[bool, str]:
        """Return whether Loket answers, with its employers and the activities that our flows lack at each."""
        try:
            client = self.client(limits=_TEST_LIMITS)
            client.content(USER)
            employers = client.rows(EMPLOYERS)
            lacking = {str(row.get("employerNumber")): _lacking(client, row) for row in employers}
        except VeerpontError as error:
            return False, str(error)
        found = f"Loket answers: {len(employers)} employers."
        if missing := [f"at employer {code}: {', '.join(names)}" for code, names in lacking.items() if names]:
            return True, (
                f"{found} Missing authorisations {'; '.join(missing)}. Flows that need none of these work. For the "
                "others ask Loket to link the activity to the client, and the customer's Loket administrator to give "
                "its right to the user of the link."
            )
        return True, f"{found} Every activity that the flows need is authorised."

    def _connection(self) -> Connection:
        try:
            return self.get_connection(self.loket_conn_id)
        except AirflowNotFoundException:
            raise SettingsError(
                f"There is no Airflow connection {self.loket_conn_id}; create one of type loket."
            ) from None

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"Airflow connection {self.loket_conn_id}: {what}")

    def _tokens(self, connection: Connection, integration: str) -> Tokens:
        ours = settings()
        ledger = Ledger(ours.ledger)
        ledger.require_current()
        limits = TOKEN_LIMITS.of_token(connection.extra_dejson, self.loket_conn_id)
        return Tokens(self._login(connection), ledger, Vault(ours.vault, ours.vault_keys), integration, limits)

    def _login(self, connection: Connection) -> Login:
        client_id = str(connection.login or "").strip()
        if not client_id:
            raise self._wrong("fill in the client id that Loket issued as login.")
        secret = str(connection.password or "").strip()
        first = _extra(connection, "refresh_token")
        return Login(self.loket_conn_id, self._token_url(connection), client_id, secret, first)

    def _domain(self, connection: Connection) -> str:
        environment = _extra(connection, "environment") or "production"
        if environment not in _DOMAINS:
            raise self._wrong(f"environment must be one of: {', '.join(_DOMAINS)}.")
        return _DOMAINS[environment]

    def _token_url(self, connection: Connection) -> str:
        url = _extra(connection, "token_url")
        if not url:
            if (connection.host or "").strip():  # a token of production must not go to another server
                raise self._wrong("fill in token_url beside the base URL (host).")
            return f"https://oauth.{self._domain(connection)}/token"
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise self._wrong("token_url must look like https://name/token, without a login or a query.")
        return url

    def _base(self, connection: Connection) -> str:
        host = (connection.host or "").strip()
        if not host:
            return f"https://api.{self._domain(connection)}{_VERSION}"
        try:
            url = urlsplit(host if "://" in host else f"{connection.schema or 'https'}://{host}")
            port = f":{connection.port}" if url.port is None and connection.port else ""
        except ValueError:
            raise self._wrong("the base URL (host) is not valid.") from None
        path = url.path.rstrip("/")
        if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query:
            raise self._wrong(f"the base URL (host) must look like https://name{_VERSION}, without a login or a query.")
        if not path.endswith(_VERSION):
            raise self._wrong(f"the base URL (host) must end in {_VERSION}.")
        return f"{url.scheme}://{url.netloc}{port}{path}"


def _extra(connection: Connection, name: str) -> str:
    return str(connection.extra_dejson.get(name) or "").strip()


def _lacking(client: Client, employer: Row) -> list[str]:
    """Return the activities that our flows need and the login may not do at an employer."""
    allowed = {row.get("description") for row in client.rows(AUTHORISATIONS, str(employer["id"]))}
    needed = dict.fromkeys(resource.activity for resources in OF_FLOW.values() for resource in resources)
    return [activity for activity in needed if activity not in allowed]
