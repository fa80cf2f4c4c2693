"""Transform: rows become records, and what needs several rows is derived. Streaming: a part of the rows at a time.

Where every row may have to do with any other one, they are sorted so that those stand together (store.sorting).
"""

from veerpont.flows import FLOWS
from veerpont.flows.building import Building
from veerpont.flows.job import Extracted, Job, Transformed, read_problems, skip_stale, write_problems
from veerpont.flows.returned import write_returned


def transform(job: Job, extracted: Extracted) -> Transformed:
    """Turn the staged rows into staged records, sorted as they will stand in a file, and collect the problems."""
    skip_stale(job, extracted)
    problems = read_problems(job.vault, extracted.problems)
    with job.vault.writer(f"{job.folder}/records") as staged:
        building = Building(job, extracted, problems, staged)
        FLOWS[job.flow].build(building)
    return Transformed(
        staged.sequence,
        write_problems(job, "transform", problems),
        extracted.read,
        extracted.filtered + building.filtered,
        extracted.elsewhere,
        extracted.read_at,
        extracted.complete,
        extracted.scope,
        extracted.active,
        [*extracted.remarks, *building.remarks],
        extracted.schema,
        building.held,
        sorted(building.unasked),
        extracted.number,
        write_returned(job, building.returned),
    )
