"""Loket.nl as a Source (systems.source)."""

from collections.abc import Callable, Iterator, Mapping, Set
from importlib import import_module

from veerpont.config.integration import Integration
from veerpont.config.settings import settings
from veerpont.model.failures import Problem, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.model.records import Record
from veerpont.model.schema import Schema
from veerpont.store.clock import Clock, now
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.answers import ONE_CONNECTION
from veerpont.systems.field_types import guid
from veerpont.systems.loket import customer, hours, records, rows
from veerpont.systems.loket.absences import AbsenceReader
from veerpont.systems.loket.client import PARALLEL, Client
from veerpont.systems.loket.memory import Memory
from veerpont.systems.loket.reading import Reader
from veerpont.systems.loket.resources import AUTHORISATIONS, EMPLOYERS, OF_FLOW
from veerpont.systems.source import AbsenceMarks, Asked, Lease, Note, Row, refused_settings
from veerpont.systems.source_row import SourceRow

Connect = Callable[[Integration, Note], Client]

_RECORDS: Mapping[Flow, Callable[[Row], Record | Problem]] = {
    Flow.EMPLOYERS: records.employer,
    Flow.ORGANIGRAM: records.department,
    Flow.EMPLOYEES: records.employment,
    Flow.ACCOUNTS: records.manager_unit,
    Flow.ABSENCE: records.absence_line,
    Flow.IBAN: records.bank_account,
    Flow.HOURS: hours.record,
}
_REMEMBERED: Mapping[Flow, Callable[[Reader, Memory], Iterator[list[Row]]]] = {
    Flow.EMPLOYEES: Reader.employments,
    Flow.ABSENCE: lambda reader, memory: AbsenceReader(reader, memory).absences(),
    Flow.IBAN: Reader.bank_accounts,
}
_SHARES = {Flow.EMPLOYEES: 7, Flow.ABSENCE: 7, Flow.IBAN: 100}
"""One of so many single items is read again with each run: every one in a week of nights, in a day of rounds."""

_SPELLED = {
    "Guid_medewerker": "employee.id",
    "GUID_verzuimverloop": "absenceProgress.id",
    "Type": "absence.causeOfAbsence.key",
    "Begindatum_voor_contract": "absence.progress.startDate",
    "Aanwezigheidspercentage": "absenceProgress.incapacityPercentage",
    "Datum_deelherstel": "absenceProgress.startDate",
    "Datum_hervatting": "absence.progress.endOfAbsence.date",
    "Vermoedelijke_bevallingsdatum": "absence.expectedDateOfChildbirth",
    "Werkelijke_bevallingsdatum": "(not in Loket)",
    "Leidinggevende_Guid": "user.contactInformation.emailAddress",
    "IBAN-nummer": "iban",
    "GUID": "employee.id",
}
_ROWS: Mapping[Flow, type[SourceRow]] = {
    Flow.EMPLOYERS: rows.EmployerRow,
    Flow.ORGANIGRAM: rows.DepartmentRow,
    Flow.EMPLOYEES: rows.EmploymentRow,
    Flow.ACCOUNTS: rows.ManagerRow,
    Flow.ABSENCE: rows.AbsenceRow,
    Flow.IBAN: rows.BankAccountRow,
}


def _connect(integration: Integration, note: Note) -> Client:
    # Imported when it is used: all but the reading works without Airflow.
    source = integration.source
    with ONE_CONNECTION:
        hook = import_module("veerpont.systems.loket.hook").LoketHook(source.connection)
        client: Client = hook.client(
            integration.name, source.calls_per_second, source.parallel_calls or PARALLEL, note=note
        )
    return client


class Loket:
    """Reads Loket's API through the Airflow connection that the integration names."""

    by_employer = True
    links_people = True
    tree = "derive"  # a chart has an employer (loket.md 3.2)
    recovery_date_is = "first_day_back"  # loket.md 3.6
    logins_end = None
    maintenance = None
    calls_per_day = None  # it has a pace (docs/reference/loket.md, 4)
    absence_marks = AbsenceMarks(
        needed=frozenset({
            *("absence.id", "absenceProgress.id", "absence.progress.startDate", "absenceProgress.startDate"),
        })
    )

    def __init__(self, connect: Connect = _connect, clock: Clock = now) -> None:
        self._connect = connect
        self._clock = clock

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what only the customer can know about its Loket and the file does not say."""
        return refused_settings(integration) + customer.missing(integration, flow)

    def login_ends(self, integration: Integration) -> bool:
        """Say no: its tokens renew themselves."""
        return False

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        """Return the fields that `names` and the rules need. Names that Loket does not have need none.

        Raises SettingsError for a flow that Loket does not deliver.
        """
        if flow not in _RECORDS:
            raise SettingsError(
                coded(
                    "loket.no_flow",
                    "Loket does not deliver the flow {flow}: remove it from the portals of the integration.",
                    flow=flow,
                )
            )
        return _ROWS[flow].needs(names) if flow in _ROWS else hours.FIELDS

    def names(self, flow: Flow) -> Set[str]:
        """Return our names of what Loket has of a flow."""
        return _ROWS[flow].asked().keys() if flow in _ROWS else frozenset()

    def pages(
        self, integration: Integration, flow: Flow, lease: Lease, note: Note, asked: Asked | None = None
    ) -> Iterator[list[Row]]:
        """Yield every row of the flow, an employer or a person at a time (see Source).

        One read of a connection at a time, so that its pace and its number of calls hold for all of them. All of it is
        held in memory: who takes the pages may be slow, and others wait for the connection.
        """
        with lease(self.queue(integration)):
            client = self._connect(integration, note)
            pages = list(self._read(Reader(client, integration, asked or Asked(), self._clock()), flow))
            note(f"Loket: {client.calls} calls.")
        yield from pages

    def queue(self, integration: Integration) -> str:
        """Return the connection: its pace and its tokens are one."""
        return f"loket:{integration.source.connection}"

    def _read(self, reader: Reader, flow: Flow) -> Iterator[list[Row]]:
        match flow:
            case Flow.EMPLOYERS:
                yield from reader.employers()
            case Flow.ORGANIGRAM:
                yield from reader.departments()
            case Flow.ACCOUNTS:
                yield from reader.managers()
            case Flow.HOURS:
                yield from hours.HoursReader(reader.client, reader.integration, reader.asked, reader.moment).hours()
            case _:
                memory = self._memory(reader.integration, flow)
                yield from _REMEMBERED[flow](reader, memory)
                memory.keep()

    def schema(self, integration: Integration, lease: Lease, note: Note) -> Schema:
        """Raise SettingsError: Loket delivers no tables of payroll data."""
        raise SettingsError(
            coded(
                "loket.no_payroll",
                "Loket does not deliver the flow payroll: remove it from the portals of the integration.",
            )
        )

    def try_connection(self, integration: Integration, flow: Flow, lease: Lease, names: Set[str]) -> None:
        """Ask for the employers, and whether the flow may do what it needs at each."""
        with lease(self.queue(integration)):
            client = self._connect(integration, lambda _: None)
            needed = {resource.activity for resource in OF_FLOW[flow]}
            for employer in client.rows(EMPLOYERS):
                allowed = {row.get("description") for row in client.rows(AUTHORISATIONS, str(employer["id"]))}
                if lacking := sorted(needed - allowed):
                    raise SettingsError(
                        coded(
                            "loket.not_allowed",
                            "At employer {employer} Loket does not allow {lacking}. Ask Loket to link these "
                            "activities to the client, and the customer's Loket administrator to give their rights "
                            "to the user of the link.",
                            employer=employer.get("employerNumber"),
                            lacking=", ".join(lacking),
                        )
                    )

    def key(self, flow: Flow, row: Row) -> str | None:
        """Return the record key: an employer's number, a department's with its employer, else a GUID.

        A user who manages departments and is no employee that we know has `user:<GUID>`.
        """
        match flow:
            case Flow.EMPLOYERS:
                return self.employer_code(flow, row)
            case Flow.ORGANIGRAM:
                code = _code(row.get("code"))
                return code and f"{self.employer_code(flow, row)}/{code}"
            case Flow.ABSENCE:
                return _guid(row.get("absenceProgress.id"))
            case Flow.ACCOUNTS:
                user = _guid(row.get("user.id"))
                return _guid(row.get("employee.id")) or (user and f"user:{user}")
            case Flow.HOURS:
                return hours.record_key(row)
        return _guid(row.get("employee.id"))

    def group(self, flow: Flow, row: Row) -> str | None:
        """Return the GUID of an absence, the code of the department that a user manages, or above one; else None."""
        if flow is Flow.ABSENCE:
            return _guid(row.get("absence.id"))
        return _code(row.get({Flow.ACCOUNTS: "department.code", Flow.ORGANIGRAM: "subDepartmentOf.code"}.get(flow, "")))

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        """Return the employer's number; None in the flow iban, which has none."""
        return _code(row.get("employerNumber"))

    def spelled(self, flow: Flow, field: str) -> str:
        """Return the field of Loket that one of our names comes from, or that stands for one of AFAS's."""
        asked = _ROWS[flow].asked() if flow in _ROWS else {}
        return next(iter(asked.get(field, ())), _SPELLED.get(field, field))

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        """Turn one row into a record."""
        return _RECORDS[flow](row)

    def _memory(self, integration: Integration, flow: Flow) -> Memory:
        ours = settings()
        vault = Vault(ours.vault, ours.vault_keys)
        return Memory(Ledger(ours.ledger), vault, integration.name, flow, _SHARES[flow], self._clock)


def _code(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else None


def _guid(value: object) -> str | None:
    return (guid(value) or None) if isinstance(value, str) else None
