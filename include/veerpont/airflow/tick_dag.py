"""What the DAG of a flow is made of that runs every few minutes: three tasks over all integrations, and an end.

The same engine as of the other flows (docs/decisions/0025). Whatever passes by itself costs a turn: nobody waits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import chain, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from veerpont.airflow.flow_dag import CALLBACKS, announce, fail_for_some, outlets
from veerpont.airflow.terms import (
    INSTEAD,
    STEP,
    guarded,
    moment_of,
    refuse_other_day,
    skip_old_tick,
    told,
    unattended,
)

if TYPE_CHECKING:
    from veerpont.model.messages import Words

PART = 100
"""Airflow compiles all secrets that it masks in the log again for each connection that a task asks for: with a thousand
in one task that is minutes of CPU and half a GB, in the task's process and in the one that watches it."""
TICK_DEFAULTS: dict[str, Any] = {
    "owner": "veerpont",
    "retries": 0,  # the next turn comes in minutes
    "execution_timeout": STEP,
    **CALLBACKS,
}


def tick_dag(flow: str, latest: timedelta) -> None:
    """Add the tasks of a flow to the DAG that is being defined.

    Args:
        latest: how long after its tick a scheduled run may still begin.
    """
    # who has work is looked at by `end`: a tick in which nothing changed looks once
    quietly: dict[str, Any] = {"on_skipped_callback": None}

    @task(pool="sources")
    def extract(part: int = 0, parts: int = 1) -> None:
        from veerpont.pipeline import settled
        from veerpont.pipeline.crossing import CrossingStep

        context = get_current_context()
        skip_old_tick(context["dag_run"], latest)
        only = context["params"]["integration"]
        crossing = _crossing(flow)
        names = guarded(lambda: settled.members(crossing.turn, crossing.steps.flow, part, parts, only))
        _do(crossing, lambda: crossing.step(CrossingStep.EXTRACT, names))

    @task(trigger_rule="all_done", **quietly)
    def transform() -> None:
        from veerpont.pipeline.crossing import CrossingStep

        crossing = _crossing(flow)
        _adopt(crossing, "extract")
        if not _do(crossing, lambda: crossing.step(CrossingStep.TRANSFORM)).outcomes:
            raise AirflowSkipException("Nothing changed.")

    @task(pool="portals", trigger_rule="all_done", outlets=outlets(flow), **quietly)
    def load() -> None:
        from veerpont.pipeline.crossing import CrossingStep

        crossing = _crossing(flow)
        _adopt(crossing, "transform")
        names = guarded(lambda: crossing.waiting_for(CrossingStep.LOAD))
        if not names:
            raise AirflowSkipException("Nothing changed.")
        _do(crossing, lambda: crossing.step(CrossingStep.LOAD))
        announce(flow)

    @task(trigger_rule="none_failed")
    def end() -> None:
        fail_for_some(flow)

    parts = _parts()
    read = extract() if parts == 1 else extract.partial(parts=parts).expand(part=list(range(parts)))
    steps = [read, transform(), load()]
    chain(*steps)
    # a run is what its last task is: without this one it would be well where `extract` failed and the rest was skipped
    steps >> end()


def _crossing(flow: str) -> Any:
    from veerpont.model.flows import Flow
    from veerpont.pipeline import settled
    from veerpont.pipeline.crossing import Crossing
    from veerpont.pipeline.verdict import Turn

    run = get_current_context()["dag_run"]
    refuse_other_day(run, INSTEAD)
    turn = Turn(run.run_id, moment_of(run), run.clear_number or 0, unattended(run))
    return Crossing(settled.steps(Flow(flow)), turn, print)


def _do(crossing: Any, work: Callable[[], Any]) -> Any:
    """Do a step, and say how each fared that did not simply do well."""

    def stopped(_: str, kind: str, message: Words) -> None:
        if kind == "passing":
            crossing.stopped(message)

    report = told(work, stopped)
    print(f"{report}.")
    return report


def _adopt(crossing: Any, task_id: str) -> None:
    """Take over what a run has in hand that began under a release which handed it on through XCom."""
    handed = get_current_context()["ti"].xcom_pull(task_ids=task_id, key="batches")
    parts = [handed] if isinstance(handed, dict) else handed or []
    guarded(lambda: crossing.adopt(task_id, {name: item for part in parts for name, item in part.items()}))


def _parts() -> int:
    """Return by how many instances the integrations are read: one for every hundred of their files."""
    folder = Path(os.environ.get("VEERPONT_INTEGRATIONS", "include/integrations"))
    return max(1, -(-len([*folder.glob("*.yaml"), *folder.glob("*.yml")]) // PART))
