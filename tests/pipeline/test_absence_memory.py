"""A load of absence holds what has to do with something else, not the customer's history."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest
from crossings import Crossing

from veerpont.flows.absence import persons
from veerpont.flows.absence.history import Entry, row_of
from veerpont.flows.absence.staging import in_order, staged
from veerpont.flows.absence.window import merged
from veerpont.flows.job import Job, Transformed, encode_row
from veerpont.store import sorting, vault
from veerpont.store.leases import lease

pytest_plugins = ["at_noon"]


def of_many_cases(job: Job, transformed: Transformed, cases: int) -> Transformed:
    """Return a read of so many cases of one line each, of the people that the read has lines of."""
    lines = [entry for entry, _ in staged(job.vault.read(transformed.items))]
    people = {entry.person: entry for entry in lines if entry.employer == "01"}
    templates = [row_of(entry) for _, entry in sorted(people.items())]

    def many() -> Iterator[tuple[Entry, int]]:
        for number in range(cases):
            day = date(2026, 1, 5) + timedelta(days=number // len(templates) % 300)
            key, case = str(UUID(int=number)).upper(), str(UUID(int=10**9 + number)).upper()
            moment = f"{day.isoformat()}T00:00:00Z"
            row = templates[number % len(templates)] | {
                "GUID_verzuimverloop": f"{{{key}}}",
                "Guid_verzuimmelding": f"{{{case}}}",
                "Type": "Z",
                "Aanwezigheidspercentage": 0,
                **dict.fromkeys(("Begin", "Datum_deelherstel"), moment),
                "Datum_hervatting": f"{(day + timedelta(days=1)).isoformat()}T00:00:00Z",
            }
            person = f"{row['Guid_medewerker']}".strip("{}")
            yield Entry(key, case, "01", msgspec.Raw(encode_row(row)), transformed.read_at, person=person), 1

    items = job.vault.write(f"{job.folder}/many", in_order(job.vault, f"{job.folder}/many-sorted", many()))
    return msgspec.structs.replace(transformed, items=items, read=cases)


def test_a_load_does_not_hold_the_history(ill: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each case more takes marks, not the kilobytes of its lines, its record and what it was told by."""
    monkeypatch.setattr(sorting, "RUN_BYTES", 200_000)
    monkeypatch.setattr(sorting, "PART_BYTES", 2_000)
    monkeypatch.setattr(vault, "PART_BYTES", 20_000)
    monkeypatch.setattr(persons, "_AT_ONCE", 100)

    def peak(cases: int) -> int:
        job, transformed = ill.until_load("absence", ill.name)
        many = of_many_cases(job, transformed, cases)
        with lease(ill.ledger, job.scope.loads) as guard:
            gc.collect()
            gc.freeze()  # what the process has from before puts off that circles are looked for
            tracemalloc.start()
            found = merged(job, many, guard)
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            gc.unfreeze()
        assert len(found.good) + len(found.lost) >= cases
        assert not found.doubts
        return taken

    few = peak(1_000)
    assert peak(3_000) - few < 2_000 * 600
