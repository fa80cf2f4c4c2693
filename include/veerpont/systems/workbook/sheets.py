"""What is read of a file, and how it is asked for."""

import msgspec

from veerpont.model.messages import Message


class Form(msgspec.Struct, frozen=True):
    """How a file is read.

    `delimiter`: of a csv that does not say it. `decimal_mark`: with which number cells become text. `text`: whether it
    may be a csv; `old`: whether it may be an .xls.
    """

    delimiter: str = ";"
    decimal_mark: str = "."
    text: bool = True
    old: bool = False


class Sheet(msgspec.Struct, frozen=True):
    """The rows that hold anything, every cell as text, and the line at which each stands in the file.

    `ragged`: whether rows may be longer than their header: beside a table in a workbook people write notes, in a csv
    it is a value that holds the delimiter.
    """

    name: str
    hidden: bool
    rows: list[list[str]]
    lines: list[int]
    ragged: bool = True


class FoundColumns(msgspec.Struct, frozen=True):
    """The sheets, or why the file is refused."""

    sheets: list[Sheet] = []
    refused: Message | None = None
