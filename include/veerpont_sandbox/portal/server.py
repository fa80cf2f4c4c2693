"""The portal's SFTP server and the queue behind it: key login only, one folder tree per account, one file at a time."""

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncssh

from veerpont_sandbox.faults import Faults
from veerpont_sandbox.portal.account import AbsencePeriod, Account, key_pair
from veerpont_sandbox.portal.json_api import JsonApi
from veerpont_sandbox.portal.json_forms import Record
from veerpont_sandbox.portal.state import COUNTED, Report

RECEIVER = "receiver_"
"""Begins the login of who takes payroll data as files: beside the portal's account, with the same key."""


class Portal:
    """The accounts, and what tests and the demo ask of them."""

    def __init__(self, folder: Path, accounts: Iterable[str], faults: Faults) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.host = "127.0.0.1"
        self.port = 0
        self.accounts = {name: Account(folder / name, faults) for name in accounts}
        self.faults = faults
        self.json_api = JsonApi(folder, self.accounts, faults)
        self._host_key = asyncssh.import_private_key(key_pair(folder / "host_key"))
        self._queued = 0
        self._defect: BaseException | None = None
        self._idle = threading.Condition()
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def host_key(self) -> str:
        """The host key as a client pins it: "ssh-ed25519 AAAA…"."""
        return self._host_key.export_public_key().decode().strip()

    def counts(self, account: str | None = None) -> dict[str, int]:
        """Count what is alive, of one account or of all: see `Account.counts`.

        Waits until what arrived has been imported, as `reports`, `files` and `last_file` do.
        """
        self.settle()
        found = [item.counts() for name, item in self.accounts.items() if account in {None, name}]
        return {word: sum(each[word] for each in found) for word in COUNTED}

    def periods(self, account: str) -> set[AbsencePeriod]:
        """Return an account's absence periods: see `Account.periods`."""
        self.settle()
        return self.accounts[account].periods()

    def api(self, customer: str, flow: str) -> dict[str, list[Record]]:
        """Return what the JSON API has of a flow: id → records, each with every name of the flow."""
        return self.json_api.records(customer, flow)

    def reports(self, account: str | None = None, flow: str | None = None) -> list[Report]:
        """Return the log reports, oldest first."""
        self.settle()
        found = [report for name, item in self.accounts.items() if account in {None, name} for report in item.reports()]
        return sorted((r for r in found if flow in {None, r.flow}), key=lambda report: report.finished)

    def files(self, account: str, flow: str) -> list[str]:
        """Return the names of the files that arrived, oldest first."""
        self.settle()
        return self.accounts[account].received(flow)

    def last_file(self, account: str, flow: str) -> bytes | None:
        """Return the bytes of the last file that arrived."""
        self.settle()
        return self.accounts[account].last_file(flow)

    def deliveries(self, account: str) -> list[Path]:
        """Return the folders of files that an account's receiver got, oldest first; only those with a manifest."""
        return sorted(path.parent for path in self.accounts[account].receiver.glob("**/manifest.json"))

    def settle(self, timeout: float = 60) -> None:
        """Wait until every file that arrived has been imported.

        Raises TimeoutError, and RuntimeError when an import broke down, which no file may cause.
        """
        with self._idle:
            if not self._idle.wait_for(lambda: self._queued == 0, timeout):
                raise TimeoutError("The portal is still importing.")
        if self._defect:
            raise RuntimeError("The portal's import broke down.") from self._defect

    # The server

    async def start(self, port: int) -> asyncssh.SSHAcceptor:
        """Listen on `port`, and import what was still in an inbox."""
        acceptor = await asyncssh.listen(
            self.host,
            port,
            server_factory=lambda: _Login(self),
            server_host_keys=[self._host_key],
            sftp_factory=self._session,
            allow_scp=False,
        )
        self.port = acceptor.get_port()
        for account in self.accounts.values():
            for _ in account.waiting():
                self._enqueue(account)
        return acceptor

    def _session(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        login = str(channel.get_extra_info("username"))
        if login.startswith(RECEIVER):  # an ordinary folder, in which anything may be written
            root = self.accounts[login.removeprefix(RECEIVER)].receiver
            return asyncssh.SFTPServer(channel, chroot=str(root).encode())
        return _Files(self, channel)

    def arrived(self, account: Account, path: Path) -> None:
        """A file has its final name: take it at once and import it when its turn comes."""
        if account.take(path):
            self._enqueue(account)

    def _enqueue(self, account: Account) -> None:
        with self._idle:
            self._queued += 1
        task = asyncio.get_running_loop().create_task(self._import(account))
        self._tasks.add(task)
        task.add_done_callback(self._imported)

    async def _import(self, account: Account) -> None:
        async with self._locks.setdefault(account.name, asyncio.Lock()):
            # Of what waits by now the first by name, which need not be the file that started this turn.
            if waiting := account.waiting():
                await asyncio.to_thread(account.process, waiting[0])

    def _imported(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with self._idle:
            self._queued -= 1
            self._defect = self._defect or (None if task.cancelled() else task.exception())
            self._idle.notify_all()


class _Login(asyncssh.SSHServer):
    """Key pair only (docs/reference/xpert-suite.md, 1.2)."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        account = self.portal.accounts.get(username.removeprefix(RECEIVER))
        return account is not None and asyncssh.import_private_key(account.key).public_data == key.public_data


class _Files(asyncssh.SFTPServer):
    """The account's folders. Nothing can be written outside them (docs/reference/xpert-suite.md, 8)."""

    def __init__(self, portal: Portal, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        self.portal = portal
        self.account = portal.accounts[channel.get_extra_info("username")]
        self._writing: dict[int, Path] = {}
        super().__init__(channel, chroot=str(self.account.root).encode())

    def _local(self, path: bytes) -> Path:
        return Path(self.map_path(path).decode())

    def _flow(self, path: bytes) -> str:
        flow = self.account.flow_of(self._local(path))
        if flow is None:
            raise asyncssh.SFTPPermissionDenied("Files belong in the folder of a flow.")
        return flow

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & asyncssh.FXF_WRITE:
            self._flow(path)
        opened = super().open(path, pflags, attrs)
        if pflags & asyncssh.FXF_WRITE:
            self._writing[id(opened)] = self._local(path)
        return opened

    def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        path = self._writing[id(file_obj)]
        written = super().write(file_obj, offset, data)
        if self.portal.faults.hit("drop_upload", self.account.name, flow=self.account.flow_of(path)):
            self.channel.get_connection().abort()
        return written

    def close(self, file_obj: object) -> Any:
        closed = super().close(file_obj)
        if path := self._writing.pop(id(file_obj), None):
            self.portal.arrived(self.account, path)
        return closed

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._rename(oldpath, newpath, posix=False)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._rename(oldpath, newpath, posix=True)

    def _rename(self, oldpath: bytes, newpath: bytes, *, posix: bool) -> None:
        flow = self._flow(newpath)
        if self.portal.faults.hit("refuse_rename", self.account.name, flow=flow):
            raise asyncssh.SFTPPermissionDenied("Renaming is not allowed.")
        if posix:
            super().posix_rename(oldpath, newpath)
        else:
            super().rename(oldpath, newpath)
        self.portal.arrived(self.account, self._local(newpath))

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPPermissionDenied("Folders are made in the portal.")

    def rmdir(self, path: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("Folders are made in the portal.")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("Links are not supported.")
