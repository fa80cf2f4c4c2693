"""Rows → the bytes of a workbook, written as a stream; the same rows give the same bytes.

It is written part by part instead of with a library: the libraries keep every cell in memory, which is slow and large,
or put plain rows into temporary files, where personal data may never be (docs/decisions/0009).
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice
from typing import IO, Literal, cast

from veerpont.model.failures import SettingsError

MAX_ROWS = 1_048_576
"""What one worksheet can hold, the header row included."""

MAX_SHEET = 2**31 - 1
"""Bytes of a worksheet: more takes a form of archive that not every reader knows."""

CHUNK_ROWS = 500

_DAY_ZERO = date(1899, 12, 30)  # day 0 of Excel's calendar for every date from March 1900
_FIRST_SERIAL = date(1900, 3, 1)  # Excel believes in 29 February 1900: earlier dates stay text
_TEXT, _DATE = 1, 2  # positions in cellXfs below

Kind = Literal["text", "number", "date"]

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Format 49 is "@": Excel keeps a code a text, leading zeros and all, also after somebody edits the cell.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
# In a workbook _xHHHH_ stands for a character: a text that looks like one must have its underscore written that way.
_ESCAPE = re.compile("[&<>\x00-\x08\x0b-\x1f\r\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def write(
    titles: Sequence[str], kinds: Sequence[Kind], rows: Iterable[Iterable[str | None]], advice: str
) -> Iterator[bytes]:
    """Yield a workbook of one sheet, chunk by chunk: a header row, text cells, numbers as numbers, no formulas.

    Args:
        titles: of the columns.
        kinds: how a cell of each column is written: a text; a number, where it is one; a true date, of an ISO date.
        rows: a cell for each column; None is an empty one. They are read once.
        advice: what to do where a sheet cannot hold them.

    Raises SettingsError when a sheet cannot hold so many rows.
    """
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w") as book:
        for name, content in _PARTS.items():
            book.writestr(_part(name), _HEAD + content)
        with book.open(_part("xl/worksheets/sheet1.xml"), "w") as sheet:
            written = _rows(titles, kinds, rows, advice)
            xml = chain([f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'], written, ["</sheetData></worksheet>"])
            size = 0
            while chunk := "".join(islice(xml, CHUNK_ROWS)).encode():
                size += len(chunk)
                if size > MAX_SHEET:
                    raise _too_large(f"{MAX_SHEET >> 30} GiB of cells", advice)
                sheet.write(chunk)
                yield sink.take()
    yield sink.take()


class _Sink:
    """What the archive is written to: it goes on from here chunk by chunk, and is never sought back in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        self._written += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _too_large(holds: str, advice: str) -> SettingsError:
    return SettingsError(f"A workbook holds {holds}: {advice}.")


def _part(name: str) -> zipfile.ZipInfo:
    """Return a part with nothing of this moment or this machine in it."""
    part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    part.compress_type = zipfile.ZIP_DEFLATED
    part.create_system = 0
    return part


def _rows(
    titles: Sequence[str], kinds: Sequence[Kind], rows: Iterable[Iterable[str | None]], advice: str
) -> Iterator[str]:
    letters = [_letters(index) for index in range(len(titles))]
    head = zip(letters, titles, strict=True)
    yield '<row r="1">' + "".join(_text(f"{letter}1", title) for letter, title in head) + "</row>"

    for row, values in enumerate(rows, start=2):
        if row > MAX_ROWS:
            raise _too_large(f"{MAX_ROWS - 1} rows", advice)
        cells = [f'<row r="{row}">']
        for letter, kind, value in zip(letters, kinds, values, strict=True):
            if value is None:
                continue
            if kind == "number" and _NUMBER.fullmatch(value):
                cells.append(f'<c r="{letter}{row}"><v>{value}</v></c>')
            elif kind == "date" and (day := date.fromisoformat(value)) >= _FIRST_SERIAL:
                cells.append(f'<c r="{letter}{row}" s="{_DATE}"><v>{(day - _DAY_ZERO).days}</v></c>')
            else:
                cells.append(_text(f"{letter}{row}", value))
        cells.append("</row>")
        yield "".join(cells)


def _text(place: str, value: str) -> str:
    space = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c r="{place}" s="{_TEXT}" t="inlineStr"><is><t{space}>{_ESCAPE.sub(_escaped, value)}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_"


def _letters(index: int) -> str:
    """Return the name of a sheet's column: 0 → A, 25 → Z, 26 → AA."""
    head = _letters(index // 26 - 1) if index >= 26 else ""
    return head + chr(ord("A") + index % 26)
