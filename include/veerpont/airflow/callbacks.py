"""Airflow's callbacks: what a task calls when it has failed, was skipped or did its work.

They run in the task's own process, or, for a task that was killed, in the DAG processor. Whatever goes wrong in them is
a line in the log: no run fails because a mail could not be sent. `airflow/flow_dag.py` gives them to every DAG.
"""

from collections.abc import Callable, Collection
from typing import Any


def failed(context: Any) -> None:
    """Tell who can act that a task failed for good."""
    _quietly(_failed, context)


def skipped(context: Any) -> None:
    """Look at a turn that was skipped: it is told when it lasts."""
    _quietly(_ended, context)


def succeeded(context: Any) -> None:
    """Say that a flow is well again, or is not, where a run of it ended with this task."""
    if _is_last(context) or context.get("ended"):
        _quietly(_ended, context)


def watch(only: Collection[str] = ()) -> Any:
    """Return the Watch over this instance: its ledger, its integrations, and mail by the SMTP connection.

    `only`: the integrations that a task was for; empty: all.
    """
    from veerpont.alerts.watch import Watch
    from veerpont.config.integration import read_integrations
    from veerpont.config.settings import settings
    from veerpont.messages.mail import send
    from veerpont.messages.notifier import engineers_post
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

    notify, seen = engineers_post(ours.notifier), frozenset(only)
    return Watch(ledger, found, broken, ours.engineers, ours.desk_url, send, print, login_ends, notify, seen)


def _failed(context: Any) -> None:
    from veerpont.alerts.watch import task_failed
    from veerpont.store.clock import now

    flow, run_id, names = _flow(context), _run_id(context), _integrations(context)
    over = watch(names)
    if not _by_hand(run_id):
        message = f"Task {_task_id(context)} failed before the ledger knew why: see its log in Airflow."
        known = _names(over, flow, run_id, names, "failed")
        for name in _left(over, context, names) if names else [] if known else [""]:
            if name not in known:
                task_failed(over, flow, name, message, now())
    _tell(over, flow, run_id, names)


def _ended(context: Any) -> None:
    from veerpont.alerts.watch import task_well
    from veerpont.store.clock import now

    flow, names = _flow(context), context.get("ended") or _integrations(context)
    over = watch(names)
    if context.get("ended") or _is_last(context):
        for name in names or [""]:
            task_well(over, flow, name, now())
    _tell(over, flow, _run_id(context), names)


def _tell(over: Any, flow: str, run_id: str, names: Collection[str]) -> None:
    from veerpont.airflow import metrics
    from veerpont.alerts.watch import after_run
    from veerpont.store.clock import now

    ended = _names(over, flow, run_id, names)
    after_run(over, flow, ended, now())
    metrics.tell(over.ledger, flow, run_id, ended)


def _names(over: Any, flow: str, run_id: str, names: Collection[str], state: str | None = None) -> list[str]:
    """Return which integrations the ledger knows of a run, or of those this task was for only."""
    from veerpont.store import alerts

    with over.ledger.session() as session:
        found: list[str] = alerts.took_part(session, flow, run_id, state)
    return [one for one in found if not names or one in names]


def _left(over: Any, context: Any, names: Collection[str]) -> list[str]:
    """Return for whom of these something is left to do: of a batch, a task that failed has done it for the others."""
    from veerpont.store import in_hand
    from veerpont.store.in_hand import Attempt, Done

    with over.ledger.session() as session:
        rows = in_hand.found(session, Attempt(_flow(context), _run_id(context), _cleared(context)), names)
    return [name for name in names if name not in rows or rows[name].step != Done.ENDED]


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


def _cleared(context: Any) -> int:
    return int(getattr(context.get("dag_run"), "clear_number", 0) or 0)


def _integrations(context: Any) -> list[str]:
    """Return whom a mapped task is for: a customer, or those of a batch; empty for a task that is for all."""
    from veerpont.airflow.flow_dag import members

    arguments = getattr(context.get("task"), "op_kwargs", None)
    positional = getattr(context.get("task"), "op_args", None)
    found = members(arguments.get("integration")) if isinstance(arguments, dict) else []
    if not found and positional and isinstance(positional, list | tuple):
        found = members(positional[0])
    shown = context.get("integration")
    return found or ([str(shown)] if shown else [])


def _is_last(context: Any) -> bool:
    return not context["task"].downstream_task_ids
