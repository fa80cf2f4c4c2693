"""What every flow's DAG is made of: plan, then extract → transform → load for each integration.

Here failures become what Airflow understands (docs/decisions/0013). *settings*: failed at once, with what to do.
*passing*: an unattended run waits without a worker slot or is retried; a run that a person started tells them instead
of waiting. Anything else is a defect: its log shows where, never with which values.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, AssetAlias, Param, get_current_context, task, task_group
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

ZONE = "Europe/Amsterdam"
LATEST_TICK = timedelta(hours=2, minutes=45)  # a 21:00 tick that comes after 23:45 is left to the next night
NIGHT_ENDS = time(6, 30)  # until then a 21:00 run waits for AFAS's maintenance (docs/reference/afas.md, 6.3)


def _telling(event: str) -> Callable[[Any], None]:
    """Return a callback that lets the alerts tell people; they are loaded when it is called, not when this file is."""

    def callback(context: Any) -> None:
        from veerpont.airflow import callbacks

        getattr(callbacks, event)(context)

    return callback


STEP = timedelta(hours=float(os.environ.get("VEERPONT_STEP_HOURS", "3")))
"""No step may take longer: one that hangs would keep the next run of its flow waiting for ever."""


def give_time(context: Any) -> None:
    """Let a step of one integration take twice as long as its longest run did, where that is more than `STEP`."""
    from sqlalchemy.exc import SQLAlchemyError

    from veerpont.config.settings import settings
    from veerpont.model.failures import VeerpontError
    from veerpont.store import runs
    from veerpont.store.ledger import Ledger

    step = context["task"]
    integration = step.op_args[0] if step.op_args else step.op_kwargs.get("integration")
    if integration is None:
        return
    try:
        with Ledger(settings().ledger).session() as session:
            step.execution_timeout = max(STEP, 2 * runs.longest(session, integration, step.dag_id))
    except (SQLAlchemyError, VeerpontError):
        return  # the step itself says what is wrong with the ledger


CALLBACKS: dict[str, Any] = {
    "on_failure_callback": _telling("failed"),
    "on_skipped_callback": _telling("skipped"),
    "on_success_callback": _telling("succeeded"),
}
DEFAULTS: dict[str, Any] = {
    "owner": "veerpont",
    "retries": 3,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "map_index_template": "{{ integration }}",
    # what is ahead goes first: by Airflow's default every extract, and each time one waits, would go before any load
    "weight_rule": "upstream",
    "execution_timeout": STEP,
    "pre_execute": give_time,
    **CALLBACKS,
}
RUN_TYPES: Any = ("scheduled", "manual", "operator_triggered")
"""Only today is delivered (docs/decisions/0005): Airflow offers no backfill of what delivers."""
INSTEAD = "trigger a run without a date"
PARAMS = {
    "integration": Param(
        None,
        type=["null", "string"],
        title="One integration",
        description="Its name, as in its integration file. Empty: all that have this flow.",
    ),
}


def flow_dag(flow: str, latest: timedelta = LATEST_TICK, skips_turn: bool = False, instead: str = INSTEAD) -> None:
    """Add the tasks of a flow to the DAG that is being defined.

    Args:
        instead: what to do instead of running it for another day.
        latest: how long after its tick a scheduled run may still begin.
        skips_turn: a source that is away costs the run of an hour, which is skipped; the next one brings what changed.
    """

    @task(map_index_template=None)
    def plan() -> Any:
        from veerpont.model.flows import Flow
        from veerpont.pipeline.plan import plan as planned

        context = get_current_context()
        run = context["dag_run"]
        refuse_other_day(run, instead)
        skip_old_tick(run, latest)
        return guarded(lambda: planned(Flow(flow), print, context["params"]["integration"]))

    @task(pool="sources", multiple_outputs=False)
    def extract(integration: str) -> Any:
        from veerpont.pipeline.extract import extract as extracted
        from veerpont.pipeline.plan import may_start
        from veerpont.store.clock import machine, now

        def work(job: Any) -> Any:
            run = get_current_context()["dag_run"]
            if unattended(run) and not run.clear_number and not may_start(job, run.run_after, now()):
                print(f"{integration}: the previous flow of this night has not ended yet.")
                wait_until(machine() + timedelta(minutes=1))
            return extracted(job)

        return _step(flow, integration, work, instead, skips_turn)

    @task(multiple_outputs=False)
    def transform(integration: str, handed: Any) -> Any:
        from msgspec import convert

        from veerpont.flows.job import Extracted
        from veerpont.pipeline.transform import transform as transformed

        return _step(flow, integration, lambda job: transformed(job, convert(handed, Extracted)), instead)

    @task(pool="portals", multiple_outputs=False, outlets=outlets(flow))
    def load(integration: str, handed: Any) -> Any:
        from msgspec import convert

        from veerpont.flows.job import Transformed
        from veerpont.pipeline.load import load as loaded

        done = _step(flow, integration, lambda job: loaded(job, convert(handed, Transformed)), instead)
        announce(flow, integration)
        return done

    @task_group
    def cross(integration: str) -> None:
        load(integration, transform(integration, extract(integration)))

    cross.expand(integration=plan())


def wait_until(moment: datetime) -> NoReturn:
    """Give the worker slot back; the step runs again at a moment (aware, of the machine's own clock)."""
    raise AirflowRescheduleException(moment) from None  # type: ignore[no-untyped-call]  # Airflow does not type it


def outlets(flow: str) -> list[AssetAlias]:
    """Return what a task says that it may tell assets of: a flow's deliveries, unless `VEERPONT_ASSETS` is `off`."""
    return [AssetAlias(f"veerpont_{flow}")] if os.environ.get("VEERPONT_ASSETS", "on") != "off" else []


def announce(flow: str, integration: str | None = None) -> None:
    """Tell the assets of each delivery that was accepted and not told of yet.

    Airflow keeps an event when its task succeeds: call it last.
    """
    from veerpont.config.settings import settings
    from veerpont.store.assets import announce as announced
    from veerpont.store.ledger import Ledger

    for alias in outlets(flow):
        events = get_current_context()["outlet_events"][alias]
        with Ledger(settings().ledger).session() as session:
            for event in announced(session, flow, integration):
                path = f"{event.integration}/{flow}/{event.portal}"
                events.add(Asset(name=f"veerpont/{path}", uri=f"veerpont://{path}"), event.books)


def skip_old_tick(run: Any, latest: timedelta) -> None:
    """Skip a scheduled run that comes too late: unpausing a DAG fires its last missed tick, at whatever hour.

    One that a person cleared is a run of now, whatever its age.
    """
    from veerpont.store.clock import now

    if unattended(run) and not run.clear_number and now() - run.run_after > latest:
        raise AirflowSkipException("This tick is too old to act on: the next one brings what changed.")


def refuse_other_day(run: Any, instead: str) -> None:
    """Fail a run that is for another day than the one on which it began: only today is delivered (docs/decisions/0005).

    A run that was cleared is one of now. Airflow's own door (`allowed_run_types`) comes first.
    """
    if run.clear_number:
        return
    if run.run_type == "backfill":
        raise AirflowFailException(f"A backfill delivers nothing: {instead}.")
    asked, began = run.logical_date, run.start_date
    if unattended(run) or asked is None or began is None or abs(began - asked) < timedelta(hours=1):
        return
    days = {moment.astimezone(ZoneInfo(ZONE)).date() for moment in (asked, began)}
    if len(days) > 1:
        raise AirflowFailException(f"Only today is delivered, and this run is for {asked:%d-%m-%Y}: {instead}.")


def moment_of(run: Any) -> datetime:
    """Return the moment that a run is for: its tick, or now where a person began or cleared it."""
    from veerpont.store.clock import now

    return run.run_after if unattended(run) and not run.clear_number else now()


def unattended(run: Any) -> bool:
    """Tell whether the schedule began the run, and nobody looks at it."""
    # compared, not turned into text or looked up in a set: what those give differs between Airflow's own enums, of
    # which `dag.test` has another one than a worker
    return bool(run.run_type == "scheduled")


def _waits(run: Any) -> bool:
    """Tell whether nobody looks at the run, so that it may wait and be retried."""
    return unattended(run) or bool(run.run_type == "backfill")


def _step(flow: str, integration: str, work: Callable[[Any], Any], instead: str, skips_turn: bool = False) -> Any:
    """Do the work of one step; what went wrong is noted in the ledger before Airflow hears of it."""
    from veerpont.flows.job import open_job, refuse_moved_clock
    from veerpont.model.failures import SettingsError
    from veerpont.model.flows import Flow
    from veerpont.pipeline.plan import end

    context: Any = get_current_context()
    context["integration"] = integration  # what the grid shows as map index
    run = context["dag_run"]
    refuse_other_day(run, instead)

    def note(state: str, kind: str, message: str) -> None:
        try:
            end(integration, Flow(flow), run.run_id, state, kind, message)
        except Exception as error:  # what is noted matters more, and no value of either may follow into the log
            print(f"The ledger could not be told ({type(error).__name__}): {message}")

    asked = (context["params"].get("year"), context["params"].get("period"))
    period = None if None in asked else asked

    def opened() -> Any:
        if period is None and asked != (None, None):
            raise SettingsError("Give the year and the period, or neither.")
        job = open_job(Flow(flow), integration, run.run_id, print, unattended(run), moment_of(run), period)
        refuse_moved_clock(job.integration)
        return job

    return guarded(
        lambda: work(opened()),
        note,
        skips_turn,
    )


def guarded(
    work: Callable[[], Any], note: Callable[[str, str, str], None] = lambda *_: None, skips_turn: bool = False
) -> Any:
    """Do `work` and return what it returns as plain data; say what went wrong in Airflow's terms."""
    from msgspec import to_builtins

    from veerpont.model.failures import NothingToDoError, PassingError, SettingsError, VeerpontError

    run = get_current_context()["dag_run"]
    try:
        return to_builtins(work())
    except (AirflowRescheduleException, AirflowSkipException):
        raise
    except AirflowTaskTimeout:
        message = timed_out(get_current_context()["task"].execution_timeout or STEP)
        note("failed", "passing", message)
        raise _failure(run, message) from None
    except NothingToDoError as waits:
        note("skipped", "", str(waits))
        raise AirflowSkipException(str(waits)) from None
    except SettingsError as wrong:
        note("failed", wrong.kind, str(wrong))
        raise AirflowFailException(str(wrong)) from None
    except PassingError as passing:
        again = f" at {passing.retry_at.astimezone(ZoneInfo(ZONE)):%d-%m %H:%M} or later" if passing.retry_at else ""
        message = f"{passing} This may pass by itself: run it again{again}; nothing was lost."
        if unattended(run) and passing.retry_at and skips_turn:
            note("skipped", passing.kind, f"{passing} This turn is skipped; the next one brings what changed.")
            raise AirflowSkipException(f"{passing} This turn is skipped.") from None
        if _waits(run) and passing.retry_at and passing.retry_at < _end_of_night(run):
            print(f"{passing} Waiting until {passing.retry_at:%H:%M} UTC, without a worker slot.")
            wait_until(passing.retry_at)
        note("failed", passing.kind, message)
        raise _failure(run, message) from None
    except VeerpontError as foreseen:
        note("failed", foreseen.kind, str(foreseen))
        raise _failure(run, str(foreseen)) from None
    except Exception as defect:
        # the message of an unforeseen exception may hold a value of a row: only its type and its path are shown
        note("failed", "defect", f"{type(defect).__name__}: a defect of ours; the task's log shows where.")
        path = "".join(traceback.format_tb(defect.__traceback__))
        raise _failure(run, f"{type(defect).__name__}, a defect of ours, at:\n{path}") from None


def timed_out(after: timedelta) -> str:
    """Return what is told of a step that Airflow stopped."""
    return (
        f"Airflow stopped the step after {after.total_seconds() / 3600:g} hours (VEERPONT_STEP_HOURS). Nothing was "
        "lost: it is tried again. When it needs that long by itself, give it more."
    )


def _failure(run: Any, message: str) -> Exception:
    """Return what makes Airflow retry an unattended run; whoever started a run by hand is told at once."""
    return RuntimeError(message) if _waits(run) else AirflowFailException(message)


def _end_of_night(run: Any) -> datetime:
    local = moment_of(run).astimezone(ZoneInfo(ZONE))
    morning = datetime.combine(local.date(), NIGHT_ENDS, local.tzinfo)
    return morning if morning > local else morning + timedelta(days=1)
