"""Xpert Suite as the pipeline sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from veerpont.config.integration import Integration
from veerpont.config.sections import XpertSuiteSettings
from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, together
from veerpont.model.records import AbsencePeriod, Record
from veerpont.model.schema import Schema
from veerpont.systems import told_absence
from veerpont.systems.portal import (
    OURS,
    Account,
    Refused,
    Report,
    ReportFile,
    Reports,
    TheirFile,
    entry,
    refused_settings,
)
from veerpont.systems.upload import Folder, deliver, require_folder
from veerpont.systems.xpert_suite import columns, files, lines, read_back, report

if TYPE_CHECKING:
    from veerpont.systems.xpert_suite.hook import XpertSuiteHook


FOLDERS = {
    Flow.EMPLOYERS: "Werkgevers",
    Flow.ORGANIGRAM: "Afdelingen",
    Flow.EMPLOYEES: "Medewerkers",
    Flow.ACCOUNTS: "Gebruikers",
    Flow.ABSENCE: "Verzuim",
    Flow.IBAN: "IBAN",
}


def folder(settings: XpertSuiteSettings, flow: Flow) -> str:
    """Return the folder of a flow: the name of the gegevensstroom (docs/reference/xpert-suite.md, 1.3)."""
    return settings.folders.get(flow) or FOLDERS[flow]


class XpertSuite:
    """Complete files over SFTP. Fills `veerpont.systems.portal.Portal`; facts: docs/reference/xpert-suite.md."""

    complete = True
    shareable = True
    readable = True
    title = ("Xpert Suite", "Xpert Suite")
    person_columns = OURS

    def knows_by_bsn(self, integration: Integration) -> bool:
        """Tell whether `key: bsn` says so."""
        return integration.xpert_suite.key == "bsn"

    def told_case(self, line: Line) -> ToldCase:
        """Return the case, from the texts of our names."""
        return told_absence.read(line)

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        """Return the line with the days that are left."""
        return told_absence.cut(line, left)

    def settles(self, integration: Integration) -> timedelta:
        """Return what the file says (docs/reference/xpert-suite.md, 1.3)."""
        return timedelta(minutes=integration.xpert_suite.settle_minutes)

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what the integration file does not say about the columns and the user group, one sentence each."""
        return refused_settings(integration, flow, "xpert_suite") + columns.missing(integration, flow)

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return our names of what this portal gets, and of what a line is built from."""
        return lines.names(integration, flow)

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        """Return the line of `record`, or the first rule of docs/reference/xpert-suite.md, 7 that it breaks."""
        return lines.line(integration, flow, record)

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        """Return `<flow>_<delivery>_<content>.<format>`: ASCII, the same for every attempt.

        Facts: docs/reference/xpert-suite.md, 1.3.
        """
        return f"{flow}_{delivery_id:08d}_{sha256[:12]}.{integration.xpert_suite.file_format}"

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        """Return the file in chunks, with the lines in the order they come in, reading them once.

        Raises SettingsError when columns are missing or a workbook cannot hold that many rows.
        """
        if sentences := self.missing(integration, flow):
            raise SettingsError(together(*sentences))
        settings = integration.xpert_suite
        headers = columns.headers(integration, flow)
        if settings.file_format == "csv":
            return files.write_csv(headers, lines)
        return files.write_xlsx(headers, columns.table(flow), lines, date_cells=settings.dates == "cell")

    def destination(self, integration: Integration, flow: Flow) -> str:
        """Return host:port/login/folder. Raises SettingsError when the connection is missing or incomplete."""
        return _hook(integration, flow).place(folder(integration.xpert_suite, flow))

    def account(self, integration: Integration, flow: Flow) -> Account:
        """Return the account of the flow, by the pinned host keys; raises as `destination`."""
        return _hook(integration, flow).account(folder(integration.xpert_suite, flow))

    def temporary_ending(self, integration: Integration) -> str:
        """Return `xpert_suite.temporary_suffix`."""
        return integration.xpert_suite.temporary_suffix

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        """Return which of `others` the server says are the folder of the flow; raises as `deliver`."""
        return _hook(integration, flow).same(folder(integration.xpert_suite, flow), others)

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        """Log in and look whether the folder of the flow is there. Whether files may be written shows no look."""
        with _hook(integration, flow).connect() as sftp:
            require_folder(sftp, _folder(integration, flow))

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        """Bring the file into the folder of `flow` and prove it; again with the same name and bytes changes nothing.

        Raises:
            SettingsError: wrong key, unknown host key, missing folder, a server that does not let us rename.
            PassingError: the server cannot be reached or dropped the connection.
        """
        with _hook(integration, flow).connect() as sftp:
            deliver(sftp, _folder(integration, flow), name, content)
        return []

    def reports(self, integration: Integration) -> Reports | None:
        """Return what `xpert_suite.report` says."""
        said = integration.xpert_suite.report
        if said is None:
            return None
        return Reports(timedelta(hours=said.within_hours) if said.within_hours else None, said.folder is not None)

    def missing_of_reports(self, integration: Integration) -> list[Words]:
        """Return whether `xpert_suite.report` lacks the columns."""
        return report.missing(integration)

    def headers(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return the columns of the portal's template that the file names."""
        return frozenset(integration.xpert_suite.columns.get(flow, {}).values())

    def read_report(self, integration: Integration, content: bytes) -> Report:
        """Return what a report says. Raises SettingsError when it is not as configured.

        Facts: docs/reference/xpert-suite.md, 1.6.
        """
        return report.read(integration, content)

    def find_reports(self, integration: Integration, is_new: Callable[[ReportFile], bool]) -> list[ReportFile]:
        """Look into `xpert_suite.report.folder`, on the account of the first flow. Raises as `deliver`."""
        settings = integration.xpert_suite.report
        if settings is None or settings.folder is None:
            return []
        flow = next(flow for each in integration.portals if each.portal == "xpert_suite" for flow in each.flows)
        with _hook(integration, flow).connect() as sftp:
            return report.find(sftp, settings.folder, is_new)

    def key_columns(self, flow: Flow) -> list[str]:
        """Return our names of the columns by which the portal may call a row."""
        return report.key_columns(flow)

    def read_back(
        self, integration: Integration | None, flow: Flow, content: bytes, keeps: Callable[[str], bool]
    ) -> TheirFile:
        """Return what an export of the portal says, or a file of another link to it."""
        return read_back.read_back(integration, flow, content, keeps)

    def second_key(self, flow: Flow, line: Line) -> str | None:
        """Return the person, protocol and first day of a case, and the person of an employment."""
        return read_back.second_key(flow, line)


def _folder(integration: Integration, flow: Flow) -> Folder:
    settings = integration.xpert_suite
    return Folder("Xpert Suite", folder(settings, flow), f"xpert_suite.folders.{flow}", settings.temporary_suffix)


def _hook(integration: Integration, flow: Flow) -> "XpertSuiteHook":
    from veerpont.systems.xpert_suite.hook import XpertSuiteHook  # noqa: PLC0415  # Airflow only when needed

    return XpertSuiteHook(entry(integration, flow, "xpert_suite").connection)
