"""AFAS Profit as a Source (systems.source)."""

import re
from collections.abc import Callable, Iterator, Set
from contextlib import nullcontext
from datetime import date, time
from importlib import import_module

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.model.records import Record
from veerpont.model.schema import Schema
from veerpont.rules.calendar import Maintenance
from veerpont.systems.afas import payroll
from veerpont.systems.afas.absence import ABSENCE_MARKS, question
from veerpont.systems.afas.client import Client
from veerpont.systems.afas.connectors import CONNECTORS, connector
from veerpont.systems.afas.reader import Reader
from veerpont.systems.afas.rows import EmployeeRow
from veerpont.systems.answers import ONE_CONNECTION
from veerpont.systems.field_types import guid
from veerpont.systems.prefetch import ahead
from veerpont.systems.source import Asked, Lease, Note, Row, refused_settings

_PERSONNEL_NUMBER = EmployeeRow.spelled("personnel_number")
_KEYED_BY_CODE = {Flow.EMPLOYERS, Flow.ORGANIGRAM}
_OFTEN = {Flow.IBAN}
"""Every 5 minutes: one call is saved by not asking the version, which the other flows tell. It only explains changes
after an upgrade; what protects (whose environment, which fields, whether that was the last row) is asked at every read.
The few calls that are left are made in one turn of the member number."""


def _connect(connection_id: str) -> Client:
    # Imported when it is used: all but the reading works without Airflow.
    with ONE_CONNECTION:
        client: Client = import_module("veerpont.systems.afas.hook").AfasHook(connection_id).client()
    return client


class Afas:
    """Reads GetConnectors through the Airflow connection that the integration names."""

    by_employer = False
    absence_marks = ABSENCE_MARKS
    links_people = False
    tree = None
    recovery_date_is = None
    logins_end = date(2027, 5, 1)  # the classic tokens (afas.md, facts that cost most)
    maintenance = Maintenance("AFAS", time(19), time(7))  # patches, maintenance (docs/reference/afas.md, 6.3)
    calls_per_day = 100_000  # more than a call each second: a customer of 100,000 people makes some 30,000

    def __init__(self, connect: Callable[[str], Client] = _connect) -> None:
        self._connect = connect

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what only the customer can know about the connectors and the file does not say."""
        sentences = refused_settings(integration)
        if flow is Flow.HOURS:
            return [*sentences, coded("afas.no_hours", "hours: the source must be loket.")]
        if flow is Flow.PAYROLL:
            return sentences + integration.payroll.missing(integration.is_sandbox)
        unsaid = "connector_window" not in integration.absence.model_fields_set
        if flow is Flow.ABSENCE and unsaid and not integration.is_sandbox:
            sentences.append(
                coded(
                    "afas.connector_window",
                    "absence.connector_window is missing: the days of the filter inside the customer's "
                    "connector, or null when it has none.",
                )
            )
        return sentences

    def login_ends(self, integration: Integration) -> bool:
        """Tell whether it is a classic token, and not an OAuth client."""
        hook = import_module("veerpont.systems.afas.hook").AfasHook(integration.source.connection)
        return bool(hook.has_classic_token)

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        """Return the fields that `names` and the rules need. Names that AFAS does not deliver need none."""
        if flow is Flow.PAYROLL:
            return payroll.FIELDS
        return connector(flow).row.needs(names)

    def names(self, flow: Flow) -> Set[str]:
        """Return our names of what a connector can have; of payroll data every column passes, whatever its name."""
        return connector(flow).row.asked().keys() if flow in CONNECTORS else frozenset()

    def pages(
        self, integration: Integration, flow: Flow, lease: Lease, note: Note, asked: Asked | None = None
    ) -> Iterator[list[Row]]:
        """Yield every row of the flow, page by page (see Source).

        Of absence: those that `asked` is about, filtered by AFAS and not once more here (see absence.question).
        """
        if flow is Flow.PAYROLL:
            schema = asked.schema if asked and asked.schema else self.schema(integration, lease, note)
            yield from payroll.pages(self._reader(integration, lease, note), integration, schema)
            return
        source, settings = connector(flow), integration.source
        name, setting, filters = settings.connectors.get(flow, source.id), "source.connectors", {}
        if flow is Flow.ABSENCE and asked:
            absence = integration.absence
            windowed = absence.connector_window is not None
            if asked.wide and absence.reconciliation_connector:
                name, setting, windowed = absence.reconciliation_connector, "absence.reconciliation_connector", False
            filters = question(asked, windowed)
        often = flow in _OFTEN
        reader = self._reader(integration, lease, note)
        with reader.one_turn() if often else nullcontext(reader) as reader:
            needs = source.needs(asked.fields if asked else None)
            fields = reader.check(settings.environment, name, source.row, needs, setting, version=not often)
            if source.order:
                pages = reader.sorted_rows(name, source.order, fields, filters)
                yield from pages if often else ahead(pages)
            else:
                yield from reader.unsorted_rows(name, fields)

    def queue(self, integration: Integration) -> str:
        """Return the member number, which the name of the environment has in it (docs/reference/afas.md, 1)."""
        environment = integration.source.environment or ""
        return "afas:" + (re.sub(r"\D", "", environment) or environment)

    def _reader(self, integration: Integration, lease: Lease, note: Note) -> Reader:
        settings = integration.source
        return Reader(self._connect(settings.connection), lease, note, settings.parallel_calls or 1)

    def schema(self, integration: Integration, lease: Lease, note: Note) -> Schema:
        """Ask the four connectors of payroll data which fields they have, in the right environment."""
        reader = self._reader(integration, lease, note)
        found = payroll.schema(reader, integration)
        reader.note_version()
        return found

    def try_connection(self, integration: Integration, flow: Flow, lease: Lease, names: Set[str]) -> None:
        """Ask whose environment answers, and whether each connector of the flow has the fields that are needed."""
        if flow is Flow.PAYROLL:
            payroll.schema(self._reader(integration, lease, lambda _: None), integration)
            return
        source, settings = connector(flow), integration.source
        called = {"source.connectors": settings.connectors.get(flow, source.id)}
        if flow is Flow.ABSENCE and integration.absence.reconciliation_connector:
            called["absence.reconciliation_connector"] = integration.absence.reconciliation_connector
        reader = self._reader(integration, lease, lambda _: None)
        needs = source.needs(self.fields(flow, names))
        for setting, name in called.items():
            reader.check(settings.environment, name, source.row, needs, setting, version=False)

    def key(self, flow: Flow, row: Row) -> str | None:
        """Return the record key: an employer's or unit's code, else the GUID of a person or an absence line.

        A person of the flow employees without one has `number:<personnel number>`, and everybody in the flow payroll.
        An account's person is the manager.
        """
        if flow is Flow.PAYROLL:
            return payroll.key(row)
        source = connector(flow)
        if flow in _KEYED_BY_CODE:
            return _code(row.get(source.key))
        found = _guid(row.get(source.key))
        if found or flow is not Flow.EMPLOYEES:
            return found
        number = _code(row.get(_PERSONNEL_NUMBER))
        return f"number:{number}" if number else None

    def group(self, flow: Flow, row: Row) -> str | None:
        """Return the GUID of an absence line's case, the code of a manager's unit, or above a unit; else None."""
        if flow is Flow.PAYROLL:
            return None
        value = row.get(connector(flow).group or "")
        return _guid(value) if flow is Flow.ABSENCE else _code(value)

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        """Return the employer code of a row; None in the flows that have none (organigram, accounts, iban)."""
        if flow is Flow.PAYROLL:
            return payroll.employer_code(row)
        field = connector(flow).employer
        return _code(row.get(field)) if field else None

    def spelled(self, flow: Flow, field: str) -> str:
        """Return the column of the flow's GetConnector that one of our names comes from."""
        return field if flow is Flow.PAYROLL else next(iter(connector(flow).row.asked().get(field, ())), field)

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        """Turn one row into a record."""
        return payroll.entry(row) if flow is Flow.PAYROLL else connector(flow).record(row)


def _code(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _guid(value: object) -> str | None:
    return (guid(value) or None) if isinstance(value, str) else None
