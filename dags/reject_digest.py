"""The mail of 07:00: to the managers of each integration, and one to the engineers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task

from veerpont.airflow.flow_dag import DEFAULTS, PARAMS, RUN_TYPES
from veerpont.airflow.terms import ZONE, guarded, skip_old_tick, unattended

LATEST = timedelta(hours=4)  # a mail of the morning that comes after 11:00 is left to the next morning


@dag(
    dag_id="reject_digest",
    dag_display_name="Veerpont: reject digest",
    schedule=CronTriggerTimetable("0 7 * * *", timezone=ZONE),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=RUN_TYPES,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["veerpont", "daily", "mail"],
    doc_md="""
    ### Reject digest

    Sends the mail of 07:00. To the managers of each integration (`mail.to`): what is open (*uitval*), new, solved and
    held, which employers are pending, and which flow has not succeeded since 21:00. To the engineers
    (`VEERPONT_ENGINEERS`): defects, what should have passed and lasts, and integration files that cannot be used.
    Theirs comes every day, so that its absence says that nothing runs. Managers of a customer that is not live yet get
    none.

    One mail a day: a second run on the same day sends nothing again. No personal data, no record keys. What it counts,
    `veerpont rejects list` and `veerpont deliveries list` show.

    **When it fails:** the message says why the mail server did not take the mail; the connection is `smtp_default`. An
    integration whose mail fails does not stop the others. It is safe to clear and run any task again.
    """,
)
def reject_digest() -> None:
    @task(map_index_template=None)
    def plan() -> list[str]:
        from veerpont.config.integration import read_integrations
        from veerpont.config.settings import settings
        from veerpont.model.failures import SettingsError
        from veerpont.pipeline.plan import without_waiting
        from veerpont.store.ledger import Ledger

        context = get_current_context()
        skip_old_tick(context["dag_run"], LATEST)
        only = context["params"]["integration"]
        by_schedule = unattended(context["dag_run"])

        def names() -> list[str]:
            found, broken = read_integrations(settings().integrations)
            for name, error in broken.items():
                print(f"{name}: {error}")  # the engineers' mail says so as well
            mailed = [name for name, one in found.items() if one.mail.to]
            if only is not None and only not in mailed:
                raise SettingsError(f"No integration {only} has mail.to. There are: {', '.join(mailed) or 'none'}.")
            chosen = [name for name in mailed if only in {None, name}]
            return without_waiting(Ledger(settings().ledger), found, chosen, print) if by_schedule else chosen

        found: list[str] = guarded(names)
        return found

    @task
    def send(integration: str) -> str:
        from veerpont.airflow.callbacks import watch
        from veerpont.desk.digest_mail import send_once
        from veerpont.store.clock import now

        context: Any = get_current_context()
        context["integration"] = integration  # what the grid shows as map index

        def work() -> str:
            here = watch()
            one = here.integrations[integration]
            return send_once(here.ledger, one, now(), here.desk_url, here.post)

        done = guarded(work)
        print(done)
        return str(done)

    @task(map_index_template=None)
    def engineers() -> str:
        from veerpont.airflow.callbacks import watch
        from veerpont.alerts.watch import look, tell
        from veerpont.desk.digest_mail import send_to_engineers_once
        from veerpont.store.clock import now

        run = get_current_context()["dag_run"]
        skip_old_tick(run, LATEST)

        def work() -> str:
            here, moment = watch(), now()
            look(here, moment)  # what has lasted until the morning, also when no flow has run since
            tell(here, moment)
            return send_to_engineers_once(
                here.ledger, here.integrations, here.broken, here.engineers, moment, here.desk_url, here.post
            )

        done = guarded(work)
        print(done)
        return str(done)

    send.expand(integration=plan())
    engineers()


reject_digest()
