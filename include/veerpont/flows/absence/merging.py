"""A read of absence, merged into the history line by line: both stand in the order of their cases.

A line without a key of its own or of its case is never merged, and one that lost a value is doubted (`doubt`). Merging
the same read again changes nothing, and but for doubts the order in which reads are merged does not matter: so a task
may die anywhere and run again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import takewhile
from typing import NamedTuple

import msgspec

from veerpont.flows.absence import coverage, request
from veerpont.flows.absence.doubt import Doubts, Examination
from veerpont.flows.absence.history import Entry
from veerpont.flows.absence.staging import in_order, is_nameless, staged
from veerpont.flows.job import Job, Transformed
from veerpont.flows.missed import apart
from veerpont.flows.reading import kept_fields
from veerpont.model.marks import Marks
from veerpont.store import employers
from veerpont.store.employers import Gate
from veerpont.systems.registry import source


class _UnsortedError(Exception):
    """What was staged does not stand in the order of its cases."""


class Merged(NamedTuple):
    """What becomes of a line. `entry`: None where the history has no place for it. `rows`: of this read."""

    group: str
    entry: Entry | None
    rows: int


class Merging:
    """One read, and the history before it.

    `reasons`: why the read is not believed: nothing of it is merged then. `nameless`: lines that are not merged, since
    they have no key of their own or of their case, each with its rows. `doubts`: what is not believed of the others.
    `missed`, `total`: how many lines a wide read does not show, and how many there are, once all were merged.

    Args:
        known: yields the history, each time from the start.
        released: doubts about a read that a person let pass.
        codes: employers that the history has lines of, where `known` is not all of it.
    """

    def __init__(
        self,
        job: Job,
        transformed: Transformed,
        known: Callable[[], Iterator[Entry]],
        released: Collection[str],
        codes: Collection[str] = (),
    ) -> None:
        self._job, self._transformed = job, transformed
        with job.ledger.session() as session:
            states = employers.states(session, job.name)
        self._kept = {
            code
            for code, row in states.items()
            if row.state == Gate.ACTIVE or (row.state == Gate.PENDING and row.frozen)
        }
        self._all_known, self._codes = known, self._kept.intersection(codes)
        self._items = transformed.items
        self._moved: dict[str, Entry] = {}  # lines that are in another case than before, as they were
        self._stays: dict[str, Entry | None] = {}  # and those that stay where they were, as they are shown
        self._wide = transformed.scope == request.WIDE
        self.nameless: list[tuple[Entry, int]] = []
        self.missed = self.total = self.rows = 0
        self.reasons: list[str] = []
        self.doubts = Doubts()
        self._aged: set[str] = set()
        try:
            self._look(released)
        except _UnsortedError:
            self._sort()
            self.rows, self.nameless = 0, []
            self._look(released)

    # -- both sides ----------------------------------------------------------------------------------------------------

    def known(self) -> Iterator[Entry]:
        """Yield the history but for what is of employers that are no longer read."""
        return (entry for entry in self._all_known() if entry.employer in self._kept)

    def _shown(self) -> Iterator[tuple[Entry, int]]:
        """Yield the lines that can be merged, in the order of their places, each with its rows."""
        begun = False
        for entry, rows in staged(self._job.vault.read(self._items)):
            if not is_nameless(entry):
                begun = True
                yield entry, rows
            elif begun:  # they come first
                raise _UnsortedError

    def _pairs(self) -> Iterator[tuple[Entry | None, Entry | None, int]]:
        """Yield what is known and what is shown of each line, where it stands now, and the rows that show it."""
        moved, last = self._moved, ("", "")
        known = self.known()
        if moved:
            known = (entry for entry in known if entry.key not in moved)
        waiting = next(known, None)
        for new, rows in self._shown():
            place = new.place
            if place <= last:
                raise _UnsortedError
            last = place
            while waiting is not None and waiting.place < place:
                yield waiting, None, 0
                waiting = next(known, None)
            if waiting is not None and waiting.key == new.key and waiting.case == new.case:
                yield waiting, new, rows
                waiting = next(known, None)
            else:
                yield moved.get(new.key), new, rows
        while waiting is not None:
            yield waiting, None, 0
            waiting = next(known, None)

    # -- whether it is believed ----------------------------------------------------------------------------------------

    def _look(self, released: Collection[str]) -> None:
        """Go over both sides once, before anything is merged."""
        transformed, system = self._transformed, source(self._job.integration.source.system)
        record, kept = partial(system.record, self._job.flow), kept_fields(self._job)
        examined = Examination(system.absence_marks, record, kept)
        for entry, rows in takewhile(lambda each: is_nameless(each[0]), staged(self._job.vault.read(self._items))):
            self.nameless.append((entry, rows))  # they come first
            self.rows += rows
            examined.show(entry)
        fresh, lonely = Marks(), Marks()
        codes = set(self._codes)
        for old, new, rows in self._pairs():
            self.rows += rows
            if old is not None:
                codes.add(old.employer)
                if new is None:
                    lonely.add(old.key)
            if new is not None:
                examined.show(new)
                if old is None:
                    fresh.add(new.key)
                else:
                    examined.compare(old, new)
        moved = self._find_moved(fresh.shared(lonely))
        for old, new in moved.values():
            examined.compare(old, new)
        if request.is_live(transformed.scope):
            self._aged = codes - coverage.uncovered(self._job).keys()
        if self._wide and not transformed.read and codes and "zero_rows" not in released:
            self.reasons = ["zero_rows"]
            return
        self.doubts = examined.found(wide=self._wide, read_at=transformed.read_at, released=released)
        self.reasons = self.doubts.reasons
        self._move(moved)

    @property
    def has_moved(self) -> bool:
        """Whether a line is in another case than before."""
        return bool(self._moved or self._stays)

    def _find_moved(self, marks: Collection[int]) -> dict[str, tuple[Entry, Entry]]:
        """Return the lines that are in another case than before, as they were and as they are shown."""
        if not marks:
            return {}
        shown = {new.key: new for new, _ in self._shown() if hash(new.key) in marks}
        return {old.key: (old, shown[old.key]) for old in self.known() if old.key in shown}

    def _move(self, lines: Mapping[str, tuple[Entry, Entry]]) -> None:
        for key, (old, new) in lines.items():
            kept = new.employer in self._kept
            if not kept or key in self.doubts.lines or new.seen < old.seen:
                self._stays[key] = new if kept else None
            else:
                self._moved[key] = old

    def _sort(self) -> None:
        """Bring what an earlier release staged into the order that the history has."""
        job, folder = self._job, f"{self._job.folder}/sorted"
        lines = staged(job.vault.read(self._transformed.items))
        self._items = job.vault.write(f"{folder}-lines", in_order(job.vault, folder, lines))

    # -- what becomes of it --------------------------------------------------------------------------------------------

    def merged(self) -> Iterator[Merged]:
        """Yield the history after the read, in the order of its places; as it was where the read is not believed."""
        if self.reasons:
            yield from (Merged(entry.group, entry, 0) for entry in self.known())
            return
        read_at = self._transformed.read_at
        there = {entry.key for entry, _ in self.nameless}
        wide = set(self._transformed.active) if self._wide else set()
        self.missed = self.total = 0
        for old, new, rows in self._pairs():
            shown = self._as_shown(old, new, there)
            if old is None:
                entry = shown and self._first(shown)
            elif shown is None:
                entry = _not_shown(old, old.employer in wide, read_at)
            else:
                entry = _newest(old, shown, self.doubts)
            self.total += entry is not None
            self.missed += entry is not None and entry.missed == read_at
            at = new or entry
            yield Merged(at.group if at else "", entry, rows)

    def _as_shown(self, old: Entry | None, new: Entry | None, there: Collection[str]) -> Entry | None:
        """Return the line as the read shows it at this place; None where it does not.

        Args:
            there: the lines that lost the key of their case: they stay what they were.
        """
        shown = new
        if new is not None and (new.employer not in self._kept or new.key in self._stays):
            shown = None
        elif old is not None and old.key in self._stays:
            shown = self._stays[old.key]
        if shown is None and old is not None and old.key in there:
            return msgspec.structs.replace(old, seen=self._transformed.read_at)
        return shown

    def _first(self, new: Entry) -> Entry:
        """Return a line that is shown for the first time; how old it is is known where the history was whole before."""
        return msgspec.structs.replace(new, since=new.seen if new.employer in self._aged else None)


def _not_shown(entry: Entry, wide: bool, read_at: str) -> Entry:
    """Return what becomes of a line that a read does not show. `wide`: it was of every case of the employer."""
    if not wide or entry.seen >= read_at or entry.gone:
        return entry
    missed = entry.missed or read_at
    return msgspec.structs.replace(entry, missed=missed, gone=read_at if apart(missed, read_at) else None)


def _newest(entry: Entry, new: Entry, doubts: Doubts) -> Entry:
    """Return what becomes of a line that a read shows: the newest read counts, but for what is not believed of it."""
    newest = new if new.seen >= entry.seen else entry
    # a wide read that came after both of them did not show it
    later = entry.missed is not None and entry.missed > newest.seen
    doubted = doubts.lines.get(entry.key)
    kept = newest if doubted is None else entry
    same = newest is entry or bytes(kept.row) == bytes(entry.row)
    return msgspec.structs.replace(
        kept,
        seen=newest.seen,
        missed=entry.missed if later else None,
        since=entry.since,
        doubted=doubted,
        gone=entry.gone if later else None,
        why=entry.why if later else "",
        unmoved=entry.key in doubts.unmoved or (entry.unmoved and same),
    )
