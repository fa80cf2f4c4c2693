"""The cases of one person at a time: how the portals know the person, which cases any window asks for, what is wrong.

Chains go from case to case of a person, so what is kept of the history is only known here (docs/decisions/0010).
"""

from collections.abc import Container, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from veerpont.flows.index import IndexEntry, read_index
from veerpont.flows.job import Job
from veerpont.model.failures import Problem, Stage
from veerpont.model.messages import coded
from veerpont.model.records import AbsenceCase, AbsenceLine
from veerpont.rules import absence
from veerpont.store.sorting import Sorter

CHAIN = timedelta(days=28)

UNKNOWN_PERSON = Problem(
    Stage.TRANSFORM,
    "Guid_medewerker",
    "unknown_employee",
    coded(
        "record.unknown_person",
        "The employees flow did not bring this person at this employer, so the portal would refuse the case. Look "
        "among the rejects of employees, or at the desk (Employers) whether the person's employer is active.",
    ),
)
BEFORE_CONTRACT = Problem(
    Stage.TRANSFORM,
    "Begindatum_voor_contract",
    "began_before_contract",
    coded(
        "record.began_before_contract",
        "The illness is older than the contract. Confirm at the desk (Rejects) or with `veerpont rejects confirm` that "
        "it may be sent from the day on which the case begins, or correct it at the source.",
    ),
)

_AT_ONCE = 2_000
"""So many cases are looked at together."""


class Made(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the lines of a case say. `rows`: of this read; `kind`: the portal's protocol, empty where it is not known.

    `record`: the case, but for how the portals know its person; `problem`: what is wrong with it; without either no day
    has to be told yet. `unmoved`: as in `history.Entry`, of a line. `kept`: it stays in the history whatever is asked.
    """

    case: str
    rows: int
    head: AbsenceLine
    kind: str
    record: AbsenceCase | None = None
    problem: Problem | None = None
    unmoved: bool = False
    kept: bool = False

    @property
    def person(self) -> tuple[str, str]:
        """Employer and key of whose case it is."""
        return person_of(self.head)

    @property
    def span(self) -> absence.Span:
        """Its days."""
        return absence.Span(self.case, self.person, self.kind, self.head.begin, self.head.recovered_on)


class Good(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A case that a portal may get. `rows`: of this read."""

    case: str
    rows: int
    record: AbsenceCase


class Judged(NamedTuple):
    """A case and what is made of it. `wanted`: the portal's window or a chain before it asks for it; `kept`: any does.

    `record`: with the person as the portals know them; `problem`: why it is no good.
    """

    made: Made
    record: AbsenceCase | None
    problem: Problem | None
    wanted: bool
    kept: bool


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Made).decode


def person_of(head: AbsenceLine) -> tuple[str, str]:
    """Return employer and key of whose line it is."""
    return head.employer_code, head.person_guid or f"number:{head.personnel_number}"


def sort_key(*parts: str) -> str:
    """Return what sorts by these texts, whatever is in them."""
    return _encode(parts).decode()


class Persons:
    """Takes the cases as their lines make them, and gives them back person by person.

    Args:
        folder: where in the vault they are sorted; whoever made the folder deletes it.
        only: the keys of the people whose cases are all there (`sort_key`); None: of everybody.

    `strangers`: a case is of somebody else.
    """

    def __init__(self, job: Job, folder: str, only: Container[str] | None = None) -> None:
        self._job, self._folder, self._only = job, folder, only
        self.strangers = False
        self._made = Sorter(job.vault, f"{folder}/made")

    def add(self, made: Made) -> None:
        """Take in a case."""
        key = sort_key(*made.person)
        self.strangers |= self._only is not None and key not in self._only
        self._made.add(key, _encode(made))

    def judged(self, window: date, kept: date) -> Iterator[Judged]:
        """Yield every case.

        Args:
            window: the first day of the portal's window. kept: the first day of all that any window may ask for.
        """
        people = _People(self._job, f"{self._folder}/people", self._only)
        groups = groupby(self._made, key=itemgetter(0))
        for cases in _together((key, [_decode(content) for _, _, content in found]) for key, found in groups):
            spans = [made.span for _, made in cases]
            wanted = absence.in_delivery(spans, window)
            keep = absence.in_delivery(spans, kept) | {made.case for _, made in cases if made.kept}
            keep |= absence.leave_between(spans, keep)
            for key, made in cases:
                record, problem = made.record, made.problem
                if record is not None:
                    person = people.find(key, made.head)
                    if person is None:
                        record, problem = None, UNKNOWN_PERSON
                    else:
                        record = msgspec.structs.replace(
                            record, personnel_number=person.personnel_number, bsn=person.bsn
                        )
                yield Judged(made, record, problem, made.case in wanted, made.case in keep)


def _together(people: Iterable[tuple[str, list[Made]]]) -> Iterator[list[tuple[str, Made]]]:
    """Yield the cases of many people, all of each, with the person's key."""
    held: list[tuple[str, Made]] = []
    for key, cases in people:
        held += ((key, made) for made in cases)
        if len(held) >= _AT_ONCE:
            yield held
            held = []
    yield held


def question(job: Job, head: AbsenceLine) -> str:
    """Return the fingerprint of what a person must confirm of a case that is older than the contract."""
    return job.vault.fingerprint(f"{head.case_guid} {head.began_before_contract}".encode())


class _People:
    """The people whom the employees flow brought, by GUID, or by number where the source gives no GUID.

    They are asked for in the order of their keys.
    """

    def __init__(self, job: Job, folder: str, only: Container[str] | None) -> None:
        self._brought = bool(job.integration.portals_for(job.flow.EMPLOYEES))
        order = Sorter(job.vault, folder)
        for entry in (read_index(job) or ()) if self._brought else ():
            for who in (entry.guid, f"number:{entry.personnel_number}"):
                key = sort_key(entry.employer_code, who)
                if only is None or key in only:
                    order.add(key, _encode(entry))
        self._entries = iter(order)
        self._next = next(self._entries, None)
        self._last: tuple[str, bytes] = ("", b"")

    def find(self, key: str, line: AbsenceLine) -> IndexEntry | None:
        """Return how the portal knows the person; from the line itself where we do not bring the employees."""
        if not self._brought:
            return IndexEntry("", line.person_guid or "", line.employer_code, line.personnel_number, None)
        while self._next is not None and self._next[0] <= key:  # the last one of a key counts
            self._last = self._next[0], self._next[2]
            self._next = next(self._entries, None)
        return _decode_person(self._last[1]) if self._last[0] == key else None


_decode_person = msgspec.json.Decoder(IndexEntry).decode
