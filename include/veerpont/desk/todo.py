"""What needs a person, the most harmful first: what happened, since when, whose it is, and where it is done."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.desk import deliveries, rejects
from veerpont.desk.today import Customer, TodayLine
from veerpont.flows import late_days
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Words
from veerpont.rules.calendar import working_days
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import alerts, employers
from veerpont.store.employers import Gate
from veerpont.store.rejects import RejectFilter
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
_HARM = {kind: place for place, kind in enumerate(TodoKind)}


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
        """Tell whether something to do is asked for. `names`: what `names` returned."""
        return (
            todo.integration in names
            and self.flow in {"", todo.flow}
            and self.kind in {"", todo.kind}
            and self.owner in {"", todo.owner}
        )


def todo(
    session: Session,
    found: Mapping[str, Integration],
    customers: Iterable[Customer],
    paused: Collection[str],
    moment: datetime,
) -> list[Todo]:
    """Return what needs a person, the most harmful first, of one kind the oldest first.

    Args:
        found: the integrations whose files can be read: a file says whether it has managers.
        customers: how their flows stand (`today.overview`).
        paused: the flows that somebody paused in Airflow: nothing of theirs is late.
        moment: the present one.
    """
    theirs = {name for name, integration in found.items() if integration.mail.to}

    def owner(name: str) -> str:
        return MANAGERS if name in theirs else ENGINEERS

    things = [
        *(_held(row, owner(row.integration), moment) for row in deliveries.waiting(session)),
        *(thing for customer in customers for thing in _of_customer(customer, owner(customer.name), paused)),
        *(thing for group in rejects.groups(session, RejectFilter(state="open")) for thing in _of_group(group, owner)),
        *(
            Todo(TodoKind.PENDING, name, owner(name), since, count=count, days=working_days(since, moment))
            for name, count, since in _pending(session)
        ),
        *(
            Todo(TodoKind.SERVICE, name, owner(name), since, count=count, days=working_days(since, moment))
            for name, count, since in _over(session, found, moment)
        ),
        *(
            Todo(TodoKind.LOGIN, alert.integration, owner(alert.integration), alert.since, message=alert.words or "")
            for alert in alerts.opened(session)
            if alert.subject.startswith("expiry ")
        ),
    ]
    return sorted(things, key=lambda each: (_HARM[each.kind], each.since is None, each.since or moment, -each.count))


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


def _of_group(group: rejects.Group, owner: Callable[[str], str]) -> Iterator[Todo]:
    for kind, count in ((TodoKind.QUESTIONS, group.questions), (TodoKind.REJECTS, group.count - group.questions)):
        if count:
            yield Todo(
                kind,
                group.integration,
                owner(group.integration),
                group.oldest,
                group.flow,
                count=count,
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
