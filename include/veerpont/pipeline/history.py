"""The absence history: every line the source ever showed us, by its GUID, merged from each read, replaced by none.

A line that was rejected is kept as it came and looked at again by every run, so that a cause added later takes effect.
A line leaves when two complete wide reads did not show it, when no window asks for its case any more, or with its
employer. The history is about the source only: it moves whether or not a portal accepted anything.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from sys import intern
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.model.flows import Flow
from veerpont.pipeline import coverage, reading
from veerpont.pipeline.batch import Item, Job, Transformed
from veerpont.pipeline.guards import REPLACED
from veerpont.store import coverage as coverage_store
from veerpont.store import deliveries, employers
from veerpont.store.employers import Gate
from veerpont.store.leases import Held

FOLDER = "history"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line as the source showed it last.

    `case`: the key of its case, None when the row has none. `seen`: when the read began that showed it (ISO, UTC).
    `missed`: when the first complete wide read began that did not show it. `twice`: one read showed it twice,
    differently.
    """

    key: str
    case: str | None
    employer: str
    row: msgspec.Raw
    seen: str
    missed: str | None = None
    twice: bool = False


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Entry).decode
_decode_item = msgspec.json.Decoder(Item).decode


@dataclass
class History:
    """What is known of the source's absence, and which of it this run's read showed.

    `rows`: case (or line without one) → rows of this read. `doubts`: reasons not to believe the read: it was not
    merged then.
    """

    entries: dict[str, Entry]
    rows: Counter[str] = field(default_factory=Counter)
    doubts: list[str] = field(default_factory=list)


def merge(known: Iterable[Entry], shown: dict[str, Entry], *, wide: Collection[str], read_at: str) -> dict[str, Entry]:
    """Return the history after a read; the order in which reads are merged does not matter. Pure.

    Args:
        known: the history before.
        shown: what the read brought, by key.
        wide: the employers of whom it was a complete read of every case: what it did not show of them may be gone.
        read_at: when it began.
    """
    merged = {}
    for entry in known:
        new = shown.get(entry.key)
        if new is not None:
            newest = new if new.seen >= entry.seen else entry
            # a wide read that came after both of them did not show it
            later = entry.missed is not None and entry.missed > newest.seen
            merged[entry.key] = msgspec.structs.replace(newest, missed=entry.missed if later else None)
        elif entry.employer not in wide or entry.seen >= read_at:
            merged[entry.key] = entry
        elif entry.missed is None or entry.missed == read_at:
            merged[entry.key] = msgspec.structs.replace(entry, missed=read_at)
        # else: two complete reads did not show it
    merged.update({key: entry for key, entry in shown.items() if key not in merged})
    return merged


def read(job: Job) -> Iterator[Entry]:
    """Yield the current history."""
    with job.ledger.session() as session:
        current = deliveries.pointer(session, job.name, Flow.ABSENCE, "", FOLDER)
    return map(_decode, job.vault.read(current)) if current else iter(())


def take_in(job: Job, transformed: Transformed, released: Collection[str]) -> History:
    """Return the history with what was read merged into it; `keep` makes it the current one.

    Merging the same read again changes nothing, so that a task may die anywhere and run again.

    Args:
        released: doubts about a read that a person let pass.
    """
    shown: dict[str, Entry] = {}
    rows: Counter[str] = Counter()
    for item in map(_decode_item, job.vault.read(transformed.items)):
        entry = _lean(_decode(item.record))
        shown[entry.key] = entry
        rows[entry.case or entry.key] += item.rows
    with job.ledger.session() as session:
        states = employers.states(session, job.name)
    kept = {
        code for code, row in states.items() if row.state == Gate.ACTIVE or (row.state == Gate.PENDING and row.frozen)
    }

    def known() -> Iterator[Entry]:  # read again for each use: all of it is never held beside what was read
        return (_lean(entry) for entry in read(job) if entry.employer in kept)

    wide = transformed.scope == reading.WIDE
    doubts = [reason for reason in _doubts(known, shown, transformed, wide) if reason not in released]
    if doubts:
        return History({entry.key: entry for entry in known()}, rows, doubts)
    shown = {key: entry for key, entry in shown.items() if entry.employer in kept}
    return History(merge(known(), shown, wide=transformed.active if wide else (), read_at=transformed.read_at), rows)


def _lean(entry: Entry) -> Entry:
    """Return an entry that does not hold on to the line it was decoded from: a hundred thousand are held at once."""
    return Entry(
        entry.key, entry.case, intern(entry.employer), entry.row.copy(), intern(entry.seen), entry.missed, entry.twice
    )


def keep(job: Job, history: History, transformed: Transformed, held: Held, began: Counter[tuple[str, str]]) -> None:
    """Write the history and move the ledger to it, with what the read says about coverage, in one transaction.

    Args:
        began: (employer, month in which the case began) → lines that this read brought.
    """
    path = f"{job.name}/{Flow.ABSENCE}/{FOLDER}/{uuid4().hex}"
    entries = sorted(history.entries.values(), key=lambda entry: (entry.case or "", entry.key))
    sequence = job.vault.write(path, map(_encode, entries))
    gap = reading.missed_changes(job)
    with job.ledger.session() as session:
        held.require(session)
        deliveries.point(session, job.name, Flow.ABSENCE, "", FOLDER, sequence)
        _note(session, job, transformed, began, gap)
    job.vault.delete_others(f"{job.name}/{Flow.ABSENCE}/{FOLDER}", {path})


def _note(session: Session, job: Job, transformed: Transformed, began: Counter[tuple[str, str]], gap: bool) -> None:
    where = (job.name, Flow.ABSENCE, "")
    coverage_store.record(
        session,
        job.name,
        coverage.answered(job, transformed.scope, transformed.active, began),
        asked_at=datetime.fromisoformat(transformed.read_at),
        moment=job.moment,
        counts=reading.counts(job, transformed.scope),
    )
    if not reading.is_live(transformed.scope):
        return
    deliveries.note(session, *where, "read", str(transformed.number))
    if gap or deliveries.noted(session, *where, "live_since") is None:
        settings = job.integration.absence
        window = timedelta(days=settings.connector_window or settings.lookback_days)
        deliveries.note(session, *where, "live_since", (job.moment - window).isoformat())
    deliveries.note(session, *where, "moment", job.moment.isoformat())
    if transformed.scope == reading.WIDE:
        deliveries.note(session, *where, "wide_at", job.moment.isoformat())


def _doubts(
    known: Callable[[], Iterator[Entry]], shown: dict[str, Entry], transformed: Transformed, wide: bool
) -> list[str]:
    """Return why a read is not to be believed: nothing where there was something, or a column that broke."""
    if wide and not transformed.read and any(known()):
        return ["zero_rows"]
    fields: Counter[str] = Counter()
    replaced: Counter[str] = Counter()
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for entry in shown.values():
        for name, value in decode(entry.row).items():
            fields[name] += value is not None and value != ""
            replaced[name] += value == REPLACED
    doubts = [f"column_replaced:{name}" for name, count in replaced.items() if count and count == fields[name]]
    blank = [name for name, count in fields.items() if not count]
    if wide and blank:
        before: Counter[str] = Counter()
        for entry in known():
            row = decode(entry.row)
            before.update(name for name in blank if row.get(name) is not None and row[name] != "")
        doubts += [f"column_blank:{name}" for name in blank if before[name] >= LEAST]
    return sorted(doubts)


LEAST = 3
"""A column that is blank throughout says something when at least so many lines had a value before."""


def prune(history: History, keep_cases: Collection[str], dated: Collection[str], since: date) -> None:
    """Drop the lines that no window asks for: of cases that are not in `keep_cases`.

    Args:
        dated: the cases (or lines without one) whose days are known; of the others the line goes when it was last seen
            before `since`, the first day of the window.
    """
    for key, entry in list(history.entries.items()):
        case = entry.case or key
        if case in keep_cases or (case not in dated and date.fromisoformat(entry.seen[:10]) >= since):
            continue
        del history.entries[key]
