"""Files that a customer drops in a folder: found newest first, read row by row, by our names of their columns.

A folder is an fsspec address, or one on an SFTP server; csv and xlsx are taken. Other workbooks are refused while one
is the newest file: people think that it was taken. Whatever else is there is left alone. What ends in `.part` or
begins with a dot is still being written.
"""

import posixpath
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import fsspec

from veerpont.config.hours import HoursSettings
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Message, coded
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.upload import LOST, MOST_FILES
from veerpont.systems.workbook.limits import FILE, MB
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Form
from veerpont.systems.workbook.table import find

if TYPE_CHECKING:
    from veerpont.systems.sftp import SftpHook

_KINDS = (".csv", ".xlsx")
_OTHERS = (".xls", ".xlsm", ".xlsb", ".ods")
Cells = dict[str, str]
"""Our name → text."""


@dataclass(frozen=True)
class Drop:
    """One file. `modified` (aware) says which of several is the newest; no name of a file is ever shown.

    `read` returns its content, and raises as `drops`: nothing is read before it is asked.
    """

    name: str
    modified: datetime
    read: Callable[[], bytes]

    @property
    def shown(self) -> Message:
        """How people are told which file it is: its name may hold anything."""
        at = f"{self.modified.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"
        return coded("hours.dropped_file", "the dropped file of {at}", at=at)


def drops(settings: HoursSettings) -> list[Drop]:
    """Return the files of the folder, the newest first.

    Raises:
        SettingsError: there is no such folder, it may not be read, or it holds more files than anybody reads.
        PassingError: the server cannot be reached, or drops the connection.
    """
    listed = _on_sftp(settings) if settings.connection else _at_address(settings.address or "")
    found = sorted(listed, key=lambda drop: (drop.modified, drop.name), reverse=True)
    if found and found[0].name.lower().endswith(_OTHERS):
        raise SettingsError(
            coded(
                "hours.other_workbook",
                "{shown} is a workbook of another kind than .xlsx: open it in Excel, save it as .xlsx, and drop that.",
                shown=found[0].shown,
            )
        )
    return [drop for drop in found if drop.name.lower().endswith(_KINDS)]


def rows(drop: Drop, settings: HoursSettings) -> Iterator[Cells]:
    """Yield the rows of a file, empty ones left out.

    Raises as `Drop.read`, and SettingsError when it cannot be parsed (`workbook.reader`), or lacks a column.
    """
    sheets = read(drop.read(), drop.shown, Form(settings.delimiter, settings.decimal_mark))
    table = find(sheets, settings.columns.headers, drop.shown, "hours.columns")
    return (cells for _, cells in table.rows())


def _wanted(name: str) -> bool:
    return name.lower().endswith(_KINDS + _OTHERS) and not name.startswith(".")


def _at_address(address: str) -> list[Drop]:
    try:
        files, base = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError):
        raise SettingsError("hours.address: the Python package for this kind of address is not installed.") from None
    found = []
    with _kinds("hours.address"):
        entries = files.ls(base, detail=True)
        if len(entries) > MOST_FILES:
            raise SettingsError(
                coded(
                    "hours.full_folder",
                    "hours.address: the folder holds more than {most} files: have it emptied.",
                    most=MOST_FILES,
                )
            )
        for entry in entries:
            name = str(entry["name"])
            if entry["type"] == "file" and _wanted(posixpath.basename(name)):
                modified: datetime = files.modified(name)
                aware = modified if modified.tzinfo else modified.replace(tzinfo=UTC)
                found.append(Drop(name, aware, partial(_from_address, files, name)))
    return found


def _from_address(files: Any, name: str) -> bytes:
    with _kinds("hours.address", of_file=True):
        content: bytes = files.cat_file(name, end=FILE + 1)  # one that is larger is refused by who parses it
    return content


def _on_sftp(settings: HoursSettings) -> list[Drop]:
    # Imported when it is used: all but this works without Airflow.
    hook: SftpHook = import_module("veerpont.systems.sftp").SftpHook(settings.connection)
    with hook.connect() as sftp, _kinds("hours.folder"):
        return [
            Drop(
                entry.filename,
                datetime.fromtimestamp(entry.st_mtime or 0, UTC),
                partial(_from_sftp, hook, f"{settings.folder.rstrip('/')}/{entry.filename}"),
            )
            for entry in sftp.listed(settings.folder)
            if _wanted(entry.filename) and not stat.S_ISDIR(entry.st_mode or 0)
        ]


def _from_sftp(hook: "SftpHook", path: str) -> bytes:
    """Return a file, in a session of its own: between two files Loket is asked, for longer than servers wait."""
    with hook.connect() as sftp, _kinds("hours.folder", of_file=True), sftp.open(path, "rb") as opened:
        size = opened.stat().st_size
        if size is None:
            raise SettingsError(
                coded(
                    "hours.no_sizes",
                    "hours.folder: the server does not say how large its files are, so that nobody knows "
                    "whether one was read whole. Ask whoever runs the server to have it tell sizes.",
                )
            )
        if size > FILE:
            raise SettingsError(
                coded(
                    "hours.too_large",
                    "hours.folder: a dropped file is larger than {most} MB: take it away.",
                    most=FILE // MB,
                )
            )
        content = opened.read(size + 1)
    if len(content) != size:
        raise PassingError(
            coded(
                "hours.changed", "hours.folder: a dropped file changed while it was read. The next run reads it again."
            )
        )
    return content


@contextmanager
def _kinds(setting: str, of_file: bool = False) -> Iterator[None]:
    """Turn what a folder raises, or a file in it, into the kinds of failure."""
    try:
        yield
    except FileNotFoundError:
        if of_file:
            raise PassingError(
                coded(
                    "hours.taken_away",
                    "{setting}: a dropped file was taken away before it was read. The next run looks again.",
                    setting=setting,
                )
            ) from None
        raise SettingsError(
            coded(
                "hours.no_folder",
                "{setting}: there is no such folder, or this login may not see it. Have it made, or "
                "correct the setting.",
                setting=setting,
            )
        ) from None
    except PermissionError:
        what = coded("hours.a_file", "a file in this folder") if of_file else coded("hours.this_folder", "this folder")
        raise SettingsError(
            coded(
                "hours.not_readable",
                "{setting}: {what} may not be read. Ask whoever runs the server for that right.",
                setting=setting,
                what=what,
            )
        ) from None
    except (OSError, *LOST) as error:
        raise PassingError(
            coded(
                "hours.server_away",
                "{setting}: the server went away, or could not show its files ({kind}). When this lasts, "
                "have whoever runs it look at it.",
                setting=setting,
                kind=type(error).__name__,
            )
        ) from None
