"""Hours from a time registration into Loket payroll, every night at 21:00."""

from airflow.sdk import CronTriggerTimetable, Param, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE

PERIOD = {
    "year": Param(
        None,
        type=["null", "integer"],
        minimum=2000,
        maximum=2100,
        title="Year",
        description="Together with a period: only that one. Empty: every period in the files that is still open.",
    ),
    "period": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=53,
        title="Period",
        description="As the payroll counts: 1 to 12 for months, 1 to 13 for four weeks.",
    ),
}


@dag(
    dag_id="hours",
    dag_display_name="Veerpont: hours",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS | PERIOD,
    tags=["veerpont", "nightly", "hours"],
    doc_md="""
    ### Hours

    Brings the hours that a time registration dropped in a folder to Loket payroll, every night at 21:00, after the
    others: as a file for each administration and period, which people fetch at the desk (*Deliveries*) and import in
    Loket (*Collectieve mutaties*), or over Loket's API (`hours.delivery: api`).

    With *year* and *period* a run takes only that period, and is refused when its payroll run is approved. What was
    taken out of a file since the last time is a 0 in the next one; many at once wait for a person.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow hours` shows the books and
    what was left out, `veerpont rejects list --flow hours` what could not cross. It is safe to clear and run any task
    again.
    """,
)
def hours() -> None:
    flow_dag("hours")


hours()
