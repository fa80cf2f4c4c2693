"""Forget a person: out of vault and ledger, with a tombstone in their place (docs/decisions/0023).

Vault objects never change: what is left of a sequence is written again, one transaction moves the ledger to all of it
and erases there, and then the old objects go. Killed anywhere and run again it ends in the same place: before the
transaction nothing has changed, and after it only what nothing points to is left to be deleted.
"""

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.flows import flow_named
from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.messages import NONE, coded
from veerpont.pipeline.compare.questions import Hold
from veerpont.pipeline.deliver.send import Outcome
from veerpont.pipeline.forget.identity import KnownPerson, Records, identify
from veerpont.store import deliveries, erasures, forgotten, kinds, notes, resend_state, trail_log
from veerpont.store.clock import now
from veerpont.store.deliveries import State, decode_kept
from veerpont.store.forgotten import Left
from veerpont.store.kinds import Kind, Owner
from veerpont.store.leases import LeaseGuard, lease
from veerpont.store.ledger import Ledger
from veerpont.store.scope import Scope
from veerpont.store.sweep import moved, sequences, sweep
from veerpont.store.tables import Delivery, Forgotten, Link, Pointer, Reject, Run
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.registry import portal, portals, source

WARNING = (
    "While the source still shows this person, the next run brings them back: have them removed there first. Backups "
    "of the ledger and the vault still hold them, as do the portals until the removal was released and made."
)
WAIT = timedelta(seconds=30)
BUSY = timedelta(hours=6)
"""A run that began longer ago and never ended was stopped from outside."""

_decode_line = msgspec.json.Decoder(Line).decode


@dataclass
class PersonalData:
    """What there is of the person. `pointers`: those to a sequence with something theirs, by id, with how much.

    `shared`: record keys that others have too, at another employer.
    """

    person: KnownPerson
    pointers: dict[int, int] = field(default_factory=dict)
    in_trails: bool = False
    left: dict[Scope, dict[str, str]] = field(default_factory=dict)
    rejects: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    prepared: list[int] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)

    @property
    def anything(self) -> bool:
        """Whether anything is known of them."""
        return any((self.pointers, self.rejects, self.links, self.held, self.files, self.left))


def forget(name: str, asked: str, by: str, really: bool = True) -> dict[str, Any]:
    """Forget a person, or only say what that would take; returns what docs/contracts.md shows.

    Args:
        name: the integration. asked: the record key, or a personnel number (`identity`). by: who decides it.

    Raises SettingsError when nothing is known of them or several may be meant, PassingError while a run of the
    integration is busy.
    """
    return _Forgetting(name).run(asked, by, really)


class _Forgetting:
    def __init__(self, name: str) -> None:
        ours = settings()
        readable, broken = read_integrations(ours.integrations)
        if name not in readable:
            raise broken.get(name) or SettingsError(
                coded(
                    "forget.no_integration",
                    "There is no integration {name}. There are: {known}. Of one whose file is gone `veerpont "
                    "forget INTEGRATION --all` takes out everything.",
                    name=name,
                    known=", ".join(readable) or NONE,
                )
            )
        self.name, self.integration = name, readable[name]
        self.ledger, self.vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
        self.ledger.require_current()

    def run(self, asked: str, by: str, really: bool) -> dict[str, Any]:
        with ExitStack() as stack:
            held = hold_still(self.ledger, self.name, stack) if really else []
            with self.ledger.session() as session:  # the files of others may show them as well
                beside = {Scope.of(row) for row in deliveries.with_lines_of(session, self.name)}
            loads = sorted({scope.loads for scope in beside}) if really else []
            held += [stack.enter_context(lease(self.ledger, name, wait=WAIT)) for name in loads]
            found = self._find(asked)
            with self.ledger.session() as session:
                before = forgotten.found(session, self.name).get(trail_log.marker(self.vault)(found.person.key))
            if not found.anything and before is None:
                raise SettingsError(
                    coded(
                        "forget.unknown",
                        "Nothing is known of {key} in {name} (`veerpont trace`). Of somebody who left give the "
                        "record key, not the personnel number.",
                        key=found.person.key,
                        name=self.name,
                    )
                )
            said = self._said(found, before)
            if really and found.anything:
                said["number"] = self._erase(found, by, held)
            if really:
                owners = {Owner.LOAD, Owner.READ, Owner.RUN}
                sweep(self.ledger, self.vault, Scope(self.name), owners, partial(_busy_flows, self.name))
                for scope in beside:
                    sweep(self.ledger, self.vault, scope)
            return said | {"done": really}

    # -- what there is -------------------------------------------------------------------------------------------------

    def _find(self, asked: str) -> PersonalData:
        with self.ledger.session() as session:
            rows = {row.id: row for row in _pointers(session, self.name)}
            links = list(session.scalars(select(Link).where(Link.integration == self.name)))
            rejects = list(session.scalars(select(Reject).where(Reject.integration == self.name)))
            sent = list(session.scalars(select(Delivery).where(Delivery.integration == self.name)))
            beside = deliveries.with_lines_of(session, self.name)
        prepared = [row for row in sent if row.state == State.PREPARED]
        found_at = {number: sequences(row.sequence) for number, row in rows.items()}
        records: dict[Kind | None, list[tuple[str, Sequence]]] = defaultdict(list)
        for number, row in rows.items():
            for sequence in found_at[number]:
                records[kinds.of(sequence.path)].append((row.flow, sequence))
        told = {row.id: _outcome(row).pointers for row in prepared}
        for sent_not_yet in prepared:
            for sequence in told[sent_not_yet.id].values():
                records[kinds.of(sequence.path)].append((sent_not_yet.flow, sequence))
        person = identify(asked, Records(self.vault, records), links, rejects, source(self.integration.source.system))
        mark = trail_log.marker(self.vault)
        person.marks |= set(map(mark, person.keys))
        for code, known in person.numbers:
            person.numbered.setdefault(mark(f"number:{known}"), set()).add(code)
        found = PersonalData(person)
        for number, each in found_at.items():
            for sequence in each:
                if theirs := self._count(person, sequence):
                    found.pointers[number] = found.pointers.get(number, 0) + theirs
                    found.in_trails |= kinds.of(sequence.path) is kinds.TRAILS
        names = {kinds.SNAPSHOTS.pointer, kinds.ADOPTED.pointer}
        snapshots: list[tuple[Pointer | Delivery, Sequence]] = [
            (row, sequence) for row in rows.values() if row.kind in names for sequence in found_at[row.id]
        ]
        name = kinds.SNAPSHOTS.pointer
        snapshots += [(row, told[row.id][name]) for row in prepared if name in told[row.id]]
        for where, sequence in snapshots:
            for line in map(_decode_line, self.vault.read(sequence)):
                if person.has_line(line):
                    found.left.setdefault(Scope.of(where), {})[line.id] = line.employer
                else:
                    found.shared |= {line.key} & person.aliases
        found.rejects = [row.id for row in rejects if person.has_id(row.key) or person.is_alias(row.key, row.employer)]
        found.links = [row.id for row in links if row.key in person.keys or person.is_alias(row.key, row.employer)]
        found.shared |= person.aliases & {row.key for row in rejects if row.id not in found.rejects}
        found.shared |= person.aliases & {row.key for row in links if row.id not in found.links}
        prepared += [row for row in beside if row.state == State.PREPARED]
        found.prepared = [row.id for row in prepared]
        found.held = [row.id for row in sent if not row.name and row.object and self._asks_about(person, row.object)]
        known_as = bool(person.numbers) or not found.in_trails
        found.files = [
            row.id
            for row in (*sent, *beside)
            if row.name and row.object and row.id not in found.prepared and self._may_show(person, row, known_as)
        ]
        return found

    def _count(self, person: KnownPerson, sequence: Sequence) -> int:
        """Return how many items would not stay as they are."""
        kind = kinds.of(sequence.path)
        try:
            return sum(person.without(kind, item) != item for item in self.vault.read(sequence))
        except SettingsError:
            if kind is kinds.MEMORY:  # a memory goes with the staged batches: then there is nothing to forget
                return 0
            raise

    def _asks_about(self, person: KnownPerson, path: str) -> bool:
        try:
            kept = decode_kept(self.vault.get(path))
        except FileNotFoundError:
            return False
        return any(map(person.has_id, kept.new | kept.changed | kept.gone))

    def _may_show(self, person: KnownPerson, row: Delivery, known_as: bool) -> bool:
        """Tell whether a file may show them; each does where nobody knows any more what they were known as."""
        return flow_named(row.flow).may_show(lambda: not known_as or self._is_in(person, row))

    def _is_in(self, person: KnownPerson, row: Delivery) -> bool:
        if row.portal not in portals() or not portal(row.portal).readable:
            return True
        try:
            return person.may_be_in(self.vault.open(row.object or ""))
        except FileNotFoundError:
            return False

    def _said(self, found: PersonalData, before: Forgotten | None) -> dict[str, Any]:
        with self.ledger.session() as session:
            rows = {row.id: row for row in session.scalars(select(Pointer).where(Pointer.id.in_(found.pointers)))}
            files = [session.get_one(Delivery, each) for each in found.files]
        return {
            "integration": self.name,
            "key": found.person.key,
            "number": before.id if before else 0,
            "before": before.at.isoformat() if before else None,
            "lines": [
                {
                    "flow": scope.flow,
                    "portal": scope.portal,
                    "lines": len(lines),
                    "removal": "held" if flow_named(scope.flow).to_remove(lines) else "none",
                }
                for scope, lines in sorted(found.left.items(), key=lambda left: str(left[0]))
            ],
            "history": sum(count for each, count in found.pointers.items() if rows[each].kind == kinds.HISTORY.pointer),
            "rejects": len(found.rejects),
            "links": len(found.links),
            "files": [{name: getattr(row, name) for name in ("id", "flow", "portal", "name")} for row in files],
            "superseded": found.prepared if found.anything else [],
            "warning": WARNING,
        }

    # -- and what becomes of it ----------------------------------------------------------------------------------------

    def _erase(self, found: PersonalData, by: str, held: list[LeaseGuard]) -> int:
        person = found.person
        written = {each: self._written(person, each) for each in found.pointers}
        with self.ledger.session() as session:
            for lock in held:
                lock.require(session)
            marks = person.marks.union(map(trail_log.marker(self.vault), person.lines))
            row = forgotten.add(session, self.name, marks, by)
            for number, content in written.items():
                session.get_one(Pointer, number).sequence = content
            for scope, lines in found.left.items():
                self._leave(session, row.id, scope, lines)
            erasures.rejects(session, [session.get_one(Reject, each) for each in found.rejects])
            session.execute(delete(Link).where(Link.id.in_(found.links)))
            for each in found.held:
                self._ask_without(session, person, session.get_one(Delivery, each))
            for each in found.prepared:
                self._give_up(person, session.get_one(Delivery, each))
            for each in found.files:
                session.get_one(Delivery, each).object = None
            # iban looks again only at what is not settled
            notes.forget(session, self.name, "settled")
            session.flush()
            keys = person.keys | (person.aliases - found.shared)
            erasures.texts(session, self.name, keys, f"{forgotten.KIND} {row.id}")
            return row.id

    def _written(self, person: KnownPerson, number: int) -> str:
        """Write again what a pointer leads to, without what is theirs; return what it says then."""
        with self.ledger.session() as session:
            row = session.get_one(Pointer, number)
        new = {}
        for old in sequences(row.sequence):
            items = map(partial(person.without, kinds.of(old.path)), self.vault.read(old))
            path = f"{old.path.rpartition('/')[0]}/{uuid4().hex}"
            new[old.path] = self.vault.write(path, (item for item in items if item is not None))
        return moved(row.sequence, new)

    def _leave(self, session: Session, number: int, scope: Scope, lines: dict[str, str]) -> None:
        """Keep that a portal still has lines that it has to lose."""
        going = flow_named(scope.flow).to_remove(lines)
        if not going:
            return
        mark = trail_log.marker(self.vault)
        told = scope.portal in portals() and not portal(scope.portal).complete
        kept = {line.mark: line for line in forgotten.left(session, self.vault, scope)}
        for identity, employer in going.items():
            kept.setdefault(mark(identity), Left(number, mark(identity), employer, identity if told else ""))
        path = kinds.FORGOTTEN.path(scope, uuid4().hex)
        forgotten.keep(session, self.vault.write(path, forgotten.encoded(kept.values())), scope)

    def _ask_without(self, session: Session, person: KnownPerson, row: Delivery) -> None:
        """Let a question be about the others; there is none when it was about this person only."""
        kept = decode_kept(self.vault.get(row.object or ""))
        hold = Hold(row.reasons.split(), person.others(kept.gone), whole=not kept.gone, schema=kept.schema)
        hold.new, hold.changed = person.others(kept.new), person.others(kept.changed)
        if kept.gone:
            row.gone, row.question = len(hold.waiting), self.vault.fingerprint(hold.question)
            if not hold.waiting:
                row.state, row.object = State.SUPERSEDED, None
                return
        path = f"{(row.object or '').rpartition('/')[0]}/{uuid4().hex}"
        self.vault.put(path, hold.kept)
        row.object = path

    def _give_up(self, person: KnownPerson, row: Delivery) -> None:
        """Let what was not sent yet be made again; what was only to be sent again goes back to what it was."""
        if resend_state.of(row).again:
            resend_state.end(row, sent=False)
            if row.object and self._is_in(person, row):
                row.object = None
        else:
            row.state, row.object, row.outcome = State.SUPERSEDED, None, None


def hold_still(ledger: Ledger, name: str, stack: ExitStack) -> list[LeaseGuard]:
    """Hold every load of an integration until the stack closes; PassingError while a run of it is busy."""
    held = [stack.enter_context(lease(ledger, Scope(name, flow).loads, wait=WAIT)) for flow in Flow]
    with ledger.session() as session:
        busy = _busy(session, name)
    if busy:
        raise PassingError(
            coded(
                "forget.busy",
                "A run of {flow} of {name} is busy since {since} (UTC), and has rows in hand: do it "
                "again when that has ended. Nothing was changed.",
                flow=busy[0].flow,
                name=name,
                since=f"{busy[0].started_at:%H:%M}",
            )
        )
    return held


def _busy_flows(name: str, session: Session) -> set[str]:
    return {run.flow for run in _busy(session, name)}


def _busy(session: Session, name: str) -> list[Run]:
    query = select(Run).where(Run.integration == name, Run.state == "running", Run.started_at > now() - BUSY)
    return list(session.scalars(query))


def _pointers(session: Session, name: str) -> list[Pointer]:
    return list(session.scalars(select(Pointer).where(Pointer.integration == name).order_by(Pointer.id)))


def _outcome(row: Delivery) -> Outcome:
    return msgspec.json.decode(row.outcome or "", type=Outcome)
