"""The Loket server: OAuth and the API of several customers, beside the sandbox's other systems at the same address."""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from veerpont_sandbox import moment
from veerpont_sandbox.afas.answers import Reset, Truncated, bad_gateway

# The one place that knows the connection of a request.
from veerpont_sandbox.afas.server import _connections
from veerpont_sandbox.faults import Fault, Faults
from veerpont_sandbox.loket import absences, answers, employers, oauth, payroll, people, query
from veerpont_sandbox.loket.answers import RefusedError
from veerpont_sandbox.loket.operations import Call, Operation, Table
from veerpont_sandbox.loket.provider import Json, Provider
from veerpont_sandbox.loket.tokens import Tokens

PATH = "/loket"
TOKEN = "token"  # noqa: S105 -- the name by which a fault aims at the token page
OPERATIONS = Table((*employers.OPERATIONS, *people.OPERATIONS, *absences.OPERATIONS, *payroll.OPERATIONS))
ACTIVITIES = sorted({operation.activity for operation in OPERATIONS.operations})
_ACCEPT = re.compile(r"application/json\s*(?:;\s*version=(\d{4}-\d\d-\d\d))?", re.IGNORECASE)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Loket:
    """The customers' Lokets. `folder`: where refresh tokens are kept over a restart; None keeps nothing."""

    def __init__(self, url: str, providers: Iterable[Provider], faults: Faults, folder: Path | None = None) -> None:
        self.url = url
        self.faults = faults
        self.providers = {provider.name: provider for provider in providers}
        self.tokens = {name: Tokens(name, folder and folder / f"{name}.json") for name in self.providers}
        self.requests: deque[dict[str, Any]] = deque(maxlen=20_000)
        """What was answered, oldest first: never a token. `parallel` counts the calls running then, with this one."""
        self._recent: dict[str, deque[float]] = {name: deque() for name in self.providers}
        self._calls = 0
        self._running = 0

    @property
    def api_url(self) -> str:
        return f"{self.url}{PATH}/v2"

    @property
    def token_url(self) -> str:
        return f"{self.url}{PATH}/token"

    @property
    def authorize_url(self) -> str:
        return f"{self.url}{PATH}/authorize"

    def counts(self) -> Counter[str]:
        """Count the calls by operation: activity, `token`, `authorize`, or `unknown`."""
        return Counter(each["operation"] for each in self.requests)

    def connection(self, name: str) -> dict[str, Any]:
        """Return the Airflow connection of a customer (docs/contracts.md)."""
        tokens = self.tokens[name]
        return {
            "conn_type": "loket",
            "host": self.api_url,
            "login": tokens.client_id,
            "password": tokens.client_secret,
            "extra": {
                "refresh_token": tokens.refresh_token,
                "token_url": self.token_url,
                "environment": "production",
            },
        }

    # The web application

    def app(self) -> Starlette:
        """Return the application on its own."""
        return Starlette(routes=self.routes())

    def routes(self) -> list[BaseRoute]:
        return [
            Mount(
                PATH,
                routes=[
                    Route("/authorize", self._authorize, methods=["GET"]),
                    Route("/token", self._token, methods=["POST"]),
                    Route("/v2{path:path}", self._answer, methods=_METHODS),
                ],
            )
        ]

    def _clients(self) -> list[oauth.Client]:
        return [(self.tokens[name], provider.settings) for name, provider in self.providers.items()]

    def _note(self, request: Request, customer: str | None, operation: str, status: int) -> None:
        self.requests.append({
            "at": moment.now().timestamp(),
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "headers": sorted(request.headers.keys()),
            "accept": request.headers.get("accept"),
            "customer": customer,
            "operation": operation,
            "status": status,
            "parallel": self._running,
        })

    async def _authorize(self, request: Request) -> Response:
        response = oauth.authorize(request, self._clients())
        self._note(request, None, "authorize", response.status_code)
        return response

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        # Whose call it is, for faults of one customer, whatever the secret.
        asked = oauth.fields(body).get("client_id")
        customer = next((name for name, each in self.tokens.items() if each.client_id == asked), None)
        work = partial(oauth.token, body, request.headers.get("content-type", ""), self._clients())
        return await self._faulty(request, customer, TOKEN, work)

    async def _answer(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "")
        scheme, _, credential = bearer.partition(" ")
        customer = next(
            (name for name, each in self.tokens.items() if scheme.lower() == "bearer" and each.opens(credential)), None
        )
        # brynq joins with a second slash: the server normalises (docs/reference/loket.md, 7).
        path = re.sub("/{2,}", "/", request.path_params["path"]).rstrip("/")
        found = OPERATIONS.find(request.method, path)
        operation = found[0].activity if found else "unknown"
        if customer and self._too_fast(customer):
            self._note(request, customer, operation, 429)
            return Response(b"", 429, {"Retry-After": "1"})
        if customer is None or self.faults.hit("revoked", customer, connector=operation):
            self._note(request, customer, operation, 401)
            return Response(b"", 401, {"WWW-Authenticate": "Bearer"})
        if found is None:
            self._note(request, customer, operation, 404)
            return Response(b"", 404)
        work = partial(self._work, self.providers[customer], *found, await _incoming(request))
        return await self._faulty(request, customer, operation, work)

    def _too_fast(self, customer: str) -> bool:
        """Whether a customer has had as many answers this second as `max_per_second` says; what is refused is free."""
        most, now, recent = self.providers[customer].settings.max_per_second, time.monotonic(), self._recent[customer]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if most is not None and len(recent) >= most:
            return True
        recent.append(now)
        return False

    async def _faulty(self, request: Request, customer: str | None, operation: str, work: Any) -> Response:
        """Do the work in a thread, unless a fault comes first; `operation` is what a fault names as `connector`."""
        self._running += 1
        try:
            response = await self._fault_or(request, customer, operation, work)
            self._note(request, customer, operation, response.status_code)
            return response
        finally:
            self._running -= 1

    async def _fault_or(self, request: Request, customer: str | None, operation: str, work: Any) -> Response:
        def hit(kind: str) -> Fault | None:
            return self.faults.hit(kind, customer, connector=operation)

        if fault := hit("slow"):
            await asyncio.sleep(fault.seconds or 0)
        if hit("reset"):
            return _reset(request)
        if fault := hit("maintenance"):
            return Response(b"", 503, {"Retry-After": _retry_after(fault.remaining, fault)})
        if fault := hit("too_many_requests"):
            return Response(b"", 429, {"Retry-After": _retry_after(fault.retry_after, fault)})
        if hit("bad_gateway"):
            return bad_gateway()
        if hit("unexpected"):
            return Response(b"", 500)
        if hit("plain_error"):
            return answers.plain("The request is invalid.")
        truncated = hit("truncated")
        lost = hit("lost_answer")
        response: Response = await asyncio.to_thread(work)
        if lost:
            return _reset(request)
        return Truncated(response) if truncated else response

    def _work(self, provider: Provider, operation: Operation, ids: dict[str, str], asked: "_Asked") -> Response:
        """Answer one call of the API."""
        with provider.lock:
            self._calls += 1
            strict = provider.settings.versions == "strict"
            name = _version(asked.accept, operation.versions, strict=strict)
            if name is None:
                return answers.plain("The Accept header must name a version of this resource.")
            obsolete = self.faults.hit("obsolete", provider.name, connector=operation.activity)
            about = answers.version(name, "2027-06-01T00:00:00" if obsolete else None)
            try:
                return self._content(provider, operation, ids, asked, about)
            except query.QueryError as error:
                return answers.refusal(RefusedError(400, str(error)), operation.shape, about)
            except RefusedError as error:
                return answers.refusal(error, operation.shape, about)

    def _content(
        self, provider: Provider, operation: Operation, ids: dict[str, str], asked: "_Asked", about: Json
    ) -> Response:
        """Answer with what was asked for. The order of the checks is that of docs/reference/loket.md, 1.4. Raises
        RefusedError."""

        def hit(kind: str) -> Fault | None:
            return self.faults.hit(kind, provider.name, connector=operation.activity)

        if operation.activity in provider.user.forbidden or hit("forbidden"):
            raise RefusedError(403, "client")
        if hit("conflict"):
            raise RefusedError(409, "De gegevens zijn intussen gewijzigd")
        call = Call(
            provider,
            ids,
            asked.query,
            about["resourceVersion"],
            body=asked.body(),
            match=asked.match,
            activities=ACTIVITIES,
        )
        settings = provider.settings
        # The page is checked first: a wrong one is refused whatever there is to show.
        part = query.page(asked.query if operation.shape == "list" else {}, settings.max_page_size)
        found = operation.handler(call)
        if hit("warning"):
            call.messages.append(answers.message("Dit is een waarschuwing.", "Warning"))
        if operation.shape == "metadata":
            return self._options(provider, found, about)
        if operation.shape == "detail":
            return answers.one(found, about, call.messages)
        items = [] if hit("zero_rows") else list(found)
        items = query.select(items, asked.query.get("filter", ""), settings.filters)
        items = query.arrange(items, asked.query.get("orderby", ""), self._calls)
        shown = self._shown(items, part, again=bool(hit("repeated_page")), moved=bool(hit("moved_row")))
        return answers.many(shown, part, len(items), settings.empty_total_pages, about, call.messages)

    @staticmethod
    def _shown(items: list[Json], part: query.Page, *, again: bool, moved: bool) -> list[Json]:
        """Return the page; `again`: the one before it once more; `moved`: its first row changed places with row one."""
        if again:
            return query.Page(max(1, part.number - 1), part.size).of(items)
        shown = part.of(items)
        return [items[0], *shown[1:]] if moved and part.number > 1 and shown else shown

    @staticmethod
    def _options(provider: Provider, found: list[Json], about: Json) -> Response:
        """Answer option lists: their envelope is unknown (docs/reference/loket.md, 3)."""
        if provider.settings.metadata == "bare":
            return answers.bare(found)
        return answers.bare({"version": about, "messages": [], "_embedded": found})


class _Asked:
    """What is read of a request."""

    def __init__(self, accept: str, query_params: dict[str, str], content: bytes, match: str | None) -> None:
        self.accept = accept
        self.query = query_params
        self.match = match
        self._content = content

    def body(self) -> Any:
        """Return the JSON that was sent. Raises RefusedError."""
        if not self._content:
            return None
        try:
            return msgspec.json.decode(self._content)
        except msgspec.DecodeError:
            raise RefusedError(400, "Ongeldige JSON") from None


async def _incoming(request: Request) -> _Asked:
    # The spec and the portal spell `orderBy` differently: names look case-insensitive (docs/reference/loket.md, 2).
    asked = {name.lower(): value for name, value in request.query_params.items()}
    return _Asked(request.headers.get("accept", ""), asked, await request.body(), request.headers.get("if-match"))


def _version(accept: str, versions: tuple[str, ...], *, strict: bool) -> str | None:
    """Return the newest version on or before the date in `Accept`; None when there is none.

    Facts: docs/reference/loket.md, 1.3.
    """
    match = _ACCEPT.fullmatch(accept.strip())
    if match and match[1]:
        return next((each for each in reversed(versions) if each <= match[1]), None if strict else versions[0])
    return None if strict else versions[-1]


def _retry_after(seconds: int, fault: Fault) -> str:
    """Return seconds, or a date with `value="date"` (docs/reference/loket.md, 4)."""
    if fault.value == "date":
        return format_datetime(moment.now().astimezone(UTC) + timedelta(seconds=seconds), usegmt=True)
    return str(seconds)


def _reset(request: Request) -> Response:
    assert request.client  # noqa: S101 -- uvicorn always knows the client
    transport = _connections[request.client.host, request.client.port]
    return Reset(transport.get_extra_info("socket"), transport.abort)
