"""What a person sees first: of every flow the last run with its books, whether it is late, and what waits for somebody.

Late here is what a page may say at any minute. The mail of 07:00 asks what arrived since 21:00 (`digest`), and an alert
waits for longer (`rules.calendar.lasts`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import BY_DAY, Flow
from veerpont.model.messages import Words
from veerpont.rules.calendar import open_time
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import live, rejects, runs
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.rejects import OpenRejects
from veerpont.store.runs import Key, LastRun
from veerpont.store.tables import Delivery, EmployerState

NIGHTLY_LIMIT = timedelta(hours=26)
"""How long a nightly flow may be without a success; those of the day have their opening time (model.flows.FlowPace)."""
SUCCEEDED = ("success", "held")
"""States of a run that read everything: what is held waits for a person and is counted apart."""


class TodayLine(NamedTuple):
    """One flow of one integration to one portal."""

    integration: str
    flow: str
    portal: str
    last: LastRun | None
    success_at: datetime | None
    late: bool
    rejects: int
    questions: int
    held: int

    @property
    def state(self) -> str:
        """How the last run went; one of which something is held is held, whatever else crossed."""
        state = self.last.state if self.last else ""
        return "held" if self.held and state == "success" else state

    @property
    def waits(self) -> int:
        """How many things need a person."""
        return self.rejects + self.held


@dataclass
class Customer:
    """One integration: its flows, and what is wrong with its file when it cannot be used."""

    name: str
    title: str
    lines: list[TodayLine] = field(default_factory=list)
    rejects: dict[str, OpenRejects] = field(default_factory=dict)
    """Of each flow that has open ones."""
    pending: int = 0
    broken: Words = ""
    waits: bool = False
    """Whether nobody has taken it live yet: the schedule leaves it out."""


_NONE = OpenRejects(0, 0, 0, 0)


def is_late(flow: str, success_at: datetime | None, moment: datetime) -> bool:
    """Tell whether a flow has been without a success for longer than it should.

    A nightly flow may take 26 hours; a flow of the day as much of the opening hours as its pace says, so that the night
    does not count. One that never succeeded is not late: it is new, and says so.
    """
    if success_at is None:
        return False
    pace = BY_DAY.get(flow)
    if pace is None:
        return moment - success_at > NIGHTLY_LIMIT
    return open_time(success_at, moment) > pace.late


def overview(
    session: Session, found: Mapping[str, Integration], broken: Mapping[str, SettingsError], moment: datetime
) -> list[Customer]:
    """Return every integration with its flows, in the order of a night.

    Args:
        found, broken: the integration files (`read_integrations`). What only the ledger knows is shown as well.
        moment: the present one.
    """
    waiting = live.waiting(session, found)
    customers = {name: Customer(name, item.customer, waits=name in waiting) for name, item in found.items()}
    for name, error in broken.items():
        customers.setdefault(name, Customer(name, name)).broken = error.message
    wanted: set[Key] = {
        (name, str(flow), str(item.portal))
        for name, one in found.items()
        for item in one.portals
        for flow in item.flows
    }
    for name in runs.integrations(session) - found.keys():
        known = runs.keys(session, name)
        with_portal = {flow for _, flow, portal in known if portal}
        wanted |= {key for key in known if key[2] or key[1] not in with_portal}
    last = runs.newest(session, wanted)
    succeeded = {key: row for key, row in last.items() if row.state in SUCCEEDED}  # mostly all of them
    succeeded |= runs.newest(session, wanted - succeeded.keys(), SUCCEEDED)
    opened, held, pending = rejects.opened(session), _held(session), _pending(session)
    for name, flow, portal in sorted(wanted, key=_order):
        row = last.get((name, flow, portal))
        won = succeeded.get((name, flow, portal))
        success = won.ended_at if won else None
        idle = row is not None and row.state == "skipped" and not row.kind  # it waits for another flow, as it should
        wrong = opened.get((name, flow), _NONE)
        customers.setdefault(name, Customer(name, name)).lines.append(
            TodayLine(
                integration=name,
                flow=flow,
                portal=portal,
                last=row,
                success_at=success,
                late=not idle and name not in waiting and is_late(flow, success, moment),
                rejects=wrong.rejects,
                questions=wrong.questions,
                held=held.get((name, flow, portal), 0),
            )
        )
    for name, count in pending.items():
        customers.setdefault(name, Customer(name, name)).pending = count
    for (name, flow), wrong in opened.items():
        if name in customers:
            customers[name].rejects[flow] = wrong
    return [customers[name] for name in sorted(customers)]


def nights(session: Session, names: Collection[str], moment: datetime, count: int) -> dict[str, list[str]]:
    """Return how the last nights went for some integrations, the oldest first; empty where nothing ran.

    The worst of what ran: failed, held, success. A run after midnight is of the night that began the evening before.
    """
    tonight = _night(moment)
    worst: dict[tuple[str, date], str] = {}
    for name, began, state in runs.nights(session, names, moment - timedelta(days=count)):
        key = name, _night(began)
        worst[key] = min(worst.get(key, ""), state, key=lambda each: _WORST.get(each, 5))
    days = [tonight - timedelta(days=back) for back in range(count - 1, -1, -1)]
    return {name: [worst.get((name, day), "") for day in days] for name in names}


_WORST = {"failed": 0, "held": 1, "success": 2, "skipped": 3, "running": 4, "": 5}


def _night(moment: datetime) -> date:
    return (moment.astimezone(AMSTERDAM) - timedelta(hours=7)).date()


def _held(session: Session) -> dict[tuple[str, str, str], int]:
    query = (
        select(Delivery.integration, Delivery.flow, Delivery.portal, func.count())
        .where(Delivery.state == State.HELD, Delivery.decided_by.is_(None))
        .group_by(Delivery.integration, Delivery.flow, Delivery.portal)
    )
    return {(name, flow, portal): count for name, flow, portal, count in session.execute(query)}


def _pending(session: Session) -> dict[str, int]:
    query = (
        select(EmployerState.integration, func.count().label("pending"))
        .where(EmployerState.state == Gate.PENDING)
        .group_by(EmployerState.integration)
    )
    return {row.integration: row.pending for row in session.execute(query)}


_PLACES = {str(flow): place for place, flow in enumerate(Flow)}


def place(flow: str) -> tuple[int, str]:
    """Return what sorts flows as a night has them; what is no flow of ours any more comes last."""
    return _PLACES.get(flow, len(_PLACES)), flow


def _order(key: Key) -> tuple[str, int, str, str]:
    name, flow, portal = key
    return name, *place(flow), portal
