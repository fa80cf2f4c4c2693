"""What needs a person, the most harmful first: what happened, since when, whose it is, and where it is done."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from math import inf

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.desk import deliveries
from veerpont.desk.today import Customer, TodayLine
from veerpont.flows import late_days
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Words
from veerpont.rules.calendar import working_days
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import alerts, employers
from veerpont.store import rejects as store
from veerpont.store.employers import Gate
from veerpont.store.rejects import OpenGroup
from veerpont.store.tables import Delivery, EmployerState


class TodoKind(StrEnum):
    """What somebody has to do, in the order of the harm that waiting does."""

    REMOVALS = "removals"
    WHOLE = "whole"
    FILE = "file"
    FAILED = "failed"
    LATE = "late"
    QUESTIONS = "questions"
    REJECTS = "rejects"
    PENDING = "pending"
    SERVICE = "service"
    LOGIN = "login"


MANAGERS, ENGINEERS = "managers", "engineers"


@dataclass(frozen=True)
class Todo:
    """One thing to do for one integration.

    count: of what there are so many. reasons: why, as codes of the catalog. message: what a run or an alert said.
    number: of the delivery. days: working days that it has waited. stage: of the rejects.
    """

    kind: TodoKind
    integration: str
    owner: str
    since: datetime | None
    flow: str = ""
    count: int = 0
    reasons: tuple[str, ...] = ()
    message: Words = ""
    employer: str = ""
    stage: str = ""
    number: int | None = None
    days: int = 0


@dataclass(frozen=True)
class TodoFilter:
    """What the list is narrowed to; an empty part narrows nothing. text: part of the name of a customer."""

    text: str = ""
    flow: str = ""
    kind: str = ""
    owner: str = ""

    def names(self, customers: Iterable[Customer]) -> set[str]:
        """Return the integrations that the text is about."""
        text = self.text.casefold().strip()
        return {each.name for each in customers if text in each.name.casefold() or text in each.title.casefold()}

    def passes(self, todo: Todo, names: Collection[str]) -> bool:
        """Tell whether something to do is asked for, whatever its kind. `names`: what `names` returned."""
        return todo.integration in names and self.flow in {"", todo.flow} and self.owner in {"", todo.owner}


EVERYTHING = TodoFilter()


@dataclass(frozen=True)
class Paging:
    """Which of the pages: its number, and how many things are on each. One beyond the last is empty."""

    number: int = 1
    size: int = 50


FIRST = Paging()


@dataclass(frozen=True)
class TodoPage:
    """One page of what needs a person.

    total: how many things there are on all pages. kinds: how many of each kind, whatever kind is asked for. needs:
    integration → how many things it has, whatever is asked for.
    """

    things: list[Todo]
    total: int
    kinds: Counter[TodoKind]
    needs: Counter[str]


def todo(
    session: Session,
    found: Mapping[str, Integration],
    customers: Collection[Customer],
    paused: Collection[str],
    moment: datetime,
    chosen: TodoFilter = EVERYTHING,
    paging: Paging = FIRST,
) -> TodoPage:
    """Return what needs a person, the most harmful first, of one kind the oldest first.

    Of a thousand customers there are tens of thousands of groups of rejects: they are counted by the ledger, and read
    only where the page shows them.

    Args:
        found: the integrations whose files can be read: a file says whether it has managers.
        customers: how their flows stand (`today.overview`).
        paused: the flows that somebody paused in Airflow: nothing of theirs is late.
        moment: the present one.
        chosen: what is asked for.
        paging: which page.
    """
    theirs = {name for name, integration in found.items() if integration.mail.to}

    def owner(name: str) -> str:
        return MANAGERS if name in theirs else ENGINEERS

    known = {each.name for each in customers}
    every = [each for each in _things(session, found, customers, paused, moment, owner) if each.integration in known]
    names = chosen.names(customers)
    things = [each for each in every if chosen.passes(each, names)]
    rejecting = [each for each in customers if each.name in names and chosen.owner in {"", owner(each.name)}]
    asked = [counts for each in rejecting for flow, counts in each.rejects.items() if chosen.flow in {"", flow}]
    kinds = Counter(each.kind for each in things)
    kinds[TodoKind.QUESTIONS] = sum(counts.asking for counts in asked)
    kinds[TodoKind.REJECTS] = sum(counts.groups for counts in asked)

    def some(kind: TodoKind, skip: int, limit: int) -> list[Todo]:
        if kind not in _OF_REJECTS:
            of_kind = sorted((each for each in things if each.kind is kind), key=_age)
            return of_kind[skip : skip + limit]
        of_whom = [each.name for each in rejecting if each.rejects]
        groups = store.oldest_groups(session, of_whom, chosen.flow, kind is TodoKind.QUESTIONS, limit, skip)
        return [_of_group(kind, group, owner(group.integration)) for group in groups]

    wanted = [kind for kind in TodoKind if chosen.kind in {"", kind}]
    shown: list[Todo] = []
    skip = (paging.number - 1) * paging.size
    for kind in wanted:
        if skip < kinds[kind] and len(shown) < paging.size:
            shown += some(kind, skip, paging.size - len(shown))
        skip = max(0, skip - kinds[kind])
    needs = Counter(each.integration for each in every)
    for customer in customers:
        needs[customer.name] += sum(counts.groups + counts.asking for counts in customer.rejects.values())
    return TodoPage(shown, sum(kinds[kind] for kind in wanted), kinds, needs)


_OF_REJECTS = {TodoKind.QUESTIONS, TodoKind.REJECTS}


def _things(
    session: Session,
    found: Mapping[str, Integration],
    customers: Iterable[Customer],
    paused: Collection[str],
    moment: datetime,
    owner: Callable[[str], str],
) -> Iterator[Todo]:
    """Yield all but the groups of rejects."""
    for row in deliveries.waiting(session):
        yield _held(row, owner(row.integration), moment)
    for customer in customers:
        yield from _of_customer(customer, owner(customer.name), paused)
    for kind, counted in ((TodoKind.PENDING, _pending(session)), (TodoKind.SERVICE, _over(session, found, moment))):
        for name, count, since in counted:
            yield Todo(kind, name, owner(name), since, count=count, days=working_days(since, moment))
    for alert in alerts.opened(session):
        if alert.subject.startswith("expiry "):
            words = alert.words or ""
            yield Todo(TodoKind.LOGIN, alert.integration, owner(alert.integration), alert.since, message=words)


def _age(thing: Todo) -> tuple[float, int]:
    return thing.since.timestamp() if thing.since else inf, -thing.count


def _held(row: Delivery, owner: str, moment: datetime) -> Todo:
    return Todo(
        TodoKind.REMOVALS if row.gone else TodoKind.WHOLE,
        row.integration,
        owner,
        row.at,
        row.flow,
        count=row.gone or row.records,
        reasons=tuple(code for code, _ in deliveries.reasons(row)),
        number=row.id,
        days=working_days(row.at, moment),
    )


def _of_customer(customer: Customer, owner: str, paused: Collection[str]) -> Iterator[Todo]:
    if customer.broken:
        yield Todo(TodoKind.FILE, customer.name, ENGINEERS, None, message=customer.broken)
    found: dict[Todo, Todo] = {}
    for line in customer.lines:
        failed = line.last is not None and line.last.state == "failed" and line.last.kind != PassingError.kind
        if failed or (line.late and line.flow not in paused):
            one = _broken(line, TodoKind.FAILED if failed else TodoKind.LATE, owner)
            # a flow that does not reach several portals is one thing to do, since it went wrong at the first of them
            before = found.setdefault(replace(one, since=None), one)
            if one.since and before.since and one.since < before.since:
                found[replace(one, since=None)] = one
    yield from found.values()


def _broken(line: TodayLine, kind: TodoKind, owner: str) -> Todo:
    last = line.last
    theirs = last is not None and last.kind == SettingsError.kind
    since = line.success_at or (last.started_at if last else None)
    message = (last.words or "") if last is not None and last.state != "success" else ""
    return Todo(kind, line.integration, owner if theirs else ENGINEERS, since, line.flow, message=message)


def _of_group(kind: TodoKind, group: OpenGroup, owner: str) -> Todo:
    return Todo(
        kind,
        group.integration,
        owner,
        group.oldest,
        group.flow,
        count=group.rejects,
        reasons=(group.reason,),
        employer=group.employer,
        stage=group.stage,
    )


def _pending(session: Session) -> list[tuple[str, int, datetime]]:
    query = (
        select(EmployerState.integration, func.count(), func.min(EmployerState.at))
        .where(EmployerState.state == Gate.PENDING)
        .group_by(EmployerState.integration)
    )
    return [(name, count, since) for name, count, since in session.execute(query)]


def _over(session: Session, found: Mapping[str, Integration], moment: datetime) -> Iterator[tuple[str, int, datetime]]:
    """Yield each integration with employers of which nothing is read any more, how many, and since when."""
    today = business_date(moment)
    for name, rows in employers.ended(session, today).items():
        if name not in found:
            continue
        late = late_days(found[name])
        ended = [row.service_until for row in rows if row.service_until and row.service.is_over(today, late)]
        if ended:
            since = datetime.combine(min(ended) + timedelta(days=late + 1), time(), AMSTERDAM)
            yield name, len(ended), since
