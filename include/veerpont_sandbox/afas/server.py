"""The AFAS server: one web application for several environments; the token selects which."""

import asyncio
import base64
import binascii
import re
from collections import deque
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from veerpont_sandbox.afas import answers, query
from veerpont_sandbox.afas.environment import Environment
from veerpont_sandbox.afas.schema import Connector, Row, defined
from veerpont_sandbox.faults import Fault, Faults

SCHEMA_KINDS = ("dropped_field", "changed_type", "added_field", "changed_length", "replaced_column")
_TOKEN = re.compile(r"<token>.*</token>\s*", re.DOTALL)

_connections: dict[tuple[str, int], asyncio.Transport] = {}


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, with its connection in reach of the reset fault."""

    # uvicorn's own protocol narrows the transport in the same way
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _connections[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _connections.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


class Afas:
    """The environments, and what tests and the demo do with them."""

    def __init__(self, url: str, environments: Iterable[Environment], faults: Faults) -> None:
        self.url = url
        self.environments = {environment.customer: environment for environment in environments}
        self.faults = faults
        self.requests: deque[dict[str, Any]] = deque(maxlen=20_000)
        """What was received, oldest first: never a token. `parallel` counts the calls running then, with this one."""
        self.version = "22.22.5"

    def rows(self, customer: str, connector: str) -> list[dict[str, Any]]:
        """Return the rows of a connector as dictionaries."""
        table = self.environments[customer].tables[connector]
        return [dict(zip(table.connector.names, row, strict=True)) for row in table.rows]

    def replace(self, customer: str, connector: str, rows: Iterable[dict[str, Any]]) -> None:
        """Replace every row of a connector."""
        table = self.environments[customer].tables[connector]
        table.rows = [table.connector.row(row) for row in rows]

    def insert(self, customer: str, connector: str, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows; fields that are left out are null."""
        table = self.environments[customer].tables[connector]
        table.rows = [*table.rows, *(table.connector.row(row) for row in rows)]

    def delete(self, customer: str, connector: str, field: str, values: Iterable[Any]) -> int:
        """Delete the rows whose `field` is one of `values`; return how many."""
        table = self.environments[customer].tables[connector]
        at, gone, before = table.connector.index[field], set(values), table.rows
        table.rows = [row for row in before if row[at] not in gone]
        return len(before) - len(table.rows)

    def update(self, customer: str, connector: str, field: str, value: Any, changes: dict[str, Any]) -> int:
        """Change the rows whose `field` is `value`; return how many."""
        rows = self.rows(customer, connector)
        hit = [row for row in rows if row[field] == value]
        for row in hit:
            row.update(changes)
        self.replace(customer, connector, rows)
        return len(hit)

    def window(self, customer: str, connector: str, days: int | None, on: Literal["line", "case"] = "line") -> None:
        """Let a connector show only what changed in `days` days before the environment's clock; None = everything."""
        self.environments[customer].window(connector, days, on)

    def copy(self, customer: str, connector: str, new_id: str) -> None:
        """Add a connector under another name, with the same live rows and a window of its own."""
        self.environments[customer].copy(connector, new_id)

    def drop(self, customer: str, connector: str) -> None:
        """Take a connector out of the app connector; `copy` back from a copy undoes it."""
        self.environments[customer].drop(connector)

    def define(
        self, customer: str, connector: str, fields: str, rows: Iterable[dict[str, Any]], employer: str | None = None
    ) -> None:
        """Give a connector other fields ("name name:type") and rows: what it has is not documented, or was changed."""
        table = self.environments[customer].tables[connector]
        table.connector = defined(connector, table.connector.description, fields, employer)
        self.replace(customer, connector, rows)

    # The web application

    def app(self, control: Iterable[BaseRoute] = ()) -> Starlette:
        """Return the application; `control` are the sandbox's own routes."""
        return Starlette(routes=[*control, Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        environment, login = self._who(request)
        if environment:
            environment.calls += 1
        self._note(request, environment, login)
        try:
            return await self._faulty(request, environment, login)
        except query.FunctionalError as error:
            return answers.functional_error(request, str(error))
        finally:
            if environment:
                environment.calls -= 1

    def _who(self, request: Request) -> tuple[Environment | None, str]:
        """Return whose token this is, and "none", "malformed" or "well-formed"."""
        header = request.headers.get("authorization", "")
        if not header:
            return None, "none"
        scheme, _, credential = header.partition(" ")
        scheme = scheme.lower()
        if scheme not in {"afastoken", "bearer"}:
            return None, "malformed"
        if scheme == "afastoken":
            try:
                xml = base64.b64decode(credential, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None, "malformed"
            if not _TOKEN.fullmatch(xml):
                return None, "unknown"
        found = (item for item in self.environments.values() if item.opens(scheme, credential))
        return next(found, None), "well-formed"

    def _note(self, request: Request, environment: Environment | None, login: str) -> None:
        self.requests.append({
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "headers": sorted(request.headers.keys()),
            "authorization": login,
            "customer": environment.customer if environment else None,
            "parallel": environment.calls if environment else 0,
        })

    async def _faulty(self, request: Request, environment: Environment | None, login: str) -> Response:
        """Answer, unless a fault of the whole request comes first."""
        base, _, path = request.url.path.strip("/").partition("/")
        if base.lower() != "profitrestservices" or len(request.url.query) + 1 > 2049:
            return answers.empty(404)
        customer = environment.customer if environment else None
        called = path.rsplit("/", 1)[1] if path.lower().startswith(("connectors/", "metainfo/get/")) else None

        def hit(kind: str) -> Fault | None:
            return self.faults.hit(kind, customer, connector=called)

        if fault := hit("slow"):
            await asyncio.sleep(fault.seconds or 0)
        if hit("reset") and request.client:
            transport = _connections[request.client.host, request.client.port]
            return answers.Reset(transport.get_extra_info("socket"), transport.abort)
        if fault := hit("maintenance"):
            return answers.maintenance(request, fault)
        if hit("bad_gateway"):
            return answers.bad_gateway()
        if hit("too_many_requests"):
            return answers.empty(429, {"Retry-After": "60"})
        if hit("ip_rule"):
            return answers.empty(403)
        if hit("unexpected"):
            return answers.functional_error(request, query.UNEXPECTED)
        if environment and hit("revoked"):
            environment = None
        truncated = hit("truncated")
        response = await self._route(request, environment, login, path)
        return answers.Truncated(response) if truncated else response

    async def _route(self, request: Request, environment: Environment | None, login: str, path: str) -> Response:
        fixed = path.lower()
        if fixed == "oauth/token" and request.method == "POST":
            return await self._token(request)
        if login == "malformed":
            # From Profit 7 a token that is not encoded is an error, announced as 500 (docs/reference/afas.md, 2.1).
            return answers.functional_error(request, query.UNEXPECTED)
        if environment is None:
            bearer = request.headers.get("authorization", "").lower().startswith("bearer ")
            return answers.empty(401, {"WWW-Authenticate": 'Bearer error="invalid_token"'} if bearer else None)
        if request.method != "GET":
            return answers.empty(404)
        if fixed == "metainfo":
            return answers.json(request, self._metainfo(environment))
        if fixed == "profitversion":
            return answers.json(request, {"version": self.version})
        name = path.rsplit("/", 1)[-1]
        if fixed == f"connectors/{name.lower()}":
            return await self._connector(request, environment, name)
        if fixed == f"metainfo/get/{name.lower()}" and name in environment.tables:
            changes = self._changes(environment, name)
            return answers.json(request, answers.metainfo(environment.tables[name].connector, changes))
        if fixed.startswith("metainfo/get/"):
            return answers.functional_error(request, answers.NOT_AUTHORISED)
        return answers.empty(404)

    async def _token(self, request: Request) -> Response:
        """Hand out a bearer token for client credentials in the form (docs/reference/afas.md, 2.4)."""
        form = parse_qsl((await request.body()).decode(errors="replace"))
        values = dict(form)
        if len(values) != len(form) or values.get("grant_type") != "client_credentials" or "client_id" not in values:
            return JSONResponse({"error": "invalid_request"}, 400)
        for environment in self.environments.values():
            known = (environment.client_id, environment.client_secret)
            if (values["client_id"], values.get("client_secret")) == known and environment.login != "classic":
                return JSONResponse(environment.new_bearer(), headers={"Cache-Control": "no-store"})
        return JSONResponse({"error": "invalid_client"}, 400)

    def _metainfo(self, environment: Environment) -> dict[str, Any]:
        fault = self.faults.hit("wrong_environment", environment.customer)
        connectors = [{"id": name, "description": t.connector.description} for name, t in environment.tables.items()]
        info = {
            "envid": (fault.value if fault and fault.value else "T99999ZZ") if fault else environment.envid,
            "appName": "newdays Connect",
            "group": f"newdays Connect ({environment.member}.USER)",
            "tokenExpiry": "0",
        }
        return {"updateConnectors": [], "getConnectors": connectors, "info": info}

    def _changes(self, environment: Environment, connector: str) -> list[Fault]:
        hits = (self.faults.hit(kind, environment.customer, connector=connector) for kind in SCHEMA_KINDS)
        return [fault for fault in hits if fault]

    async def _connector(self, request: Request, environment: Environment, name: str) -> Response:
        """Answer a call for rows (docs/reference/afas.md, 3), with the faults of rows."""

        def hit(kind: str) -> Fault | None:
            return self.faults.hit(kind, environment.customer, connector=name)

        if fault := hit("not_authorised"):
            refused = fault.status == 401
            return answers.empty(401) if refused else answers.functional_error(request, answers.NOT_AUTHORISED)
        if name not in environment.tables:
            return answers.functional_error(request, answers.NOT_AUTHORISED)
        if hit("blocked"):
            return answers.functional_error(request, answers.BLOCKED)
        if environment.calls > 1 and hit("lock"):
            return answers.functional_error(request, query.UNEXPECTED)
        if fault := hit("change_rows"):
            if fault.keys:
                self.delete(environment.customer, name, fault.field, fault.keys)
            self.insert(environment.customer, name, fault.rows)
        params = dict(parse_qsl(request.url.query, keep_blank_values=True))
        part = query.window(params)
        if hit("shuffled"):
            params.pop("orderbyfieldids", None)
        if hit("repeated_page"):
            part = query.Window(max(0, part.skip - (part.take or 0)), part.take)
        connector = environment.tables[name].connector
        found = [] if hit("zero_rows") else await asyncio.to_thread(environment.select, name, params)
        if (fault := hit("employer_filter")) and connector.employer:
            found = [row for row in found if row[connector.index[connector.employer]] not in fault.keys]
        if fault := hit("last_line"):
            places = [connector.index[key] for key in fault.keys]
            found = list({tuple(row[at] for at in places): row for row in found}.values())
        found = query.page(found, part)
        if (fault := hit("out_of_memory")) and len(found) * len(connector.fields) > fault.cells:
            return answers.functional_error(request, "Out of memory")
        echo = (part.skip, -1 if part.take is None else part.take)
        body = await asyncio.to_thread(_body, connector, found, self._changes(environment, name), echo)
        return await asyncio.to_thread(answers.raw_json, request, body)


def _body(connector: Connector, found: list[Row], changes: list[Fault], echo: tuple[int, int]) -> bytes:
    skip, take = echo
    return msgspec.json.encode({"skip": skip, "take": take, "rows": answers.rows(connector, found, changes)})
