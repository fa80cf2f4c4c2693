"""Load: render, compare, ask the guards, deliver, prove, and only then let the ledger say so (DESIGN rule 4).

Whatever line it dies at, running it again ends in the same place: a delivery is fixed in the ledger and the vault
before its upload, an unfinished one is finished first, and one transaction marks it delivered and moves the snapshot.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from heapq import merge
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.integration import PortalSettings
from veerpont.model.failures import PassingError, Problem, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.lines import Fate, Line
from veerpont.model.records import Employment, Record
from veerpont.pipeline.batch import RECORD_TYPES, Item, Job, Transformed, read_problems
from veerpont.pipeline.compare import Comparison, decide, look, look_elsewhere, remember
from veerpont.pipeline.extract import IndexEntry
from veerpont.pipeline.holds import Holds
from veerpont.portals import portal
from veerpont.store import deliveries, employers, rejects, runs
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.leases import Held, lease
from veerpont.store.ledger import now
from veerpont.store.tables import Delivery
from veerpont.store.vault import Sequence

_encode = msgspec.json.encode
_decode_line = msgspec.json.Decoder(Line).decode


class Outcome(msgspec.Struct, frozen=True):
    """What becomes true in the ledger when a delivery is accepted: kept with it, so that a later run can finish it."""

    counts: dict[str, int]
    pointers: dict[str, Sequence]
    run_id: str
    employers: list[str]
    read_at: str
    message: str | None = None


def load(job: Job, transformed: Transformed) -> dict[str, dict[str, int]]:
    """Deliver the flow to each of its portals; returns the books by portal.

    Raises SettingsError or PassingError when a portal could not be reached or refused; what was done stays done.
    """
    books: dict[str, dict[str, int]] = {}
    with lease(job.ledger, f"load:{job.name}:{job.flow}") as held:
        for settings in job.integration.portals_for(job.flow):
            with job.ledger.session() as session:
                done = runs.is_done(session, job.name, job.flow, settings.portal, job.run_id)
            if not done:
                books[settings.portal] = _Load(job, settings, transformed, held).run()
        job.vault.delete(job.folder)
    return books


class _Load:
    """One delivery to one portal. The methods follow each other as they stand here."""

    def __init__(self, job: Job, settings: PortalSettings, transformed: Transformed, held: Held) -> None:
        self.job = job
        self.held = held
        self.portal_name = settings.portal
        self.portal = portal(settings.portal)
        self.transformed = transformed
        self.holds = Holds(job, settings.portal)
        self.where = (job.name, job.flow, settings.portal)
        self.folder = f"{job.name}/{job.flow}/{settings.portal}"

    def run(self) -> dict[str, int]:
        self._refuse_shared_folder()
        if self._finish_prepared():
            with self.job.ledger.session() as session:
                own = runs.is_done(session, *self.where, self.job.run_id)  # from an earlier attempt of this run
            if own:
                return {}
        self._refuse_older_read()
        comparison = self._compare()
        holds = self.holds.find(comparison, self.released, self.transformed.read, first=self.told is None)
        with self.job.ledger.session() as session:
            self.holds.settle(session, holds, self.transformed.items.items)
        whole = any(hold.whole for hold in holds)
        # of a read that is held for what it shows, nothing is believed: neither who is missing nor where people are
        self.trusted = all(hold.reasons == ["first_delivery"] for hold in holds if hold.whole)
        counts = self._balance(comparison, whole)
        self.message = " ".join(hold.sentence for hold in holds) or None
        if whole or not comparison.says_something:
            self._end_without_delivery(comparison, counts, whole)
        else:
            self._let_the_portal_settle()
            self._prepare(comparison, counts)
            self._finish_prepared()
        self._sweep()
        return counts

    # -- before anything else ------------------------------------------------------------------------------------

    def _refuse_shared_folder(self) -> None:
        with self.job.ledger.session() as session:
            others = deliveries.shares_destination(session, *self.where)
        if others:
            raise SettingsError(
                f"{self.job.name} and {', '.join(others)} deliver {self.job.flow} to the same host, login and folder: "
                "each file would delete the other's records. Give each its own folder or account."
            )

    def _refuse_older_read(self) -> None:
        """A read never follows a newer one: it would take back what that one brought, and vouch for what it missed."""
        with self.job.ledger.session() as session:
            newest = deliveries.read_at(session, *self.where)
        if newest is not None and self.transformed.read_at < newest:
            raise SettingsError(
                f"A newer read of {self.job.flow} has been loaded since this one was made: nothing is left to do for "
                "it. Start a new run instead."
            )

    def _finish_prepared(self) -> bool:
        """Bring across what was prepared, now or by an attempt that died; returns whether there was any."""
        with self.job.ledger.session() as session:
            prepared = deliveries.find(session, *self.where, State.PREPARED)
        for row in prepared:
            outcome = msgspec.json.decode(row.outcome or "", type=Outcome)
            if outcome.run_id != self.job.run_id and self._let_go(outcome.employers):
                continue
            content = self.job.vault.get(row.object or "")
            self.held.require()
            self.portal.deliver(self.job.integration, self.job.flow, row.name, content)
            with self.job.ledger.session() as session:
                self.held.require(session)
                known = session.get_one(Delivery, row.id)
                known.state, known.at = State.DELIVERED, now()
                self._move(session, outcome.pointers)
                deliveries.note_read(session, *self.where, outcome.read_at)
                runs.end(
                    session,
                    *self.where[:2],
                    outcome.run_id,
                    "success",
                    self.portal_name,
                    outcome.counts,
                    message=outcome.message,
                )
        return bool(prepared)

    def _let_the_portal_settle(self) -> None:
        """Unattended, never send a second file of a flow before the portal had time for the first (sheet 1.3)."""
        if not self.job.unattended:
            return
        with self.job.ledger.session() as session:
            sent = deliveries.find(session, *self.where, State.DELIVERED)
        free_at = max((row.at for row in sent), default=now()) + timedelta(
            minutes=self.job.integration.xpert_suite.settle_minutes
        )
        if sent and free_at > now():
            raise PassingError(f"The portal still has the last file of {self.job.flow} to read.", retry_at=free_at)

    def _let_go(self, codes: list[str]) -> bool:
        """Give up an unfinished delivery of an earlier run when it holds an employer that was purged since."""
        with self.job.ledger.session() as session:
            known = employers.states(session, self.job.name)
            if all(code in known and (known[code].state == Gate.ACTIVE or known[code].frozen) for code in codes):
                return False
            for row in deliveries.find(session, *self.where, State.PREPARED):
                row.state = State.SUPERSEDED
        self.job.note("An unfinished delivery held an employer that was purged since: it is made anew without it.")
        return True

    # -- both sides ----------------------------------------------------------------------------------------------

    def _records(self) -> Iterator[tuple[Item, Record]]:
        decode_item = msgspec.json.Decoder(Item).decode
        decode = msgspec.json.Decoder(RECORD_TYPES[self.job.flow]).decode
        for content in self.job.vault.read(self.transformed.items):
            item = decode_item(content)
            yield item, decode(item.record)

    def _lines(self) -> Iterator[tuple[Item, Record, Line | Problem]]:
        for item, record in self._records():
            yield item, record, self.portal.line(self.job.integration, self.job.flow, record)

    def _snapshot(self, session: Session) -> Sequence | None:
        return deliveries.pointer(session, *self.where, "snapshot")

    def _compare(self) -> Comparison:
        job = self.job
        with job.ledger.session() as session:
            self.told = self._snapshot(session)
            missing = deliveries.pointer(session, *self.where, "missing")
            confirmed = rejects.confirmed(session, job.name, job.flow)
            known = employers.states(session, job.name)
            self.released = [
                row for row in deliveries.find(session, *self.where, State.HELD) if row.decided_by is not None
            ]
        active = {code for code, row in known.items() if row.state == Gate.ACTIVE}
        comparison = Comparison(read_problems(job.vault, self.transformed.problems))
        if job.flow is Flow.ORGANIGRAM and comparison.problems.rows:
            missing = None  # a bad unit may be the link to any of the missing ones above it
        if self.told is not None:
            remember(comparison, map(_decode_line, job.vault.read(self.told)), active)
        look(
            comparison,
            ((item, record.key, line) for item, record, line in self._lines()),
            active,
            confirmed,
            job.vault.fingerprint,
        )
        elsewhere = frozenset(key.decode() for key in job.vault.read(self.transformed.elsewhere))
        look_elsewhere(comparison, elsewhere, active, confirmed, job.vault.fingerprint)
        decide(
            comparison,
            active=active,
            frozen={code for code, row in known.items() if row.frozen},
            complete=self.transformed.complete,
            nothing_read=self.transformed.complete and self.transformed.read == 0,
            missing_before=frozenset(item.decode() for item in job.vault.read(missing)) if missing else frozenset(),
            approved=self.holds.released_keys(self.released),
            today=job.today.isoformat(),
            limits=job.integration.guards,
        )
        return comparison

    # -- the books, and the end of a run that sends nothing --------------------------------------------------------

    def _balance(self, comparison: Comparison, whole_held: bool) -> dict[str, int]:
        fates = comparison.books(whole_held)
        counts = {str(fate): count for fate, count in fates.items()}
        counts["read"] = self.transformed.read
        counts["filtered"] += self.transformed.filtered
        counts["rejected"] += comparison.problems.rows
        counts["repeated"] = len(comparison.carried)
        counts["gone"] = 0 if whole_held else len(comparison.removed)
        balance = sum(counts[fate] for fate in Fate)
        if balance != counts["read"]:
            raise VeerpontError(
                f"The books of {self.job.name}, {self.job.flow}, {self.portal_name} do not balance: "
                f"read {counts['read']}, accounted for {balance}. Nothing was sent."
            )
        return counts

    def _end_without_delivery(self, comparison: Comparison, counts: dict[str, int], held: bool) -> None:
        pointers = self._side_pointers(comparison) if self.trusted else {}
        with self.job.ledger.session() as session:
            self.held.require(session)
            self._settle_rejects(session, comparison)
            self._move(session, pointers)
            deliveries.note_read(session, *self.where, self.transformed.read_at)
            if not held:
                for row in self.released:  # what was released is back at the source, or was never needed
                    session.get_one(Delivery, row.id).state = State.SUPERSEDED
            runs.end(
                session,
                *self.where[:2],
                self.job.run_id,
                "held" if held else "success",
                self.portal_name,
                counts,
                message=self.message,
            )

    def _settle_rejects(self, session: Session, comparison: Comparison) -> None:
        if not self.transformed.complete:
            return
        problems = {found.key: found.problem for found in comparison.problems}
        rejects.settle(session, self.job.name, self.job.flow, self.job.run_id, problems, comparison.questions)

    # -- the delivery --------------------------------------------------------------------------------------------

    def _prepare(self, comparison: Comparison, counts: dict[str, int]) -> None:
        """Fix the file's name and bytes, and all that follows from its acceptance, before anything is sent."""
        job = self.job
        mark = uuid4().hex
        with job.vault.writer(f"{self.folder}/snapshots/{mark}") as snapshot:
            codes: set[str] = set()
            content = self.portal.render(job.integration, job.flow, self._file(comparison, snapshot.add, codes))
        path = f"{self.folder}/deliveries/{mark}"
        job.vault.put(path, content)
        pointers = {"snapshot": snapshot.sequence, **self._side_pointers(comparison)}
        with job.ledger.session() as session:
            row = session.get(Delivery, self.released[-1].id) if self.released else None
            if row is None:
                row = Delivery(
                    integration=job.name, flow=job.flow, portal=self.portal_name, state=State.PREPARED, run_id=""
                )
                row.at = now()
                session.add(row)
                session.flush()
            for other in self.released[:-1]:
                session.get_one(Delivery, other.id).state = State.SUPERSEDED
            row.state, row.run_id, row.at = State.PREPARED, job.run_id, now()
            row.sha256, row.size = hashlib.sha256(content).hexdigest(), len(content)
            row.name = self.portal.file_name(job.integration, job.flow, row.id, row.sha256)
            row.records, row.gone, row.object = snapshot.sequence.items, counts["gone"], path
            outcome = Outcome(counts, pointers, job.run_id, sorted(codes), self.transformed.read_at, self.message)
            self.held.require(session)
            row.outcome = _encode(outcome).decode()
            self._settle_rejects(session, comparison)

    def _file(self, comparison: Comparison, keep: Any, codes: set[str]) -> Iterator[Line]:
        """Yield the lines of the new file in order, handing each to `keep` and its employer to `codes`."""
        shown = (line for _, _, line in self._lines() if isinstance(line, Line) and comparison.accepted(line.id))
        told = map(_decode_line, self.job.vault.read(self.told)) if self.told and comparison.carried else iter(())
        carried = (line for line in told if line.id in comparison.carried)
        for line in merge(shown, carried, key=lambda line: line.order):
            keep(_encode(line))
            codes.add(line.employer)
            yield line

    def _side_pointers(self, comparison: Comparison) -> dict[str, Sequence]:
        """Write what is kept beside the snapshot: what this read missed, and the employees' index."""
        job, mark = self.job, uuid4().hex
        pointers: dict[str, Sequence] = {}
        if self.transformed.complete:
            still = sorted(comparison.missing - comparison.removed)
            pointers["missing"] = job.vault.write(
                f"{self.folder}/missing/{mark}", (identity.encode() for identity in still)
            )
        if job.flow is Flow.EMPLOYEES and (self.transformed.complete or self.told is not None):  # a purge needs no read
            pointers["index"] = job.vault.write(f"{job.name}/{job.flow}/index/{mark}", self._index(comparison))
        return pointers

    def _index(self, comparison: Comparison) -> Iterator[bytes]:
        """Yield the index entries: of what crossed, and of carried lines what was known of them before."""
        for _, record in self._records():
            if isinstance(record, Employment) and comparison.accepted(record.id):
                yield _encode(
                    IndexEntry(
                        record.id, record.guid, record.employer_code, record.personnel_number, record.department_code
                    )
                )
        with self.job.ledger.session() as session:
            old = deliveries.pointer(session, self.job.name, Flow.EMPLOYEES, "", "index")
        decode = msgspec.json.Decoder(IndexEntry).decode
        for content in self.job.vault.read(old) if old else ():
            if decode(content).id in comparison.carried:
                yield content

    def _move(self, session: Session, pointers: dict[str, Sequence]) -> None:
        for kind, sequence in pointers.items():
            deliveries.point(session, *self.where[:2], "" if kind == "index" else self.portal_name, kind, sequence)

    def _sweep(self) -> None:
        """Delete what no pointer points to any more; under the lease nobody else is writing here."""
        job = self.job
        with job.ledger.session() as session:
            current = {
                sequence.path
                for kind in ("snapshot", "missing")
                if (sequence := deliveries.pointer(session, *self.where, kind)) is not None
            }
            index = deliveries.pointer(session, job.name, job.flow, "", "index")
            current |= {index.path} if index else set()
            # a discarded one may still be released
            held = {row.object for row in deliveries.find(session, *self.where, State.HELD, State.DISCARDED)}
            files = {row.object for row in deliveries.find(session, *self.where, *State)}
            for row in deliveries.find(session, *self.where, State.PREPARED):
                pointers = msgspec.json.decode(row.outcome or "", type=Outcome).pointers
                current |= {sequence.path for sequence in pointers.values()}
        for folder in (f"{self.folder}/snapshots", f"{self.folder}/missing", f"{job.name}/{job.flow}/index"):
            job.vault.delete_others(folder, current)
        job.vault.delete_others(f"{self.folder}/held", held)
        job.vault.delete_others(f"{self.folder}/deliveries", files)  # of attempts that died before they were prepared
