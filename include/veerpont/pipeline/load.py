"""Load: render, compare, ask the guards, deliver, prove, and only then let the ledger say so (docs/decisions/0012).

Whatever line it dies at, running it again ends in the same place: a delivery is fixed in the ledger and the vault
before its upload, an unfinished one is finished first, and one transaction marks it delivered and moves the snapshot.
"""

from veerpont.flows import FLOWS
from veerpont.flows.flow import Loads
from veerpont.flows.flow_load import FlowLoad
from veerpont.flows.job import Job, Transformed, skip_older, skip_stale
from veerpont.model.failures import SettingsError
from veerpont.model.messages import coded
from veerpont.pipeline.compare.compare import compare
from veerpont.pipeline.compare.facts import Facts, known_before
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.questions import OpenQuestions
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.deliver.ending import Decided, end
from veerpont.pipeline.deliver.fellows import hold_loads
from veerpont.pipeline.deliver.neighbours import others_at
from veerpont.pipeline.deliver.send import Sending
from veerpont.pipeline.forget.removals import Removals
from veerpont.pipeline.moving_in.adopted import keep_active
from veerpont.store import notes, runs


def load(job: Job, transformed: Transformed) -> dict[str, dict[str, int]]:
    """Deliver the flow to each of its portals; returns the books by portal.

    Raises SettingsError or PassingError when a portal could not be reached or refused; what was done stays done.
    """
    skip_stale(job, transformed)
    books: dict[str, dict[str, int]] = {}
    with hold_loads(job) as guard:
        todo = [
            Sending(job, settings, guard)
            for settings in job.integration.portals_for(job.flow)
            if not _is_done(job, settings.portal)
        ]
        if todo:
            loads = FLOWS[job.flow].loads(job, transformed, guard)
            books = {sending.portal_name: _to_portal(sending, transformed, loads) for sending in todo}
        job.vault.delete(job.folder)
    return books


def _to_portal(sending: Sending, transformed: Transformed, loads: Loads) -> dict[str, int]:
    """Load to one portal: what there is on both sides, how they differ, who has to be asked, and the delivery."""
    job, portal = sending.job, sending.portal_name
    _refuse_shared_folder(sending)
    sending.fellows.require_own_account(sending.guard)
    sending.finish_fellows()
    if sending.finish_prepared() and _is_done(job, portal):  # prepared by an earlier attempt of this run
        return {}
    sending.fellows.look(sending.guard)
    with job.ledger.session() as session:
        newest = notes.noted(session, sending.scope, "read")
    skip_older(job, transformed, newest)
    keep_active(job, sending.scope, sending.guard)
    facts = known_before(job, portal)
    side = loads(portal, facts.told)
    lines = LineStreams(job, side, sending.fellows.clash)
    comparison = compare(job, side, lines, facts)
    return end(sending, _ask(sending, side, lines, facts, comparison))


def _is_done(job: Job, portal: str) -> bool:
    with job.ledger.session() as session:
        return runs.is_done(session, job.scope.to(portal), job.run_id)


def _refuse_shared_folder(sending: Sending) -> None:
    job = sending.job
    if others := others_at(job, sending.scope, sending.portal, sending.fellows.names):
        raise SettingsError(
            coded(
                "run.same_place",
                "{name} and {others} deliver {flow} to the same host, login and folder: each file would "
                "delete the other's records. Give each its own folder or account.",
                name=job.name,
                others=", ".join(others),
                flow=job.flow,
            )
        )


def _ask(sending: Sending, side: FlowLoad, lines: LineStreams, facts: Facts, comparison: Comparison) -> Decided:
    """Keep a question for all that has to wait for a person."""
    job, complete = sending.job, sending.portal.complete
    doubts = side.doubts(comparison, facts.approved)
    forgotten = Removals(job, side.portal, complete, comparison, lambda: lines.crossing(comparison), facts.released)
    questions = OpenQuestions(job, side.portal)
    holds = questions.find(
        side,
        comparison,
        facts.released,
        lambda: lines.news(comparison),
        first=complete and (facts.adopted or (facts.told is None and comparison.has_news)),
        besides=[*doubts, *forgotten.doubts],
    )
    holds += forgotten.holds
    with job.ledger.session() as session:
        asked = questions.sync(session, holds, comparison.crossing)
        decided = Decided(side, lines, facts, comparison, forgotten, holds, asked)
        if not decided.whole:
            side.note_answers(session, facts.released_reasons)
    return decided
