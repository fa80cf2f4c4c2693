"""What the portal knows of one account, and the report of one file. Both are kept as JSON in the account's folder."""

from pathlib import Path
from typing import Any, Literal

import msgspec

COUNTED = ("employers", "departments", "employees", "absences", "users")
"""What an account counts, in the order in which people read it."""

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


class Period(msgspec.Struct, frozen=True):
    """One trajectverloop: absence at one percentage. Dates are ISO; `end` is the last day, None while it goes on."""

    start: str
    end: str | None
    percent: str
    cause: str
    traject_id: str | None = None
    verloop_id: str | None = None
    expected_birth: str | None = None
    actual_birth: str | None = None


class Traject(msgspec.Struct):
    """One absence case. `compound`: less than 28 days of recovery lie before it (docs/reference/xpert-suite.md, 4.3).

    `group`: of the employment, empty where the file has none. `has_notes`: there are notes or documents in its dossier,
    so no file ever deletes it.
    """

    employer: str
    number: str
    protocol: str
    periods: list[Period]
    has_notes: bool = False
    compound: bool = False
    group: str = ""

    @property
    def key(self) -> str:
        return f"{self.employer}/{self.number}/{self.protocol}/{self.start}" + (f"/{self.group}" if self.group else "")

    @property
    def start(self) -> str:
        return self.periods[0].start

    @property
    def end(self) -> str | None:
        return self.periods[-1].end

    def over(self, today: str) -> bool:
        """Say whether it has ended on `today` (ISO date); the last day itself still counts."""
        return (self.end or "9999") < today


class User(msgspec.Struct):
    """A user account. `authorisations`: (employer, department), where "" is every department; sorted."""

    group: str
    number: str | None
    login: str
    values: Values = {}
    authorisations: list[tuple[str, str]] = []
    active: bool = True

    @property
    def key(self) -> str:
        return f"{self.group}/{self.number or self.login}"


class State(msgspec.Struct):
    """What an account holds, each kind by its key.

    Employers by code, departments by "employer/department", employments by "employer/person/employment", trajects by
    "employer/person/protocol/start", users by "group/person" ("group/login" for a user without a personnel number).
    """

    employers: dict[str, Values] = {}
    departments: dict[str, Department] = {}
    employments: dict[str, Employment] = {}
    files: int = 0
    trajects: dict[str, Traject] = {}
    users: dict[str, User] = {}


class Message(msgspec.Struct):
    """One message of the log: level 1 metadata, 2 message, 3 warning, 4 rejected. No personal values.

    Facts: docs/reference/xpert-suite.md, 1.6.
    """

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
    deactivated: int = 0
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
        return self.created + self.updated + self.archived + self.deleted + self.ended + self.deactivated


class Settings(msgspec.Struct):
    """How an account is configured. The defaults of what is not known hurt a careless sender most.

    Facts: docs/reference/xpert-suite.md, 8.

    `columns`: flow → our name → header, where it is not the name itself. `missing_employee`: what a complete file does
    to those it leaves out. `rejected_lines`: whether a rejected line counts as delivered. `complete_departments` and
    `complete_employees`: whether these files are complete, or mutations.

    Absence (docs/reference/xpert-suite.md, 2.4): `causes`: employer → the codes linked to it, None = every code is
    linked. `agreements`: employer → first and last day of its service agreements; an employer that is not in it has no
    limits. `months`, `delivery_from` and `traject_action`: 'Aanleveringperiode in maanden', 'Aanleveringsdatum vanaf'
    and 'Traject verwijder actie'. `traject_match`: whether a traject is found again by its start only, or by any day it
    shares. `empty_absence`: what a file of zero bytes is, beside a file with only a header.

    Users (docs/reference/xpert-suite.md, 2.5): `user_group` is the one that the complete template governs.

    `report_folder`: where on the account the log report of each import is put, as csv; None = nowhere
    (docs/reference/xpert-suite.md, 1.6: whether the portal does that is unknown).
    """

    columns: dict[str, dict[str, str]] = {}
    missing_employee: Literal["end_employment", "log_only", "delete"] = "end_employment"
    rejected_lines: Literal["missing", "kept"] = "missing"
    complete_departments: bool = True
    complete_employees: bool = True
    causes: dict[str, list[str]] | None = None
    agreements: dict[str, list[tuple[str, str | None]]] | None = None
    months: int = 24
    delivery_from: str | None = None
    traject_action: Literal["Delete", "Log", "Log als startdatum voor einddatum valt"] = "Delete"
    traject_match: Literal["strict", "overlap"] = "strict"
    empty_absence: Literal["delivers_nothing", "fails"] = "delivers_nothing"
    user_group: str = "Leidinggevenden"
    user_template: Literal["Conversie Volledige", "Standaard"] = "Conversie Volledige"
    csv_separator: str = ";"
    csv_encoding: str = "utf-8-sig"
    report_folder: str | None = None


def load_state(folder: Path) -> State:
    """Read an account's state; empty when there is none yet."""
    path = folder / "state.json"
    return msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()


def save_state(folder: Path, state: State) -> None:
    """Write an account's state."""
    write_json(folder / "state.json", state)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(msgspec.json.encode(content))
    new.replace(path)


def load_reports(folder: Path) -> list[Report]:
    """Return the account's reports, oldest first."""
    return [msgspec.json.decode(path.read_bytes(), type=Report) for path in sorted((folder / "logs").glob("*.json"))]
