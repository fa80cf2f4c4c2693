"""Files that a customer drops in a folder: found newest first, read row by row, by our names of their columns.

A folder is an fsspec address, or one on an SFTP server; csv and xlsx are taken, whatever else is there is left alone.
What ends in `.part` or begins with a dot is still being written.
"""

import csv
import io
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module

import fsspec
from python_calamine import CalamineError, CalamineWorkbook

from veerpont.config.hours import HoursSettings
from veerpont.model.failures import PassingError, SettingsError
from veerpont.rules.dates import AMSTERDAM

_KINDS = (".csv", ".xlsx")
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
    found = _on_sftp(settings) if settings.connection else _at_address(settings.address or "")
    return sorted(found, key=lambda drop: (drop.modified, drop.name), reverse=True)


def rows(drop: Drop, settings: HoursSettings) -> Iterator[Cells]:
    """Yield the rows of a file, empty ones left out.

    Raises SettingsError when it cannot be read, or lacks a column.
    """
    content = drop.read()
    table = _workbook(drop, content, settings) if drop.name.lower().endswith(".xlsx") else _csv(content, settings)
    header = [cell.strip() for cell in next(table, [])]
    wanted = settings.columns.headers
    if missing := sorted(text for text in wanted.values() if header.count(text) != 1):
        raise SettingsError(
            f"{drop.shown}: these columns of hours.columns are not there, or more than once: {', '.join(missing)}."
        )
    places = {name: header.index(text) for name, text in wanted.items()}
    for cells in table:
        if any(cell.strip() for cell in cells):
            yield {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}


def _csv(content: bytes, settings: HoursSettings) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter)


def _workbook(drop: Drop, content: bytes, settings: HoursSettings) -> Iterator[list[str]]:
    try:
        table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    except (CalamineError, IndexError):
        raise SettingsError(f"{drop.shown} cannot be read as a workbook.") from None
    return ([_text(cell, settings.decimal_mark) for cell in line] for line in table)


def _text(cell: object, mark: str) -> str:
    """Return a cell as a csv would have it."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell).replace(".", mark)
    if isinstance(cell, date):
        return cell.strftime("%Y-%m-%d")
    return str(cell)


def _wanted(name: str) -> bool:
    return name.lower().endswith(_KINDS) and not name.startswith(".")


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
            yield Drop(name, aware, partial(files.cat_file, name))


def _on_sftp(settings: HoursSettings) -> Iterator[Drop]:
    # Imported when it is used: all but this works without Airflow.
    hook = import_module("veerpont.sftp").SftpHook(settings.connection)
    with hook.connect() as sftp:
        try:
            found = [entry for entry in sftp.listdir_attr(settings.folder) if _wanted(entry.filename)]
            for entry in found:
                with sftp.open(f"{settings.folder.rstrip('/')}/{entry.filename}", "rb") as opened:
                    content = opened.read()
                modified = datetime.fromtimestamp(entry.st_mtime or 0, UTC)
                yield Drop(entry.filename, modified, partial(bytes, content))
        except (FileNotFoundError, PermissionError):
            raise SettingsError("hours.folder: the folder or a file in it is not there or may not be read.") from None
        except OSError as error:
            raise PassingError(f"The server of hours.connection went away ({type(error).__name__}).") from None
