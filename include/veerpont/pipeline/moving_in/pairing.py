"""Two sides of one portal: which line of one is which of the other, and how they differ. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from veerpont.model.lines import Line
from veerpont.model.names import HEALTH
from veerpont.systems.portal import TheirLine

ROWS = "(rows)"
"""A column that no file has: how many rows a line has is a difference too."""
OF_HEALTH = "(health)"
"""What stands for every column that says something of somebody's health: of two values a difference says both."""

_Key = Callable[[TheirLine], str | None]


@dataclass
class Paired:
    """Which line is which. `by_second`: how many pairs were only found by the second key."""

    pairs: list[tuple[TheirLine, TheirLine]] = field(default_factory=list)
    there: list[TheirLine] = field(default_factory=list)
    ours: list[TheirLine] = field(default_factory=list)
    by_second: int = 0


def pair(there: Iterable[TheirLine], ours: Iterable[TheirLine]) -> Paired:
    """Pair the lines of both sides: by the portal's key, and what is left by the second one.

    A key that two lines of one side have says nothing of which is which: those stay alone.
    """
    paired = Paired(there=list(there), ours=list(ours))
    _pair_by(paired, lambda each: each.line.portal_key)
    first = len(paired.pairs)
    _pair_by(paired, lambda each: each.second)
    paired.by_second = len(paired.pairs) - first
    return paired


def _pair_by(paired: Paired, key: _Key) -> None:
    theirs, mine = _alone(paired.there, key), _alone(paired.ours, key)
    both = theirs.keys() & mine.keys()
    if both:
        paired.pairs += ((each, mine[name]) for name, each in theirs.items() if name in both)
        paired.there = [each for each in paired.there if key(each) not in both]
        paired.ours = [each for each in paired.ours if key(each) not in both]


def _alone(lines: list[TheirLine], key: _Key) -> dict[str, TheirLine]:
    """Return key → line, of the keys that one line has."""
    count = Counter(map(key, lines))
    return {name: each for each in lines if (name := key(each)) is not None and count[name] == 1}


def differing(there: Line, ours: Line) -> Iterator[str]:
    """Yield the columns that both have and that say something else."""
    if len(there.rows) != len(ours.rows):
        yield ROWS
    found: set[str] = set()
    for their_row, our_row in zip(there.rows, ours.rows, strict=False):
        found |= {
            name for name in their_row.keys() & our_row.keys() if (their_row[name] or "") != (our_row[name] or "")
        }
    yield from sorted({OF_HEALTH if name in HEALTH else name for name in found})


class AtEmployer(msgspec.Struct):
    """The lines of one employer, counted. `columns`: of those that differ, column → lines."""

    same: int = 0
    differs: int = 0
    only_there: int = 0
    only_ours: int = 0
    columns: dict[str, int] = {}


def counted(paired: Paired) -> dict[str, AtEmployer]:
    """Return employer → how its lines differ, sorted."""
    found: dict[str, AtEmployer] = {}

    def at(each: TheirLine) -> AtEmployer:
        return found.setdefault(each.line.employer, AtEmployer(columns={}))

    for there, ours in paired.pairs:
        employer = at(ours)
        if columns := list(differing(there.line, ours.line)):
            employer.differs += 1
            for name in columns:
                employer.columns[name] = employer.columns.get(name, 0) + 1
        else:
            employer.same += 1
    for each in paired.there:
        at(each).only_there += 1
    for each in paired.ours:
        at(each).only_ours += 1
    for employer in found.values():
        employer.columns = dict(sorted(employer.columns.items(), key=lambda item: (-item[1], item[0])))
    return dict(sorted(found.items()))


def named(paired: Paired) -> list[dict[str, object]]:
    """Return which lines differ: rows of the file, record keys and columns, never a value."""
    found: list[dict[str, object]] = []
    for there, ours in paired.pairs:
        if columns := list(differing(there.line, ours.line)):
            found.append(_named("differs", there, ours) | {"columns": columns})
    found += (_named("only_there", each, None) for each in paired.there)
    found += (_named("only_ours", None, each) for each in paired.ours)
    return found


def _named(what: str, there: TheirLine | None, ours: TheirLine | None) -> dict[str, object]:
    line = ours or there
    said: Mapping[str, object] = {
        "what": what,
        "employer": line.line.employer if line else "",
        "row": there.row if there else 0,
        "other_row": ours.row if ours else 0,
        "key": ours.line.key if ours else "",  # of one that is only there it may be a number
        "columns": [],
    }
    return dict(said)
