"""Alerts in the ledger: what is broken, who is told of it, and whether they were (docs/decisions/0022).

Opening and closing is done by whoever sees it first: `alone` makes two that end at one moment wait for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.orm import Session

from veerpont.model.messages import Words
from veerpont.store import notes
from veerpont.store.deliveries import State
from veerpont.store.scope import Scope
from veerpont.store.tables import Alert, Delivery, Run

NOBODY = "nobody"
"""Who is told of what comes and goes all day: it was told before, and stays at the desk and in the mail of 07:00."""
SUCCEEDED = ("success", "held")
"""States of a run that read everything; what is held is told by itself."""


def alone(session: Session) -> None:
    """Let no other transaction open or close alerts until this one ends; on SQLite that is so anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(727_002)"))


def opened(session: Session) -> list[Alert]:
    """Return what is broken now, the oldest first."""
    return list(session.scalars(select(Alert).where(Alert.well_at.is_(None)).order_by(Alert.id)))


def is_open(session: Session, subject: str, to: str) -> bool:
    """Tell whether `to` has an open alert about this subject, or nobody has: then it was told before."""
    query = select(Alert.id).where(Alert.subject == subject, Alert.to.in_([to, NOBODY]), Alert.well_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def add(session: Session, subject: str, integration: str, flow: str, to: str, message: Words, since: datetime) -> None:
    """Note that something broke."""
    session.add(Alert(subject=subject, integration=integration, flow=flow, to=to, words=message, since=since))
    session.flush()


def close(alert: Alert, moment: datetime, quietly: bool = False) -> None:
    """Note that something is well again; `quietly`: nobody needs to hear of it."""
    alert.well_at = moment
    if quietly:
        alert.told_at, alert.well_told_at = alert.told_at or moment, moment


def lately(session: Session, subject: str, to: str, after: datetime) -> int:
    """Return how often somebody was told since `after` that this broke."""
    query = select(func.count()).where(Alert.subject == subject, Alert.to == to, Alert.told_at >= after)
    return session.scalar(query) or 0


def others(session: Session, subject: str, integration: str, to: str, after: datetime) -> list[str]:
    """Return what was said of other flows of an integration that are broken, or were so until `after`."""
    query = select(Alert.message).where(
        *(Alert.subject.startswith("failed "), Alert.subject != subject, Alert.integration == integration),
        *(Alert.to.in_([to, NOBODY]), or_(Alert.well_at.is_(None), Alert.well_at >= after)),
    )
    return list(session.scalars(query))


def untold(session: Session) -> list[Alert]:
    """Return what somebody has to hear yet: that it broke, or that it is well again; the oldest first."""
    well_unheard = Alert.well_at.is_not(None) & Alert.well_told_at.is_(None)
    return list(session.scalars(select(Alert).where(or_(Alert.told_at.is_(None), well_unheard)).order_by(Alert.id)))


def note_told(session: Session, told: Iterable[Alert], moment: datetime) -> None:
    """Note that these were told as they are given: with `well_at`, that they are well."""
    for given in told:
        row = session.get(Alert, given.id)
        if row is not None:
            row.told_at = row.told_at or moment
            row.well_told_at = moment if given.well_at is not None else row.well_told_at


def forget(session: Session, before: datetime) -> None:
    """Forget what was well, and told so, before this moment."""
    session.execute(delete(Alert).where(Alert.well_at < before, Alert.well_told_at.is_not(None)))


# -- once a day --------------------------------------------------------------------------------------------------------


def done_on(session: Session, integration: str, what: str) -> str | None:
    """Return the day (ISO) for which something that is done once a day was last done."""
    return notes.noted(session, Scope(integration), what)


def note_done(session: Session, integration: str, what: str, day: str) -> None:
    """Note for which day something was done."""
    notes.note(session, Scope(integration), what, day)


# -- what there is to judge --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FlowStanding:
    """How a flow of an integration stands: its last run that ended.

    Attributes:
        state, kind, message: of the portal where it went worst.
        success_at: when the flow last succeeded at the portal that waits longest; None when it never did at one.
        arrived_at: the same, but of runs of which nothing was held as a whole.
        broken_since: when the first run began that failed or was skipped after that.
        tries: how many did since then.
    """

    run_id: str
    state: str
    kind: str | None
    message: Words
    started_at: datetime
    ended_at: datetime
    success_at: datetime | None = None
    arrived_at: datetime | None = None
    broken_since: datetime | None = None
    tries: int = 0

    @property
    def is_well(self) -> bool:
        return self.state in SUCCEEDED

    @property
    def waits(self) -> bool:
        """Whether it was skipped because there is nothing to do yet: it waits for another flow."""
        return self.state == "skipped" and not self.kind


_WORST = {"failed": 0, "skipped": 1, "running": 2, "held": 3, "success": 4}


def standing(session: Session, integration: str, flow: str, portals: Iterable[str]) -> FlowStanding | None:
    """Return how a flow stands; None when no run of it has ended. `portals`: those that take it."""
    ended = select(Run).where(Run.integration == integration, Run.flow == flow, Run.ended_at.is_not(None))
    last = session.scalar(ended.order_by(Run.started_at.desc(), Run.id.desc()).limit(1))
    if last is None:
        return None
    rows = list(session.scalars(ended.where(Run.run_id == last.run_id)))
    # a row without a portal is of an attempt that ended before it knew them; a later attempt has rows of its own
    worst = min([row for row in rows if row.portal] or rows, key=lambda row: _WORST.get(row.state, 0))
    found = FlowStanding(
        run_id=worst.run_id,
        state=worst.state,
        kind=worst.kind,
        message=worst.words or "",
        started_at=worst.started_at,
        ended_at=worst.ended_at or worst.started_at,
    )
    scopes = [Scope(integration, flow, portal) for portal in portals]
    success_at = _at_all(succeeded(session, each) for each in scopes)
    arrived_at = _at_all(succeeded(session, each, ("success",)) for each in scopes)
    since, tries = (None, 0) if found.is_well else _broken_since(session, integration, flow, success_at)
    return replace(
        found, success_at=success_at, arrived_at=arrived_at, broken_since=since or found.started_at, tries=tries
    )


def _at_all(moments: Iterable[datetime | None]) -> datetime | None:
    found = list(moments)
    return min((at for at in found if at is not None), default=None) if None not in found else None


def succeeded(session: Session, scope: Scope, states: Sequence[str] = SUCCEEDED) -> datetime | None:
    """Return when a run of a flow last ended at a portal in one of these states."""
    query = select(Run.ended_at).where(*scope.rows(Run), Run.state.in_(states)).order_by(Run.started_at.desc()).limit(1)
    return session.scalar(query)


def _broken_since(
    session: Session, integration: str, flow: str, success_at: datetime | None
) -> tuple[datetime | None, int]:
    query = select(func.min(Run.started_at), func.count(Run.run_id.distinct())).where(
        Run.integration == integration, Run.flow == flow, Run.state.in_(["failed", "skipped"])
    )
    if success_at is not None:
        query = query.where(Run.ended_at > success_at)
    since, tries = session.execute(query).one()
    return since, tries


def waiting(session: Session, integration: str | None = None) -> list[Delivery]:
    """Return the held removals and deliveries that nobody has decided about, the oldest first."""
    query = select(Delivery).where(Delivery.state == State.HELD, Delivery.decided_by.is_(None))
    if integration is not None:
        query = query.where(Delivery.integration == integration)
    return list(session.scalars(query.order_by(Delivery.id)))


def took_part(session: Session, flow: str, run_id: str, state: str | None = None) -> list[str]:
    """Return the integrations of which the ledger knows this run, in `state` where that is said."""
    query = select(Run.integration).where(Run.flow == flow, Run.run_id == run_id).distinct()
    if state is not None:
        query = query.where(Run.state == state)
    return list(session.scalars(query.order_by(Run.integration)))
