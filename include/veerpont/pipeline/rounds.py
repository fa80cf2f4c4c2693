"""Rounds: one step of a flow over all integrations at once, for a flow that runs every five minutes.

Most rounds find nothing changed: then the read ends with its books and nothing is staged, transformed or loaded. What
goes wrong with one integration is noted for that one, and the others go on.

Reading is mostly waiting for sources, so several are read at the same time, but never two whose calls have to follow
each other.
"""

import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.flows.index import index_path
from veerpont.flows.job import Extracted, Job, Transformed, encode_row, refuse_moved_clock
from veerpont.model.failures import NothingToDoError, PassingError, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.pipeline.extract import extract, read_pages
from veerpont.pipeline.load import load
from veerpont.pipeline.plan import end, names_with, note_destinations, tidy
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import deliveries, employers, notes, reads, rejects, runs
from veerpont.store.clock import now, today
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.registry import source
from veerpont.systems.source import Note, Row

KEPT = timedelta(days=7)
AT_ONCE = 8
"""Integrations that are read at the same time, by one task."""
TIDIED = 12
"""Rounds in which every integration has its turn to be tidied up: an hour."""

T = TypeVar("T")


class Settled(msgspec.Struct, frozen=True):
    """What the last round came to: the content it was for, and the books of each portal."""

    content: str
    books: dict[str, dict[str, int]]


@dataclass
class Round:
    """One step of a round. `batches`: integration → what it hands to the next step. `failed`: who needs a person."""

    batches: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class RoundOutcome:
    """What came of a step for one integration: what it hands on, or why it does not; `said`: what it has to tell."""

    name: str
    result: Any = None
    state: str = "success"
    kind: str = ""
    message: str = ""
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rounds:
    """What the steps of one round share."""

    flow: Flow
    run_id: str
    tick: datetime
    note: Note
    unattended: bool = False

    def extract(self, only: str | None = None, part: int = 0, parts: int = 1) -> Round:
        """Read every integration that has the flow, of one of so many parts; when nothing changed they are done.

        Raises SettingsError when `only` does not have the flow.
        """
        done = Round()
        with self._ledger() as ledger:
            found, broken = read_integrations(settings().integrations)
            names = [
                name
                for name in names_with(self.flow, found, broken, only)
                if zlib.crc32(_queue(found.get(name), name).encode()) % parts == part
            ]
            with ledger.session() as session:
                runs.forget(session, self.flow, KEPT)
            queues: defaultdict[str, list[Job]] = defaultdict(list)
            for job in self._jobs(names, found, broken, ledger, done):
                if zlib.crc32(job.name.encode()) % TIDIED == self.tick.timestamp() // 300 % TIDIED:
                    tidy(ledger, job.vault, self.flow, job.integration)
                queues[_queue(job.integration, job.name)].append(job)
            for outcomes in _at_once(self._read_one, queues.values()):
                for outcome in outcomes:
                    self._end(outcome, done)
        return done

    def transform(self, batches: dict[str, Extracted]) -> Round:
        """Make records of what was read."""
        return self._each(batches, transform)

    def load(self, batches: dict[str, Transformed]) -> Round:
        """Deliver, and remember the content that this came to."""
        found, broken = read_integrations(settings().integrations)
        with self._ledger() as ledger:
            note_destinations(ledger, self.flow, found, broken, self.note, batches)
        return self._each(batches, self._load)

    def stopped(self, message: str) -> None:
        """Note, for whoever was not done, that the step was stopped from outside."""
        with self._ledger() as ledger, ledger.session() as session:
            runs.stop(session, self.flow, self.run_id, message)

    # -- one integration -----------------------------------------------------------------------------------------------

    def _read_one(self, job: Job) -> RoundOutcome:
        said: list[str] = []  # told when it is done, so that what several have to say is not mixed up
        outcome = self._try(job.name, partial(self._read, replace(job, note=said.append)))
        return replace(outcome, said=said)

    def _read(self, job: Job) -> Extracted | None:
        about, number = self._about(job)
        pages = read_pages(job)
        content = self._content(job, about, pages)
        with job.ledger.session() as session:
            kept = notes.noted(session, job.scope, "settled")
            settled = msgspec.json.decode(kept, type=Settled) if kept else None
            if settled is None or settled.content != content or self._is_owed(job, session):
                settled = None
            else:
                runs.begin(session, job.name, job.flow, list(settled.books), job.run_id)
                for portal, counts in settled.books.items():
                    runs.end(session, job.scope.to(portal), job.run_id, "success", counts)
        if settled is not None:
            return None
        return msgspec.structs.replace(extract(job, pages, number), scope=content)

    def _about(self, job: Job) -> tuple[bytes, int]:
        """Return what an outcome depends on beside the rows (index, employers, settings), and the read's number.

        Skips the turn while a portal that was asked to take a delivery wants to be left alone.
        """
        with job.ledger.session() as session:
            number = reads.begin(session, job.name, job.flow)
            kept = notes.noted(session, job.scope, "not_before")
            index = index_path(session, job.name)
            gate = sorted((code, row.state, row.frozen) for code, row in employers.states(session, job.name).items())
        if self.unattended and kept and self.tick < (free_at := datetime.fromisoformat(kept)):
            raise PassingError(
                f"The portal asked to be left alone until {free_at.astimezone(AMSTERDAM):%H:%M}.", free_at
            )
        return msgspec.json.encode((index, gate, job.integration.model_dump_json())), number

    def _is_owed(self, job: Job, session: Any) -> bool:
        """Tell whether something waits for a run that no change at the source would start."""
        if rejects.asked_again(session, job.name, job.flow):
            return True
        for item in job.integration.portals_for(job.flow):
            waiting = deliveries.find(session, job.scope.to(item.portal), State.PREPARED, State.HELD)
            if any(row.state == State.PREPARED or row.decided_by is not None for row in waiting):
                return True
            tried = notes.noted(session, job.scope.to(item.portal), "retried_at")
            if tried is None or datetime.fromisoformat(tried) < job.last_night:
                return True
        return False

    def _content(self, job: Job, about: bytes, pages: Iterable[list[Row]]) -> str:
        """Return the fingerprint of all that the outcome of a run depends on."""
        digest = job.vault.digest()
        digest.update(about)
        for row in sorted(encode_row(row) for page in pages for row in page):
            digest.update(row)
        return digest.hexdigest()

    def _load(self, job: Job, transformed: Transformed) -> None:
        try:
            load(job, transformed)
        except PassingError as passing:
            if passing.retry_at is not None:
                wait = passing.retry_at - now()
                with job.ledger.session() as session:
                    notes.note(session, job.scope, "not_before", (self.tick + wait).isoformat())
            raise
        with job.ledger.session() as session:
            # from the ledger: an attempt that died may have delivered already what this one finds done
            books = runs.counted(session, job.name, job.flow, job.run_id)
            waits = [
                item.portal
                for item in job.integration.portals_for(job.flow)
                if item.portal not in books or books[item.portal]["held"]
            ]  # what is missing waits for the 21:00 run: only then can it be long enough ago to be believed
            settled = {
                portal: {
                    **counts,
                    "delivered": 0,
                    "unchanged": counts["unchanged"] + counts["delivered"],
                    "gone": 0,
                }
                for portal, counts in books.items()
            }
            kept = msgspec.json.encode(Settled(transformed.scope, settled)).decode() if not waits else ""
            notes.note(session, job.scope, "settled", kept)

    # -- over all ------------------------------------------------------------------------------------------------------

    def _each(self, batches: dict[str, T], step: Callable[[Job, T], Any]) -> Round:
        found, broken = read_integrations(settings().integrations)
        done = Round()
        with self._ledger() as ledger:
            for job in self._jobs(list(batches), found, broken, ledger, done):
                self._end(self._try(job.name, partial(step, job, batches[job.name])), done)
        return done

    def _jobs(
        self,
        names: list[str],
        found: dict[str, Integration],
        broken: dict[str, SettingsError],
        ledger: Ledger,
        done: Round,
    ) -> Iterator[Job]:
        ours = settings()
        vault = Vault(ours.vault, ours.vault_keys)
        vault.digest()  # made here, where nothing runs beside it yet: two that make it would make two secrets
        for name in names:
            error = refused(found[name]) if name in found else broken.get(name)
            if name in found and error is None:
                yield Job(
                    found[name],
                    self.flow,
                    self.run_id,
                    today(),
                    ledger,
                    vault,
                    partial(self._note, name),
                    self.unattended,
                    self.tick,
                )
            else:
                error = error or SettingsError("The integration file is gone.")
                self._end(RoundOutcome(name, None, "failed", error.kind, str(error)), done)

    def _try(self, name: str, work: Callable[[], Any]) -> RoundOutcome:
        """Do the work of one integration; what goes wrong is that one's, and the round goes on."""
        try:
            return RoundOutcome(name, work())
        except NothingToDoError as waits:
            return RoundOutcome(name, None, "skipped", "", str(waits))
        except PassingError as passing:
            message = f"{passing} This turn is skipped; the next one is in five minutes."
            return RoundOutcome(name, None, "skipped", passing.kind, message)
        except VeerpontError as wrong:
            return RoundOutcome(name, None, "failed", wrong.kind, str(wrong))
        except Exception as defect:  # noqa: BLE001 -- a defect with one customer must not stop the round of the others
            # its message may hold a value of a row: only the type and the place are shown
            place = defect.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
            return RoundOutcome(
                name, None, "failed", "defect", f"{type(defect).__name__}, a defect of ours, at {where}"
            )

    def _end(self, outcome: RoundOutcome, done: Round) -> None:
        """Tell what came of one integration; what went wrong also to the ledger."""
        name = outcome.name
        for text in outcome.said:
            self._note(name, text)
        if outcome.result is not None:
            done.batches[name] = outcome.result
        if outcome.state != "success":
            self._note(name, outcome.message)
            end(name, self.flow, self.run_id, outcome.state, outcome.kind, outcome.message)
        if outcome.state == "failed":
            done.failed[name] = outcome.message

    def _note(self, name: str, text: str) -> None:
        self.note(f"{name}: {text}")

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        ledger = Ledger(settings().ledger)
        ledger.require_current()
        # SQLite tidies its log up when the last connection closes: without this one, after every transaction
        with ledger.engine.connect():
            yield ledger


def refused(integration: Integration) -> SettingsError | None:
    """Return why a flow of this integration may not run now, before anything is asked of its source."""
    try:
        refuse_moved_clock(integration)
    except SettingsError as error:
        return error
    return None


def _queue(integration: Integration | None, name: str) -> str:
    """Return what the calls of an integration have to wait for, beside each other; its name where nobody knows."""
    return source(integration.source.system).queue(integration) if integration else name


def _at_once(read: Callable[[Job], RoundOutcome], queues: Iterable[list[Job]]) -> Iterator[list[RoundOutcome]]:
    """Yield what came of each queue, in their order; the jobs of one follow each other, those of several do not.

    Whoever does not want the rest of it, because the task is stopped, waits only for the jobs that have begun.
    """
    stopped = threading.Event()

    def work(queue: list[Job]) -> list[RoundOutcome]:
        return [read(job) for job in queue if not stopped.is_set()]

    pool = ThreadPoolExecutor(AT_ONCE, "source")
    try:
        yield from pool.map(work, queues)
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
