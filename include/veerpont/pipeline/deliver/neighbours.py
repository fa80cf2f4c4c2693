"""Two integrations that deliver a flow to one place: where each delivers is noted, and whoever shares it is refused.

Airflow's connections say where somebody delivers, and each that a task asks for makes the next one dearer: the secrets
of all are looked for in whatever is logged. So a plan asks for those that nobody asked for yet or whose file has
changed, and each load for its own.

One folder may have many spellings, and one server many names. What two texts cannot tell, a server can: the same host
key, the same login and the same canonical path are one place. It is asked only where another integration has the same
login on a server with the same host key, so for nobody whose account is their own.
"""

import hashlib
from collections.abc import Collection, Mapping

import msgspec

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.flows.job import Job
from veerpont.model.failures import VeerpontError
from veerpont.model.flows import Flow
from veerpont.store import notes
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.systems.portal import Account, Portal
from veerpont.systems.registry import portal
from veerpont.systems.source import Note


def note_new(ledger: Ledger, flow: Flow, integrations: Collection[Integration], note: Note) -> None:
    """Keep in the ledger where those deliver a flow of whom it is not known, or whose file has changed since."""
    with ledger.session() as session:
        known, before = notes.with_destination(session, flow), notes.noted_files(session, flow)
    files = {each.name: _file(each) for each in integrations}
    unknown = {
        each.name
        for each in integrations
        for target in each.portals_for(flow)
        if (each.name, target.portal) not in known
    }
    changed = {name for name, file in files.items() if before.get(name, file) != file}
    _note(ledger, flow, [each for each in integrations if each.name in unknown | changed], note)
    if new := {name: file for name, file in files.items() if before.get(name) != file}:
        with ledger.session() as session:
            for name, file in new.items():
                notes.note_file(session, Scope(name, flow), file)


def others_at(job: Job, scope: Scope, there: Portal, fellows: Collection[str]) -> list[str]:
    """Return which other integrations, and with which flow, deliver to the place of this flow.

    `fellows`: those that share an account with it: with the same flow they may be there.

    Raises SettingsError or PassingError where a server has to be asked, and cannot be.
    """
    _note(job.ledger, job.flow, [job.integration], job.note)
    may = {(name, str(job.flow)) for name in fellows}
    others, accounts = _noted(job, scope, may)
    if not others:
        return _same_place(job, there, accounts, may)
    found, _ = read_integrations(settings().integrations, {name for name, _ in others})
    for name, flow in others:  # unless they moved away, and have not delivered since
        if name in found and flow in set(Flow):
            _note(job.ledger, Flow(flow), [found[name]], job.note)
    others, accounts = _noted(job, scope, may)
    return [f"{name} ({flow})" for name, flow in others] or _same_place(job, there, accounts, may)


def _noted(
    job: Job, scope: Scope, may: Collection[tuple[str, str]]
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return who was last seen to deliver to the same place, and whose accounts are known."""
    with job.ledger.session() as session:
        others = [each for each in notes.sharers(session, scope) if each not in may]
        return others, notes.other_accounts(session, job.name)


def _note(ledger: Ledger, flow: Flow, integrations: Collection[Integration], note: Note) -> None:
    found: list[tuple[Scope, str, str]] = []
    for item in integrations:
        for target in item.portals_for(flow):
            try:
                there = portal(target.portal)
                account = msgspec.json.encode(there.account(item, flow)).decode()
                found.append((Scope(item.name, flow, target.portal), there.destination(item, flow), account))
            except VeerpontError as error:
                note(f"{item.name}: {error}")  # its own load fails with the same words
    if not found:
        return
    with ledger.session() as session:  # one transaction: there may be a thousand
        for scope, destination, account in found:
            notes.note_destination(session, scope, destination, account)


def _file(integration: Integration) -> str:
    """Return a fingerprint of what stands in a file, and not of what a release takes where nothing does."""
    return hashlib.blake2b(integration.model_dump_json(exclude_unset=True).encode(), digest_size=16).hexdigest()


def _same_place(job: Job, there: Portal, noted: Mapping[str, list[str]], may: Collection[tuple[str, str]]) -> list[str]:
    """Return which other integrations, and with which flow, deliver to the place of this flow, as the server says.

    Raises SettingsError or PassingError when there is somebody to ask about, and the server cannot be asked.

    Args:
        noted: the accounts of others → who has them (`notes.other_accounts`).
    """
    ours = there.account(job.integration, job.flow) if noted else None
    if ours is None:
        return []
    users: dict[Account, list[str]] = {}
    for text, who in noted.items():
        account = msgspec.json.decode(text, type=Account | None)
        if account is not None and ours.may_be(account):
            users.setdefault(account, []).extend(who)
    if not users:
        return []
    same = [name for each in there.same_place(job.integration, job.flow, list(users)) for name in users[each]]
    return sorted(set(same) - {f"{name} ({flow})" for name, flow in may})
