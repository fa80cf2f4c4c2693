"""Learn the columns from the portal's own template, the only list of fields that counts.

Facts: docs/reference/xpert-suite.md, 2.

An administrator downloads it from the screen of the import configuration. What comes out is a proposal for the
integration file: the spellings in `columns` are mostly guesses, so a person looks before anything is sent.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import yaml

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Form, Sheet
from veerpont.systems.workbook.table import SEARCHED, says_what_is_required
from veerpont.systems.xpert_suite.columns import TABLES, needed, table


@dataclass(frozen=True)
class Proposal:
    """What a template tells about one flow.

    `columns`: our name → the template's column, in the template's order. `guesses`: those of our names whose spelling
    the documentation does not have. `unknown`: columns we have nothing for. `missing`: required names without a column.
    `withheld`: columns that are only used when a person asks for them: the citizen-service number's, and what is chosen
    (docs/decisions/0009, docs/decisions/0032).
    """

    flow: Flow
    columns: dict[str, str]
    guesses: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    withheld: dict[str, str]

    def yaml(self) -> str:
        """Return the lines to paste under `xpert_suite.columns.<flow>`, each doubt as a comment."""
        lines = [f"# xpert_suite.columns.{self.flow}"]
        for name, header in self.columns.items():
            lines.append(
                _pair(name, header) + ("  # a guess: compare with the template" if name in self.guesses else "")
            )
        for name, header in self.withheld.items():
            personal = table(self.flow)[name].personal
            why = "personal: only with `key: bsn`, or when agreed" if personal else "only when agreed"
            lines.append(f"# {_pair(name, header)}  # {why}")
        lines += [f"# {name}: ...  # required, and no column looks like it" for name in self.missing]
        lines += [f"# not used, we have nothing for it: {_scalar(header)}" for header in self.unknown]
        return "\n".join(lines) + "\n"


def learn(source: Path | bytes, flow: Flow) -> Proposal:
    """Read the header row of a template, .xlsx or .xls, and propose the columns of `flow`.

    Raises SettingsError when the file is no workbook, has no header row or has a column twice, or the portal does not
    take the flow.
    """
    return _learn(_sheets(source), flow)


def _learn(sheets: list[Sheet], flow: Flow) -> Proposal:
    known_spellings = spellings(flow)
    columns: dict[str, str] = {}
    withheld: dict[str, str] = {}
    guesses: list[str] = []
    unknown: list[str] = []
    for header in header_row(sheets, known_spellings):
        name, known = known_spellings.get(plain(header), ("", False))
        if not name or name in columns or name in withheld:
            unknown.append(header)
            continue
        if table(flow)[name].personal or table(flow)[name].chosen:
            withheld[name] = header
            continue
        columns[name] = header
        if not known:
            guesses.append(name)
    missing = tuple(name for name in needed(flow) if name not in columns)
    return Proposal(flow, columns, tuple(guesses), tuple(unknown), missing, withheld)


def best(source: Path | bytes) -> Proposal:
    """Propose the columns of the flow that the template fits best: most required names found, then most columns.

    Raises SettingsError as `learn` does.
    """
    sheets = _sheets(source)
    proposals = [_learn(sheets, flow) for flow in TABLES]
    return max(proposals, key=lambda proposal: (-len(proposal.missing), len(proposal.columns), -len(proposal.unknown)))


def spellings(flow: Flow) -> dict[str, tuple[str, bool]]:
    """Return spelling → our name and whether it is documented; of two names that claim one the first in the table."""
    found: dict[str, tuple[str, bool]] = {}
    for name, column in table(flow).items():
        if column.known:
            found[plain(column.known)] = (name, True)
    for name, column in table(flow).items():
        for spelling in (*column.likely, name):
            found.setdefault(plain(spelling), (name, False))
    return found


def _sheets(source: Path | bytes) -> list[Sheet]:
    try:
        content = source if isinstance(source, bytes) else source.read_bytes()
    except OSError:
        raise SettingsError("The template cannot be read: there is no such file, or it may not be opened.") from None
    return read(content, "The template", Form(text=False, old=True))


def header_row(sheets: list[Sheet], known: Collection[str]) -> list[str]:
    """Return the row with most of the known spellings: titles stand above it, and explanations on sheets before it.

    Where nothing is known it is the first row with text.
    """
    rows = [row for sheet in sheets if not sheet.hidden for row in sheet.rows[:SEARCHED]]
    rows = [row for row in rows if not says_what_is_required(row)]
    if not rows:
        raise SettingsError("The template has no header row: every sheet is empty.")
    best = max(rows, key=lambda row: sum(plain(cell) in known for cell in row))
    headers = [text for cell in best if (text := cell.strip())]
    if len({header.casefold() for header in headers}) < len(headers):
        raise SettingsError("The template has a column twice: the portal could not tell them apart.")
    return headers


def plain(text: str) -> str:
    """Return a spelling without what templates vary in: case, spaces, underscores, hyphens, brackets."""
    return re.sub(r"[\W_]", "", text.casefold())


def _pair(name: str, header: str) -> str:
    return f"{name}: {_scalar(header)}"


def _scalar(text: str) -> str:
    """Return `text` as YAML writes it: `No` must not become false, nor `#` a comment."""
    return yaml.safe_dump([text], allow_unicode=True, width=10_000).strip().removeprefix("- ")
