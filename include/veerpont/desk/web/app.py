"""The desk's app: its routes, and a page in words for whatever goes wrong."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from veerpont.desk.refused import ActRefusedError
from veerpont.desk.web.airflow_side import person
from veerpont.desk.web.pages import (
    customers,
    deliveries,
    employers,
    find,
    links,
    mappings,
    pictures,
    rejects,
    reports,
    special,
    today,
)
from veerpont.desk.web.view import HERE, Look
from veerpont.messages.catalog import say
from veerpont.model.failures import PassingError, VeerpontError

STATIC = {path.name: path for path in (HERE / "static").iterdir()}
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def desk() -> FastAPI:
    """Return the app. Every route asks who is there: none can be added that does not."""
    handlers: dict[int | type[Exception], Any] = {
        HTTPException: _refused_by_airflow,
        RequestValidationError: _bad_address,
        VeerpontError: _refused,
        SQLAlchemyError: _no_ledger,
        Exception: _defect,
    }
    app = FastAPI(
        title="Veerpont desk",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(person)],
        exception_handlers=handlers,
    )
    for page in (today, find, customers, mappings, pictures, rejects, employers, links, deliveries, reports, special):
        app.include_router(page.router)
    app.add_api_route("/static/{name}", _static, include_in_schema=False)
    return app


def _static(name: str) -> Response:
    path = STATIC.get(name)
    if path is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return FileResponse(path, media_type=KINDS[path.suffix], headers={"Cache-Control": "private, max-age=300"})


_NO_SUCH_NUMBER = {"less_than_equal", "greater_than_equal", "int_parsing_size"}
Handled = Annotated[Any, "an exception of the type that the handler is for"]


def _refused_by_airflow(request: Request, error: Handled) -> Response:
    key = "forged" if error.detail == "forged" else str(error.status_code)
    known = key in {"401", "403", "404", "forged"}
    return _page(request, error.status_code, key if known else "400")


def _bad_address(request: Request, error: Handled) -> Response:
    if {each["type"] for each in error.errors()} <= _NO_SUCH_NUMBER:
        return _page(request, HTTPStatus.NOT_FOUND, "404")
    return _page(request, HTTPStatus.BAD_REQUEST, "400")


def _refused(request: Request, error: Handled) -> Response:
    if isinstance(error, PassingError):
        return _no_ledger(request, error)
    if isinstance(error, ActRefusedError):
        message = say(f"refused.{error.code}", Look(request).language, **error.values)
        if error.code in {"no_reject", "no_delivery"}:
            return _page(request, HTTPStatus.NOT_FOUND, "404", message)
        return _page(request, HTTPStatus.CONFLICT, "refused", message)
    key = "settings" if request.method == "GET" else "refused"
    return _page(request, HTTPStatus.CONFLICT, key, Look(request).worded(error.message))


def _no_ledger(request: Request, _: Handled) -> Response:
    return _page(request, HTTPStatus.SERVICE_UNAVAILABLE, "503")


def _defect(request: Request, _: Handled) -> Response:
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "500")


def _page(request: Request, status: int, key: str, message: str = "") -> Response:
    look = Look(request)
    title, what = look.text(f"error.{key}"), message or look.text(f"error.{key}_do")
    return look.render("error.html", status, title=title, what=what, log_in=key == "401")
