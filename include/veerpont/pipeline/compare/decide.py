"""Compare what the source shows with what the portal was told, and decide the way of every line. Pure.

Only lines that need a look are held (pipeline.compare.stream), and of these ids, fingerprints and employers; the lines
themselves are streamed again when the file is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from operator import itemgetter
from types import MappingProxyType

import msgspec

from veerpont.config.sections import GuardSettings
from veerpont.flows.guards import ColumnCheck, too_many_changed, too_many_gone, too_many_new
from veerpont.flows.job import StagedRecord
from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import UNMATCHED, Line, fingerprint_line
from veerpont.model.messages import coded
from veerpont.pipeline.compare.state import Comparison, StillRefused, Told
from veerpont.pipeline.compare.stream import Pair, Rendered, Sieve

Fingerprint = Callable[[bytes], str]

Shown = tuple[StagedRecord, str, Line | Problem]
"""What the source shows: a staged item, the record key, and the line or why there is none."""

NEW_PORTAL_KEY = Problem(
    Stage.EXPORT,
    "personnel_number",
    "portal_key_changed",
    coded(
        "record.new_portal_key",
        "The portal knows this record by another key, and would end the old one with its absence. Confirm at the desk "
        "(Rejects) or with `veerpont rejects confirm` that it is the same person, or correct it at the source.",
    ),
)
NEW_EMPLOYER = Problem(
    Stage.EXPORT,
    "employer_code",
    "employer_changed",
    coded(
        "record.new_employer",
        "This employment was at another employer before, and its line there would go. Confirm the move at the desk "
        "(Rejects) or with `veerpont rejects confirm`, or correct it at the source.",
    ),
)


TAKEN_KEY = Problem(
    Stage.EXPORT,
    "personnel_number",
    "portal_key_taken",
    coded(
        "record.taken_key",
        "The portal knows somebody else, or the same person under another GUID, by this key: that line with its "
        "absence would become this one's. Confirm it at the desk (Rejects) or with `veerpont rejects confirm`, or give "
        "another number at the source.",
    ),
)
LEFT_FOR_INACTIVE = Problem(
    Stage.IMPORT,
    "employer_code",
    "employer_changed",
    coded(
        "record.left_for_inactive",
        "The source shows this person at an employer that is not active, and the line at the old employer would go. "
        "Confirm that at the desk (Rejects) or with `veerpont rejects confirm`. If the person is to stay at the "
        "portal, activate the other employer instead (Employers): the next run then asks about the move.",
    ),
)


def remember(comparison: Comparison, told: Iterable[Line]) -> None:
    """Take in what the portal was told."""
    for line in told:
        comparison.told[line.id] = Told(
            fingerprint_line(line), line.key, line.employer, line.portal_key, line.leaves_on, line.identity, line.alias
        )


def look(
    comparison: Comparison,
    lines: Iterable[Shown],
    active: Set[str],
    confirmed: Mapping[str, str],
    fingerprint: Fingerprint,
    refused: Mapping[str, StillRefused] = MappingProxyType({}),
    returned: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Take in what the source shows now: item, record key, and the line or why there is none.

    A line of an employer that was deactivated since the rows were read is left out. A line that claims another's portal
    key, or whose portal key or employer changed, becomes a problem; the latter two are questions, and pass once
    `confirmed` holds the fingerprint of that very change under the record key. A line that is as it was when the portal
    refused it (`refused`, by id) stays a problem. Whoever came back under another number takes over what the portal
    knows of them (`returned`: line id → the line that counts for it): the key is the same person's, so nobody is asked.
    So does whoever has the key of a line that was not ours.
    """
    owners: dict[str, str] = {}
    holders = {told.portal_key: identity for identity, told in comparison.told.items()}
    homes: dict[str, list[str]] = {}
    for identity, told_line in comparison.told.items():
        if told_line.identity:
            homes.setdefault(told_line.identity, []).append(identity)
    changes: list[tuple[str, Problem, str]] = []
    for item, key, line in lines:
        if not comparison.take(item, key, line, active) or isinstance(line, Problem):
            continue
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
        holder = holders.get(line.portal_key, "")
        if returned.get(holder) == line.id or holder.startswith(UNMATCHED):
            comparison.moves[holder] = line.id
        elif line.portal_key in holders:
            changes.append((line.id, TAKEN_KEY, holders[line.portal_key]))
        elif told is not None:
            changes.append((line.id, NEW_PORTAL_KEY, line.portal_key))
        elif line.identity in homes:
            changes += [(line.id, NEW_EMPLOYER, home) for home in homes[line.identity]]
    _ask(comparison, changes, confirmed, fingerprint)


def sift(
    comparison: Comparison, sieve: Sieve, told: Iterator[Line], shown: Iterator[Rendered], columns: ColumnCheck
) -> list[Shown]:
    """Remember what needs a look of what was told, and return what needs one of what is shown.

    Args:
        sieve: gives both again.
        told: what was told, for the first time.
        shown: what is shown, for the first time.
        columns: is shown every line of an active employer.
    """
    comparison.quiet = sieve.quiet
    wrong = {found.key for found in comparison.problems}
    held = _held(comparison, sieve.sift(told, shown, wrong, columns))
    held += _held(comparison, sieve.clashing(comparison.told))
    held.sort(key=itemgetter(0))
    return [found for _, found in held]


def sift_rejected(comparison: Comparison, sieve: Sieve, active: Set[str]) -> None:
    """Hold all lines of the records that turned out to have a problem. What these clash with is held already."""
    for _, found in _held(comparison, sieve.rejected({found.key for found in comparison.problems})):
        comparison.take(*found, active)


def postpone(
    comparison: Comparison,
    sieve: Sieve,
    limits: GuardSettings,
    *,
    active: Set[str],
    awaited: Set[str],
    approved: Set[str],
) -> None:
    """Let lines wait for a person: of an employer that has too many new ones, of a column that changed too often.

    Args:
        active: employer codes.
        awaited: those of whom many new lines are as they should be: activated since the last accepted delivery.
        approved: line ids about which a person said so before.
    """
    told = comparison.quiet.told + Counter(each.employer for each in comparison.told.values())
    arrived = set(comparison.moves.values()) | approved
    fresh = {
        identity: shown.employer
        for identity, shown in comparison.shown.items()
        if identity not in comparison.told and identity not in arrived and comparison.accepted(identity)
    }
    codes = too_many_new(comparison.quiet.new + Counter(fresh.values()), told, limits) - awaited
    if codes:
        for _, found in _held(comparison, sieve.new_at(codes)):
            comparison.take(*found, active)
            fresh[found[0].group] = comparison.shown[found[0].group].employer
        comparison.postponed |= {
            identity: "many_new" for identity, code in fresh.items() if code in codes and identity not in approved
        }
    by_column: Counter[str] = Counter()
    for (name, _), count in comparison.changed.items():
        by_column[name] += count
    for name in sorted(too_many_changed(by_column, told.total(), limits)):
        for _, found in _held(comparison, sieve.changed_in({name})):
            comparison.take(*found, active)
        lines = {identity for identity, column, _ in sieve.all_changed() if column == name} - approved
        if too_many_changed({name: len(lines)}, told.total(), limits):
            comparison.postponed |= {
                identity: f"column_changed:{name}" for identity in lines if comparison.accepted(identity)
            }


def _held(comparison: Comparison, pairs: Iterable[Pair]) -> list[tuple[int, Shown]]:
    """Remember the told lines of pairs, and return what is shown, with its place."""
    found: list[tuple[int, Shown]] = []
    for place, told, shown in pairs:
        if told is not None:
            remember(comparison, [told])
        if shown is not None:
            found += ((place, each) for each in _to_look_at(shown))
    return found


def _to_look_at(shown: Rendered) -> Iterator[Shown]:
    found = shown.line or shown.problem
    if found is not None:
        yield StagedRecord(shown.group, shown.rows, msgspec.Raw()), shown.key, found


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
        coded(
            "record.two_lines",
            "{one} and {other} have the same key at the portal, and each would overwrite the other. Give them "
            "different keys at the source.",
            one=keys[0],
            other=keys[1],
        ),
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
    unasked_quiet: Mapping[str, int] = MappingProxyType({}),
    asked: Mapping[str, str] = MappingProxyType({}),
    waits: Set[str] = frozenset(),
) -> None:
    """Decide the way of every told line that is not shown any more (docs/decisions/0001).

    Args:
        active, frozen: employer codes. Lines of any other employer leave: a person said that the portal let it go.
        complete: whether the source was read as a whole; if not, nothing is missing.
        nothing_read: the source showed no row at all: whatever goes then waits for a person.
        missing_before: what an earlier complete read did not show either, long enough ago to believe both.
        approved: line ids whose removal a person released.
        leaving: line ids that leave by a rule of their flow.
        today: ISO date.
        unasked: line ids of which this read says nothing. unasked_quiet: employer → quiet lines of which it does not.
        asked: line id → why it is believed to be gone, of those about which a person is asked in any case.
        waits: line ids that are missed, and about which the next read decides.
    """
    problems, moved = comparison.problems, comparison.moved
    # they stay until a person has answered, or a read says something
    stays = (comparison.moves.keys() - moved) | comparison.postponed.keys() | unasked
    unmatched = _unmatched(comparison)
    comparison.missing |= unmatched  # whatever else they are: repeated they would be ours
    for identity, told in comparison.told.items():
        if comparison.accepted(identity) or identity in moved or identity in unmatched:
            continue
        if identity in comparison.refused_still and identity not in comparison.shown:
            comparison.carried.add(identity)
        elif identity in comparison.let_go:
            comparison.removed.add(identity)
        elif told.employer not in active:
            (comparison.carried if told.employer in frozen else comparison.removed).add(identity)
        elif complete and identity in leaving - comparison.postponed.keys() and not nothing_read:
            comparison.left.add(identity)
        elif not complete or identity in stays or told.key in problems or (told.alias or "") in problems:
            comparison.carried.add(identity)
        elif told.leaves_on is not None:
            # an ended employment is sent for as long as the portal's window may ask for it, then leaves by that rule
            leaves = told.leaves_on <= today and not nothing_read
            (comparison.left if leaves else comparison.carried).add(identity)
        else:
            comparison.missing.add(identity)
    if any(found.key.startswith("row:") for found in problems):
        missing_before = frozenset()  # a row that nobody can name may be any of the missing ones
    open_ = {
        identity: comparison.told[identity].employer for identity in comparison.missing - approved - waits - unmatched
    }
    comparison.because = {identity: why for identity, why in asked.items() if identity in open_}
    known = {
        identity: told.employer
        for identity, told in comparison.told.items()
        if told.employer in active and identity not in unasked
    }
    besides = {
        code: count - unasked_quiet.get(code, 0) for code, count in comparison.quiet.told.items() if code in active
    }
    if open_ and (nothing_read or too_many_gone(open_, known, limits, besides)):
        comparison.waiting = set(open_)
    else:
        comparison.waiting = set(comparison.because)
    comparison.waiting |= unmatched - approved
    comparison.removed |= comparison.missing & (approved | (missing_before - comparison.waiting))
    comparison.carried |= comparison.missing - comparison.removed - unmatched


def _unmatched(comparison: Comparison) -> set[str]:
    """Return the told lines that are not ours: nor of a record that is rejected, or that has their key now."""
    problems, told = comparison.problems, comparison.told
    return {
        identity
        for identity in comparison.unmatched - comparison.moves.keys()
        if told[identity].key not in problems and (told[identity].alias or "") not in problems
    }
