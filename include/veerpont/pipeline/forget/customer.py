"""Forget a customer who left: all that is kept of its records. The books of its runs and the decisions stay."""

from contextlib import ExitStack
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError
from veerpont.pipeline.forget.person import hold_still
from veerpont.store import deliveries, employers, erasures, notes
from veerpont.store.clock import now
from veerpont.store.employers import Gate
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision, Delivery, Reject, Run
from veerpont.store.vault import Vault

WARNING = (
    "The portals keep what they have: nothing is sent. Backups of the ledger and the vault still hold it. Delete the "
    "Airflow connections of this customer too."
)


def forget_all(name: str, by: str, really: bool = True) -> dict[str, Any]:
    """Take out all records of an integration whose file is gone, or whose employers are all inactive and purged.

    Args:
        by: who decides it. really: do it, not only say what there is.

    Raises SettingsError while it may still run, PassingError while a run of it is busy.
    """
    ours = settings()
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    readable, broken = read_integrations(ours.integrations)
    with ledger.session() as session:
        known = session.scalar(select(func.count()).select_from(Run).where(Run.integration == name))
        gate = employers.states(session, name).values()
        rejects = session.scalar(select(func.count()).select_from(Reject).where(Reject.integration == name)) or 0
    if name in broken:
        raise broken[name]
    if name not in readable and not known:
        raise SettingsError(f"Nothing is known of an integration {name}.")
    if name in readable and any(row.state == Gate.ACTIVE or row.frozen for row in gate):
        raise SettingsError(
            f"{name} may still run: take its file away, or deactivate all its employers with `veerpont employers "
            "deactivate --purge` and let its flows run once more. Nothing was changed."
        )
    with ledger.session() as session:
        there = [scope for scope in notes.noted_at(session, name, notes.ACCOUNT) if _is_told(session, scope)]
        beside = deliveries.with_lines_of(session, name)
    if there:
        raise SettingsError(
            f"Lines of {name} stand in the file of an account that it shares ({', '.join(map(str, there))}), which "
            "would lose them without a question. Take its file away, let the others run once, release the delivery "
            "that asks about them (veerpont deliveries list), and let the others run again. Nothing was changed."
        )
    found = {"integration": name, "objects": len(vault.paths(name)), "rejects": rejects, "warning": WARNING}
    if really:
        with ExitStack() as stack:
            held = hold_still(ledger, name, stack)
            with ledger.session() as session:
                for each in held:
                    each.require(session)
                brought = erasures.integration(session, name)
                for row in beside:  # files of others, made while they shared an account
                    brought.append(row.object or "")
                    session.get_one(Delivery, row.id).object = None
                session.add(Decision(integration=name, subject="all", decision="forget", by=by, at=now()))
            for path in (name, *brought):
                vault.delete(path)
    return found | {"done": really}


def _is_told(session: Session, scope: Scope) -> bool:
    told = deliveries.told(session, scope)
    return told is not None and told.items > 0
