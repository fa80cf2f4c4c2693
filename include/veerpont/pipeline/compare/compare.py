"""Compare one flow at one portal: both sides as the flow wants them, then the decision about every line."""

from collections.abc import Callable, Iterator, Set

from veerpont.flows.flow_load import FlowLoad, LookedAt, ShownLine
from veerpont.flows.guards import ColumnCheck
from veerpont.flows.job import Job
from veerpont.flows.returned import read_returned
from veerpont.model.lines import UNMATCHED, Line
from veerpont.pipeline.compare.decide import (
    decide,
    look,
    look_elsewhere,
    look_refused,
    postpone,
    sift,
    sift_rejected,
)
from veerpont.pipeline.compare.facts import Facts
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.compare.stream import Sieve


class _Streams:
    """Both sides, which the flow says how to compare (flows.flow_load.Streams)."""

    def __init__(self, job: Job, lines: LineStreams, facts: Facts, comparison: Comparison, watched: Set[str]) -> None:
        self.comparison = comparison
        self.active: Set[str] = facts.active
        self.sieve = Sieve(lines.told_lines, lines.rendered, self.active, watched)
        self._job, self._lines, self._facts = job, lines, facts

    def split(
        self,
        whole_columns: bool = True,
        told: Callable[[Iterator[Line]], Iterator[Line]] | None = None,
        shown: Callable[[Iterator[ShownLine]], Iterator[ShownLine]] | None = None,
    ) -> list[LookedAt]:
        """Compare line by line: nearly all are quiet."""
        before, now = self._lines.told_lines(), self._lines.lines()
        return sift(
            self.comparison,
            self.sieve,
            told(before) if told else before,
            self._lines.render(shown(now) if shown else now),
            self.comparison.columns if whole_columns else ColumnCheck(),
        )

    def ask_about_many(self) -> None:
        """Let too many new or changed lines at once wait for a person."""
        sieve, facts = self.sieve, self._facts
        self.comparison.changed = sieve.changed
        postpone(
            self.comparison,
            sieve,
            self._job.integration.guards,
            active=self.active,
            awaited=facts.awaited,
            approved=facts.approved_lines,
        )


def compare(job: Job, side: FlowLoad, lines: LineStreams, facts: Facts) -> Comparison:
    """Return what is known of both sides, and what becomes of every line."""
    comparison = Comparison(side.problems, questions=dict(side.questions))
    active, fingerprint = facts.active, job.vault.fingerprint
    returned = {each.id: each.by for each in read_returned(job, side.transformed.returned)}
    refused = {identity for identity, no in facts.refused.items() if no.key not in facts.asked_again}
    not_tried = side.not_tried(refused, facts.night_is_owed)
    waiting = {identity: no for identity, no in facts.refused.items() if identity in not_tried}

    streams = _Streams(job, lines, facts, comparison, facts.missed.keys() | facts.refused.keys())
    look(comparison, side.compare(streams), active, facts.confirmed, fingerprint, waiting, returned)
    comparison.leave(side.steady)
    look_refused(comparison, waiting)
    made = side.missing(comparison, facts.missed)
    elsewhere = frozenset(key.decode() for key in job.vault.read(side.transformed.elsewhere))
    look_elsewhere(comparison, elsewhere, active, facts.confirmed, fingerprint)
    sift_rejected(comparison, streams.sieve, active)
    if facts.told is not None:
        side.limit(streams)
    if facts.adopted:
        comparison.unmatched = {each for each in comparison.told if each.startswith(UNMATCHED)}
    # what it refused to forget was believed gone when it was asked first
    believed = made.believed | {
        each for each, no in facts.refused.items() if (told := comparison.told.get(each)) and told.digest == no.digest
    }
    decide(
        comparison,
        active=active,
        frozen=facts.frozen,
        complete=side.transformed.complete,
        nothing_read=side.shows_nothing(),
        missing_before=believed,
        approved=facts.approved,
        leaving=side.leaving(),
        unasked=made.unread | returned.keys(),
        unasked_quiet=made.unread_quiet,
        today=job.today.isoformat(),
        limits=job.integration.guards,
        asked={identity: why for identity, why in made.asked.items() if identity not in believed},
        waits=made.waits,
    )
    return comparison
