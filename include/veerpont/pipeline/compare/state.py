"""What a comparison knows of both sides: the lines that are held, by line id, and of the quiet ones a byte each."""

from collections import Counter
from collections.abc import Collection, Set
from dataclasses import dataclass, field

import msgspec

from veerpont.flows.flow_load import Steady
from veerpont.flows.guards import ColumnCheck
from veerpont.flows.job import Problems, StagedRecord
from veerpont.model.failures import Problem
from veerpont.model.lines import Fate, Line, fingerprint_line, worst
from veerpont.pipeline.compare.stream import WAYS, Quiet, Way


class Told(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a line that the portal was told."""

    digest: bytes
    key: str
    employer: str
    portal_key: str
    leaves_on: str | None
    identity: str | None
    alias: str | None


class StillRefused(msgspec.Struct, frozen=True, array_like=True):
    """A line that the portal refused: it is not sent again before the night, unless it changed at the source."""

    id: str
    key: str
    digest: bytes
    problem: Problem


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A line in a delivery that is not complete: its record key, its content, the source rows it brings across.

    `group` is empty where the portal has to forget it; `gone`: because it is gone at the source.
    """

    id: str
    key: str
    digest: bytes
    group: str
    rows: int
    gone: bool = False


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a line that the source shows now."""

    digest: bytes
    key: str
    group: str
    employer: str


@dataclass
class Comparison:
    """What is known of both sides, and after `decide` the way of every told line that is not shown any more.

    `told`, `shown` and all that is by line id: the lines that are held. The `quiet` ones cross.
    `because`: of those that wait
    for a person, why they are believed to be gone. `postponed`: shown lines that wait for a person → why. `changed`:
    (column, how it changed) → lines. `unmatched`: told lines that are not ours. `steady`: how many cross besides
    that are not looked at.
    """

    problems: Problems
    told: dict[str, Told] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    columns: ColumnCheck = field(default_factory=ColumnCheck)
    questions: dict[str, str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    let_go: set[str] = field(default_factory=set)
    carried: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    because: dict[str, str] = field(default_factory=dict)
    postponed: dict[str, str] = field(default_factory=dict)
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused_still: dict[str, StillRefused] = field(default_factory=dict)
    unmatched: set[str] = field(default_factory=set)
    quiet: Quiet = field(default_factory=Quiet)
    steady: int = 0

    def way(self, identity: str, place: int) -> Way | None:
        """Return how the shown line at this place crosses; None when it does not."""
        way = WAYS[self.quiet.ways[place]]
        if way is not Way.HELD:
            return way
        if not self.accepted(identity):
            return None
        if identity not in self.told:
            return Way.NEW
        return Way.CHANGED if self.changes(identity) else Way.SAME

    @property
    def crossing(self) -> int:
        """How many shown lines cross."""
        return len(self.quiet) + self.steady + sum(map(self.accepted, self.shown))

    def leave(self, steady: Steady) -> None:
        """Count what is not looked at, once the rest was sifted."""
        self.quiet.told.update(steady.told)
        self.quiet.rows[Way.SAME] += steady.rows
        self.steady = sum(steady.told.values()) - len(steady.repeated)

    @property
    def told_now(self) -> Counter[str]:
        """Employer → lines that the portal was told before."""
        return self.quiet.told + Counter(each.employer for each in self.told.values())

    @property
    def is_settled(self) -> bool:
        """Whether it leaves nothing open: nothing waits, for a person or for another read."""
        waits = self.missing - self.removed
        return not (waits or self.waiting or self.postponed or self.refused_still or self.moves or self.let_go)

    @property
    def has_news(self) -> bool:
        """Whether a line crosses that says something that the portal was not told."""
        return self.quiet.news > 0 or any(self.accepted(each) and self.changes(each) for each in self.shown)

    def accepted(self, identity: str) -> bool:
        """Tell whether a shown line that is held may cross."""
        shown = self.shown.get(identity)
        return shown is not None and shown.key not in self.problems and identity not in self.postponed

    def take(self, item: StagedRecord, key: str, line: Line | Problem, active: Set[str]) -> bool:
        """Note what the source shows of a record; returns whether it is a line that may cross."""
        self.rows[item.group] = item.rows
        if isinstance(line, Problem):
            self.problems.add(key, line, rows=0)
            self.refused.add(item.group)
            return False
        if line.employer not in active:
            return False
        self.shown[line.id] = Shown(fingerprint_line(line), key, item.group, line.employer)
        return True

    def ask_first(self, going: Collection[str]) -> None:
        """Let removals wait for a person: until then the lines are repeated."""
        self.waiting.update(going)
        self.removed.difference_update(going)
        self.carried.update(going)

    def changes(self, identity: str) -> bool:
        """Tell whether a shown line says something that the portal was not told."""
        told = self.told.get(identity)
        return told is None or told.digest != self.shown[identity].digest

    @property
    def moved(self) -> set[str]:
        """The told lines in whose place another one crosses: at another employer, confirmed by a person."""
        return {old for old, new in self.moves.items() if self.accepted(new)}

    @property
    def homes(self) -> dict[str, str]:
        """Record key → employer, of every line that is held and of what is wrong."""
        homes = {told.key: told.employer for _, told in sorted(self.told.items())}
        homes |= {shown.key: shown.employer for _, shown in sorted(self.shown.items())}
        return homes | {found.key: found.employer for found in self.problems if found.employer}

    @property
    def says_something(self) -> bool:
        """Whether a file made now would differ from what the portal was told."""
        return bool(self.removed or self.left or self.moved) or self.has_news

    def fates(self, whole_held: bool) -> dict[str, Fate]:
        """Return group → the fate of its source rows, of the groups that have a line that is held."""
        fates: dict[str, Fate] = {}
        for identity, shown in self.shown.items():
            if identity in self.postponed and shown.key not in self.problems:
                fate = Fate.HELD
            elif not self.accepted(identity):
                fate = Fate.REJECTED
            elif not self.changes(identity):
                fate = Fate.UNCHANGED
            else:
                fate = Fate.HELD if whole_held else Fate.DELIVERED
            fates[shown.group] = worst([fate, fates.get(shown.group, Fate.FILTERED)])
        return fates

    def books(self, whole_held: bool) -> dict[Fate, int]:
        """Return how many source rows of staged records had which fate."""
        fates = self.fates(whole_held)
        counts = dict.fromkeys(Fate, 0)
        for group, rows in self.rows.items():
            counts[Fate.REJECTED if group in self.refused else fates.get(group, Fate.FILTERED)] += rows
        for way, rows in self.quiet.rows.items():
            news = Fate.HELD if whole_held else Fate.DELIVERED
            counts[Fate.UNCHANGED if way is Way.SAME else news] += rows
        return counts
