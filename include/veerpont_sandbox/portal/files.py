"""Reading delivered files: workbook or csv → header and rows of text."""

import csv
import io
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from veerpont_sandbox.portal.state import Settings

EXTENSIONS = {".xls", ".xlsx", ".xml", ".csv"}
"""The formats the portal picks up (docs/reference/xpert-suite.md, 1.3); any other name is left alone."""

Cell = str | float | None


class UnreadableFileError(Exception):
    """The file as a whole cannot be processed."""


class EmptyFileError(UnreadableFileError):
    """There is nothing in it, not even a header."""


def read(name: str, content: bytes, settings: Settings) -> tuple[list[str], list[list[Cell]]]:
    """Return the header and the rows: empty is None, dates are ISO text, numbers stay numbers.

    Raises UnreadableFileError, of which EmptyFileError.
    """
    if not content:
        raise EmptyFileError("Het bestand is leeg.")
    kind = PurePath(name).suffix.lower()
    if kind == ".xml":
        raise UnreadableFileError("De XML-indeling van dit sjabloon is niet ingesteld.")
    table = _csv(content, settings) if kind == ".csv" else _workbook(content)
    if not table:
        raise EmptyFileError("Het bestand is leeg.")
    header = [str(cell or "").strip() for cell in table[0]]
    if len(set(header)) != len(header) or "" in header:
        raise UnreadableFileError("De kopregel bevat een lege of dubbele kolom.")
    return header, [row for row in table[1:] if any(cell is not None for cell in row)]


def _csv(content: bytes, settings: Settings) -> list[list[Cell]]:
    try:
        text = content.decode(settings.csv_encoding)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=settings.csv_separator, strict=True)
        return [[cell or None for cell in line] for line in lines]
    except (UnicodeDecodeError, csv.Error):
        raise UnreadableFileError("Het csv-bestand kan niet worden gelezen.") from None


def _workbook(content: bytes) -> list[list[Cell]]:
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    except (CalamineError, OSError):
        raise UnreadableFileError("De werkmap kan niet worden gelezen.") from None
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: Any) -> Cell:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell) or None
    return float(cell)
