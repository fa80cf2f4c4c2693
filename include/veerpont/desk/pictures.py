"""How things went over time, as numbers: what the desk draws and writes into tables (`desk.web.pages.pictures`).

Each question is one query that groups in the database, by parts of a day in UTC that begin with whole hours: so does
every Dutch day, morning and night, in summer an hour earlier than in winter.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from veerpont.desk.rejects import AGES
from veerpont.model.flows import NIGHTLY
from veerpont.rules.calendar import NIGHT_BEGINS, NIGHT_ENDS, last_morning
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import runs
from veerpont.store.deliveries import State
from veerpont.store.runs import Key
from veerpont.store.tables import Delivery, Reject, Run

RUNS = 60
"""Runs of each flow."""
DAYS = 30
"""Days, mornings, or nights of one customer."""
NIGHTS = 14
"""Nights of all customers."""
_DAY = timedelta(days=1)
_MIDNIGHT, _MORNING, _NIGHT = (22, 23), (5, 6), (5, 6, 19, 20)
"""In UTC, in summer and in winter: 00:00; 07:00; the night, from 21:00 to 07:00."""


# -- what became of the rows -------------------------------------------------------------------------------------------


def last_runs(session: Session, key: Key, count: int = RUNS) -> list[Run]:
    """Return the last runs of a flow that read or failed, the oldest first.

    Of those that were skipped nothing is to be seen, and historic loads are no runs of their flow (`runs.newest`).
    """
    integration, flow, portal = key
    query = (
        select(Run)
        .where(Run.integration == integration, Run.flow == flow)
        .where(or_(Run.portal == portal, (Run.portal == "") & (Run.state == "failed")))
        .where(Run.state.in_(("success", "held", "failed")))
        .order_by(Run.started_at.desc(), Run.id.desc())
        .limit(count)
    )
    return list(session.scalars(query))[::-1]


# -- rejects -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RejectCourse:
    """How many rejects were open at some moments: by reason, and by age (`new` or a key of `rejects.AGES`)."""

    moments: list[datetime]
    by_reason: dict[str, list[int]]
    by_age: dict[str, list[int]]


def reject_course(session: Session, integration: str | None, moment: datetime) -> RejectCourse:
    """Return the open rejects at 07:00 of each of the last days, as the mail of that morning had them.

    As far as the ledger still knows: a reject that came back counts from when it came back, under its present reason.
    What is ignored is left out, also of the days before somebody ignored it.
    """
    today = last_morning(moment)
    moments = [today - _DAY * back for back in range(DAYS - 1, -1, -1)]
    first = _part(session, Reject.first_seen, *_MORNING)
    oldest = moments[0] - max(AGES.values()) - _DAY
    first = case((Reject.first_seen < oldest, literal("")), else_=first).label("first")
    closed = _part(session, Reject.closed_at, *_MORNING).label("closed")
    query = select(first, closed, Reject.reason, func.count()).group_by("first", "closed", Reject.reason)
    query = query.where(or_(Reject.state == "open", (Reject.state == "closed") & (Reject.closed_at >= moments[0])))
    marks, ages = [at.timestamp() for at in moments], [age.total_seconds() for age in AGES.values()]
    by_reason: dict[str, list[int]] = defaultdict(lambda: [0] * (len(moments) + 1))
    by_age = {age: [0] * (len(moments) + 1) for age in ("new", *AGES)}
    query = query.where(Reject.integration == integration) if integration else query
    for begun, ended, reason, count in session.execute(query):
        opened = (_read(begun) if begun else oldest).timestamp()
        since = bisect_right(marks, opened)
        until = max(since, bisect_right(marks, _read(ended).timestamp())) if ended else len(marks)
        # what a group adds stands where it begins, and what it takes where it ends: summed up at the end
        turns = [since, *(min(until, max(since, bisect_right(marks, opened + age))) for age in ages), until]
        for known, begin, end in zip(
            (by_reason[reason], *by_age.values()), (since, *turns), (until, *turns[1:]), strict=False
        ):
            known[begin] += count
            known[end] -= count
    return RejectCourse(moments, _summed(by_reason), _summed(by_age))


def _summed(steps: dict[str, list[int]]) -> dict[str, list[int]]:
    found = {}
    for name, changes in steps.items():
        total, counts = 0, []
        for change in changes[:-1]:
            total += change
            counts.append(total)
        if any(counts):
            found[name] = counts
    return found


# -- nights ------------------------------------------------------------------------------------------------------------


@dataclass
class NightPicture:
    """One night: who (a customer, or a flow of one) had ended when, of those that ran."""

    day: date
    ends: dict[str, datetime] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    @property
    def begin(self) -> datetime:
        """The tick of 21:00."""
        return datetime.combine(self.day, NIGHT_BEGINS, AMSTERDAM)

    @property
    def last(self) -> str:
        """Who ended last; empty where nothing ran."""
        return max(self.ends, key=lambda who: (self.ends[who], who), default="")

    @property
    def until(self) -> datetime | None:
        """When all had ended."""
        return max(self.ends.values(), default=None)

    @property
    def half(self) -> datetime | None:
        """When half of them had ended."""
        return sorted(self.ends.values())[(len(self.ends) - 1) // 2] if self.ends else None


def nights(session: Session, integration: str | None, moment: datetime) -> list[NightPicture]:
    """Return how the last nights went, the oldest first: by flow of one customer, else by customer.

    A night is what the nightly flows began between 21:00 and 07:00.
    """
    tonight, count = _evening(moment), DAYS if integration else NIGHTS
    found = {day: NightPicture(day) for day in (tonight - _DAY * back for back in range(count - 1, -1, -1))}
    who = Run.flow if integration else Run.integration
    names = [integration] if integration else sorted(runs.integrations(session))
    began = _part(session, Run.started_at, *_NIGHT).label("began")
    failures = func.sum(case((Run.state == "failed", 1), else_=0))
    query = select(who, began, func.max(Run.ended_at), failures).group_by(who, began)
    # of every customer one place in the index: the runs of a year are millions
    query = query.where(Run.integration.in_(names), Run.flow.in_(NIGHTLY), Run.started_at >= min(_ticks(found)))
    for name, begun, ended, bad in session.execute(query.where(Run.ended_at.is_not(None))):
        at = _read(begun)
        night = found.get(_evening(at))
        if night is None or NIGHT_ENDS <= at.astimezone(AMSTERDAM).time() < NIGHT_BEGINS:
            continue
        night.ends[name] = max(night.ends.get(name, ended), ended)
        if bad:
            night.failed.add(name)
    return list(found.values())


def _ticks(found: Iterable[date]) -> list[datetime]:
    return [datetime.combine(day, NIGHT_BEGINS, AMSTERDAM) for day in found]


def _evening(moment: datetime) -> date:
    """Return the date of the evening at which the night began that a moment is in."""
    return (moment.astimezone(AMSTERDAM) - timedelta(hours=NIGHT_BEGINS.hour)).date()


# -- deliveries --------------------------------------------------------------------------------------------------------

FATE_OF = {
    State.DELIVERED: "delivered",
    State.CONFIRMED: "delivered",
    State.PREPARED: "held",
    State.HELD: "held",
    State.REFUSED: "rejected",
    State.DISCARDED: "filtered",
    State.SUPERSEDED: "filtered",
}
"""What a delivery's state means for who looks at a month: it arrived, waits, was refused, or was given up."""


def delivery_days(session: Session, integration: str, moment: datetime) -> dict[date, Counter[str]]:
    """Return Dutch day → what became of the deliveries of that day (the words of FATE_OF), the oldest first."""
    today = business_date(moment)
    found: dict[date, Counter[str]] = {today - _DAY * back: Counter() for back in range(DAYS - 1, -1, -1)}
    since = datetime.combine(min(found), time(), AMSTERDAM)
    part = _part(session, Delivery.at, *_MIDNIGHT).label("part")
    query = select(part, Delivery.state, func.count()).group_by("part", Delivery.state)
    query = query.where(Delivery.integration == integration, Delivery.at >= since)
    for at, state, count in session.execute(query):
        day = business_date(_read(at))
        if day in found:
            found[day][FATE_OF[State(state)]] += count
    return found


# -- by parts of a day ------------------------------------------------------------------------------------------------


def _part(session: Session, column: InstrumentedAttribute[Any], *hours: int) -> ColumnElement[str]:
    """Return what makes the part of a day (UTC) that a moment is in, as the hour with which that begins.

    Args:
        hours: with which parts begin, beside midnight: summer and winter time each need theirs.
    """
    if session.get_bind().dialect.name == "sqlite":
        day, hour = func.substr(column, 1, 10), func.substr(column, 12, 2)
    else:
        there = func.timezone("UTC", column)
        day, hour = func.to_char(there, "YYYY-MM-DD"), func.to_char(there, "HH24")
    parts = [(hour >= f"{begin:02}", f" {begin:02}") for begin in sorted(hours, reverse=True)]
    return day.concat(case(*parts, else_=" 00"))


@lru_cache(maxsize=10_000)
def _read(part: str) -> datetime:
    return datetime.strptime(part, "%Y-%m-%d %H").replace(tzinfo=UTC)
