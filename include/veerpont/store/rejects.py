"""Rejects in the ledger: one row for each record key of a flow, which closes when the record passes or is gone."""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from veerpont.model.failures import Problem, SettingsError
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.table_base import NOT_IN_HAND
from veerpont.store.tables import Decision, Reject, RejectCode, RejectEvent

_OF_FLOW = Reject.integration == bindparam("integration"), Reject.flow == bindparam("flow")
_REJECTS = select(Reject).where(*_OF_FLOW)
_CONFIRMED = _REJECTS.where(Reject.confirmed.is_not(None))


@dataclass(frozen=True)
class Findings:
    """What is wrong now.

    Attributes:
        problems: record key → what is wrong with it.
        questions: record key → fingerprint of the change that a person must confirm.
        employers: record key → employer, where it is known.
        untried: record keys of `problems` that were not tried again: they wait for the night.
    """

    problems: Mapping[str, Problem]
    questions: Mapping[str, str] = field(default_factory=dict)
    employers: Mapping[str, str] = field(default_factory=dict)
    untried: Collection[str] = ()


def settle(
    session: Session, scope: Scope, run_id: str, now_wrong: Findings, closes: Callable[[str], bool] = lambda _: True
) -> None:
    """Bring the rejects of a flow in line with a completed read: open ones of other keys are closed by this run.

    Args:
        closes: tells of a record key without a problem whether this read proves anything about it.

    Settling twice for one run changes nothing the second time, so a task may die and run again.
    """
    problems, questions, untried = now_wrong.problems, now_wrong.questions, now_wrong.untried
    known = {row.key: row for row in session.scalars(_REJECTS, {"integration": scope.integration, "flow": scope.flow})}
    moment = now()
    happened: list[tuple[Reject, str, str]] = []
    for key, problem in problems.items():
        row = known.get(key)
        if row is None:
            row = Reject(integration=scope.integration, flow=scope.flow, key=key, attempts=1, state="open")
            row.first_seen = moment
            session.add(row)
            happened.append((row, "opened", problem.reason))
        elif row.state == "closed" and row.closed_by == run_id:  # this run tried it again, and it was refused again
            row.attempts += key not in untried
            row.state = "ignored" if row.ignored_for is not None and row.reason == problem.reason else "open"
            row.closed_at = row.closed_by = None
            happened.append((row, "opened again", problem.reason))
        elif row.state == "closed":
            row.attempts, row.first_seen, row.state = 1, moment, "open"
            row.closed_at = row.closed_by = row.owner = row.note = row.ignored_for = row.confirmed = None
            happened.append((row, "opened again", problem.reason))
        else:
            if row.last_run != run_id and key not in untried:
                row.attempts, row.retry_at = row.attempts + 1, None
            if row.reason != problem.reason:
                happened.append((row, "changed", problem.reason))
                row.state, row.ignored_for = "open", None  # who ignored it knew of another reason
        row.stage, row.field, row.reason, row.advice = problem.stage, problem.field, problem.reason, problem.detail
        row.last_seen, row.last_run, row.question = moment, run_id, questions.get(key)
        row.employer = now_wrong.employers.get(key) or row.employer or ""
    for key, row in known.items():
        # what has a problem in this run already has it at another portal
        if row.state != "closed" and key not in problems and row.last_run != run_id and closes(key):
            row.state, row.closed_at, row.closed_by, row.retry_at = "closed", moment, run_id, None
            happened.append((row, "closed", ""))
        elif row.state == "closed" and row.closed_by != run_id:
            row.confirmed = None  # an answer is for one change, which crossed; in that run a portal may still refuse it
    session.flush()
    session.add_all(
        RejectEvent(reject_id=row.id, at=moment, event=event, by=run_id, detail=detail)
        for row, event, detail in happened
    )


def count_codes(session: Session, integration: str, flow: str, codes: Mapping[tuple[str, str, str], int]) -> None:
    """Keep how many open rejects have which code of the source, without their keys.

    Args:
        codes: (reason, employer, code) → count.
    """
    session.execute(delete(RejectCode).where(RejectCode.integration == integration, RejectCode.flow == flow))
    session.add_all(
        RejectCode(integration=integration, flow=flow, reason=reason, employer=employer, code=code, count=count)
        for (reason, employer, code), count in codes.items()
    )


def add(session: Session, scope: Scope, run_id: str, problems: Mapping[str, Problem]) -> None:
    """Add what a portal refused to the rejects; those of other keys stay as they are."""
    settle(session, scope, run_id, Findings(problems), closes=lambda _: False)


def confirmed(session: Session, integration: str, flow: str) -> dict[str, str]:
    """Return record key → fingerprint of the change that a person confirmed."""
    rows = session.scalars(_CONFIRMED, {"integration": integration, "flow": flow})
    return {row.key: row.confirmed or "" for row in rows}


def open_keys(session: Session, integration: str, flow: str) -> set[str]:
    """Return the record keys that have a reject which is not closed."""
    query = select(Reject.key).where(Reject.integration == integration, Reject.flow == flow, Reject.state != "closed")
    return set(session.scalars(query))


def confirm(session: Session, integration: str, flow: str, key: str, by: str) -> None:
    """Confirm the change that a reject asks about (a changed personnel number, a move to another employer).

    Raises SettingsError when there is no such open question.
    """
    row = session.scalar(
        select(Reject).where(
            Reject.integration == integration, Reject.flow == flow, Reject.key == key, Reject.state == "open"
        )
    )
    if row is None or row.question is None:
        raise SettingsError(f"There is no open reject of {integration}, {flow}, {key} that asks for a confirmation.")
    row.confirmed, row.confirmed_by = row.question, by
    session.add(RejectEvent(reject_id=row.id, at=now(), event="confirmed", by=by))
    session.add(
        Decision(integration=integration, subject=f"{flow} {key}", decision=f"confirm {row.reason}", by=by, at=now())
    )


@dataclass(frozen=True)
class RejectFilter:
    """Which rejects: each field narrows it. `before`, `after`: when they were first seen."""

    integration: str | None = None
    flow: str | None = None
    employer: str | None = None
    stage: str | None = None
    reason: str | None = None
    state: str | None = None
    key: str | None = None
    before: datetime | None = None
    after: datetime | None = None

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """Return the query narrowed to these rejects."""
        for name in ("integration", "flow", "employer", "stage", "reason", "state", "key"):
            if (value := getattr(self, name)) is not None:
                query = query.where(getattr(Reject, name) == value)
        if self.before is not None:
            query = query.where(Reject.first_seen < self.before)
        if self.after is not None:
            query = query.where(Reject.first_seen >= self.after)
        return query


def listed(session: Session, chosen: RejectFilter, limit: int | None = None, skip: int = 0) -> list[Reject]:
    """Return rejects, the oldest first."""
    query = chosen.narrow(select(Reject)).order_by(Reject.first_seen, Reject.id).offset(skip).limit(limit)
    return list(session.scalars(query))


PAGE = 1000


def paged(ledger: Ledger, chosen: RejectFilter, columns: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield these columns of rejects, the oldest first, however many there are.

    No transaction stays open while somebody reads: on SQLite a run could not write until they have done.
    """
    with ledger.session() as session:
        ids = array("q", session.scalars(chosen.narrow(select(Reject.id)).order_by(Reject.first_seen, Reject.id)))
    wanted = [getattr(Reject, name) for name in columns]
    for begin in range(0, len(ids), PAGE):
        page = select(*wanted).where(Reject.id.in_(ids[begin : begin + PAGE].tolist()))
        with ledger.session() as session:
            found = session.execute(page.order_by(Reject.first_seen, Reject.id)).all()
        yield from found


GROUP = ("integration", "flow", "employer", "stage", "field", "reason")


def groups(session: Session, chosen: RejectFilter) -> list[tuple[Any, ...]]:
    """Return the rejects grouped by what is wrong where, the largest first: those of GROUP, then count, oldest, newest
    and questions.
    """
    columns = [getattr(Reject, name) for name in GROUP]
    query = select(
        *columns,
        func.count().label("count"),
        func.min(Reject.first_seen).label("oldest"),
        func.max(Reject.first_seen).label("newest"),
        func.count(Reject.question).label("questions"),
    ).group_by(*columns)
    found = session.execute(chosen.narrow(query).order_by(func.count().desc(), *columns))
    return [tuple(row) for row in found]


class OpenRejects(NamedTuple):
    """How many rejects of a flow are open, and how many of those ask something.

    A group is what one repair puts right, whatever its fields. `groups`: those with rejects that ask nothing;
    `asking`: those with some that do. A group may be both.
    """

    rejects: int
    questions: int
    groups: int
    asking: int


_REPAIR = (Reject.integration, Reject.flow, Reject.employer, Reject.stage, Reject.reason)


def opened(session: Session) -> dict[tuple[str, str], OpenRejects]:
    """Return integration and flow → how many rejects are open."""
    count, questions = func.count().label("count"), func.count(Reject.question).label("questions")
    each = select(Reject.integration, Reject.flow, count, questions).where(Reject.state == "open").group_by(*_REPAIR)
    group = each.subquery()
    query = select(
        group.c.integration,
        group.c.flow,
        func.sum(group.c.count),
        func.sum(group.c.questions),
        func.count(case((group.c.questions < group.c.count, 1))),
        func.count(case((group.c.questions > 0, 1))),
    ).group_by(group.c.integration, group.c.flow)
    return {(row[0], row[1]): OpenRejects(*map(int, row[2:])) for row in session.execute(query)}


class OpenGroup(NamedTuple):
    """Open rejects that one repair puts right. `rejects`: how many ask something, or how many do not."""

    integration: str
    flow: str
    employer: str
    stage: str
    reason: str
    rejects: int
    oldest: datetime


def oldest_groups(
    session: Session, integrations: Collection[str], flow: str, asking: bool, limit: int, skip: int = 0
) -> list[OpenGroup]:
    """Return some groups of open rejects, the oldest first, of one age the largest.

    Args:
        flow: of which flow; empty: of all.
        asking: whether those are meant that ask something, or the others.
    """
    questions = func.count(Reject.question)
    count = questions if asking else func.count() - questions
    oldest = func.min(Reject.first_seen)
    query = select(*_REPAIR, count, oldest).group_by(*_REPAIR).having(count > 0)
    query = query.where(Reject.state == "open", Reject.integration.in_(integrations))
    query = query.where(Reject.flow == flow) if flow else query
    found = session.execute(query.order_by(oldest, count.desc(), func.min(Reject.id)).offset(skip).limit(limit))
    return [OpenGroup(*row) for row in found]


def codes(session: Session, integration: str, flow: str, reason: str, employer: str) -> dict[str, int]:
    """Return code of the source → how many open rejects of this kind have it."""
    rows = session.scalars(
        select(RejectCode).where(
            RejectCode.integration == integration,
            RejectCode.flow == flow,
            RejectCode.reason == reason,
            RejectCode.employer == employer,
        )
    )
    return {row.code: row.count for row in rows}


def events(session: Session, reject_id: int) -> list[RejectEvent]:
    """Return what happened to a reject, the oldest first."""
    query = select(RejectEvent).where(RejectEvent.reject_id == reject_id)
    return list(session.scalars(query.order_by(RejectEvent.at, RejectEvent.id)))


# -- what people do ----------------------------------------------------------------------------------------------------


def ignore(session: Session, chosen: RejectFilter, by: str, why: str) -> int:
    """Ignore open rejects as long as their reason stays the same; return how many."""
    if not why.strip():
        raise SettingsError("Say why these rejects are ignored: whoever finds them later wants to know.")
    return _act(session, chosen, "open", by, "ignored", why, state="ignored", ignored_for=why)


def reopen(session: Session, chosen: RejectFilter, by: str) -> int:
    """Make ignored rejects open again; return how many."""
    return _act(session, chosen, "ignored", by, "opened by hand", "", state="open", ignored_for=None)


def retry(session: Session, chosen: RejectFilter, by: str) -> int:
    """Ask for another try of open rejects by the next run of their flow; return how many."""
    return _act(session, chosen, "open", by, "retry asked", "", retry_at=now())


def assign(session: Session, chosen: RejectFilter, by: str, owner: str | None, note: str | None) -> int:
    """Say who looks after rejects, and what they should know; None leaves a word as it is. Return how many."""
    words = {name: value or None for name, value in (("owner", owner), ("note", note)) if value is not None}
    return _act(session, chosen, None, by, "noted", ", ".join(words), **words)


def asked_again(session: Session, integration: str, flow: str) -> set[str]:
    """Return the record keys of which somebody asked for another try."""
    query = select(Reject.key).where(
        Reject.integration == integration, Reject.flow == flow, Reject.state == "open", Reject.retry_at.is_not(None)
    )
    return set(session.scalars(query))


def _act(
    session: Session, chosen: RejectFilter, only: str | None, by: str, event: str, detail: str, **changes: Any
) -> int:
    query = chosen.narrow(select(Reject.id))
    query = query.where(Reject.state == only) if only else query.where(Reject.state != "closed")
    found = list(session.scalars(query))
    moment = now()
    for start in range(0, len(found), _BATCH):
        part = found[start : start + _BATCH]
        session.execute(update(Reject).where(Reject.id.in_(part)).values(**changes))
        session.execute(
            insert(RejectEvent),
            [{"reject_id": one, "at": moment, "event": event, "by": by, "detail": detail} for one in part],
        )
    if found:
        where = " ".join(filter(None, (chosen.flow, chosen.reason, chosen.employer, chosen.key))) or "all"
        session.add(
            Decision(
                integration=chosen.integration or "",
                subject=f"{len(found)} rejects: {where}"[:300],
                decision=event,
                by=by,
                at=moment,
            )
        )
    return len(found)


_BATCH = 500
"""Rows to a statement: SQLite takes so many values and not endlessly more."""


def forget_closed(session: Session, integration: str, days: int) -> None:
    """Delete the closed rejects of an integration that are older than its retention, with what happened to them."""
    old = select(Reject.id).where(
        Reject.integration == integration,
        Reject.state == "closed",
        Reject.closed_at < now() - timedelta(days=days),
    )
    session.execute(delete(RejectEvent).where(RejectEvent.reject_id.in_(old)), execution_options=NOT_IN_HAND)
    session.execute(delete(Reject).where(Reject.id.in_(old)), execution_options=NOT_IN_HAND)
