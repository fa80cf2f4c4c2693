"""Lines → the bytes of a file: .xlsx and .csv, written as a stream, the same lines giving the same bytes.

The workbook is written part by part instead of with a library: the libraries keep every cell in memory, which is slow
and large, or put plain rows into temporary files, where personal data may never be (docs/decisions/0009).
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import StringIO
from itertools import chain, islice
from typing import IO, cast

from veerpont.model.failures import SettingsError
from veerpont.model.lines import Line
from veerpont.systems.xpert_suite.columns import TemplateColumn

MAX_ROWS = 1_048_576
"""What one worksheet can hold, the header row included."""

MAX_SHEET = 2**31 - 1
"""Bytes of a worksheet: more takes a form of archive that not every reader knows."""

CHUNK_ROWS = 500

_DAY_ZERO = date(1899, 12, 30)  # day 0 of Excel's calendar for every date from March 1900
_FIRST_SERIAL = date(1900, 3, 1)  # Excel believes in 29 February 1900: earlier dates stay text
_TEXT, _DATE = 1, 2  # positions in cellXfs below

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


def write_csv(headers: Mapping[str, str], lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield a csv file in chunks: `;`, every cell quoted, UTF-8 with a byte order mark, CRLF.

    Facts: docs/reference/xpert-suite.md, 1.3.

    A text such as `=1+1` stays as it is: the portal reads this file, no spreadsheet does.
    """
    stream = StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    stream.write("\ufeff")
    writer.writerow(headers.values())
    rows = (map(row.get, headers) for row in _every_row(lines))
    while chunk := list(islice(rows, CHUNK_ROWS)):
        writer.writerows(chunk)
        yield stream.getvalue().encode()
        stream.seek(0)
        stream.truncate()
    yield stream.getvalue().encode()


def write_xlsx(
    headers: Mapping[str, str], columns: Mapping[str, TemplateColumn], lines: Iterable[Line], date_cells: bool
) -> Iterator[bytes]:
    """Yield a workbook of one sheet, chunk by chunk: a header row, text cells, numbers as numbers, no formulas.

    That is what the portal takes (docs/reference/xpert-suite.md, 1.3).

    Dates are texts, or true dates when `date_cells`. Raises SettingsError when a sheet cannot hold so many rows.
    """
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w") as book:
        for name, content in _PARTS.items():
            book.writestr(_part(name), _HEAD + content)
        with book.open(_part("xl/worksheets/sheet1.xml"), "w") as sheet:
            rows = _rows(headers, columns, lines, date_cells)
            xml = chain([f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'], rows, ["</sheetData></worksheet>"])
            size = 0
            while chunk := "".join(islice(xml, CHUNK_ROWS)).encode():
                size += len(chunk)
                if size > MAX_SHEET:
                    raise _too_large(f"{MAX_SHEET >> 30} GiB of cells")
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


def _too_large(holds: str) -> SettingsError:
    return SettingsError(f"A workbook holds {holds}: set xpert_suite.file_format to csv.")


def _every_row(lines: Iterable[Line]) -> Iterator[Mapping[str, str | None]]:
    """Return what `line.rows` of each line has; nearly every line has one row, so that way is the short one."""
    for line in lines:
        yield line.values
        if line.more:
            yield from line.more


def _part(name: str) -> zipfile.ZipInfo:
    """Return a part with nothing of this moment or this machine in it."""
    part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    part.compress_type = zipfile.ZIP_DEFLATED
    part.create_system = 0
    return part


def _rows(
    headers: Mapping[str, str], columns: Mapping[str, TemplateColumn], lines: Iterable[Line], date_cells: bool
) -> Iterator[str]:
    letters = [_letters(index) for index in range(len(headers))]
    titles = zip(letters, headers.values(), strict=True)
    yield '<row r="1">' + "".join(_text(f"{letter}1", title) for letter, title in titles) + "</row>"

    kinds = [columns[name].kind for name in headers]
    fields = list(zip(letters, headers, kinds, strict=True))
    for row, values in enumerate(_every_row(lines), start=2):
        if row > MAX_ROWS:
            raise _too_large(f"{MAX_ROWS - 1} rows")
        cells = [f'<row r="{row}">']
        for letter, name, kind in fields:
            value = values.get(name)
            if value is None:
                continue
            if kind == "number" and _NUMBER.fullmatch(value):
                cells.append(f'<c r="{letter}{row}"><v>{value}</v></c>')
            elif kind == "date" and date_cells and (day := date.fromisoformat(value)) >= _FIRST_SERIAL:
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
