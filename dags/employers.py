"""Employers from the source to the portals, every night at 21:00."""

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE


@dag(
    dag_id="employers",
    dag_display_name="Veerpont: employers",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "nightly", "employers"],
    doc_md="""
    ### Employers

    Brings the employers (*werkgevers*) of every integration to its portals, every night at 21:00, before the others.

    A new employer is **pending**: nothing of it is kept or sent until somebody ran
    `veerpont employers activate INTEGRATION CODE --by NAME`. An active employer whose name changed goes back to
    pending.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow employers` shows the books,
    `veerpont rejects list --flow employers` what could not cross. It is safe to clear and run any task again.
    """,
)
def employers() -> None:
    flow_dag("employers")


employers()
