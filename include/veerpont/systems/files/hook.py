"""Where files go: an Airflow connection of type `sftp` or `object_storage`. Only this file here knows Airflow."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import fsspec
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.messages import coded
from veerpont.systems import upload
from veerpont.systems.files import places
from veerpont.systems.portal import Account
from veerpont.systems.sftp import SftpHook

try:
    from botocore.exceptions import BotoCoreError, NoCredentialsError, PartialCredentialsError
except ImportError:  # S3 is not installed, so nothing of it is raised
    BotoCoreError = NoCredentialsError = PartialCredentialsError = PermissionError

_KINDS = ("s3", "gs", "abfs", "abfss")
"""Of all that fsspec knows what is object storage: an object appears there as a whole, or not at all."""


_PASSING_CODES = {"RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "Throttling", "ThrottlingException"}


class ObjectStorageHook(BaseHook):
    """One Airflow connection of type object_storage: an address of fsspec, a key, its secret, and fsspec's options."""

    conn_name_attr = "connection_id"
    conn_type = "object_storage"
    hook_name = "Object storage (Veerpont)"

    def __init__(self, connection_id: str) -> None:
        """Read the connection. Raises SettingsError when it is missing or is no address of object storage."""
        super().__init__()
        self.connection_id = connection_id
        connection = _connection(connection_id)
        host = (connection.host or "").strip().rstrip("/")
        found = re.fullmatch(r"([a-z0-9]+)://([\w.-]+(?:/[\w.=-]+)*)", host, re.ASCII)
        if not found or found[1] not in _KINDS or ".." in host:
            raise self._wrong(f"needs an address such as s3://bucket/prefix as its host, of {', '.join(_KINDS)}")
        self.protocol, self.root = found[1], found[2]
        # An empty field of Airflow's form is null
        self._options = {name: value for name, value in connection.extra_dejson.items() if value not in (None, "")}
        if connection.login or connection.password:
            if self.protocol != "s3":
                raise self._wrong(f"has a login or password: of {self.protocol} put fsspec's options into the extra")
            self._options |= {"key": connection.login, "secret": connection.password}

    def place(self, folder: str) -> str:
        """Return where the bucket is, the bucket, and the folder in it, in one spelling."""
        parts = urlsplit(str(self._options.get("endpoint_url") or ""))
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
        return posixpath.normpath(f"{self.protocol}:{host}{port}{parts.path}/{self.root}/{folder}")

    def account(self, folder: str) -> None:
        """Return nothing: a path of object storage has one spelling, and no links."""

    def same(self, folder: str, others: Sequence[Account]) -> list[Account]:
        """Return nothing: see `account`."""
        return []

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Give fsspec's file system, and turn what it raises into the kinds of failure.

        Raises:
            SettingsError: unknown kind of storage, missing bucket, wrong key.
            PassingError: the storage cannot be reached or has trouble of its own.
        """
        try:
            # Nothing remembered: neither an instance with another connection's key, nor a list that is old by now
            storage = fsspec.filesystem(
                self.protocol, **self._options, skip_instance_cache=True, use_listings_cache=False
            )
            yield storage
        except ImportError:
            raise self._wrong(f"is of {self.protocol}, for which a package is missing: see docs/files.md") from None
        except (FileNotFoundError, PermissionError, NoCredentialsError, PartialCredentialsError) as error:
            missing = isinstance(error, FileNotFoundError)
            raise self._wrong(
                "names a bucket that is not there, or that its key may not see"
                if missing
                else "is refused by the storage: its key and secret are wrong, or may not read and write there"
            ) from None
        except (TypeError, ValueError) as error:
            raise self._wrong(f"has an extra that {self.protocol} does not take ({type(error).__name__})") from None
        except (OSError, BotoCoreError) as error:
            if code := _refusal(error):
                raise self._wrong(
                    f"leads to storage that does not take our calls ({code}). Where it is S3 of another make, its "
                    "checksums are the likely cause: put "
                    '"config_kwargs": {"request_checksum_calculation": "when_required", '
                    '"response_checksum_validation": "when_required"} into the extra'
                ) from None
            raise PassingError(
                coded(
                    "files.unreachable",
                    "The storage of the connection {connection_id} cannot be reached ({kind}).",
                    connection_id=self.connection_id,
                    kind=type(error).__name__,
                )
            ) from None

    def look(self, folder: str = "") -> None:
        """Ask whether the bucket is there and lets us in; raises as `connect`. A folder needs no making."""
        with self.connect() as storage:
            try:
                storage.ls(self.root)
            except FileNotFoundError:  # before the first delivery there is nothing below a prefix
                storage.ls(self.root.partition("/")[0])

    def bring(self, folder: str, delivery: str, files: places.Files) -> None:
        """Bring the files of a delivery across, as objects below `folder`; raises as `connect` and `to_storage`."""
        root = posixpath.normpath(f"{self.root}/{folder}")
        for name, content in files:  # read outside of `connect`: what goes wrong with reading is not the receiver's
            with self.connect() as storage:
                places.to_storage(storage, root, delivery, name, content)

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the bucket is there and lets us in, for Airflow's form."""
        try:
            self.look()
        except VeerpontError as error:
            return False, str(error)
        return True, "The bucket is there. Whether it may be written shows the first delivery."

    def _wrong(self, what: str) -> SettingsError:
        return SettingsError(f"The connection {self.connection_id} {what}.")


def _refusal(error: BaseException) -> str | None:
    """Return the code of an answer of S3 that will be the same tomorrow; None for trouble of the moment."""
    response = getattr(error.__cause__, "response", None)
    if not isinstance(response, dict):
        return None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(response.get("Error", {}).get("Code", ""))
    if not (400 <= status < 500 or status == 501) or status in {408, 409, 429} or code in _PASSING_CODES:
        return None
    return code if re.fullmatch(r"\w{1,60}", code, re.ASCII) else f"HTTP {status}"


class SftpReceiver(SftpHook):
    """One Airflow connection of type sftp, with a pinned host key."""

    hook_name = "Files over SFTP"

    def look(self, folder: str) -> None:
        """Ask whether we are let in and the folder is there; raises as `connect`."""
        with self.connect() as sftp:
            upload.require_folder(sftp, _folder(folder))

    def bring(self, folder: str, delivery: str, files: places.Files) -> None:
        """Bring the files of a delivery across, into `folder`; raises as `connect` and `to_sftp`."""
        with self.connect() as sftp:
            places.to_sftp(sftp, _folder(folder), delivery, files)


def _folder(path: str) -> upload.Folder:
    return upload.Folder("The receiver of files", path or ".", "portals: files: settings.folder")


def hook(connection_id: str) -> SftpReceiver | ObjectStorageHook:
    """Return the hook of a connection, by its type. Raises SettingsError when it is missing or of another type."""
    kind = _connection(connection_id).conn_type
    if kind == "sftp":
        return SftpReceiver(connection_id)
    if kind == "object_storage":
        return ObjectStorageHook(connection_id)
    raise SettingsError(
        coded(
            "files.other_connection",
            "The connection {connection_id} is of type {kind}: files go to sftp or object_storage.",
            connection_id=connection_id,
            kind=kind,
        )
    )


def _connection(connection_id: str) -> Any:
    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise SettingsError(
            coded(
                "files.no_connection",
                "The connection {connection_id} does not exist: add it, type sftp or object_storage.",
                connection_id=connection_id,
            )
        ) from None
