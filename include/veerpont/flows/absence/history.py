"""The absence history: every line the source ever showed us, by its GUID, merged from each read, replaced by none.

A line that was rejected is kept as it came and looked at again by every run, so that a cause added later takes effect.
The lines stand in the order of their cases, so that nobody has to hold more than one case of them (`merging`).
A line leaves when two complete wide reads did not show it (`vanished`), when no window asks for its case any
more, or with its employer. The history is about the source only: it moves whether or not a portal accepted anything.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.absence import coverage, request
from veerpont.flows.job import Job, Transformed
from veerpont.model.failures import Problem
from veerpont.model.flows import Flow
from veerpont.model.records import Record
from veerpont.store import coverage as coverage_store
from veerpont.store import deliveries, kinds, notes, ordered
from veerpont.store.leases import LeaseGuard
from veerpont.store.scope import Scope
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.source import Row, Source


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line as the source showed it last.

    `case`: the key of its case, None when the row has none. `seen`: when the read began that showed it (ISO, UTC).
    `missed`: when the first complete wide read began that did not show it. `twice`: one read showed it twice,
    differently. `since`: when the read began that showed it first, None where that says nothing about its age.
    `doubted`: column → when a read first said that its value is gone, which is not believed yet. `gone`: when the wide
    read began that agreed that it is gone; `why`: what was made of that (`vanished`). `unmoved`: it changed last while
    no moment of change moved, so what it says now is not taken for what a clerk did. `person`: the key of whose line it
    is (`person_of`); empty where it was not noted yet.
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
    person: str = ""

    @property
    def group(self) -> str:
        """What stands for its case: a line without one is alone."""
        return self.case or self.key

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in the history."""
        return self.case or "", self.key


encode = msgspec.json.encode
decode = msgspec.json.Decoder(Entry).decode
_decode_row = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode


def row_of(entry: Entry) -> Row:
    """Return the row of a line."""
    return _decode_row(entry.row)


def person_of(system: Source, entry: Entry) -> str | None:
    """Return the key of whose line it is, as the flow employees has it."""
    return system.key(Flow.EMPLOYEES, row_of(entry))


def record_of(system: Source, entry: Entry) -> Record | Problem:
    """Return the line, or what is wrong with it."""
    return system.record(Flow.ABSENCE, row_of(entry))


def current(job: Job) -> Sequence | None:
    """Return where the history is; None when there is none yet."""
    with job.ledger.session() as session:
        return deliveries.pointer(session, Scope(job.name, Flow.ABSENCE), kinds.HISTORY)


def read(job: Job, sequence: Sequence | None) -> Iterator[Entry]:
    """Yield the lines of a history, in the order of their places."""
    return map(decode, job.vault.read(sequence)) if sequence else iter(())


def of_case(vault: Vault, sequence: Sequence | None, case: str) -> list[Entry]:
    """Return the lines of one case, without reading the others; what is gone is not among them."""
    found = map(decode, ordered.find(vault, sequence, _case, case) if case else ())
    return [entry for entry in found if not entry.gone]


def _case(item: bytes) -> str:
    return decode(item).case or ""


def keep(
    job: Job,
    sequence: Sequence,
    transformed: Transformed,
    held: LeaseGuard,
    began: Counter[tuple[str, str]],
    doubted: bool,
) -> None:
    """Move the ledger to a history that was written, with what the read says about coverage, in one transaction.

    Args:
        began: (employer, month in which the case began) → lines that this read brought.
        doubted: some lines of the read are not believed, and are read again.
    """
    scope = Scope(job.name, Flow.ABSENCE)
    gap = request.missed_changes(job)
    with job.ledger.session() as session:
        held.require(session)
        deliveries.point(session, scope, kinds.HISTORY, sequence)
        deliveries.unpoint(session, scope, kinds.STANDING)  # it was of the history before: nothing begins with it
        _note(session, job, transformed, began, gap, doubted)
    job.vault.delete_others(kinds.HISTORY.within(scope), {sequence.path})


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
        notes.note(session, scope, "extras", request.extras(job))
