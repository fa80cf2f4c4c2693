"""The absence history: every line the source ever showed us, by its GUID, merged from each read, replaced by none.

A line that was rejected is kept as it came and looked at again by every run, so that a cause added later takes effect.
One without a key of its own or of its case is never merged, and one that lost a value is doubted (`doubt`).
A line leaves when two complete wide reads did not show it (`vanished`), when no window asks for its case any
more, or with its employer. The history is about the source only: it moves whether or not a portal accepted anything.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from sys import intern
from types import MappingProxyType
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.absence import coverage, doubt, request, vanished
from veerpont.flows.job import Job, StagedRecord, Transformed
from veerpont.flows.missed import apart
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.records import Record
from veerpont.store import coverage as coverage_store
from veerpont.store import deliveries, employers, kinds, notes
from veerpont.store.employers import Gate
from veerpont.store.leases import LeaseGuard
from veerpont.store.scope import Scope
from veerpont.systems.registry import source
from veerpont.systems.source import Source


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line as the source showed it last.

    `case`: the key of its case, None when the row has none. `seen`: when the read began that showed it (ISO, UTC).
    `missed`: when the first complete wide read began that did not show it. `twice`: one read showed it twice,
    differently. `since`: when the read began that showed it first, None where that says nothing about its age.
    `doubted`: column → when a read first said that its value is gone, which is not believed yet. `gone`: when the wide
    read began that agreed that it is gone; `why`: what was made of that (`vanished`). `unmoved`: it changed last while
    no moment of change moved, so what it says now is not taken for what a clerk did.
    """

    key: str
    case: str | None
    employer: str
    row: msgspec.Raw
    seen: str
    missed: str | None = None
    twice: bool = False
    since: str | None = None
    doubted: dict[str, str] | None = None
    gone: str | None = None
    why: str = ""
    unmoved: bool = False


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Entry).decode
_decode_item = msgspec.json.Decoder(StagedRecord).decode
_decode_row = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode


@dataclass
class History:
    """What is known of the source's absence, and which of it this run's read showed.

    `gone`: line → what is known of it, of the cases that are gone and that a portal still has, or that left lately.
    `rows`: case (or line without one) → rows of this read. `nameless`: lines that were not merged, since they have no
    key. `doubts`: reasons not to believe the read: it was not merged then. `remarks`: what a person should know.
    """

    entries: dict[str, Entry]
    gone: dict[str, Entry] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    nameless: list[Entry] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    doubted: bool = False
    remarks: list[str] = field(default_factory=list)

    def of(self, entries: Iterable[Entry]) -> "History":
        """Take in the lines: those that are there, and of the cases without any those that are gone."""
        gone = []
        for entry in entries:
            if entry.gone:
                gone.append(entry)
            else:
                self.entries[entry.key] = entry
        there = {entry.case for entry in self.entries.values()}
        self.gone = {entry.key: entry for entry in gone if entry.case not in there}
        return self


def merge(
    known: Iterable[Entry],
    shown: dict[str, Entry],
    *,
    wide: Collection[str],
    read_at: str,
    doubted: Mapping[str, dict[str, str]] = MappingProxyType({}),
    unmoved: Collection[str] = (),
) -> dict[str, Entry]:
    """Return the history after a read; but for doubts the order in which reads are merged does not matter. Pure.

    Args:
        known: the history before.
        shown: what the read brought, by key.
        wide: the employers of whom it was a complete read of every case: what it did not show of them may be gone.
        read_at: when it began.
        doubted: the lines that stay as they were, with the values that are not believed to be gone.
        unmoved: the lines that changed while no moment of change moved.
    """
    merged = {}
    for entry in known:
        new = shown.get(entry.key)
        if new is not None:
            newest = new if new.seen >= entry.seen else entry
            # a wide read that came after both of them did not show it
            later = entry.missed is not None and entry.missed > newest.seen
            kept = entry.row if entry.key in doubted else newest.row
            merged[entry.key] = msgspec.structs.replace(
                entry if entry.key in doubted else newest,
                row=kept,
                seen=newest.seen,
                missed=entry.missed if later else None,
                since=entry.since,
                doubted=doubted.get(entry.key),
                gone=entry.gone if later else None,
                why=entry.why if later else "",
                unmoved=entry.key in unmoved or (entry.unmoved and bytes(kept) == bytes(entry.row)),
            )
        elif entry.employer not in wide or entry.seen >= read_at or entry.gone:
            merged[entry.key] = entry
        else:
            missed = entry.missed or read_at
            gone = read_at if apart(missed, read_at) else None
            merged[entry.key] = msgspec.structs.replace(entry, missed=missed, gone=gone)
    merged.update({key: entry for key, entry in shown.items() if key not in merged})
    return merged


def person_of(system: Source, entry: Entry) -> str | None:
    """Return the key of whose line it is, as the flow employees has it."""
    return system.key(Flow.EMPLOYEES, _decode_row(entry.row))


def record_of(system: Source, entry: Entry) -> Record | Problem:
    """Return the line, or what is wrong with it."""
    return system.record(Flow.ABSENCE, _decode_row(entry.row))


def read(job: Job) -> Iterator[Entry]:
    """Yield the current history."""
    with job.ledger.session() as session:
        current = deliveries.pointer(session, Scope(job.name, Flow.ABSENCE), kinds.HISTORY)
    return map(_decode, job.vault.read(current)) if current else iter(())


def take_in(job: Job, transformed: Transformed, released: Collection[str]) -> History:
    """Return the history with what was read merged into it; `keep` makes it the current one.

    Merging the same read again changes nothing, so that a task may die anywhere and run again.

    Args:
        released: doubts about a read that a person let pass.
    """
    with job.ledger.session() as session:
        states = employers.states(session, job.name)
    kept = {
        code for code, row in states.items() if row.state == Gate.ACTIVE or (row.state == Gate.PENDING and row.frozen)
    }

    def known() -> Iterator[Entry]:  # read again for each use: all of it is never held beside what was read
        return (_lean(entry) for entry in read(job) if entry.employer in kept)

    wide = transformed.scope == request.WIDE
    shown: dict[str, Entry] = {}
    nameless: list[Entry] = []
    rows: Counter[str] = Counter()
    aged = _aged(job, transformed, known)
    for item in map(_decode_item, job.vault.read(transformed.items)):
        entry = _lean(_decode(item.record))
        if entry.case is None or entry.key.startswith("row:"):
            nameless.append(entry)
            rows[entry.key] += item.rows
            continue
        shown[entry.key] = msgspec.structs.replace(entry, since=entry.seen if entry.employer in aged else None)
        rows[entry.case] += item.rows
    if wide and not transformed.read and any(known()) and "zero_rows" not in released:
        return History({}, doubts=["zero_rows"]).of(known())
    system = source(job.integration.source.system)
    found = doubt.examine(
        known(),
        shown,
        nameless,
        marks=system.absence_marks,
        record=partial(system.record, job.flow),
        wide=wide,
        read_at=transformed.read_at,
        released=released,
    )
    if found.reasons:
        return History({}, rows=rows, doubts=found.reasons).of(known())
    shown = {key: entry for key, entry in shown.items() if entry.employer in kept}
    there = {entry.key for entry in nameless}
    for entry in known() if there else ():  # it lost the key of its case: it stays what it was, and is there
        if entry.key in there:
            shown.setdefault(entry.key, msgspec.structs.replace(entry, seen=transformed.read_at))
    merged = merge(
        known(),
        shown,
        wide=transformed.active if wide else (),
        read_at=transformed.read_at,
        doubted=found.lines,
        unmoved=found.unmoved,
    )
    remarks = found.remarks
    if nameless:
        remarks.append(
            f"{len(nameless)} lines of absence have no key of their own or of their case: they are rejects, and change "
            "nothing."
        )
    missed = sum(entry.missed == transformed.read_at for entry in merged.values())
    if missed:
        remarks.append(f"This wide read does not show {missed} of {len(merged)} lines that were there before.")
    return History({}, rows=rows, nameless=nameless, doubted=bool(found.lines), remarks=remarks).of(merged.values())


def _aged(job: Job, transformed: Transformed, known: Callable[[], Iterator[Entry]]) -> set[str]:
    """Return the employers of whom a line that is shown for the first time is new at the source too.

    Their history was whole before: else a line may be years old, and was never asked for.
    """
    if not request.is_live(transformed.scope):
        return set()
    return {entry.employer for entry in known()} - coverage.uncovered(job).keys()


def _lean(entry: Entry) -> Entry:
    """Return an entry that does not hold on to the line it was decoded from: a hundred thousand are held at once."""
    return msgspec.structs.replace(
        entry, employer=intern(entry.employer), row=entry.row.copy(), seen=intern(entry.seen)
    )


def keep(
    job: Job, history: History, transformed: Transformed, held: LeaseGuard, began: Counter[tuple[str, str]]
) -> None:
    """Write the history and move the ledger to it, with what the read says about coverage, in one transaction.

    Args:
        began: (employer, month in which the case began) → lines that this read brought.
    """
    scope = Scope(job.name, Flow.ABSENCE)
    path = kinds.HISTORY.path(scope, uuid4().hex)
    entries = sorted(
        (*history.entries.values(), *history.gone.values()), key=lambda entry: (entry.case or "", entry.key)
    )
    sequence = job.vault.write(path, map(_encode, entries))
    gap = request.missed_changes(job)
    with job.ledger.session() as session:
        held.require(session)
        deliveries.point(session, scope, kinds.HISTORY, sequence)
        _note(session, job, transformed, began, gap, history.doubted)
    job.vault.delete_others(kinds.HISTORY.within(scope), {path})


def _note(
    session: Session, job: Job, transformed: Transformed, began: Counter[tuple[str, str]], gap: bool, doubted: bool
) -> None:
    scope = Scope(job.name, Flow.ABSENCE)
    coverage_store.record(
        session,
        job.name,
        coverage.answered(job, transformed.scope, transformed.active, began),
        asked_at=datetime.fromisoformat(transformed.read_at),
        moment=job.moment,
        counts=request.is_complete_answer(job, transformed.scope),
    )
    if not request.is_live(transformed.scope):
        return
    notes.note(session, scope, "read", str(transformed.number))
    if gap or notes.noted(session, scope, "live_since") is None:
        settings = job.integration.absence
        window = timedelta(days=settings.connector_window or settings.lookback_days)
        notes.note(session, scope, "live_since", (job.moment - window).isoformat())
    notes.note(session, scope, "moment", job.moment.isoformat())
    since = notes.noted(session, scope, "doubted_at")
    notes.note(session, scope, "doubted_at", (since or job.moment.isoformat()) if doubted else "")
    if transformed.scope == request.WIDE:
        notes.note(session, scope, "wide_at", job.moment.isoformat())


def prune(
    history: History, keep_cases: Collection[str], dated: Collection[str], since: date, told: Collection[str]
) -> None:
    """Drop the lines that no window asks for: of cases that are not in `keep_cases`; and what is gone everywhere.

    Args:
        told: the cases that a portal has. What left lately is kept too, since it is
            counted for a week; not of people who were left out.
        dated: the cases (or lines without one) whose days are known; of the others the line goes when it was last seen
            before `since`, the first day of the window.
    """
    for key, entry in list(history.entries.items()):
        case = entry.case or key
        if case in keep_cases or (case not in dated and date.fromisoformat(entry.seen[:10]) >= since):
            continue
        del history.entries[key]
    newest = max((entry.gone or "" for entry in history.gone.values()), default="")
    for key, entry in list(history.gone.items()):
        lately = datetime.fromisoformat(newest) - datetime.fromisoformat(entry.gone or newest) < vanished.WEEK
        if entry.case not in told and (entry.why == vanished.LEFT_OUT or not lately):
            del history.gone[key]
