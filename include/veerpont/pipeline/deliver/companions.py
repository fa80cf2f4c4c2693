"""What becomes current with a snapshot: what the next runs, and the other flows, have to know."""

from collections.abc import Iterable, Mapping
from uuid import uuid4

import msgspec

from veerpont.flows import missed
from veerpont.flows.flow_load import FlowLoad
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.state import Comparison
from veerpont.store import kinds
from veerpont.store.kinds import Kind
from veerpont.store.vault import Sequence

_encode = msgspec.json.encode


def companions(
    side: FlowLoad,
    lines: LineStreams,
    comparison: Comparison,
    *,
    missed_before: Mapping[str, str],
    was_refused: bool,
    held: bool,
) -> dict[str, Sequence]:
    """Write it, by the kind of its pointer.

    Args:
        missed_before: line id → since when it is missing (flows.missed).
        was_refused: the portal refused something before.
        held: the whole delivery waits for a person.
    """
    job, scope, mark = side.job, side.scope, uuid4().hex
    found: dict[str, Sequence] = {}

    def keep(kind: Kind, items: Iterable[bytes]) -> None:
        found[kind.pointer] = job.vault.write(kind.path(scope, mark), items)

    if side.transformed.complete:
        still = missed.entries(comparison.missing - comparison.removed, missed_before, side.transformed.read_at)
        keep(kinds.MISSING, still)
    for each in side.companions(lambda: lines.records(comparison), comparison, held):
        keep(each.kind, each.items)
    if comparison.refused_still or was_refused:
        keep(kinds.REFUSED, map(_encode, comparison.refused_still.values()))
    return found
