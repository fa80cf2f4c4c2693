"""Servers that are set up in another way than ours: what each is told as, and to whom."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import ClassVar

import asyncssh
import paramiko
import pytest

from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.systems import sftp
from veerpont.systems.registry import portal
from veerpont.systems.xpert_suite.hook import XpertSuiteHook

FOLDER, NAME, CONTENT = "Medewerkers", "employees_00000042.xlsx", b"x" * 100_000


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(sftp, "AFTER_REFUSAL", 0.0)


@pytest.fixture
def deliver(connection, integration):
    def send(**settings) -> None:
        made = integration(folders={Flow.EMPLOYEES: FOLDER}, **settings)
        portal("xpert_suite").deliver(made, Flow.EMPLOYEES, NAME, Content.of(CONTENT))

    return send


def look() -> list[str]:
    with XpertSuiteHook("xpert").connect() as session:
        return [each.filename for each in session.listed(".")]


# -- what is asked of us -------------------------------------------------------------------------------------------


class TwoSteps(paramiko.ServerInterface):
    """Takes any key, and then asks for what `second` says."""

    second = "password"

    def get_allowed_auths(self, username):
        return self.second

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL

    def check_auth_password(self, username, password):
        good = self.second == "password" and password == "Zeeland9"
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_interactive(self, username, submethods):
        return paramiko.InteractiveQuery("", "", ("Password:", False))

    def check_auth_interactive_response(self, responses):
        return paramiko.AUTH_SUCCESSFUL if responses == ["Zeeland9"] else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class NoSession(TwoSteps):
    """Lets us in, and then never answers that we want a session."""

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        time.sleep(5)
        return paramiko.OPEN_SUCCEEDED


class NoFiles(NoSession):
    """Opens a session, and never answers that it is for files."""

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel, name):
        time.sleep(5)
        return False


@pytest.fixture
def two_steps(server, monkeypatch):
    """Serve what an interface of paramiko's says, with the host key of the fixture; gives its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    running = []

    def start(interface: type[TwoSteps]) -> int:
        key = paramiko.Ed25519Key.from_private_key(StringIO(server.host_key.export_private_key().decode()))

        def serve() -> None:
            while True:
                try:
                    there, _ = listening.accept()
                except OSError:
                    return
                transport = paramiko.Transport(there)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, paramiko.SFTPServerInterface)
                running.append(transport)
                with suppress(EOFError, paramiko.SSHException):
                    transport.start_server(server=interface())

        threading.Thread(target=serve, daemon=True).start()
        return listening.getsockname()[1]

    yield start
    listening.close()
    for transport in running:
        transport.close()


@contextmanager
def serving(server, factory, **options) -> Iterator[int]:
    """Run another SSH server beside the fixture's; gives its port."""

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen("127.0.0.1", 0, server_factory=factory, sftp_factory=True, **options)

    acceptor = asyncio.run_coroutine_threadsafe(listen(), server._loop).result(10)
    try:
        yield acceptor.get_port()
    finally:
        server._loop.call_soon_threadsafe(acceptor.close)


@pytest.mark.parametrize("second", ["password", "keyboard-interactive"])
def test_a_server_that_wants_a_password_besides_gets_it(two_steps, connection, second):
    """Key and password (docs/reference/xpert-suite.md, 1.2)."""
    connection(port=two_steps(type("Second", (TwoSteps,), {"second": second})), password="Zeeland9")
    with XpertSuiteHook("xpert").connect() as session:
        assert session.shown.startswith("SHA256:")


@pytest.mark.parametrize("second", ["password", "keyboard-interactive"])
def test_what_the_server_still_asks_for_is_said(two_steps, connection, second):
    connection(port=two_steps(type("Second", (TwoSteps,), {"second": second})))
    with pytest.raises(SettingsError, match=f"still asks for: {second}; fill in .* password of the connection"):
        look()


def test_a_wrong_password_is_a_setting(two_steps, connection):
    connection(port=two_steps(TwoSteps), password="another")
    with pytest.raises(SettingsError, match="refused by"):
        look()


def test_the_password_opens_the_key_when_nothing_else_does(connection, login_key):
    """The portal calls the passphrase a password (docs/reference/xpert-suite.md, 1.2)."""
    locked = login_key.export_private_key(passphrase="geheim", rounds=50).decode()
    connection(private_key=locked, password="geheim")
    assert look() == [FOLDER]
    connection(private_key=locked, password="fout")
    with pytest.raises(SettingsError, match="cannot be read"):
        look()


def test_several_host_keys_may_be_pinned(server, connection):
    """A portal that changes its key tells the new one beforehand: both are pinned for a while."""
    old = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode()
    connection(host_key=f"# the old one\n{old}\n127.0.0.1 {server.pin}\n")
    assert look() == [FOLDER]
    connection(host_key=old + asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode())
    with pytest.raises(SettingsError, match=r"expects the host key SHA256:.* or SHA256:"):
        look()


def test_a_putty_key_names_the_command(connection):
    connection(private_key="PuTTY-User-Key-File-3: ssh-ed25519")
    with pytest.raises(SettingsError, match=r"puttygen Key\.ppk -O private-openssh"):
        look()


def test_a_login_that_is_refused_once_is_tried_once_more(server, login_key, connection):
    class Moody(asyncssh.SSHServer):
        tries = 0

        def validate_public_key(self, username, key):
            Moody.tries += 1
            return Moody.tries > 1

        def public_key_auth_supported(self):
            return True

    with serving(server, Moody, server_host_keys=[server.host_key]) as port:
        connection(port=port)
        look()
        Moody.tries = -9
        with pytest.raises(SettingsError, match="refused by"):
            look()
        assert Moody.tries == -7


def test_a_server_that_shows_old_host_keys_only_is_a_setting(server, connection):
    """ssh-rsa, with SHA-1: our library does not take that any more, and trying again changes nothing."""
    key = asyncssh.generate_private_key("ssh-rsa")
    key.sig_algorithms = key.host_key_algorithms = (b"ssh-rsa",)
    with serving(server, asyncssh.SSHServer, server_host_keys=[key]) as port:
        connection(port=port, host_key=key.export_public_key().decode())
        with pytest.raises(SettingsError, match=r"no acceptable host key.*ssh-rsa signatures"):
            look()


def test_a_server_that_takes_old_signatures_only_is_a_setting(server, connection):
    key = asyncssh.generate_private_key("ssh-rsa")
    with serving(server, asyncssh.SSHServer, server_host_keys=[server.host_key], signature_algs=["ssh-rsa"]) as port:
        connection(port=port, private_key=key.export_private_key().decode())
        with pytest.raises(SettingsError, match=r"no acceptable signature.*ssh-rsa signatures"):
            look()


@pytest.mark.parametrize("silent", [NoSession, NoFiles])
def test_a_hang_at_open_is_no_dropped_connection(two_steps, connection, monkeypatch, silent):
    monkeypatch.setattr(sftp, "TIMEOUT", 1)
    monkeypatch.setattr(sftp, "LOGIN_TIMEOUT", 1.5)
    connection(port=two_steps(silent))
    with pytest.raises(PassingError, match=r"did not answer in time when the session was opened|had not let us in"):
        look()


# -- what its files do -----------------------------------------------------------------------------------------------


def test_a_server_without_sizes_is_a_setting(server, deliver):
    class Sizeless(asyncssh.SFTPServer):
        def stat(self, path):
            found = Path(self.map_path(path).decode()).stat()
            return asyncssh.SFTPAttrs(permissions=found.st_mode)

    server.files = Sizeless
    with pytest.raises(SettingsError, match="does not say how large"):
        deliver()
    assert server.stands() == {}


def test_a_server_that_says_failure_for_a_missing_file_is_a_setting(server, deliver):
    class Vague(asyncssh.SFTPServer):
        def stat(self, path):
            try:
                return Path(self.map_path(path).decode()).stat()
            except OSError:
                raise asyncssh.SFTPFailure("failure") from None

    server.files = Vague
    with pytest.raises(SettingsError, match="plain failure"):
        deliver()


class Taking(asyncssh.SFTPServer):
    """Takes each file as soon as it is closed, whatever its name."""

    taken: ClassVar[dict[str, bytes]] = {}

    def open(self, path, pflags, attrs):
        self._path = Path(self.map_path(path).decode())
        return super().open(path, pflags, attrs)

    def close(self, file_obj):
        super().close(file_obj)
        Taking.taken[self._path.name] = self._path.read_bytes()
        self._path.unlink()


def test_a_portal_that_takes_the_temporary_file_is_a_setting(server, deliver):
    """All bytes arrived: it is no question of rights, and the next attempt would bring them again."""
    Taking.taken.clear()
    server.files = Taking
    with pytest.raises(SettingsError, match=r"all bytes arrived.*\.part.*temporary_suffix"):
        deliver()


def test_without_a_temporary_name_a_file_that_is_taken_at_once_has_arrived(server, deliver):
    Taking.taken.clear()
    server.files = Taking
    deliver(temporary_suffix="")
    assert Taking.taken == {NAME: CONTENT}


def test_the_temporary_name_may_end_in_something_else(server, deliver):
    class Choosy(asyncssh.SFTPServer):
        def open(self, path, pflags, attrs):
            if path.endswith(b".part"):
                raise asyncssh.SFTPPermissionDenied("this ending is not taken")
            return super().open(path, pflags, attrs)

    server.files = Choosy
    with pytest.raises(SettingsError, match="may not write"):
        deliver()
    deliver(temporary_suffix=".tmp")
    assert server.stands() == {NAME: CONTENT}


def test_without_a_temporary_name_half_a_file_of_ours_is_completed(server, deliver):
    (server.root / FOLDER / NAME).write_bytes(CONTENT[:999])
    deliver(temporary_suffix="")
    assert server.stands() == {NAME: CONTENT}
    (server.root / FOLDER / NAME).write_bytes(CONTENT + b"more")
    with pytest.raises(SettingsError, match="another size"):
        deliver(temporary_suffix="")


def test_a_server_that_stops_answering_in_the_middle_is_not_said_to_drop_us(server, deliver, monkeypatch):
    monkeypatch.setattr(sftp, "IDLE_TIMEOUT", 0.5)

    class Slow(asyncssh.SFTPServer):
        async def stat(self, path):
            await asyncio.sleep(5)

    server.files = Slow
    with pytest.raises(PassingError, match="did not answer in time"):
        deliver()


def test_a_folder_with_more_files_than_anybody_reads_is_a_setting(server, connection, monkeypatch):
    monkeypatch.setattr(sftp, "MOST_FILES", 3)
    for number in range(2):
        (server.root / f"{number}.csv").touch()
    assert len(look()) == 3
    (server.root / "one_more.csv").touch()
    with pytest.raises(SettingsError, match="more than 3 files"):
        look()
