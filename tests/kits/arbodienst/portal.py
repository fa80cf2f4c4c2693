"""Complete csv files in a folder, under headers of its own, as a Portal that also reports."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words
from veerpont.model.names import NAMES
from veerpont.model.records import (
    AbsenceCase,
    AbsencePeriod,
    BankAccount,
    Department,
    Employer,
    Employment,
    ManagerAccount,
    Record,
)
from veerpont.model.schema import Schema
from veerpont.systems import defaults
from veerpont.systems.portal import (
    Account,
    PersonColumns,
    Refused,
    Report,
    ReportFile,
    ReportLine,
    Reports,
    entry,
    refused_settings,
)

NAME = "arbodienst"
Cells = dict[str, str | None]
TAKES = tuple(NAMES)


class Arbodienst:
    """Fills `veerpont.systems.portal.Portal` and `Reporting`."""

    complete = True
    shareable = True
    readable = True
    title = ("Arbodienst", "Occupational health service")
    person_columns = PersonColumns(
        numbers=frozenset({"persnr"}),
        managers=frozenset({"baas"}),
        bsns=frozenset(),
        names=frozenset({"naam", "roepnaam"}),
    )

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        if flow not in TAKES:
            return [f"portals: the portal {NAME} does not take the flow {flow}."]
        return refused_settings(integration, flow, NAME) + defaults.lacks_tree(integration, flow)

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        return frozenset(NAMES[flow]) - {"bsn", "BSN"}

    def knows_by_bsn(self, integration: Integration) -> bool:
        return False

    def settles(self, integration: Integration) -> timedelta:
        return timedelta(minutes=5)

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        rows, case, identity, alias, leaves = _rows(record), None, None, None, None
        portal_key = record.id
        match record:
            case AbsenceCase():
                case = ToldCase.of(record, with_bsn=False)
                if record.cause == "verboden":
                    return Problem(Stage.EXPORT, "oorzaak", "unknown_value", "Choose a cause that the service has.")
            case Department():
                portal_key = f"{record.employer_code}/{record.department_code}"
            case Employment():
                portal_key = f"{record.employer_code}/{record.personnel_number}/{record.employment_number}"
                identity, alias = f"{record.guid}/{record.employment_number}", f"number:{record.personnel_number}"
                leaves = record.employment_end.isoformat() if record.employment_end else None
        return Line(
            id=record.id,
            key=record.key,
            employer=getattr(record, "employer_code", None) or "",
            portal_key=portal_key,
            order=record.order,
            values=rows[0],
            more=tuple(rows[1:]),
            identity=identity,
            alias=alias,
            leaves_on=leaves,
            case=case,
        )

    def told_case(self, line: Line) -> ToldCase:
        raise TypeError(f"{NAME} was never told of absence without the case on the line")

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        rows = line.rows
        kept = [{**rows[number], "ziek_van": _text(days.begin), "ziek_tot": _text(days.end)} for number, days in left]
        return msgspec.structs.replace(line, values=kept[0], more=tuple(kept[1:]))

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        return f"{flow}_{delivery_id:08d}_{sha256[:12]}.csv"

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        if sentences := self.missing(integration, flow):
            raise SettingsError(" ".join(map(str, sentences)))
        return _csv(row for line in lines for row in line.rows)

    def destination(self, integration: Integration, flow: Flow) -> str:
        return f"{_folder(integration, flow)}/{flow}"

    def account(self, integration: Integration, flow: Flow) -> Account | None:
        return None

    def temporary_ending(self, integration: Integration) -> str:
        return ""

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        return []

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        _folder(integration, flow)

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        place = _folder(integration, flow) / name
        if not place.exists():
            part = place.with_suffix(".part")
            part.write_bytes(b"".join(content.chunks()))
            part.rename(place)
        return []

    # -- reports: `<name of our file>;<number of the row>;<text>` a line -----------------------------------------------

    def reports(self, integration: Integration) -> Reports | None:
        return Reports(within=timedelta(hours=1), in_folder=True)

    def missing_of_reports(self, integration: Integration) -> list[Words]:
        return []

    def headers(self, integration: Integration, flow: Flow) -> frozenset[str]:
        return frozenset()

    def key_columns(self, flow: Flow) -> list[str]:
        return ["persnr", "melding"]

    def read_report(self, integration: Integration, content: bytes) -> Report:
        rows = [row.split(";", 2) for row in content.decode().splitlines()]
        if not rows or any(len(row) != 3 for row in rows):
            raise SettingsError("The report is none of the arbodienst. Nothing of it was taken.")
        return Report(rows[0][0], [ReportLine(int(number), "", "", text) for _, number, text in rows if number])

    def find_reports(self, integration: Integration, is_new: Callable[[ReportFile], bool]) -> list[ReportFile]:
        flow = next(flow for each in integration.portals if each.portal == NAME for flow in each.flows)
        found = []
        for path in sorted(_folder(integration, flow).glob("*.log")):
            seen = ReportFile(path.name, path.stat().st_size, int(path.stat().st_mtime))
            found.append(seen._replace(content=path.read_bytes()) if is_new(seen) else seen)
        return found


class ByBsn(Arbodienst):
    """The same service, which knows people by their citizen-service number: then we know it too."""

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        return frozenset(NAMES[flow])

    def knows_by_bsn(self, integration: Integration) -> bool:
        return True

    def destination(self, integration: Integration, flow: Flow) -> str:
        return f"{_folder(integration, flow, 'by_bsn')}/{flow}"

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        _folder(integration, flow, "by_bsn")

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        (_folder(integration, flow, "by_bsn") / name).write_bytes(b"".join(content.chunks()))
        return []


def _rows(record: Record) -> list[Cells]:
    match record:
        case Employer():
            return [{"code": record.employer_code, "naam": record.name}]
        case Department():
            return [{"afdeling": record.department_code, "heet": record.name, "onder": record.parent_department_code}]
        case Employment():
            return [
                {
                    "persnr": record.personnel_number,
                    "naam": record.last_name,
                    "roepnaam": record.first_name,
                    "afdeling": record.department_code,
                    "baas": record.manager_personnel_number,
                    "uit_dienst": _text(record.employment_end),
                }
            ]
        case ManagerAccount():
            cells = {"inlog": record.login, "persnr": record.personnel_number, "naam": record.last_name}
            return [{**cells, "werkgever": code, "afdeling": unit} for code, unit in record.departments]
        case AbsenceCase():
            head = {"melding": record.guid, "persnr": record.personnel_number, "soort": record.protocol}
            return [
                {
                    **head,
                    "oorzaak": record.cause,
                    "ziek_van": _text(period.begin),
                    "ziek_tot": _text(period.end),
                    "deel": str(period.percentage),
                }
                for period in record.periods
            ]
        case BankAccount():
            return [{"wie": record.guid, "rekening": record.iban}]
    raise TypeError(f"{NAME} does not take {type(record).__name__}")


def _csv(rows: Iterator[Mapping[str, str | None]]) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        text = io.StringIO()
        table = csv.writer(text, delimiter=";", lineterminator="\r\n")
        if number == 0:
            table.writerow(row)
        table.writerow(row.values())
        yield text.getvalue().encode()


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _folder(integration: Integration, flow: Flow, name: str = NAME) -> Path:
    from .hook import folder  # Airflow only when needed

    return folder(entry(integration, flow, name).connection)
