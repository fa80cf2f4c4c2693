"""What every import does with the lines of a file: cells → texts, and the checks that need only the line itself."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from veerpont_sandbox.portal.files import Cell
from veerpont_sandbox.portal.flows import Flow
from veerpont_sandbox.portal.state import Report, Settings, State, Values

Wrong = tuple[str, str]
"""Code and text of what rejects a line."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER = re.compile(r"\d+([.,]\d+)?")


@dataclass
class Job:
    """One run over one file. `refused` says which keys a fault rejects, `words` how; `today` is an ISO date."""

    flow: Flow
    report: Report
    state: State
    settings: Settings
    today: str
    refused: Callable[[str], bool]
    words: str | None = None

    def refusal(self, values: Values) -> Wrong:
        """Return code and text for a line that a fault rejects."""
        words = self.words or "De regel is door het portaal geweigerd."
        for name, value in values.items():
            words = words.replace(f"{{{name}}}", value or "")
        return "geweigerd", words

    def reject(self, wrong: Wrong, line: int, key: str) -> None:
        self.report.rejected += 1
        self.report.say(4, *wrong, line=line, key=key)

    def texts(self, places: dict[str, int], rows: Iterable[list[Cell]]) -> Iterator[tuple[int, Values]]:
        """Yield each line with its number; line 1 is the header."""
        for number, row in enumerate(rows, 2):
            self.report.lines_read += 1
            yield (
                number,
                {name: self._text(name, row[at] if at < len(row) else None, number) for name, at in places.items()},
            )

    def _text(self, name: str, cell: Cell, line: int) -> str | None:
        if not isinstance(cell, float):
            return cell
        if name not in {*self.flow.numbers, "employment_number"}:
            # The sender made a number of a text: a code "01" has become 1.
            self.report.say(3, "getal_in_tekst", f"Kolom '{name}' bevat een getal; voorloopnullen ontbreken.", line)
        return str(int(cell)) if cell.is_integer() else str(cell)

    def key(self, values: Values) -> str:
        """Return what the log calls a line: its key, with an empty place for what is empty."""
        return "/".join(values.get(name) or "" for name in self.flow.key)

    def empty(self, values: Values, *also: str) -> Wrong | None:
        """Say which required values are missing; `also`: those that are required for this line."""
        found = [name for name in (*self.flow.required, *also) if not values.get(name)]
        return ("verplicht", f"Verplicht veld is leeg: {', '.join(found)}.") if found else None

    def misshapen(self, values: Values) -> Wrong | None:
        """Say which value is not of its kind."""
        for name, value in values.items():
            if value is None:
                continue
            if _CONTROL.search(value):
                return "stuurteken", f"Veld {name} bevat stuurtekens."
            if name in self.flow.dates and not is_date(value):
                return "datum", f"Veld {name} is geen geldige datum."
            if name in self.flow.numbers and not _NUMBER.fullmatch(value):
                return "getal", f"Veld {name} is geen getal."
        return None

    def tally(self, *, new: bool, same: list[bool], equal: bool) -> None:
        """Count the lines of one thing: `same` says of each line whether it was there already.

        `equal`: the thing as a whole is as it was. One that only lost something has an updated line too.
        """
        if new:
            self.report.created += len(same)
            return
        unchanged = sum(same)
        if unchanged == len(same) and not equal:
            unchanged -= 1
        self.report.unchanged += unchanged
        self.report.updated += len(same) - unchanged


def is_date(value: str) -> bool:
    """Say whether this is a real date from 1900 up to 2100, written yyyy-mm-dd."""
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return "1900" <= value[:4] <= "2100"
