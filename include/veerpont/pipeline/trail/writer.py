"""What a load did to which line, as its trail tells it (store.trail_log): only what is news."""

from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from veerpont.flows import missed
from veerpont.flows.flow_load import FlowLoad
from veerpont.flows.job import Job
from veerpont.pipeline.compare.questions import Hold
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.compare.stream import Head, Way
from veerpont.store import deliveries, kinds, trail_log
from veerpont.store.trail_log import Step, What, marker, part
from veerpont.store.vault import Sequence

News = Callable[[Comparison], Iterator[tuple[Head, Way]]]


def write(
    side: FlowLoad,
    comparison: Comparison,
    news: News,
    asked: Iterable[tuple[int, Hold]],
    *,
    sent: bool,
    trusted: bool,
) -> Sequence | None:
    """Write what becomes of the lines; nothing when there is no news.

    Args:
        comparison: after `decide`.
        news: yields the lines that cross and say something new, each time from the start.
        asked: what this run asks a person about, with the delivery that waits for the answer.
        sent: whether a delivery is made of it.
        trusted: whether it is believed who is missing.
    """
    job, missed_before = side.job, None
    if trusted:
        with job.ledger.session() as session:
            missing = deliveries.pointer(session, side.scope, kinds.MISSING)
        missed_before = set(missed.read(job.vault, missing))
    steps = _steps(job, comparison, news, asked, side.trimmed if sent else None, missed_before)
    return trail_log.write(job.vault, side.scope, steps)


def _steps(
    job: Job,
    comparison: Comparison,
    news: News,
    asked: Iterable[tuple[int, Hold]],
    trimmed: Collection[str] | None,
    missed_before: Collection[str] | None,
) -> Iterator[Step]:
    told, mark = comparison.told, marker(job.vault)

    def step(identity: str, what: What, delivery: int = 0) -> Step:
        known = told.get(identity) or comparison.shown[identity]
        return Step(mark(known.key), part(identity, known.key), what, delivery)

    def leave(identity: str, what: What) -> Step:
        keys = (told[identity].portal_key, told[identity].alias)
        also = tuple(mark(key) for key in keys if key and key != told[identity].key)
        return msgspec.structs.replace(step(identity, what), also=also)

    def of(line: Head, what: What, delivery: int = 0) -> Step:
        return Step(mark(line.key), part(line.id, line.key), what, delivery)

    if trimmed is not None:
        for line, way in news(comparison):
            yield of(line, What.NEW if way is Way.NEW else What.CHANGED)
        yield from (step(identity, What.TRIMMED) for identity in comparison.carried.intersection(trimmed))
        yield from (leave(identity, What.GONE) for identity in comparison.removed)
        yield from (leave(identity, What.LEFT) for identity in comparison.left)
        yield from (leave(identity, What.MOVED) for identity in comparison.moved)
    for delivery, hold in asked:
        # who was forgotten has no trail
        yield from (step(identity, What.REMOVAL_HELD, delivery) for identity in hold.waiting if identity in told)
        if hold.whole and (hold.news or not hold.waiting):
            yield from (of(line, What.HELD, delivery) for line, _ in news(comparison))
        elif not hold.waiting:
            yield from (step(identity, What.HELD, delivery) for identity in hold.lines)
    if missed_before is not None:
        missing = comparison.missing - comparison.removed - comparison.waiting
        yield from (step(identity, What.MISSING) for identity in missing.difference(missed_before))
        for identity in missed_before:
            if comparison.accepted(identity) and not comparison.changes(identity):
                yield step(identity, What.BACK)
