"""Accounts of managers to the portals, every night at 21:00, after employees."""

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE


@dag(
    dag_id="accounts",
    dag_display_name="Veerpont: accounts",
    schedule=CronTriggerTimetable("0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "nightly", "accounts"],
    doc_md="""
    ### Accounts

    Brings the managers (*leidinggevenden*) and the departments that they may see to the portals, every night at 21:00.
    Each integration waits, without a worker slot, until its flow `employees` of that night has ended; at most until
    23:45. It is skipped until `employees` has crossed once.

    Who is not in the file loses the account. A manager whose employments have ended goes at once; one who vanished goes
    when two nights agree, and many at once wait for a person: `veerpont deliveries list --flow accounts`.

    **When it fails:** the message of the failed task says what to do. `veerpont runs --flow accounts` shows the books,
    `veerpont rejects list --flow accounts` what could not cross. It is safe to clear and run any task again.
    """,
)
def accounts() -> None:
    flow_dag("accounts")


accounts()
