"""The tokens of one connection: refreshed by one at a time, stored before they are used (docs/reference/loket.md, 1.2).

A refresh token may be dead once it was used, and nobody knows it before its use. So the new one is in the ledger,
sealed, before the access token that came with it is used; whoever waited for the lock reads the ledger again first.
When Loket's answer is lost after it changed the tokens, the next try is refused: then only a person can help, and that
is said once and kept, so that no run asks again in vain.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import Message, coded
from veerpont.store.clock import Clock, now
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Token
from veerpont.store.tokens import TokenContent, find, swap
from veerpont.store.vault import Vault
from veerpont.systems.http import TOKEN_LIMITS, AgainError, Limits, SystemAnswers, ask, no_login
from veerpont.systems.http_answer import Answer as HttpAnswer
from veerpont.systems.loket.errors import system
from veerpont.systems.named import airflow_connection
from veerpont.systems.wire import session

EARLY = timedelta(seconds=60)
_REFUSED = coded("loket.refresh_refused", "Loket does not accept the refresh token any more.")
_ACTIVITY = "oauth/token"


@dataclass(frozen=True)
class Login:
    """What a connection says: who we are for Loket, and where to ask. `first`: the refresh token a person gave."""

    connection: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    first: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """What the token endpoint gave."""

    access: str
    refresh: str
    expires_at: datetime


class RefusedTokenError(Exception):
    """`invalid_grant`: this refresh token or code is not valid (any more)."""


@dataclass
class Tokens:
    """Access tokens for the connection of `login`, shared by every worker through the ledger.

    `ask_again`: the integration, for the command that a person is told to run.
    """

    login: Login
    ledger: Ledger
    vault: Vault
    ask_again: str = "INTEGRATION"
    limits: Limits = TOKEN_LIMITS  # well below the life of a lease
    clock: Clock = now
    _held: tuple[str, datetime] | None = field(default=None, repr=False)

    def access(self, refused: str | None = None) -> str:
        """Return an access token that lasts a minute at least, and is not the one that Loket refused.

        Raises:
            SettingsError: only a person can help: authorise again, or correct the connection.
            PassingError: Loket cannot be reached, or another worker holds the lock for too long.
        """
        if self._held and self._held[0] != refused and self._held[1] - EARLY > self.clock():
            return self._held[0]
        return self._shared(refused) or self._refreshed(refused)

    def exchange(self, code: str, redirect_uri: str) -> None:
        """Take the code that a person was given, and store the first tokens."""
        with lease(self.ledger, self._lock):
            try:
                answer = self._ask(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
            except RefusedTokenError:
                raise SettingsError(
                    "Loket does not accept the code: it works once and for minutes only, and belongs to one redirect "
                    "URI. Start again with the URL."
                ) from None
            self._store(answer, self._row())

    def _shared(self, refused: str | None) -> str | None:
        """Return the access token of the ledger, when it is of use."""
        row = self._row()
        if row is None or row.access is None or row.expires_at is None or row.expires_at - EARLY <= self.clock():
            return None
        access = self.vault.unseal(row.access)
        if access == refused:
            return None
        self._held = access, row.expires_at
        return access

    def _refreshed(self, refused: str | None) -> str:
        with lease(self.ledger, self._lock):
            if access := self._shared(refused):
                return access
            row = self._row()
            used = self._refresh_token(row)
            try:
                answer = self._ask(grant_type="refresh_token", refresh_token=used)
            except RefusedTokenError:
                row = self._row()
                newer = self._refresh_token(row)
                if newer == used:
                    self._refuse(row, used)
                try:  # somebody stored another one meanwhile
                    answer = self._ask(grant_type="refresh_token", refresh_token=newer)
                except RefusedTokenError:
                    self._refuse(row, newer)
            self._store(answer, row)
            return answer.access

    def _row(self) -> Token | None:
        """Return what is stored, unless the connection was given another client or another first token since."""
        with self.ledger.session() as session:
            row = find(session, self.login.connection, self._client, self._first)
        if row is None or row.client != self._client or (self.login.first and row.first != self._first):
            return None
        return row

    def _refresh_token(self, row: Token | None) -> str:
        if row is None:
            if not self.login.first:
                raise self._again(coded("loket.no_refresh_token", "There is no refresh token yet."))
            return self.login.first
        if row.refused:
            raise self._again(_REFUSED)
        return self.vault.unseal(row.refresh)

    def _store(self, answer: Answer, row: Token | None) -> None:
        """Store what Loket gave before any of it is used."""
        refresh, access = self.vault.seal(answer.refresh), self.vault.seal(answer.access)
        while not self._swap(row, refresh, access, answer.expires_at):
            # The lock was taken over while this process stood still. What the other found refused, because we had used
            # it, gives way to what we were given; what it was given stays.
            row = self._row()
            if row is not None and not row.refused:
                break
        self._held = answer.access, answer.expires_at

    def _refuse(self, row: Token | None, used: str) -> NoReturn:
        if not self._swap(row, self.vault.seal(used), refused=True):
            raise AgainError(
                coded("loket.tokens_changed", "Another run changed the tokens of Loket at the same moment."),
                self.clock(),
            )
        raise self._again(_REFUSED)

    def _swap(
        self,
        row: Token | None,
        refresh: str,
        access: str | None = None,
        expires_at: datetime | None = None,
        refused: bool = False,
    ) -> bool:
        content = TokenContent(
            client=self._client,
            first=self._first or (row.first if row else ""),
            refresh=refresh,
            access=access,
            expires_at=expires_at,
            refused=refused,
        )
        return swap(self.ledger, row.connection if row else self.login.connection, self._number(row), content)

    def _number(self, row: Token | None) -> int | None:
        """Return the number to swap against: also that of tokens that the connection's newer ones replace."""
        if row is not None:
            return row.number
        with self.ledger.session() as session:
            old = session.get(Token, self.login.connection)
        return old.number if old else None

    def _ask(self, **form: str) -> Answer:
        asked = self.clock()
        secret = {"client_secret": self.login.client_secret} if self.login.client_secret else {}
        with session() as using:  # never tried again here: it may have been done
            answer = ask(
                using,
                self._system,
                self.limits,
                asked,
                _ACTIVITY,
                "POST",
                self.login.token_url,
                data={**form, "client_id": self.login.client_id, **secret},
                headers={"Accept": "application/json"},
                auth=no_login,
            )
        if answer.status != 200:
            raise self._failure(answer, asked)
        body = answer.object() or {}
        access, refresh = body.get("access_token"), body.get("refresh_token", form.get("refresh_token"))
        life = body.get("expires_in")
        if not (_is_token(access) and _is_token(refresh) and isinstance(life, int) and 0 < life < 10**7):
            raise PassingError(
                coded("loket.no_tokens", "{activity}: an answer without tokens.", activity=_ACTIVITY),
                asked + self._system.after_odd,
            )
        return Answer(str(access), str(refresh), asked + timedelta(seconds=life))

    def _failure(self, answer: HttpAnswer, asked: datetime) -> VeerpontError | RefusedTokenError:
        error = (answer.object() or {}).get("error")
        if error == "invalid_grant":
            return RefusedTokenError()
        if error in {"invalid_client", "unauthorized_client"} or answer.status == 401:
            return SettingsError(
                coded(
                    "loket.client_refused",
                    "Loket refuses the client id or client secret of Airflow connection {connection}: "
                    "correct them there; Loket issues both.",
                    connection=self.login.connection,
                )
            )
        if answer.status == 400:
            return SettingsError(
                coded(
                    "loket.token_request",
                    "Loket finds the request for a token wrong. ({activity}: HTTP 400)",
                    activity=_ACTIVITY,
                )
            )
        return self._system.failure(answer, _ACTIVITY, asked, self.limits)

    def _again(self, why: Message) -> SettingsError:
        return SettingsError(
            coded(
                "loket.authorise_again",
                "Airflow connection {connection}: {why} Authorise again, as a normal user of Loket: run "
                "`veerpont loket authorise {ask_again}`, which tells how. Until then nothing is asked of "
                "Loket.",
                connection=self.login.connection,
                why=why,
                ask_again=self.ask_again,
            )
        )

    @property
    def _system(self) -> SystemAnswers:
        return system(airflow_connection(self.login.connection))

    @property
    def _lock(self) -> str:
        return f"loket-token:{self._client[:32]}"

    @property
    def _client(self) -> str:
        return self.vault.fingerprint(f"loket client {self.login.client_id}".encode())

    @property
    def _first(self) -> str:
        return self.vault.fingerprint(f"loket token {self.login.first}".encode()) if self.login.first else ""


def _is_token(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[!-~]+", value))
