"""Employees with their employments to the portals, every night at 21:00, after organigram."""

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE


@dag(
    dag_id="employees",
    dag_display_name="Veerpont: employees",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "nightly", "employees"],
    doc_md="""
    ### Employees

    Brings people and their employments (*medewerkers, dienstverbanden*) of every active employer to the portals, every
    night at 21:00. Each integration waits, without a worker slot, until its flow `organigram` of that night has ended;
    at most until 23:45. It also keeps the index by which other flows find the employer of a department or an employee.

    Removals are held when there are many: the rest is delivered, `veerpont deliveries list` shows what waits, and
    `veerpont deliveries release ID --by NAME` lets it go at the next run.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow employees` shows the books,
    `veerpont rejects list --flow employees` what could not cross. It is safe to clear and run any task again.
    """,
)
def employees() -> None:
    flow_dag("employees")


employees()
