"""A delivery that the portal took before it had its name: to send it again would have the portal take it again."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from veerpont.flows.job import Job
from veerpont.model.failures import SettingsError
from veerpont.model.messages import Message
from veerpont.store.leases import LeaseGuard
from veerpont.store.tables import Delivery
from veerpont.systems.portal import Portal
from veerpont.systems.upload import TakenError


class _Taken(msgspec.Struct, frozen=True):
    """Kept in the outcome of the delivery: the ending of the temporary name, and what was said."""

    taken: tuple[str, str | Message] | None = None


@contextmanager
def once(job: Job, portal: Portal, held: LeaseGuard, row: Delivery) -> Iterator[None]:
    """Send a delivery within this; it is noted when the portal takes its temporary file.

    Raises SettingsError, the same one, until temporary names end in something else or a person discards the delivery.
    """
    noted = msgspec.json.decode(row.outcome or "{}", type=_Taken).taken
    if noted is not None and noted[0] == portal.temporary_ending(job.integration):
        raise SettingsError(noted[1])
    try:
        yield
    except TakenError as error:
        with job.ledger.session() as session:
            held.require(session)
            known = session.get_one(Delivery, row.id)
            kept = msgspec.json.decode(known.outcome or "{}")
            known.outcome = msgspec.json.encode({**kept, "taken": (error.ending, error.message)}).decode()
        raise
