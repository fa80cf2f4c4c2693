"""Files that a customer drops in a folder: found newest first, read row by row, by our names of their columns.

A folder is an fsspec address, or one on an SFTP server; csv and xlsx are taken. Other workbooks are refused while one
is the newest file: people think that it was taken. Whatever else is there is left alone. What ends in `.part` or
begins with a dot is still being written.
"""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module

import fsspec

from veerpont.config.hours import HoursSettings
from veerpont.model.failures import PassingError, SettingsError
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.workbook.limits import FILE
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Form
from veerpont.systems.workbook.table import find

_KINDS = (".csv", ".xlsx")
_OTHERS = (".xls", ".xlsm", ".xlsb", ".ods")
Cells = dict[str, str]
"""Our name → text."""


@dataclass(frozen=True)
class Drop:
    """One file. `modified` (aware) says which of several is the newest; no name of a file is ever shown."""

    name: str
    modified: datetime
    read: Callable[[], bytes]

    @property
    def shown(self) -> str:
        """How people are told which file it is: its name may hold anything."""
        return f"the dropped file of {self.modified.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"


def drops(settings: HoursSettings) -> list[Drop]:
    """Return the files of the folder, the newest first.

    Raises:
        SettingsError: there is no such folder, or it may not be read.
        PassingError: the server cannot be reached.
    """
    listed = _on_sftp(settings) if settings.connection else _at_address(settings.address or "")
    found = sorted(listed, key=lambda drop: (drop.modified, drop.name), reverse=True)
    if found and found[0].name.lower().endswith(_OTHERS):
        raise SettingsError(
            f"{found[0].shown} is a workbook of another kind than .xlsx: open it in Excel, save it as .xlsx, "
            "and drop that."
        )
    return [drop for drop in found if drop.name.lower().endswith(_KINDS)]


def rows(drop: Drop, settings: HoursSettings) -> Iterator[Cells]:
    """Yield the rows of a file, empty ones left out.

    Raises SettingsError when it cannot be read (`workbook.reader`), or lacks a column.
    """
    sheets = read(drop.read(), drop.shown, Form(settings.delimiter, settings.decimal_mark))
    table = find(sheets, settings.columns.headers, drop.shown, "hours.columns")
    return (cells for _, cells in table.rows())


def _wanted(name: str) -> bool:
    return name.lower().endswith(_KINDS + _OTHERS) and not name.startswith(".")


def _at_address(address: str) -> Iterator[Drop]:
    try:
        files, base = fsspec.core.url_to_fs(address)
        names = [str(entry["name"]) for entry in files.ls(base, detail=True) if entry["type"] == "file"]
    except (ImportError, ValueError):
        raise SettingsError("hours.address: the Python package for this kind of address is not installed.") from None
    except FileNotFoundError:
        raise SettingsError("hours.address: there is no such folder.") from None
    except PermissionError:
        raise SettingsError("hours.address: this folder may not be read.") from None
    except OSError as error:
        raise PassingError(f"hours.address cannot be reached ({type(error).__name__}).") from None
    for name in names:
        if _wanted(posixpath.basename(name)):
            modified: datetime = files.modified(name)
            aware = modified if modified.tzinfo else modified.replace(tzinfo=UTC)
            yield Drop(name, aware, partial(files.cat_file, name, end=FILE + 1))


def _on_sftp(settings: HoursSettings) -> Iterator[Drop]:
    # Imported when it is used: all but this works without Airflow.
    hook = import_module("veerpont.systems.sftp").SftpHook(settings.connection)
    with hook.connect() as sftp:
        try:
            found = [entry for entry in sftp.listdir_attr(settings.folder) if _wanted(entry.filename)]
            for entry in found:
                content = b""
                if entry.filename.lower().endswith(_KINDS):
                    with sftp.open(f"{settings.folder.rstrip('/')}/{entry.filename}", "rb") as opened:
                        content = opened.read(FILE + 1)  # one that is larger is refused when it is read
                modified = datetime.fromtimestamp(entry.st_mtime or 0, UTC)
                yield Drop(entry.filename, modified, partial(bytes, content))
        except (FileNotFoundError, PermissionError):
            raise SettingsError("hours.folder: the folder or a file in it is not there or may not be read.") from None
        except OSError as error:
            raise PassingError(f"The server of hours.connection went away ({type(error).__name__}).") from None
