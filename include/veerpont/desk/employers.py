"""The gate as people work on it: which employers may cross, and what it means to let one in or out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.desk.question import Question, choose
from veerpont.desk.refused import ActRefusedError
from veerpont.rules.dates import parse_date
from veerpont.rules.service import ServicePeriod
from veerpont.store import employers as store
from veerpont.store.clock import today
from veerpont.store.tables import EmployerState

ACTS = ("activate", "deactivate", "purge", "service")
_AFTER = {"activate": ("active", False), "deactivate": ("inactive", True), "purge": ("inactive", False)}


@dataclass(frozen=True)
class EmployerQuestion(Question[EmployerState]):
    """What a person is asked before employers are let in or out."""

    @property
    def people(self) -> int:
        """How many employees the last read showed at them together."""
        return sum(row.people or 0 for row in self.rows)

    @property
    def uncounted(self) -> int:
        """At how many of them no read has counted the employees yet."""
        return sum(row.people is None for row in self.rows)

    def look(self, row: EmployerState) -> str:
        """Return its state, name and service period."""
        return f"{row.code}={row.state},{int(row.frozen)},{row.service},{row.name}"

    @property
    def service(self) -> ServicePeriod:
        """The service period that they all have; without limits where they differ."""
        periods = {row.service for row in self.rows}
        return periods.pop() if len(periods) == 1 else ServicePeriod()

    @property
    def differs(self) -> bool:
        """Whether they have different service periods."""
        return len({row.service for row in self.rows}) > 1


def integrations(session: Session) -> list[str]:
    """Return the integrations of which employers were ever shown."""
    return sorted(session.scalars(select(EmployerState.integration).distinct()))


def listed(session: Session, integration: str | None, state: str | None) -> dict[str, list[EmployerState]]:
    """Return integration → employers, pending ones first, then by code.

    `frozen` and `over` (an active one whose service has ended) are states to look for as well.
    """
    order = list(store.Gate)
    rows = sorted(
        store.listed(session, integration), key=lambda row: (row.integration, order.index(store.Gate(row.state)))
    )
    found: dict[str, list[EmployerState]] = {}
    for row in rows:
        if state in {None, "", row.state} or (state == "frozen" and row.frozen) or (state == "over" and is_over(row)):
            found.setdefault(row.integration, []).append(row)
    return found


def is_over(row: EmployerState) -> bool:
    """Tell whether the service of an active employer has ended."""
    return row.state == store.Gate.ACTIVE and row.service.is_over(today())


def ask(session: Session, act: str, integration: str, codes: Iterable[str]) -> EmployerQuestion:
    """Return what there is to know before `act` is done to these employers.

    Raises ActRefusedError when none is chosen, the source never showed one, or it is so already; and, about a service
    period, when one is not active.
    """
    if act not in ACTS:
        raise ActRefusedError("no_act")
    rows = choose(store.states(session, integration), integration, codes, ("no_employer", "unknown_employer"))
    if act == "service":
        if closed := [row.code for row in rows if row.state != store.Gate.ACTIVE]:
            raise ActRefusedError("not_active", codes=", ".join(closed))
        return EmployerQuestion(act, integration, rows)
    already = [row.code for row in rows if (row.state, row.frozen) == _AFTER[act]]
    if already:
        raise ActRefusedError("so_already", codes=", ".join(already))
    return EmployerQuestion(act, integration, rows)


def period(first: str, last: str) -> ServicePeriod:
    """Return the service period of two days as a person wrote them (YYYY-MM-DD); empty: no limit on that side.

    Raises ActRefusedError when one is no day, or the service would end before it begins.
    """
    try:
        found = ServicePeriod(*(parse_date(day) if day else None for day in (first, last)))
    except ValueError:
        raise ActRefusedError("no_day") from None
    if not found.is_possible:
        raise ActRefusedError("ends_first")
    return found


def answer(
    session: Session, question: EmployerQuestion, by: str, seen: str, service: ServicePeriod | None = None
) -> None:
    """Do what was confirmed.

    Args:
        service: the period that they get, where that is what was asked.

    Raises ActRefusedError when an employer is not any more as it was when the person was asked.
    """
    question.require(seen)
    codes = [row.code for row in question.rows]
    if question.act == "service" and service is not None:
        store.activate(session, question.integration, codes, by, {"first": service.first, "last": service.last})
    elif question.act == "activate":
        store.activate(session, question.integration, codes, by)
    else:
        store.deactivate(session, question.integration, codes, by, purge=question.act == "purge")
