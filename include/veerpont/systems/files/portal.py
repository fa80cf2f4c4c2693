"""The portal `files` as the pipeline sees it (docs/files.md)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from veerpont.config.integration import Integration
from veerpont.model.content import Content
from veerpont.model.failures import Problem, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded, together
from veerpont.model.pay_records import PayrollEntry
from veerpont.model.records import AbsencePeriod, Record
from veerpont.model.schema import Schema
from veerpont.systems.files import delivery, settings
from veerpont.systems.portal import OURS, Account, Refused, entry
from veerpont.systems.upload import PART

if TYPE_CHECKING:
    from veerpont.systems.files.hook import ObjectStorageHook, SftpReceiver


class Files:
    """Complete deliveries of several files and a manifest. Fills `veerpont.systems.portal.Portal`."""

    complete = True
    shareable = False
    readable = False
    title = ("Bestanden", "Files")
    person_columns = OURS

    def knows_by_bsn(self, integration: Integration) -> bool:
        """Say no: it has numbers of its own."""
        return False

    def told_case(self, line: Line) -> ToldCase:
        """Refuse: it takes no absence."""
        raise TypeError("files takes no absence")

    def cut(self, line: Line, left: Sequence[tuple[int, AbsencePeriod]]) -> Line:
        """Refuse: it takes no absence."""
        raise TypeError("files takes no absence")

    def settles(self, integration: Integration) -> timedelta:
        """Return nothing: it takes what comes."""
        return timedelta(0)

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what is wrong with the portal's settings, or that it does not take the flow."""
        if flow is not Flow.PAYROLL:
            return [
                coded(
                    "files.not_taken",
                    "portals: the portal files does not take the flow {flow}; it takes {known}.",
                    flow=flow,
                    known=Flow.PAYROLL,
                )
            ]
        try:
            settings.read(integration, flow)
        except SettingsError as error:
            return [error.message]
        return []

    def names(self, integration: Integration, flow: Flow) -> frozenset[str]:
        """Return nothing: of payroll every column passes, whatever its name."""
        return frozenset()

    def line(self, integration: Integration, flow: Flow, record: Record) -> Line | Problem:
        """Return the line of `record`: one for each table and person, with all rows."""
        if not isinstance(record, PayrollEntry):
            raise TypeError(f"files takes PayrollEntry, not {type(record).__name__}")
        first, *more = record.rows
        return Line(
            id=record.id,
            key=record.key,
            employer=record.employer_code,
            portal_key=record.id,
            order=record.order,
            values=first,
            more=tuple(more),
            part=record.table,
        )

    def file_name(self, integration: Integration, flow: Flow, delivery_id: int, sha256: str, part: str = "") -> str:
        """Return `<flow>_<delivery>_<content>.tar`; at the receiver it is a folder, without the ending."""
        return f"{flow}_{delivery_id:08d}_{sha256[:12]}.tar"

    def render(
        self,
        integration: Integration,
        flow: Flow,
        lines: Iterable[Line],
        gone: Iterable[Line] = (),
        schema: Schema | None = None,
    ) -> Iterator[bytes]:
        """Yield a tar of the tables' files and their manifest. The same lines give the same bytes, unless encrypted.

        Raises SettingsError when the integration file lacks something or a value does not fit its column.
        """
        if sentences := self.missing(integration, flow):
            raise SettingsError(together(*sentences))
        if schema is None:
            raise VeerpontError("files: a delivery has no schema. Nothing was sent.")
        ours = settings.read(integration, flow)
        return delivery.pack(ours.format, ours.certificate(), lines, schema)

    def destination(self, integration: Integration, flow: Flow) -> str:
        """Return host, port and login, or the storage, and the folder."""
        return _hook(integration, flow).place(settings.read(integration, flow).folder)

    def account(self, integration: Integration, flow: Flow) -> Account | None:
        """Return the account at an SFTP server; None for object storage, where a path has one spelling."""
        return _hook(integration, flow).account(settings.read(integration, flow).folder)

    def temporary_ending(self, integration: Integration) -> str:
        """Return the ending at an SFTP server."""
        return PART

    def same_place(self, integration: Integration, flow: Flow, others: Sequence[Account]) -> list[Account]:
        """Return which of `others` the server says are our folder; raises as `deliver`."""
        return _hook(integration, flow).same(settings.read(integration, flow).folder, others)

    def try_connection(self, integration: Integration, flow: Flow) -> None:
        """Look whether folder or bucket is there; also raises SettingsError when the certificate ends in a month."""
        ours = settings.read(integration, flow)
        _hook(integration, flow).look(ours.folder)
        certificate = ours.certificate()
        if certificate and (warning := settings.ending(certificate)):
            raise SettingsError(warning)

    def deliver(self, integration: Integration, flow: Flow, name: str, content: Content) -> list[Refused]:
        """Bring the files across, the manifest last, and prove each; again with the same bytes changes nothing.

        Raises:
            SettingsError: wrong key, missing folder or bucket, another file of the same name.
            PassingError: the other side cannot be reached or dropped the connection.
        """
        own = name.removesuffix(".tar")
        folder = settings.read(integration, flow).folder
        _hook(integration, flow).bring(folder, own, delivery.unpack(content, own))
        return []


def _hook(integration: Integration, flow: Flow) -> "SftpReceiver | ObjectStorageHook":
    from veerpont.systems.files.hook import hook  # noqa: PLC0415  # Airflow only when needed

    return hook(entry(integration, flow, settings.NAME).connection)
