"""A small Loket on this machine: just enough of docs/reference/loket.md to test our client."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from afas_server import Answer, Call, ok

__all__ = ["Answer", "Call", "LoketServer", "ok"]


class LoketServer:
    """State of the server; tests change it while it runs. `lists`: path → the items of a list; `objects`: → content."""

    def __init__(self) -> None:
        self.strict = True
        self.refresh = "CANARY-refresh-0"
        self.access = ""
        self.code = "CANARY-code"
        self.issued = 0
        self.life = 3599
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.objects: dict[str, dict[str, Any]] = {"/user": {"id": "u"}}
        self.calls: list[Call] = []
        self.answers: list[tuple[str, Answer]] = []
        self.page: Callable[[dict[str, Any], int], None] = lambda body, number: None
        self.committed: Callable[[], None] = lambda: None  # between what the server did and its answer
        self._lock = threading.Lock()
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
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these answers, in turn, to the next calls whose path contains `path`."""
        self.answers += [(path, answer) for answer in answers]

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if path in call.path]

    def serve(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = handler.headers.items()
        call = Call(handler.command, unquote(url.path), url.query, query, headers, body, handler.client_address[1])
        self.calls.append(call)
        answer = self._answer(call)
        try:
            self._send(handler, answer)
        except OSError:
            handler.close_connection = True  # who asked was killed

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
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
        handler.close_connection = handler.close_connection or answer.cut is not None

    def _answer(self, call: Call) -> Answer:
        for index, (path, answer) in enumerate(self.answers):
            if path in call.path:
                del self.answers[index]
                return answer
        if call.path == "/token":
            return self._token({name: values[0] for name, values in parse_qs(call.body).items()})
        if dict(call.headers).get("Authorization") != f"Bearer {self.access}":
            return Answer(401)
        path = call.path.removeprefix("/v2")
        about = {"resourceVersion": "2018-01-01", "obsoleteDate": None}
        if path in self.objects:
            return ok({"version": about, "messages": [], "content": self.objects[path]})
        if path not in self.lists:
            return Answer(404)
        number, size = int(call.query["pageNumber"]), int(call.query["pageSize"])
        items = sorted(self.chosen(call, self.lists[path]), key=lambda item: str(item.get(call.query["orderBy"])))
        body = {
            "totalSize": len(items),
            "pageSize": size,
            "totalPages": -(-len(items) // size),
            "currentPage": number,
            "version": about,
            "messages": [],
            "_embedded": items[(number - 1) * size : number * size],
        }
        self.page(body, number)
        return ok(body)

    def chosen(self, call: Call, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the items of a list that a question is about."""
        return items

    def _token(self, form: dict[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != ("id", "CANARY-secret"):
            return Answer(401, b'{"error": "invalid_client"}')
        with self._lock:
            if form["grant_type"] == "authorization_code":
                good = form["code"] == self.code
            else:
                known = {self.refresh} if self.strict else {f"CANARY-refresh-{n}" for n in range(self.issued + 1)}
                good = form["refresh_token"] in known
            if not good:
                return Answer(400, b'{"error": "invalid_grant"}')
            self.issued += 1
            self.refresh, self.access = f"CANARY-refresh-{self.issued}", f"CANARY-access-{self.issued}"
            given = {"access_token": self.access, "refresh_token": self.refresh, "expires_in": self.life}
        self.committed()
        return ok({**given, "token_type": "bearer", "two_factor_state": "None"})


def employers(count: int) -> list[dict[str, Any]]:
    return [{"id": f"e{number:05}", "employerNumber": number} for number in range(count)]
