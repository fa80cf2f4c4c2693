"""What the ledger knows of one flow at one portal before a load: what it was told, and what people said since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from veerpont.flows import FLOWS, missed
from veerpont.flows.job import Job
from veerpont.pipeline.compare.questions import OpenQuestions
from veerpont.pipeline.compare.state import StillRefused
from veerpont.store import deliveries, employers, kinds, notes, rejects
from veerpont.store.deliveries import State
from veerpont.store.employers import Gate
from veerpont.store.tables import Delivery, EmployerState
from veerpont.store.vault import Sequence

_decode_refused = msgspec.json.Decoder(StillRefused).decode


@dataclass(frozen=True)
class Facts:
    """What is known.

    `told`: what the portal has, `told_at`: since when we told it; `adopted`: we told it nothing yet, and a person
    brought what it has; `missed`: line id → since when complete reads do not show it
    (flows.missed). `refused`: line id → what the portal refused; `was_refused`: whether it ever refused anything.
    `asked_again`: record keys that a person wants to be tried again. `gate`: employer code → state, as it is for this
    flow today. `released`: what a person released, with the ids of the lines that may go (`approved`) and that may come
    or change though they are many (`approved_lines`). `confirmed`: record key → fingerprint of the change that a person
    confirmed. `night_is_owed`: no run since the last 21:00 tried again what was refused.
    """

    told: Sequence | None
    told_at: datetime | None
    adopted: bool
    missed: Mapping[str, str]
    confirmed: Mapping[str, str]
    asked_again: set[str]
    employers: Mapping[str, EmployerState]
    gate: Mapping[str, Gate]
    released: list[Delivery]
    approved: set[str]
    approved_lines: set[str]
    refused: Mapping[str, StillRefused]
    was_refused: bool
    night_is_owed: bool

    @property
    def active(self) -> set[str]:
        """The codes of the active employers."""
        return {code for code, state in self.gate.items() if state is Gate.ACTIVE}

    @property
    def frozen(self) -> set[str]:
        """The codes of those that are not read and that the portal still covers."""
        return {code for code, row in self.employers.items() if row.frozen or self.gate[code] is Gate.OVER}

    @property
    def awaited(self) -> set[str]:
        """The codes of those whose many new lines are as they should be: they were activated since it was told."""
        return {code for code, row in self.employers.items() if self.told_at is None or row.at > self.told_at}

    @property
    def released_reasons(self) -> set[str]:
        """Why what a person released had waited."""
        return {reason for row in self.released for reason in row.reasons.split()}


def known_before(job: Job, portal: str) -> Facts:
    """Return what the ledger knows."""
    scope, questions = job.scope.to(portal), OpenQuestions(job, portal)
    with job.ledger.session() as session:
        refused = deliveries.pointer(session, scope, kinds.REFUSED)
        tried = notes.noted(session, scope, "retried_at")
        released = [row for row in deliveries.find(session, scope, State.HELD) if row.decided_by is not None]
        return Facts(
            told=deliveries.told(session, scope),
            told_at=deliveries.pointed_at(session, scope, kinds.SNAPSHOTS),
            adopted=deliveries.pointer(session, scope, kinds.ADOPTED) is not None,
            missed=missed.read(job.vault, deliveries.pointer(session, scope, kinds.MISSING)),
            confirmed=rejects.confirmed(session, job.name, job.flow),
            asked_again=rejects.asked_again(session, job.name, job.flow),
            employers=employers.states(session, job.name),
            gate=FLOWS[job.flow].gate(session, job.integration, job.today),
            released=released,
            approved=questions.released_keys(released),
            approved_lines=questions.released_lines(released),
            refused={entry.id: entry for entry in map(_decode_refused, job.vault.read(refused) if refused else ())},
            was_refused=refused is not None and refused.items > 0,
            night_is_owed=tried is None or datetime.fromisoformat(tried) < job.last_night,
        )
