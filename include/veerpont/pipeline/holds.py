"""What waits for a person: a removal or a whole delivery, until somebody has answered (DESIGN rule 1)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec
from sqlalchemy.orm import Session

from veerpont.pipeline.batch import Job
from veerpont.pipeline.compare import Comparison
from veerpont.pipeline.guards import too_many_gone
from veerpont.store import deliveries
from veerpont.store.deliveries import State
from veerpont.store.ledger import now
from veerpont.store.tables import Delivery

_encode = msgspec.json.encode


@dataclass
class Hold:
    """Why something waits for a person: the whole delivery, or the removals in `waiting` (line id → employer)."""

    reasons: list[str]
    waiting: Mapping[str, str]
    whole: bool
    lines: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Mapping[str, str]:
        """What is kept of it for the moment that a person answers: the removals, or the lines of a first file."""
        return self.waiting or self.lines

    @property
    def sentence(self) -> str:
        """What the run says about it."""
        what = f"{len(self.waiting)} removals wait" if self.waiting else "The delivery waits"
        return f"{what} for a person ({', '.join(self.reasons)}): see `veerpont deliveries list`."

    @property
    def question(self) -> bytes:
        """What a person decides about. A held removal keeps its id while this stays the same."""
        return "\n".join([*self.reasons, *sorted(self.waiting)]).encode()


class Holds:
    """The questions about one flow to one portal."""

    def __init__(self, job: Job, portal: str) -> None:
        self.job = job
        self.where = (job.name, job.flow, portal)
        self.folder = f"{job.name}/{job.flow}/{portal}/held"

    def released_keys(self, released: Iterable[Delivery]) -> set[str]:
        """Return the line ids that these released deliveries hold."""
        return {
            identity
            for row in released
            if row.object
            for identity in msgspec.json.decode(self.job.vault.get(row.object), type=dict[str, str] | list[str])
        }

    def find(
        self, comparison: Comparison, released: list[Delivery], read: int, first: bool, besides: Iterable[str] = ()
    ) -> list[Hold]:
        """Return what has to wait and was not released yet.

        Args:
            comparison: after `decide`.
            released: what waits no more, since a person said so.
            read: how many rows the source showed.
            first: whether the portal was told nothing of this flow yet.
            besides: further reasons to hold the whole delivery.
        """
        limits = self.job.integration.guards
        allowed = {reason for row in released for reason in row.reasons.split()}
        reasons = [reason for reason in (*comparison.columns.broken(limits), *besides) if reason not in allowed]
        lines = {key: shown.employer for key, shown in comparison.shown.items() if comparison.accepted(key)}
        first = first and bool(lines) and self.job.integration.xpert_suite.profile == "production"
        if first and not self._is_what_was_released(lines, released):
            reasons.append("first_delivery")
        holds = [Hold(reasons, {}, whole=True, lines=lines if first else {})] if reasons else []
        if comparison.waiting:
            waiting = {identity: comparison.told[identity].employer for identity in comparison.waiting}
            holds.append(Hold(["many_gone" if read else "zero_rows"], waiting, whole=not read))
        return holds

    def _is_what_was_released(self, lines: Collection[str], released: list[Delivery]) -> bool:
        """Tell whether a person released this first file: not one that has lost many of its lines since."""
        asked = [row for row in released if "first_delivery" in row.reasons.split()]
        everybody = dict.fromkeys(self.released_keys(asked), "")
        lost = {identity: "" for identity in everybody if identity not in lines}
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
            elif hold.lines:  # what a person sees of a first file, and releases, is what it would be now
                row = known[question]
                row.records, row.decided_by, row.decided_at = len(hold.lines), None, None
                self.job.vault.put(row.object or "", _encode(dict(sorted(hold.lines.items()))))
        held = deliveries.find(session, *self.where, State.HELD)
        return [
            (row.id, asked[row.question]) for row in held if row.run_id == self.job.run_id and row.question in asked
        ]

    def _ask(self, session: Session, question: str, hold: Hold, records: int) -> None:
        integration, flow, portal = self.where
        path = f"{self.folder}/{uuid4().hex}" if hold.keys else None
        if path:
            self.job.vault.put(path, _encode(dict(sorted(hold.keys.items()))))
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
                records=len(hold.lines) or (0 if hold.waiting else records),
                object=path,
                at=now(),
            )
        )
        self.job.note(hold.sentence)
