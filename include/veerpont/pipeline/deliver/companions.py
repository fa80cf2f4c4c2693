"""What becomes current with a snapshot: what the next runs, and the other flows, have to know."""

from collections.abc import Mapping
from uuid import uuid4

import msgspec

from veerpont.flows import missed
from veerpont.flows.flow_load import FlowLoad
from veerpont.pipeline.compare.line_streams import LineStreams
from veerpont.pipeline.compare.state import Comparison
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
    job, mark = side.job, uuid4().hex
    shared, own = f"{job.name}/{job.flow}", f"{job.name}/{job.flow}/{side.portal}"
    found: dict[str, Sequence] = {}
    if side.transformed.complete:
        still = missed.entries(comparison.missing - comparison.removed, missed_before, side.transformed.read_at)
        found[missed.KIND] = job.vault.write(f"{own}/{missed.KIND}/{mark}", still)
    for each in side.companions(lambda: lines.records(comparison), comparison, held):
        where = shared if each.shared else own
        found[each.kind] = job.vault.write(f"{where}/{each.folder}/{mark}", each.items)
    if comparison.refused_still or was_refused:
        refused = map(_encode, comparison.refused_still.values())
        found["refused"] = job.vault.write(f"{own}/refused/{mark}", refused)
    return found
