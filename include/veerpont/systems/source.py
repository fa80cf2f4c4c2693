"""What a source must be able to do. Adding one: a folder that fills this protocol, and a line in `registry.SYSTEMS`."""

from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.model.records import Record
from veerpont.model.schema import Schema
from veerpont.rules.calendar import Maintenance

Row = dict[str, object]
"""What the source sent, untouched: field names as the source spells them → JSON values."""

Lease = Callable[[str], AbstractContextManager[object]]
"""Given a name, enter when nobody else holds it. Sources hold one around each call that must not run in parallel.

Raises PassingError when another run holds it for too long."""

Note = Callable[[str], None]
"""Takes a sentence for whoever reads the log: an added field, removed duplicates. Never a personal value."""


@dataclass(frozen=True)
class Asked:
    """What the answer is wanted for; what is None does not limit. More than was asked does no harm.

    employers: the codes of the employers whose rows are wanted. fields: the source's fields that are kept of a row.

    period: year and number of the one period of which hours are wanted.

    schema: the tables and columns that rows of payroll data have; one that is not in it is an error.

    The others say which absence lines:

    changed_since: lines of which the line or the case was changed at or after this moment (aware).
    not_ended_before: lines of cases that are open or ended on this day or later.
    began_from, began_before: lines of cases that began on the first day or later, and before the second.
    wide: ask the connector that shows every case, where the integration has such a one besides.
    """

    changed_since: datetime | None = None
    not_ended_before: date | None = None
    began_from: date | None = None
    began_before: date | None = None
    wide: bool = False
    employers: Set[str] | None = None
    fields: Set[str] | None = None
    period: tuple[int, int] | None = None
    schema: Schema | None = None


NO_FAILURE = frozenset({"no_manager", "no_employment"})
"""Reasons of rows that are out of scope by a rule: they are filtered, and no rejects."""


@dataclass(frozen=True)
class AbsenceMarks:
    """What tells whether a line of absence can be believed.

    needed: the fields that are never empty, of texts. moments: those that say when the line and its case were last
    changed; none where the source does not say.
    """

    needed: frozenset[str]
    moments: tuple[str, ...] = ()


def refused_settings(integration: Integration) -> list[Words]:
    """Return the sentence that refuses `source.settings`, for a source that takes none."""
    source = integration.source
    names = ", ".join(map(str, source.settings))
    return (
        [
            coded(
                "settings.source_none",
                "source.settings: {system} takes no settings; take out {names}.",
                system=source.system,
                names=names,
            )
        ]
        if names
        else []
    )


class Source(Protocol):
    """One system that rows come from.

    by_employer: it is read one employer at a time, and shows nothing of those that are not asked for. absence_marks:
    what tells whether a line of absence can be believed. links_people: people decide about each new employee, whether
    and as whom the portal gets them. tree: how its departments are placed, and recovery_date_is: what its date of
    recovery means, where that is the same for every customer. logins_end: the day from which a kind of login is refused
    that connections may still have. maintenance: the hours in which it may be away, if it has such hours.
    calls_per_day: what no customer needs in a day, so that more of them are a fault; None: not known.
    """

    by_employer: bool
    absence_marks: AbsenceMarks
    links_people: bool
    tree: str | None
    recovery_date_is: str | None
    logins_end: date | None
    maintenance: Maintenance | None
    calls_per_day: int | None

    def missing(self, integration: Integration, flow: Flow) -> list[Words]:
        """Return what it needs of the integration file for a flow and does not find there, one sentence each."""

    def login_ends(self, integration: Integration) -> bool:
        """Tell whether the connection has the kind of login that is refused from `logins_end`.

        Only the connection is looked at. Raises when it is missing.
        """

    def fields(self, flow: Flow, names: Set[str]) -> frozenset[str]:
        """Return the source's fields that `names` (ours) and the rules need; nothing else of a row is kept."""

    def names(self, flow: Flow) -> Set[str]:
        """Return our names of what this source can have of a flow, whether a customer shows it or not."""

    def pages(
        self, integration: Integration, flow: Flow, lease: Lease, note: Note, asked: Asked | None = None
    ) -> Iterator[list[Row]]:
        """Yield every row of the flow, page by page; ending without an exception means the read was complete.

        `asked` limits the flow absence to some of its lines; the other flows are always read whole, of the employers
        that are asked for at least. Checks first that it is the right environment and that the fields are there. Pages
        do not overlap.

        Raises:
            SettingsError: cannot succeed before a person changes something (token, environment, field, page size).
            DriftError: rows moved during the read; the caller may read once more from the start.
            PassingError: maintenance, a reset connection, a truncated body, after a few tries of that page.
        """

    def queue(self, integration: Integration) -> str:
        """Return whose calls must follow each other: of two integrations with the same one, one waits for the other."""

    def schema(self, integration: Integration, lease: Lease, note: Note) -> Schema:
        """Ask which tables of payroll data there are, with their columns, in the order in which `pages` yields them.

        Raises as `pages` does; SettingsError when this source has none, or not the columns that the settings name.
        """

    def try_connection(self, integration: Integration, flow: Flow, lease: Lease, names: Set[str]) -> None:
        """Ask what has to be true before a row of the flow is read; no row is read.

        names: our names of what the portals get: fields that these need have to be there. Raises as `pages` does.
        """

    def key(self, flow: Flow, row: Row) -> str | None:
        """Return the record key of a row, valid or not; None when it has neither GUID nor number.

        Facts: docs/reference/keys.md, 2.
        """

    def group(self, flow: Flow, row: Row) -> str | None:
        """Return the key of what a row belongs to beside its person: an absence line's case, the department of a
        manager's row, the unit above a department; None in the other flows, and where the row does not say it."""

    def employer_code(self, flow: Flow, row: Row) -> str | None:
        """Return the employer code of a row, None when it has none (bad row, or a flow without employers)."""

    def spelled(self, flow: Flow, field: str) -> str:
        """Return how this source spells a field of a flow that we name by our name, or as AFAS does.

        What has no field there keeps its name.
        """

    def record(self, flow: Flow, row: Row) -> Record | Problem:
        """Turn one row into a record. Fields that were not kept count as empty."""
