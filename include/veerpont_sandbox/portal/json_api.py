"""The portal's JSON API, as docs/json-api.yaml describes it, beside AFAS at the same address, under `/portal`."""

import asyncio
import hashlib
import re
import secrets
import shutil
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from veerpont_sandbox.afas.answers import Reset

# The one place that knows the connection of a request.
from veerpont_sandbox.afas.server import _connections
from veerpont_sandbox.faults import Fault, Faults
from veerpont_sandbox.portal import json_payroll
from veerpont_sandbox.portal.json_forms import FLOWS, FORMS, MAX_OPERATIONS, Operation, Record, judge, well_formed
from veerpont_sandbox.portal.state import write_json

MAX_BYTES = 1_048_576
PATH = "/portal"
PAYROLL = "payroll"
"""The flow whose calls say the tables that their records are of."""
_KEY = re.compile(r"[a-z]+_[0-9]{8,}_[0-9a-f]{12}-[0-9]{5,}")


class _RefusedError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class _Call(msgspec.Struct):
    """What is kept of a call with status 200, for ever."""

    sha256: str
    answer: dict[str, Any]


class JsonApi:
    """The customers' records as `<account>/api/<flow>.jsonl`, and their calls beside them.

    One line a call, with the operations of it that were accepted: a call costs what is in it, however much there is.
    All of it is in the files, so whoever sets them back or deletes them sets back the portal.
    """

    def __init__(self, folder: Path, customers: Iterable[str], faults: Faults) -> None:
        self.folder = folder
        self.faults = faults
        self.tokens = {name: _token(folder / name / "api_token") for name in customers}
        self.requests: deque[dict[str, Any]] = deque(maxlen=20_000)
        """What was received, oldest first: never a token, never a record."""
        self._lock = threading.Lock()
        self._working: set[tuple[str, str, str]] = set()

    def records(self, customer: str, flow: str) -> dict[str, list[Record]]:
        """Return id → records; every name of the flow is there, and those besides that came."""
        with self._lock:
            found = _replay(self._folder(customer) / f"{flow}.jsonl")
        if flow == PAYROLL:
            return found
        form = FORMS[flow]
        return {
            each: [
                {name: record.get(name) for name in form.all if name in form.names or name in record}
                for record in records
            ]
            for each, records in found.items()
        }

    def schema(self, customer: str) -> dict[str, Any]:
        """Return the tables of the payroll data that a customer's last call said."""
        path = self._folder(customer) / f"{PAYROLL}_schema.json"
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else {}

    def clear(self, customer: str) -> None:
        """Forget a customer's records and calls, not the token."""
        with self._lock:
            shutil.rmtree(self._folder(customer), ignore_errors=True)

    def _folder(self, customer: str) -> Path:
        return self.folder / customer / "api"

    # The web application

    def routes(self) -> list[BaseRoute]:
        return [
            Mount(
                PATH,
                routes=[
                    Route("/v1", self._about, methods=["GET"]),
                    Route("/v1/{integration}/{flow}", self._deliver, methods=["POST"]),
                ],
            )
        ]

    async def _about(self, request: Request) -> Response:
        status, _ = self._who(request)
        self._note(request, status)
        return JSONResponse({"api": "veerpont", "version": 1}) if status == 200 else _refusal(status, "unauthorized")

    def _who(self, request: Request) -> tuple[int, str | None]:
        """Return 200 and whose token this is, or 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        for name, known in self.tokens.items():
            if scheme.lower() == "bearer" and secrets.compare_digest(known.encode(), token.encode()):
                return 200, name
        return 401, None

    def _note(self, request: Request, status: int, **more: Any) -> None:
        self.requests.append({
            "method": request.method,
            "path": request.url.path,
            "headers": sorted(request.headers.keys()),
            "key": request.headers.get("idempotency-key"),
            "status": status,
            **more,
        })

    async def _deliver(self, request: Request) -> Response:
        customer, flow = request.path_params["integration"], request.path_params["flow"]
        try:
            body, key = await self._checked(request, customer, flow)
            operations, schema = _operations(flow, body)
            response = await self._once(request, customer, flow, key, body, operations, schema)
        except _RefusedError as refused:
            self._note(request, refused.status, customer=customer, flow=flow)
            return _refusal(refused.status, refused.code, refused.retry_after)
        self._note(request, 200, customer=customer, flow=flow, operations=len(operations))
        return response

    async def _checked(self, request: Request, customer: str, flow: str) -> tuple[bytes, str]:
        """Return body and key, once the token, the path, the size and the headers are right."""
        status, who = self._who(request)
        if status != 200:
            raise _RefusedError(401, "unauthorized")
        if customer in self.tokens and who != customer:
            raise _RefusedError(403, "forbidden")
        if customer not in self.tokens or flow not in (*FLOWS, PAYROLL):
            raise _RefusedError(404, "unknown_flow" if customer in self.tokens else "unknown_integration")
        self._fail(customer, flow)
        body = await request.body()
        if len(body) > MAX_BYTES:
            raise _RefusedError(413, "too_many_bytes")
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise _RefusedError(400, "wrong_idempotency_key")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise _RefusedError(400, "wrong_content_type")
        return body, key

    def _fail(self, customer: str, flow: str) -> None:
        """Raise what a fault asks for instead of an answer."""
        if fault := self.faults.hit("api_too_many_requests", customer, flow=flow):
            raise _RefusedError(429, "too_many_requests", fault.retry_after)
        if fault := self.faults.hit("api_maintenance", customer, flow=flow):
            raise _RefusedError(503, "maintenance", fault.remaining)
        if self.faults.hit("api_error", customer, flow=flow):
            raise _RefusedError(500, "failed")

    async def _once(
        self,
        request: Request,
        customer: str,
        flow: str,
        key: str,
        body: bytes,
        operations: list[Operation],
        schema: dict[str, Any],
    ) -> Response:
        """Carry out a call, or give the answer that it got before."""
        working = (customer, flow, key)
        if working in self._working:
            raise _RefusedError(503, "still_working", 1)
        self._working.add(working)
        try:
            if fault := self.faults.hit("api_slow", customer, flow=flow):
                await asyncio.sleep(fault.seconds or 0)
            reject = self.faults.hit("api_reject", customer, flow=flow)
            answer = await asyncio.to_thread(self._commit, customer, flow, key, body, operations, schema, reject)
        finally:
            self._working.discard(working)
        if self.faults.hit("api_lost_answer", customer, flow=flow) and request.client:
            transport = _connections[request.client.host, request.client.port]
            return Reset(transport.get_extra_info("socket"), transport.abort)
        return JSONResponse(answer)

    def _commit(
        self,
        customer: str,
        flow: str,
        key: str,
        body: bytes,
        operations: list[Operation],
        schema: dict[str, Any],
        reject: Fault | None,
    ) -> dict[str, Any]:
        """Apply what is accepted; the answer is kept last, so a call that was cut off is simply done again."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._folder(customer) / "calls" / flow / f"{key}.json"
        with self._lock:
            if path.exists():
                known = msgspec.json.decode(path.read_bytes(), type=_Call)
                if known.sha256 != sha256:
                    raise _RefusedError(409, "key_used_before")
                return known.answer
            results = [_result(flow, operation, schema, reject) for operation in operations]
            accepted = {result["id"] for result in results if result["status"] == "accepted"}
            path.parent.mkdir(parents=True, exist_ok=True)
            _append(self._folder(customer) / f"{flow}.jsonl", [each for each in operations if each["id"] in accepted])
            if schema:
                write_json(self._folder(customer) / f"{flow}_schema.json", schema)
            # In any order: a sender that goes by place and not by id must notice.
            answer = {"results": results[::-1]}
            write_json(path, _Call(sha256, answer))
        return answer


def _append(path: Path, operations: list[Operation]) -> None:
    """Add a line. It begins with the line's end: what a call that was cut off left stands on a line of its own."""
    with path.open("ab") as file:
        file.write(b"\n" + msgspec.json.encode(operations))


def _replay(path: Path) -> dict[str, list[Record]]:
    """Return id → records, as all operations in turn left them."""
    records: dict[str, list[Record]] = {}
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        with suppress(msgspec.DecodeError):  # cut off: that call got no answer, so it comes again
            for operation in msgspec.json.decode(line, type=list[Operation]):
                if operation["op"] == "put":
                    records[operation["id"]] = operation["records"]
                else:
                    records.pop(operation["id"], None)
    return records


def _result(flow: str, operation: Operation, schema: dict[str, Any], reject: Fault | None) -> dict[str, str | None]:
    if reject and operation["id"] in reject.keys:
        wrong: tuple[str, str | None] | None = (reject.value or "refused", reject.field or None)
    else:
        wrong = json_payroll.judge(schema, operation) if flow == PAYROLL else judge(flow, operation)
    if wrong:
        reason, field = wrong
        return {"id": operation["id"], "status": "rejected", "reason": reason, "field": field}
    return {"id": operation["id"], "status": "accepted", "reason": None, "field": None}


def _operations(flow: str, body: bytes) -> tuple[list[Operation], dict[str, Any]]:
    """Return the operations of a call, and of payroll data its schema. Raises _RefusedError 400, 413 or 422."""
    content: Any = None
    try:
        content = msgspec.json.decode(body.decode())
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise _RefusedError(400, "no_json") from None
    found = content.get("operations") if isinstance(content, dict) else None
    if isinstance(found, list) and len(found) > MAX_OPERATIONS:
        raise _RefusedError(413, "too_many_operations")
    if flow == PAYROLL:
        good = isinstance(content, dict) and content.keys() == {"schema", "operations"}
        good = good and json_payroll.well_formed(content["schema"], found)
    else:
        good = isinstance(content, dict) and content.keys() == {"operations"} and well_formed(flow, found)
    if not good:
        raise _RefusedError(422, "wrong_form")
    return content["operations"], content.get("schema", {})


def _refusal(status: int, code: str, retry_after: int | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"error": code}, status, headers)


def _token(path: Path) -> str:
    """Return the token that is kept here, made when there is none."""
    with suppress(FileNotFoundError):
        return path.read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(32))
    return path.read_text()
