"""Commands that print rows: as a table, one JSON document, or a file for a spreadsheet or a notebook."""

import csv
import inspect
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from functools import wraps
from io import BytesIO, StringIO
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from veerpont.cli.terminal import Json, pages, tables
from veerpont.desk.lists import KINDS, ColumnKind, as_text
from veerpont.model.failures import SettingsError

Rows = Iterable[dict[str, Any]]


class Format(StrEnum):
    """How rows are shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


AsFormat = Annotated[Format | None, typer.Option("--format", help="How it is shown; default a table.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", help="A file that is not there yet, readable by its owner only; not for a table."),
]


def listing(
    columns: Sequence[str],
    shown: Sequence[str] = (),
    below: str = "",
    failing: bool = False,
    then: Callable[..., None] | None = None,
) -> Callable[[Callable[..., Rows]], Callable[..., None]]:
    """Make a command of a function that returns rows: give it `--json`, `--format` and `--output`, and show the rows.

    Args:
        columns: all keys of a row, which a file has as its columns.
        shown: those of the table for people, in its order; default all.
        below: a key whose value is long: it gets a line of its own below the table.
        failing: each row is something that is wrong, and the exit code says whether there are any.
        then: prints what people see below a table; it is given what the command was.
    """

    def decorate(function: Callable[..., Rows]) -> Callable[..., None]:
        @wraps(function)
        def command(
            *, as_json: bool = False, form: Format | None = None, output: Path | None = None, **given: Any
        ) -> None:
            if as_json and form not in {None, Format.JSON}:
                raise typer.BadParameter(f"--json and --format {form} contradict each other")
            form = Format.JSON if as_json else form or Format.TABLE
            check(form, output)
            with new_file(output) if output else nullcontext() as file:
                rest = iter(function(**given))  # what it refuses, it refuses before anything is printed
                first = list(islice(rest, 1))
                rows = chain(first, rest)
                if form is Format.TABLE:
                    tables(rows, shown or columns, below)
                    if then:
                        then(**given)
                else:
                    for part in write(form, rows, columns):
                        file.write(part) if file else typer.echo(part, nl=False)
            if failing and first:
                raise typer.Exit(1)

        options = {"as_json": (Json, False), "form": (AsFormat, None), "output": (Output, None)}
        own = inspect.signature(function, eval_str=True)
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in options.items()
        ]
        command.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=[*own.parameters.values(), *added], return_annotation=None
        )
        command.__annotations__ = {each.name: each.annotation for each in [*own.parameters.values(), *added]}
        return command

    return decorate


def check(form: Format, output: Path | None) -> None:
    """Refuse a format that its place cannot be of. Raises typer.BadParameter."""
    if form is Format.TABLE and output is not None:
        raise typer.BadParameter("a table is for the screen: choose --format json, csv, parquet or xlsx for a file")
    if form in {Format.PARQUET, Format.XLSX} and output is None:
        raise typer.BadParameter(f"say where the file goes: --format {form} --output PATH")


def write(form: Format, rows: Rows, columns: Sequence[str]) -> Iterator[bytes]:
    """Yield rows as a document of `form`. All but Parquet are written as the rows come, however many there are."""
    match form:
        case Format.JSON:
            return _json(rows)
        case Format.CSV:
            return _csv(rows, columns)
        case Format.XLSX:
            return _xlsx(rows, columns)
        case _:
            return _parquet(rows, columns)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Make a file that only its owner reads. Nothing is left of it when what fills it fails.

    Raises SettingsError when it is there already or cannot be made.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"{path} cannot be made: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException:
        path.unlink()
        raise


def _json(rows: Rows) -> Iterator[bytes]:
    yield b"["
    for number, page in enumerate(pages(rows)):
        yield ((", " if number else "") + json.dumps(page, ensure_ascii=False)[1:-1]).encode()
    yield b"]\n"


def _csv(rows: Rows, columns: Sequence[str]) -> Iterator[bytes]:
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for page in pages(rows):
        writer.writerows([_guarded(row[name]) for name in columns] for row in page)
        yield stream.getvalue().encode()
        stream.seek(0)
        stream.truncate()
    yield stream.getvalue().encode()


def _guarded(value: Any) -> str | None:
    """Return the text of a cell; one that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = as_text(value)
    return f"'{text}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _xlsx(rows: Rows, columns: Sequence[str]) -> Iterator[bytes]:
    from veerpont.systems.workbook import writer  # noqa: PLC0415 -- only a workbook needs it

    kinds: list[writer.Kind] = ["number" if KINDS.get(name) is ColumnKind.NUMBER else "text" for name in columns]
    cells = ([as_text(row[name]) for name in columns] for row in rows)
    return writer.write(columns, kinds, cells, "choose --format csv or parquet")


def _parquet(rows: Rows, columns: Sequence[str]) -> Iterator[bytes]:
    from veerpont.frames import frame  # noqa: PLC0415 -- pandas takes most of a second

    content = BytesIO()
    frame(rows, columns).to_parquet(content)
    yield content.getvalue()
