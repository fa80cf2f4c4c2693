"""An SFTP server, by Airflow's `sftp` connection, a pinned host key and a key pair, nothing else.

Not the provider's SFTPHook: besides the connection's `host_key` that one trusts the machine's known_hosts, reads
~/.ssh/config for a proxy or a key, offers the keys of an agent, and falls back on a password. Here the connection alone
decides, so the same fields give the same session on every machine.
"""

import base64
import binascii
import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

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

from veerpont.model.failures import PassingError, SettingsError

TIMEOUT = 30
"""Seconds for each step of connecting."""
IDLE_TIMEOUT = 120
"""Seconds without an answer after which an upload is given up."""

_SWITCHES = ("no_host_key_check", "ignore_hostkey_verification", "allow_host_key_change")
_KEY_CLASSES: list[tuple[type, type[paramiko.PKey]]] = [
    (Ed25519PrivateKey, paramiko.Ed25519Key),
    (RSAPrivateKey, paramiko.RSAKey),
    (EllipticCurvePrivateKey, paramiko.ECDSAKey),
]


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
            connection = self.get_connection(connection_id)
        except AirflowNotFoundException:
            raise SettingsError(f"The connection {connection_id} does not exist: add it, type sftp.") from None
        if not connection.host or not connection.login:
            raise self._wrong("needs a host and a login")
        self.host = connection.host.strip().lower()
        self.port = connection.port or 22
        self.login = connection.login
        self._extra = connection.extra_dejson

    @property
    def address(self) -> str:
        """Host, port and login: who we are over there."""
        return f"{self.host}:{self.port}/{self.login}"

    @contextmanager
    def connect(self) -> Iterator[paramiko.SFTPClient]:
        """Give an SFTP session and close it afterwards.

        Raises:
            SettingsError: no or another host key, an unreadable key, a login that the server refuses.
            PassingError: the server cannot be reached or drops the connection while we log in.
        """
        expected, key = self._host_key(), self._private_key()
        try:
            transport = self._transport()
        except OSError as error:
            raise PassingError(f"{self.host}:{self.port} cannot be reached ({type(error).__name__}).") from None
        try:
            yield self._session(transport, expected, key)
        finally:
            transport.close()

    def _transport(self) -> paramiko.Transport:
        transport = paramiko.Transport(socket.create_connection((self.host, self.port), timeout=TIMEOUT))
        transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = TIMEOUT
        return transport

    def _session(self, transport: paramiko.Transport, expected: bytes, key: paramiko.PKey) -> paramiko.SFTPClient:
        try:
            # The pinned kind first: a server has several host keys and shows the first kind that both sides know.
            options = transport.get_security_options()
            options.key_types = sorted(options.key_types, key=lambda kind: kind not in _algorithms(expected))
            transport.start_client(timeout=TIMEOUT)
            self._compare(expected, transport.get_remote_server_key().asbytes())
            still_to_do = transport.auth_publickey(self.login, key)
            sftp = None if still_to_do else self._open(transport)
        except paramiko.AuthenticationException as error:
            if not transport.is_active() or "timeout" in str(error).lower():
                raise self._dropped() from None  # paramiko gives a server that went away the same class
            raise self._refused() from None
        except (EOFError, paramiko.SSHException, OSError):
            raise self._dropped() from None
        if sftp is None:
            raise self._refused()
        return sftp

    @staticmethod
    def _open(transport: paramiko.Transport) -> paramiko.SFTPClient:
        channel = transport.open_session(timeout=TIMEOUT)
        channel.settimeout(IDLE_TIMEOUT)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)

    def _host_key(self) -> bytes:
        """Return the pinned key from `ssh-ed25519 AAAA…`, also in the middle of a line of ssh-keyscan."""
        for switch in _SWITCHES:
            if str(self._extra.get(switch, "false")).lower() != "false":
                raise self._wrong(f"has the extra {switch}: remove it, the host key is always checked")
        parts = str(self._extra.get("host_key") or "").split()
        if not parts:
            raise self._wrong("has no host_key in its extra: ask whoever runs the server for it, `ssh-ed25519 AAAA…`")
        try:
            encoded = next(part for part in parts if part.startswith("AAAA"))
            return base64.b64decode(encoded, validate=True)
        except (StopIteration, binascii.Error):
            raise self._wrong("has a host_key that is none: it reads `ssh-ed25519 AAAA…`, without quotes") from None

    def _compare(self, expected: bytes, seen: bytes) -> None:
        if seen != expected:
            raise self._wrong(
                f"expects the host key {_fingerprint(expected)}, but {self.host}:{self.port} shows "
                f"{_fingerprint(seen)}. Nothing was sent. Ask the portal whether its key changed, before host_key does"
            )

    def _private_key(self) -> paramiko.PKey:
        text = str(self._extra.get("private_key") or "").replace("\\n", "\n").replace("\r", "").strip()
        if not text:
            raise self._wrong("has no private_key in its extra: the portal takes key pairs only")
        if text.startswith("PuTTY"):
            raise self._wrong("has a private_key in PuTTY's form: convert it once to OpenSSH's form (puttygen)")
        passphrase = str(self._extra.get("private_key_passphrase") or "")
        load = load_ssh_private_key if "OPENSSH" in text else load_pem_private_key
        try:
            key = load(f"{text}\n".encode(), passphrase.encode() or None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise self._wrong("has a private_key that cannot be read with its private_key_passphrase") from None
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        for kind, key_class in _KEY_CLASSES:
            if isinstance(key, kind):
                return key_class.from_private_key(StringIO(plain))
        raise self._wrong("has a private_key of a kind that is not supported: use ed25519, rsa or ecdsa")

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"The connection {self.connection_id} {what}.")

    def _refused(self) -> SettingsError:
        return self._wrong(
            f"was refused by {self.host}:{self.port}: the login or the private_key is not what the portal has on file"
        )

    def _dropped(self) -> PassingError:
        return PassingError(f"{self.host}:{self.port} dropped the connection while we logged in.")


def _algorithms(key: bytes) -> set[str]:
    """Return the names under which SSH negotiates the kind of a host key; RSA's have the hash in them (RFC 8332)."""
    kind = key[4 : 4 + int.from_bytes(key[:4], "big")].decode("ascii", "replace")
    return {"rsa-sha2-512", "rsa-sha2-256"} if kind == "ssh-rsa" else {kind}


def _fingerprint(key: bytes) -> str:
    """Return it the way OpenSSH shows it, so that a person can compare."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
