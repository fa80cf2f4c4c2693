"""Files that nobody should be hurt by, each made as small as it can be; and ordinary ones, for comparison."""

import io
import zipfile
from collections.abc import Callable, Iterable

import openpyxl

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
FAR = '<row r="1"><c r="A1"><v>1</v></c></row>'
"""A first cell: with another one far away the sheet becomes as large as the rectangle between them."""


def workbook(*sheets: str, strings: str = "", **parts: str) -> bytes:
    """Return a workbook with these rows as XML, one text a sheet. `parts`: further ones, `__` stands for a slash."""
    names = [f"sheet{number}" for number, _ in enumerate(sheets, 1)]
    content = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{at}" r:id="{name}"/>' for at, name in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Type="{_OFFICE}/worksheet" Target="worksheets/{name}.xml"/>' for name in names
        )
        + f'<Relationship Id="texts" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'{_XML}<sst xmlns="{_MAIN}">{strings}</sst>',
    }
    for name, rows in zip(names, sheets, strict=True):
        content[f"xl/worksheets/{name}.xml"] = (
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return packed({**content, **{name.replace("__", "/"): text for name, text in parts.items()}}.items())


def packed(parts: Iterable[tuple[str, str | bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, content in parts:
            made.writestr(name, content)
    return buffer.getvalue()


def filled(rows: Iterable[Iterable[object]]) -> bytes:
    """Return a workbook as people make them."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _texts(times: int) -> str:
    return "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, times + 1))


def _repeated(chunk: str, times: int) -> bytes:
    """Return a zip with a part that is larger than memory should ever be, without making it."""
    buffer = io.BytesIO(workbook(FAR))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as made, made.open("xl/more.xml", "w") as part:
        part.write(b"<a>")
        for _ in range(times):
            part.write(chunk.encode())
        part.write(b"</a>")
    return buffer.getvalue()


def _encrypted_flag() -> bytes:
    content = bytearray(workbook(FAR))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def _twice() -> bytes:
    buffer = io.BytesIO(workbook(FAR))
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("XL/worksheets/sheet1.xml", "<worksheet/>")
    return buffer.getvalue()


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DEEP, _WIDE = 100_000, 20_000
_ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a cell in the last corner": (
        lambda: workbook(FAR + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "beyond column",
    ),
    "a cell in the last row and column 500": (
        lambda: workbook(FAR + '<row r="1048576"><c r="SF1048576"><v>1</v></c></row>'),
        "far away",
    ),
    "far cells on ten sheets": (
        lambda: workbook(*[FAR + '<row r="600000"><c r="A600000"><v>1</v></c></row>'] * 10),
        "far away",
    ),
    "a column that no sheet has": (lambda: workbook(FAR + '<row r="2"><c r="ZZZZZ2"><v>1</v></c></row>'), "no sheet"),
    "a row that no sheet has": (lambda: workbook('<row r="4000000000"><c><v>1</v></c></row>'), "no sheet"),
    "a place that is none": (lambda: workbook('<row r="1"><c r="-1"><v>1</v></c></row>'), "no sheet"),
    "a wide row": (
        lambda: workbook(f'<row r="1">{"<c><v>1</v></c>" * _WIDE}</row>'),
        "beyond column",
    ),
    "many sheets": (lambda: workbook(*[FAR] * 150), "more than 100 sheets"),
    "a long shared text in many cells": (
        lambda: workbook(_texts(20_000), strings=f"<si><t>{'x' * 32_000}</t></si>"),
        "million characters",
    ),
    "a shared text without end": (
        lambda: workbook(_texts(1), strings=f"<si><t>{'x' * 5_000_000}</t></si>"),
        "characters in it",
    ),
    "many shared texts": (lambda: workbook(FAR, strings="<si><t/></si>" * 1_000_001), "texts"),
    "two lists of texts": (lambda: workbook(FAR, xl__other="<sst/>"), "two lists"),
    "a zip bomb": (lambda: _repeated("<b>" + "b" * 90_000 + "</b>", 4_000), "once it is expanded"),
    "many elements": (lambda: _repeated("<b/>" * 25_000, 260), "XML elements"),
    "a zip bomb beside the cells": (
        lambda: packed([*_parts(workbook(FAR)), ("xl/media/a.png", bytes(260_000_000))]),
        "once it is expanded",
    ),
    "many parts": (lambda: packed([*_parts(workbook(FAR)), *((f"a{at}", "<a/>") for at in range(2_500))]), "parts"),
    "a part twice": (_twice, "part twice"),
    "nested elements": (lambda: workbook("<x>" * _DEEP + "</x>" * _DEEP), "deep within"),
    "nested texts": (lambda: workbook(FAR, strings="<si>" * _DEEP + "</si>" * _DEEP), "deep within"),
    "entities that multiply": (
        lambda: workbook(FAR, xl__x=f'<!DOCTYPE x [<!ENTITY a0 "ha">{_ENTITIES}]><x>&a9;</x>'),
        "entities",
    ),
    "an entity from a file": (
        lambda: workbook(FAR, xl__x='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'),
        "entities",
    ),
    "half a workbook": (lambda: workbook(FAR)[:700], "damaged"),
    "a workbook without its end": (lambda: filled([["a", "b"]] * 500)[:-30], "damaged"),
    "bytes changed on the way": (lambda: _broken(filled([["a", "b"]] * 500)), "damaged"),
    "a part that is no XML": (lambda: workbook("<row><c></row>"), "no XML"),
    "a part with a password": (_encrypted_flag, "password"),
    "an encrypted workbook": (
        lambda: _OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(900),
        "password",
    ),
    "an old workbook": (lambda: _OLE + bytes(2_000), "old Excel"),
    "an OpenDocument file": (
        lambda: packed([("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a/>")]),
        "OpenDocument",
    ),
    "a binary workbook": (lambda: packed([("xl/workbook.bin", b"\0" * 99)]), "xlsb"),
    "another zip": (lambda: packed([("word/document.xml", "<a/>")]), "no workbook"),
    "a web page": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
    "nothing": (lambda: b"", "empty"),
    "white space": (lambda: b" \r\n" * 99, "empty"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "no text"),
    "a csv of one row": (lambda: b";" * 1_000_000, "more than 2000 cells in line 1"),
    "a csv with one long cell": (lambda: b"a;b\n" + b"x" * 1_000_000, "characters in line 2"),
    "a csv of empty cells": (lambda: (b";" * 1_500 + b"\n") * 4_000, "more than 5 million cells"),
    "a quote that is never closed": (lambda: b'a;b\n1;2\n3;"4\n5;6\n', "line 3"),
    "a file above the limit": (lambda: b"a;b\n" * 12_600_000, "larger than 50 MB"),
}
"""What it is → how it is made, and what the sentence about it says."""
SLOW = {"many elements", "many shared texts", "a zip bomb", "a zip bomb beside the cells"}
"""What takes long to count, and is left to the proof."""


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return [(name, made.read(name)) for name in made.namelist()]


def _broken(content: bytes) -> bytes:
    at = content.index(b"xl/worksheets/sheet1.xml") + 60
    return content[:at] + bytes(byte ^ 0x55 for byte in content[at : at + 40]) + content[at + 40 :]
