"""What every flow's DAG is made of: plan, then extract → transform → load for each integration, or batch of them.

Customers of a batch that are late cross together afterwards (`left`, `late`), and `end` fails where one failed, so that
the grid is red while the others are delivered (docs/decisions/0025).

"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, Param, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from veerpont.airflow.terms import (
    INSTEAD,
    STEP,
    guarded,
    refuse_other_day,
    skip_old_tick,
    sleep_until,
    told,
    turn_of,
    unattended,
)

if TYPE_CHECKING:
    from veerpont.model.messages import Words

LATEST_TICK = timedelta(hours=2, minutes=45)  # a 21:00 tick that comes after 23:45 is left to the next night
NOTHING_IN_HAND = "nothing is left to do of what was read. To do it again, clear from extract."
LONGEST_SHOWN = 250
"""Characters that Airflow keeps of a map index."""


def _telling(event: str) -> Callable[[Any], None]:
    """Return a callback that lets the alerts tell people; they are loaded when it is called, not when this file is."""

    def callback(context: Any) -> None:
        from veerpont.airflow import callbacks

        getattr(callbacks, event)(context)

    return callback


HALF_A_DAY = timedelta(hours=12)


def members(instance: Any) -> list[str]:
    """Return whom a mapped instance is for: one customer by its name, or a batch (pipeline.plan)."""
    if isinstance(instance, str):
        return [instance]
    return list(instance.get("members", ())) if isinstance(instance, dict) else []


def give_time(context: Any) -> None:
    """Let a step take twice as long as the longest run of its customer did, where that is more than `STEP`.

    A batch gets what its customers need one after the other, and at most half a day where none alone needs more.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from veerpont.config.settings import settings
    from veerpont.model.failures import VeerpontError
    from veerpont.store import runs
    from veerpont.store.ledger import Ledger

    step = context["task"]
    names = members(step.op_args[0] if step.op_args else step.op_kwargs.get("integration"))
    if not names:
        return
    try:
        with Ledger(settings().ledger).session() as session:
            took = list(runs.longest(session, names, step.dag_id).values())
    except (SQLAlchemyError, VeerpontError):
        return  # the step itself says what is wrong with the ledger
    if took:
        step.execution_timeout = max(STEP, 2 * max(took), min(HALF_A_DAY, 2 * sum(took, timedelta())))


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
    patience = "hour" if skips_turn else "night"

    @task(map_index_template=None)
    def plan() -> Any:
        from veerpont.model.flows import Flow
        from veerpont.pipeline.plan import plan as planned

        context = get_current_context()
        run = context["dag_run"]
        refuse_other_day(run, instead)
        skip_old_tick(run, latest)
        return guarded(lambda: planned(Flow(flow), print, context["params"]["integration"], unattended(run)))

    @task(pool="sources", multiple_outputs=False)
    def extract(integration: Any) -> Any:
        return _step(flow, integration, "extract", None, instead, patience)

    @task(multiple_outputs=False)
    def transform(integration: Any, handed: Any) -> Any:
        return _step(flow, integration, "transform", handed, instead, patience)

    @task(pool="portals", multiple_outputs=False, outlets=outlets(flow))
    def load(integration: Any, handed: Any) -> Any:
        return _step(flow, integration, "load", handed, instead, patience)

    @task_group
    def cross(integration: Any) -> None:
        load(integration, transform(integration, extract(integration)))

    @task(trigger_rule="all_done", map_index_template=None)
    def left() -> Any:
        """Batch those again who are late: their source is away, or the flow before this one has not ended."""
        from veerpont.pipeline.late import late_batches

        turn = turn_of(get_current_context()["dag_run"])
        return guarded(lambda: late_batches(flow, turn.run_id, turn.attempt))

    @task(pool="sources", multiple_outputs=False, outlets=outlets(flow))
    def late(integration: Any) -> Any:
        return _late(flow, integration, instead, patience)

    @task(trigger_rule="none_failed", retries=0, map_index_template=None)
    def end() -> None:
        fail_for_some(flow)

    crossed = cross.expand(integration=plan())
    collected = left()
    done = late.expand(integration=collected)
    crossed >> collected
    [crossed, done] >> end()


def fail_for_some(flow: str) -> None:
    """Fail when the run failed for a customer: so the grid shows it, and the others are delivered."""
    from veerpont.config.settings import settings
    from veerpont.store import runs
    from veerpont.store.ledger import Ledger

    def failed() -> dict[str, str]:
        with Ledger(settings().ledger).session() as session:
            return runs.failed(session, flow, get_current_context()["dag_run"].run_id)

    if found := guarded(failed):
        raise AirflowFailException("; ".join(f"{name}: {message}" for name, message in sorted(found.items())))


def outlets(flow: str) -> list[AssetAlias]:
    """Return what a task says that it may tell assets of: a flow's deliveries, unless `VEERPONT_ASSETS` is `off`."""
    return [AssetAlias(f"veerpont_{flow}")] if os.environ.get("VEERPONT_ASSETS", "on") != "off" else []


def announce(flow: str, integrations: Sequence[str] | None = None) -> int:
    """Tell the assets of each delivery that was accepted and not told of yet; return how many there were.

    Airflow keeps an event when its task succeeds: call it last.
    """
    from veerpont.config.settings import settings
    from veerpont.store.assets import announce as announced
    from veerpont.store.ledger import Ledger

    accepted: list[Any] = []
    for alias in outlets(flow):
        events = get_current_context()["outlet_events"][alias]
        with Ledger(settings().ledger).session() as session:
            for event in announced(session, flow, integrations):
                path = f"{event.integration}/{flow}/{event.portal}"
                events.add(Asset(name=f"veerpont/{path}", uri=f"veerpont://{path}"), event.books)
                accepted.append(event)
    if accepted:
        trace(flow, accepted)
    return len(accepted)


def trace(flow: str, accepted: Sequence[Any]) -> None:
    """Tell Airflow's lineage of deliveries, where something listens, such as the openlineage provider."""
    from airflow.sdk.lineage import NoOpCollector, get_hook_lineage_collector

    collector = get_hook_lineage_collector()
    if isinstance(collector, NoOpCollector):
        return
    from veerpont.airflow import lineage

    lineage.tell(collector, get_current_context(), flow, accepted)


def _crossing(flow: str, patience: str) -> Any:
    from veerpont.model.failures import SettingsError
    from veerpont.model.flows import Flow
    from veerpont.pipeline.crossing import Crossing, FlowSteps
    from veerpont.pipeline.verdict import Patience

    context = get_current_context()
    asked = (context["params"].get("year"), context["params"].get("period"))
    if None in asked and asked != (None, None):
        raise SettingsError("Give the year and the period, or neither.")
    period: Any = None if None in asked else asked
    return Crossing(FlowSteps(Flow(flow), Patience(patience)), turn_of(context["dag_run"]), print, period)


def _step(flow: str, instance: Any, step: str, handed: Any, instead: str, patience: str) -> Any:
    """Do a step of one customer, or of a batch; what went wrong is in the ledger before Airflow hears of it."""
    refuse_other_day(get_current_context()["dag_run"], instead)
    if isinstance(instance, str):
        return _alone(flow, instance, step, handed, patience)
    return _together(flow, instance, step, patience)


def _alone(flow: str, integration: str, step: str, handed: Any, patience: str) -> Any:
    from veerpont.pipeline.crossing import CrossingStep
    from veerpont.pipeline.order import again
    from veerpont.pipeline.plan import end, may_start
    from veerpont.store.clock import now

    context: Any = get_current_context()
    context["integration"] = integration  # what the grid shows as map index
    run = context["dag_run"]

    def note(state: str, kind: str, message: Words) -> None:
        try:
            end(integration, flow, run.run_id, state, kind, message)
        except Exception as error:  # what is noted matters more, and no value of either may follow into the log
            print(f"The ledger could not be told ({type(error).__name__}): {message}")

    def work() -> Any:
        crossing = _crossing(flow, patience)
        job = crossing.open(integration)
        waits = step == "extract" and crossing.turn.unattended and not crossing.turn.attempt
        if waits and not may_start(job, run.run_after, now()):
            print(f"{integration}: the previous flow of this night has not ended yet.")
            sleep_until(again(run.run_after, now()))
        return crossing.alone(CrossingStep(step), job, handed)

    done = guarded(work, note, patience, step == "extract")
    if step == "load":
        announce(flow, [integration])
        context["ended"] = [integration]
    return done


def _together(flow: str, batch: Any, step: str, patience: str) -> Any:
    """Do a step of a batch: it is skipped when nobody has work for the next one."""
    from veerpont.pipeline.crossing import CrossingStep

    names, shown = members(batch), f"batch {batch.get('batch', '?')}"
    _show(f"{shown}: {', '.join(names)}")
    crossing = told(lambda: _crossing(flow, patience))
    if step == "extract" and (again := told(lambda: crossing.hold(names))):
        print(f"{shown}: the previous flow of this night has not ended yet.")
        sleep_until(again)
    report = _batch(lambda: crossing.step(CrossingStep(step), names), crossing, names, shown)
    if step == "load":
        events = announce(flow, names)
        if not report.outcomes and not events:
            raise AirflowSkipException(f"{shown}: {NOTHING_IN_HAND}")
    elif not crossing.has_work(names):
        raise AirflowSkipException(f"{shown}: {report if report.outcomes else NOTHING_IN_HAND}")
    return {"members": len(names)}


def _late(flow: str, batch: Any, instead: str, patience: str) -> Any:
    """Let those of a batch cross whose time has come, and come back for the others without a worker slot."""
    refuse_other_day(get_current_context()["dag_run"], instead)
    names, shown = members(batch), f"late {batch.get('late', '?')}"
    _show(f"{shown}: {', '.join(names)}")
    crossing = told(lambda: _crossing(flow, patience))
    until = None

    def work() -> Any:
        nonlocal until
        report, until = crossing.late(names)
        return report

    report = _batch(work, crossing, names, shown)
    if until is not None:
        if report.ended:  # the task itself goes on, maybe for hours
            _telling("succeeded")(get_current_context())
        sleep_until(until)
    announce(flow, names)
    return {"members": len(names)}


def _batch(work: Callable[[], Any], crossing: Any, names: list[str], shown: str) -> Any:
    """Do the work of a batch, and let the log, the grid and the alerts know how each fared."""

    def stopped(state: str, kind: str, message: Words) -> None:
        if kind == "passing":
            crossing.stopped(message, names)

    report = told(work, stopped)
    print(f"{shown}: {report}.")
    _show(f"{shown}: {report}")
    context: Any = get_current_context()
    context["ended"] = report.ended
    return report


def _show(text: str) -> None:
    """Let the grid show a text as map index."""
    context: Any = get_current_context()
    context["integration"] = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 2]} …"
