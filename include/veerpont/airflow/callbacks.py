"""Airflow's callbacks: what a task calls when it has failed, was skipped or did its work.

They run in the task's own process, or, for a task that was killed, in the DAG processor. Whatever goes wrong in them is
a line in the log: no run fails because a mail could not be sent. `airflow/flow_dag.py` gives them to every DAG.
"""

from collections.abc import Callable
from typing import Any


def failed(context: Any) -> None:
    """Tell who can act that a task failed for good."""
    _quietly(_failed, context)


def skipped(context: Any) -> None:
    """Look at a turn that was skipped: it is told when it lasts."""
    _quietly(_ended, context)


def succeeded(context: Any) -> None:
    """Say that a flow is well again, after the last task of it."""
    if _is_last(context):
        _quietly(_ended, context)


def watch(only: str = "") -> Any:
    """Return the Watch over this instance: its ledger, its integrations, and mail by the SMTP connection.

    `only`: the one integration that a task was for; empty: all.
    """
    from veerpont.alerts.watch import Watch
    from veerpont.config.integration import read_integrations
    from veerpont.config.settings import settings
    from veerpont.messages.mail import send
    from veerpont.model.failures import SettingsError
    from veerpont.store.ledger import Ledger
    from veerpont.systems.registry import source

    ours = settings()
    try:
        found, broken = read_integrations(ours.integrations, only or None)
    except SettingsError as error:  # then it is told like a file that is wrong; engineers need no file to be told
        found, broken = {}, {"VEERPONT_INTEGRATIONS": error}
    ledger = Ledger(ours.ledger)
    ledger.require_current()

    def login_ends(integration: Any) -> bool:
        return source(integration.source.system).login_ends(integration)

    return Watch(ledger, found, broken, ours.engineers, ours.desk_url, send, print, login_ends, only)


def _failed(context: Any) -> None:
    from veerpont.alerts.watch import task_failed
    from veerpont.store.clock import now

    flow, run_id, name = _flow(context), _run_id(context), _integration(context)
    over = watch(name)
    if not _by_hand(run_id) and not _names(over, flow, run_id, "failed", name):
        message = f"Task {_task_id(context)} failed before the ledger knew why: see its log in Airflow."
        task_failed(over, flow, name, message, now())
    _tell(over, flow, run_id, name)


def _ended(context: Any) -> None:
    from veerpont.alerts.watch import task_well
    from veerpont.store.clock import now

    flow, name = _flow(context), _integration(context)
    over = watch(name)
    if _is_last(context):
        task_well(over, flow, name, now())
    _tell(over, flow, _run_id(context), name)


def _tell(over: Any, flow: str, run_id: str, name: str) -> None:
    from veerpont.alerts.watch import after_run
    from veerpont.store.clock import now

    after_run(over, flow, _names(over, flow, run_id, None, name), now())


def _names(over: Any, flow: str, run_id: str, state: str | None, name: str) -> list[str]:
    """Return which integrations the ledger knows of a run, or of those this task was for only."""
    from veerpont.store import alerts

    with over.ledger.session() as session:
        found: list[str] = alerts.took_part(session, flow, run_id, state)
    return [one for one in found if name in {"", one}]


def _quietly(work: Callable[[Any], None], context: Any) -> None:
    """Do the work; what goes wrong is noted without its message, which may hold an address."""
    from veerpont.model.failures import VeerpontError

    try:
        work(context)
    except VeerpontError as foreseen:
        print(f"Nobody could be told: {foreseen}")
    except Exception as error:
        print(f"Nobody could be told ({type(error).__name__}); the next task tries again.")


# -- what Airflow says -------------------------------------------------------------------------------------------------


def _flow(context: Any) -> str:
    return str(context["dag"].dag_id if context.get("dag") else context["ti"].dag_id)


def _run_id(context: Any) -> str:
    return str(context["dag_run"].run_id if context.get("dag_run") else context["ti"].run_id)


def _by_hand(run_id: str) -> bool:
    """Tell whether somebody started the run, who then looks at it."""
    return run_id.startswith("manual__")


def _task_id(context: Any) -> str:
    return str(context["ti"].task_id)


def _integration(context: Any) -> str:
    """Return the integration of a mapped task; empty for a task that is for all."""
    if context.get("integration"):
        return str(context["integration"])
    arguments = getattr(context.get("task"), "op_kwargs", None)
    found = arguments.get("integration") if isinstance(arguments, dict) else None
    return found if isinstance(found, str) else ""


def _is_last(context: Any) -> bool:
    return not context["task"].downstream_task_ids
