"""Keeps Airflow's own database small: what its runs leave there is deleted after some weeks."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from veerpont.airflow.flow_dag import CALLBACKS, RUN_TYPES
from veerpont.airflow.terms import STEP, ZONE, guarded

OTHERS = ("absence_history", "airflow_cleanup", "desk_work", "portal_reports", "reject_digest")
"""Our DAGs beside those of the flows; nobody else's are touched."""
OFTEN = ("iban",)
"""Runs every few minutes."""
DAYS, DAYS_OF_TICKS = 30, 7
TABLES = "dag_run,task_instance,task_instance_history,xcom,log"
"""Of each row of these Airflow knows of which DAG it is; what else hangs on a run goes with it."""


def clean(address: str, dag_ids: list[str], days: int) -> None:
    """Have Airflow delete what runs of some DAGs left before so many days. Its output goes to the log."""
    from veerpont.store.clock import machine

    before = machine() - timedelta(days=days)
    # a task may not see Airflow's database, and finds another address in its environment: this process is no task
    environment = {**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address}
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"]
    command += ["--clean-before-timestamp", before.isoformat(), "--dag-ids", ",".join(dag_ids), "--tables", TABLES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
    said = (done.stdout + done.stderr).replace(address, "…")
    print(said)
    if done.returncode != 0:
        raise AirflowFailException(f"`airflow db clean` ended with {done.returncode}; the log shows why.")


@dag(
    dag_id="airflow_cleanup",
    dag_display_name="Veerpont: clean-up of Airflow",
    schedule=CronTriggerTimetable("40 6 * * *", timezone=ZONE),  # after the night, before the day
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args={"owner": "veerpont", "retries": 0, "execution_timeout": STEP, **CALLBACKS},
    tags=["veerpont", "daily", "maintenance"],
    doc_md="""
    ### Clean-up of Airflow

    Deletes from Airflow's own database, every morning at 06:40, what our DAGs left there more than 30 days ago, and
    what `iban` left more than 7 days ago: runs, task instances, XCom, log entries. Other people's DAGs are not touched,
    nor the newest run of each DAG. It is `airflow db clean` that does it. What was delivered is in the ledger, and
    `veerpont runs` goes on to show it.

    It needs the address of Airflow's database in `VEERPONT_AIRFLOW_DATABASE` (or a file that `…_FILE` names), where
    tasks run; without it, it is skipped: a task of Airflow may not see that database by itself.

    **When it fails:** its log has the output of `airflow db clean`. It is safe to run it again at any time.
    """,
)
def airflow_cleanup() -> None:
    @task
    def delete() -> None:
        from veerpont.config.settings import airflow_database
        from veerpont.model.flows import Flow

        address = guarded(airflow_database)
        if not address:
            raise AirflowSkipException("VEERPONT_AIRFLOW_DATABASE is not set: Airflow's database is left alone.")
        clean(address, [*(str(flow) for flow in Flow if flow not in OFTEN), *OTHERS], DAYS)
        clean(address, [*OFTEN], DAYS_OF_TICKS)

    delete()


airflow_cleanup()
