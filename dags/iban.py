"""Bank accounts to the portals, every five minutes from 07:00 to 21:00."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import MultipleCronTriggerTimetable, chain, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTimeout

from veerpont.airflow.flow_dag import (
    CALLBACKS,
    INSTEAD,
    PARAMS,
    RUN_TYPES,
    STEP,
    ZONE,
    announce,
    moment_of,
    outlets,
    refuse_other_day,
    skip_old_tick,
    timed_out,
    unattended,
)

PART = 100
"""Airflow compiles all secrets that it masks in the log anew for each connection that a task asks for: with a thousand
in one task that is minutes of CPU and half a GB, in the task's process and in the one that watches it."""


def _rounds() -> Any:
    from veerpont.model.flows import Flow
    from veerpont.pipeline.rounds import Rounds

    run = get_current_context()["dag_run"]
    refuse_other_day(run, INSTEAD)
    return Rounds(Flow.IBAN, run.run_id, moment_of(run), print, unattended(run))


def _hand_on(step: Callable[[Any], Any]) -> None:
    """Do a step and hand on what goes on; then fail for those who need a person, so that the grid shows it."""
    from msgspec import to_builtins

    rounds = _rounds()
    try:
        done = step(rounds)
    except AirflowTaskTimeout:
        rounds.stopped(timed_out(STEP))
        raise
    get_current_context()["ti"].xcom_push(key="batches", value=to_builtins(done.batches))
    if done.failed:
        raise AirflowFailException("; ".join(f"{name}: {message}" for name, message in sorted(done.failed.items())))


def _handed(task_id: str, kind: str) -> dict[str, Any]:
    """Return what the task before handed on; skipped when there is nothing."""
    from msgspec import convert

    from veerpont.flows import job

    handed = get_current_context()["ti"].xcom_pull(task_ids=task_id, key="batches") or []
    parts = [handed] if isinstance(handed, dict) else handed
    batches = {name: item for part in parts for name, item in part.items()}
    if not batches:
        raise AirflowSkipException("Nothing changed.")
    return {name: convert(item, getattr(job, kind)) for name, item in batches.items()}


def _parts() -> int:
    """Return by how many instances the integrations are read: one for every hundred of their files."""
    folder = Path(os.environ.get("VEERPONT_INTEGRATIONS", "include/integrations"))
    return max(1, -(-len([*folder.glob("*.yaml"), *folder.glob("*.yml")]) // PART))


@dag(
    dag_id="iban",
    dag_display_name="Veerpont: IBAN",
    schedule=MultipleCronTriggerTimetable("*/5 7-20 * * *", "0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    # no retries: the next turn comes in five minutes
    default_args={"owner": "veerpont", "retries": 0, "execution_timeout": STEP, **CALLBACKS},
    params=PARAMS,
    tags=["veerpont", "every 5 minutes", "iban"],
    doc_md="""
    ### IBAN

    Brings the bank accounts of employees to the portals, every five minutes from 07:00 to 21:00. Three tasks over all
    integrations at once; when nothing changed, the last two are skipped. Of more than a hundred integrations `extract`
    is mapped: each instance reads a part of them. What goes wrong with one integration is shown by a failed task that
    names it, and the run is a failed one; the others go on.

    `veerpont runs --flow iban` shows the books, `veerpont rejects list --flow iban` what could not cross. What a portal
    refused is tried again at 21:00, or when it changes at the source.
    """,
)
def iban() -> None:
    @task(pool="sources")
    def extract(part: int = 0, parts: int = 1) -> None:
        context = get_current_context()
        skip_old_tick(context["dag_run"], timedelta(minutes=10))
        _hand_on(lambda rounds: rounds.extract(context["params"]["integration"], part, parts))

    @task(trigger_rule="all_done")
    def transform() -> None:
        handed = _handed("extract", "Extracted")
        _hand_on(lambda rounds: rounds.transform(handed))

    @task(pool="portals", trigger_rule="all_done")
    def load() -> None:
        handed = _handed("transform", "Transformed")
        _hand_on(lambda rounds: rounds.load(handed))

    @task(trigger_rule="none_skipped", outlets=outlets("iban"))
    def announced() -> None:
        """Also where the load of one customer failed: what the others delivered is told of."""
        announce("iban")

    parts = _parts()
    read = extract() if parts == 1 else extract.partial(parts=parts).expand(part=list(range(parts)))
    steps = [read, transform(), load()]
    quiet: dict[str, Any] = dict.fromkeys(CALLBACKS)
    # a run is what its last task is: without this one it would be well where `extract` failed and the rest was skipped
    end = EmptyOperator(task_id="end", trigger_rule="none_failed", **quiet)
    chain(*steps)
    steps >> end
    steps[-1] >> announced()


iban()
