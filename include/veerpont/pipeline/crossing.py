"""One step of a flow's run: for one customer, or for several of whom each is on its own (docs/decisions/0025).

What goes wrong with one of several is noted for that one, and the others go on. What each of them has in hand is in the
ledger (store.in_hand), so that a try after this one does what is left.

Reading is mostly waiting for sources, so several are read at the same time, but never two whose calls have to follow
each other.
"""

import gc
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import Any

import msgspec

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.flows.job import (
    COLLECT_AFTER,
    Extracted,
    Job,
    Transformed,
    open_job,
    refuse_moved_clock,
    refuse_new_long_name,
)
from veerpont.model.failures import NothingToDoError, PassingError, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, as_message, coded
from veerpont.pipeline import order
from veerpont.pipeline.extract import extract
from veerpont.pipeline.load import load
from veerpont.pipeline.outcomes import CustomerOutcome, StepReport
from veerpont.pipeline.plan import end
from veerpont.pipeline.transform import transform
from veerpont.pipeline.verdict import Patience, Turn, Verdict, judge, path_of
from veerpont.rules.calendar import end_of_night
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import in_hand, mappings, runs
from veerpont.store.clock import now, today
from veerpont.store.in_hand import Attempt, Done
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.registry import source
from veerpont.systems.source import Note

AT_ONCE = 8
"""Customers that are read at the same time, by one task."""
TRIES = 3
"""So often a customer of a batch is tried again that failed without a word about when it may succeed."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=30)


class CrossingStep(StrEnum):
    EXTRACT = "extract"
    TRANSFORM = "transform"
    LOAD = "load"


_BEFORE = {CrossingStep.EXTRACT: Done.NOTHING, CrossingStep.TRANSFORM: Done.EXTRACT, CrossingStep.LOAD: Done.TRANSFORM}
_TAKES = {CrossingStep.EXTRACT: type(None), CrossingStep.TRANSFORM: Extracted, CrossingStep.LOAD: Transformed}


@dataclass(frozen=True)
class FlowSteps:
    """How a flow crosses: where it has steps of its own, and what something that passes by itself costs it.

    `extract` returns None when nothing changed, and the run has ended with that.
    """

    flow: Flow
    patience: Patience = Patience.NIGHT
    extract: Callable[[Job], Extracted | None] = field(default=extract)
    load: Callable[[Job, Transformed], object] = field(default=load)

    def do(self, step: CrossingStep, job: Job, handed: Any) -> Any:
        """Do a step of one customer, with what the one before handed on; return what it hands on itself."""
        if step is CrossingStep.EXTRACT:
            return self.extract(job)
        return transform(job, handed) if step is CrossingStep.TRANSFORM else self.load(job, handed)


@dataclass(frozen=True)
class Crossing:
    """What the steps of one run share.

    Attributes:
        note: takes sentences for the task's log, never a personal value.
        period: year and number of the only period that is wanted (flows.job.Job).
    """

    steps: FlowSteps
    turn: Turn
    note: Note
    period: tuple[int, int] | None = None

    @property
    def attempt(self) -> Attempt:
        return Attempt(self.steps.flow, self.turn.run_id, self.turn.attempt)

    def open(self, name: str) -> Job:
        """Open the job of one customer. Raises as `open_job` does."""
        turn = self.turn
        job = open_job(self.steps.flow, name, turn.run_id, self.note, turn.unattended, turn.tick, self.period)
        refuse_moved_clock(job.integration)
        return job

    def alone(self, step: CrossingStep, job: Job, handed: Any = None) -> Any:
        """Do a step of one customer; what goes wrong is raised."""
        return self.steps.do(step, job, msgspec.convert(handed, _TAKES[step]))

    def hold(self, names: Collection[str]) -> datetime | None:
        """Return when to come back, where the batch has to wait for the previous flow of the night; None: go on.

        Whom the others need not wait for is late from then on.
        """
        with self._ledger() as ledger:
            with ledger.session() as session:
                in_hand.begin(session, self.attempt, names)
            found = self._turnout(ledger, self._left(ledger, CrossingStep.EXTRACT, names))
            if found.wait_together(now() - self.turn.tick):
                return found.again(self.turn.tick, now())
            self._wait(ledger, found)
        return None

    def step(self, step: CrossingStep, names: Collection[str] | None = None) -> StepReport:
        """Do a step of every customer for whom it is left to do; None: of all that the run has in hand."""
        report = StepReport()
        with self._ledger() as ledger:
            self._each(ledger, step, self._left(ledger, step, names), report)
        return report

    def waiting_for(self, step: CrossingStep, names: Collection[str] | None = None) -> list[str]:
        """Return for whom a step is left to do; None: of all that the run has in hand."""
        with self._ledger() as ledger:
            return list(self._left(ledger, step, names))

    def has_work(self, names: Collection[str]) -> bool:
        """Tell whether a step after the first one is left to do for one of these."""
        with self._ledger() as ledger, ledger.session() as session:
            rows = in_hand.found(session, self.attempt, names).values()
        return any(row.step in {Done.EXTRACT, Done.TRANSFORM} and row.retry_at is None for row in rows)

    def late(self, names: Collection[str]) -> tuple[StepReport, datetime | None]:
        """Do all that is left of those whose time has come; also returns when to come back, None when all is done."""
        report = StepReport()
        with self._ledger() as ledger:
            with ledger.session() as session:
                rows = in_hand.found(session, self.attempt, names)
                due = [name for name, row in rows.items() if row.retry_at is None or row.retry_at <= now()]
                in_hand.wake(session, self.attempt, due)
            found = self._turnout(ledger, self._left(ledger, CrossingStep.EXTRACT, due))
            found.late |= dict.fromkeys([*found.busy, *found.unknown], order.again(self.turn.tick, now()))
            self._wait(ledger, found)
            for step in CrossingStep:
                self._each(ledger, step, self._left(ledger, step, due), report)
            with ledger.session() as session:
                rows = in_hand.found(session, self.attempt, names)
        waiting = [row.retry_at for row in rows.values() if row.retry_at is not None]
        return report, min(waiting, default=None)

    def adopt(self, step: str, handed: Mapping[str, Any]) -> None:
        """Take over what was handed on by a step in another way: customer → what it handed on, as plain data."""
        takes = {CrossingStep.EXTRACT: Extracted, CrossingStep.TRANSFORM: Transformed}[CrossingStep(step)]
        with self._ledger() as ledger, ledger.session() as session:
            for name, item in handed.items():
                content = msgspec.json.encode(msgspec.convert(item, takes)).decode()
                in_hand.done(session, self.attempt, name, Done(step), content)

    def stopped(self, message: Words, names: Collection[str] | None = None) -> None:
        """Note, for whoever was not done, that the step was stopped from outside; None: of all of the run."""
        with self._ledger() as ledger, ledger.session() as session:
            everybody = names if names is not None else runs.running(session, self.steps.flow, self.turn.run_id)
            runs.stop(session, self.steps.flow, self.turn.run_id, message, everybody)

    # -- what is left ----------------------------------------------------------------------------------------------

    @property
    def _is_kept(self) -> bool:
        """Whether a try may come after this one; a flow whose next turn comes in minutes has none."""
        return self.steps.patience is not Patience.MINUTES

    def _left(self, ledger: Ledger, step: CrossingStep, names: Collection[str] | None) -> dict[str, Any]:
        """Return customer → what it is handed, of those for whom a step is left to do."""
        if step is CrossingStep.EXTRACT and not self._is_kept:
            return dict.fromkeys(names or ())
        with ledger.session() as session:
            rows = in_hand.found(session, self.attempt, names)
        takes = _TAKES[step]
        return {
            name: msgspec.json.decode(row.handed, type=takes) if row.handed else None
            for name, row in rows.items()
            if row.step == _BEFORE[step] and row.retry_at is None
        }

    def _turnout(self, ledger: Ledger, names: Collection[str]) -> order.Turnout:
        """Return how those stand who are about to be read; a run of now waits for nobody."""
        if not self.turn.unattended or self.turn.attempt:
            return order.Turnout(list(names))
        found, _ = read_integrations(settings().integrations, names)
        customers = {name: item for name, item in found.items() if name in names}
        return order.turnout(ledger, self.steps.flow, customers, self.turn.tick, now())

    def _wait(self, ledger: Ledger, found: order.Turnout) -> None:
        """Let those wait whose previous flow of the night has not ended."""
        late = found.late | dict.fromkeys(found.unknown, order.again(self.turn.tick, now()))
        for name, until in late.items():
            self.note(f"{name}: the previous flow of this night has not ended yet.")
            with ledger.session() as session:
                in_hand.wait(session, self.attempt, name, until, "the previous flow")

    # -- the work --------------------------------------------------------------------------------------------------

    def _each(self, ledger: Ledger, step: CrossingStep, work: Mapping[str, Any], report: StepReport) -> None:
        queues: defaultdict[str, list[tuple[Job, Any]]] = defaultdict(list)
        for name, job in self._jobs(ledger, work):
            if isinstance(job, SettingsError):
                self._tell(self._went_wrong(ledger, name, step, job), report)
            else:
                queues[source(job.integration.source.system).queue(job.integration)].append((job, work[name]))
        one = partial(self._one, step)
        done: Iterator[list[CustomerOutcome]]
        if step is CrossingStep.EXTRACT:
            done = _at_once(one, queues.values())
        else:
            done = ([one(job, handed)] for queue in queues.values() for job, handed in queue)
        for outcome in chain.from_iterable(done):
            self._tell(outcome, report)

    def _jobs(self, ledger: Ledger, names: Collection[str]) -> Iterator[tuple[str, Job | SettingsError]]:
        ours = settings()
        gc.set_threshold(COLLECT_AFTER)
        found, broken = read_integrations(ours.integrations, names)
        vault = Vault(ours.vault, ours.vault_keys)
        vault.digest()  # made here, where nothing runs beside it yet: two that make it would make two secrets
        with ledger.session() as session:
            opened = mappings.opened(session, found)
        for name in names:
            made = opened.get(name, broken.get(name))
            error = made if made is None or isinstance(made, SettingsError) else _refused(ledger, made)
            if isinstance(made, Integration) and error is None:
                yield (
                    name,
                    Job(
                        made,
                        self.steps.flow,
                        self.turn.run_id,
                        today(),
                        ledger,
                        vault,
                        partial(self._note, name),
                        self.turn.unattended,
                        self.turn.tick,
                        period=self.period,
                    ),
                )
            else:
                yield name, error or SettingsError(coded("run.no_file", "The integration file is gone."))

    def _one(self, step: CrossingStep, job: Job, handed: Any) -> CustomerOutcome:
        """Do the step of one customer; what goes wrong is that one's, and the others go on."""
        said: list[str] = []  # told when it is done, so that what several have to say is not mixed up
        try:
            # the day is that of the customer's turn: those before it may have taken until after midnight
            result = self.steps.do(step, replace(job, note=said.append, today=today()), handed)
        except Exception as error:  # noqa: BLE001 -- a defect with one customer must not stop the others
            away = f"{step} {job.integration.source.system}"
            return self._went_wrong(job.ledger, job.name, step, error, away, said)
        goes_on = step is not CrossingStep.LOAD and result is not None
        with job.ledger.session() as session:
            if goes_on:
                content = msgspec.json.encode(result).decode()
                in_hand.done(session, self.attempt, job.name, Done(step.value), content)
            else:
                self._has_ended(session, job.name)
        return CustomerOutcome(job.name, "on" if goes_on else "well", said=tuple(said))

    def _went_wrong(
        self, ledger: Ledger, name: str, step: CrossingStep, error: Exception, away: str = "", said: Iterable[str] = ()
    ) -> CustomerOutcome:
        verdict = judge(error, self.turn, self.steps.patience, step is CrossingStep.EXTRACT)
        if not isinstance(error, VeerpontError | NothingToDoError):
            said = [*said, path_of(error)]
        told_no_moment = isinstance(error, PassingError) and error.retry_at is None
        told_no_moment = told_no_moment and verdict.state == "failed" and self.turn.waits
        with ledger.session() as session:
            if told_no_moment and (tries := in_hand.tries(session, self.attempt, name)) < TRIES:
                again = now() + min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE)
                if again < end_of_night(self.turn.tick):
                    verdict = Verdict("waits", verdict.kind, as_message(str(error)), again)
            if verdict.until is not None:
                in_hand.wait(session, self.attempt, name, verdict.until, away, told_no_moment)
                at = f"{verdict.until.astimezone(AMSTERDAM):%H:%M}"
                return CustomerOutcome(
                    name, "late", f"{verdict.message} Tried again at {at}.", tuple(said), verdict.until
                )
        # in this order: whoever dies in between does it again, and what nobody would hear of is not called ended
        end(name, self.steps.flow, self.turn.run_id, verdict.state, verdict.kind, verdict.message, ledger)
        with ledger.session() as session:
            self._has_ended(session, name)
        return CustomerOutcome(name, verdict.state, str(verdict.message), tuple(said))

    def _has_ended(self, session: Any, name: str) -> None:
        if self._is_kept:
            in_hand.done(session, self.attempt, name, Done.ENDED)
        else:
            in_hand.drop(session, self.attempt, name)

    def _tell(self, outcome: CustomerOutcome, report: StepReport) -> None:
        for text in (*outcome.said, outcome.message):
            if text:
                self._note(outcome.name, text)
        report.outcomes.append(outcome)

    def _note(self, name: str, text: str) -> None:
        self.note(f"{name}: {text}")

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        ledger = Ledger(settings().ledger)
        ledger.require_current()
        # SQLite tidies its log up when the last connection closes: without this one, after every transaction
        with ledger.engine.connect():
            yield ledger


def _refused(ledger: Ledger, integration: Integration) -> SettingsError | None:
    """Return why a flow of this integration may not run now, before anything is asked of its source."""
    try:
        refuse_moved_clock(integration)
        refuse_new_long_name(ledger, integration.name)
    except SettingsError as error:
        return error
    return None


def _at_once(
    one: Callable[[Job, Any], CustomerOutcome], queues: Iterable[list[tuple[Job, Any]]]
) -> Iterator[list[CustomerOutcome]]:
    """Yield what came of each queue, in their order; the jobs of one follow each other, those of several do not.

    Whoever does not want the rest of it, because the task is stopped, waits only for the jobs that have begun.
    """
    stopped = threading.Event()

    def work(queue: list[tuple[Job, Any]]) -> list[CustomerOutcome]:
        return [one(job, handed) for job, handed in queue if not stopped.is_set()]

    pool = ThreadPoolExecutor(AT_ONCE, "source")
    try:
        yield from pool.map(work, queues)
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
