"""A csv file, as what it is: UTF-8 or UTF-16 with or without a mark, else Windows' own letters; `sep=;` is obeyed.

A quote that is not closed is refused. Python's reader goes on to the next quote, however many rows away that is, and
those rows would be gone without a word.
"""

import codecs
import csv
import io
from collections.abc import Iterator

from veerpont.model.messages import Message, coded
from veerpont.systems.workbook import limits
from veerpont.systems.workbook.limits import MILLION
from veerpont.systems.workbook.refused import FileRefusedError, require

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TEXT = coded(
    "workbook.no_text", "is no csv: it holds bytes that are no text. Save it as .xlsx, or as csv in UTF-8."
)
_SEPARATOR = coded(
    "workbook.separator",
    "says in its first line (sep=) that its cells are kept apart by something else than ; , | or a tab.",
)
_TOO_MANY = coded("workbook.csv_cells", "has more than {most} million cells.", most=limits.AREA // MILLION)
_TOO_MUCH = coded("workbook.csv_text", "has more than {most} million characters.", most=limits.TEXT // MILLION)
_SEPARATORS = {";": ";", ",": ",", "\t": "\t", "|": "|", "": "\t"}


def rows(content: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line in the file and the cells of each row that holds anything. Raises FileRefusedError."""
    lines = list(io.StringIO(decoded(content), newline=""))
    skipped = 0
    if lines and lines[0].lower().startswith("sep="):
        given = lines[0].rstrip("\r\n")[4:].strip(" ")
        require(given in _SEPARATORS, _SEPARATOR)
        delimiter, skipped = _SEPARATORS[given], 1
    cells, characters = 0, 0
    csv.field_size_limit(limits.CELL_TEXT)
    reader = csv.reader(lines[skipped:], delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise FileRefusedError(_what(error, line)) from None
        if row is None:
            return
        if len(row) > limits.COLUMNS:
            raise FileRefusedError(
                coded(
                    "workbook.long_line",
                    "has more than {most} cells in line {line}.",
                    most=limits.COLUMNS,
                    line=line,
                )
            )
        _require_own_rows(row, delimiter, line)
        cells, characters = cells + len(row), characters + sum(map(len, row))
        require(cells <= limits.AREA, _TOO_MANY)
        require(characters <= limits.TEXT, _TOO_MUCH)
        if any(cell.strip() for cell in row):
            yield line, row


def decoded(content: bytes) -> str:
    """Return a file's text. Raises FileRefusedError when it is none."""
    known = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    names = [known] if known else [*_wide(content[:1_000]), "utf-8", "cp1252"]
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileRefusedError(_NO_TEXT)


def _wide(start: bytes) -> list[str]:
    """Return how UTF-16 without a mark is written: in Western text every second byte is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start):
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def _require_own_rows(row: list[str], delimiter: str, line: int) -> None:
    """Refuse a cell that runs on over lines and holds the delimiter: two stray quotes join two people's rows so.

    A remark of several lines that people wrote looks the same, and is refused with it: a row less changes somebody's
    hours, and nothing else shows it.
    """
    if any(delimiter in cell and ("\n" in cell or "\r" in cell) for cell in row):
        raise FileRefusedError(
            coded(
                "workbook.joined_rows",
                'has a quote (") in line {line} after which rows stand as if they were one cell. Take out the quote, '
                "or the line breaks within the cell, or save the file as .xlsx.",
                line=line,
            )
        )


def _what(error: csv.Error, line: int) -> Message:
    if "field larger" in str(error):
        return coded(
            "workbook.long_cell",
            'has a cell with more than {most} characters in line {line}, or a quote (") there that is never closed.',
            most=limits.CELL_TEXT,
            line=line,
        )
    return coded(
        "workbook.open_quote",
        'has a quote (") in line {line} that is never closed, or that more text follows. Take it out, or write it '
        "twice within quotes.",
        line=line,
    )
