"""What is kept beside the snapshot and moves with it: what a read missed, the index, the logins, the contracts."""

from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

import msgspec

from veerpont.flows import accounts, index, links, missed
from veerpont.flows.job import Job, Transformed
from veerpont.flows.returned import read_returned
from veerpont.model.flows import Flow
from veerpont.model.records import Employment, ManagerAccount, Record
from veerpont.pipeline.compare.state import Comparison
from veerpont.store.vault import Sequence


def pointers(
    job: Job,
    portal: str,
    transformed: Transformed,
    comparison: Comparison,
    crossing: Callable[[], Iterator[Record]],
    *,
    missed_before: Mapping[str, str],
    was_told: bool,
    was_refused: bool,
    held: bool,
) -> dict[str, Sequence]:
    """Write what becomes current with the snapshot, by the kind of its pointer.

    Args:
        crossing: yields the records that cross, each time from the start.
        missed_before: line id → since when it is missing (flows.missed).
        was_told: the portal has a snapshot. was_refused: it refused something before.
        held: the whole delivery waits for a person: then no contract is taken yet.
    """
    mark = uuid4().hex
    shared, own = f"{job.name}/{job.flow}", f"{job.name}/{job.flow}/{portal}"
    found: dict[str, Sequence] = {}
    if transformed.complete:
        still = missed.entries(comparison.missing - comparison.removed, missed_before, transformed.read_at)
        found[missed.KIND] = job.vault.write(f"{own}/{missed.KIND}/{mark}", still)
    if job.flow is Flow.EMPLOYEES and (transformed.complete or was_told):  # a purge needs no read

        def people() -> Iterator[Employment]:
            return (record for record in crossing() if isinstance(record, Employment))

        returned = read_returned(job, transformed.returned)
        entries = index.entries(job, people(), comparison.carried, returned)
        found["index"] = job.vault.write(f"{shared}/index/{mark}", entries)
        if links.has_links(job.integration) and not held:
            found[links.KIND] = job.vault.write(
                f"{shared}/{links.KIND}/{mark}",
                links.contracts(job, people(), comparison.carried, transformed.read_at),
            )
    if job.flow is Flow.ACCOUNTS:
        managers = (record for record in crossing() if isinstance(record, ManagerAccount))
        found["logins"] = job.vault.write(f"{shared}/logins/{mark}", accounts.with_new_logins(job, managers))
    if transformed.schema and not held:
        found["schema"] = job.vault.write(f"{own}/schemas/{mark}", job.vault.read(transformed.schema))
    if comparison.refused_still or was_refused:
        refused = map(msgspec.json.encode, comparison.refused_still.values())
        found["refused"] = job.vault.write(f"{own}/refused/{mark}", refused)
    return found
