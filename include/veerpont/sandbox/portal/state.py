"""What the portal knows of one account, and the report of one file. Both are kept as JSON in the account's folder."""

from pathlib import Path
from typing import Literal

import msgspec

Values = dict[str, str | None]


class Department(msgspec.Struct):
    """A department; `had_people`: an employee was ever placed in it, so it is archived and not deleted."""

    values: Values
    archived: bool = False
    had_people: bool = False


class Employment(msgspec.Struct):
    """An employment; `ended`: the portal ended it because a complete file left it out."""

    values: Values
    ended: bool = False

    def over(self, today: str) -> bool:
        """Say whether the person is out of service on `today` (ISO date); the last day itself still counts."""
        return self.ended or (self.values.get("employment_end") or "9999") < today

    @property
    def department(self) -> tuple[str, str]:
        return self.values.get("employer_code") or "", self.values.get("department_code") or ""


class State(msgspec.Struct):
    """Employers by code, departments by "employer/department", employments by "employer/person/employment"."""

    employers: dict[str, Values] = {}
    departments: dict[str, Department] = {}
    employments: dict[str, Employment] = {}
    files: int = 0


class Message(msgspec.Struct):
    """One message of the log: level 1 metadata, 2 message, 3 warning, 4 rejected (section 1.6). No personal values."""

    level: Literal[1, 2, 3, 4]
    code: str
    text: str
    line: int | None = None
    key: str | None = None


class Report(msgspec.Struct):
    """The log report of one file. `lines_read` = created + updated + unchanged + rejected."""

    flow: str
    file: str
    received: str
    status: Literal["processed", "failed"] = "processed"
    started: str = ""
    finished: str = ""
    lines_read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    archived: int = 0
    deleted: int = 0
    ended: int = 0
    rejected: int = 0
    switches: dict[str, str] = {}
    """The assumptions this import was run with."""
    messages: list[Message] = []

    def say(
        self, level: Literal[1, 2, 3, 4], code: str, text: str, line: int | None = None, key: str | None = None
    ) -> None:
        self.messages.append(Message(level, code, text, line, key))

    @property
    def changes(self) -> int:
        """How many things this file changed: zero when the same file comes again."""
        return self.created + self.updated + self.archived + self.deleted + self.ended


class Settings(msgspec.Struct):
    """How an account is configured. The defaults of what is not known hurt a careless sender most (section 8.6).

    `columns`: flow → our name → header, where it is not the name itself. `missing_employee`: what a complete file does
    to those it leaves out. `rejected_lines`: whether a rejected line counts as delivered. `complete_departments` and
    `complete_employees`: whether these files are complete, or mutations.
    """

    columns: dict[str, dict[str, str]] = {}
    missing_employee: Literal["end_employment", "log_only", "delete"] = "end_employment"
    rejected_lines: Literal["missing", "kept"] = "missing"
    complete_departments: bool = True
    complete_employees: bool = True
    csv_separator: str = ";"
    csv_encoding: str = "utf-8-sig"


def load_state(folder: Path) -> State:
    """Read an account's state; empty when there is none yet."""
    path = folder / "state.json"
    return msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()


def save_state(folder: Path, state: State) -> None:
    """Write an account's state, whole or not at all."""
    new = folder / "state.json.new"
    new.write_bytes(msgspec.json.encode(state))
    new.replace(folder / "state.json")


def load_reports(folder: Path) -> list[Report]:
    """Return the account's reports, oldest first."""
    return [msgspec.json.decode(path.read_bytes(), type=Report) for path in sorted((folder / "logs").glob("*.json"))]
