"""The run's part of sending a delivery again: the same bytes under the same name, if that is still right."""

from veerpont.flows.job import Job
from veerpont.model.messages import Message, coded
from veerpont.pipeline.deliver.taken import once
from veerpont.store import resend_state
from veerpont.store.leases import LeaseGuard
from veerpont.store.tables import Delivery
from veerpont.systems.portal import Portal

_WHY = {
    "newer": coded("run.again_newer", "the portal accepted a newer one since"),
    "purged": coded("run.again_purged", "an employer in it was purged since"),
    "no_file": coded("run.again_no_file", "its file is not kept any more"),
    "damaged": coded("run.again_damaged", "its file in the vault is not the one that was sent"),
}


def send_again(job: Job, portal: Portal, held: LeaseGuard, row: Delivery) -> Message:
    """Send an accepted delivery once more, or give that up; either way it is then what it was before.

    A file that still stands at the portal by that name, as large, counts as sent. Returns what the run says of it.
    Raises as `Portal.deliver` does.
    """
    with job.ledger.session() as session:
        why = resend_state.obstacle(session, row)
    if not why:
        try:
            content = job.vault.open(row.object or "")
        except FileNotFoundError:
            why = "no_file"
        else:
            why = "" if content.sha256() == row.sha256 else "damaged"
    if not why:
        held.require()
        if not job.preview_of:
            with once(job, portal, held, row):
                portal.deliver(job.integration, job.flow, row.name, content)
    with job.ledger.session() as session:
        held.require(session)
        resend_state.end(session.get_one(Delivery, row.id), sent=not why)
    if why:
        said = coded("run.not_sent_again", "Delivery {id} was not sent again: {why}.", id=row.id, why=_WHY[why])
    else:
        said = coded("run.sent_again", "Delivery {id} was sent again.", id=row.id)
    job.note(str(said))
    return said
