"""The answers of the API: bodies and headers (docs/reference/afas.md, 2.3, 4 and 5)."""

import gzip
import socket
import struct
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from veerpont_sandbox.afas.schema import Connector, Field, Row
from veerpont_sandbox.faults import Fault

NOT_AUTHORISED = "GetConnector niet ondersteund voor deze app of de gebruiker is niet geautoriseerd"
BLOCKED = "Deze GetConnector (definitie) is geblokkeerd"
_HEADERS = {"Cache-Control": "no-store, no-cache", "Strict-Transport-Security": "max-age=31536000"}


def json(request: Request, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer JSON on one line, compressed when the client takes gzip."""
    return raw_json(request, msgspec.json.encode(content), status, headers)


def raw_json(request: Request, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    extra = {"X-Trace-Identifier": uuid.uuid4().hex} | _HEADERS | (headers or {})
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 1)
        extra["Content-Encoding"] = "gzip"
    return Response(body, status, extra, "application/json; charset=utf-8")


def empty(status: int, headers: dict[str, str] | None = None) -> Response:
    """Answer without a body, typed as XML: 401, 403, 404."""
    return Response(b"", status, _HEADERS | (headers or {}), "application/xml; charset=utf-8")


def functional_error(request: Request, message: str) -> Response:
    """Answer 500 with the three fields of docs/reference/afas.md, 2.3."""
    reference = uuid.uuid4().hex.upper()
    body = {"externalMessage": message, "errorNumber": -2147180999, "profitLogReference": reference}
    return json(request, body, 500)


def maintenance(request: Request, fault: Fault) -> Response:
    """Answer 503 with Retry-After, with the body, or with both."""
    headers = {} if fault.form == "body" else {"Retry-After": str(fault.remaining)}
    if fault.form == "header":
        return empty(503, headers)
    message = "Service temporarily unavailable due to scheduled maintenance. Please try again later."
    return json(request, {"error": {"code": "503", "message": message}, "retry_after": fault.remaining}, 503, headers)


def bad_gateway() -> Response:
    return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, media_type="text/html")


class Truncated(Response):
    """The first half of an answer, under headers that promise all of it; then the connection closes."""

    def __init__(self, whole: Response) -> None:
        self.whole = whole
        self.status_code = whole.status_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = self.whole.raw_headers
        await send({"type": "http.response.start", "status": self.whole.status_code, "headers": headers})
        half = bytes(self.whole.body)[: len(self.whole.body) // 2]
        # The server closes the connection of an answer that was never completed.
        await send({"type": "http.response.body", "body": half, "more_body": True})


class Reset(Response):
    """No answer: the connection is reset."""

    def __init__(self, connection: socket.socket, abort: Callable[[], None]) -> None:
        self.connection = connection
        self.abort = abort
        # What a log says of it: there was none.
        self.status_code = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Lingering for zero seconds makes closing a TCP reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def metainfo(connector: Connector, changes: list[Fault]) -> dict[str, Any]:
    """Describe a connector (docs/reference/afas.md, 5), as the schema faults have changed it."""
    lengths = {fault.field: int(fault.value or 0) for fault in changes if fault.kind == "changed_length"}
    fields = [
        {
            "id": field.id,
            "fieldId": f"U{number:03}",
            "dataType": field.type,
            "label": field.id.replace("_", " "),
            "length": lengths.get(field.id) or {"int": 10, "date": 8, "boolean": 1, "decimal": 15}.get(field.type, 80),
            "controlType": 5 if field.type in {"int", "decimal"} else 1,
            "decimals": 2 if field.type == "decimal" else 0,
            "decimalsFieldId": "",
        }
        for number, field in enumerate(_changed(connector, changes), 1)
    ]
    return {"name": connector.id, "description": connector.description, "fields": fields}


def _changed(connector: Connector, changes: list[Fault]) -> list[Field]:
    fields = list(connector.fields)
    for fault in changes:
        if fault.kind == "dropped_field":
            fields = [field for field in fields if field.id != fault.field]
        elif fault.kind == "changed_type":
            fields = [Field(f.id, fault.value or "string") if f.id == fault.field else f for f in fields]
        elif fault.kind == "added_field":
            fields.append(Field(fault.field, "string"))
    return fields


def rows(connector: Connector, found: list[Row], changes: list[Fault]) -> list[dict[str, Any]]:
    """Return the rows as they are sent: every field present, whole seconds, schema faults applied.

    Facts: docs/reference/afas.md, 4.
    """
    dates = [at for at, field in enumerate(connector.fields) if field.type == "date"]
    sent = []
    for row in found:
        values = dict(zip(connector.names, row, strict=True))
        for at in dates:
            # Sub-second values are stored and compared, but shown rounded, half up.
            if row[at] and "." in row[at]:
                values[connector.names[at]] = _rounded(row[at])
        for fault in changes:
            _change(values, fault)
        sent.append(values)
    return sent


def _change(values: dict[str, Any], fault: Fault) -> None:
    if fault.kind == "dropped_field":
        values.pop(fault.field, None)
    elif fault.kind == "changed_type" and values.get(fault.field) is not None:
        values[fault.field] = str(values[fault.field])
    elif fault.kind == "added_field":
        values[fault.field] = fault.value
    elif fault.kind == "replaced_column":
        values[fault.field] = "(replaced)"


def _rounded(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp.removesuffix("Z")) + timedelta(milliseconds=500)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
