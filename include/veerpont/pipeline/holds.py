"""What waits for a person: a removal or a whole delivery, until somebody has answered (DESIGN rule 1)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.model.schema import SchemaChange
from veerpont.pipeline.batch import Job
from veerpont.pipeline.comparison import Comparison
from veerpont.pipeline.guards import too_many_gone
from veerpont.pipeline.sifting import Head, Way
from veerpont.store import deliveries
from veerpont.store.clock import now
from veerpont.store.deliveries import Kept, State, decode_kept
from veerpont.store.tables import Delivery

BASES = frozenset({"bases_halved", "bases_gone"})
"""The reasons that are about calculated bases."""
PROFIT_9 = (
    "Since Profit 9 AFAS shows one line of the calculated bases for each period, the last one: after that upgrade this "
    "is legitimate."
)

_encode = msgspec.json.encode


@dataclass
class Hold:
    """Why something waits for a person: the whole delivery, or the removals in `waiting` (line id → employer).

    `new`, `changed`: what else waits when all of it does. `schema`: how its tables are other ones than before.
    """

    reasons: list[str]
    waiting: Mapping[str, str]
    whole: bool
    new: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    schema: SchemaChange | None = None

    @property
    def kept(self) -> bytes:
        """What the vault keeps of it."""
        new, changed, gone = (dict(sorted(each.items())) for each in (self.new, self.changed, self.waiting))
        return _encode(Kept(new, changed, gone, self.schema))

    @property
    def sentence(self) -> str:
        """What the run says about it."""
        what = f"{len(self.waiting)} removals wait" if self.waiting else "The delivery waits"
        sentence = f"{what} for a person ({', '.join(self.reasons)}): see `veerpont deliveries list`."
        return f"{sentence} {PROFIT_9}" if BASES.intersection(self.reasons) else sentence

    @property
    def question(self) -> bytes:
        """What a person decides about. A held removal keeps its id while this stays the same."""
        schema = [self.schema.fingerprint] if self.schema else []
        return "\n".join([*self.reasons, *schema, *sorted(self.waiting)]).encode()


class Holds:
    """The questions about one flow to one portal."""

    def __init__(self, job: Job, portal: str) -> None:
        self.job = job
        self.where = (job.name, job.flow, portal)
        self.folder = f"{job.name}/{job.flow}/{portal}/held"

    def released_keys(self, released: Iterable[Delivery]) -> set[str]:
        """Return the line ids whose removal these released deliveries are about."""
        return {identity for row in released for identity in self._kept(row).gone}

    def _kept(self, row: Delivery) -> Kept:
        return decode_kept(self.job.vault.get(row.object)) if row.object else Kept()

    def find(
        self,
        comparison: Comparison,
        released: list[Delivery],
        news: Callable[[], Iterable[tuple[Head, Way]]],
        read: int,
        first: bool,
        besides: Iterable[str] = (),
        schema: SchemaChange | None = None,
    ) -> list[Hold]:
        """Return what has to wait and was not released yet.

        Args:
            comparison: after `decide`.
            released: what waits no more, since a person said so.
            news: yields the lines that cross and say something new.
            read: how many rows the source showed.
            first: whether the portal was told nothing of this flow yet.
            besides: further reasons to hold the whole delivery.
            schema: how the tables that it is of changed since the delivery before.
        """
        limits = self.job.integration.guards
        allowed = {reason for row in released for reason in row.reasons.split()}
        reasons = [reason for reason in (*comparison.columns.broken(limits), *besides) if reason not in allowed]
        first = first and comparison.has_news and self.job.integration.xpert_suite.profile == "production"
        if first and not self._is_what_was_released((line.id for line, _ in news()), released):
            reasons.append("first_delivery")
        if schema and any(self._kept(row).schema == schema for row in released):
            schema = None
        if schema:
            reasons.append("schema_changed")
        holds = []
        if reasons:
            what: dict[Way, dict[str, str]] = {Way.NEW: {}, Way.CHANGED: {}}
            for line, way in news():
                what[way][line.id] = line.employer
            holds.append(Hold(reasons, {}, whole=True, new=what[Way.NEW], changed=what[Way.CHANGED], schema=schema))
        if comparison.waiting:
            waiting = {identity: comparison.told[identity].employer for identity in comparison.waiting}
            bases = ["bases_gone"] if any(identity.startswith("calculated_bases/") for identity in waiting) else []
            holds.append(Hold(["many_gone" if read else "zero_rows", *bases], waiting, whole=not read))
        return holds

    def _is_what_was_released(self, lines: Iterable[str], released: list[Delivery]) -> bool:
        """Tell whether a person released this first file: not one that has lost many of its lines since."""
        asked = [row for row in released if "first_delivery" in row.reasons.split()]
        everybody = {identity: "" for row in asked for identity in self._kept(row).new}
        lost = dict(everybody)
        for identity in lines if lost else ():
            lost.pop(identity, None)
        return bool(asked) and not too_many_gone(lost, everybody, self.job.integration.guards)

    def settle(self, session: Session, holds: list[Hold], records: int) -> list[tuple[int, Hold]]:
        """Keep one held delivery for each question. One that was discarded stays so until the question changes.

        `records`: how many lines a delivery would have that is held as a whole. Returns what this run was the first to
        ask, with the held delivery's id.
        """
        known = {row.question: row for row in deliveries.find(session, *self.where, State.HELD, State.DISCARDED)}
        asked = {self.job.vault.fingerprint(hold.question): hold for hold in holds}
        for question, row in known.items():
            if question not in asked and row.decided_by is None:
                row.state = State.SUPERSEDED
        for question, hold in asked.items():
            if question not in known:
                self._ask(session, question, hold, records)
            elif not hold.waiting:  # what a person sees of it is what it would be now
                row = known[question]
                row.records, row.object = records, self._keep(hold, row.object)
                if "first_delivery" in hold.reasons:  # and what was released of a first file is not this
                    row.decided_by = row.decided_at = None
        held = deliveries.find(session, *self.where, State.HELD)
        return [
            (row.id, asked[row.question]) for row in held if row.run_id == self.job.run_id and row.question in asked
        ]

    def _ask(self, session: Session, question: str, hold: Hold, records: int) -> None:
        integration, flow, portal = self.where
        session.add(
            Delivery(
                integration=integration,
                flow=flow,
                portal=portal,
                run_id=self.job.run_id,
                state=State.HELD,
                reasons=" ".join(hold.reasons),
                question=question,
                gone=len(hold.waiting),
                records=0 if hold.waiting else records,
                object=self._keep(hold),
                at=now(),
            )
        )
        self.job.note(hold.sentence)

    def _keep(self, hold: Hold, path: str | None = None) -> str:
        path = path or f"{self.folder}/{uuid4().hex}"
        self.job.vault.put(path, hold.kept)
        return path
