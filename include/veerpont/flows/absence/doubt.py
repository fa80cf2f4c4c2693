"""Doubt: which lines of a read of absence are not believed (docs/decisions/0003). Pure.

A value that was there and is not, or a line whose last day of absence is not there any more, while nothing says that
the line or its case was changed: that was lost on the way, by a column that broke or by an authorisation. The line
stays as it was, and is read again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import msgspec

from veerpont.flows.guards import REPLACED
from veerpont.model.failures import Problem
from veerpont.model.messages import Words, coded, listed
from veerpont.model.records import AbsenceLine
from veerpont.systems.source import AbsenceMarks, Row

LEAST = 3
"""A column that is blank throughout says something when at least so many lines had a value before."""


class KnownLine(Protocol):
    """What is needed of a line of the history (`history.Entry`)."""

    @property
    def key(self) -> str: ...

    @property
    def row(self) -> msgspec.Raw: ...

    @property
    def seen(self) -> str: ...

    @property
    def doubted(self) -> Mapping[str, str] | None: ...

    @property
    def unmoved(self) -> bool: ...


@dataclass
class Doubts:
    """What is not believed of a read.

    `lines`: line → the columns whose values are not believed to be gone, and since when a read says so. `reasons`: why
    nothing of the read is believed. `columns`: column → lines that lost their value in it. `unmoved`: the lines that
    changed while no moment of change moved.
    """

    lines: dict[str, dict[str, str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    columns: Counter[str] = field(default_factory=Counter)
    unmoved: set[str] = field(default_factory=set)

    @property
    def remarks(self) -> list[Words]:
        """What a person should know of it."""
        if not self.lines:
            return []
        found = sorted(self.columns.items())
        what = listed(coded("run.column_of", "{name} of {count}", name=name, count=count) for name, count in found)
        return [
            coded(
                "run.not_believed_lines",
                "{count} lines of absence are not believed, stay as they were and are read again: they lost a value, "
                "or their last day, though nothing says that they were changed ({what}).",
                count=len(self.lines),
                what=what,
            )
        ]


@dataclass
class _Line:
    columns: set[str]
    moved: bool | None
    """Whether the moment of change moved; None where the source has none."""
    doubted: Mapping[str, str]


class Examination:
    """Compares a read with what is known of the same lines, one line after the other.

    Args:
        marks: which columns are never empty, and which say when a line and its case were last changed.
        record: makes a record of a row, or says what is wrong with it.
        kept: the columns that are kept of a row now. Of others nothing is lost: the settings ask for them no longer.
    """

    def __init__(self, marks: AbsenceMarks, record: Callable[[Row], object], kept: Collection[str]) -> None:
        self._marks, self._record, self._kept = marks, record, kept
        self._decode = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._replaced: set[str] = set()
        self._lost: dict[str, _Line] = {}
        self._by_column: Counter[str] = Counter()
        self._kind_before: dict[str, str] = {}
        self._unmoved: set[str] = set()

    def show(self, entry: KnownLine) -> None:
        """Take in a line of the read, also one without a key of its own or of its case."""
        row = self._decode(entry.row)
        self._kinds.update(zip(row, map(_kind, row.values()), strict=True))
        if REPLACED in row.values():
            self._replaced |= {name for name, value in row.items() if value == REPLACED}

    def compare(self, entry: KnownLine, new: KnownLine) -> None:
        """Take in a line that is known, and as the read shows it."""
        if new.seen <= entry.seen or bytes(new.row) == bytes(entry.row):
            return
        marks, record = self._marks, self._record
        before = {name: value for name, value in self._decode(entry.row).items() if name in self._kept}
        now = self._decode(new.row)
        if all(now.get(name) == value for name, value in before.items()):
            self._unmoved |= {entry.key} if entry.unmoved else set()
            return  # the source says the same; other columns are asked for now
        columns = _lost(before, now, record)
        moved = any(_kind(now.get(name)) and now.get(name) != before.get(name) for name in marks.moments)
        if marks.moments and not moved:
            self._unmoved.add(entry.key)
            columns |= _withdrawn(before, now, record) - marks.needed
        if columns:
            self._lost[entry.key] = _Line(columns, moved if marks.moments else None, entry.doubted or {})
            if not moved:
                self._by_column.update(columns)
                self._kind_before |= {name: _kind(before.get(name)) for name in columns}

    def found(self, *, wide: bool, read_at: str, released: Collection[str] = ()) -> Doubts:
        """Return what is not believed, once all lines were seen.

        Args:
            wide: it was a read of everything. What a read said, and it says too, is believed.
            read_at: when it began.
            released: reasons for doubt that a person let pass.
        """
        kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (name, kind), count in self._kinds.items():
            kinds[name][kind] = count
        needed = self._marks.needed
        found = Doubts(unmoved=self._unmoved)
        broken = {name for name in self._by_column if not kinds[name][self._kind_before[name]]}
        reasons = set(_reasons(kinds, self._by_column, self._replaced, needed))
        found.reasons = sorted(reasons - set(released))
        let_pass = {name for kind, _, name in (each.partition(":") for each in released) if kind in _OF_COLUMNS}
        never = needed | set(self._marks.moments)
        for key, each in self._lost.items():
            doubtful = each.columns if each.moved is False else never | (broken if each.moved else set())
            names = (each.columns & doubtful) - let_pass
            if not names:
                continue
            too = all(each.doubted.get(name, read_at) < read_at for name in names)
            if wide and too and names.isdisjoint(never):
                continue
            found.lines[key] = {name: each.doubted.get(name, read_at) for name in names}
            found.columns.update(names)
        return found


def _lost(before: Row, now: Row, record: Callable[[Row], object]) -> set[str]:
    """Return the columns of which a line lost a value that could be read, or has one that cannot be read any more."""
    lost = {name for name in before if _kind(before[name]) not in {_EMPTY, _kind(now.get(name))}}
    was, is_ = record(before), record(now)
    if isinstance(was, Problem):
        lost.discard(was.field)
    elif isinstance(is_, Problem):
        lost.add(is_.field)
    return lost


def _withdrawn(before: Row, now: Row, record: Callable[[Row], object]) -> set[str]:
    """Return the columns that changed of a line that has no day left; none where it has, or had none before.

    None either where nobody could read what it was: it came with a change, by a column that broke.
    """
    was = record(before)
    if not _has_no_day(record(now)) or _has_no_day(was) or isinstance(was, Problem):
        return set()
    return {name for name in before if now.get(name) != before[name]}


def _has_no_day(line: object) -> bool:
    """Tell whether a line says that nobody was absent, or not for a day."""
    if not isinstance(line, AbsenceLine):
        return False
    return line.presence == _PRESENT or (line.recovered_on is not None and line.recovered_on <= line.begin)


_PRESENT = 100
_OF_COLUMNS = frozenset({"column_blank", "column_replaced"})
_EMPTY = ""


def _kind(value: object) -> str:
    """Return what sort of value it is: none for what is blank, or was replaced by AFAS."""
    if value is None or value in ("", REPLACED):
        return _EMPTY
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"


def _reasons(
    kinds: Mapping[str, Counter[str]], lost: Mapping[str, int], replaced: Collection[str], needed: Collection[str]
) -> Iterator[str]:
    """Yield why nothing of the read is believed: a column that broke throughout."""
    for name, found in kinds.items():
        blank = found[_EMPTY] == found.total()
        if blank and name in replaced:
            yield f"column_replaced:{name}"
            continue
        if (blank and lost.get(name, 0) >= LEAST) or (name in needed and not found["text"] and found.total() >= LEAST):
            yield f"column_blank:{name}"
