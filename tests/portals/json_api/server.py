"""A small portal on this machine that does what docs/json-api.yaml says, and misbehaves when a test asks for it."""

import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

TOKEN = "CANARYTOKEN0123456789"
PREFIX = "/portal"
API: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "docs" / "json-api.yaml").read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    """Return a validator for one of the API's schemas."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": API["components"]})


OPERATIONS, PAYROLL_OPERATIONS = schema("Operations"), schema("PayrollOperations")
FLOWS = ("employers", "organigram", "employees", "accounts", "absence", "iban", "payroll")


@dataclass
class Answer:
    """An answer in place of the normal one; `after` gives it when the call has had its effect, `reset` gives none."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False
    reset: bool = False


@dataclass
class Call:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def key(self) -> str:
        return dict(self.headers)["Idempotency-Key"]

    @property
    def operations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)["operations"]
        return found


class PortalServer:
    """State of the portal; tests look at it and change it while it runs.

    `records`: what it holds, by path and id. `rejects`: id → reason and field. `effects`: calls that changed anything.
    `answers`: what the next calls get, in turn; None is the normal answer.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.rejects: dict[str, tuple[object, object]] = {}
        self.calls: list[Call] = []
        self.answers: list[Answer | None] = []
        self.results: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda results: results
        self.effects = 0
        self._kept: dict[tuple[str, str], tuple[str, Answer]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server.serve(self, b"")

            def do_POST(self) -> None:
                server.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = int(self._http.server_address[1])
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}{PREFIX}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        call = Call(handler.command, handler.path, handler.headers.items(), body)
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            answer = self._answer(call)
        elif answer.after:
            self._answer(call)
        if answer.reset:
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _answer(self, call: Call) -> Answer:
        headers = dict(call.headers)
        path = call.path.removeprefix(PREFIX)
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(401)
        if call.method == "GET":
            return ok({"api": "veerpont", "version": 1}) if path == "/v1" else error(404)
        known = [f"/v1/acme/{flow}" for flow in FLOWS]
        if path not in known:
            return error(404)
        if len(call.body) > 1_048_576:
            return error(413)
        if "Idempotency-Key" not in headers or headers.get("Content-Type") != "application/json":
            return error(400)
        try:
            content = json.loads(call.body)
        except ValueError:
            return error(400)
        if len(content.get("operations", [])) > 500:
            return error(413)
        ids = [operation.get("id") for operation in content.get("operations", [])]
        form = PAYROLL_OPERATIONS if path.endswith("/payroll") else OPERATIONS
        if not form.is_valid(content) or len(set(ids)) != len(ids):
            return error(422)
        digest = hashlib.sha256(call.body).hexdigest()
        kept = self._kept.get((path, call.key))
        if kept:
            return kept[1] if kept[0] == digest else error(409)
        self.effects += 1
        held = self.records.setdefault(path.removeprefix("/v1/"), {})
        results = [self._do(held, operation) for operation in content["operations"]]
        answer = ok({"results": self.results(results)})
        self._kept[path, call.key] = (digest, answer)
        return answer

    def _do(self, held: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
        identity = operation["id"]
        if identity in self.rejects:
            reason, name = self.rejects[identity]
            return {"id": identity, "status": "rejected", "reason": reason, "field": name}
        if operation["op"] == "put":
            held[identity] = operation["records"]
        else:
            held.pop(identity, None)
        return {"id": identity, "status": "accepted", "reason": None, "field": None}


def ok(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def error(status: int, **headers: str) -> Answer:
    return Answer(status, b'{"error": "CANARY"}', {name.replace("_", "-"): value for name, value in headers.items()})


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
