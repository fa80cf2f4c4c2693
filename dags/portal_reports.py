"""What the portal said of its files: every quarter of an hour, day and night."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from veerpont.airflow.flow_dag import CALLBACKS, PARAMS, RUN_TYPES
from veerpont.airflow.terms import STEP, ZONE, guarded, skip_old_tick


@dag(
    dag_id="portal_reports",
    dag_display_name="Veerpont: portal reports",
    schedule=CronTriggerTimetable("*/15 * * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args={
        "owner": "veerpont",
        "retries": 0,
        "execution_timeout": STEP,
        **CALLBACKS,
    },  # the next turn comes in a quarter of an hour
    params=PARAMS,
    tags=["veerpont", "every 15 minutes", "reports"],
    doc_md="""
    ### Portal reports

    Reads what the portal reports of each import, from the folder that an integration names
    (`xpert_suite.report.folder`). A row that the portal rejected becomes a reject of stage *export* and waits for
    21:00; the delivery is *confirmed*. Nothing is changed in the folder. Skipped while no delivery waits for its
    report.

    `veerpont deliveries list` shows what is confirmed, `veerpont rejects list` what the portal rejected. A report that
    came by mail: `veerpont deliveries report FILE`, or the page Deliveries at the desk.

    **When it fails:** it is a defect of ours. A report that cannot be read, and one that does not come in time, is told
    to the managers of that integration, once; the run goes on with the others. It is safe to run it again at any time.
    """,
)
def portal_reports() -> None:
    @task
    def read() -> None:
        from veerpont.pipeline.reports.folder import look

        context = get_current_context()
        skip_old_tick(context["dag_run"], timedelta(minutes=30))
        if not guarded(lambda: look(print, context["params"]["integration"])):
            raise AirflowSkipException("No delivery waits for a report.")

    read()


portal_reports()
