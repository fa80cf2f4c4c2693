"""What the desk is asked of one customer that takes work: forget a person, adopt what is at a portal, discard that.

What people bring waits in the vault: an export, and also the key of whoever is to be forgotten, which is kept nowhere
else. What came of it is counts. Each may be done again: what was done is not done twice.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import msgspec

from veerpont.config.settings import settings
from veerpont.model.failures import NothingToDoError, PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.messages import Message, coded
from veerpont.pipeline.forget.person import forget
from veerpont.pipeline.moving_in import adopt as adopting
from veerpont.store import work
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Work
from veerpont.store.vault import Vault
from veerpont.store.work import WorkState

Note = Callable[[str], None]
SEPARATOR = "\t"
"""Between the words of what is counted: no code of an employer and no column has one."""
_MARK = 20


class _Export(msgspec.Struct):
    """What goes before the bytes of an export: of which portal it is, and when it was made (aware)."""

    portal: str
    taken_at: datetime


# -- asked -------------------------------------------------------------------------------------------------------------


def ask_forget(ledger: Ledger, integration: str, by: str, key: str, really: bool) -> int:
    """Keep that somebody wants to see what there is of a person, or to forget them; return the number of the work."""
    what = work.FORGET if really else work.FORGET_LOOK
    return _keep(ledger, integration, what, by, "", key.encode())


def ask_adopt(
    ledger: Ledger, integration: str, scope: tuple[Flow, str], by: str, taken_at: datetime, content: bytes
) -> int:
    """Keep an export of a portal that was made then (aware), and return the number of the work. Nothing is read of it.

    scope: flow and portal.
    """
    header = msgspec.json.encode(_Export(scope[1], taken_at))
    return _keep(ledger, integration, work.ADOPT, by, scope[0], header + b"\n" + content)


def ask_discard(ledger: Ledger, integration: str, scope: tuple[Flow, str], by: str) -> int:
    """Keep that what was adopted of a flow at a portal is to be forgotten, and return the number of the work."""
    return _keep(ledger, integration, work.DISCARD, by, scope[0], scope[1].encode())


def looked_at(row: Work, key: str) -> bool:
    """Tell whether this is the person that somebody looked at."""
    return row.what == work.FORGET_LOOK and row.result == _mark(_vault(), row.integration, key)


def _keep(ledger: Ledger, integration: str, what: str, by: str, flow: str, content: bytes) -> int:
    path = f"{work.FOLDER}/{uuid4().hex}"
    _vault().save(path, [content])
    with ledger.session() as session:
        return work.add(session, integration, what, by, [flow] if flow else [], path)


def _vault() -> Vault:
    ours = settings()
    return Vault(ours.vault, ours.vault_keys)


def _mark(vault: Vault, integration: str, key: str) -> str:
    return vault.fingerprint(f"to be forgotten\n{integration}\n{key.strip()}".encode())[:_MARK]


# -- done --------------------------------------------------------------------------------------------------------------


def look_at_person(ledger: Ledger, vault: Vault, row: Work, _: Note) -> str:
    """Count what there is of a person; nothing changes."""
    key = _brought(vault, row).decode()
    found = _without_key(lambda: forget(row.integration, key, row.by, really=False))
    with ledger.session() as session:
        mark = _mark(vault, row.integration, key)
        work.end(session, row.id, WorkState.DONE, result=mark, counts=_of_person(found))
    return f"{row.integration}: it was looked what there is of a person; nothing was changed."


def forget_person(ledger: Ledger, vault: Vault, row: Work, _: Note) -> str:
    """Forget a person, for ever."""
    key = _brought(vault, row).decode()
    found = _without_key(lambda: forget(row.integration, key, row.by, really=True))
    with ledger.session() as session:
        work.end(session, row.id, WorkState.DONE, result="forgotten", counts=_of_person(found))
    return f"{row.integration}: a person was forgotten, as number {found['number']}."


def adopt(ledger: Ledger, vault: Vault, row: Work, note: Note) -> str:
    """Adopt an export, and count how it differs from what the next run would send."""
    header, _, content = _brought(vault, row).partition(b"\n")
    said = msgspec.json.decode(header, type=_Export)
    try:
        found = adopting.adopt(
            row.integration, Flow(row.flows), content, row.by, note, portal_name=said.portal, taken_at=said.taken_at
        )
    except (NothingToDoError, PassingError) as waits:  # somebody looks at the page: they bring it again
        raise SettingsError(waits.message) from None
    counts = {"adopted": found.adopted, "unmatched": found.unmatched, "repeated": int(found.repeated)}
    for code, each in found.found.employers.items():
        for name in ("same", "differs", "only_there", "only_ours"):
            counts[_name("at", code, name)] = getattr(each, name)
        counts |= {_name("column", code, name): count for name, count in each.columns.items()}
    with ledger.session() as session:
        work.end(session, row.id, WorkState.DONE, result="adopted", counts=counts)
    return f"{row.integration}: {found.adopted} lines of {row.flows} at {said.portal} were adopted."


def discard(ledger: Ledger, vault: Vault, row: Work, _: Note) -> str:
    """Forget what was adopted."""
    portal = _brought(vault, row).decode()
    superseded = adopting.discard(row.integration, Flow(row.flows), row.by, portal)
    with ledger.session() as session:
        work.end(session, row.id, WorkState.DONE, result="discarded", counts={"superseded": len(superseded)})
    return f"{row.integration}: what was adopted of {row.flows} at {portal} was forgotten."


def _brought(vault: Vault, row: Work) -> bytes:
    try:
        return vault.open(row.object or "").read()
    except FileNotFoundError:
        raise SettingsError(coded("work.not_kept", "The file is not kept any more: bring it again.")) from None


def _without_key(work: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Do it; what is refused is said without the key: it may be a number, and stands in a log and in the ledger."""
    try:
        return work()
    except SettingsError as refused:
        raise SettingsError(_KEYLESS.get(refused.message.parts[0].code, refused.message)) from None


_KEYLESS: dict[str, Message] = {
    "forget.unknown": coded(
        "work.forget_unknown",
        "Nothing is known of this person here. Of somebody who left give the record key, not the personnel number.",
    ),
    "forget.several": coded(
        "work.forget_several",
        "Several people may have this number, for each employer has its own: give employer and number, such as "
        "01/number:1001.",
    ),
    "forget.case_key": coded(
        "work.forget_case", "That is the key of an absence case: give the key of the person whose it is."
    ),
}


def _of_person(found: dict[str, object]) -> dict[str, int]:
    """Return what `forget` found or did as counts by name."""
    kept = msgspec.convert(found, type=_Found)
    counts = {"number": kept.number, "before": int(kept.before is not None)}
    counts |= {"history": kept.history, "rejects": kept.rejects, "links": kept.links}
    for line in kept.lines:
        counts[_name("line", line.flow, line.portal, line.removal)] = line.lines
    counts |= {_name("file", str(file.id)): 1 for file in kept.files}
    return counts | {_name("superseded", str(number)): 1 for number in kept.superseded}


class _Lines(msgspec.Struct):
    flow: str
    portal: str
    lines: int
    removal: str


class _File(msgspec.Struct):
    id: int


class _Found(msgspec.Struct):
    number: int
    before: str | None
    history: int
    rejects: int
    links: int
    lines: list[_Lines]
    files: list[_File]
    superseded: list[int]


def _name(*words: str) -> str:
    return SEPARATOR.join(words)
