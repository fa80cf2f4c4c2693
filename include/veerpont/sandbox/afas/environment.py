"""One AFAS environment: its tokens, its rows, and who may see which of them."""

import hashlib
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any, Literal

from veerpont.sandbox.afas import query
from veerpont.sandbox.afas.schema import CONNECTORS, Connector, Row

Source = Callable[[], Iterable[Row]]


class Table:
    """The rows of one connector; generated when first asked for."""

    def __init__(self, connector: Connector, source: Source) -> None:
        self.connector = connector
        self._source: Source | None = source
        self._rows: list[Row] = []
        self._calls = 0
        self._answers: dict[tuple[str, ...], list[Row]] = {}

    @property
    def rows(self) -> list[Row]:
        if self._source is not None:
            self._rows, self._source = list(self._source()), None
        return self._rows

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self._rows, self._source = rows, None
        self._answers.clear()

    def select(self, params: dict[str, str], employers: frozenset[str] | None) -> list[Row]:
        """Return the rows a query asks for, before paging; `employers` None = every row.

        Raises query.FunctionalError. An answer that can have one order only is kept for the next page.
        """
        self._calls += 1
        order = params.get("orderbyfieldids", "")
        wanted = (order, *(params.get(name, "") for name in ("filterfieldids", "filtervalues", "operatortypes")))
        asked = (*wanted, params.get("filterjson", ""), ",".join(sorted(employers or ())), str(employers is None))
        if asked in self._answers:
            return self._answers[asked]
        rows = self.rows
        if employers is not None and self.connector.employer:
            at = self.connector.index[self.connector.employer]
            rows = [row for row in rows if row[at] in employers]
        if test := query.conditions(self.connector, params):
            rows = [row for row in rows if test(row)]
        rows, fixed = query.arrange(self.connector, rows, order, self._calls)
        if fixed:
            if len(self._answers) > 4:
                self._answers.clear()
            self._answers[asked] = rows
        return rows


class Environment:
    """What a token opens.

    `authorisation`: "full", "none" (filter authorisation without an active filter: no rows, section 7) or the employer
    codes whose rows the user may see. `login`: which kinds of token the app connector takes. `bearer_seconds`: how long
    an OAuth token lives.
    """

    def __init__(self, customer: str, envid: str, member: str, tables: dict[str, Source]) -> None:
        self.customer = customer
        self.envid = envid
        self.member = member
        self.tables = {name: Table(CONNECTORS[name], source) for name, source in tables.items()}
        self.authorisation: Literal["full", "none"] | frozenset[str] = "full"
        self.login: Literal["classic", "hybrid", "oauth"] = "hybrid"
        self.bearer_seconds = 3600
        # Derived from the name, so that connections stay valid when the sandbox starts again.
        self.token_data = hashlib.sha256(f"sandbox token {customer}".encode()).hexdigest().upper()
        self.client_id = f"sandbox-{customer}"
        self.client_secret = hashlib.sha256(f"sandbox secret {customer}".encode()).hexdigest()
        self.calls = 0
        """Calls that are being answered at this moment."""
        self._bearers: dict[str, float] = {}

    @property
    def token(self) -> str:
        """The classic token, as Profit shows it once (section 2.1)."""
        return f"<token><version>1</version><data>{self.token_data}</data></token>"

    @property
    def employers(self) -> frozenset[str] | None:
        """The employers whose rows may be seen; None = all."""
        if self.authorisation == "full":
            return None
        return frozenset() if self.authorisation == "none" else self.authorisation

    def select(self, connector: str, params: dict[str, str]) -> list[Row]:
        """Return the rows of a connector that this user may see. Raises query.FunctionalError."""
        rows = self.tables[connector].select(params, self.employers)
        return [] if self.authorisation == "none" else rows

    def new_bearer(self) -> dict[str, Any]:
        """Return the answer of the token endpoint (section 2.4)."""
        token = uuid.uuid4().hex
        self._bearers[token] = time.monotonic() + self.bearer_seconds
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.bearer_seconds}

    def opens(self, scheme: str, credential: str) -> bool:
        """Say whether this Authorization header is one of this environment's."""
        if scheme == "afastoken":
            return self.login != "oauth" and credential == b64encode(self.token.encode()).decode()
        return self.login != "classic" and self._bearers.get(credential, 0) > time.monotonic()

    def expire_bearers(self) -> None:
        """Let every OAuth token that was handed out expire now."""
        self._bearers.clear()
