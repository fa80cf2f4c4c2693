"""A workbook is looked at before calamine reads it: calamine believes what it says about itself.

Each part is expanded and parsed as a stream, so that nothing here takes memory by what the file claims. Macros,
pictures and other parts that no reader of cells opens are only counted.
"""

import io
import re
import zipfile
import zlib
from array import array
from enum import StrEnum
from typing import IO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from veerpont.model.messages import coded
from veerpont.systems.workbook import limits
from veerpont.systems.workbook.limits import MILLION
from veerpont.systems.workbook.refused import FileRefusedError, require

_CHUNK = 64 * 1024
_NO_XML = (".bin", ".vml", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".wdp", ".svg")
_AT = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})", re.ASCII)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_EMPTY = coded("workbook.empty", "is empty.")
_PASSWORD = coded("workbook.password", "has a password. Save it as .xlsx without one.")
_PARTLY = coded("workbook.partly", "is damaged, or only a part of it arrived. Bring it again.")
_NOT_XML = coded("workbook.not_xml", "is damaged: a part of it is no XML. Save it again as .xlsx.")
_ENTITIES = coded("workbook.entities", "declares XML entities, which no workbook does.")
_WEB_PAGE = coded(
    "workbook.web_page",
    "is a web page or XML, and no workbook or csv, whatever its name says. Open it in Excel and save it as .xlsx.",
)
_BINARY = coded("workbook.binary", "is a binary workbook (.xlsb). Open it in Excel and save it as .xlsx.")
_OPEN_DOCUMENT = coded("workbook.open_document", "is an OpenDocument file (.ods). Save it as .xlsx.")
_ZIP_FILE = coded("workbook.zip_file", "is a zip file, and no workbook.")
_TOO_MANY_PARTS = coded("workbook.parts", "has more than {most} parts.", most=limits.PARTS)
_TWICE = coded("workbook.part_twice", "has a part twice, which no workbook has.")
_TOO_LARGE = coded(
    "workbook.expanded", "holds more than {most} MB once it is expanded.", most=limits.EXPANDED // limits.MB
)
_TOO_DEEP = coded("workbook.depth", "has XML elements more than {most} deep within each other.", most=limits.DEPTH)
_TOO_MANY = coded("workbook.elements", "has more than {most} million XML elements.", most=limits.ELEMENTS // MILLION)
_TOO_MANY_SHEETS = coded("workbook.sheets", "has more than {most} sheets.", most=limits.SHEETS)
_TWO_LISTS = coded("workbook.two_lists", "has two lists of texts, which no workbook has.")
_TOO_MANY_TEXTS = coded("workbook.texts", "has more than {most} million texts.", most=limits.STRINGS // MILLION)
_TOO_LONG = coded("workbook.cell_text", "has a cell with more than {most} characters in it.", most=limits.CELL_TEXT)
_TOO_MANY_CELLS = coded("workbook.cells", "has more than {most} million filled cells.", most=limits.CELLS // MILLION)
_TOO_FAR = coded(
    "workbook.area",
    "has filled cells so far away that its sheets hold more than {most} million cells, the empty ones included. Take "
    "out what stands far to the right or far below.",
    most=limits.AREA // MILLION,
)
_TOO_MUCH_TEXT = coded(
    "workbook.text", "has more than {most} million characters in its cells.", most=limits.TEXT // MILLION
)
_NO_CELL = coded("workbook.no_cell", "has a cell at a place that no sheet has.")
_NO_ROW = coded("workbook.no_row", "has a row that no sheet has.")
TOO_WIDE = coded("workbook.columns", "has filled cells beyond column {most}.", most=limits.COLUMNS)


class FileKind(StrEnum):
    """What a file is by its content, whatever its name says."""

    WORKBOOK = "xlsx"
    OLD = "xls"
    TEXT = "csv"


def kind(content: bytes) -> FileKind:
    """Return what a file is. Raises FileRefusedError for what is never read."""
    require(bool(content.strip()), _EMPTY)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileRefusedError(_PASSWORD)
        return FileKind.OLD
    if content.startswith(_ZIP):
        _look_at_names(_open(content))
        return FileKind.WORKBOOK
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise FileRefusedError(_WEB_PAGE)
    return FileKind.TEXT


def inspect(content: bytes) -> None:
    """Look at every part of an .xlsx. Raises FileRefusedError: the limit that it goes beyond, or what it is instead."""
    packed, book = _open(content), _Book()
    _expand(packed, None)  # first how much there is, which is quick
    _expand(packed, book)
    book.require_text()


def _expand(packed: zipfile.ZipFile, book: "_Book | None") -> None:
    """Expand every part; let `book` parse those that are XML."""
    left = limits.EXPANDED
    for entry in packed.infolist():
        require(not entry.flag_bits & 0x1, _PASSWORD)
        if book and entry.filename.lower().endswith(_NO_XML):
            continue
        try:
            with packed.open(entry) as part:
                left = _part(part, left, book)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
            raise FileRefusedError(_PARTLY) from None
        except DefusedXmlException:
            raise FileRefusedError(_ENTITIES) from None
        except SAXParseException:
            raise FileRefusedError(_NOT_XML) from None


def _open(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise FileRefusedError(_PARTLY) from None


def _look_at_names(packed: zipfile.ZipFile) -> None:
    names = [name.lower().replace("\\", "/") for name in packed.namelist()]
    require(len(names) <= limits.PARTS, _TOO_MANY_PARTS)
    require(len(set(names)) == len(names), _TWICE)
    if "xl/workbook.bin" in names:
        raise FileRefusedError(_BINARY)
    if "mimetype" in names:
        raise FileRefusedError(_OPEN_DOCUMENT)
    require("xl/workbook.xml" in names, _ZIP_FILE)


def _part(part: IO[bytes], left: int, book: "_Book | None") -> int:
    """Expand one part, and return how many bytes the others may still have."""
    parser = create_parser(forbid_dtd=True) if book else None
    if parser:
        parser.setContentHandler(book)
    while chunk := part.read(_CHUNK):
        left -= len(chunk)
        require(left >= 0, _TOO_LARGE)
        if parser:
            parser.feed(chunk)
    if parser:
        parser.close()
    return left


class _Book(ContentHandler):
    """Counts what a workbook holds, over all its parts. The names of elements are the last of their namespaces.

    Called for every element: what is done often is done plainly.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sheets = self.tables = self.cells = self.area = self.text = self.elements = 0
        self.strings = array("L")
        self.uses = array("L", [0]) * limits.STRINGS

    def startDocument(self) -> None:  # noqa: N802 -- SAX calls it so
        self.depth = self.row = self.column = self.last_row = self.last_column = self.length = 0
        self.root, self.cell, self.in_text = "", "", False
        self.index: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 -- SAX calls it so
        self.depth += 1
        self.elements += 1
        if self.depth > limits.DEPTH:
            raise FileRefusedError(_TOO_DEEP)
        if self.elements > limits.ELEMENTS:
            raise FileRefusedError(_TOO_MANY)
        tag = name.rpartition(":")[2]
        if self.depth == 1:
            self._begin(tag)
        elif self.root == "worksheet":
            if tag == "c":
                self._at(attrs.get("r"))
                self.cell, self.length = str(attrs.get("t") or "n"), 0
                self.index.clear()
            elif tag == "row":
                self.row, self.column = _number(attrs.get("r"), self.row + 1), 0
            else:
                self.in_text = tag in {"v", "t"}
        elif self.root == "sst":
            self.in_text = tag == "t"
            if tag == "si":
                self.length = 0

    def _begin(self, root: str) -> None:
        self.root = root
        self.sheets += root == "worksheet"
        self.tables += root == "sst"
        require(self.sheets <= limits.SHEETS, _TOO_MANY_SHEETS)
        require(self.tables <= 1, _TWO_LISTS)

    def endElement(self, name: str) -> None:  # noqa: N802 -- SAX calls it so
        self.depth -= 1
        self.in_text = False
        tag = name.rpartition(":")[2]
        if tag == "c" and self.root == "worksheet":
            self._end_of_cell()
        elif tag == "si" and self.root == "sst":
            if len(self.strings) >= limits.STRINGS:
                raise FileRefusedError(_TOO_MANY_TEXTS)
            self.strings.append(self.length)

    def characters(self, content: str) -> None:
        if not self.in_text:
            return
        self.length += len(content)
        if self.length > limits.CELL_TEXT:
            raise FileRefusedError(_TOO_LONG)
        if self.cell == "s":
            self.index.append(content)

    def endDocument(self) -> None:  # noqa: N802 -- SAX calls it so
        self.area += self.last_row * self.last_column
        require(self.area <= limits.AREA, _TOO_FAR)

    def _end_of_cell(self) -> None:
        if not self.length:
            return  # only its looks: no reader sees it
        self.cells += 1
        if self.cells > limits.CELLS:
            raise FileRefusedError(_TOO_MANY_CELLS)
        if self.column > limits.COLUMNS:
            raise FileRefusedError(TOO_WIDE)
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)
        if self.cell != "s":
            self.text += self.length
            return
        index = "".join(self.index).strip()
        if index.isascii() and index.isdigit() and len(index) <= 7 and int(index) < limits.STRINGS:
            self.uses[int(index)] += 1

    def require_text(self) -> None:
        """Refuse what becomes too much text once every cell has its own."""
        text = self.text + sum(length * uses for length, uses in zip(self.strings, self.uses, strict=False))
        require(text <= limits.TEXT, _TOO_MUCH_TEXT)

    def _at(self, place: object) -> None:
        if place is None:
            self.column += 1
            return
        match = _AT.fullmatch(str(place))
        if not match:
            raise FileRefusedError(_NO_CELL)
        self.column = 0
        for letter in match[1].upper():
            self.column = self.column * 26 + ord(letter) - 64
        self.row = int(match[2])


def _number(text: object, other: int) -> int:
    if text is None:
        return other
    given = str(text)
    if not (given.isascii() and given.isdigit() and len(given) <= 7):
        raise FileRefusedError(_NO_ROW)
    return int(given)
