"""Departments from the source to the portals, every night at 21:00, after employers."""

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE


@dag(
    dag_id="organigram",
    dag_display_name="Veerpont: organigram",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "nightly", "organigram"],
    doc_md="""
    ### Organigram

    Brings the departments (*afdelingen*) of every integration to its portals, every night at 21:00. Each integration
    waits, without a worker slot, until its flow `employers` of that night has ended; at most until 23:45.

    With `organigram.tree: derive` the departments are those that people are in: the flow is skipped until `employees`
    has crossed once.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow organigram` shows the
    books, `veerpont deliveries list --flow organigram` what waits for a person. It is safe to clear and run any task
    again.
    """,
)
def organigram() -> None:
    flow_dag("organigram")


organigram()
