"""Files that are dropped in a folder, one for each flow, as a Source."""

import csv
from collections.abc import Iterator, Mapping, Set
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from veerpont.config.integration import Integration
from veerpont.model.failures import PassingError, Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.messages import Words
from veerpont.model.records import AbsenceLine, BankAccount, Department, Employer, Employment, ManagerUnit, Record
from veerpont.model.schema import Schema
from veerpont.systems.source import AbsenceMarks, Asked, Lease, Note, Row

RECORDS: Mapping[Flow, type[Any]] = {
    Flow.EMPLOYERS: Employer,
    Flow.ORGANIGRAM: Department,
    Flow.EMPLOYEES: Employment,
    Flow.ACCOUNTS: ManagerUnit,
    Flow.ABSENCE: AbsenceLine,
    Flow.IBAN: BankAccount,
}
"""Each file has the fields of a record for columns, and `bsn` only where the customer puts it there."""

_PERSON = {Flow.ACCOUNTS: "person_guid", Flow.EMPLOYEES: "guid", Flow.IBAN: "guid"}
_CODE = {Flow.EMPLOYERS: "employer_code", Flow.ORGANIGRAM: "department_code", Flow.ABSENCE: "guid"}
_GROUP = {Flow.ABSENCE: "case_guid", Flow.ACCOUNTS: "department_code", Flow.ORGANIGRAM: "parent_department_code"}
_WHOLE = 50


class CsvSettings(BaseModel):
    """`folder`: where the files are dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Annotated[str, Field(min_length=1)]


class CsvDrop:
    """Fills `veerpont.systems.source.Source`."""

    by_employer = False
    absence_marks = AbsenceMarks(
        needed=frozenset({"guid", "case_guid", "begin", "starts_on"}), moments=("line_changed", "case_changed")
    )
    links_people = True  # its customers decide about each new employee, as those of Loket do
    tree = None
    recovery_date_is = "first_day_back"
    logins_end = None
    maintenance = None
    calls_per_day = None

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        sentences = [] if flow in RECORDS else [_refusal(flow)]
        try:
            _folder(integration)
        except SettingsError as error:
            sentences.append(str(error))
        return sentences

    def login_ends(self, integration: Integration) -> bool:
        return False

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        if flow not in RECORDS:
            raise SettingsError(_refusal(flow))
        return frozenset(RECORDS[flow].__struct_fields__) - ({"bsn"} - names)

    def names(self, flow: Flow) -> Set[str]:
        return frozenset(RECORDS[flow].__struct_fields__) if flow in RECORDS else frozenset()

    def pages(
        self, integration: Integration, flow: Flow, lease: Lease, note: Note, asked: Asked | None = None
    ) -> Iterator[list[Row]]:
        with lease(self.queue(integration)):
            rows = _rows(_folder(integration), flow)
        for at in range(0, len(rows), _WHOLE):
            yield rows[at : at + _WHOLE]

    def queue(self, integration: Integration) -> str:
        return f"csv_drop:{_folder(integration)}"

    def schema(self, integration: Integration, lease: Lease, note: Note) -> Schema:
        raise SettingsError(_refusal(Flow.PAYROLL))

    def try_connection(self, integration: Integration, flow: Flow, lease: Lease, names: Set[str]) -> None:
        self.fields(flow, names)
        with lease(self.queue(integration)):
            _rows(_folder(integration), flow)

    def key(self, flow: Flow, row: Row) -> str | None:
        if flow in _CODE:
            return _text(row, _CODE[flow])
        number = _text(row, "personnel_number")
        # an absence line names its person too
        return _text(row, "person_guid") or _text(row, _PERSON[flow]) or (number and f"number:{number}")

    def group(self, flow: Flow, row: Row) -> str | None:
        return _text(row, _GROUP[flow]) if flow in _GROUP else None

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        return _text(row, "employer_code")

    def spelled(self, flow: Flow, field: str) -> str:
        return "guid" if field == "external_id" else field

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        kind = RECORDS[flow]
        cells = []
        for field in msgspec.structs.fields(kind):
            given = _text(row, field.name)
            if given is None and field.required:
                return Problem(Stage.IMPORT, field.name, "missing_value", f"Fill in {field.name}.")
            cells.append(field.default if given is None else given)
        try:
            found: Record = msgspec.convert(msgspec.to_builtins(cells), kind, strict=False)
        except msgspec.ValidationError:
            return Problem(Stage.IMPORT, "", "wrong_type", "Correct the row: a date or a number in it is none.")
        return found


def _refusal(flow: Flow) -> str:
    return f"csv_drop does not deliver the flow {flow}: take it out of the portals."


def _folder(integration: Integration) -> Path:
    try:
        return Path(CsvSettings.model_validate(integration.source.settings).folder)
    except ValidationError as error:
        wrong = ", ".join(f"{'.'.join(map(str, item['loc']))} ({item['type']})" for item in error.errors())
        raise SettingsError(f"source.settings: correct {wrong}.") from None


def _rows(folder: Path, flow: Flow) -> list[Row]:
    if not folder.is_dir():
        raise SettingsError("source.settings.folder: there is no such folder.")
    try:
        with (folder / f"{flow}.csv").open(encoding="utf-8", newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise PassingError(f"Nobody dropped a file of {flow} yet.") from None


def _text(row: Row, field: str) -> str | None:
    value = row.get(field)
    return (value.strip() or None) if isinstance(value, str) else None


def write(folder: Path, flow: Flow, records: list[Any]) -> None:
    """Drop a file with these records."""
    names = RECORDS[flow].__struct_fields__
    with (folder / f"{flow}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        for record in records:
            cells = (getattr(record, name) for name in names)
            table.writerow([cell.isoformat() if isinstance(cell, date) else cell for cell in cells])
