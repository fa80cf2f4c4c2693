"""The gate in the ledger: which employers are pending, active or inactive, and who decided it (docs/decisions/0018)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from veerpont.model.failures import SettingsError
from veerpont.store.clock import now, today
from veerpont.store.tables import Decision, EmployerState, Link

_STATES = select(EmployerState).where(EmployerState.integration == bindparam("integration"))
NO_CHANGE: Mapping[str, date | None] = MappingProxyType({})


class Gate(StrEnum):
    """Whether an employer's rows may be kept and sent.

    OVER is no state of the ledger: an active employer whose service period ended is so to the flows that stop then.
    """

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"
    OVER = "over"


def states(session: Session, integration: str) -> dict[str, EmployerState]:
    """Return every employer that the source ever showed, by code."""
    return {row.code: row for row in session.scalars(_STATES, {"integration": integration})}


def gate(session: Session, integration: str, today: date, late_days: int = 0) -> dict[str, Gate]:
    """Return code → whether an employer's rows may be kept and sent on a day.

    Args:
        late_days: how long after the end of a service period its rows are still looked at.
    """
    return {
        code: Gate.OVER if row.state == Gate.ACTIVE and row.service.is_over(today, late_days) else Gate(row.state)
        for code, row in states(session, integration).items()
    }


def over(session: Session, integration: str, today: date, late_days: int) -> list[EmployerState]:
    """Return the active employers of which nothing is read any more: somebody has to deactivate them.

    Args:
        late_days: as in `gate`.
    """
    rows = sorted(states(session, integration).items())
    return [row for _, row in rows if row.state == Gate.ACTIVE and row.service.is_over(today, late_days)]


def ended(session: Session, today: date) -> dict[str, list[EmployerState]]:
    """Return integration → its active employers whose service period ended before a day, in one query for all."""
    query = select(EmployerState).where(EmployerState.state == Gate.ACTIVE, EmployerState.service_until < today)
    found: dict[str, list[EmployerState]] = {}
    for row in session.scalars(query.order_by(EmployerState.integration, EmployerState.code)):
        found.setdefault(row.integration, []).append(row)
    return found


def covered(session: Session, integration: str) -> set[str]:
    """Return the codes of those whose lines the portals have: the active ones, and the frozen ones."""
    return {code for code, row in states(session, integration).items() if row.state == Gate.ACTIVE or row.frozen}


def show(session: Session, integration: str, code: str, name: str) -> EmployerState:
    """Note that the source shows this employer under this name.

    A new one is pending. An active one whose name changed goes back to pending, frozen, until a person confirms that it
    is still the same company.
    """
    row = session.scalar(
        select(EmployerState).where(EmployerState.integration == integration, EmployerState.code == code)
    )
    if row is None:
        row = EmployerState(integration=integration, code=code, name=name, state=Gate.PENDING, frozen=False, at=now())
        session.add(row)
    elif row.name != name:
        if row.state == Gate.ACTIVE:
            row.state, row.frozen, row.by, row.at = Gate.PENDING, True, None, now()
        row.name = name
    return row


def count_people(session: Session, integration: str, people: Mapping[str, int]) -> None:
    """Keep how many employees the source shows at each employer read: what a person who decides wants to know."""
    for code, row in states(session, integration).items():
        row.people = people.get(code, row.people)


def activate(
    session: Session, integration: str, codes: list[str], by: str, service: Mapping[str, date | None] = NO_CHANGE
) -> None:
    """Let the rows of these employers through from the next run on.

    What was known of an active one stays so when its service period only loses days, or those of the future change:
    then its state is as old as it was.

    Args:
        service: what changes of their service periods: `first` and `last` (rules.service); None takes a limit away.

    Raises SettingsError when a code was never shown by the source, or a service would end before it begins; then
    nothing changes.
    """
    rows = _known(session, integration, codes)
    periods = [replace(row.service, **service) for row in rows]
    for row, period in zip(rows, periods, strict=True):
        if not period.is_possible:
            raise SettingsError(
                f"The service of employer {row.code} would end on {period.last}, before it begins on {period.first}: "
                "give both days again."
            )
    for row, period in zip(rows, periods, strict=True):
        if not (service and row.state == Gate.ACTIVE) or row.service.is_widened_by(period, today()):
            row.state, row.frozen, row.by, row.at = Gate.ACTIVE, False, by, now()
            session.add(_decision(row, "activate", by))
        if period != row.service:
            row.service_from, row.service_until = period.first, period.last
            session.add(_decision(row, f"service {period}", by))


def deactivate(session: Session, integration: str, codes: list[str], by: str, purge: bool = False) -> None:
    """Stop reading these employers at once.

    What the portal was told of them stays in complete files (frozen); `purge` says that the portal no longer covers
    them, so that the next delivery leaves them out and the vault forgets them, and the ledger whom they employ.

    Raises SettingsError when a code was never shown by the source; then nothing changes.
    """
    for row in _known(session, integration, codes):
        row.state, row.frozen, row.by, row.at = Gate.INACTIVE, not purge, by, now()
        session.add(_decision(row, "purge" if purge else "deactivate", by))
    if purge:
        session.execute(delete(Link).where(Link.integration == integration, Link.employer.in_(codes)))


def _known(session: Session, integration: str, codes: list[str]) -> list[EmployerState]:
    known = states(session, integration)
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise SettingsError(
            f"The source of {integration} never showed employer {', '.join(unknown)}. "
            f"Known: {', '.join(sorted(known)) or 'none; run the DAG employers first'}."
        )
    return [known[code] for code in codes]


def _decision(row: EmployerState, decision: str, by: str) -> Decision:
    return Decision(integration=row.integration, subject=f"employer {row.code}", decision=decision, by=by, at=now())


def listed(session: Session, integration: str | None) -> list[EmployerState]:
    """Return the employers of one integration, or of all, by code."""
    query = select(EmployerState).order_by(EmployerState.integration, EmployerState.code)
    if integration:
        query = query.where(EmployerState.integration == integration)
    return list(session.scalars(query))
