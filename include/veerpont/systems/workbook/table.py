"""Finding the columns in a file: people put titles above them, an explanation before them, and a word below them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from veerpont.model.failures import SettingsError
from veerpont.model.messages import Message, Words, coded
from veerpont.systems.workbook.sheets import Sheet

SEARCHED = 50
"""Rows of a sheet among which its header is looked for."""
_OF_COLUMNS = frozenset((
    *("verplicht", "optioneel", "conditioneel", "facultatief", "verplicht veld", "optioneel veld"),
    *("required", "mandatory", "optional", "conditional"),
))
"""What a row of a template says about its columns; no row of data is nothing but these."""


@dataclass(frozen=True)
class Table:
    """The rows below a header, by our names. `line`: where the header stands in the file.

    `others`: the numbers of the columns with a title that nobody asked for, from 1.
    """

    line: int
    others: tuple[int, ...]
    _sheet: Sheet
    _from: int
    _places: Mapping[str, int]

    @property
    def names(self) -> frozenset[str]:
        """Our names of its columns."""
        return frozenset(self._places)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line in the file and the cells, by our names, of every row."""
        for line, row in zip(self._sheet.lines[self._from :], self._sheet.rows[self._from :], strict=True):
            if not says_what_is_required(row):
                yield line, {name: row[at].strip() if at < len(row) else "" for name, at in self._places.items()}


def plain(title: str) -> str:
    """Return a title without what does not tell it from another: case, and how much space is in it."""
    return " ".join(title.split()).casefold()


def says_what_is_required(row: list[str]) -> bool:
    """Tell whether a row says of its columns that they are required or optional, and nothing else."""
    said = [plain(cell) for cell in row if cell.strip()]
    return bool(said) and all(word.strip("*()") in _OF_COLUMNS for word in said)


def find(
    sheets: list[Sheet],
    wanted: Mapping[str, str],
    what: Words,
    setting: str,
    also: Mapping[str, str] = MappingProxyType({}),
) -> Table:
    """Return the table that has all of these columns, each once.

    Args:
        wanted: our name → its title in the file.
        what: how people are told which file it is.
        setting: where the titles are set.
        also: as `wanted`, of columns that are taken where they are there once.

    Raises SettingsError when no visible sheet has them, several have, or a row of a csv is longer than its header.
    """
    titles = {name: plain(title) for name, title in wanted.items()}
    found = [(sheet, at) for sheet in sheets if not sheet.hidden and (at := _header(sheet, titles)) is not None]
    if len(found) > 1:
        raise SettingsError(
            coded(
                "workbook.several_sheets",
                "{what} has these columns on {found} sheets, and nobody says which counts: leave one of them.",
                what=what,
                found=len(found),
            )
        )
    if not found:
        raise SettingsError(_lacking(sheets, wanted, what, setting))
    ((sheet, at),) = found
    header = [plain(cell) for cell in sheet.rows[at]]
    if not sheet.ragged:
        _require_width(sheet, at, what)
    titles |= {name: title for name, given in also.items() if header.count(title := plain(given)) == 1}
    places = {name: header.index(title) for name, title in titles.items()}
    others = tuple(set(range(len(header))) - set(places.values()))
    return Table(
        sheet.lines[at], tuple(number + 1 for number in sorted(others) if header[number]), sheet, at + 1, places
    )


def _header(sheet: Sheet, titles: Mapping[str, str]) -> int | None:
    for at, row in enumerate(sheet.rows[:SEARCHED]):
        cells = [plain(cell) for cell in row]
        if all(cells.count(title) == 1 for title in titles.values()):
            return at
    return None


def _lacking(sheets: list[Sheet], wanted: Mapping[str, str], what: Words, setting: str) -> Message:
    """Say what is missing from the row that comes nearest; its own words are never shown."""
    titles = {name: plain(title) for name, title in wanted.items()}
    if any(sheet.hidden and _header(sheet, titles) is not None for sheet in sheets):
        return coded(
            "workbook.hidden",
            "{what} has its columns on a hidden sheet only: show that sheet, and bring it again.",
            what=what,
        )
    rows = [[plain(cell) for cell in row] for sheet in sheets if not sheet.hidden for row in sheet.rows[:SEARCHED]]
    lacking = [[wanted[name] for name, title in titles.items() if row.count(title) != 1] for row in rows]
    nearest = min(lacking, key=len, default=list(wanted.values()))
    return coded(
        "workbook.lacks",
        "{what} lacks a column, or has it twice: {columns} ({setting}).",
        what=what,
        columns=", ".join(sorted(nearest)),
        setting=setting,
    )


def _require_width(sheet: Sheet, at: int, what: Words) -> None:
    width = len(sheet.rows[at])
    for line, row in zip(sheet.lines[at + 1 :], sheet.rows[at + 1 :], strict=True):
        if any(cell.strip() for cell in row[width:]):
            raise SettingsError(
                coded(
                    "workbook.ragged",
                    "{what} has more cells in line {line} than its header in line {header}: a value holds "
                    "the character that keeps cells apart. Put quotes around it.",
                    what=what,
                    line=line,
                    header=sheet.lines[at],
                )
            )
