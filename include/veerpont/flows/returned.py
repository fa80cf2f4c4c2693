"""People who came back under another number, where the portal knows them by one key, the citizen-service number."""

import msgspec

from veerpont.flows.job import Job
from veerpont.store.vault import Sequence


class Returned(msgspec.Struct, frozen=True, array_like=True):
    """An employment that another one of the same person counts for. `by`: the id of that one."""

    id: str
    guid: str
    personnel_number: str
    by: str


def write_returned(job: Job, returned: list[Returned]) -> Sequence | None:
    """Stage them; None where there are none, as nearly always."""
    return job.vault.write(f"{job.folder}/returned", map(msgspec.json.encode, returned)) if returned else None


def read_returned(job: Job, staged: Sequence | None) -> list[Returned]:
    """Read them back."""
    return list(map(msgspec.json.Decoder(Returned).decode, job.vault.read(staged) if staged else ()))
