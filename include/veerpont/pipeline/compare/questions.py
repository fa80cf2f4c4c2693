"""What waits for a person: a removal or a whole delivery, until somebody has answered (docs/decisions/0002)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.flow_load import CHANGED, FlowLoad
from veerpont.flows.guards import too_many_gone
from veerpont.flows.job import Job
from veerpont.model.messages import Message, Words, coded, together
from veerpont.model.schema import SchemaChange
from veerpont.pipeline.compare.state import Comparison
from veerpont.pipeline.compare.stream import Head, Way
from veerpont.store import deliveries, kinds
from veerpont.store.clock import now
from veerpont.store.deliveries import Kept, State, decode_kept
from veerpont.store.tables import Delivery

_encode = msgspec.json.encode
_WHOLE = frozenset({"zero_rows", "not_ours"})
"""The reasons for which all waits though it is about removals."""


@dataclass
class Hold:
    """Why something waits for a person: the whole delivery, or the removals in `waiting` (line id → employer).

    `new`, `changed`: what else waits when all of it does, or what waits instead. `schema`: how its tables are other
    ones than before. `because`: of a removal, why it is believed. `columns`: column → how it changed → lines. `remark`:
    what a person should know before they answer.
    """

    reasons: list[str]
    waiting: Mapping[str, str]
    whole: bool
    new: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    schema: SchemaChange | None = None
    because: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    remark: Words = ""

    @property
    def kept(self) -> bytes:
        """What the vault keeps of it."""
        new, changed, gone = (dict(sorted(each.items())) for each in (self.new, self.changed, self.waiting))
        because = {identity: why for identity, why in sorted(self.because.items()) if identity in gone}
        columns = {name: dict(sorted(how.items())) for name, how in sorted(self.columns.items())}
        return _encode(Kept(new, changed, gone, self.schema, because, columns, part=not self.whole))

    @property
    def lines(self) -> dict[str, str]:
        """Every line that it is about."""
        return {**self.new, **self.changed, **self.waiting}

    def only(self, lines: Collection[str]) -> "Hold":
        """Return the same about some of its lines."""
        new, changed, gone = (
            {identity: code for identity, code in each.items() if identity in lines}
            for each in (self.new, self.changed, self.waiting)
        )
        return replace(self, new=new, changed=changed, waiting=gone)

    @property
    def news(self) -> bool:
        """Whether lines wait that the portal would get."""
        return bool(self.new or self.changed)

    @property
    def sentence(self) -> Message:
        """What the run says about it."""
        if self.whole:
            what = coded("run.whole_waits", "The delivery waits")
        elif self.waiting:
            what = coded("run.removals_wait", "{count} removals wait", count=len(self.waiting))
        else:
            what = coded("run.lines_wait", "{count} lines wait, the rest goes out", count=len(self.lines))
        waits = coded(
            "run.waits",
            "{what} for a person ({reasons}): see `veerpont deliveries list`.",
            what=what,
            reasons=", ".join(self.reasons),
        )
        return together(waits, self.remark)

    @property
    def question(self) -> bytes:
        """What a person decides about. A held removal keeps its id while this stays the same."""
        schema = [self.schema.fingerprint] if self.schema else []
        return "\n".join([*self.reasons, *schema, *sorted(self.waiting if self.whole else self.lines)]).encode()


class OpenQuestions:
    """The questions about one flow to one portal."""

    def __init__(self, job: Job, portal: str) -> None:
        self.job = job
        self.scope = job.scope.to(portal)

    def released_keys(self, released: Iterable[Delivery]) -> set[str]:
        """Return the line ids whose removal these released deliveries are about."""
        return {identity for row in released for identity in self._kept(row).gone}

    def released_lines(self, released: Iterable[Delivery]) -> set[str]:
        """Return the line ids that these released deliveries let go though they are many."""
        return {
            identity
            for row in released
            for kept in [self._kept(row)]
            if kept.part
            for identity in (kept.new | kept.changed)
        }

    def _kept(self, row: Delivery) -> Kept:
        return decode_kept(self.job.vault.get(row.object)) if row.object else Kept()

    def find(
        self,
        side: FlowLoad,
        comparison: Comparison,
        released: list[Delivery],
        news: Callable[[], Iterable[tuple[Head, Way]]],
        first: bool,
        besides: Iterable[str] = (),
    ) -> list[Hold]:
        """Return what has to wait and was not released yet.

        Args:
            side: what is particular about this load.
            comparison: after `decide`.
            released: what waits no more, since a person said so.
            news: yields the lines that cross and say something new.
            first: whether this would be the first that the portal is told of this flow.
            besides: further reasons to hold the whole delivery.
        """
        limits = self.job.integration.guards
        allowed = {reason for row in released for reason in row.reasons.split()}
        reasons = [reason for reason in (*comparison.columns.broken(limits), *besides) if reason not in allowed]
        first = first and not self.job.integration.is_sandbox
        if first and not self._is_what_was_released((line.id for line, _ in news()), released):
            reasons.append("first_delivery")
        schema, nothing_read = side.schema_change, side.shows_nothing()
        if schema and any(self._kept(row).schema == schema for row in released):
            schema = None
        if schema:
            reasons.append("schema_changed")
        unmatched = comparison.waiting & comparison.unmatched
        if unmatched:
            reasons.append("not_ours")
        holds = []
        if reasons:
            what: dict[Way, dict[str, str]] = {Way.NEW: {}, Way.CHANGED: {}}
            for line, way in news():
                what[way][line.id] = line.employer
            new, changed = what[Way.NEW], what[Way.CHANGED]
            columns = _columns(comparison)
            gone = {identity: comparison.told[identity].employer for identity in unmatched}
            holds.append(Hold(reasons, gone, whole=True, new=new, changed=changed, schema=schema, columns=columns))
        if comparison.waiting - unmatched:
            waiting = {identity: comparison.told[identity].employer for identity in comparison.waiting - unmatched}
            reason = "zero_rows" if nothing_read else _why_gone(comparison)
            also = side.reasons_gone(waiting)
            holds.append(Hold([reason, *also], waiting, whole=nothing_read, because=comparison.because))
        for reason in sorted(set(comparison.postponed.values())):
            lines = {
                identity: comparison.shown[identity].employer
                for identity, why in comparison.postponed.items()
                if why == reason and comparison.shown[identity].key not in comparison.problems
            }
            name = reason.partition(":")[2]
            columns = {name: _columns(comparison)[name]} if name else {}
            new, changed = ({}, lines) if name else (lines, {})
            if lines:
                holds.append(Hold([reason], {}, whole=False, new=new, changed=changed, columns=columns))
        return [replace(hold, remark=side.explain(hold.reasons)) for hold in holds]

    def _is_what_was_released(self, lines: Iterable[str], released: list[Delivery]) -> bool:
        """Tell whether a person released this first file: not one that has lost many of its lines since."""
        asked = [row for row in released if "first_delivery" in row.reasons.split()]
        everybody = {identity: "" for row in asked for identity in self._kept(row).new}
        lost = dict(everybody)
        for identity in lines if lost else ():
            lost.pop(identity, None)
        return bool(asked) and not too_many_gone(lost, everybody, self.job.integration.guards)

    def sync(self, session: Session, holds: list[Hold], records: int) -> list[tuple[int, Hold]]:
        """Keep one held delivery for each question. One that was discarded stays so until the question changes.

        `records`: how many lines a delivery would have that is held as a whole. Returns what this run was the first to
        ask, with the held delivery's id.
        """
        found = deliveries.find(session, self.scope, State.HELD, State.DISCARDED)
        rows = [row for row in found if not row.name]  # one with a name was prepared, and given up: it is no question
        parts = [row for row in rows if self._is_part(row)]
        made = self._sync_parts(session, [row for row in parts if row.decided_by is None], holds)
        known = {row.question: row for row in rows if row not in parts}
        asked = {self.job.vault.fingerprint(hold.question): hold for hold in holds if hold.whole}
        for question, row in known.items():
            if question not in asked and row.decided_by is None:
                row.state = State.SUPERSEDED
        for question, hold in asked.items():
            if question not in known:
                made.append((self._ask(session, hold, records), hold))
            elif not hold.waiting or hold.news:  # what a person sees of it is what it would be now
                row = known[question]
                row.records, row.object = records, self._keep(hold, row.object)
                if "first_delivery" in hold.reasons:  # and what was released of a first file is not this
                    row.decided_by = row.decided_at = None
        session.flush()
        return [(row.id, hold) for row, hold in made]

    def _is_part(self, row: Delivery) -> bool:
        kept = self._kept(row)
        return kept.part or (bool(kept.gone) and not _WHOLE.intersection(row.reasons.split()))

    def _sync_parts(self, session: Session, rows: list[Delivery], holds: list[Hold]) -> list[tuple[Delivery, Hold]]:
        """Take out of each question what came back, and ask about what is in none yet (docs/decisions/0022)."""
        waits = {identity: hold for hold in holds if not hold.whole for identity in hold.lines}
        asked: set[str] = set()
        for row in rows:
            kept = self._kept(row)
            still = kept.lines.keys() & waits.keys()
            asked |= still
            if not still:
                row.state = State.SUPERSEDED
            elif still != kept.lines.keys():
                hold = Hold(
                    row.reasons.split(), kept.gone, False, kept.new, kept.changed, None, kept.because, kept.columns
                ).only(still)
                row.question, row.object = self.job.vault.fingerprint(hold.question), self._keep(hold, row.object)
                row.gone, row.records = len(hold.waiting), len(hold.lines) - len(hold.waiting)
        made = []
        for hold in holds:
            fresh = hold.only(hold.lines.keys() - asked)
            if not hold.whole and fresh.lines:
                made.append((self._ask(session, fresh, len(fresh.lines) - len(fresh.waiting)), fresh))
        return made

    def _ask(self, session: Session, hold: Hold, records: int) -> Delivery:
        row = Delivery(
            **self.scope.columns,
            run_id=self.job.run_id,
            state=State.HELD,
            reasons=" ".join(hold.reasons),
            question=self.job.vault.fingerprint(hold.question),
            gone=len(hold.waiting),
            records=records if hold.news or not hold.waiting else 0,
            object=self._keep(hold),
            at=now(),
        )
        session.add(row)
        self.job.note(str(hold.sentence))
        return row

    def _keep(self, hold: Hold, path: str | None = None) -> str:
        path = path or kinds.QUESTIONS.path(self.scope, uuid4().hex)
        self.job.vault.put(path, hold.kept)
        return path


def _why_gone(comparison: Comparison) -> str:
    """Return the reason to ask about removals: what people changed, what the cases are, or else how many they are."""
    why = set(comparison.because.values())
    if not comparison.waiting - comparison.unmatched <= comparison.because.keys():
        return "many_gone"
    return CHANGED.get(why.pop(), "case_gone") if len(why) == 1 else "case_gone"


def _columns(comparison: Comparison) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (name, how), count in comparison.changed.items():
        found.setdefault(name, {})[how] = count
    return found
