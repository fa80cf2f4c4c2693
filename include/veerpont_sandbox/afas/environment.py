"""One AFAS environment: its tokens, its rows, and who may see which of them."""

import dataclasses
import hashlib
import threading
import time
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from veerpont_sandbox import moment
from veerpont_sandbox.absence import AbsenceBook, local
from veerpont_sandbox.afas import query
from veerpont_sandbox.afas.schema import CONNECTORS, Connector, Row

Source = Callable[[], Iterable[Row]]
STAMPS = {"line": "Verloop_Gewijzigd_Op", "case": "Melding_Gewijzigd_Op"}


class Rows:
    """The rows behind a connector and its copies: made when first asked for, or live from an absence book.

    Rows put there by hand beside a book are kept as a difference: what was added stays, whatever the book does, and
    what was taken away stays away until the book shows it differently. Another book starts without a difference.
    """

    def __init__(self, source: Source, book: Callable[[], AbsenceBook | None]) -> None:
        self._source: Source | None = source
        self._book = book
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._live: tuple[AbsenceBook | None, list[Row]] = (None, [])
        self._added: list[Row] = []
        self._gone: Counter[Row] = Counter()

    def get(self) -> list[Row]:
        """Return the rows: the same list until something changes."""
        with self._lock:
            if book := self._book():
                self._follow(book)
            elif self._source is not None:
                self._rows, self._source = list(self._source()), None
            return self._rows

    def put(self, rows: list[Row]) -> None:
        """Replace the rows."""
        with self._lock:
            if book := self._book():
                self._follow(book)
                shown, wanted = Counter(self._live[1]), Counter(rows)
                self._added, self._gone = list((wanted - shown).elements()), shown - wanted
                self._rows = rows if self._added or self._gone else self._live[1]
            else:
                self._rows, self._source = rows, None

    def _follow(self, book: AbsenceBook) -> None:
        """Take over what the book has now."""
        shown = book.rows()
        if self._live[1] is shown and self._live[0] is book:
            return
        if self._live[0] is not book:
            self._added, self._gone = [], Counter()
        self._live, self._rows = (book, shown), shown
        if self._added or self._gone:
            gone = self._gone.copy()
            self._rows = []
            for row in shown:
                if gone[row] > 0:
                    gone[row] -= 1
                else:
                    self._rows.append(row)
            self._rows += self._added


class Table:
    """A connector and its rows. `days`: it shows only what was changed in so many days, by the stamp of `on`."""

    def __init__(self, connector: Connector, content: Rows) -> None:
        self.connector = connector
        self.content = content
        self.days: int | None = None
        self.on: Literal["line", "case"] = "line"
        self._calls = 0
        self._of: list[Row] = []
        self._answers: dict[tuple[str, ...], list[Row]] = {}

    @property
    def rows(self) -> list[Row]:
        """Every row, whatever the window."""
        return self.content.get()

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self.content.put(rows)

    def select(self, params: dict[str, str], employers: frozenset[str] | None, now: datetime) -> list[Row]:
        """Return the rows a query asks for, before paging; `employers` None = every row.

        Raises query.FunctionalError. An answer that can have one order only is kept for the next page.
        """
        self._calls += 1
        order = params.get("orderbyfieldids", "")
        filters = ("filterfieldids", "filtervalues", "operatortypes", "filterjson")
        since = "" if self.days is None else f"{now.date() - timedelta(self.days)}T00:00:00"
        seen = (",".join(sorted(employers or ())), str(employers is None), since, self.on)
        asked = (order, *(params.get(name, "") for name in filters), *seen)
        rows = self.rows
        if rows is not self._of:
            self._of = rows
            self._answers.clear()
        if asked in self._answers:
            return self._answers[asked]
        if since:
            at = self.connector.index[STAMPS[self.on]]
            rows = [row for row in rows if row[at] and row[at] >= since]
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

    `authorisation`: "full", "none" (filter authorisation without an active filter: no rows, docs/reference/afas.md, 7)
    or the employer codes whose rows the user may see. `login`: which kinds of token the app connector takes.
    `bearer_seconds`: how long an OAuth token lives. `clock`: the local moment that windows inside connectors count back
    from; None = now. `books`: connector id → the absence book that its rows come from, live; a source that is a book is
    put there.
    """

    def __init__(self, customer: str, envid: str, member: str, tables: dict[str, Source]) -> None:
        self.customer = customer
        self.envid = envid
        self.member = member
        self.books = {name: source for name, source in tables.items() if isinstance(source, AbsenceBook)}
        self.tables = {name: Table(CONNECTORS[name], self._rows(name, source)) for name, source in tables.items()}
        self.clock: datetime | None = None
        self.authorisation: Literal["full", "none"] | frozenset[str] = "full"
        self.login: Literal["classic", "hybrid", "oauth"] = "hybrid"
        self.bearer_seconds = 3600
        # Derived from the name, so that connections stay valid when the sandbox starts again.
        self.token_data = hashlib.sha256(f"sandbox token {customer}".encode()).hexdigest().upper()
        self._classic = b64encode(self.token.encode()).decode()
        self.client_id = f"sandbox-{customer}"
        self.client_secret = hashlib.sha256(f"sandbox secret {customer}".encode()).hexdigest()
        self.calls = 0
        """Calls that are being answered at this moment."""
        self._bearers: dict[str, float] = {}

    def _rows(self, name: str, source: Source) -> Rows:
        return Rows(source, lambda: self.books.get(name))

    @property
    def token(self) -> str:
        """The classic token, as Profit shows it once (docs/reference/afas.md, 2.1)."""
        return f"<token><version>1</version><data>{self.token_data}</data></token>"

    @property
    def employers(self) -> frozenset[str] | None:
        """The employers whose rows may be seen; None = all."""
        if self.authorisation == "full":
            return None
        return frozenset() if self.authorisation == "none" else self.authorisation

    def select(self, connector: str, params: dict[str, str]) -> list[Row]:
        """Return the rows of a connector that this user may see. Raises query.FunctionalError."""
        now = local(self.clock or moment.now())
        rows = self.tables[connector].select(params, self.employers, now)
        return [] if self.authorisation == "none" else rows

    def window(self, connector: str, days: int | None, on: Literal["line", "case"] = "line") -> None:
        """Let a connector show only what changed since midnight `days` ago, None = all; by the stamp of line or case.

        Raises ValueError when the connector has no such stamp.
        """
        table = self.tables[connector]
        if STAMPS[on] not in table.connector.index:
            raise ValueError(f"{connector} has no {STAMPS[on]}.")
        table.days, table.on = days, on

    def copy(self, connector: str, new_id: str) -> None:
        """Add a connector under another name: the same live rows, a window of its own."""
        table = self.tables[connector]
        self.tables[new_id] = Table(dataclasses.replace(table.connector, id=new_id), table.content)

    def drop(self, connector: str) -> None:
        """Take a connector out of the app connector."""
        del self.tables[connector]

    def new_bearer(self) -> dict[str, Any]:
        """Return the answer of the token endpoint (docs/reference/afas.md, 2.4)."""
        token = uuid.uuid4().hex
        self._bearers[token] = time.monotonic() + self.bearer_seconds
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.bearer_seconds}

    def opens(self, scheme: str, credential: str) -> bool:
        """Say whether this Authorization header is one of this environment's."""
        if scheme == "afastoken":
            return self.login != "oauth" and credential == self._classic
        return self.login != "classic" and self._bearers.get(credential, 0) > time.monotonic()

    def expire_bearers(self) -> None:
        """Let every OAuth token that was handed out expire now."""
        self._bearers.clear()
