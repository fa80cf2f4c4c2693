"""One file across, over an open SFTP session: upload under a temporary name, prove it, rename.

Whether a portal picks up half-written files is unknown, so a file gets its real name only when all of it is there
(docs/reference/xpert-suite.md, 1.3). What becomes of it afterwards is unknown as well: the proof is the size at the
other side before the rename, and a file that is gone right after the rename was simply taken.

A portal that refuses or takes temporary names can be given another ending, or none: then the file has its real name
from its first byte on, and one that is gone when all of it was written was taken.
"""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import paramiko

from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Message, Words, coded

PART = ".part"
"""Ends the temporary name: no extension that a portal takes."""


LOST = (EOFError, paramiko.SSHException, paramiko.SFTPError, TimeoutError, ConnectionError)
"""What paramiko raises when the connection is gone or brings nonsense; SFTP's own refusals are other OSErrors."""
MOST_FILES = 20_000
"""In a folder that is listed."""


class TakenError(SettingsError):
    """All bytes arrived, and the portal took the file while its name still ended in `ending`."""

    def __init__(self, message: Words, ending: str) -> None:
        super().__init__(message)
        self.ending = ending


class Folder(NamedTuple):
    """A folder over there: whose it is, its path, and what of the integration file says so, in words for people.

    `suffix` ends temporary names in it; empty where the portal takes none.
    """

    portal: str
    path: str
    setting: str
    suffix: str = PART

    def __str__(self) -> str:
        return f"the folder {self.path} ({self.setting})"


def deliver(sftp: paramiko.SFTPClient, folder: Folder, name: str, content: Content) -> None:
    """Put `content` into `folder` as `name`; nothing happens when it stands there already.

    Raises:
        SettingsError: the folder is missing, the server refuses to write or to rename there, another file has the name,
            the temporary file is taken before its rename (TakenError), the server does not answer as SFTP servers do.
        PassingError: the connection was lost, or less arrived than was sent.
    """
    require_folder(sftp, folder)
    final = f"{folder.path.rstrip('/')}/{name}"
    if not folder.suffix:
        if not _stands(sftp, final, content.size, folder, half=True):
            _upload(sftp, final, content, folder)
        return
    part = final + folder.suffix
    try:
        if not _stands(sftp, final, content.size, folder):
            _upload(sftp, part, content, folder)
            _rename(sftp, part, final, content.size, folder)
    finally:
        # After an error too, and what an earlier attempt left behind. If this fails, the next attempt overwrites it.
        with suppress(OSError, *LOST):
            sftp.remove(part)


def require_folder(sftp: paramiko.SFTPClient, folder: Folder) -> None:
    """Raise SettingsError when there is no such folder, PassingError as `deliver`."""
    refused = coded(
        "sftp.not_opened",
        "{folder} cannot be opened: it does not exist, or this login may not see it",
        folder=folder,
    )
    with _kinds(sftp, folder, refused):
        found = _look(sftp, folder.path, folder)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such folder")
    if found.st_mode is not None and not stat.S_ISDIR(found.st_mode):
        raise SettingsError(
            coded("sftp.no_folder", "{portal}: {folder} is not a folder.", portal=folder.portal, folder=folder)
        )


def make_folder(sftp: paramiko.SFTPClient, folder: Folder, name: str) -> Folder:
    """Return the folder `name` inside of `folder`, which is made when it is not there; raises as `deliver`."""
    inner = folder._replace(path=f"{folder.path.rstrip('/')}/{name}")
    with _kinds(sftp, folder, coded("sftp.may_not_make", "this login may not make folders in {folder}", folder=folder)):
        if _look(sftp, inner.path, folder) is None:
            sftp.mkdir(inner.path)
    return inner


def _look(sftp: paramiko.SFTPClient, path: str, folder: Folder) -> paramiko.SFTPAttributes | None:
    """Return what stands at `path`; None when nothing does."""
    try:
        return sftp.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        if _is_lost(sftp, error) or error.errno is not None:
            raise
        raise SettingsError(
            coded(
                "sftp.plain_failure",
                "{portal}: the server answers with a plain failure when it is asked what stands in "
                "{folder}, so that a missing file or folder cannot be told from trouble. Check that the "
                "folder is there; when it is, ask whoever runs the server to have it answer `no such "
                "file`.",
                portal=folder.portal,
                folder=folder,
            )
        ) from None


def _size(found: paramiko.SFTPAttributes, folder: Folder) -> int:
    if found.st_size is None:
        raise SettingsError(
            coded(
                "sftp.no_sizes",
                "{portal}: the server does not say how large the files in {folder} are, so that it "
                "cannot be proved that a file arrived whole. Ask whoever runs the server to have it tell "
                "sizes.",
                portal=folder.portal,
                folder=folder,
            )
        )
    return found.st_size


def _upload(sftp: paramiko.SFTPClient, path: str, content: Content, folder: Folder) -> None:
    """Write all of `content` to `path`, and prove it by its size there."""
    with _kinds(sftp, folder, coded("sftp.may_not_write", "this login may not write in {folder}", folder=folder)):
        with sftp.open(path, "wb") as file:
            file.set_pipelined(True)
            for chunk in content.chunks():
                file.write(chunk)
        found = _look(sftp, path, folder)
    if found is None:
        if not folder.suffix:
            return  # taken, once all of it was written
        raise TakenError(
            coded(
                "sftp.taken_early",
                "{portal}: all bytes arrived in {folder}, but the portal took the file before it got its "
                "name: it takes files that end in {suffix} too. Have somebody look at what the portal "
                "made of it, and set xpert_suite.temporary_suffix to an ending that it leaves alone, or "
                "to nothing. Until then the file is not sent again.",
                portal=folder.portal,
                folder=folder,
                suffix=folder.suffix,
            ),
            folder.suffix,
        )
    size = _size(found, folder)
    if size != content.size:
        raise PassingError(
            coded(
                "sftp.cut_short",
                "{portal}: {size} of {whole} bytes arrived in {folder}.",
                portal=folder.portal,
                size=size,
                whole=content.size,
                folder=folder,
            )
        )


def _rename(sftp: paramiko.SFTPClient, part: str, final: str, size: int, folder: Folder) -> None:
    """Give the file its name. Plain rename and not posix_rename, which would overwrite what stands there."""
    try:
        sftp.rename(part, final)
    except OSError as error:
        if _is_lost(sftp, error):
            raise _lost_renaming(error, folder) from None
        if not _stands(sftp, final, size, folder):
            raise SettingsError(
                coded(
                    "sftp.no_rename",
                    "{portal}: the server refuses to rename a file in {folder}: ask for that right, since "
                    "files are uploaded under a temporary name.",
                    portal=folder.portal,
                    folder=folder,
                )
            ) from None
    except LOST as error:
        raise _lost_renaming(error, folder) from None
    _stands(sftp, final, size, folder)


def _lost_renaming(error: Exception, folder: Folder) -> PassingError:
    return PassingError(
        coded(
            "sftp.lost_renaming",
            "{portal} {how_lost} during the rename.",
            portal=folder.portal,
            how_lost=_how_lost(error),
        )
    )


def _stands(sftp: paramiko.SFTPClient, final: str, size: int, folder: Folder, half: bool = False) -> bool:
    """Tell whether the file stands there by its real name, whole.

    Another size is a file that was cut short or changed: the name holds a mark of the content. `half`: a smaller one
    may be an upload of ours that broke off.
    """
    with _kinds(sftp, folder, coded("sftp.may_not_read", "this login may not read {folder}", folder=folder)):
        there = _look(sftp, final, folder)
    if there is None:
        return False
    found = _size(there, folder)
    if half and found < size:
        return False
    if found != size:
        raise SettingsError(
            coded(
                "sftp.other_size",
                "{portal}: {folder} holds a file of the same name with another size ({found} bytes, ours "
                "has {size}): it was cut short or changed there. Have the portal look at it, and take it "
                "away.",
                portal=folder.portal,
                folder=folder,
                found=found,
                size=size,
            )
        )
    return True


@contextmanager
def _kinds(sftp: paramiko.SFTPClient, folder: Folder, refused: Message) -> Iterator[None]:
    """Turn what SFTP raises into the kinds of failure; `refused` says what a missing file or right means here."""
    try:
        yield
    except LOST as error:
        raise PassingError(
            coded(
                "sftp.lost", "{portal} {how_lost} during the delivery.", portal=folder.portal, how_lost=_how_lost(error)
            )
        ) from None
    except OSError as error:
        if not _is_lost(sftp, error) and error.errno in {errno.ENOENT, errno.EACCES}:
            raise SettingsError(
                coded("sftp.refused", "{portal}: {refused}.", portal=folder.portal, refused=refused)
            ) from None
        raise PassingError(
            coded(
                "sftp.could_not",
                "{portal}: the server could not do what was asked of it, or is gone.",
                portal=folder.portal,
            )
        ) from None


def _is_lost(sftp: paramiko.SFTPClient, error: OSError) -> bool:
    """Tell a dead connection from a refusal: both are an OSError, and a plain SSH_FX_FAILURE has no errno either."""
    if isinstance(error, LOST):
        return True
    channel = sftp.get_channel()
    return channel is None or channel.closed or not channel.get_transport().is_active()


def _how_lost(error: Exception) -> Message:
    if isinstance(error, TimeoutError):
        return coded("sftp.how_late", "did not answer in time")
    return coded("sftp.how_dropped", "dropped the connection")
