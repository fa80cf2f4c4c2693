"""Servers that mean no good, or are just broken: what each sends instead of an answer."""

import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

Talk = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SAID = 0.05
"""Seconds between two bytes of a slow server: the sample has no time for a byte a second."""


@contextmanager
def serving(talk: Talk) -> Iterator[int]:
    """Run a server that reads a request and then talks; gives its port. It ends with the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_: list[socket.socket] = []

    def each(there: socket.socket) -> None:
        with suppress(OSError):
            there.recv(65536)
            talk(there)
            there.shutdown(socket.SHUT_RDWR)
        there.close()

    def serve() -> None:
        while True:
            try:
                there, _ = listening.accept()
            except OSError:
                return
            open_.append(there)
            threading.Thread(target=each, args=(there,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()
        for there in open_:
            with suppress(OSError):
                there.shutdown(socket.SHUT_RDWR)


def _endless(there: socket.socket, chunk: bytes) -> None:
    while True:
        there.sendall(chunk)


def _slowly(there: socket.socket, content: bytes) -> None:
    while True:
        for at in range(len(content)):
            there.sendall(content[at : at + 1])
            time.sleep(SAID)


def slow_body(there: socket.socket) -> None:
    there.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
    _slowly(there, b" ")


def slow_head(there: socket.socket) -> None:
    _slowly(there, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60000)


def slow_chunks(there: socket.socket) -> None:
    there.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    _slowly(there, b"1\r\nx\r\n")


def endless_continue(there: socket.socket) -> None:
    _endless(there, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def endless_body(there: socket.socket) -> None:
    there.sendall(HEAD + b"Connection: close\r\n\r\n")
    _endless(there, b'{"rows": [' + b" " * 65536)


def endless_chunk_size(there: socket.socket) -> None:
    there.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    _endless(there, b"0" * 65536)


def endless_error(there: socket.socket) -> None:
    there.sendall(b"HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n")
    _endless(there, b"<html>" * 10000)


def gzip_bomb(there: socket.socket) -> None:
    there.sendall(_packed(_bomb(), b"gzip"))


def nested_gzip_bomb(there: socket.socket) -> None:
    there.sendall(_packed(_gzip([_bomb()]), b"gzip, gzip"))


def deep_json(there: socket.socket) -> None:
    there.sendall(_whole(b'{"rows": ' + b"[" * 200_000))


def many_values(there: socket.socket) -> None:
    there.sendall(_whole(b'{"rows": [' + b"[]," * 6_000_000 + b"[]]}"))


def redirect(there: socket.socket) -> None:
    there.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/steal\r\nContent-Length: 0\r\n\r\n")


def odd_wait(there: socket.socket) -> None:
    odd = b"Retry-After: Mon, 02 Nov 2026 21:00:00 +9999\r\n"
    there.sendall(b"HTTP/1.1 503 Busy\r\n" + odd + b"Content-Length: 0\r\n\r\n")


def odd_headers(there: socket.socket) -> None:
    there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Length: 7\r\n:\r\n\x00: \xff\r\n\r\n{}")


def _whole(content: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(content) + content


def _packed(content: bytes, encoding: bytes) -> bytes:
    return HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(content)) + content


def _gzip(chunks: list[bytes]) -> bytes:
    pack = zlib.compressobj(9, wbits=31)
    return b"".join([*map(pack.compress, chunks), pack.flush()])


@cache
def _bomb() -> bytes:
    """Return 800 kB that become 794 MB."""
    return _gzip([b'{"rows": ["', *[b" " * 2**20] * 794, b'"]}'])


ANSWERS: dict[str, Talk] = {
    "a byte at a time, in the body": slow_body,
    "a byte at a time, in the headers": slow_head,
    "a byte at a time, in chunks": slow_chunks,
    "100 Continue without end": endless_continue,
    "a body without end": endless_body,
    "a chunk size without end": endless_chunk_size,
    "an error page without end": endless_error,
    "gzip that becomes 794 MB": gzip_bomb,
    "gzip in gzip": nested_gzip_bomb,
    "JSON 200,000 deep": deep_json,
    "JSON of 6,000,000 values": many_values,
    "a redirect": redirect,
    "Retry-After with an impossible zone": odd_wait,
    "headers that are none": odd_headers,
}
