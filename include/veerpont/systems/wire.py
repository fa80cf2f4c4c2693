"""Reading an answer within limits: the bytes on the line, the bytes they expand to, and the time of the whole.

A limit on the time between two bytes does not end an answer that sends one a second, and a header or a chunk without an
end has no limit in Python's HTTP at all. So the connection itself counts, for the call that its thread makes.
"""

import http.client
import io
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MB = 2**20
HEADERS = MB
"""Bytes: more than the headers of an answer ever need, and the most that is read of an answer that is not ours."""
_CHUNK = 64 * 1024

# As Airflow's http provider sets it: AFAS works on a query for up to 15 minutes without a byte on the line.
_KEEP_ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] + [
    (socket.IPPROTO_TCP, int(getattr(socket, name)), value)
    for name, value in (("TCP_KEEPIDLE", 120), ("TCP_KEEPCNT", 20), ("TCP_KEEPINTVL", 30))
    if hasattr(socket, name)
]

_turn = threading.local()
"""Of the call that this thread makes: until when (`end`), how many bytes are `left`, how long without one (`idle`)."""


@contextmanager
def limited(whole: float, size: int, idle: float) -> Iterator[None]:
    """Let what this thread reads inside take `whole` seconds and `size` bytes on the line, `idle` seconds between two.

    May stand inside another: asking for a page may ask for a token first.
    """
    before = dict(_turn.__dict__)
    _turn.end, _turn.left, _turn.idle = monotonic() + whole, size + HEADERS, idle
    try:
        yield
    finally:
        _turn.__dict__.clear()
        _turn.__dict__.update(before)


def is_over() -> bool:
    """Tell whether the call has had its time."""
    return bool(monotonic() >= _turn.end)


def session() -> requests.Session:
    """Return a session whose answers are read within the limits of the call."""
    made = requests.Session()
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    made.headers["Accept-Encoding"] = "gzip"
    return made


class TooLargeError(Exception):
    """More came than may. No OSError, and nothing that urllib3 knows: it passes through as it is."""


class _Metered(io.RawIOBase):
    """The bytes of one connection, headers included, until the call has had its time or its share."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if getattr(_turn, "end", None) is not None:
            left = _turn.end - monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(min(_turn.idle, left))
        count = self._raw.readinto(buffer)
        if getattr(_turn, "end", None) is not None:
            _turn.left -= count or 0
            if _turn.left < 0:
                raise TooLargeError
        return int(count or 0)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_Metered(self.fp.detach(), sock))


class _Http(HTTPConnection):
    response_class = _Response


class _Https(HTTPSConnection):
    response_class = _Response


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """Makes connections that read within limits, directly or by a proxy."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **named: Any) -> None:
        options = [*HTTPConnection.default_socket_options, *_KEEP_ALIVE]
        super().init_poolmanager(connections, maxsize, block, socket_options=options, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def body(raw: Any, most: int) -> bytearray:
    """Return the expanded body; of an answer that is no good one, no more than its beginning."""
    kind = str(raw.headers.get("Content-Encoding") or "").strip().lower()
    if kind not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError("an encoding that nobody asked for")
    content = bytearray()
    unpack = zlib.decompressobj(wbits=31) if "gzip" in kind else None
    for chunk in raw.stream(_CHUNK, decode_content=False):
        rest = chunk
        while rest:
            if unpack is None:
                content += rest
                rest = b""
            else:
                content += unpack.decompress(rest, most - len(content) + 1)
                rest = unpack.unconsumed_tail
                if unpack.eof and unpack.unused_data.strip(b"\0"):  # gzip may follow gzip
                    rest, unpack = unpack.unused_data, zlib.decompressobj(wbits=31)
                elif unpack.eof:
                    rest = b""
            if len(content) > most:
                if most == HEADERS:
                    return content[:most]
                raise TooLargeError
    if unpack is not None and content and not unpack.eof:
        raise EOFError("the compressed answer is cut off")
    return content
