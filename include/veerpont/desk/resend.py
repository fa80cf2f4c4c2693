"""To send a delivery once more: only the newest that a portal of complete files accepted."""

from sqlalchemy.orm import Session

from veerpont.desk.deliveries import one
from veerpont.desk.export import content
from veerpont.desk.refused import ActRefusedError
from veerpont.model.failures import SettingsError
from veerpont.store import deliveries as store
from veerpont.store import resend_state
from veerpont.store.deliveries import State
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery
from veerpont.systems.registry import portal


def may(session: Session, row: Delivery) -> bool:
    """Tell whether a delivery can be sent again, as far as the ledger knows."""
    return not _obstacle(session, row)


def ask(session: Session, delivery: int, by: str) -> Delivery:
    """Mark a delivery to be sent again; the next run of its flow does that. Nothing is sent here.

    Raises ActRefusedError when it cannot be, saying why.
    """
    by = by.strip()[:200]
    if not by:
        raise ActRefusedError("who")
    row = one(session, delivery)
    why = _obstacle(session, row)
    if not why:
        try:
            content(row)
        except ActRefusedError:  # there is no file at all
            raise
        except SettingsError:  # it is not what the ledger knows
            why = "damaged"
    if why:
        other = next((each.id for each in _unfinished(session, row)), 0)
        values = {"id": str(row.id), "state": row.state, "portal": row.portal, "other": str(other)}
        raise ActRefusedError(f"resend_{why}", **values)
    resend_state.ask(session, row, by)
    return row


def _obstacle(session: Session, row: Delivery) -> str:
    if not portal(row.portal).complete:
        return "calls"
    if row.state not in resend_state.ACCEPTED:
        return "not_accepted"
    if _unfinished(session, row):
        return "unfinished"
    return resend_state.obstacle(session, row)


def _unfinished(session: Session, row: Delivery) -> list[Delivery]:
    return store.find(session, Scope.of(row), State.PREPARED)
