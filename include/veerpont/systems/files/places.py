"""The files of a delivery across, one by one: into a folder on SFTP, or as objects. What stands there whole is left."""

from collections.abc import Iterable
from typing import Any

import paramiko

from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import coded
from veerpont.systems import upload

Files = Iterable[tuple[str, bytes]]


def to_sftp(sftp: paramiko.SFTPClient, folder: upload.Folder, delivery: str, files: Files) -> None:
    """Put the files into a folder of their own inside of `folder`, in the order they come in.

    Raises as `upload.deliver`.
    """
    upload.require_folder(sftp, folder)
    own = upload.make_folder(sftp, folder, delivery)
    for name, content in files:
        upload.deliver(sftp, own, name, Content.of(content))


def to_storage(storage: Any, root: str, delivery: str, name: str, content: bytes) -> None:
    """Put one file under `root`; an object appears as a whole or not at all.

    Raises:
        SettingsError: an object of that name has another size.
        PassingError: the storage shows another size than was sent.
    """
    path = f"{root}/{delivery}/{name}"
    found = _size(storage, path)
    if found is None:
        storage.pipe_file(path, content)
        if _size(storage, path) != len(content):
            raise PassingError(
                coded(
                    "storage.not_whole",
                    "files: {name} of {delivery} did not arrive as it was sent.",
                    name=name,
                    delivery=delivery,
                )
            )
    elif found != len(content):
        raise SettingsError(
            coded(
                "files.changed_there",
                "files: {delivery} has a {name} of another size ({found} bytes, ours has {ours}): it was "
                "changed there. Have the receiver look at it, and take it away.",
                delivery=delivery,
                name=name,
                found=found,
                ours=len(content),
            )
        )


def _size(storage: Any, path: str) -> int | None:
    try:
        return int(storage.info(path)["size"])
    except FileNotFoundError:
        return None
