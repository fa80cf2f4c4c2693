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

_WHY = {
    "newer": "The portal accepted a newer delivery than {id}, and this one would take back what that brought. "
    "`veerpont deliveries export {id}` hands out its file.",
    "purged": "An employer whose lines are in delivery {id} is not active any more: it would bring them again.",
    "no_file": "Delivery {id} has no file that is kept: it is older than retention.deliveries_days, or somebody in it "
    "was forgotten.",
    "not_accepted": "Delivery {id} is {state}: only one that the portal accepted can be sent again.",
    "unfinished": "Delivery {other} of this flow is not finished yet: the next run of the flow does that first.",
    "calls": "Delivery {id} told {portal} what was new, changed or gone then, and it may have been told otherwise "
    "since. The next run tells it what is different now; a file of hours is fetched at the desk.",
    "damaged": "The file of delivery {id} in the vault is not the one that was sent (its SHA-256 is another one).",
}


def may(session: Session, row: Delivery) -> bool:
    """Tell whether a delivery can be sent again, as far as the ledger knows."""
    return not _obstacle(session, row)


def ask(session: Session, delivery: int, by: str) -> Delivery:
    """Mark a delivery to be sent again; the next run of its flow does that. Nothing is sent here.

    Raises RefusedError when it cannot be, saying why.
    """
    by = by.strip()[:200]
    if not by:
        raise ActRefusedError("who", "Say who decides this: it is kept.")
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
        values = {"id": row.id, "state": row.state, "portal": row.portal, "other": other}
        raise ActRefusedError(f"resend_{why}", _WHY[why], **values)
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
