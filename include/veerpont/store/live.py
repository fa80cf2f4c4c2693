"""Which customers the schedule runs, of those whose file waits until somebody takes them live: kept as decisions."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.store.clock import now
from veerpont.store.tables import Decision

SUBJECT = "schedule"


class LiveAct(StrEnum):
    """What somebody decided: from now on the schedule runs it, or only people do."""

    TAKE = "take live"
    BACK = "take back"


def decide(session: Session, integration: str, act: LiveAct, by: str) -> None:
    """Keep what somebody decided about a customer; it holds from the next run on."""
    session.add(Decision(integration=integration, subject=SUBJECT, decision=act, by=by[:200], at=now()))


def last(session: Session, integration: str) -> Decision | None:
    """Return what was decided last about a customer, by whom and when; None where nobody decided yet."""
    query = select(Decision).where(Decision.integration == integration, Decision.subject == SUBJECT)
    return session.scalars(query.order_by(Decision.id.desc()).limit(1)).first()


def waiting(session: Session, found: Mapping[str, Integration]) -> set[str]:
    """Return the customers that the schedule leaves out, because nobody has taken them live."""
    asked = {name for name, integration in found.items() if integration.waits_to_go_live}
    if not asked:
        return set()
    newest = select(func.max(Decision.id)).where(Decision.subject == SUBJECT).group_by(Decision.integration)
    live = select(Decision.integration).where(Decision.id.in_(newest), Decision.decision == LiveAct.TAKE)
    return asked - set(session.scalars(live))
