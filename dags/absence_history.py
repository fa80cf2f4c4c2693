"""Historic loads of absence, one month at a time, by `airflow backfill create`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS
from veerpont.airflow.terms import guarded, unattended

RUN_TYPES: Any = ("scheduled", "backfill")  # Airflow insists on the first; such a run is skipped


@dag(
    dag_id="absence_history",
    dag_display_name="Veerpont: absence history",
    # In UTC, so that a bare date of `airflow backfill create` is the month that it looks like. A trigger and no data
    # interval: a backfill refuses an interval that has not ended, and the present month must be loadable.
    schedule=CronTriggerTimetable("0 0 1 * *", timezone="UTC"),
    start_date=datetime(2010, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS | {"retry_delay": timedelta(minutes=2)},
    params=PARAMS,
    tags=["veerpont", "backfill", "absence"],
    doc_md=r"""
    ### Absence history

    Loads absence cases of the past into the history, one month at a time: a run's month is the one in which the cases
    began. The run of the month in which the portal's window begins also brings everything that began before it. Nothing
    is sent: the next run of `absence` does that.

        airflow dags unpause absence_history
        airflow backfill create --dag-id absence_history --from-date 2024-11-01 --to-date 2026-11-01 \
            --reprocess-behavior completed

    Any range, in any order, as often as you like. Without `--reprocess-behavior completed` Airflow passes over every
    month that has a run already, without a word: also over those that the schedule began, which are skipped at once and
    load nothing. The DAG must be unpaused for backfills to run. `--dag-run-conf '{"integration": "acme"}'` does one
    customer. `veerpont coverage INTEGRATION` shows which months were asked for, what came and what the portal has.

    **When it fails:** the message of the failed task says what to do; it is safe to clear and run any task again. When
    Airflow's own database is SQLite, `backfill create` itself may stop halfway with "database is locked": wait until
    the runs that it made have ended, then give the same command again.
    """,
)
def absence_history() -> None:
    @task(map_index_template=None)
    def plan() -> list[str]:
        from veerpont.model.flows import Flow
        from veerpont.pipeline.plan import plan as planned

        context = get_current_context()
        if unattended(context["dag_run"]):
            raise AirflowSkipException("History is loaded by backfill only: nothing to do.")
        names: list[str] = guarded(lambda: planned(Flow.ABSENCE, print, context["params"]["integration"]))
        return names

    @task(pool="sources", multiple_outputs=False)
    def fetch(integration: str) -> dict[str, Any]:
        from veerpont.flows.job import open_job
        from veerpont.model.flows import Flow
        from veerpont.pipeline import backfill
        from veerpont.pipeline.plan import end
        from veerpont.store.clock import now

        context: Any = get_current_context()
        context["integration"] = integration  # what the grid shows as map index
        run = context["dag_run"]
        month = run.logical_date or run.run_after  # a run by hand may have no logical date
        moment = now()  # whatever month is asked for, the answer is of now

        def work() -> Any:
            job = open_job(Flow.ABSENCE, integration, run.run_id, print, True, moment)
            return backfill.fetch(job, f"{month:%Y-%m}")

        def note(state: str, kind: str, message: Any) -> None:
            end(integration, backfill.FLOW, run.run_id, state, kind, message)

        counts: dict[str, Any] = guarded(work, note)
        return counts

    fetch.expand(integration=plan())


absence_history()
