"""Runs in the ledger: what a flow did for one integration and portal, with its books."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import JSON, String, bindparam, cast, column, delete, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from veerpont.model.flows import NIGHTLY
from veerpont.model.messages import Words, coded, load
from veerpont.store.clock import now
from veerpont.store.scope import Scope
from veerpont.store.tables import Run

COUNTS = ("read", "delivered", "unchanged", "filtered", "rejected", "held", "repeated", "gone")
Key = tuple[str, str, str]
"""Integration, flow, portal."""
_KEY = ("integration", "flow", "portal")
_OF_FLOW = Run.integration == bindparam("integration"), Run.flow == bindparam("flow")
_RUN = select(Run).where(*_OF_FLOW, Run.run_id == bindparam("run_id"))
_LEFT = select(Run).where(*_OF_FLOW, Run.run_id != bindparam("run_id"), Run.state == "running")


class LastRun(NamedTuple):
    """How a run went: the columns of `Run` by their names, without an object of the session for each of thousands."""

    run_id: str
    state: str
    kind: str | None
    message: str | None
    message_codes: str | None
    started_at: datetime
    ended_at: datetime | None
    read: int
    delivered: int
    unchanged: int
    filtered: int
    rejected: int
    held: int
    repeated: int
    gone: int

    @property
    def words(self) -> Words | None:
        """The message, as it can be said in the reader's language."""
        return load(self.message, self.message_codes) if self.message and self.message_codes else self.message

    @property
    def books(self) -> dict[str, int]:
        """What became of the rows that it read."""
        return {name: getattr(self, name) for name in ("delivered", "unchanged", "filtered", "rejected", "held")}


def begin(session: Session, integration: str, flow: str, portals: list[str], run_id: str) -> None:
    """Note that a run has started; a second attempt of the same run goes on in the same rows.

    A run before it that never ended was stopped from outside: it is noted as failed, until it says otherwise itself.
    """
    for left in session.scalars(_LEFT, {"integration": integration, "flow": flow, "run_id": run_id}):
        left.state, left.ended_at, left.kind = "failed", now(), "passing"
        left.words = coded("run.stopped", "It was stopped before it ended; the run after it goes on with what it left.")
    rows = _rows(session, integration, flow, run_id)
    if portals != [""] and "" in rows:  # an earlier attempt ended before it knew its portals
        session.delete(rows[""])
    for portal in portals:
        row = rows.get(portal)
        if row is None:
            session.add(
                Run(integration=integration, flow=flow, portal=portal, run_id=run_id, started_at=now(), state="running")
            )
        else:
            row.state, row.ended_at, row.kind, row.words = "running", None, None, None


def end(
    session: Session,
    scope: Scope,
    run_id: str,
    state: str,
    counts: Mapping[str, int] | None = None,
    kind: str | None = None,
    message: Words | None = None,
) -> None:
    """Note how a run ended. Of a scope without a portal: at every portal of the run that has not ended yet."""
    for row in _rows(session, scope.integration, scope.flow, run_id).values():
        if (row.portal == scope.portal) if scope.portal else (row.state in {"running", "failed"}):
            row.state, row.ended_at, row.kind, row.words = state, now(), kind, message
            for name, count in (counts or {}).items():
                setattr(row, name, count)


def ran(session: Session, integration: str) -> bool:
    """Tell whether the ledger knows a run of this integration that got as far as its portals."""
    query = select(Run.id).where(Run.integration == integration, Run.portal != "").limit(1)
    return session.scalar(query) is not None


def stop(session: Session, flow: str, run_id: str, message: Words, integrations: Collection[str]) -> None:
    """Note that a run was stopped from outside, for each of these integrations for which it had not ended."""
    mine = Run.integration.in_(list(integrations))
    rows = select(Run).where(Run.flow == flow, Run.run_id == run_id, Run.state == "running", mine)
    for row in session.scalars(rows):
        row.state, row.ended_at, row.kind, row.words = "failed", now(), "passing", message


def known(session: Session, integration: str, flow: str, run_id: str) -> bool:
    """Tell whether this run has been noted."""
    return bool(_rows(session, integration, flow, run_id))


def ended_since(session: Session, integration: str, flow: str, moment: datetime) -> bool:
    """Tell whether a run of this flow that started at or after `moment` has ended, in whatever state."""
    rows = list(
        session.scalars(select(Run).where(Run.integration == integration, Run.flow == flow, Run.started_at >= moment))
    )
    return bool(rows) and all(row.ended_at is not None for row in rows)


def standing_since(session: Session, integrations: Collection[str], flow: str, moment: datetime) -> dict[str, bool]:
    """Return integration → whether its runs of this flow that started at or after `moment` have all ended.

    Those without such a run are left out.
    """
    found: dict[str, bool] = {}
    query = select(Run.integration, Run.ended_at).where(
        Run.integration.in_(list(integrations)), Run.flow == flow, Run.started_at >= moment
    )
    for integration, ended_at in session.execute(query):
        found[integration] = found.get(integration, True) and ended_at is not None
    return found


def longest(session: Session, integrations: Collection[str], flow: str) -> dict[str, timedelta]:
    """Return integration → how long its longest successful run that is kept took, its waiting included."""
    query = select(Run.integration, Run.started_at, Run.ended_at).where(
        Run.integration.in_(list(integrations)), Run.flow == flow, Run.state == "success", Run.ended_at.is_not(None)
    )
    found: dict[str, timedelta] = {}
    for integration, started, ended in session.execute(query):
        if ended:
            found[integration] = max(found.get(integration, timedelta(0)), ended - started)
    return found


def running(session: Session, flow: str, run_id: str) -> list[str]:
    """Return the integrations for which a run has not ended."""
    query = select(Run.integration).where(Run.flow == flow, Run.run_id == run_id, Run.state == "running")
    return list(session.scalars(query.distinct()))


def failed(session: Session, flow: str, run_id: str) -> dict[str, str]:
    """Return integration → what it says, of those for which a run failed."""
    rows = session.scalars(select(Run).where(Run.flow == flow, Run.run_id == run_id, Run.state == "failed"))
    return {row.integration: row.message or "" for row in rows}


def is_done(session: Session, scope: Scope, run_id: str) -> bool:
    """Tell whether this run already succeeded for this portal: an earlier attempt of its load did it."""
    row = _rows(session, scope.integration, scope.flow, run_id).get(scope.portal)
    return row is not None and row.state in {"success", "held"}


def counted(session: Session, integration: str, flow: str, run_id: str) -> dict[str, dict[str, int]]:
    """Return the books of a run by portal."""
    rows = _rows(session, integration, flow, run_id)
    return {portal: {name: getattr(row, name) for name in COUNTS} for portal, row in rows.items()}


def forget(session: Session, flow: str, age: timedelta) -> None:
    """Forget the runs of a flow that are older than `age`."""
    session.execute(delete(Run).where(Run.flow == flow, Run.started_at < now() - age))


def listed(session: Session, integration: str | None, flow: str | None, limit: int = 200) -> list[Run]:
    """Return runs, the newest first."""
    query = select(Run).order_by(Run.started_at.desc(), Run.id.desc()).limit(limit)
    if integration:
        query = query.where(Run.integration == integration)
    if flow:
        query = query.where(Run.flow == flow)
    return list(session.scalars(query))


def newest(session: Session, wanted: Collection[Key], states: Collection[str] = ()) -> dict[Key, LastRun]:
    """Return the newest run of each integration, flow and portal that is wanted, in one of the states if any are given.

    One that ended before it knew its portals is of each of them. Each is looked up by itself: the runs of a year are
    millions, and a look goes back only as far as the run that it finds. Historic loads are no runs of their flow: they
    have no portal, and succeed.
    """
    # as one parameter: thousands take longer to write into a statement than to look up
    given = literal(msgspec.json.encode(sorted(wanted)).decode(), String)
    sqlite = session.get_bind().dialect.name == "sqlite"
    keys = func.json_each(given) if sqlite else func.json_array_elements(cast(given, JSON))
    asked = keys.table_valued(column("value", JSON), name="asked")
    last = aliased(Run)
    key = [asked.c.value[place].as_string() for place in range(len(_KEY))]
    query = (
        select(last.id)
        .where(last.integration == key[0], last.flow == key[1], last.portal.in_([key[2], ""]))
        .where(or_(last.portal != "", last.state != "success"))
        .order_by(last.started_at.desc(), last.id.desc())
        .limit(1)
    )
    query = query.where(last.state.in_(states)) if states else query
    named = [each.label(name) for each, name in zip(key, _KEY, strict=True)]
    found = select(*named, query.correlate(asked).scalar_subquery().label("run")).select_from(asked).subquery()
    columns = [getattr(Run, name) for name in LastRun._fields]
    rows = session.execute(select(*(found.c[name] for name in _KEY), *columns).join(Run, Run.id == found.c.run))
    return {(row[0], row[1], row[2]): LastRun(*row[len(_KEY) :]) for row in rows}


def integrations(session: Session) -> set[str]:
    """Return every integration that a run is kept of: one step in the index for each, whatever the number of runs."""
    first = select(func.min(Run.integration).label("name")).cte("names", recursive=True)
    after = select(func.min(Run.integration)).where(Run.integration > first.c.name).scalar_subquery()
    names = first.union_all(select(after).where(first.c.name.is_not(None)))
    return {name for name in session.scalars(select(names.c.name)) if name is not None}


def keys(session: Session, integration: str) -> set[Key]:
    """Return what there are runs of, for one integration."""
    query = select(Run.integration, Run.flow, Run.portal).where(Run.integration == integration).distinct()
    return {(name, flow, portal) for name, flow, portal in session.execute(query)}


def nights(session: Session, names: Collection[str], since: datetime) -> list[tuple[str, datetime, str]]:
    """Return integration, begin and state of each run of a nightly flow that began since then."""
    query = select(Run.integration, Run.started_at, Run.state).where(
        Run.integration.in_(names), Run.flow.in_(NIGHTLY), Run.started_at >= since
    )
    return [(name, began, state) for name, began, state in session.execute(query)]


def _rows(session: Session, integration: str, flow: str, run_id: str) -> dict[str, Run]:
    found = session.scalars(_RUN, {"integration": integration, "flow": flow, "run_id": run_id})
    return {row.portal: row for row in found}
