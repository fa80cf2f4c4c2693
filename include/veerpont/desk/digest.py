"""What the mail of 07:00 says, as plain data: counts, reasons and employers; never a record or an absence code.

`digest` is of one integration, for its managers; `engineers_digest` is over all of them, for those who run the machine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.desk import rejects as groups
from veerpont.flows import late_days
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import NIGHTLY, Flow
from veerpont.model.messages import Words
from veerpont.rules.calendar import last_morning, last_night, lasts, working_days
from veerpont.rules.dates import business_date
from veerpont.store import alerts, employers, live
from veerpont.store.alerts import FlowStanding
from veerpont.store.deliveries import LEFT
from veerpont.store.employers import Gate
from veerpont.store.ledger import Ledger
from veerpont.store.rejects import RejectFilter
from veerpont.store.tables import Delivery, Reject

PATIENCE = 2
"""Working days that a question may wait before the subject of the mail names it."""


@dataclass(frozen=True)
class Open:
    """Open rejects of one reason at one employer: what one repair puts right. `questions` ask for a confirmation."""

    flow: str
    employer: str
    stage: str
    reason: str
    fields: tuple[str, ...]
    count: int
    new: int
    oldest: datetime
    questions: int


@dataclass(frozen=True)
class Solved:
    """What was closed since yesterday's mail."""

    flow: str
    reason: str
    count: int


@dataclass(frozen=True)
class Waits:
    """A held removal (`gone`) or delivery (`records`) that waits for a decision, for so many working days."""

    id: int
    flow: str
    reasons: tuple[str, ...]
    gone: int
    records: int
    since: datetime
    days: int = 0


@dataclass(frozen=True)
class Pending:
    """An employer that somebody has to decide about.

    `why`: unknown: it is new; renamed: it was active under another name; over: its service is, with its late reports.
    """

    code: str
    name: str
    why: str


@dataclass(frozen=True)
class Arrived:
    """When a flow last succeeded, and whether it should have done so since.

    `state`, `kind` and `message` are of its last run that ended; the message only where it is about settings, for that
    one says what to do.
    """

    flow: str
    success_at: datetime | None
    late: bool
    state: str = ""
    kind: str = ""
    message: Words = ""


@dataclass
class Digest:
    """One integration's night and day, until `moment`. `since`: yesterday's mail."""

    integration: str
    customer: str
    moment: datetime
    since: datetime
    open: list[Open] = field(default_factory=list)
    solved: list[Solved] = field(default_factory=list)
    ignored: int = 0
    held: list[Waits] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    flows: list[Arrived] = field(default_factory=list)

    @property
    def late(self) -> list[Arrived]:
        """The flows that have not succeeded when they should have."""
        return [flow for flow in self.flows if flow.late]

    @property
    def overdue(self) -> list[Waits]:
        """What has waited for two working days or more (docs/decisions/0022), the longest first."""
        return _overdue(self.held)

    @property
    def count(self) -> int:
        return sum(group.count for group in self.open)

    @property
    def new(self) -> int:
        return sum(group.new for group in self.open)

    @property
    def questions(self) -> int:
        return sum(group.questions for group in self.open)

    @property
    def closed(self) -> int:
        return sum(group.count for group in self.solved)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report: nothing open, held, pending or late, and nothing solved."""
        return not (self.open or self.held or self.pending or self.late or self.solved)


@dataclass(frozen=True)
class Failure:
    """A flow that is broken for the engineers: a defect, or what should have passed and lasts."""

    integration: str
    flow: str
    kind: str
    since: datetime
    message: Words


@dataclass
class EngineersDigest:
    """All integrations, for those who run the machine. It is sent every day: its absence says that nothing runs.

    `left`: what waits for a decision about integrations whose file is gone, so that no manager reads of it.
    """

    moment: datetime
    failures: list[Failure] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    late: dict[str, list[Arrived]] = field(default_factory=dict)
    left: dict[str, list[Waits]] = field(default_factory=dict)
    integrations: int = 0
    untold: int = 0

    @property
    def overdue(self) -> list[Waits]:
        """As in `Digest`."""
        return _overdue(waits for each in self.left.values() for waits in each)

    @property
    def is_empty(self) -> bool:
        return not (self.failures or self.broken or self.late or self.left or self.untold)


def digest(ledger: Ledger, integration: Integration, moment: datetime) -> Digest:
    """Return what the managers of an integration should know this morning."""
    since = last_morning(last_morning(moment) - timedelta(hours=1))
    found = Digest(integration.name, integration.customer, moment, since)
    with ledger.session() as session:
        found.open = _open(session, integration.name, since)
        found.solved = _solved(session, integration.name, since)
        found.ignored = sum(
            group.count for group in groups.groups(session, RejectFilter(integration.name, state="ignored"))
        )
        found.held = [_waits(row, moment) for row in alerts.waiting(session, integration.name)]
        found.pending = [
            Pending(code, row.name, "renamed" if row.frozen else "unknown")
            for code, row in sorted(employers.states(session, integration.name).items())
            if row.state == Gate.PENDING
        ]
        over = employers.over(session, integration.name, business_date(moment), late_days(integration))
        found.pending += (Pending(row.code, row.name, "over") for row in over)
        found.flows = _flows(session, integration, moment)
    return found


def engineers_digest(
    ledger: Ledger, found: Mapping[str, Integration], broken: Mapping[str, SettingsError], moment: datetime
) -> EngineersDigest:
    """Return what the engineers should know this morning: defects, what lasts, files, what did not arrive, who left."""
    result = EngineersDigest(moment, broken={name: str(error) for name, error in broken.items()})
    result.integrations = len(found)
    with ledger.session() as session:
        result.untold = len([alert for alert in alerts.untold(session) if alert.to != alerts.NOBODY])
        for name, integration in found.items():
            for flow, standing in _standings(session, integration).items():
                if standing and _is_theirs(flow, standing, moment):
                    since = standing.broken_since or standing.started_at
                    result.failures.append(Failure(name, flow, standing.kind or "defect", since, standing.message))
            if late := [flow for flow in _flows(session, integration, moment) if flow.late]:
                result.late[name] = late
        for row in alerts.waiting(session):
            if row.integration not in found and row.reasons == LEFT:
                result.left.setdefault(row.integration, []).append(_waits(row, moment))
    return result


def _waits(row: Delivery, moment: datetime) -> Waits:
    reasons, days = tuple(row.reasons.split()), working_days(row.at, moment)
    return Waits(row.id, row.flow, reasons, row.gone, row.records, row.at, days)


def _overdue(held: Iterable[Waits]) -> list[Waits]:
    return sorted((waits for waits in held if waits.days >= PATIENCE), key=lambda waits: waits.since)


def _open(session: Session, name: str, since: datetime) -> list[Open]:
    new = {
        (group.flow, group.employer, group.stage, group.reason): group.count
        for group in groups.groups(session, RejectFilter(name, state="open", after=since))
    }
    return [
        Open(
            flow=group.flow,
            employer=group.employer,
            stage=group.stage,
            reason=group.reason,
            fields=tuple(dict.fromkeys(group.fields)),
            count=group.count,
            new=new.get((group.flow, group.employer, group.stage, group.reason), 0),
            oldest=group.oldest,
            questions=group.questions,
        )
        for group in groups.groups(session, RejectFilter(name, state="open"))
    ]


def _solved(session: Session, name: str, since: datetime) -> list[Solved]:
    query = (
        select(Reject.flow, Reject.reason, func.count())
        .where(Reject.integration == name, Reject.state == "closed", Reject.closed_at >= since)
        .group_by(Reject.flow, Reject.reason)
        .order_by(func.count().desc(), Reject.flow, Reject.reason)
    )
    return [Solved(flow, reason, count) for flow, reason, count in session.execute(query)]


def _standings(session: Session, integration: Integration) -> dict[Flow, FlowStanding | None]:
    """Return how each flow stands, in the order of a night."""
    return {
        flow: alerts.standing(session, integration.name, flow, [item.portal for item in portals])
        for flow in Flow
        if (portals := integration.portals_for(flow))
    }


def _flows(session: Session, integration: Integration, moment: datetime) -> list[Arrived]:
    found = []
    by_hand = bool(live.waiting(session, {integration.name: integration}))  # what nobody starts cannot be late
    for flow, standing in _standings(session, integration).items():
        if standing is None:
            found.append(Arrived(flow, None, late=not by_hand))
            continue
        settings = standing.kind == SettingsError.kind
        found.append(
            Arrived(
                flow=flow,
                success_at=standing.arrived_at,
                late=not by_hand and _is_late(flow, standing, moment),
                state="" if standing.state == "success" else standing.state,
                kind=standing.kind or "",
                message=standing.message if settings or standing.waits else "",
            )
        )
    return found


def _is_late(flow: Flow, standing: FlowStanding, moment: datetime) -> bool:
    """Tell whether nothing arrived since the last 21:00 tick, which is the last of every flow.

    A turn of the day that was skipped, since AFAS was away, is as it should be until that lasts.
    """
    if standing.success_at is not None and standing.success_at >= last_night(moment):
        return False
    skipped = standing.state == "skipped" and standing.kind == PassingError.kind and flow not in NIGHTLY
    return not skipped or _lasts(flow, standing, moment)


def _lasts(flow: Flow, standing: FlowStanding, moment: datetime) -> bool:
    return lasts(flow, standing.success_at, standing.broken_since or standing.started_at, moment)


def _is_theirs(flow: Flow, standing: FlowStanding, moment: datetime) -> bool:
    if standing.is_well or standing.waits or standing.kind == SettingsError.kind:
        return False
    return standing.kind != PassingError.kind or _lasts(flow, standing, moment)
