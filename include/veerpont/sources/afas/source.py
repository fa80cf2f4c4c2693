"""AFAS Profit as a Source (sources.protocol)."""

from collections.abc import Callable, Iterator, Set
from importlib import import_module

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.records import Record
from veerpont.sources.afas.client import Client
from veerpont.sources.afas.connectors import connector
from veerpont.sources.afas.reader import Reader
from veerpont.sources.afas.records import guid
from veerpont.sources.protocol import Asked, Lease, Note, Row


def _connect(connection_id: str) -> Client:
    # Imported when it is used: all but the reading works without Airflow.
    client: Client = import_module("veerpont.sources.afas.hook").AfasHook(connection_id).client()
    return client


class Afas:
    """Reads GetConnectors through the Airflow connection that the integration names."""

    def __init__(self, connect: Callable[[str], Client] = _connect) -> None:
        self._connect = connect

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        """Return the fields that `names` and the rules need. Names that AFAS does not deliver need none."""
        source = connector(flow)
        return source.always.union(*(source.fields.get(name, ()) for name in names))

    def pages(
        self, integration: Integration, flow: Flow, lease: Lease, note: Note, asked: Asked | None = None
    ) -> Iterator[list[Row]]:
        """Yield every row of the flow, page by page (see Source)."""
        source, settings = connector(flow), integration.source
        name = settings.connectors.get(flow, source.id)
        reader = Reader(self._connect(settings.connection), lease, note, settings.parallel_calls)
        fields = reader.check(settings.environment, name, source.row.types())
        if source.order:
            yield from reader.sorted_rows(name, source.order, fields)
        else:
            yield from reader.unsorted_rows(name, fields)

    def key(self, flow: Flow, row: Row) -> str | None:
        """Return the record key: an employer's or unit's code, a person's GUID, else `number:<personnel number>`."""
        source = connector(flow)
        value = _code(row.get(source.key))
        if flow is not Flow.EMPLOYEES:
            return value
        if value and guid(value):
            return guid(value)
        number = _code(row.get("Personeelsnummer"))
        return f"number:{number}" if number else None

    def group(self, flow: Flow, row: Row) -> str | None:
        """Return an absence line's case."""
        return None

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        """Return the employer code of a row; None in the organisation chart, which has no employers."""
        field = connector(flow).employer
        return _code(row.get(field)) if field else None

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        """Turn one row into a record."""
        return connector(flow).record(row)


def _code(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None
