"""An SFTP server, by Airflow's `sftp` connection: a pinned host key, a key pair, and a password where one is asked too.

Not the provider's SFTPHook: besides the connection's `host_key` that one trusts the machine's known_hosts, reads
~/.ssh/config for a proxy or a key, offers the keys of an agent, and takes a password for a key. Here the connection
alone decides, so the same fields give the same session on every machine.
"""

import base64
import binascii
import hashlib
import posixpath
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import islice

import paramiko
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from veerpont.model.failures import PassingError, SettingsError, WordedError
from veerpont.model.messages import Message, Words, coded
from veerpont.systems import sftp_words
from veerpont.systems.answers import ONE_CONNECTION
from veerpont.systems.portal import Account
from veerpont.systems.upload import LOST, MOST_FILES

TIMEOUT = 30
"""Seconds for each step of connecting."""
LOGIN_TIMEOUT = 120
"""Seconds for all of connecting and logging in: a server may take its time between two bytes."""
IDLE_TIMEOUT = 120
"""Seconds without an answer after which an upload is given up."""
SESSION_TIMEOUT = 3600
"""Seconds for one session, from the login on: a whole delivery, or one look into a folder. `session_seconds`."""
LARGEST_ANSWER = 1024 * 1024
"""Bytes of one answer of the server: no file is read in larger pieces than 32 kB."""
AFTER_REFUSAL = 2.0
"""Seconds until a refused login is tried once more: servers refuse a good one now and then for a moment."""

_SWITCHES = ("no_host_key_check", "ignore_hostkey_verification", "allow_host_key_change")
_KEY_CLASSES: list[tuple[type, type[paramiko.PKey]]] = [
    (Ed25519PrivateKey, paramiko.Ed25519Key),
    (RSAPrivateKey, paramiko.RSAKey),
    (EllipticCurvePrivateKey, paramiko.ECDSAKey),
]


class Session(paramiko.SFTPClient):
    """An SFTP session; `shown` is the fingerprint of the server's host key.

    No answer and no list of files may be too large for memory.
    """

    shown: str

    def listed(self, folder: str) -> list[paramiko.SFTPAttributes]:
        """Return the files of a folder. Raises SettingsError when there are more than anybody reads."""
        found = list(islice(self.listdir_iter(folder, read_aheads=2), MOST_FILES + 1))
        if len(found) > MOST_FILES:
            raise SettingsError(
                coded(
                    "sftp.full_folder",
                    "The folder {folder} holds more than {most} files: have it emptied.",
                    folder=folder,
                    most=MOST_FILES,
                )
            )
        return found

    def canonical(self, folder: str) -> str:
        """Return how the server calls a folder, without `..`, links and other spellings."""
        try:
            return posixpath.normpath(self.normalize(folder or "."))
        except LOST:
            raise
        except OSError:  # it is not there, so it is nobody's
            return posixpath.normpath(folder or ".")

    def _read_all(self, n: int) -> bytes:
        if n > LARGEST_ANSWER:
            raise paramiko.SSHException("an answer without end")
        found: bytes = super()._read_all(n)  # type: ignore[misc]  # BaseSFTP has it
        return found


class _RefusedError(WordedError):
    """The server refused the login: who asked, and what else it would take."""


class SftpHook(BaseHook):
    """One Airflow connection of type sftp, checked: host, port, login; extra private_key, its passphrase, host_key."""

    conn_name_attr = "connection_id"
    conn_type = "sftp"
    hook_name = "SFTP (Veerpont)"

    def __init__(self, connection_id: str) -> None:
        """Read the connection's address. Raises SettingsError when it is missing or incomplete."""
        super().__init__()
        self.connection_id = connection_id
        try:
            with ONE_CONNECTION:
                connection = self.get_connection(connection_id)
        except AirflowNotFoundException:
            raise SettingsError(
                coded(
                    "sftp.no_connection",
                    "The connection {connection_id} does not exist: add it, type sftp.",
                    connection_id=connection_id,
                )
            ) from None
        if not connection.host or not connection.login:
            raise self._wrong("needs a host and a login")
        self.host = connection.host.strip().lower().rstrip(".")
        self.port = connection.port or 22
        self.login = connection.login
        self._password = str(connection.password or "")
        self._extra = connection.extra_dejson

    def place(self, folder: str) -> str:
        """Return host, port, login and folder in one spelling; a folder from the top, and of either case."""
        path = posixpath.normpath(f"/./{folder}").strip("/").casefold()
        return f"{self.host}:{self.port}/{self.login}/{path}"

    def account(self, folder: str) -> Account:
        """Return a folder of ours over there, by the pinned host keys. Raises SettingsError when none is."""
        return Account(tuple(sorted(map(_fingerprint, self._host_keys()))), self.login, folder)

    def same(self, folder: str, others: Sequence[Account]) -> list[Account]:
        """Return which of `others` the server says are `folder`; raises as `connect`."""
        with self.connect() as sftp:
            try:
                ours = Account((sftp.shown,), self.login, sftp.canonical(folder))
                return [each for each in others if ours.may_be(each) and sftp.canonical(each.folder) == ours.folder]
            except LOST:
                raise PassingError(
                    coded(
                        "sftp.dropped_looking",
                        "{host}:{port} dropped the connection while we looked around.",
                        host=self.host,
                        port=self.port,
                    )
                ) from None

    @contextmanager
    def connect(self) -> Iterator[Session]:
        """Give an SFTP session and close it afterwards.

        Raises:
            SettingsError: no or another host key, an unreadable key, a login that the server refuses twice.
            PassingError: the server cannot be reached, drops the connection, or does not answer in time.
        """
        expected, key, whole = self._host_keys(), self._private_key(), self._session_seconds()
        transport, sftp = self._open(expected, key)
        with self._within(transport, whole, coded("sftp.not_done", "was not done")):
            try:
                yield sftp
            finally:
                transport.close()

    def _open(self, expected: Sequence[bytes], key: paramiko.PKey) -> tuple[paramiko.Transport, Session]:
        for last in (False, True):
            try:
                transport = self._transport()
            except OSError as error:
                raise self._unreached(error) from None
            try:
                with self._within(transport, LOGIN_TIMEOUT, coded("sftp.not_in", "had not let us in")):
                    return transport, self._session(transport, expected, key)
            except BaseException as error:
                transport.close()
                if not isinstance(error, _RefusedError):
                    raise
                if last:
                    raise self._wrong(error.message) from None
            time.sleep(AFTER_REFUSAL)
        raise AssertionError("the second refusal raises")

    @contextmanager
    def _within(self, transport: paramiko.Transport, seconds: float, what: Message) -> Iterator[None]:
        """End the connection when it takes longer than may be, and say so: paramiko waits for some answers for ever."""
        over = threading.Event()

        def end() -> None:
            over.set()
            transport.close()

        watch = threading.Timer(seconds, end)
        watch.daemon = True
        watch.start()
        try:
            yield
        except (PassingError, OSError, *LOST):
            if over.is_set():
                raise PassingError(
                    coded(
                        "sftp.too_slow",
                        "{host}:{port} {what} after {seconds} s.",
                        host=self.host,
                        port=self.port,
                        what=what,
                        seconds=f"{seconds:g}",
                    )
                ) from None
            raise
        finally:
            watch.cancel()

    def _transport(self) -> paramiko.Transport:
        transport = paramiko.Transport(socket.create_connection((self.host, self.port), timeout=TIMEOUT))
        transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = TIMEOUT
        return transport

    def _session(self, transport: paramiko.Transport, expected: Sequence[bytes], key: paramiko.PKey) -> Session:
        step = coded("sftp.logging_in", "while we logged in")
        try:
            # The pinned kinds first: a server has several host keys and shows the first kind that both sides know.
            known = {name for each in expected for name in _algorithms(each)}
            options = transport.get_security_options()
            options.key_types = sorted(options.key_types, key=lambda kind: kind not in known)
            transport.start_client(timeout=TIMEOUT)
            shown = transport.get_remote_server_key().asbytes()
            self._compare(expected, shown)
            self._log_in(transport, key)
            step = coded("sftp.opening", "when the session was opened")
            sftp = self._opened(transport)
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise self._too_old(str(error)) from None
        except paramiko.AuthenticationException as error:
            if "agree on a pubkey algorithm" in str(error):
                raise self._too_old("no acceptable signature of the private_key") from None
            if not transport.is_active() or "timeout" in str(error).lower():
                raise self._dropped(transport, step) from None  # paramiko gives a server that went away the same class
            raise self._refused(key, [each for each in getattr(error, "allowed_types", []) if each]) from None
        except (EOFError, paramiko.SSHException, OSError):
            raise self._dropped(transport, step) from None
        sftp.shown = _fingerprint(shown)
        return sftp

    def _log_in(self, transport: paramiko.Transport, key: paramiko.PKey) -> None:
        """Prove who we are with the key, and with the password where the server still asks for something."""
        asked = transport.auth_publickey(self.login, key)
        if "password" in asked and self._password:
            asked = transport.auth_password(self.login, self._password, fallback=False)
        elif "keyboard-interactive" in asked and self._password:
            asked = transport.auth_interactive(self.login, lambda _title, _text, fields: [self._password] * len(fields))
        if asked:
            raise self._wrong(sftp_words.asks_more(self.host, self.port, asked, bool(self._password)))

    @staticmethod
    def _opened(transport: paramiko.Transport) -> Session:
        channel = transport.open_session(timeout=TIMEOUT)
        channel.settimeout(IDLE_TIMEOUT)
        channel.invoke_subsystem("sftp")
        return Session(channel)

    def _host_keys(self) -> list[bytes]:
        """Return the pinned keys from `ssh-ed25519 AAAA…`, several one a line, also in lines of ssh-keyscan."""
        for switch in _SWITCHES:
            if str(self._extra.get(switch, "false")).lower() != "false":
                raise self._wrong(f"has the extra {switch}: remove it, the host key is always checked")
        lines = str(self._extra.get("host_key") or "").replace("\\n", "\n").splitlines()
        lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
        if not lines:
            raise self._wrong("has no host_key in its extra: ask whoever runs the server for it, `ssh-ed25519 AAAA…`")
        try:
            encoded = [next(part for part in line.split() if part.startswith("AAAA")) for line in lines]
            return [base64.b64decode(each, validate=True) for each in encoded]
        except (StopIteration, binascii.Error):
            raise self._wrong(
                "has a host_key that is none: it reads `ssh-ed25519 AAAA…`, without quotes, several one a line"
            ) from None

    def _session_seconds(self) -> float:
        said = str(self._extra.get("session_seconds") or SESSION_TIMEOUT)
        if not re.fullmatch(r"[1-9]\d{0,5}", said, re.ASCII):
            raise self._wrong("has a session_seconds in its extra that is no whole number from 1 to 999999")
        return float(said)

    def _compare(self, expected: Sequence[bytes], seen: bytes) -> None:
        if seen not in expected:
            pinned = " or ".join(map(_fingerprint, expected))
            raise self._wrong(sftp_words.other_host_key(self.host, self.port, pinned, _fingerprint(seen)))

    def _private_key(self) -> paramiko.PKey:
        text = str(self._extra.get("private_key") or "").replace("\\n", "\n").replace("\r", "").strip()
        if not text:
            raise self._wrong("has no private_key in its extra: a password alone is never used")
        if text.startswith("PuTTY"):
            raise self._wrong(
                "has a private_key in PuTTY's form: convert it once, `puttygen Key.ppk -O private-openssh -o key`"
            )
        said = str(self._extra.get("private_key_passphrase") or "")
        load = load_ssh_private_key if "OPENSSH" in text else load_pem_private_key
        for passphrase in dict.fromkeys([said, *([] if said else ["", self._password])]):
            try:
                key = load(f"{text}\n".encode(), passphrase.encode() or None)
                break
            except (ValueError, TypeError, UnsupportedAlgorithm):
                continue
        else:
            raise self._wrong(
                "has a private_key that cannot be read with its private_key_passphrase (without one: its password)"
            )
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        for kind, key_class in _KEY_CLASSES:
            if isinstance(key, kind):
                return key_class.from_private_key(StringIO(plain))
        raise self._wrong("has a private_key of a kind that is not supported: use ed25519, rsa or ecdsa")

    def _wrong(self, what: Words) -> SettingsError:
        if isinstance(what, str):  # what is filled in wrongly: only an engineer can put that right
            return SettingsError(f"The connection {self.connection_id} {what}.")
        return SettingsError(
            coded("sftp.wrong", "The connection {connection_id} {what}.", connection_id=self.connection_id, what=what)
        )

    def _refused(self, key: paramiko.PKey, takes: Sequence[str]) -> _RefusedError:
        return _RefusedError(sftp_words.login_refused(self.host, self.port, takes, isinstance(key, paramiko.RSAKey)))

    def _too_old(self, what: str) -> SettingsError:
        lacking = re.search(r"no acceptable [\w ]+", what)
        return self._wrong(
            f"leads to {self.host}:{self.port}, which has {lacking[0] if lacking else 'nothing in common with us'}: it "
            "offers only what is not safe any more, such as ssh-rsa signatures. Ask whoever runs it for newer ones"
        )

    def _unreached(self, error: OSError) -> PassingError:
        no_name = coded("http.no_name", "its name is not known")
        why = no_name if isinstance(error, socket.gaierror) else type(error).__name__
        return PassingError(
            coded(
                "sftp.unreachable",
                "{host}:{port} cannot be reached ({why}). When this lasts, have host and port of the "
                "connection {connection_id} checked, and the firewall and DNS of this machine looked at.",
                host=self.host,
                port=self.port,
                why=why,
                connection_id=self.connection_id,
            )
        )

    def _dropped(self, transport: paramiko.Transport, step: Message) -> PassingError:
        if transport.is_active():
            return PassingError(
                coded(
                    "sftp.no_answer",
                    "{host}:{port} did not answer in time {step}.",
                    host=self.host,
                    port=self.port,
                    step=step,
                )
            )
        return PassingError(
            coded(
                "sftp.dropped",
                "{host}:{port} dropped the connection {step}.",
                host=self.host,
                port=self.port,
                step=step,
            )
        )


def _algorithms(key: bytes) -> set[str]:
    """Return the names under which SSH negotiates the kind of a host key; RSA's have the hash in them (RFC 8332)."""
    kind = key[4 : 4 + int.from_bytes(key[:4], "big")].decode("ascii", "replace")
    return {"rsa-sha2-512", "rsa-sha2-256"} if kind == "ssh-rsa" else {kind}


def _fingerprint(key: bytes) -> str:
    """Return it the way OpenSSH shows it, so that a person can compare."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
