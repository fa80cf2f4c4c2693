"""Exports of a portal that was in use before us: rows of a file of ours, and what somebody else told it."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
from crossings import Crossing

Row = dict[str, str]


def rows_of(content: bytes) -> list[Row]:
    """Return the rows of a file as the portal gets it."""
    if not content.startswith(b"PK"):
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    titles, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [
        dict(zip(map(str, titles), ("" if cell is None else str(cell) for cell in row), strict=True)) for row in rows
    ]


def told(crossing: Crossing, flow: str) -> list[Row]:
    """Return the rows of the last file of a flow."""
    return rows_of(crossing.sandbox.portal.last_file(crossing.name, flow) or b"")


def export(crossing: Crossing, rows: Iterable[Row], name: str = "export.csv") -> Path:
    """Write rows as a person saves an export of the portal, as .csv or as .xlsx."""
    rows = list(rows)
    titles = list(dict.fromkeys(title for row in rows for title in row))
    path = crossing.home / name
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for cells in [titles, *([row.get(title) or None for title in titles] for row in rows)]:
            book.active.append(cells)
        for cell in (cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"):
            cell.data_type = "s"  # somebody is called =1+1
        book.save(path)
        return path
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, titles, delimiter=";", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def changed(rows: Iterable[Row], which: Callable[[Row], bool], **values: str) -> list[Row]:
    """Return rows with other values in some of them."""
    return [row | values if which(row) else row for row in rows]
