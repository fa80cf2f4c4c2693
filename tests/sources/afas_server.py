"""A small AFAS on this machine: just enough of docs/reference/afas.md to test our client."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ENVIRONMENT = "O12345AA"
TOKEN = "CANARYTOKEN" + "0" * 53


@dataclass
class Answer:
    """An answer in place of the normal one; `cut` sends only that many bytes of the body, `reset` nothing.

    `wait` holds the answer, or what comes after the cut, until the test sets it.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    wait: threading.Event | None = None


@dataclass
class Call:
    method: str
    path: str
    raw: str
    query: dict[str, str]
    headers: list[tuple[str, str]]
    body: str
    peer: int


class AfasServer:
    """State of the server; tests change it while it runs."""

    def __init__(self) -> None:
        self.environment: str | None = ENVIRONMENT
        self.fields: dict[str, dict[str, str]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.cap: int | None = None
        self.restless = False
        self.calls: list[Call] = []
        self.answers: list[tuple[str, Answer]] = []
        self.before_page: Callable[[int], None] = lambda page: None
        self.page: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda rows: rows
        self.tokens = 0
        self.life = 3600
        self.refuse_tokens_until = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server.serve(self, "")

            def do_POST(self) -> None:
                server.serve(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def add(self, connector: str, fields: dict[str, str], rows: list[dict[str, Any]]) -> None:
        self.fields[connector], self.rows[connector] = dict(fields), list(rows)

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these answers, in turn, to the next calls whose path contains `path`."""
        self.answers += [(path, answer) for answer in answers]

    def pages(self) -> list[Call]:
        return [call for call in self.calls if "/connectors/" in call.path]

    def serve(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        peer = handler.client_address[1]
        call = Call(handler.command, unquote(url.path), url.query, query, handler.headers.items(), body, peer)
        self.calls.append(call)
        answer = self._answer(call)
        if answer.wait and answer.cut is None:
            answer.wait.wait(10)
        if answer.reset:
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body))} | answer.headers
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body[: answer.cut])
        if answer.wait and answer.cut is not None:
            answer.wait.wait(10)
        if answer.cut is not None:
            handler.close_connection = True

    def _answer(self, call: Call) -> Answer:
        for index, (path, answer) in enumerate(self.answers):
            if path in call.path:
                del self.answers[index]
                return answer
        path = call.path.removeprefix("/ProfitRestServices")
        if path == "/oauth/token":
            self.tokens += 1
            return ok({"access_token": f"bearer-{self.tokens}", "token_type": "Bearer", "expires_in": self.life})
        if f"Bearer bearer-{self.tokens}" in dict(call.headers).values() and self.tokens <= self.refuse_tokens_until:
            return Answer(401)
        if path == "/metainfo":
            connectors = [{"id": name, "description": name} for name in self.fields]
            return ok({"updateConnectors": [], "getConnectors": connectors, "info": {"envid": self.environment}})
        if path == "/profitversion":
            return ok({"version": "22.22.5"})
        if path.startswith("/metainfo/get/"):
            fields = self.fields[path.removeprefix("/metainfo/get/")]
            return ok({"name": "x", "fields": [{"id": name, "dataType": kind} for name, kind in fields.items()]})
        if path.startswith("/connectors/"):
            return self._page(path.removeprefix("/connectors/"), call.query)
        return Answer(404)

    def _page(self, connector: str, query: dict[str, str]) -> Answer:
        self.before_page(len(self.pages()))
        try:
            rows = [row for row in self.rows[connector] if matches(row, query)]
        except ValueError:
            return Answer(500, b'{"externalMessage": "Er is een onverwachte fout opgetreden."}')
        if self.restless:  # rows of one sort key come in another order with each call
            rows = rows[::-1] if len(self.pages()) % 2 else rows
        if order := query.get("orderbyfieldids"):
            # No sort within equal keys, as a database has none either.
            rows = sorted(rows, key=lambda row: [(row[name] is None, row[name]) for name in order.split(",")])
        skip, take = int(query.get("skip", 0)), int(query.get("take", 100))
        page = rows[skip : skip + min(take, self.cap or take)]
        return ok({"skip": skip, "take": take, "rows": self.page(page)})


def matches(row: dict[str, Any], query: dict[str, str]) -> bool:
    """Say whether a row passes the filter: `;` between groups of which one must hold, `,` within a group.

    Raises ValueError for lists of different shapes, other operators than 2, 5 and 8, dots in names, and a `Z`.
    """
    if "filterfieldids" not in query:
        return True
    names = ("filterfieldids", "operatortypes", "filtervalues")
    parts = [[group.split(",") for group in query[name].split(";")] for name in names]
    # Lists, so that every condition is looked at, also when an earlier one decides.
    held = [[_holds(row, *condition) for condition in zip(*group, strict=True)] for group in zip(*parts, strict=True)]
    return any(all(group) for group in held)


def _holds(row: dict[str, Any], name: str, operator: str, value: str) -> bool:
    stored = row[name]
    if "." in name or operator not in {"2", "5", "8"} or (operator == "8") != (value == '""'):
        raise ValueError
    if operator == "8":
        return stored is None
    datetime.strptime(value, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    if stored is None:
        return False
    return bool(stored.rstrip("Z") >= value if operator == "2" else stored.rstrip("Z") < value)


def ok(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode())


class Clock:
    """A clock that moves only when somebody sleeps, and remembers how long they slept."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 21, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class Leases:
    """Stands in for the ledger's leases: remembers the names and refuses two at once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.held = 0

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        assert self.held == 0
        self.names.append(name)
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1
