"""The sandbox's own routes for Loket, below `/sandbox/loket`: the import screen, what happens there, and the calls.

For people and for other processes; a test in the same process calls `changes` and `import_screen` itself.
"""

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from veerpont_sandbox.control import checked
from veerpont_sandbox.loket import changes, import_screen
from veerpont_sandbox.loket.provider import Provider
from veerpont_sandbox.loket.server import Loket

CHANGES: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        changes.rename,
        changes.change,
        changes.rename_employer,
        changes.move,
        changes.renumber,
        changes.terminate,
        changes.reinstate,
        changes.contract_until,
        changes.hire,
        changes.remove,
        changes.set_iban,
        changes.report_sick,
        changes.progress,
        changes.recover,
        changes.reopen,
        changes.delete_absence,
    )
}


def routes(loket: Loket) -> list[Route]:
    """Return the routes; a wrong request gets 400 with the reason."""

    def of(customer: str) -> Provider:
        return loket.providers[customer]

    async def upload(request: Request) -> Response:
        """POST the file; ?customer=&administration=&year=&period= and, as in the dialog, type, action, unit."""
        asked = request.query_params
        report = import_screen.upload(
            of(asked["customer"]),
            await request.body(),
            administration=int(asked["administration"]),
            year=int(asked["year"]),
            period=int(asked["period"]),
            file_type=asked.get("type", "CSV"),
            action=asked.get("action", "Overschrijven"),
            distribution_unit=asked.get("unit", "Ja"),
        )
        return JSONResponse(dataclasses.asdict(report), 400 if report.refused else 200)

    async def payroll(request: Request) -> Response:
        """GET ?customer=&administration=&year=&period= what the payroll has afterwards."""
        asked = request.query_params
        numbers = (int(asked[name]) for name in ("administration", "year", "period"))
        return JSONResponse(import_screen.payroll(of(asked["customer"]), *numbers))

    async def change(request: Request) -> Response:
        """POST {customer, change, …}: one of CHANGES with its arguments."""
        asked: dict[str, Any] = await request.json()
        provider, happens = of(asked.pop("customer")), CHANGES[asked.pop("change")]
        happens(provider, **asked)
        return JSONResponse({"watermark": provider.watermark})

    async def settings(request: Request) -> Response:
        """POST {customer, …}: fields of `Settings`; GET ?customer= shows them."""
        if request.method == "GET":
            provider = of(request.query_params["customer"])
        else:
            asked: dict[str, Any] = await request.json()
            provider = of(asked.pop("customer"))
            if asked.get("today"):
                asked["today"] = date.fromisoformat(asked["today"])
            provider.settings = dataclasses.replace(provider.settings, **asked)
        shown = dataclasses.asdict(provider.settings)
        return JSONResponse(shown | {"today": shown["today"] and shown["today"].isoformat()})

    async def requests(request: Request) -> Response:
        """GET the log of calls · DELETE empties it."""
        if request.method == "DELETE":
            loket.requests.clear()
        return JSONResponse(list(loket.requests))

    handlers = {"import": upload, "payroll": payroll, "change": change, "settings": settings, "requests": requests}
    methods = ["GET", "POST", "DELETE"]
    return [Route(f"/sandbox/loket/{name}", checked(handler), methods=methods) for name, handler in handlers.items()]
