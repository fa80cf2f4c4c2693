"""Absence to the portals, every hour from 07:00 to 21:00."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES, flow_dag
from veerpont.airflow.terms import ZONE

INSTEAD = "load the past by `airflow backfill create --dag-id absence_history`, and let the next run deliver it"


@dag(
    dag_id="absence",
    dag_display_name="Veerpont: absence",
    schedule=CronTriggerTimetable("0 7-21 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "hourly", "absence"],
    doc_md="""
    ### Absence

    Brings absence cases (*verzuim*) of every active employer to the portals, every hour from 07:00 to 21:00. The file
    is always complete: it is made from our own history of everything that the source ever showed, never from one read.
    Once a day (at 21:00, else by the first run after it) the source is read widely, to find what was deleted there.

    Removals are held when there are many: `veerpont deliveries list --flow absence` shows what waits, `veerpont
    deliveries show ID` which cases, and `veerpont deliveries release ID --by NAME` lets them go at the next run. When
    the history does not cover the portal's window yet, the whole file waits: `veerpont coverage INTEGRATION` shows what
    is missing; the DAG `absence_history` brings it.

    **When AFAS is away** a turn is skipped. **When it fails:** the message of the failed task says what to do. It is
    safe to clear and run any task again.
    """,
)
def absence() -> None:
    flow_dag("absence", latest=timedelta(minutes=50), skips_turn=True, instead=INSTEAD)


absence()
