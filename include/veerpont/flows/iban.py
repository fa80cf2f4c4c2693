"""The flow iban: one bank account for each person who is at the portal."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from veerpont.flows.building import Building, encode
from veerpont.flows.flow import BaseFlow, Place, why_not_of_a_person
from veerpont.flows.index import require_index
from veerpont.flows.links import Links
from veerpont.flows.reading import Reading, read_by_index
from veerpont.model.failures import Problem, Stage
from veerpont.model.marks import Marks
from veerpont.model.messages import coded
from veerpont.model.records import BankAccount
from veerpont.store.employers import Gate
from veerpont.store.sorting import Sorter
from veerpont.systems.source import Row

SEVERAL_ACCOUNTS = Problem(
    Stage.TRANSFORM,
    "IBAN-nummer",
    "several_accounts",
    coded(
        "record.several_accounts",
        "The source shows several bank accounts of this person and not which of them counts: have it show only the one "
        "that salary is paid to, by a filter.",
    ),
)


class Iban(BaseFlow):
    """Bank accounts have no employer: the index knows whose they are."""

    record = BankAccount

    def read(self, reading: Reading) -> None:
        active = set(reading.active)
        people = Marks()
        for entry in require_index(reading.job):
            if entry.employer_code in active:
                people.add(entry.guid)
        system, flow = reading.system, reading.job.flow

        def inside(key: str | None, row: Row) -> bool | None:
            if system.employer_code(flow, row) is not None:
                return False if key is not None else None
            return key in people if key is not None else None

        read_by_index(reading, inside, Links(reading.job).leaves_out)

    def build(self, building: Building) -> None:
        """The source does not say which of several accounts is the one to pay to."""
        job, problems = building.job, building.problems
        with job.ledger.session() as session:
            gate = self.gate(session, job.integration, job.today)
        active = {code for code, state in gate.items() if state is Gate.ACTIVE}
        homes = Sorter(job.vault, f"{job.folder}/homes")
        for entry in require_index(job):
            if entry.employer_code in active:
                homes.add(entry.guid, entry.employer_code.encode())
        found = Sorter(job.vault, f"{job.folder}/accounts")
        for key, _, record in building.records(BankAccount):
            found.add(key, encode(record))
        decode = msgspec.json.Decoder(BankAccount).decode
        home = _last_of_each(homes)
        person, employer = next(home, _NOBODY)
        for key, same in groupby(found, key=itemgetter(0)):
            contents = [content for *_, content in same]
            while person is not None and person < key:
                person, employer = next(home, _NOBODY)
            if len(set(contents)) > 1:
                problems.add(key, SEVERAL_ACCOUNTS, rows=0)
            if key in problems:
                problems.cost(key, len(contents))
            else:
                code = employer.decode() if person == key else None
                account = msgspec.structs.replace(decode(contents[0]), employer_code=code)
                building.stage(key, len(contents), account)

    def why_not(self, place: Place, key: str) -> str:
        return why_not_of_a_person(place, key)


_NOBODY = (None, b"")


def _last_of_each(sorter: Sorter) -> Iterator[tuple[str | None, bytes]]:
    for key, same in groupby(sorter, key=itemgetter(0)):
        *_, (_, _, content) = same
        yield key, content
