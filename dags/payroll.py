"""Payroll data for a receiver such as VDD, every night at 21:00, after the other flows."""

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE


@dag(
    dag_id="payroll",
    dag_display_name="Veerpont: payroll data",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "nightly", "payroll"],
    doc_md="""
    ### Payroll data

    Brings the four tables that VDD (*Veilig Digitaal Dossier*) takes from AFAS to the portals, every night at 21:00,
    after the other flows of the night: employments, calculated bases, wage components and formation distribution
    (*dienstverband, berekende grondslagen, looncomponenten, formatieverdeling*). No document lists their columns, so
    each run asks AFAS for them. docs/payroll.md says what has to be set there.

    **What waits for a person:** a delivery of other columns than the last one (`schema_changed`), one with far fewer
    rows of the calculated bases (`bases_halved`; since Profit 9 that may be right), many removals. `veerpont deliveries
    show ID` says what is new, gone and changed. **An employer waits by itself** while its KvK number is missing, no
    number of 8 digits, or another one than the portal has; one that some of the four connectors do not show is
    reported: `veerpont rejects list --flow payroll`.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow payroll` shows the books.
    It is safe to clear and run any task again.
    """,
)
def payroll() -> None:
    flow_dag("payroll")


payroll()
