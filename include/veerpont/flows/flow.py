"""What the engine asks of a flow. A new one is a module with a subclass, and a line in `flows.FLOWS`.

The methods of `BaseFlow` say what is true of an ordinary flow; each flow says only where it is another one.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date
from enum import StrEnum
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.flows.building import Building
from veerpont.flows.codes import CodeTable
from veerpont.flows.flow_load import Companion, FlowLoad
from veerpont.flows.job import Job, Transformed
from veerpont.flows.reading import Reading
from veerpont.model.lines import Line
from veerpont.model.messages import Words
from veerpont.model.records import Record
from veerpont.store import employers
from veerpont.store.employers import Gate
from veerpont.store.leases import LeaseGuard
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Decision, EmployerState
from veerpont.store.vault import Sequence

Loads = Callable[[str, Sequence | None], FlowLoad]
"""Begins the load to a portal, by its name and the snapshot of what it was told."""


class CoverState(StrEnum):
    """How a month of an employer stands: nobody asked, asked without a whole answer, got, told to the portals too.

    live: it was never asked for by itself, since the reads of the day bring it.
    """

    GAP = "gap"
    ASKED = "asked"
    GOT = "got"
    DELIVERED = "delivered"
    LIVE = "live"


class MonthCover(NamedTuple):
    """One month (`2026-11`; `<2026-11`: all before it) of one employer. `got`: how many lines came; None unasked."""

    employer: str
    month: str
    state: CoverState
    got: int | None


class Place(Protocol):
    """What is kept of one integration, as far as it says why a record is not there."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def name(self) -> str: ...

    @property
    def integration(self) -> Integration | None: ...

    @property
    def gate(self) -> Mapping[str, EmployerState]: ...

    @property
    def closed(self) -> str:
        """The codes of the employers that are not active, for people."""

    def has_crossed(self, key: str) -> bool:
        """Tell whether the portals have an employee with this key."""


class BaseFlow:
    """One kind of data: what is particular about reading, building, comparing and removing it.

    `record`: what a portal gets of it. `load`: what is particular about comparing and removing. `tables`: the settings
    that map its codes, and that people may fill in at the desk.
    """

    record: type[Record]
    load: type[FlowLoad] = FlowLoad
    tables: tuple[CodeTable, ...] = ()

    # -- the gate ------------------------------------------------------------------------------------------------------

    def late_days(self, integration: Integration) -> int:
        """Return how many days after the end of an employer's service its rows are still looked at."""
        return 0

    def gate(self, session: Session, integration: Integration, today: date) -> dict[str, Gate]:
        """Return employer code → state, as it is for this flow today."""
        return employers.gate(session, integration.name, today, self.late_days(integration))

    # -- reading -------------------------------------------------------------------------------------------------------

    def unmapped(self, _integration: Integration) -> list[Words]:
        """Return what the integration file maps nothing of, so that every record would be a reject, for `check`."""
        return []

    def unmapped_at(self, integration: Integration, employers: Iterable[str]) -> list[str] | None:
        """Return of which of these employers nothing is mapped; None where a flow has nothing to map by employer."""
        return None

    def uncovered(self, session: Session, integration: Integration, today: date) -> dict[str, list[str]] | None:
        """Return active employer → the months that the portal needs and nobody asked for; None without a history."""
        return None

    def coverage(self, session: Session, integration: Integration, today: date) -> list[MonthCover]:
        """Return how each month that the portal needs stands, by employer; nothing without a history."""
        return []

    def waits(self, gate: Mapping[str, Gate]) -> str:
        """Say why nothing is read now; empty: it is read. `gate`: employer code → state."""
        if Gate.ACTIVE in gate.values():
            return ""
        if Gate.OVER in gate.values():
            return (
                "The service of every active employer is over: nothing is read. If that is wrong, give its days again "
                "with `veerpont employers activate`; once the portal does not cover it any more, deactivate it."
            )
        return "No employer is active: nothing is read. Activate one with `veerpont employers activate`."

    def employers(self, gate: Mapping[str, Gate]) -> Set[str] | None:
        """Return the employers whose rows are asked for; None: of every one."""
        return {code for code, state in gate.items() if state is Gate.ACTIVE}

    def scope(self, job: Job) -> str:
        """Return which part of the rows this run asks for; empty: all."""
        return ""

    def names(self, job: Job) -> frozenset[str]:
        """Return our names of what is needed of a row beside what the portals get."""
        return frozenset()

    def read(self, reading: Reading) -> None:
        """Stage the rows that may be kept."""
        raise NotImplementedError

    # -- building ------------------------------------------------------------------------------------------------------

    def build(self, building: Building) -> None:
        """Stage the records that the staged rows make, in the order of a file."""
        raise NotImplementedError

    # -- loading -------------------------------------------------------------------------------------------------------

    def loads(self, job: Job, transformed: Transformed, guard: LeaseGuard) -> Loads:
        """Do what comes before the loads to all portals; `guard`: the lease of the flow's loads."""
        return partial(self.load, job, transformed, self.record)

    def taken_back(self, job: Job, pointers: Mapping[str, Sequence], refused: Set[str]) -> Iterable[Companion]:
        """Return what else becomes current when the portal refused some lines of a delivery.

        Args:
            pointers: what would have become current, by kind.
            refused: the ids of the lines.
        """
        return ()

    def may_end(self, job: Job, line: Line) -> bool:
        """Tell whether a complete file without this line, which the portal has, ends it there."""
        return True

    # -- one record, and one person ------------------------------------------------------------------------------------

    def why_not(self, place: Place, key: str) -> str:
        """Say why nothing is known of a record."""
        return "the source did not show it, or it was filtered."

    def decisions(self, session: Session, integration: str, key: str) -> Iterable[Decision]:
        """Return what people decided about a record, beside what they decided about deliveries; the oldest first."""
        return ()

    def own_keys(self, line: Line) -> set[str]:
        """Return the keys of a line that say nothing of whose it is, where only what is in it does."""
        return set()

    def known_as(self, line: Line, _bsns: Set[str]) -> Iterable[str]:
        """Return by what else than its record key people ask for a line: never a citizen-service number.

        Args:
            _bsns: the columns in which such a number may stand.
        """
        return (line.alias,) if line.alias else ()

    def employments(self, line: Line) -> set[str]:
        """Return the ids of the employments that a line is of."""
        return set()

    def once(self, line: Line) -> Iterable[str]:
        """Return what a portal may be told once only in all of an account, whatever the employer."""
        return ()

    def texts(self, line: Line) -> set[str]:
        """Return by what a portal's files may show whose line it is, beside numbers."""
        return set()

    def to_remove(self, lines: Mapping[str, str]) -> Mapping[str, str]:
        """Return which lines (id → employer) of somebody who was forgotten the portal has to lose."""
        return lines

    def may_show(self, looked: Callable[[], bool]) -> bool:
        """Tell whether a stored delivery may show a person; `looked`: looks into it."""
        return looked()


def why_not_of_a_person(place: Place, key: str) -> str:
    """Say why nothing is known of somebody in a flow that follows the employees."""
    if not place.has_crossed(key):
        return "filtered: employees brought nobody with this key at an active employer."
    return "employees brought this person, and the source did not show a row of this flow."
