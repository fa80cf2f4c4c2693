"""An hourly read of absence: only of whom a line changed are the cases made again; all others stay as they stand.

What a portal is told is the same as when everybody is looked at: whatever does not fit is left to the ordinary way
(`cases.absences`), and the first run of a day always takes it, since the window moved.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, groupby
from uuid import uuid4

import msgspec

from veerpont.flows.absence import history, request, standing
from veerpont.flows.absence.cases import Absences, SaidBefore, made_of
from veerpont.flows.absence.history import Entry
from veerpont.flows.absence.merging import Merged, Merging
from veerpont.flows.absence.persons import sort_key
from veerpont.flows.absence.service import entries_lie_outside, services
from veerpont.flows.absence.staging import is_nameless, staged
from veerpont.flows.absence.standing import Narrow, Standing
from veerpont.flows.index import IndexEntry, people_of, read_index
from veerpont.flows.job import Job, Transformed
from veerpont.flows.links import Links
from veerpont.store import kinds
from veerpont.store.leases import LeaseGuard
from veerpont.store.vault import Sequence
from veerpont.systems.registry import source

MOST_LINES, MOST_CASES = 25_000, 5_000
"""So many lines a read may show, and of so many cases a line may have changed: these are held in memory."""


class _LinePlace(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is needed of most lines of the history."""

    key: str
    case: str | None
    employer: str


_decode_place = msgspec.json.Decoder(_LinePlace).decode


def narrowed(job: Job, transformed: Transformed, held: LeaseGuard, said: SaidBefore, now: str) -> Absences | None:
    """Merge what was read into the history, keep it, and make the cases of whom a line changed.

    Args:
        held: the lease of the integration's absence.
        now: the conditions (`standing.conditions`).

    Returns None where all have to be looked at; then nothing was done.
    """
    before = history.current(job)
    if before is None or not _is_ordinary(job, transformed, said):
        return None
    stands = standing.stands(job, before, now)
    return _Narrowing(job, transformed, said, before, stands).run(held) if stands else None


def _is_ordinary(job: Job, transformed: Transformed, said: SaidBefore) -> bool:
    """Tell whether it is an hourly read of which nothing is wrong, of a customer whose employees we bring."""
    return (
        transformed.scope == request.CHANGES
        and transformed.complete
        and transformed.items.items <= MOST_LINES
        and not transformed.problems.items
        and not transformed.elsewhere.items
        and not said.released
        and not said.settings
        and bool(job.integration.portals_for(job.flow.EMPLOYEES))
        and not Links(job).leaves_anybody_out
    )


class _Narrowing:
    def __init__(
        self, job: Job, transformed: Transformed, said: SaidBefore, before: Sequence, stands: Mapping[str, Standing]
    ) -> None:
        self.job, self.transformed, self.said, self.before, self.stands = job, transformed, said, before, stands
        self.system = source(job.integration.source.system)
        self.services = services(job)
        self.known: dict[str, list[bytes]] = {}  # the lines of the cases that are shown, as they are known
        self.now: dict[str, list[Merged]] = {}  # and as they are from now on
        self.touched: set[str] = set()
        self.gathered: list[Merged] = []
        self.people: set[tuple[str, str]] = set()  # employer and key
        self.numbers: set[tuple[str, str]] = set()  # and by what the portals know them

    def run(self, held: LeaseGuard) -> Absences | None:
        codes = self._gather_shown()
        if codes is None:
            return None
        merging = Merging(self.job, self.transformed, self._known_entries, self.said.released, codes)
        if merging.reasons or merging.doubts.lines or merging.nameless or merging.has_moved:
            return None
        for case, lines in groupby(merging.merged(), key=lambda each: each.group):
            self.now[case] = list(lines)
        self.touched = {case for case in self.now if self._changed(case)}
        if len(self.touched) > MOST_CASES or not self._find_people():
            return None
        path = kinds.HISTORY.path(self.job.scope.shared, uuid4().hex)
        written = self.job.vault.write(path, self._rewritten())
        only = {sort_key(*person) for person in self.people}
        found = made_of(self.job, self.transformed, self.gathered, self.said, only)
        cases = {each.group for each in self.gathered} | self.touched
        # what is told of a case that is only repeated may be of somebody else by now
        if found is None or any(not cases.isdisjoint(stood.repeated) for stood in self.stands.values()):
            return None
        history.keep(self.job, written, self.transformed, held, Counter(), doubted=False)
        found.history = written
        untouched = self.now.keys() - cases
        rows = Counter({case: sum(each.rows for each in self.now[case]) for case in untouched})
        alone = {case for case in untouched if not any(each.entry for each in self.now[case])}
        found.filtered += sum(rows.pop(case) for case in alone)  # of employers that are no longer active
        found.narrow = Narrow(self.stands, cases, self.numbers, rows)
        return found

    # -- what the read shows -------------------------------------------------------------------------------------------

    def _gather_shown(self) -> set[str] | None:
        """Find what is known of the cases that are shown; return the employers that the history has lines of.

        None where a line is in another case than before, or has no case.
        """
        groups, keys = set(), set()
        for entry, _ in staged(self.job.vault.read(self.transformed.items)):
            if is_nameless(entry):
                return None
            groups.add(entry.group)
            keys.add(entry.key)
        codes: set[str] = set()
        for line in self.job.vault.read(self.before):
            place = _decode_place(line)
            codes.add(place.employer)
            if place.case in groups:
                self.known.setdefault(place.case or "", []).append(line)
            elif place.case is None or place.key in keys:
                return None
        return codes

    def _known_entries(self) -> Iterator[Entry]:
        return (history.decode(line) for lines in self.known.values() for line in lines)

    def _changed(self, case: str) -> bool:
        """Tell whether anything is other than before, but for when it was seen last."""
        entries = [each.entry for each in self.now[case] if each.entry is not None]
        return [*map(_content, entries)] != [_content(history.decode(line)) for line in self.known.get(case, ())]

    # -- whose it is ---------------------------------------------------------------------------------------------------

    def _person(self, entry: Entry) -> tuple[str, str]:
        return entry.employer, entry.person or history.person_of(self.system, entry) or ""

    def _find_people(self) -> bool:
        """Find of whom a line changed, and whom portals know by the same numbers; False where one is not known."""
        changed = set()
        for case in self.touched:
            known = map(history.decode, self.known.get(case, ()))
            now = (each.entry for each in self.now[case] if each.entry is not None)
            changed |= {self._person(entry) for entry in chain(known, now)}
        size = -1
        while changed and size < (size := len(self.people) + len(self.numbers)):  # who shares one may have another too
            for entry in read_index(self.job) or ():
                keys, numbers = people_of(entry), _numbers(entry)
                same = not (changed.isdisjoint(keys) and self.people.isdisjoint(keys))
                if same or not self.numbers.isdisjoint(numbers):
                    self.people |= keys
                    self.numbers |= numbers
        return changed <= self.people

    # -- the history from now on ---------------------------------------------------------------------------------------

    def _rewritten(self) -> Iterator[bytes]:
        """Yield the history after the read, and gather all cases of whom a line changed."""
        fresh = sorted(case for case in self.now if case not in self.known)
        lines = self.job.vault.read(self.before)
        for case, group in groupby(lines, key=lambda line: _decode_place(line).case or ""):
            while fresh and fresh[0] < case:
                yield from self._as_now(fresh.pop(0))
            if case in self.now:
                yield from self._as_now(case)
            else:
                found = list(group)
                self._gather(found)
                yield from found
        for case in fresh:
            yield from self._as_now(case)

    def _as_now(self, case: str) -> Iterator[bytes]:
        merged = self.now[case]
        entries = [each.entry for each in merged if each.entry is not None]
        if case in self.touched or any(self._person(entry) in self.people for entry in entries):
            self.gathered += merged
        if case not in self.said.accepted and entries_lie_outside(self.services, self.system, entries):
            return iter(())
        return map(history.encode, entries)

    def _gather(self, lines: list[bytes]) -> None:
        if not self.people:
            return
        entries = [*map(history.decode, lines)]
        if any(self._person(entry) in self.people for entry in entries):
            self.gathered += (Merged(entry.group, entry, 0) for entry in entries)


def _content(entry: Entry) -> bytes:
    """Return what a line says, whenever that was."""
    return history.encode(msgspec.structs.replace(entry, seen="", person=""))


def _numbers(entry: IndexEntry) -> set[tuple[str, str]]:
    """Return by what the portals may know somebody at an employer."""
    return {(entry.employer_code, known) for known in (entry.personnel_number, entry.bsn) if known}
