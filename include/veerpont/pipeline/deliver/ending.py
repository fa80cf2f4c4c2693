"""How a load ends: with a delivery, or without one; either way with its books."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from uuid import uuid4

from sqlalchemy.orm import Session

from veerpont.flows import FLOWS, lookup
from veerpont.flows.flow_load import SETTINGS, FlowLoad
from veerpont.flows.job import spelled
from veerpont.model.failures import VeerpontError
from veerpont.model.lines import Fate
from veerpont.model.messages import Message, together
from veerpont.pipeline.compare.facts import Facts
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.questions import Hold
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.deliver.companions import companions
from veerpont.pipeline.deliver.send import Outcome, Sending
from veerpont.pipeline.forget.removals import Removals
from veerpont.pipeline.trail import writer
from veerpont.store import deliveries, kinds, notes, rejects, reports, runs, trail_log
from veerpont.store.deliveries import State
from veerpont.store.rejects import Findings
from veerpont.store.tables import Delivery
from veerpont.store.vault import Sequence


@dataclass(frozen=True)
class Decided:
    """What was decided about every line. `asked`: what this load is the first to ask, with the held delivery's id."""

    side: FlowLoad
    lines: LineStreams
    facts: Facts
    comparison: Comparison
    forgotten: Removals
    holds: list[Hold]
    asked: list[tuple[int, Hold]]

    @property
    def whole(self) -> bool:
        """Whether all of the delivery waits for a person."""
        return any(hold.whole for hold in self.holds)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left open: the next load may begin with how this one leaves things."""
        return self.comparison.is_settled and not (self.holds or self.forgotten.waiting or self.facts.refused)

    @property
    def trusted(self) -> bool:
        """Whether it is believed who is missing, and where people are: not of a read that is held for what it shows."""
        return all({*hold.reasons} <= {"first_delivery", "not_ours"} for hold in self.holds if hold.whole)


def end(sending: Sending, decided: Decided) -> dict[str, int]:
    """Deliver where there is something to deliver, and return the books.

    Raises PassingError while the portal has the last file to read, or could not be reached; SettingsError where a
    person has to help.
    """
    counts = _balance(decided)
    said = together(
        *sending.remarks,
        *(hold.sentence for hold in decided.holds),
        *sending.fellows.remarks,
        *decided.side.transformed.remarks,
        *decided.forgotten.remarks,
        *decided.side.remarks(),
    )
    message = said if str(said) else None
    first = decided.facts.adopted  # what was adopted is ours once the portal accepted it of us
    news = decided.comparison.says_something or decided.forgotten.going or sending.fellows.left
    if decided.whole or not (first or news):
        _without_delivery(sending, decided, counts, message)
    else:
        sending.let_the_portal_settle()
        _prepare(sending, decided, counts, message)
        sending.finish_prepared()
    sending.sweep()
    return counts


def _balance(decided: Decided) -> dict[str, int]:
    """Return the books: every source row has one fate."""
    side, comparison, whole = decided.side, decided.comparison, decided.whole
    counts = {str(fate): count for fate, count in comparison.books(whole).items()}
    counts["read"] = side.transformed.read
    counts["filtered"] += side.transformed.filtered + side.filtered
    counts["held"] += side.held
    counts["rejected"] += comparison.problems.rows
    counts["repeated"] = len(comparison.carried) + len(side.steady.repeated)
    counts["gone"] = 0 if whole else len(comparison.removed) + len(decided.forgotten.going)
    balance = sum(counts[fate] for fate in Fate)
    if balance != counts["read"]:
        raise VeerpontError(
            f"The books of {side.job.name}, {side.job.flow}, {side.portal} do not balance: "
            f"read {counts['read']}, accounted for {balance}. Nothing was sent."
        )
    return counts


def _without_delivery(sending: Sending, decided: Decided, counts: dict[str, int], message: Message | None) -> None:
    side, facts, job, scope = decided.side, decided.facts, sending.job, sending.scope
    held = decided.whole
    pointers = _companions(decided, held) if decided.trusted else {}
    if facts.told is not None and not facts.adopted:
        pointers |= _standing(decided, decided.comparison.told_now, facts.told)
        pointers |= _lookup(decided, facts.told)
    news = _trail(decided, sent=False)
    with job.ledger.session() as session:
        sending.guard.require(session)
        _settle_rejects(session, decided)
        sending.move(session, pointers, side.transformed.number)
        notes.note(session, scope, "read", str(side.transformed.number))
        if facts.night_is_owed:
            notes.note(session, scope, "retried_at", job.moment.isoformat())
        if not held:
            if by := side.made_by(decided.comparison):
                notes.note(session, scope, SETTINGS, by)
            for row in facts.released:  # what was released is back at the source, or was never needed
                session.get_one(Delivery, row.id).state = State.SUPERSEDED
        state = "held" if held else "success"
        runs.end(session, scope, job.run_id, state, counts, message=message)
        trail_log.link(session, scope, news, job.run_id)


def _prepare(sending: Sending, decided: Decided, counts: dict[str, int], message: Message | None) -> None:
    side, lines, comparison, job = decided.side, decided.lines, decided.comparison, sending.job
    outcome = Outcome(
        counts,
        _companions(decided, held=False) | decided.forgotten.pointers,
        job.run_id,
        [],
        side.transformed.read_at,
        message,
        retried=job.moment.isoformat() if decided.facts.night_is_owed else None,
        trail=_trail(decided, sent=True),
        settings=side.made_by(comparison),
        read=side.transformed.number,
    )
    sending.prepare(
        lambda: lines.file(comparison),
        lambda: chain(lines.gone(comparison), decided.forgotten.changes),
        decided.facts.released,
        outcome,
        lambda session: _settle_rejects(session, decided),
        partial(_standing, decided),
        side.schema,
    )


def _companions(decided: Decided, held: bool) -> dict[str, Sequence]:
    return companions(
        decided.side,
        decided.lines,
        decided.comparison,
        missed_before=decided.facts.missed,
        was_refused=decided.facts.was_refused,
        held=held,
    )


def _standing(decided: Decided, told: Mapping[str, int], snapshot: Sequence) -> dict[str, Sequence]:
    """Write how this load leaves things, where it leaves nothing open.

    Args:
        told: employer → lines that the portal was told, with this delivery. snapshot: where they are.
    """
    side = decided.side
    made = side.standing(decided.comparison, told, snapshot) if decided.is_settled else None
    if made is None:
        return {}
    return {made.kind.pointer: side.job.vault.write(made.kind.path(side.scope, uuid4().hex), made.items)}


def _lookup(decided: Decided, told: Sequence) -> dict[str, Sequence]:
    """Write the lookup of what the portal was told, where a release that knew of none wrote that."""
    job, scope = decided.side.job, decided.side.scope
    with job.ledger.session() as session:
        if deliveries.pointer(session, scope, kinds.LOOKUP):
            return {}
    return {kinds.LOOKUP.pointer: lookup.write(job.vault, scope, FLOWS[job.flow], told)}


def _trail(decided: Decided, sent: bool) -> Sequence | None:
    side = decided.side
    news = decided.lines.news
    return writer.write(side, decided.comparison, news, decided.asked, sent=sent, trusted=decided.trusted)


def _settle_rejects(session: Session, decided: Decided) -> None:
    side, comparison, job = decided.side, decided.comparison, decided.side.job
    if not side.transformed.complete:
        return

    def proves(key: str) -> bool:
        """Tell whether a key without a problem has none any more; a later file closes a reject of a delivery."""
        return not key.startswith(reports.OF_DELIVERY) and side.proves(key)

    still = comparison.refused_still.values()
    problems = {entry.key: entry.problem for entry in still}
    problems |= {found.key: spelled(job, found).problem for found in comparison.problems}
    found = Findings(problems, comparison.questions, comparison.homes, {entry.key for entry in still})
    rejects.settle(session, side.scope, job.run_id, found, closes=proves)
    side.note_read(session)
