"""Compare what the source shows with what the portal was told, and decide the way of every line. Pure.

Only ids, fingerprints and employers are held; the lines themselves are streamed again when the file is written.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from veerpont.config.integration import GuardSettings
from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import Fate, Line, worst
from veerpont.pipeline.batch import Item, Problems
from veerpont.pipeline.guards import ColumnCheck, too_many_gone

Fingerprint = Callable[[bytes], str]

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


TAKEN_KEY = Problem(
    Stage.EXPORT,
    "personnel_number",
    "portal_key_taken",
    "The portal knows somebody else, or the same person under another GUID, by this key: that line with its absence "
    "would become this one's. Confirm it with `veerpont rejects confirm`, or give another number at the source.",
)
LEFT_FOR_INACTIVE = Problem(
    Stage.IMPORT,
    "employer_code",
    "employer_changed",
    "The source shows this person at an employer that is not active, and the line at the old employer would go. "
    "Confirm that with `veerpont rejects confirm`, after activating the other employer if it should be there.",
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


class StillRefused(msgspec.Struct, frozen=True, array_like=True):
    """A line that the portal refused: it is not sent again before the night, unless it changed at the source."""

    id: str
    key: str
    digest: bytes
    problem: Problem


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a line that the source shows now."""

    digest: bytes
    key: str
    group: str
    employer: str


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
    let_go: set[str] = field(default_factory=set)
    carried: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    refused_still: dict[str, StillRefused] = field(default_factory=dict)

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
    def homes(self) -> dict[str, str]:
        """Record key → employer, of everything that is known and of what is wrong."""
        homes = {told.key: told.employer for told in self.told.values()}
        homes |= {shown.key: shown.employer for shown in self.shown.values()}
        return homes | {found.key: found.employer for found in self.problems if found.employer}

    @property
    def says_something(self) -> bool:
        """Whether a file made now would differ from what the portal was told."""
        leaving = self.removed or self.left or self.moved
        return bool(leaving) or any(self.accepted(identity) and self.changes(identity) for identity in self.shown)

    def fates(self, whole_held: bool) -> dict[str, Fate]:
        """Return group → the fate of its source rows, of the groups that have a line."""
        fates: dict[str, Fate] = {}
        for identity, shown in self.shown.items():
            if not self.accepted(identity):
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
        return counts


def fingerprint_line(line: Line) -> bytes:
    """Return what tells whether a line changed: its employer, its portal key, its values and columns."""
    version = (line.version,) if line.version else ()
    content = msgspec.json.encode((line.employer, line.portal_key, line.values, *line.more, *version))
    return hashlib.blake2b(content, digest_size=16).digest()


def remember(comparison: Comparison, snapshot: Iterable[Line], active: Set[str]) -> None:
    """Take in what the portal was told; only lines of `active` employers say what a column should hold."""
    for line in snapshot:
        if line.employer in active:
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
    refused: Mapping[str, StillRefused] = MappingProxyType({}),
) -> None:
    """Take in what the source shows now: item, record key, and the line or why there is none.

    A line of an employer that was deactivated since the rows were read is left out. A line that claims another's portal
    key, or whose portal key or employer changed, becomes a problem; the latter two are questions, and pass once
    `confirmed` holds the fingerprint of that very change under the record key. A line that is as it was when the portal
    refused it (`refused`, by id) stays a problem.
    """
    owners: dict[str, str] = {}
    holders = {told.portal_key: identity for identity, told in comparison.told.items()}
    homes: dict[str, list[str]] = {}
    for identity, told_line in comparison.told.items():
        if told_line.identity:
            homes.setdefault(told_line.identity, []).append(identity)
    changes: list[tuple[str, Problem, str]] = []
    for item, key, line in lines:
        comparison.rows[item.group] = item.rows
        if isinstance(line, Problem):
            comparison.problems.add(key, line, rows=0)
            comparison.refused.add(item.group)
            continue
        if line.employer not in active:
            continue
        comparison.shown[line.id] = Shown(fingerprint_line(line), key, item.group, line.employer)
        comparison.columns.now(line.values)
        no = refused.get(line.id)
        if no is not None and no.digest == comparison.shown[line.id].digest and comparison.changes(line.id):
            comparison.problems.add(key, no.problem, rows=0)
            comparison.refused_still[line.id] = no
        other = owners.setdefault(line.portal_key, line.id)
        if other != line.id:
            both = (comparison.shown[other].key, key)
            for each in both:
                comparison.problems.add(each, _two_lines(both), rows=0)
        told = comparison.told.get(line.id)
        if told is not None and told.portal_key == line.portal_key:
            continue
        if line.portal_key in holders:
            changes.append((line.id, TAKEN_KEY, holders[line.portal_key]))
        elif told is not None:
            changes.append((line.id, NEW_PORTAL_KEY, line.portal_key))
        elif line.identity in homes:
            changes += [(line.id, NEW_EMPLOYER, home) for home in homes[line.identity]]
    _ask(comparison, changes, confirmed, fingerprint)


def _ask(
    comparison: Comparison,
    changes: list[tuple[str, Problem, str]],
    confirmed: Mapping[str, str],
    fingerprint: Fingerprint,
) -> None:
    """Make every change that nobody confirmed a problem. A change: line id, what changes, and from or to what."""
    asked: dict[str, list[tuple[str, Problem]]] = {}
    for identity, problem, other in changes:
        if problem is not NEW_PORTAL_KEY and other not in comparison.shown:
            comparison.moves[other] = identity
        elif problem is NEW_EMPLOYER:
            continue  # the line at the other employer is still there: this is one more, not a move
        asked.setdefault(comparison.shown[identity].key, []).append((f"{identity} {other}", problem))
    for key, found in asked.items():  # one question for all that changed of a record: one answer closes it
        question = fingerprint("\n".join(sorted(change for change, _ in found)).encode())
        if confirmed.get(key) != question:
            comparison.problems.add(key, found[0][1], rows=0)
            comparison.questions[key] = question
    # a key that is passed on is free only when its holder crosses under another one: else both lines would have it
    waits = True
    while waits:
        waits = False
        for identity, problem, holder in changes:
            stays = holder in comparison.shown and not comparison.accepted(holder)
            if problem is TAKEN_KEY and stays and comparison.accepted(identity):
                comparison.problems.add(comparison.shown[identity].key, TAKEN_KEY, rows=0)
                waits = True


def _two_lines(keys: tuple[str, str]) -> Problem:
    return Problem(
        Stage.EXPORT,
        "personnel_number",
        "duplicate_key",
        f"{' and '.join(keys)} have the same key at the portal, and each would overwrite the other. Give them "
        "different keys.",
    )


def look_elsewhere(
    comparison: Comparison,
    elsewhere: Set[str],
    active: Set[str],
    confirmed: Mapping[str, str],
    fingerprint: Fingerprint,
) -> None:
    """Take in which known people the source shows at an employer that is not active: a person confirms that they go.

    Args:
        elsewhere: their record keys.
        active, confirmed, fingerprint: as in `look`.
    """
    going: dict[str, list[str]] = {}
    for identity, told in comparison.told.items():
        still_there = identity in comparison.shown or identity in comparison.moves or told.leaves_on is not None
        if told.key in elsewhere and told.employer in active and not still_there:
            going.setdefault(told.key, []).append(identity)
    for key, identities in going.items():
        question = fingerprint("\n".join(["elsewhere", *sorted(identities)]).encode())
        if confirmed.get(key) == question:
            comparison.let_go.update(identities)
        elif key not in comparison.problems:
            comparison.problems.add(key, LEFT_FOR_INACTIVE, rows=0)
            comparison.questions[key] = question


def look_refused(comparison: Comparison, refused: Mapping[str, StillRefused]) -> None:
    """Take in what the portal refused to forget (by id): it stays, and is not tried again now."""
    for identity, no in refused.items():
        told = comparison.told.get(identity)
        if identity not in comparison.shown and told is not None and told.digest == no.digest:
            comparison.refused_still[identity] = no


def decide(
    comparison: Comparison,
    *,
    active: Set[str],
    frozen: Set[str],
    complete: bool,
    nothing_read: bool,
    missing_before: Set[str],
    approved: Set[str],
    leaving: Set[str],
    today: str,
    limits: GuardSettings,
    unasked: Set[str] = frozenset(),
) -> None:
    """Decide the way of every told line that is not shown any more (DESIGN rule 1).

    Args:
        active, frozen: employer codes. Lines of any other employer leave: a person said that the portal let it go.
        complete: whether the source was read as a whole; if not, nothing is missing.
        nothing_read: the source showed no row at all: whatever goes then waits for a person.
        missing_before: what the complete read before this one did not show either. Only two that agree are believed.
        approved: line ids whose removal a person released.
        leaving: line ids that leave by a rule of their flow.
        today: ISO date.
        unasked: line ids of which this read says nothing.
    """
    problems, moved = comparison.problems, comparison.moved
    asked_about = comparison.moves.keys() - moved  # they stay until a person has answered
    for identity, told in comparison.told.items():
        if comparison.accepted(identity) or identity in moved:
            continue
        if identity in comparison.refused_still and identity not in comparison.shown:
            comparison.carried.add(identity)
        elif identity in comparison.let_go:
            comparison.removed.add(identity)
        elif told.employer not in active:
            (comparison.carried if told.employer in frozen else comparison.removed).add(identity)
        elif complete and identity in leaving and not nothing_read:
            comparison.left.add(identity)
        elif (
            not complete or identity in asked_about | unasked or told.key in problems or (told.alias or "") in problems
        ):
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
    known = {
        identity: told.employer
        for identity, told in comparison.told.items()
        if told.employer in active and identity not in unasked
    }
    if open_ and (nothing_read or too_many_gone(open_, known, limits)):
        comparison.waiting = set(open_)
        comparison.removed |= comparison.missing & approved
    else:
        comparison.removed |= comparison.missing & (approved | missing_before)
    comparison.carried |= comparison.missing - comparison.removed
