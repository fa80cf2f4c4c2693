"""What people bring to the desk, done as soon as they bring it."""

from datetime import timedelta

from airflow.sdk import dag, get_current_context, task

from veerpont.airflow.flow_dag import CALLBACKS, PARAMS
from veerpont.airflow.terms import STEP, guarded, wait_until


@dag(
    dag_id="desk_work",
    dag_display_name="Veerpont: desk work",
    schedule=None,  # the desk starts it
    catchup=False,
    is_paused_upon_creation=False,  # it does nothing but what somebody asked for
    max_active_runs=4,  # one that waits for a flow of its customer keeps no other one back
    default_args={
        "owner": "veerpont",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": STEP,
        **CALLBACKS,
    },
    params=PARAMS,
    tags=["veerpont", "by the desk"],
    doc_md="""
    ### Desk work

    Does what people ask of the desk. A portal's report, on the page Deliveries: the desk keeps it encrypted and starts
    this DAG; it is read here, in a process with limits on memory and time, and the page says what came of it. A
    preview, on a customer's checklist: what the next run of a flow would send, as counts; nothing is sent. On Special:
    forget a person, adopt what is at a portal in use, discard that. While the flow of a report is being loaded, or a
    run of the customer has rows in hand, a run waits without a worker slot, at most an hour.

    `veerpont deliveries list` shows what is confirmed, `veerpont rejects list` what the portal rejected.

    **When it fails:** it is a defect of ours; a file that cannot be read is no failure, its page says why. It is safe
    to run it again at any time: what was done is not done twice.
    """,
)
def desk_work() -> None:
    @task
    def do() -> None:
        from veerpont.pipeline.desk_work import do as done
        from veerpont.store.clock import machine

        integration = get_current_context()["params"]["integration"]
        if guarded(lambda: done(print, integration)):
            wait_until(machine() + timedelta(minutes=1))

    do()


desk_work()
