"""Lines → the bytes of a file: .xlsx and .csv, written as a stream, the same lines giving the same bytes."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from itertools import islice

from veerpont.model.lines import Line
from veerpont.systems.workbook import writer
from veerpont.systems.xpert_suite.columns import TemplateColumn

CHUNK_ROWS = 500


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
    kinds = [_kind(columns[name], date_cells) for name in headers]
    rows = (map(row.get, headers) for row in _every_row(lines))
    return writer.write(list(headers.values()), kinds, rows, "set xpert_suite.file_format to csv")


def _kind(column: TemplateColumn, date_cells: bool) -> writer.Kind:
    return "text" if column.kind == "date" and not date_cells else column.kind


def _every_row(lines: Iterable[Line]) -> Iterator[Mapping[str, str | None]]:
    """Return what `line.rows` of each line has; nearly every line has one row, so that way is the short one."""
    for line in lines:
        yield line.values
        if line.more:
            yield from line.more
