"""Rejects in the ledger: one row for each record key of a flow, which closes when the record passes or is gone."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veerpont.model.failures import Problem, SettingsError
from veerpont.store.ledger import now
from veerpont.store.tables import Decision, Reject


def settle(
    session: Session,
    integration: str,
    flow: str,
    run_id: str,
    problems: Mapping[str, Problem],
    questions: Mapping[str, str],
    closes: Callable[[str], bool] = lambda _: True,
    untried: Collection[str] = (),
) -> None:
    """Bring the rejects of a flow in line with a completed read.

    Args:
        problems: record key → what is wrong with it now. Open rejects of other keys are closed by this run.
        questions: record key → fingerprint of the change that a person must confirm.
        closes: tells of a record key without a problem whether this read proves anything about it.
        untried: record keys of `problems` that were not tried again: they wait for the night.

    Settling twice for one run changes nothing the second time, so a task may die and run again.
    """
    known = {
        row.key: row
        for row in session.scalars(select(Reject).where(Reject.integration == integration, Reject.flow == flow))
    }
    moment = now()
    for key, problem in problems.items():
        row = known.get(key)
        if row is None:
            row = Reject(integration=integration, flow=flow, key=key, attempts=1, first_seen=moment, state="open")
            session.add(row)
        elif row.state == "closed":
            row.attempts, row.first_seen, row.state = 1, moment, "open"
            row.closed_at = row.closed_by = None
        elif row.last_run != run_id and key not in untried:
            row.attempts += 1
        row.stage, row.field, row.reason, row.detail = problem.stage, problem.field, problem.reason, problem.detail
        row.last_seen, row.last_run, row.question = moment, run_id, questions.get(key)
    for key, row in known.items():
        if row.state != "closed" and key not in problems and closes(key):
            row.state, row.closed_at, row.closed_by = "closed", moment, run_id
            row.confirmed = None  # an answer is for one change, and this one has crossed


def add(session: Session, integration: str, flow: str, run_id: str, problems: Mapping[str, Problem]) -> None:
    """Add what a portal refused to the rejects; those of other keys stay as they are."""
    settle(session, integration, flow, run_id, problems, {}, closes=lambda _: False)


def confirmed(session: Session, integration: str, flow: str) -> dict[str, str]:
    """Return record key → fingerprint of the change that a person confirmed."""
    rows = session.scalars(
        select(Reject).where(Reject.integration == integration, Reject.flow == flow, Reject.confirmed.is_not(None))
    )
    return {row.key: row.confirmed or "" for row in rows}


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
    session.add(
        Decision(integration=integration, subject=f"{flow} {key}", decision=f"confirm {row.reason}", by=by, at=now())
    )


def listed(session: Session, integration: str | None, flow: str | None, state: str | None) -> list[Reject]:
    """Return rejects, the oldest first; each argument narrows the list."""
    query = select(Reject).order_by(Reject.first_seen, Reject.id)
    if integration:
        query = query.where(Reject.integration == integration)
    if flow:
        query = query.where(Reject.flow == flow)
    if state:
        query = query.where(Reject.state == state)
    return list(session.scalars(query))


def forget_closed(session: Session, integration: str, days: int) -> None:
    """Delete the closed rejects of an integration that are older than its retention."""
    session.execute(
        delete(Reject).where(
            Reject.integration == integration,
            Reject.state == "closed",
            Reject.closed_at < now() - timedelta(days=days),
        )
    )
