"""Sifting: both sides of a comparison as streams, in the order of a file, so that only what needs a look is held.

Nearly every line is as it was, or has other values under the same keys, or is the first that the portal hears of it.
Such a line is quiet: whatever becomes of the others, it crosses, and all that is kept of it is a byte that says which
of the three it is. The others, and every line that has something to do with another one (the same portal key, a record
with a problem, a line of the told ones that no longer stands where it stood), are held and looked at (compare.look).
Holding a line that could be quiet changes nothing; so what cannot be told at once is held.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

import msgspec

from veerpont.flows.guards import ColumnCheck, changed_columns
from veerpont.model.failures import Problem
from veerpont.model.lines import Line
from veerpont.model.marks import Marks


class Rendered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the source shows of a record: its line, or why there is none. `group`, `rows`: as in `job.StagedRecord`."""

    group: str
    rows: int
    key: str
    line: Line | None
    problem: Problem | None = None


class Head(msgspec.Struct, frozen=True, gc=False):
    """Which line it is: what is needed of one that is only counted or named."""

    id: str
    key: str
    employer: str


class RenderedHead(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`Rendered`, of whose line only the head is read."""

    group: str
    rows: int
    key: str
    line: Head | None


class Way(IntEnum):
    """How a line crosses; or that it is held, and `Comparison` knows."""

    HELD = 0
    SAME = 1
    CHANGED = 2
    NEW = 3


WAYS = tuple(Way)
"""By their number: looking one up takes a tenth of the time that making one of a number does."""


class Remembered(Protocol):
    """What is needed of a told line that is held."""

    @property
    def portal_key(self) -> str: ...

    @property
    def identity(self) -> str | None: ...


class Pair(NamedTuple):
    """What the portal was told and what the source shows of one line, one of which may be missing.

    `place`: of what is shown; -1 where nothing is.
    """

    place: int
    told: Line | None
    shown: Rendered | None


@dataclass
class Quiet:
    """The lines that nobody has to look at. `ways`: of each shown line, by its place; the rest are numbers of them.

    `rows`: source rows by way. `told`: lines that the portal was told, by employer; `new`: those that it was not.
    """

    ways: bytearray = field(default_factory=bytearray)
    rows: Counter[Way] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.ways) - self.ways.count(Way.HELD)

    @property
    def news(self) -> int:
        """How many of them say something that the portal was not told."""
        return self.ways.count(Way.NEW) + self.ways.count(Way.CHANGED)


class Sieve:
    """Sifts the two sides.

    Args:
        told: yields what the portal was told. shown: yields what the source shows, once more. Each time from the start.
        active: employer codes. Lines of others are held.
        watched: line ids that are held in any case.

    `changed`: (column, how it changed) → lines, once all were sifted.
    """

    def __init__(
        self,
        told: Callable[[], Iterator[Line]],
        shown: Callable[[], Iterator[Rendered]],
        active: Collection[str],
        watched: Collection[str],
    ) -> None:
        self.quiet = Quiet()
        self._told, self._shown = told, shown
        self._active, self._watched = active, watched
        self._portal_keys, self._keys = Marks(), Marks()
        self.changed: Counter[tuple[str, str]] = Counter()

    def sift(
        self,
        told_first: Iterator[Line],
        shown_first: Iterator[Rendered],
        wrong: Collection[str],
        columns: ColumnCheck,
    ) -> Iterator[Pair]:
        """Yield the pairs to hold.

        Args:
            told_first: what the portal was told, for the first time.
            shown_first: what is shown, for the first time.
            wrong: record keys that have a problem already.
            columns: is shown every line of an active employer.
        """
        for pair in side_by_side(told_first, shown_first):
            _, told, shown = pair
            if told is not None and told.employer in self._active:
                columns.before(told.values)
            way = self._way(told, shown, wrong)
            if told is not None and shown is not None and shown.line is not None and way is not Way.SAME:
                self.changed.update(changed_columns(told, shown.line))
            if shown is not None:
                self.quiet.ways.append(way)
                if shown.line is not None and shown.line.employer in self._active:
                    columns.now(shown.line.values)
                    self._portal_keys.add(shown.line.portal_key)
            if way is not Way.HELD and shown is not None:
                self._keys.add(shown.key)
            if way is Way.HELD or shown is None:
                yield pair
            else:
                self.quiet.rows[way] += shown.rows
                if told is not None:
                    self.quiet.told[told.employer] += 1
                elif shown.line is not None:
                    self.quiet.new[shown.line.employer] += 1

    def clashing(self, held: Mapping[str, Remembered]) -> Iterator[Pair]:
        """Yield the quiet pairs that clash with a told line that is held, or with another shown line: held from now on.

        `held`: the told lines that are, by id.
        """
        twice = self._portal_keys.twice()
        if not twice and not (held and self.quiet.ways.count(Way.NEW)):
            return iter(())
        known = {*held, *(line.identity for line in held.values() if line.identity)}
        taken = {line.portal_key for line in held.values()}

        def clashes(told: Line | None, line: Line) -> bool:
            if hash(line.portal_key) in twice or line.portal_key in taken:
                return True
            return told is None and (line.id in known or line.identity in known)

        return self._pull(clashes)

    def rejected(self, wrong: Collection[str]) -> Iterator[Pair]:
        """Yield the quiet pairs of records that turned out to have a problem: held from now on."""
        if not any(key in self._keys for key in wrong):
            return iter(())
        return self._pull(lambda _, line: line.key in wrong)

    def new_at(self, codes: Collection[str]) -> Iterator[Pair]:
        """Yield the quiet pairs of lines that are new at these employers: held from now on."""
        return self._pull(lambda told, line: told is None and line.employer in codes)

    def changed_in(self, columns: Collection[str]) -> Iterator[Pair]:
        """Yield the quiet pairs of lines that changed in one of these columns: held from now on."""
        return self._pull(
            lambda told, line: told is not None and any(name in columns for name, _ in changed_columns(told, line))
        )

    def all_changed(self) -> Iterator[tuple[str, str, str]]:
        """Yield line id, column and how it changed, of every line that the portal was told and that is shown."""
        for _, told, shown in side_by_side(self._told(), self._shown()):
            if told is not None and shown is not None and shown.line is not None:
                yield from ((told.id, name, how) for name, how in changed_columns(told, shown.line))

    def _way(self, told: Line | None, shown: Rendered | None, wrong: Collection[str]) -> Way:
        line = shown.line if shown else None
        if shown is None or line is None or line.employer not in self._active:
            return Way.HELD
        if shown.group != line.id or shown.key in wrong or line.id in self._watched:
            return Way.HELD
        if told is None:
            return Way.NEW
        if (told.key, told.employer, told.portal_key) != (line.key, line.employer, line.portal_key):
            return Way.HELD
        return Way.SAME if _says_the_same(told, line) else Way.CHANGED

    def _pull(self, pulled: Callable[[Line | None, Line], bool]) -> Iterator[Pair]:
        for pair in side_by_side(self._told(), self._shown()):
            place, told, shown = pair
            way = WAYS[self.quiet.ways[place]] if shown else Way.HELD
            if way is Way.HELD or shown is None or shown.line is None or not pulled(told, shown.line):
                continue
            self.quiet.ways[place] = Way.HELD
            self.quiet.rows[way] -= shown.rows
            if told is not None:
                self.quiet.told[told.employer] -= 1
            else:
                self.quiet.new[shown.line.employer] -= 1
            yield pair


def side_by_side(told: Iterator[Line], shown: Iterator[Rendered]) -> Iterator[Pair]:
    """Yield both sides, with the two of one line together where both stand at the same place of a file."""
    waiting = next(told, None)
    for place, each in enumerate(shown):
        line = each.line
        if line is None:
            yield Pair(place, None, each)
            continue
        while waiting is not None and waiting.order < line.order:
            yield Pair(-1, waiting, None)
            waiting = next(told, None)
        if waiting is not None and waiting.id == line.id:
            yield Pair(place, waiting, each)
            waiting = next(told, None)
        else:
            yield Pair(place, None, each)
    while waiting is not None:
        yield Pair(-1, waiting, None)
        waiting = next(told, None)


def _says_the_same(told: Line, line: Line) -> bool:
    """Tell whether two lines of the same keys have the same values in the same order of columns."""
    same = (told.values, told.more, told.version) == (line.values, line.more, line.version)
    return same and list(told.values) == list(line.values)
