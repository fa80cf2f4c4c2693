"""What the ledger refers to in the vault; all else that is of a kind goes, by one engine (store.kinds)."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from veerpont.store import kinds
from veerpont.store.kinds import Owner
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, Pointer, Work
from veerpont.store.vault import Sequence, Vault


def nobody(_session: Session) -> Collection[str]:
    """Of no flow anything is in the hands of a run."""
    return ()


def sweep(
    ledger: Ledger,
    vault: Vault,
    scope: Scope,
    owners: Collection[Owner] = (Owner.LOAD,),
    busy: Callable[[Session], Collection[str]] = nobody,
) -> None:
    """Delete what the ledger does not refer to; under the lease of the loads that it is about.

    Args:
        scope: a flow to one portal, with what its portals share; without a flow all of an integration.
        owners: of whose kinds.
        busy: returns the flows of which a run has something in hand: that stays.
    """
    roots = {scope.shared.folder, scope.folder}
    # before the ledger is asked: what comes after that is not looked at
    there = [path for root in sorted(roots) for path in _things(vault, root, owners, everything=not scope.flow)]
    with ledger.session() as session:
        keep = referred(session, scope.integration, scope.flow).keys()
        left_alone = busy(session)
    for path in there:
        kind = kinds.of(path)
        if path not in keep and not (kind and kind.owner is Owner.RUN and path.split("/")[1] in left_alone):
            vault.delete(path)


def _things(vault: Vault, folder: str, owners: Collection[Owner], everything: bool) -> Iterator[str]:
    """Yield the path of each thing whose kind has one of these owners; `everything`: also at every portal below."""
    for path in vault.entries(folder):
        kind = kinds.of(path)
        if kind is None and everything:
            yield from _things(vault, path, owners, everything)
        elif kind is not None and kind.owner in owners:
            yield from _things(vault, path, owners, everything) if kinds.is_folder(path) else [path]


def referred(session: Session, integration: str = "", flow: str = "") -> dict[str, Sequence | None]:
    """Return path → the sequence that is there, None for a file, of all that the ledger refers to.

    Args:
        integration, flow: only what is of them, where they are said.
    """
    found: dict[str, Sequence | None] = {}
    # of what was only held and is settled, the keys go
    kept = (Delivery.state != "superseded") | (Delivery.name != "")
    of = [Delivery.integration == integration] if integration else []
    of += [Delivery.flow == flow] if flow else []
    files = session.scalars(select(Delivery.object).where(*of, kept))
    brought = session.scalars(select(Work.object).where(*([Work.integration == integration] if integration else [])))
    found |= dict.fromkeys(path for path in (*files, *brought) if path)
    pointers = [Pointer.integration == integration] if integration else []
    pointers += [Pointer.flow == flow] if flow else []
    texts = [*session.scalars(select(Pointer.sequence).where(*pointers))]
    # what becomes current when it was accepted
    prepared = session.scalars(select(Delivery.outcome).where(*of, Delivery.state == "prepared"))
    texts += [each or "{}" for each in prepared]
    return found | {sequence.path: sequence for text in texts for sequence in sequences(text)}


def sequences(text: str) -> list[Sequence]:
    """Return the sequences in what a pointer or an outcome says, wherever they stand in it."""
    return list(_walk(msgspec.json.decode(text)))


def moved(text: str, to: dict[str, Sequence]) -> str:
    """Return what a pointer says once these take the place of the sequences at the paths that they are given by."""

    def changed(value: Any) -> Any:
        match value:
            case {"path": str(path), "checksum": str()}:
                return to.get(path, value)
            case dict():
                return {name: changed(inner) for name, inner in value.items()}
        return value

    return msgspec.json.encode(changed(msgspec.json.decode(text))).decode()


def _walk(value: Any) -> Iterator[Sequence]:
    match value:
        case {"path": str(), "checksum": str()}:
            yield msgspec.convert(value, Sequence)
        case dict():
            for inner in value.values():
                yield from _walk(inner)
