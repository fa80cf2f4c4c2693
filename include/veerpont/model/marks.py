"""Sets of very many texts, of which only a mark of 64 bits each is held: 8 bytes instead of a hundred."""

from array import array
from bisect import bisect_left
from collections.abc import Hashable
from itertools import pairwise

_PARTS = 64


class Marks:
    """What was added, as marks: good for this process only, since they differ from one to the next.

    Two of a million things share a mark by chance once in thirty million runs, so whoever acts on a mark looks at the
    thing itself again, or does no harm.
    """

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTS)]  # in parts, so that sorting holds one at a time
        self._sorted = True

    def add(self, thing: Hashable) -> None:
        mark = hash(thing)
        self._parts[mark % _PARTS].append(mark)
        self._sorted = False

    def __contains__(self, thing: Hashable) -> bool:
        self._sort()
        mark = hash(thing)
        part = self._parts[mark % _PARTS]
        at = bisect_left(part, mark)
        return at < len(part) and part[at] == mark

    def __len__(self) -> int:
        """How many different things were added."""
        self._sort()
        return sum(len(part) - sum(one == other for one, other in pairwise(part)) for part in self._parts)

    def twice(self) -> set[int]:
        """Return the marks that were added more than once."""
        self._sort()
        return {one for part in self._parts for one, other in pairwise(part) if one == other}

    def shared(self, other: "Marks") -> set[int]:
        """Return the marks that the other one has too."""
        return {
            mark
            for part, others in zip(self._parts, other._parts, strict=True)
            for mark in {*part}.intersection(others)
        }

    def _sort(self) -> None:
        if not self._sorted:
            self._parts = [array("q", sorted(part)) for part in self._parts]
            self._sorted = True
