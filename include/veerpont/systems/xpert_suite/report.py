"""The portal's log of an import, read back (docs/reference/xpert-suite.md, 1.6): its four levels, and what it rejected.

The form of a report is the integration's (`xpert_suite.report`). A report is understood whole, or nothing of it is
taken: half of one would confirm lines that the portal rejected.
"""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import paramiko

from veerpont.config.integration import Integration
from veerpont.config.report import LEVELS, ReportSettings
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.messages import NO, Words, coded, together
from veerpont.store import clock
from veerpont.systems.portal import Report, ReportFile, ReportLine
from veerpont.systems.upload import LOST
from veerpont.systems.workbook import reader as workbook
from veerpont.systems.workbook.limits import FILE
from veerpont.systems.workbook.sheets import Form
from veerpont.systems.workbook.table import find as find_table

if TYPE_CHECKING:
    from veerpont.systems.sftp import Session

REJECTED = 4
QUIET = timedelta(seconds=60)
"""A file that changed so shortly ago may still be growing: it is left to the next look."""

_KEYS = {
    Flow.EMPLOYERS: ["employer_code"],
    Flow.ORGANIGRAM: ["employer_code", "department_code"],
    Flow.EMPLOYEES: ["employer_code", "personnel_number", "bsn", "external_id", "employment_number"],
    Flow.ACCOUNTS: ["employer_code", "personnel_number", "login", "department_code"],
    Flow.ABSENCE: ["WerkgeverCode", "Personeelsnummer", "BSN", "TrajectId", "TrajectVerloopId"],
}

_REPORT = coded("workbook.report", "The report")


def key_columns(flow: Flow) -> list[str]:
    """Return our names of the columns by which the portal may call a row of this flow."""
    return _KEYS.get(flow, [])


def missing(integration: Integration) -> list[Words]:
    """Return what the integration file does not say about the report, one sentence each."""
    settings = integration.xpert_suite
    if settings.report is None or settings.report_columns is not None:
        return []
    return [
        coded(
            "xpert_suite.report_columns",
            "xpert_suite.report.columns is missing: the headers of the portal's report (file, "
            "level, text, and line or key); download a report from the log screen in the portal "
            "and copy them.",
        )
    ]


def read(integration: Integration, content: bytes) -> Report:
    """Return what a report says.

    Raises SettingsError when it is no such file, lacks a column, has a level or a line number that is none, or is about
    no file or several.
    """
    settings, columns = integration.xpert_suite.report, integration.xpert_suite.report_columns
    if settings is None:
        raise SettingsError(
            coded(
                "report.no_settings",
                "{name} has no xpert_suite.report: it says what the portal's report is like.",
                name=integration.name,
            )
        )
    if columns is None:
        raise SettingsError(together(*missing(integration)))
    wanted = {name: title for name, title in columns.model_dump().items() if title is not None}
    try:
        sheets = workbook.read(content, _REPORT, Form(settings.delimiter))
        table = find_table(sheets, wanted, _REPORT, "xpert_suite.report.columns and delimiter")
    except SettingsError as error:
        raise SettingsError(
            coded("report.nothing_taken", "{error} Nothing of it was taken.", error=error.message)
        ) from None
    files: set[str] = set()
    rejected = []
    for number, cells in table.rows():
        if file := cells["file"].replace("\\", "/").rpartition("/")[2]:
            files.add(file)
        if _level(settings, cells["level"], number) == REJECTED:
            place = _row(settings, cells.get("line", ""), number)
            rejected.append(ReportLine(place, cells.get("key", ""), cells.get("code", ""), cells["text"]))
    if len(files) != 1:
        raise SettingsError(
            coded(
                "report.several_files",
                "The report names {count} files in its column {column}: it must be about one file. "
                "Nothing of it was taken.",
                count=len(files) or NO,
                column=columns.file,
            )
        )
    return Report(files.pop(), rejected)


def _level(settings: ReportSettings, word: str, number: int) -> int:
    known = {name.casefold(): level for name, level in (LEVELS | settings.levels).items()}
    level = known.get(word.casefold())
    if level is None:
        raise SettingsError(
            coded(
                "report.unknown_level",
                "Row {number} of the report has a level that is not known: add the word to "
                "xpert_suite.report.levels with 1 (metadata), 2 (message), 3 (warning) or 4 (rejected). "
                "Nothing of it was taken.",
                number=number,
            )
        )
    return level


def _row(settings: ReportSettings, text: str, number: int) -> int | None:
    """Return which row of our file a line number means, from 1; None when the report does not say it."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(
            coded(
                "report.no_line",
                "Row {number} of the report has a line number that is none. Nothing of it was taken.",
                number=number,
            )
        )
    if not int(text) and settings.first_line:
        return None  # the file itself, where rows are not counted from 0
    return int(text) - settings.first_line + 1


def find(sftp: "Session", folder: str, is_new: Callable[[ReportFile], bool]) -> list[ReportFile]:
    """Return the files in the folder of reports, with the content of those that are new and stand still.

    Raises SettingsError when the folder cannot be read or a file is too large, PassingError when the connection breaks.
    """
    found = []
    with _kinds(folder):
        for entry in sorted(sftp.listed(folder), key=lambda each: each.filename):
            name, size = entry.filename, entry.st_size or 0
            file = ReportFile(name, size, entry.st_mtime or 0)
            if entry.st_mode is not None and not stat.S_ISREG(entry.st_mode):
                continue
            if not is_new(file):
                found.append(file)
            elif size > FILE:
                raise SettingsError(
                    coded(
                        "report.too_large",
                        "Xpert Suite: a file in {folder} is too large for a report ({size} bytes).",
                        folder=folder,
                        size=size,
                    )
                )
            elif size and not _is_fresh(entry):
                with sftp.open(f"{folder.rstrip('/')}/{name}", "rb") as stream:
                    stream.prefetch(size)
                    content = stream.read(size)
                if len(content) == size:
                    found.append(file._replace(content=content))
    return found


def _is_fresh(entry: paramiko.SFTPAttributes) -> bool:
    """Tell whether a file may still be written, by the server's clock, which need not be ours."""
    changed = datetime.fromtimestamp(entry.st_mtime or 0, UTC)
    return abs(clock.machine() - changed) < QUIET


@contextmanager
def _kinds(folder: str) -> Iterator[None]:
    try:
        yield
    except LOST:
        raise PassingError(
            coded("report.dropped", "Xpert Suite dropped the connection while its reports were read.")
        ) from None
    except (FileNotFoundError, PermissionError):
        raise SettingsError(
            coded(
                "report.no_folder",
                "Xpert Suite: the folder {folder} (xpert_suite.report.folder) cannot be read: it does "
                "not exist, or this login may not see it.",
                folder=folder,
            )
        ) from None
    except OSError:
        raise PassingError(
            coded("report.server_away", "Xpert Suite's server could not show its reports, or is gone.")
        ) from None
