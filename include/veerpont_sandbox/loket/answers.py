"""The answers of the API: envelopes and errors (docs/reference/loket.md, 2 and 4)."""

import hashlib
import math
from typing import Any, Literal

import msgspec
from starlette.responses import JSONResponse, PlainTextResponse, Response

from veerpont_sandbox.loket.provider import Json
from veerpont_sandbox.loket.query import Page

_HEADERS = {"Expires": "-1", "Cache-Control": "no-cache, no-store"}
Shape = Literal["list", "detail", "metadata"]
"""A list is paged, a detail is one object, metadata are option lists."""
_CODES = {"BrokenBusinessRule": 12, "Warning": 40, "Exception": 1, "NotFound": 404, "ConcurrencyViolation": 409}


class RefusedError(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, reason: str = "", messages: list[Json] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.messages = messages or []


def message(description: str, kind: str = "BrokenBusinessRule", entity: str | None = None) -> Json:
    """Return one of `messages`; `entity` is the id that it is about."""
    return {"code": _CODES[kind], "id": entity, "type": kind, "description": description, "properties": []}


def version(name: str, obsolete: str | None = None) -> Json:
    return {"resourceVersion": name, "obsoleteDate": obsolete}


def many(items: list[Json], part: Page, total: int, empty_pages: int, about: Json, messages: list[Json]) -> Response:
    """Answer a page of a list; `items` are those of the page."""
    return _json({
        "totalSize": total,
        "pageSize": part.size,
        "totalPages": math.ceil(total / part.size) if total else empty_pages,
        "currentPage": part.number,
        "version": about,
        "messages": messages,
        "_embedded": items,
    })


def one(content: Any, about: Json, messages: list[Json], status: int = 200) -> Response:
    """Answer a detail, with its ETag."""
    return _json({"version": about, "messages": messages, "content": content}, status, {"ETag": etag(content)})


def bare(content: Any) -> Response:
    """Answer JSON without an envelope."""
    return _json(content)


def etag(content: Any) -> str:
    return f'"{hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:32]}"'


def refusal(error: RefusedError, shape: Shape, about: Json) -> Response:
    """Answer an error as its status asks: only 400 and 409 have the envelope."""
    if error.status == 403:
        return JSONResponse({"message": f"Insufficient rights for this request, reason {error.reason}"}, 403, _HEADERS)
    if error.status not in {400, 409}:
        return Response(b"", error.status, _HEADERS)
    kind = "BrokenBusinessRule" if error.status == 400 else "ConcurrencyViolation"
    body: Json = {"version": about, "messages": error.messages or [message(error.reason, kind)]}
    if shape == "list":
        paging = {"totalSize": 0, "pageSize": 0, "totalPages": 0, "currentPage": 1}
        body = paging | body | {"_embedded": []}
    else:
        body["content"] = {}
    return _json(body, error.status)


def plain(text: str, status: int = 400) -> Response:
    """Answer an error of the API as a whole, which may be plain text (docs/reference/loket.md, 4)."""
    return PlainTextResponse(text, status, _HEADERS)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, _HEADERS | (headers or {}), "application/json; charset=utf-8")
