"""An SFTP server of our own, integrations and records for the tests of the portals."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

# Airflow reads these when it is imported: no home of the developer's may be touched.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from veerpont.config.integration import Integration

FOLDER = "Medewerkers"


class Server:
    """An SFTP server in a thread, on a folder of this machine; `files` is the class that answers."""

    def __init__(self, root: Path, login_key: asyncssh.SSHKey) -> None:
        self.root = root
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.files: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
        self.connections: list[asyncssh.SSHServerConnection] = []
        self._authorized = asyncssh.import_authorized_keys(login_key.export_public_key().decode())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, host_keys: list[asyncssh.SSHKey] | None = None) -> None:
        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1",
                0,
                server_host_keys=host_keys or [self.host_key],
                authorized_client_keys=self._authorized,
                sftp_factory=self._answer,
                password_auth=False,
            )

        self._acceptor = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(10)
        self.port = self._acceptor.get_port()

    def _answer(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        self.connections.append(channel.get_connection())
        return self.files(channel, chroot=str(self.root).encode())

    def stop(self) -> None:
        async def close() -> None:
            self._acceptor.close()
            for connection in self.connections:
                connection.abort()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def pin(self) -> str:
        return self.host_key.export_public_key().decode().strip()

    def stands(self, folder: str = FOLDER) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.root / folder).iterdir()}


@pytest.fixture(scope="session")
def login_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def server(tmp_path: Path, login_key: asyncssh.SSHKey) -> Iterator[Server]:
    (tmp_path / FOLDER).mkdir()
    running = Server(tmp_path, login_key)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connection(server: Server, login_key: asyncssh.SSHKey, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the Airflow connection `xpert`; keywords replace fields of its extra, None takes one away."""
    import json

    def put(host: str = "127.0.0.1", port: int | None = None, password: str = "", **extra: Any) -> None:
        fields = {"private_key": login_key.export_private_key().decode(), "host_key": server.pin} | extra
        monkeypatch.setenv(
            "AIRFLOW_CONN_XPERT",
            json.dumps({
                "conn_type": "sftp",
                "host": host,
                "port": port or server.port,
                "login": "acme",
                "password": password,
                "extra": {name: value for name, value in fields.items() if value is not None},
            }),
        )

    put()
    return put


@pytest.fixture
def integration() -> Callable[..., Integration]:
    """Make an integration; keywords are settings of xpert_suite, `over` replaces whole sections."""

    def make(over: dict[str, Any] | None = None, **xpert_suite: Any) -> Integration:
        return Integration.model_validate(
            {
                "name": "acme",
                "customer": "Acme Holding B.V.",
                "source": {"system": "afas", "connection": "afas", "environment": "O12345AA"},
                "portals": [
                    {"portal": "xpert_suite", "connection": "xpert", "flows": ["employers", "organigram", "employees"]}
                ],
                "xpert_suite": {"profile": "sandbox"} | xpert_suite,
            }
            | (over or {})
        )

    return make
