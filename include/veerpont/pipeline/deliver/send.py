"""Send what load decided: fix it in the ledger and the vault, bring it across, and only then say so.

Why: docs/decisions/0012.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import chain, groupby
from typing import NamedTuple
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.sections import PortalSettings
from veerpont.flows import FLOWS, lookup
from veerpont.flows.flow_load import SETTINGS
from veerpont.flows.job import Job
from veerpont.flows.lookup import LookupWriter
from veerpont.model.failures import PassingError, Problem
from veerpont.model.lines import Line
from veerpont.model.messages import Message, Words, coded
from veerpont.model.schema import Schema
from veerpont.pipeline.compare.state import Change, StillRefused
from veerpont.pipeline.deliver.fellows import Fellows
from veerpont.pipeline.deliver.resend import send_again
from veerpont.pipeline.deliver.taken import once
from veerpont.pipeline.reports.take import expect as expect_report
from veerpont.store import deliveries, employers, forgotten, kinds, notes, rejects, runs, trail_log
from veerpont.store.clock import now
from veerpont.store.deliveries import State
from veerpont.store.kinds import Level
from veerpont.store.leases import LeaseGuard
from veerpont.store.sweep import sweep
from veerpont.store.tables import Delivery
from veerpont.store.vault import Sequence, Stored
from veerpont.systems.portal import Refused
from veerpont.systems.registry import portal

_encode = msgspec.json.encode
_decode_line = msgspec.json.Decoder(Line).decode


class Outcome(msgspec.Struct, frozen=True):
    """What becomes true in the ledger when a delivery is accepted: kept with it, so that a later run can finish it.

    `changes`: the lines in it, where the portal answers for each of them. `retried`: the moment of a run that tried
    again what the portal had refused. `trail`: what it does to which record. `part`: further deliveries of the same run
    follow, and the last of them says what becomes true. `again`: it was accepted, and is only sent once more
    (store.again). `settings`: what it was made by, where that is remembered. `read`: which read it is of (store.reads).
    `account`: whose file it is, where several integrations share one; `beside`: the others whose lines stand in it →
    the path of these; `left`: those of which it has none any more.
    """

    counts: dict[str, int]
    pointers: dict[str, Sequence]
    run_id: str
    employers: list[str]
    read_at: str
    message: str | Message | None = None
    changes: Sequence | None = None
    retried: str | None = None
    trail: Sequence | None = None
    part: bool = False
    again: str = ""
    settings: str = ""
    read: int = 0
    account: str = ""
    beside: dict[str, str] = {}
    left: list[str] = []


class File(NamedTuple):
    """What is delivered at once, and how many lines are in it; 0: all of the delivery."""

    part: str
    chunks: Iterator[bytes]
    records: int


class StoredFile(NamedTuple):
    """A file that was written to the vault."""

    part: str
    records: int
    path: str
    stored: Stored


class Sending:
    """Deliveries of one flow to one portal."""

    def __init__(self, job: Job, settings: PortalSettings, guard: LeaseGuard) -> None:
        self.job = job
        self.guard = guard
        self.portal_name = settings.portal
        self.portal = portal(settings.portal)
        self.scope = job.scope.to(settings.portal)
        self.settings = settings
        self.fellows = Fellows(job, settings.portal)
        self.remarks: list[Words] = []

    # -- prepare -----------------------------------------------------------------------------------------------------

    def let_the_portal_settle(self) -> None:
        """Unattended, never send a second file of a flow before the portal had time for the first.

        Facts: docs/reference/xpert-suite.md, 1.3.
        """
        if not self.job.unattended or not self.portal.complete:
            return
        with self.job.ledger.session() as session:
            there = [self.scope, *self.fellows.scopes]
            sent = [row for scope in there for row in deliveries.find(session, scope, State.DELIVERED)]
        free_at = max((row.at for row in sent), default=now()) + self.portal.settles(self.job.integration)
        if sent and free_at > now():
            raise PassingError(
                coded(
                    "portal.still_reads", "The portal still has the last file of {flow} to read.", flow=self.job.flow
                ),
                retry_at=free_at,
            )

    def prepare(
        self,
        lines: Callable[[], Iterator[tuple[Line, Change | None]]],
        gone: Callable[[], Iterator[tuple[Line, Change]]],
        released: list[Delivery],
        outcome: Outcome,
        also: Callable[[Session], None],
        companions: Callable[[Mapping[str, int], Sequence], Mapping[str, Sequence]],
        schema: Schema | None = None,
    ) -> None:
        """Fix a delivery's name and bytes, and all that follows from its acceptance, before anything is sent.

        Args:
            lines: yields every line that the portal has after it, in order, and what it changes at the portal.
            gone: yields the lines that the portal loses.
            released: the held deliveries that it makes: it takes the place of the last of them.
            outcome: what becomes true, without the snapshot, the changes and the employers.
            also: what is noted in the same transaction.
            companions: writes what depends on the snapshot, by kind: of how many lines of which employer it is.
            schema: the tables that the lines are of, where the flow has such.
        """
        job, mark = self.job, uuid4().hex
        codes: Counter[str] = Counter()
        changes: Sequence | None = None
        places = self._lookup(numbered=self.portal.complete)
        with job.vault.writer(kinds.SNAPSHOTS.path(self.scope, mark)) as snapshot:

            def kept() -> Iterator[tuple[Line, Change | None]]:
                for line, change in lines():
                    places.add(line, snapshot.sequence.parts)
                    snapshot.add(_encode(line))
                    codes[line.employer] += 1
                    yield line, change

            if self.portal.complete:
                everything = self.fellows.around(line for line, _ in kept())
                files = self._keep(
                    mark, [File("", self.portal.render(job.integration, job.flow, everything, schema=schema), 0)]
                )
            else:
                with job.vault.writer(kinds.CHANGES.path(self.scope, mark)) as told:

                    def news(found: Iterable[tuple[Line, Change | None]]) -> Iterator[Line]:
                        for line, change in found:
                            if change is not None:
                                told.add(_encode(change))
                                yield line

                    files = self._keep(mark, self._files(kept(), news, gone(), schema))
                changes = told.sequence
        pointers = {**outcome.pointers, kinds.SNAPSHOTS.pointer: snapshot.sequence}
        pointers[kinds.LOOKUP.pointer] = places.done(snapshot.sequence)
        pointers |= companions(codes, snapshot.sequence)
        with job.ledger.session() as session:
            for other in released[:-1]:
                session.get_one(Delivery, other.id).state = State.SUPERSEDED
            row = session.get(Delivery, released[-1].id) if released else None
            for at, file in enumerate(files):
                last = at == len(files) - 1
                whole = msgspec.structs.replace(
                    outcome,
                    pointers=pointers,
                    employers=sorted(codes),
                    changes=changes,
                    part=not last,
                    account=self.fellows.account,
                    beside=self.fellows.beside,
                    left=self.fellows.left,
                )
                row = row or self._row(session)
                row.state, row.run_id, row.at = State.PREPARED, job.run_id, now()
                row.sha256, row.size = file.stored.sha256, file.stored.size
                row.name = self.portal.file_name(job.integration, job.flow, row.id, row.sha256, file.part)
                row.records = file.records or (changes.items if changes else 0) or snapshot.sequence.items
                row.gone = outcome.counts["gone"] if last else 0
                row.object, row.outcome = file.path, _encode(whole).decode()
                row = None
            self.guard.require(session)
            also(session)

    def _keep(self, mark: str, files: Iterable[File]) -> list[StoredFile]:
        """Write the files to the vault, chunk by chunk, as they are made."""
        kept = []
        for at, file in enumerate(files):
            path = kinds.FILES.path(self.scope, f"{mark}-{at}")
            kept.append(StoredFile(file.part, file.records, path, self.job.vault.save(path, file.chunks)))
        return kept

    def _lookup(self, *, numbered: bool) -> LookupWriter:
        return LookupWriter(self.job.vault, self.scope, FLOWS[self.job.flow], numbered=numbered)

    def _row(self, session: Session) -> Delivery:
        row = Delivery(**self.scope.columns, state=State.PREPARED, run_id="")
        row.at = now()
        session.add(row)
        session.flush()
        return row

    def _files(
        self,
        lines: Iterator[tuple[Line, Change | None]],
        news: Callable[[Iterable[tuple[Line, Change | None]]], Iterator[Line]],
        gone: Iterator[tuple[Line, Change]],
        schema: Schema | None,
    ) -> Iterator[File]:
        """Yield one file with what is news; of a portal that takes several files each one that has any, whole."""
        job = self.job
        first = next(lines, None)
        lines = chain([first] if first else [], lines)
        if first is None or not first[0].part:
            yield File("", self.portal.render(job.integration, job.flow, news(lines), news(gone), schema), 0)
            return
        for part, group in groupby(lines, key=lambda found: found[0].part):
            found = list(group)
            if list(news(found)):
                whole = [line for line, _ in found]
                yield File(part, self.portal.render(job.integration, job.flow, whole), len(whole))

    # -- deliver -----------------------------------------------------------------------------------------------------

    def finish_fellows(self) -> None:
        """Bring across what other members of the account prepared: our file is made over what that tells the portal."""
        for name in self.fellows.names:
            of_theirs = self.job.integration.model_copy(update={"name": name})
            Sending(replace(self.job, integration=of_theirs), self.settings, self.guard).finish_prepared()

    def finish_prepared(self) -> bool:
        """Bring across what was prepared, now or by an attempt that died; returns whether there was any."""
        with self.job.ledger.session() as session:
            prepared = deliveries.find(session, self.scope, State.PREPARED)
        for row in prepared:
            outcome = msgspec.json.decode(row.outcome or "", type=Outcome)
            if outcome.again:
                self.remarks.append(send_again(self.job, self.portal, self.guard, row))
                continue
            if outcome.run_id != self.job.run_id and self._let_go(outcome.employers):
                continue
            if not self.fellows.are_as(outcome.beside, outcome.left):
                self._give_up("An unfinished delivery held lines of others that changed since: it is made again.")
                continue
            # whom the portal is to forget is named in it
            names = not self.portal.complete and kinds.FORGOTTEN.pointer in outcome.pointers
            content = self.job.vault.verified(row.object or "", row.sha256)
            self.guard.require()
            refused = []
            if not self.job.preview_of:
                with once(self.job, self.portal, self.guard, row):
                    refused = self.portal.deliver(self.job.integration, self.job.flow, row.name, content)
            problems: dict[str, Problem] = {}
            if refused:
                outcome, problems = self._without_refused(outcome, refused)
            with self.job.ledger.session() as session:
                self.guard.require(session)
                known = session.get_one(Delivery, row.id)
                for other in deliveries.find(session, self.scope, State.DELIVERED):
                    if other.name == row.name:  # of files that keep their name the newest is the one to fetch
                        other.state = State.SUPERSEDED
                if outcome.part:
                    known.state, known.at = State.DELIVERED, now()
                    continue
                known.state, known.at, known.gone = State.DELIVERED, now(), outcome.counts["gone"]
                expect_report(session, self.job.integration, known, outcome.pointers[kinds.SNAPSHOTS.pointer])
                known.object = None if names else known.object
                self.move(session, outcome.pointers, outcome.read)
                self.fellows.accept(session, outcome.account, outcome.beside, outcome.left)
                deliveries.unpoint_at(session, self.scope, kinds.ADOPTED)
                notes.note(session, self.scope, "read", str(outcome.read))
                if outcome.settings:
                    notes.note(session, self.scope, SETTINGS, outcome.settings)
                if outcome.retried:
                    notes.note(session, self.scope, "retried_at", outcome.retried)
                trail_log.link(session, self.scope, outcome.trail, outcome.run_id, row.id)
                rejects.add(session, self.scope, outcome.run_id, problems)
                runs.end(session, self.scope, outcome.run_id, "success", outcome.counts, message=outcome.message)
        return bool(prepared)

    def _without_refused(self, outcome: Outcome, refused: list[Refused]) -> tuple[Outcome, dict[str, Problem]]:
        """Return the outcome as the portal's answers made it, and the problems by record key.

        A refused line leaves the new snapshot: what the portal has of it is what it was told before.
        """
        job, mark = self.job, uuid4().hex
        answers = {answer.id: answer.problem for answer in refused}
        decode = msgspec.json.Decoder(Change).decode
        sent = map(decode, job.vault.read(outcome.changes)) if outcome.changes else iter(())
        no = [change for change in sent if change.id in answers]
        with job.ledger.session() as session:
            before = deliveries.pointer(session, self.scope, kinds.SNAPSHOTS)
        new = map(_decode_line, job.vault.read(outcome.pointers[kinds.SNAPSHOTS.pointer]))
        old = map(_decode_line, job.vault.read(before) if before else ())
        lines = merge(
            (line for line in new if line.id not in answers),
            (line for line in old if line.id in answers),
            key=lambda line: line.order,
        )
        kept = outcome.pointers.get(kinds.REFUSED.pointer)
        entries = [
            *(job.vault.read(kept) if kept else ()),
            *(
                _encode(StillRefused(change.id, change.key, change.digest, answers[change.id]))
                for change in no
                if not change.key.startswith(forgotten.KIND)
            ),
        ]
        snapshot = job.vault.write(kinds.SNAPSHOTS.path(self.scope, mark), map(_encode, lines))
        pointers = {
            **outcome.pointers,
            kinds.SNAPSHOTS.pointer: snapshot,
            kinds.LOOKUP.pointer: lookup.write(job.vault, self.scope, FLOWS[job.flow], snapshot),
            kinds.REFUSED.pointer: job.vault.write(kinds.REFUSED.path(self.scope, mark), entries),
        }
        if any(change.key.startswith(forgotten.KIND) for change in no):  # it is asked again whether they may go
            del pointers[kinds.FORGOTTEN.pointer]
        for each in FLOWS[job.flow].taken_back(job, outcome.pointers, answers.keys()):
            pointers[each.kind.pointer] = job.vault.write(each.kind.path(self.scope, mark), each.items)
        told = (
            trail_log.refuse(job.vault, outcome.trail, ((change.id, change.key) for change in no))
            if outcome.trail
            else ()
        )
        rows = sum({change.group: change.rows for change in no}.values())
        counts = {
            **outcome.counts,
            "delivered": outcome.counts["delivered"] - rows,
            "rejected": outcome.counts["rejected"] + rows,
            "repeated": outcome.counts["repeated"] + sum(not change.group for change in no),
            "gone": outcome.counts["gone"] - sum(change.gone for change in no),
        }
        problems = {change.key: answers[change.id] for change in no}
        trail = trail_log.write(job.vault, self.scope, told)
        return msgspec.structs.replace(outcome, pointers=pointers, counts=counts, trail=trail), problems

    def _let_go(self, codes: list[str]) -> bool:
        """Give up an unfinished delivery of an earlier run when it holds an employer that was purged since."""
        with self.job.ledger.session() as session:
            if employers.covered(session, self.job.name).issuperset(codes):
                return False
        self._give_up("An unfinished delivery held an employer that was purged since: it is made again without it.")
        return True

    def _give_up(self, why: str) -> None:
        with self.job.ledger.session() as session:
            for row in deliveries.find(session, self.scope, State.PREPARED):
                row.state = State.SUPERSEDED
        self.job.note(why)

    def move(self, session: Session, pointers: dict[str, Sequence], read: int) -> None:
        """Make these sequences the current ones.

        What portals share does not go back to an older read, when one of them gets that one later than the others.
        """
        newest = notes.noted(session, self.scope.shared, "shared_read") or 0
        for name, sequence in pointers.items():
            kind = kinds.pointed(name)
            if kind.level is not Level.FLOW:
                deliveries.point(session, self.scope, kind, sequence)
            elif read >= int(newest):
                deliveries.point(session, self.scope.shared, kind, sequence)
                notes.note(session, self.scope.shared, "shared_read", str(read))

    def sweep(self) -> None:
        """Delete what nothing refers to any more; under the lease nobody else is writing here."""
        sweep(self.job.ledger, self.job.vault, self.scope)
