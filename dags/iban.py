"""Bank accounts to the portals, every five minutes from 07:00 to 21:00."""

from datetime import timedelta

from airflow.sdk import MultipleCronTriggerTimetable, dag

from veerpont.airflow.flow_dag import PARAMS, RUN_TYPES
from veerpont.airflow.terms import ZONE
from veerpont.airflow.tick_dag import TICK_DEFAULTS, tick_dag


@dag(
    dag_id="iban",
    dag_display_name="Veerpont: IBAN",
    schedule=MultipleCronTriggerTimetable("*/5 7-20 * * *", "0 21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=TICK_DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "every 5 minutes", "iban"],
    doc_md="""
    ### IBAN

    Brings the bank accounts of employees to the portals, every five minutes from 07:00 to 21:00. Three tasks over all
    integrations at once; when nothing changed, the last two are skipped. Of more than a hundred integrations `extract`
    is mapped: each instance reads some of their batches. What goes wrong with one integration is told by `end`, which
    fails and names it, so that the run is a failed one; the others go on.

    `veerpont runs --flow iban` shows the books, `veerpont rejects list --flow iban` what could not cross. What a portal
    refused is tried again at 21:00, or when it changes at the source.
    """,
)
def iban() -> None:
    tick_dag("iban", latest=timedelta(minutes=10))


iban()
