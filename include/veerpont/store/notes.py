"""Short texts that are kept of a flow: the number of the newest read, a moment, settings. Never a value of a person."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from veerpont.store.clock import now
from veerpont.store.scope import Scope
from veerpont.store.table_base import NOT_IN_HAND
from veerpont.store.tables import Note

_NOTE = select(Note).where(*Scope.given(Note), Note.name == bindparam("name"))


def noted(session: Session, scope: Scope, name: str) -> str | None:
    """Return the text that is kept under a name; None when there is none yet.

    `read`: the number of the newest read that was loaded (store.reads).
    """
    row = _note(session, scope, name)
    return row.value if row else None


def note(session: Session, scope: Scope, name: str, value: str) -> None:
    """Keep a text under a name, in place of the one before."""
    row = _note(session, scope, name)
    if row is None:
        session.add(Note(**scope.columns, name=name, value=value, at=now()))
    elif row.value != value:
        row.value, row.at = value, now()


def forget(session: Session, integration: str, name: str) -> None:
    """Forget what is kept under a name, of all flows of an integration."""
    session.execute(delete(Note).where(Note.integration == integration, Note.name == name))


def forget_at(session: Session, scope: Scope, name: str) -> None:
    """Forget what is kept under a name, of exactly this scope."""
    session.execute(delete(Note).where(*scope.rows(Note), Note.name == name))


# -- whose lines stand in the file of an account -----------------------------------------------------------------------

ACCOUNT = "member of"
"""The account in whose file the lines of an integration stand, since the portal accepted one."""


def noted_at(session: Session, integration: str, name: str) -> list[Scope]:
    """Return of which flows and portals of an integration something is kept under a name."""
    rows = session.scalars(select(Note).where(Note.integration == integration, Note.name == name).order_by(Note.id))
    return [Scope.of(row) for row in rows]


def in_account(session: Session, scope: Scope, account: str) -> list[str]:
    """Return the integrations whose lines stand in the file of an account, of the flow and portal of a scope."""
    there = Note.flow == scope.flow, Note.portal == scope.portal
    query = select(Note.integration).where(*there, Note.name == ACCOUNT, Note.value == account)
    return sorted(session.scalars(query))


# -- where integrations deliver ----------------------------------------------------------------------------------------

_DESTINATION, _ACCOUNT, _FILE = "destination", "account", "destination by"
_SHARERS = select(Note.integration, Note.flow).where(
    Note.name == _DESTINATION, Note.value == bindparam("value"), Note.id != bindparam("own")
)
_OTHER_ACCOUNTS = select(Note.value, Note.integration, Note.flow).where(
    Note.name == _ACCOUNT, Note.integration != bindparam("integration")
)


def note_destination(session: Session, scope: Scope, destination: str, account: str | None = None) -> None:
    """Keep where an integration delivers a flow, so that two that would share a folder can be refused.

    account: where the server knows better than the destination, what to ask it about (JSON of the caller's).
    """
    note(session, scope, _DESTINATION, destination)
    note(session, scope, _ACCOUNT, account or "null")


def forget_destinations(session: Session, flow: str, keep: Collection[str]) -> None:
    """Forget where integrations deliver a flow that they no longer have."""
    names = [_DESTINATION, _ACCOUNT, _FILE]
    gone = delete(Note).where(Note.flow == flow, Note.name.in_(names), Note.integration.not_in(list(keep)))
    session.execute(gone, execution_options=NOT_IN_HAND)


def note_file(session: Session, scope: Scope, file: str) -> None:
    """Keep with which file of an integration its destinations were asked for. `file`: a fingerprint."""
    note(session, scope, _FILE, file)


def noted_files(session: Session, flow: str) -> dict[str, str]:
    """Return integration → what `note_file` kept of it for a flow."""
    rows = session.execute(select(Note.integration, Note.value).where(Note.flow == flow, Note.name == _FILE))
    return {row.integration: row.value for row in rows}


def with_destination(session: Session, flow: str) -> set[tuple[str, str]]:
    """Return the integrations and portals of which it is known where they deliver a flow."""
    query = select(Note.integration, Note.portal).where(Note.flow == flow, Note.name == _DESTINATION)
    return {(row.integration, row.portal) for row in session.execute(query)}


def destinations(session: Session) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return integration, flow and portal → where it was last seen to deliver, and its account (`note_destination`)."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in session.scalars(select(Note).where(Note.name.in_([_DESTINATION, _ACCOUNT]))):
        found.setdefault((row.integration, row.flow, row.portal), {})[row.name] = row.value
    return {
        key: (kept[_DESTINATION], kept.get(_ACCOUNT, "null")) for key, kept in found.items() if _DESTINATION in kept
    }


def sharers(session: Session, scope: Scope) -> list[tuple[str, str]]:
    """Return which other flows were last seen to deliver to the same place, with the integration of each."""
    own = _note(session, scope, _DESTINATION)
    if own is None:
        return []
    return sorted((row.integration, row.flow) for row in session.execute(_SHARERS, {"value": own.value, "own": own.id}))


def shares_destination(session: Session, scope: Scope) -> list[str]:
    """Return the same in words."""
    return [f"{name} ({flow})" for name, flow in sharers(session, scope)]


def other_accounts(session: Session, integration: str) -> dict[str, list[str]]:
    """Return the accounts that other integrations were last seen to deliver to → who, and with which flow."""
    found: dict[str, list[str]] = {}
    for row in session.execute(_OTHER_ACCOUNTS, {"integration": integration}):
        found.setdefault(row.value, []).append(f"{row.integration} ({row.flow})")
    return found


def _note(session: Session, scope: Scope, name: str) -> Note | None:
    return session.scalar(_NOTE, scope.columns | {"name": name})
