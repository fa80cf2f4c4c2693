"""SFTP servers that mean no good, or are just broken, one kind at a time."""

import asyncio
import json
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh


class _EndlessList(asyncssh.SFTPServer):
    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        number = 0
        while True:
            number += 1
            yield asyncssh.SFTPName(b"%0200d" % number, attrs=_attrs())
            if not number % 100:
                await asyncio.sleep(0)


class _LongName(asyncssh.SFTPServer):
    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        yield asyncssh.SFTPName(b"x" * 2**21, attrs=_attrs())


class _EndlessFile(asyncssh.SFTPServer):
    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        yield asyncssh.SFTPName(b"report.csv", attrs=_attrs())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return object()

    def close(self, file_obj: object) -> None:
        """Close nothing."""

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _attrs()

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return b"x" * size


class _LargeFile(_EndlessFile):
    """A file that says that it is as long as it is."""

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _attrs(2**40)


class _Dropping(_EndlessFile):
    """A connection that ends in the middle of a file, without a word."""

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _attrs(2**20)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if offset:
            self.channel.get_connection().abort()
        return b"x" * size


class _Slow(asyncssh.SFTPServer):
    async def write(self, file_obj: object, offset: int, data: bytes) -> int:  # type: ignore[override]
        await asyncio.sleep(1)
        return len(data)


_KINDS: dict[str, type[asyncssh.SFTPServer]] = {
    "endless_list": _EndlessList,
    "long_name": _LongName,
    "endless_file": _EndlessFile,
    "large_file": _LargeFile,
    "dropping": _Dropping,
    "link": asyncssh.SFTPServer,
    "slow": _Slow,
    "slow_login": asyncssh.SFTPServer,
}


def _attrs(size: int = 100) -> asyncssh.SFTPAttrs:
    then = int(time.time()) - 3600
    return asyncssh.SFTPAttrs(size=size, permissions=stat.S_IFREG | 0o644, atime=then, mtime=then)


@contextmanager
def serving(kind: str) -> Iterator[Callable[[int], str]]:
    """Run a server; gives what makes the Airflow connection to it, for a session of so many seconds."""
    root = Path(tempfile.mkdtemp(prefix="veerpont-proof-"))
    (root / "Log").mkdir()
    if kind == "link":
        (root / "Log" / "report.csv").symlink_to("/etc/passwd")
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def session(channel: Any) -> asyncssh.SFTPServer:
        return _KINDS[kind](channel, chroot=str(root).encode())

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for letter in b"SSH-2.0-" + b"x" * 1000:
            writer.write(bytes([letter]))
            await asyncio.sleep(0.1)

    async def listen() -> Any:
        if kind == "slow_login":
            return await asyncio.start_server(slowly, "127.0.0.1", 0)
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
            sftp_factory=session,
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    port = acceptor.sockets[0].getsockname()[1]

    def connection(seconds: int) -> str:
        extra = {
            "private_key": key.export_private_key().decode(),
            "host_key": host_key.export_public_key().decode(),
            "session_seconds": seconds,
        }
        return json.dumps({"conn_type": "sftp", "host": "127.0.0.1", "port": port, "login": "acme", "extra": extra})

    try:
        yield connection
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        shutil.rmtree(root, ignore_errors=True)  # a file that never ends may still be open
