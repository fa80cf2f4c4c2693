"""Links in the ledger: which employees of a customer cross, as whom, and who decided that.

Facts: docs/reference/loket.md, 6.

Every employee whom the source shows at an active employer has a row, so that people can see about whom they may decide.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from veerpont.model.failures import SettingsError
from veerpont.store.clock import now
from veerpont.store.tables import Decision, Link

LONGEST_NUMBER, LONGEST_DEPARTMENT = 50, 255


class Choice(StrEnum):
    """What was decided about an employee; without a decision `links.default` of the integration file counts."""

    UNDECIDED = "undecided"
    ADD = "add"
    SKIP = "skip"
    LINK = "link"


def of(session: Session, integration: str) -> dict[str, Link]:
    """Return record key → what is known and decided."""
    return {row.key: row for row in session.scalars(select(Link).where(Link.integration == integration))}


def show(session: Session, integration: str, people: Mapping[str, str], read: Collection[str]) -> None:
    """Note whom the source shows: record key → employer. A decision stays, also while somebody is not shown.

    Args:
        read: the employers that were read as a whole.
    """
    known = of(session, integration)
    for key, employer in people.items():
        if key not in known:
            row = Link(integration=integration, key=key, decision=Choice.UNDECIDED, employer=employer, first_seen=now())
            session.add(row)
        else:
            known[key].employer = employer
    for key, row in known.items():
        if row.decision == Choice.UNDECIDED and key not in people and row.employer in read:
            session.delete(row)


def decide(
    session: Session,
    integration: str,
    keys: Collection[str],
    choice: Choice,
    by: str,
    number: str = "",
    department: str = "",
) -> list[Link]:
    """Decide about employees. The next run of employees acts on it.

    Args:
        number: for a link, how the portal knows the person; `department`: what the portal has there, where it is said.

    Raises SettingsError when nothing is known of an employee, or the link is not one; then nothing changes.
    """
    known = of(session, integration)
    keys = [key.strip().strip("{}").upper() for key in keys]
    if unknown := [key for key in keys if key not in known]:
        raise SettingsError(
            f"No run has shown an employee {', '.join(unknown)} at an active employer of {integration}. `veerpont "
            "links list` shows those that there are; customers whose source needs no such decision have none."
        )
    number, department, by = number.strip(), department.strip(), by.strip()
    if not by:
        raise SettingsError("Say who decides this: it is kept.")
    rows = [known[key] for key in dict.fromkeys(keys)]
    if choice is Choice.LINK:
        _require_link(known, rows, number, department)
    for row in rows:
        row.decision, row.by, row.at = choice, by[:200], now()
        row.personnel_number, row.department = number or None, department or None
        what = f"{choice} {number}".strip()
        session.add(Decision(integration=integration, subject=_subject(row.key), decision=what, by=row.by, at=row.at))
    return rows


def _require_link(known: Mapping[str, Link], rows: list[Link], number: str, department: str) -> None:
    if len(rows) != 1:
        raise SettingsError("A link is of one employee with one person at the portal: link them one by one.")
    if not number or len(number) > LONGEST_NUMBER or not number.isprintable():
        raise SettingsError(f"Say under which personnel number the portal has this person (1 to {LONGEST_NUMBER}).")
    if len(department) > LONGEST_DEPARTMENT or not department.isprintable():
        raise SettingsError(f"The department's code is too long, or no text (at most {LONGEST_DEPARTMENT}).")
    if other := _holder(known, rows[0], number):
        raise SettingsError(f"Employee {other.key} of that employer is linked with this personnel number already.")


def holder(session: Session, row: Link, number: str) -> Link | None:
    """Return who else of the same employer is linked with this personnel number."""
    return _holder(of(session, row.integration), row, number)


def _holder(known: Mapping[str, Link], row: Link, number: str) -> Link | None:
    wanted = (Choice.LINK, number, row.employer)
    others = (other for other in known.values() if other.key != row.key)
    return next((other for other in others if (other.decision, other.personnel_number, other.employer) == wanted), None)


def decisions(session: Session, integration: str, key: str) -> list[Decision]:
    """Return what people decided about an employee, the oldest first."""
    query = select(Decision).where(Decision.integration == integration, Decision.subject == _subject(key))
    return list(session.scalars(query.order_by(Decision.id)))


def _subject(key: str) -> str:
    return f"link {key}"


def listed(
    session: Session,
    integration: str | None,
    choice: str | None = None,
    employer: str | None = None,
    limit: int | None = None,
    skip: int = 0,
) -> list[Link]:
    """Return employees with what was decided: the undecided first, the newest of them on top."""
    query = _narrowed(select(Link), integration, choice, employer)
    query = query.order_by(Link.integration, Link.decision != Choice.UNDECIDED, Link.first_seen.desc(), Link.key)
    return list(session.scalars(query.offset(skip).limit(limit)))


def counted(session: Session, integration: str, choice: str | None, employer: str | None) -> int:
    """Return of how many employees `listed` tells."""
    return session.scalar(_narrowed(select(func.count(Link.id)), integration, choice, employer)) or 0


def _narrowed(query: Select[Any], integration: str | None, choice: str | None, employer: str | None) -> Select[Any]:
    for column, value in ((Link.integration, integration), (Link.decision, choice), (Link.employer, employer)):
        if value:
            query = query.where(column == value)
    return query


def integrations(session: Session) -> list[str]:
    """Return the integrations that have links."""
    return sorted(session.scalars(select(Link.integration).distinct()))


def employers(session: Session, integration: str) -> list[str]:
    """Return the employers of whose employees there are links."""
    return sorted(session.scalars(select(Link.employer).where(Link.integration == integration).distinct()))
