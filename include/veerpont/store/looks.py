"""Who asked to see what of one person at the desk: kept with the decisions, for ever (docs/decisions/0009)."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.store.clock import now
from veerpont.store.tables import Decision

SUBJECT = "record "


class LookKind(StrEnum):
    """What somebody asked to see: what happened to a record, its personnel number, the timeline of an absence case."""

    RECORD = "look"
    NUMBER = "look number"
    TIMELINE = "look timeline"


def note(session: Session, integration: str, look: LookKind, keys: Iterable[str], by: str) -> None:
    """Keep that somebody asked, by the record keys that they saw; an empty one where nothing was found.

    What they typed is not kept: it may be anything.
    """
    moment = now()
    for key in keys:
        subject = f"{SUBJECT}{key}"[:300]
        session.add(Decision(integration=integration, subject=subject, decision=look, by=by[:200], at=moment))


def recent(session: Session, integration: str, limit: int) -> list[Decision]:
    """Return who asked to see what of an integration's records, the newest first."""
    looked = Decision.decision.in_(list(LookKind))
    query = select(Decision).where(Decision.integration == integration, looked)
    return list(session.scalars(query.order_by(Decision.id.desc()).limit(limit)))


def key_of(row: Decision) -> str:
    """Return the record key of what somebody saw; empty where nothing was found."""
    return row.subject.removeprefix(SUBJECT)
