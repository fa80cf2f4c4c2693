"""The process that reads one file: bytes come in by stdin, JSON goes out by stdout. It knows no secret and no ledger.

Started by `reader` with limits on memory and time; a file that breaks it breaks nothing else.
"""

import io
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum, WorksheetNotFound

from veerpont.model.messages import Message, coded
from veerpont.systems.workbook import guard, limits, text
from veerpont.systems.workbook.guard import FileKind
from veerpont.systems.workbook.refused import FileRefusedError, require
from veerpont.systems.workbook.sheets import Form, FoundColumns, Sheet

_DAMAGED = coded("workbook.unread", "is damaged, or no workbook. Save it again as .xlsx, without a password.")


_TOO_LARGE = coded("workbook.size", "is larger than {most} MB.", most=limits.FILE // limits.MB)
_NO_WORKBOOK = coded("workbook.no_workbook", "is no workbook. Bring it as .xlsx.")
_OLD = coded("workbook.old", "is a workbook of an old Excel (.xls). Open it in Excel and save it as .xlsx.")


def main() -> None:
    """Read stdin as the form in the first argument says, and write what was found, or why not."""
    form = msgspec.json.decode(sys.argv[1], type=Form)
    if sys.platform == "linux":  # elsewhere, where nobody runs it in earnest, the system takes no such limit
        resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY, limits.MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.SECONDS, limits.SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold what the file holds
    try:
        found = FoundColumns(read(sys.stdin.buffer.read(limits.FILE + 1), form))
    except FileRefusedError as refused:
        found = FoundColumns(refused=refused.message)
    except MemoryError:
        found = FoundColumns(refused=too_much())
    sys.stdout.buffer.write(msgspec.json.encode(found))


def too_much() -> Message:
    """Return the sentence about a file that takes too much memory."""
    return coded(
        "workbook.memory",
        "takes more than {most} MB of memory to read. Take out what is not needed.",
        most=limits.MEMORY // limits.MB,
    )


def read(content: bytes, form: Form) -> list[Sheet]:
    """Return the sheets of a file; of a csv there is one. Raises FileRefusedError."""
    require(
        len(content) <= limits.FILE, coded("workbook.size", "is larger than {most} MB.", most=limits.FILE // limits.MB)
    )
    found = guard.kind(content)
    if found is FileKind.TEXT:
        require(form.text, _NO_WORKBOOK)
        rows = list(text.rows(content, form.delimiter))
        return [Sheet("", False, [cells for _, cells in rows], [line for line, _ in rows], ragged=False)]
    if found is FileKind.OLD:
        require(form.old, _OLD)
    else:
        guard.inspect(content)
    return list(_sheets(content, form))


def _sheets(content: bytes, form: Form) -> Iterator[Sheet]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for about in book.sheets_metadata:
            try:
                sheet = book.get_sheet_by_name(about.name)
            except WorksheetNotFound:  # a chart
                continue
            first = (sheet.start or (0, 0))[0] + 1
            require(sheet.width <= limits.COLUMNS, guard.TOO_WIDE)
            rows, lines = [], []
            for line, cells in enumerate(sheet.iter_rows(), first):
                row = [shown(cell, form.decimal_mark) for cell in cells]
                if any(cell.strip() for cell in row):
                    rows.append(row)
                    lines.append(line)
            yield Sheet(about.name, about.visible is not SheetVisibleEnum.Visible, rows, lines)
    except (CalamineError, ValueError, OverflowError):
        raise FileRefusedError(_DAMAGED) from None


def shown(cell: object, mark: str) -> str:
    """Return a cell as Excel shows it: of a number it keeps more digits than the 15 that it shows."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return format(Decimal(f"{cell:.15g}"), "f").replace(".", mark)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main()
