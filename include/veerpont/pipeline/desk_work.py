"""What the desk is asked is kept, and done by a task (docs/decisions/0015): the API server does none of it.

Bytes go to the vault, encrypted; a row in the ledger says what they are and what came of them. Each piece is done under
a lease of its own, and its row is closed by the transaction that has its effect: killed and run again, it is done once.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy.orm import Session

from veerpont.config.settings import settings
from veerpont.model.failures import NothingToDoError, PassingError, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.pipeline import desk_acts
from veerpont.pipeline.preview import Previews, preview
from veerpont.pipeline.reports.take import Taken, intake, take
from veerpont.store import previews, work
from veerpont.store.clock import now
from veerpont.store.leases import lease
from veerpont.store.ledger import Ledger
from veerpont.store.previews import PreviewFound, WouldWait
from veerpont.store.tables import Work
from veerpont.store.vault import Vault
from veerpont.store.work import WorkState
from veerpont.systems.registry import reports as reports_of

Note = Callable[[str], None]
DAG = "desk_work"
"""Does it."""

PATIENCE = timedelta(seconds=20)
"""How long a load of the flow may hold up a piece of work before the others have their turn."""
LONGEST = timedelta(hours=1)
"""What could not be done by then is given back: somebody waits for it."""
_LEFT = timedelta(days=1)
"""Bytes without a row are of a request that died; they are swept after this."""


def give(ledger: Ledger, integration: str, by: str, flows: Collection[str], content: bytes) -> int:
    """Keep a report that somebody brought, and return the number of the work. Nothing is read of it.

    Raises SettingsError when there is no such integration with reports.
    """
    taking = intake(integration, by)
    if not reports_of(taking.integration):
        raise SettingsError(
            coded(
                "work.no_reports",
                "{integration} has no reports: no portal in its file says what one is like.",
                integration=integration,
            )
        )
    path = f"{work.FOLDER}/{uuid4().hex}"
    taking.vault.save(path, [content])
    with ledger.session() as session:
        return work.add(session, integration, work.REPORT, by, flows, path)


def ask_preview(ledger: Ledger, integration: str, flow: Flow, by: str) -> int:
    """Keep that somebody wants to see what the next run of a flow would send, and return the number of the work."""
    with ledger.session() as session:
        return work.add(session, integration, work.PREVIEW, by, [flow])


def do(note: Note, only: str | None = None) -> bool:
    """Do what waits, of one integration or of all; return whether something still has to wait.

    One piece that cannot be done keeps no other one back.

    Raises VeerpontError at the end when one met a defect of ours.
    """
    ours = settings()
    ledger = Ledger(ours.ledger)
    ledger.require_current()
    vault = Vault(ours.vault, ours.vault_keys)
    with ledger.session() as session:
        work.sweep(session)
        found = work.waiting(session, only)
    waits, defects = False, 0
    for each in found:
        try:
            with lease(ledger, f"desk_work:{each.id}", PATIENCE):
                _one(ledger, vault, each.id, note)
        except PassingError as passing:
            note(f"{each.integration}: {passing}")
            waits = True
        except Exception as defect:  # noqa: BLE001 -- its message may hold a value: only where it was is shown
            path = "".join(traceback.format_tb(defect.__traceback__))
            note(f"{each.integration}: {type(defect).__name__}, a defect of ours, at:\n{path}")
            said = coded(
                "work.defect", "A defect of ours kept this from being read; the engineers were told. Nothing was taken."
            )
            _end(ledger, vault, each, WorkState.REFUSED, result="defect", message=said)
            defects += 1
    for path in vault.older_than(work.FOLDER, _LEFT):
        vault.delete(path)
    if defects:
        raise VeerpontError(f"{defects} pieces of the desk's work met a defect of ours: see the log above.")
    return waits


def _one(ledger: Ledger, vault: Vault, number: int, note: Note) -> None:
    with ledger.session() as session:
        row = work.try_now(session, number)
    if row is None:
        return
    if row.tries > 1 and now() - row.at >= LONGEST:  # whatever ended the tries before would end this one
        _give_back(ledger, vault, row)
        return
    try:
        said = _KINDS[row.what](ledger, vault, row, note)
    except SettingsError as refused:
        note(f"{row.integration}: {refused}")
        _end(ledger, vault, row, WorkState.REFUSED, message=refused.message)
        return
    except PassingError:
        if now() - row.at < LONGEST:
            raise
        _give_back(ledger, vault, row)
        return
    note(said)
    if row.object:
        vault.delete(row.object)


def _give_back(ledger: Ledger, vault: Vault, row: Work) -> None:
    said = coded("work.busy", "It could not be done within an hour: nothing was taken. Ask again.")
    _end(ledger, vault, row, WorkState.REFUSED, result="busy", message=said)


def _report(ledger: Ledger, vault: Vault, row: Work, _: Note) -> str:
    """Take a report; return in a sentence what came of it."""
    try:
        content = vault.open(row.object or "").read()
    except FileNotFoundError:
        raise SettingsError(coded("work.not_kept", "The file is not kept any more: bring it again.")) from None
    taking = replace(
        intake(row.integration, row.by),
        ledger=ledger,
        flows=frozenset(row.flows.split()),
        wait=PATIENCE,
        told=partial(_close, row.id),
    )
    taken = take(taking, content)
    with ledger.session() as session:
        _close(row.id, session, taken)
    return taken.sentence


def _preview(ledger: Ledger, _: Vault, row: Work, note: Note) -> str:
    """See what the next run of a flow would send, and keep how much of what; never a record key."""
    try:
        found = preview(row.integration, Flow(row.flows), note)
    except (NothingToDoError, PassingError) as waits:  # somebody looks at the page: they ask again when it has passed
        raise SettingsError(waits.message) from None
    with ledger.session() as session:
        work.end(session, row.id, WorkState.DONE, result="preview", counts=previews.kept(_counted(found)))
    return f"{row.integration}: a preview of {row.flows}; nothing was sent."


def _counted(found: Previews) -> PreviewFound:
    """Return how much of what a preview has, without its record keys."""
    counted = PreviewFound(new=sum(reject["new"] for reject in found.rejects))
    for each in found.portals:
        counted.portals[each.portal] = {
            **{what: sum(map(len, keys.values())) for what, keys in each.told.items()},
            **{fate: each.counts[fate] for fate in ("unchanged", "filtered", "rejected")},
        }
        for hold in each.held:
            what, count = ("removals", hold["gone"]) if hold["gone"] else ("whole", hold["records"])
            counted.held.append(WouldWait(each.portal, what, tuple(hold["reasons"]), count))
    counted.rejects = dict(Counter(reject["reason"] for reject in found.rejects))
    return counted


_KINDS: Mapping[str, Callable[[Ledger, Vault, Work, Note], str]] = {
    work.REPORT: _report,
    work.PREVIEW: _preview,
    work.FORGET_LOOK: desk_acts.look_at_person,
    work.FORGET: desk_acts.forget_person,
    work.ADOPT: desk_acts.adopt,
    work.DISCARD: desk_acts.discard,
}


def _close(number: int, session: Session, taken: Taken) -> None:
    counts = {"rejected": taken.rejected, "rejects": taken.rejects, "unmatched": taken.unmatched}
    delivery = taken.delivery or None
    work.end(session, number, WorkState.DONE, result=taken.result, counts=counts, delivery=delivery)


def _end(ledger: Ledger, vault: Vault, row: Work, state: WorkState, *, result: str = "", message: Words = "") -> None:
    with ledger.session() as session:
        work.end(session, row.id, state, result=result, message=message)
    if row.object:
        vault.delete(row.object)
