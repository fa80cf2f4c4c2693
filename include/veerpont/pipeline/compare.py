"""Compare what the source shows with what the portal was told, and decide the way of every line. Pure.

Only ids, fingerprints and employers are held; the lines themselves are streamed again when the file is written.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field

import msgspec

from veerpont.config.integration import GuardSettings
from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import Fate, Line, worst
from veerpont.pipeline.batch import Item, Problems
from veerpont.pipeline.guards import ColumnCheck, too_many_gone

Fingerprint = Callable[[bytes], str]

TWO_LINES = Problem(
    Stage.EXPORT,
    "personnel_number",
    "duplicate_key",
    "Another record has the same key at the portal: each would overwrite the other. Give them different keys.",
)
NEW_PORTAL_KEY = Problem(
    Stage.EXPORT,
    "personnel_number",
    "portal_key_changed",
    "The portal knows this record by another key, and would end the old one with its absence. Confirm that it is the "
    "same person with `veerpont rejects confirm`, or correct it at the source.",
)
NEW_EMPLOYER = Problem(
    Stage.EXPORT,
    "employer_code",
    "employer_changed",
    "This employment was at another employer before, and its line there would go. Confirm the move with `veerpont "
    "rejects confirm`, or correct it at the source.",
)


class Told(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a line that the portal was told."""

    digest: bytes
    key: str
    employer: str
    portal_key: str
    leaves_on: str | None
    identity: str | None
    alias: str | None


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a line that the source shows now."""

    digest: bytes
    key: str
    group: str


@dataclass
class Comparison:
    """What is known of both sides, and after `decide` the way of every told line that is not shown any more."""

    problems: Problems
    told: dict[str, Told] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    columns: ColumnCheck = field(default_factory=ColumnCheck)
    questions: dict[str, str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def accepted(self, identity: str) -> bool:
        """Tell whether a shown line may cross."""
        shown = self.shown.get(identity)
        return shown is not None and shown.key not in self.problems

    def changes(self, identity: str) -> bool:
        """Tell whether a shown line says something that the portal was not told."""
        told = self.told.get(identity)
        return told is None or told.digest != self.shown[identity].digest

    @property
    def moved(self) -> set[str]:
        """The told lines in whose place another one crosses: at another employer, confirmed by a person."""
        return {old for old, new in self.moves.items() if self.accepted(new)}

    @property
    def says_something(self) -> bool:
        """Whether a file made now would differ from what the portal was told."""
        leaving = self.removed or self.left or self.moved
        return bool(leaving) or any(self.accepted(identity) and self.changes(identity) for identity in self.shown)

    def books(self, whole_held: bool) -> dict[Fate, int]:
        """Return how many source rows of staged records had which fate."""
        fates: dict[str, Fate] = {}
        for identity, shown in self.shown.items():
            if not self.accepted(identity):
                fate = Fate.REJECTED
            elif not self.changes(identity):
                fate = Fate.UNCHANGED
            else:
                fate = Fate.HELD if whole_held else Fate.DELIVERED
            fates[shown.group] = worst([fate, fates.get(shown.group, Fate.FILTERED)])
        counts = dict.fromkeys(Fate, 0)
        for group, rows in self.rows.items():
            counts[Fate.REJECTED if group in self.refused else fates.get(group, Fate.FILTERED)] += rows
        return counts


def fingerprint_line(line: Line) -> bytes:
    """Return what tells whether a line changed: its employer, its portal key and its values."""
    content = msgspec.json.encode((line.employer, line.portal_key, line.values))
    return hashlib.blake2b(content, digest_size=16).digest()


def remember(comparison: Comparison, snapshot: Iterable[Line]) -> None:
    """Take in what the portal was told."""
    for line in snapshot:
        comparison.columns.before(line.values)
        comparison.told[line.id] = Told(
            fingerprint_line(line), line.key, line.employer, line.portal_key, line.leaves_on, line.identity, line.alias
        )


def look(
    comparison: Comparison,
    lines: Iterable[tuple[Item, str, Line | Problem]],
    active: Set[str],
    confirmed: Mapping[str, str],
    fingerprint: Fingerprint,
) -> None:
    """Take in what the source shows now: item, record key, and the line or why there is none.

    A line of an employer that was deactivated since the rows were read is left out. A line that claims another's portal
    key, or whose portal key or employer changed, becomes a problem; the latter two are questions, and pass once
    `confirmed` holds the fingerprint of that very change under the record key.
    """
    owners: dict[str, str] = {}
    homes = {told.identity: identity for identity, told in comparison.told.items() if told.identity}
    newcomers: list[tuple[str, str, str]] = []
    asked: dict[str, list[tuple[str, Problem]]] = {}
    for item, key, line in lines:
        comparison.rows[item.group] = item.rows
        if isinstance(line, Problem):
            comparison.problems.add(key, line, rows=0)
            comparison.refused.add(item.group)
            continue
        if line.employer not in active:
            continue
        comparison.shown[line.id] = Shown(fingerprint_line(line), key, item.group)
        comparison.columns.now(line.values)
        other = owners.setdefault(line.portal_key, line.id)
        if other != line.id:
            comparison.problems.add(key, TWO_LINES, rows=0)
            comparison.problems.add(comparison.shown[other].key, TWO_LINES, rows=0)
        told = comparison.told.get(line.id)
        if told is None and line.identity in homes:
            newcomers.append((line.id, key, homes[line.identity]))
        elif told is not None and told.portal_key != line.portal_key:
            asked.setdefault(key, []).append((line.portal_key, NEW_PORTAL_KEY))
    for identity, key, old in newcomers:
        if old not in comparison.shown:
            comparison.moves[old] = identity
            asked.setdefault(key, []).append((identity, NEW_EMPLOYER))
    for key, changes in asked.items():  # one question for all that changed of a record: one answer closes it
        question = fingerprint("\n".join(sorted(change for change, _ in changes)).encode())
        if confirmed.get(key) != question:
            comparison.problems.add(key, changes[0][1], rows=0)
            comparison.questions[key] = question


def decide(
    comparison: Comparison,
    *,
    active: Set[str],
    frozen: Set[str],
    complete: bool,
    nothing_read: bool,
    missing_before: Set[str],
    approved: Set[str],
    today: str,
    limits: GuardSettings,
) -> None:
    """Decide the way of every told line that is not shown any more (DESIGN rule 1).

    Args:
        active, frozen: employer codes. Lines of any other employer leave: a person said that the portal has let go of
        it. complete: whether the source was read as a whole; if not, nothing is missing.
        nothing_read: the source showed no row at all: whatever goes then waits for a person.
        missing_before: what the complete read before this one did not show either. Only two that agree are believed.
        approved: line ids whose removal a person released.
        today: ISO date.
    """
    problems, moved = comparison.problems, comparison.moved
    for identity, told in comparison.told.items():
        if comparison.accepted(identity) or identity in moved:
            continue
        if told.employer not in active:
            (comparison.carried if told.employer in frozen else comparison.removed).add(identity)
        elif told.key in problems or (told.alias or "") in problems or not complete:
            comparison.carried.add(identity)
        elif told.leaves_on is not None:
            # an ended employment is sent for as long as the portal's window may ask for it, then leaves by that rule
            leaves = told.leaves_on <= today and not nothing_read
            (comparison.left if leaves else comparison.carried).add(identity)
        else:
            comparison.missing.add(identity)
    if any(found.key.startswith("row:") for found in problems):
        missing_before = frozenset()  # a row that nobody can name may be any of the missing ones
    open_ = {identity: comparison.told[identity].employer for identity in comparison.missing - approved}
    known = {identity: told.employer for identity, told in comparison.told.items() if told.employer in active}
    if open_ and (nothing_read or too_many_gone(open_, known, limits)):
        comparison.waiting = set(open_)
        comparison.removed |= comparison.missing & approved
    else:
        comparison.removed |= comparison.missing & (approved | missing_before)
    comparison.carried |= comparison.missing - comparison.removed
