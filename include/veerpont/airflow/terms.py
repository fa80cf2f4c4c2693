"""What a run is, and what went wrong in it, in Airflow's terms.

Here failures become what Airflow understands (docs/decisions/0013). *settings*: failed at once, with what to do.
*passing*: an unattended run waits without a worker slot or is retried; a run that a person started tells them instead
of waiting. Anything else is a defect: its log shows where, never with which values.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

if TYPE_CHECKING:
    from veerpont.model.messages import Message, Words

ZONE = "Europe/Amsterdam"
STEP = timedelta(hours=float(os.environ.get("VEERPONT_STEP_HOURS", "3")))
"""No step may take longer: one that hangs would keep the next run of its flow waiting for ever."""
INSTEAD = "trigger a run without a date"

T = TypeVar("T")


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


def turn_of(run: Any) -> Any:
    """Return the run as our own rooms know it."""
    from veerpont.pipeline.verdict import Turn

    return Turn(run.run_id, moment_of(run), run.clear_number, unattended(run), _waits(run))


def guarded(
    work: Callable[[], Any],
    note: Callable[[str, str, Words], None] = lambda *_: None,
    patience: str = "night",
    reading: bool = True,
) -> Any:
    """Do `work` and return what it returns as plain data; say what went wrong in Airflow's terms.

    Args:
        note: is told the state, kind and message of what went wrong, before Airflow hears of it.
        patience: what something that may pass by itself costs (pipeline.verdict.Patience).
        reading: the work is that of the source.
    """
    from msgspec import to_builtins

    return to_builtins(told(work, note, patience, reading))


def told(
    work: Callable[[], T],
    note: Callable[[str, str, Words], None] = lambda *_: None,
    patience: str = "night",
    reading: bool = True,
) -> T:
    """Do as `guarded`, and return what comes as it is."""
    from veerpont.model.failures import NothingToDoError, SettingsError, VeerpontError
    from veerpont.pipeline.verdict import Patience, judge, path_of

    run = get_current_context()["dag_run"]
    try:
        return work()
    except (AirflowRescheduleException, AirflowSkipException):
        raise
    except AirflowTaskTimeout:
        message = timed_out(get_current_context()["task"].execution_timeout or STEP)
        note("failed", "passing", message)
        raise _failure(run, str(message)) from None
    except Exception as error:
        verdict = judge(error, turn_of(run), Patience(patience), reading)
        if verdict.until is not None:
            print(f"{error} Waiting until {verdict.until:%H:%M} UTC, without a worker slot.")
            wait_until(verdict.until)
        note(verdict.state, verdict.kind, verdict.message)
        if verdict.state == "skipped":
            raise AirflowSkipException(str(verdict.message)) from None
        if isinstance(error, SettingsError):
            raise AirflowFailException(str(verdict.message)) from None
        foreseen = isinstance(error, VeerpontError | NothingToDoError)
        raise _failure(run, str(verdict.message) if foreseen else path_of(error)) from None


def wait_until(moment: datetime) -> NoReturn:
    """Give the worker slot back; the step runs again at a moment (aware, of the machine's own clock)."""
    raise AirflowRescheduleException(moment) from None  # type: ignore[no-untyped-call]  # Airflow does not type it


def sleep_until(moment: datetime) -> NoReturn:
    """Give the worker slot back until a moment of our clock, which may be moved."""
    from veerpont.store.clock import machine, now

    print(f"Waiting until {moment:%H:%M} UTC, without a worker slot.")
    wait_until(machine() + max(timedelta(), moment - now()))


def timed_out(after: timedelta) -> Message:
    """Return what is told of a step that Airflow stopped."""
    from veerpont.model.messages import coded

    return coded(
        "run.timed_out",
        "Airflow stopped the step after {hours} hours (VEERPONT_STEP_HOURS). Nothing was lost: it is tried again. When "
        "it needs that long by itself, give it more.",
        hours=f"{after.total_seconds() / 3600:g}",
    )


def _failure(run: Any, message: str) -> Exception:
    """Return what makes Airflow retry an unattended run; whoever started a run by hand is told at once."""
    return RuntimeError(message) if _waits(run) else AirflowFailException(message)
