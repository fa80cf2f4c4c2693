"""Rounds: one step of a flow over all integrations at once, for a flow that runs every five minutes.

Most rounds find nothing changed: then the read ends with its books and nothing is staged, transformed or loaded. What
goes wrong with one integration is noted for that one, and the others go on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.pipeline.batch import Extracted, Job, Transformed, encode_row
from veerpont.pipeline.extract import extract, read_pages
from veerpont.pipeline.index import NothingToReadError
from veerpont.pipeline.load import load
from veerpont.pipeline.plan import end, plan
from veerpont.pipeline.transform import transform
from veerpont.rules.dates import AMSTERDAM
from veerpont.sources.protocol import Note, Row
from veerpont.store import deliveries, employers, rejects, runs
from veerpont.store.deliveries import State
from veerpont.store.ledger import Ledger, now
from veerpont.store.vault import Vault

KEPT = timedelta(days=7)

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


@dataclass(frozen=True)
class Rounds:
    """What the steps of one round share."""

    flow: Flow
    run_id: str
    today: date
    tick: datetime
    note: Note
    unattended: bool = False

    def extract(self, only: str | None = None) -> Round:
        """Read every integration that has the flow; those of which nothing changed are done with it."""
        done = Round()
        with self._ledger() as ledger:
            names = plan(self.flow, self.note, only)
            found, broken = read_integrations(settings().integrations)
            with ledger.session() as session:
                runs.forget(session, self.flow, KEPT)
            for name, job in self._jobs(names, found, broken, ledger, done):
                batch = self._try(name, partial(self._read, job), done)
                if batch is not None:
                    done.batches[name] = batch
        return done

    def transform(self, batches: dict[str, Extracted]) -> Round:
        """Make records of what was read."""
        return self._each(batches, transform)

    def load(self, batches: dict[str, Transformed]) -> Round:
        """Deliver, and remember the content that this came to."""
        return self._each(batches, self._load)

    # -- one integration -----------------------------------------------------------------------------------------------

    def _read(self, job: Job) -> Extracted | None:
        self._respect(job)
        pages = list(read_pages(job))
        content = self._content(job, pages)
        with job.ledger.session() as session:
            kept = deliveries.noted(session, job.name, job.flow, "", "settled")
            settled = msgspec.json.decode(kept, type=Settled) if kept else None
            if settled is None or settled.content != content or self._is_owed(job, session):
                settled = None
            else:
                runs.begin(session, job.name, job.flow, list(settled.books), job.run_id)
                for portal, counts in settled.books.items():
                    runs.end(session, job.name, job.flow, job.run_id, "success", portal, counts)
        if settled is not None:
            return None
        return msgspec.structs.replace(extract(job, pages), scope=content)

    def _respect(self, job: Job) -> None:
        """Skip the turn while a portal that was asked to take a delivery wants to be left alone."""
        with job.ledger.session() as session:
            kept = deliveries.noted(session, job.name, job.flow, "", "not_before")
        if self.unattended and kept and self.tick < (free_at := datetime.fromisoformat(kept)):
            raise PassingError(
                f"The portal asked to be left alone until {free_at.astimezone(AMSTERDAM):%H:%M}.", free_at
            )

    def _is_owed(self, job: Job, session: Any) -> bool:
        """Tell whether something waits for a run that no change at the source would start."""
        if rejects.asked_again(session, job.name, job.flow):
            return True
        for item in job.integration.portals_for(job.flow):
            waiting = deliveries.find(session, job.name, job.flow, item.portal, State.PREPARED, State.HELD)
            if any(row.state == State.PREPARED or row.decided_by is not None for row in waiting):
                return True
            tried = deliveries.noted(session, job.name, job.flow, item.portal, "retried_at")
            if tried is None or datetime.fromisoformat(tried) < job.last_night:
                return True
        return False

    def _content(self, job: Job, pages: Iterable[list[Row]]) -> str:
        """Return the fingerprint of what the outcome of a run depends on: rows, index, employers, settings."""
        with job.ledger.session() as session:
            index = deliveries.pointer(session, job.name, Flow.EMPLOYEES, "", "index")
            gate = sorted((code, row.state, row.frozen) for code, row in employers.states(session, job.name).items())
        digest = job.vault.digest()
        digest.update(msgspec.json.encode((index.path if index else "", gate, job.integration.model_dump_json())))
        for row in sorted(encode_row(row) for page in pages for row in page):
            digest.update(row)
        return digest.hexdigest()

    def _load(self, job: Job, transformed: Transformed) -> None:
        try:
            books = load(job, transformed)
        except PassingError as passing:
            if passing.retry_at is not None:
                wait = passing.retry_at - now()
                with job.ledger.session() as session:
                    deliveries.note(session, job.name, job.flow, "", "not_before", (self.tick + wait).isoformat())
            raise
        with job.ledger.session() as session:
            waits = [
                item.portal
                for item in job.integration.portals_for(job.flow)
                if item.portal not in books
                or books[item.portal]["held"]
                or (
                    (missing := deliveries.pointer(session, job.name, job.flow, item.portal, "missing")) is not None
                    and missing.items
                )
            ]
            settled = {
                portal: {
                    **counts,
                    "delivered": 0,
                    "unchanged": counts["unchanged"] + counts["delivered"],
                    "gone": 0,
                }
                for portal, counts in runs.counted(session, job.name, job.flow, job.run_id).items()
            }
            kept = msgspec.json.encode(Settled(transformed.scope, settled)).decode() if not waits else ""
            deliveries.note(session, job.name, job.flow, "", "settled", kept)

    # -- over all ------------------------------------------------------------------------------------------------------

    def _each(self, batches: dict[str, T], step: Callable[[Job, T], Any]) -> Round:
        found, broken = read_integrations(settings().integrations)
        done = Round()
        with self._ledger() as ledger:
            for name, job in self._jobs(list(batches), found, broken, ledger, done):
                result = self._try(name, partial(step, job, batches[name]), done)
                if result is not None:
                    done.batches[name] = result
        return done

    def _jobs(
        self,
        names: list[str],
        found: dict[str, Integration],
        broken: dict[str, SettingsError],
        ledger: Ledger,
        done: Round,
    ) -> Iterator[tuple[str, Job]]:
        ours = settings()
        vault = Vault(ours.vault, ours.vault_keys)
        for name in names:
            if name in found:
                integration = found[name]
                yield (
                    name,
                    Job(
                        integration,
                        self.flow,
                        self.run_id,
                        self.today,
                        ledger,
                        vault,
                        partial(self._note, name),
                        self.unattended,
                        self.tick,
                    ),
                )
            else:
                error = broken.get(name) or SettingsError("The integration file is gone.")
                self._fail(name, "failed", error.kind, str(error), done)

    def _try(self, name: str, work: Callable[[], T], done: Round) -> T | None:
        """Do the work of one integration; what goes wrong is noted for it, and the round goes on."""
        try:
            return work()
        except NothingToReadError as waits:
            self._fail(name, "skipped", "", str(waits), done)
        except PassingError as passing:
            message = f"{passing} This turn is skipped; the next one is in five minutes."
            self._fail(name, "skipped", passing.kind, message, done)
        except VeerpontError as wrong:
            self._fail(name, "failed", wrong.kind, str(wrong), done)
        except Exception as defect:  # noqa: BLE001 -- a defect with one customer must not stop the round of the others
            # its message may hold a value of a row: only the type and the place are shown
            place = defect.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
            self._fail(name, "failed", "defect", f"{type(defect).__name__}, a defect of ours, at {where}", done)
        return None

    def _fail(self, name: str, state: str, kind: str, message: str, done: Round) -> None:
        self._note(name, message)
        end(name, self.flow, self.run_id, state, kind, message)
        if state == "failed":
            done.failed[name] = message

    def _note(self, name: str, text: str) -> None:
        self.note(f"{name}: {text}")

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        ledger = Ledger(settings().ledger)
        ledger.require_current()
        # SQLite tidies its log up when the last connection closes: without this one, after every transaction
        with ledger.engine.connect():
            yield ledger
