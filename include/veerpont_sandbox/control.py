"""The sandbox's own routes, for scripts and for people: faults, rows and requests, beside AFAS at the same address."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from veerpont_sandbox.afas.server import Afas
from veerpont_sandbox.portal.server import Portal


def routes(afas: Afas, portal: Portal) -> list[Route]:
    """Return the routes under `/sandbox`; a wrong request gets 400 with the reason."""

    async def faults(request: Request) -> Response:
        """GET what is on · POST the fields of a Fault (or a list) to switch on · DELETE [?kind=] to switch off."""
        if request.method == "DELETE":
            afas.faults.clear(request.query_params.get("kind"))
        elif request.method == "POST":
            for fault in _listed(await request.json()):
                afas.faults.add(**fault)
        return JSONResponse(afas.faults.active())

    async def requests(request: Request) -> Response:
        """GET the log of received AFAS requests · DELETE empties it."""
        if request.method == "DELETE":
            afas.requests.clear()
        return JSONResponse(list(afas.requests))

    async def rows(request: Request) -> Response:
        """GET ?customer=&connector= the rows · POST customer, connector, replace, insert, delete: {field: values}.

        With `fields` ("name name:type") the connector gets these, before `replace`; `employer` names that field.
        """
        if request.method == "GET":
            asked = request.query_params
            return JSONResponse(afas.rows(asked["customer"], asked["connector"]))
        change: dict[str, Any] = await request.json()
        customer, connector = change["customer"], change["connector"]
        for field, values in change.get("delete", {}).items():
            afas.delete(customer, connector, field, values)
        if "fields" in change:
            afas.define(customer, connector, change["fields"], [], change.get("employer"))
        if "replace" in change:
            afas.replace(customer, connector, change["replace"])
        afas.insert(customer, connector, change.get("insert", []))
        return JSONResponse({"rows": len(afas.environments[customer].tables[connector].rows)})

    async def environment(request: Request) -> Response:
        """POST {customer, …}: what is given.

        authorisation: "full" | "none" | [employer codes] · login · bearer_seconds · clock: local time or null ·
        windows: {connector: days or null} · window_on: "line" | "case".
        """
        change: dict[str, Any] = await request.json()
        found = afas.environments[change.pop("customer")]
        if "authorisation" in change:
            given = change.pop("authorisation")
            found.authorisation = frozenset(given) if isinstance(given, list) else given
        found.login = change.pop("login", found.login)
        found.bearer_seconds = change.pop("bearer_seconds", found.bearer_seconds)
        if "clock" in change:
            clock = change.pop("clock")
            found.clock = datetime.fromisoformat(clock) if clock else None
        on = change.pop("window_on", "line")
        for connector, days in change.pop("windows", {}).items():
            found.window(connector, days, on)
        if change:
            raise KeyError(f"Unknown: {', '.join(change)}.")
        return JSONResponse({})

    async def received(request: Request) -> Response:
        """GET what the portal has, once it has imported everything: counts and reports."""
        return JSONResponse(await asyncio.to_thread(_received, portal))

    methods = ["GET", "POST", "DELETE"]
    handlers = {"faults": faults, "requests": requests, "rows": rows, "environment": environment, "portal": received}
    return [Route(f"/sandbox/{name}", checked(handler), methods=methods) for name, handler in handlers.items()]


def _received(portal: Portal) -> dict[str, Any]:
    return {
        "counts": {name: portal.counts(name) for name in portal.accounts},
        "total": portal.counts(),
        "reports": {name: msgspec.to_builtins(portal.reports(name)) for name in portal.accounts},
    }


def checked(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer 400 with the reason when the handler does not understand the request."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
