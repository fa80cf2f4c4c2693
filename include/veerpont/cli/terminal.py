"""How the commands speak to people: what they share of options, and tables."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from veerpont.config.settings import settings
from veerpont.model.flows import Flow
from veerpont.store.ledger import Ledger

PAGE = 1000
"""Rows of a table: of more there are several."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str, typer.Option("--by", help="Who decides this; it is kept.")]
OfIntegration = Annotated[str | None, typer.Option("--integration", help="Only this integration.")]
OfFlow = Annotated[Flow | None, typer.Option("--flow", help="Only this flow.")]


def find_connections() -> None:
    """Let Airflow's connections be found where its own commands find them: also those made in its UI."""
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")


def ledger() -> Ledger:
    """Return the ledger of the settings."""
    found = Ledger(settings().ledger)
    found.require_current()
    return found


def tables(rows: Iterable[dict[str, Any]], columns: Sequence[str], below: str = "") -> None:
    """Print rows as a table of `columns`; what is long (`below`) gets a line of its own.

    They are printed as they come: of very many there is a table for each thousand.
    """
    empty = True
    for page in pages(rows):
        empty = False
        _table(page, columns, below)
    if empty:
        typer.echo("None.")


def pages(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows, a page at a time."""
    rest = iter(rows)
    return iter(lambda: list(islice(rest, PAGE)), [])


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str], below: str) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in columns:
        number = isinstance(rows[0][name], int) and not isinstance(rows[0][name], bool)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell(row[name])) for name in columns))  # plain: a name may hold what looks like markup
    # a line too wide for the screen wraps once; cells folded into columns of three letters cannot be read at all
    wide = Console(width=1000)
    console = Console(width=max(Console().width, wide.measure(table).maximum))
    console.print(table)
    for row in rows:
        if below and row[below]:
            console.print(Text(" ".join(cell(row[name]) for name in columns[:2]), style="bold"), end=": ")
            console.print(Text(plain(row[below])))


def cell(value: Any) -> str:
    """Return a value as a table shows it."""
    match value:
        case None | False | 0 | "":
            return "·"
        case str() if re.match(r"\d{4}-\d\d-\d\dT", value):
            return value[:16].replace("T", " ")  # to the minute, in UTC; --json has it whole
        case _:
            return plain(str(value))


def plain(text: str) -> str:
    """Return text that moves no cursor and colours nothing: it may come from outside."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
