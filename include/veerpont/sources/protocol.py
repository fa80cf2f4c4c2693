"""What a source must be able to do. Adding one: a folder that fills this protocol, and a line in `sources.SOURCES`."""

from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager
from typing import Protocol

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.records import Record

Row = dict[str, object]
"""What the source sent, untouched: field names as the source spells them → JSON values."""

Lease = Callable[[str], AbstractContextManager[object]]
"""Given a name, enter when nobody else holds it. Sources hold one around each call that must not run in parallel.

Raises PassingError when another run holds it for too long."""

Note = Callable[[str], None]
"""Takes a sentence for whoever reads the log: an added field, removed duplicates. Never a personal value."""


class Source(Protocol):
    """One system that rows come from."""

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        """Return the source's fields that `names` (ours) and the rules need; nothing else of a row is kept."""

    def pages(self, integration: Integration, flow: Flow, lease: Lease, note: Note) -> Iterator[list[Row]]:
        """Yield every row of the flow, page by page; ending without an exception means the read was complete.

        Checks first that it is the right environment and that the fields are there. Pages do not overlap.

        Raises:
            SettingsError: cannot succeed before a person changes something (token, environment, field, page size).
            DriftError: rows moved during the read; the caller may read once more from the start.
            PassingError: maintenance, a reset connection, a truncated body, after a few tries of that page.
        """

    def key(self, flow: Flow, row: Row) -> str | None:
        """Return the record key of a row, valid or not (DESIGN section 2); None when it has neither GUID nor number."""

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        """Return the employer code of a row, None when it has none (bad row, or a flow without employers)."""

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        """Turn one row into a record. Fields that were not kept count as empty."""
