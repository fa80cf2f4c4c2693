"""Sending again: an accepted delivery that goes once more, as it is, and what the ledger keeps until a run did it.

It changes nothing of what is known: snapshot, books and trails stay those of the run that made it.
"""

from dataclasses import replace

import msgspec
from sqlalchemy.orm import Session

from veerpont.store import deliveries, employers, notes
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery

ACCEPTED = (State.DELIVERED, State.CONFIRMED)


class Again(msgspec.Struct, frozen=True):
    """What the outcome of a delivery says of it. `again`: the state to which it goes back. `employers`: whose lines are
    in it."""

    again: str = ""
    employers: list[str] = []


def of(row: Delivery) -> Again:
    """Return what is asked of a delivery."""
    return msgspec.json.decode(row.outcome or "{}", type=Again)


def obstacle(session: Session, row: Delivery) -> str:
    """Return what forbids to send a complete file again: `newer`, `purged`, `no_file`; empty for nothing.

    An older file would take back what a newer one brought, and one with an employer that was purged would bring it.
    """
    scope = Scope.of(row)
    account = notes.noted(session, scope, notes.ACCOUNT)
    names = {row.integration, *(notes.in_account(session, scope, account) if account else ())}
    sent = [each for name in names for each in deliveries.find(session, replace(scope, integration=name), *ACCEPTED)]
    if any(other.id != row.id and other.at > row.at for other in sent):
        return "newer"
    gate = employers.states(session, row.integration)
    ours = {code for code, known in gate.items() if known.state == Gate.ACTIVE or known.frozen}
    if not ours.issuperset(of(row).employers):
        return "purged"
    return "" if row.object else "no_file"


def ask(session: Session, row: Delivery, by: str) -> None:
    """Let the next run of the flow send an accepted delivery once more."""
    kept = msgspec.json.decode(row.outcome or "{}")
    asked = {**kept, "again": row.state, "pointers": {}, "changes": None, "trail": None}
    row.state, row.outcome = State.PREPARED, msgspec.json.encode(asked).decode()
    subject = deliveries.subject(row)
    session.add(Decision(integration=row.integration, subject=subject, decision="resend", by=by, at=now()))


def end(row: Delivery, sent: bool) -> None:
    """Let a delivery that was to be sent again be what it was: since it was sent, or because it was given up."""
    row.state = of(row).again
    if sent:
        row.at = now()
