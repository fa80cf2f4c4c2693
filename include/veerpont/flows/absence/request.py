"""What to ask of the source's absence: first the last year, then what changed, once a day everything.

A scope names what was asked, so that the steps after it know what an answer proves: `initial <day>`, `changes`, `wide`,
and for historic loads `<YYYY-MM` (all that began before) and `YYYY-MM` (what began in that month).
"""

from datetime import date, datetime, timedelta

from veerpont.flows.absence.coverage import uncovered
from veerpont.flows.job import Job
from veerpont.model.flows import Flow
from veerpont.model.names import EXTRAS
from veerpont.store import deliveries, kinds, notes
from veerpont.store.scope import Scope
from veerpont.systems.registry import portal
from veerpont.systems.source import Asked

WIDE = "wide"
CHANGES = "changes"
OVERLAP = timedelta(days=1)  # stamps are rounded, and clocks differ (docs/reference/afas.md, 3.3)


def choose_scope(job: Job) -> str:
    """Return what this run of the flow absence reads.

    The wide read is due once a day: at the 21:00 tick, else by the first run after it; and at once when an active
    employer's cases were never asked for, or the portals get other extras than it read (docs/decisions/0032). It needs
    a connector that shows every case.
    """
    settings = job.integration.absence
    with job.ledger.session() as session:
        if deliveries.pointer(session, Scope(job.name, Flow.ABSENCE), kinds.HISTORY) is None:
            return f"initial {job.today - timedelta(days=settings.initial_days)}"
        wide_at = notes.noted(session, Scope(job.name, Flow.ABSENCE), "wide_at")
        others = extras(job) != (notes.noted(session, Scope(job.name, Flow.ABSENCE), "extras") or "")
    due = wide_at is None or datetime.fromisoformat(wide_at) < job.last_night
    if settings.reads_widely and (due or others or missed_changes(job) or uncovered(job)):
        return WIDE
    return CHANGES


def extras(job: Job) -> str:
    """Return the names of what any portal gets besides."""
    takers = job.integration.portals_for(Flow.ABSENCE)
    given = frozenset().union(*(portal(item.portal).names(job.integration, Flow.ABSENCE) for item in takers))
    return " ".join(name for name in EXTRAS[Flow.ABSENCE] if name in given)


def missed_changes(job: Job) -> bool:
    """Tell whether changes were lost: the connector shows those of a few days only, and the last read is older."""
    window = job.integration.absence.connector_window
    with job.ledger.session() as session:
        last = notes.noted(session, Scope(job.name, Flow.ABSENCE), "moment")
    return (
        window is not None and last is not None and job.moment - datetime.fromisoformat(last) > timedelta(days=window)
    )


def to_query(job: Job, scope: str) -> Asked:
    """Return what to ask of the source for a scope."""
    settings = job.integration.absence
    kind, _, day = scope.partition(" ")
    if kind == WIDE:
        return Asked(wide=True)
    if kind == "initial":
        if settings.reads_widely:
            return Asked(not_ended_before=date.fromisoformat(day), wide=True)
        return Asked()  # the window is in the connector: whatever it shows
    if kind == CHANGES:
        return Asked(changed_since=_changed_since(job))
    if kind.startswith("<"):
        return Asked(began_before=date.fromisoformat(f"{kind[1:]}-01"), wide=True)
    first = date.fromisoformat(f"{kind}-01")
    return Asked(began_from=first, began_before=next_month(first), wide=True)


def is_complete_answer(job: Job, scope: str) -> bool:
    """Tell whether an answer of this scope was whole: no connector left out what did not change."""
    return job.integration.absence.reads_widely and scope != CHANGES


def is_live(scope: str) -> bool:
    """Tell whether this was a read of the flow itself, and not a historic load."""
    return scope.partition(" ")[0] in {"initial", CHANGES, WIDE}


def next_month(day: date) -> date:
    """Return the first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _changed_since(job: Job) -> datetime:
    """Look back `lookback_days`, and further after an outage or a read that was doubted, so that nothing is missed."""
    with job.ledger.session() as session:
        last = notes.noted(session, Scope(job.name, Flow.ABSENCE), "moment")
        doubted = notes.noted(session, Scope(job.name, Flow.ABSENCE), "doubted_at")
    moment = datetime.fromisoformat(doubted) if doubted else job.moment
    since = moment - timedelta(days=job.integration.absence.lookback_days)
    return min(since, datetime.fromisoformat(last) - OVERLAP) if last else since
