"""Several customers on one night, who cross as a batch."""

import os
from datetime import datetime, timedelta
from itertools import count

from crossings import Crossing, Make

from veerpont.model.flows import Flow
from veerpont.pipeline.crossing import Crossing as Engine
from veerpont.pipeline.crossing import CrossingStep, FlowSteps
from veerpont.pipeline.outcomes import StepReport
from veerpont.pipeline.verdict import Patience, Turn
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import employers, in_hand
from veerpont.store.ledger import Ledger

THREE = ("amstel", "dommel", "waal")
TICK = datetime(2026, 11, 22, 21, tzinfo=AMSTERDAM)


def shown(crossing: Crossing) -> None:
    """Let the employers of all three be known, and active."""
    for name in THREE:
        crossing("employers", name)
        with crossing.ledger.session() as session:
            employers.activate(session, name, crossing.sandbox.activate[name], "Jo")


class Together:
    """Three customers whose employers are known and at no portal yet, and the steps of runs for all of them at once."""

    def __init__(self, make: Make, people: int = 12) -> None:
        self.known: Crossing = make(*THREE, people=people, then=shown)
        self.sandbox = self.known.sandbox
        self.numbers = count(1)
        self.known.notes.clear()
        self.known.moment = TICK

    @property
    def ledger(self) -> Ledger:
        return self.known.ledger

    @property
    def notes(self) -> list[str]:
        return self.known.notes

    def engine(
        self, flow: str, run_id: str = "", attempt: int = 0, by_hand: bool = False, patience: Patience = Patience.NIGHT
    ) -> Engine:
        """Return the steps of a run of a flow, at the tick of the night unless somebody began it by hand."""
        turn = Turn(run_id or f"run {next(self.numbers)}", TICK, attempt, not by_hand, not by_hand)
        return Engine(FlowSteps(Flow(flow), patience), turn, self.notes.append)

    def later(self, minutes: float) -> None:
        self.known.later(minutes / 60)

    def state(self, flow: str, name: str, engine: Engine) -> str:
        return str(self.known.books(flow, name, engine.turn.run_id)["state"])

    def states(self, flow: str, engine: Engine) -> dict[str, str]:
        return {name: self.state(flow, name, engine) for name in THREE}

    def waits(self, engine: Engine) -> dict[str, timedelta]:
        """Return who is late, and how long after the tick they are tried again."""
        with self.ledger.session() as session:
            rows = in_hand.found(session, engine.attempt)
        return {name: row.retry_at - TICK for name, row in rows.items() if row.retry_at is not None}

    def files(self, name: str) -> int:
        """Return how many files of employers the portal has."""
        return len(self.known.files("employers", name))


def all_steps(engine: Engine, names: tuple[str, ...] = THREE) -> list[StepReport]:
    """Do the three steps of a batch."""
    engine.hold(names)
    return [engine.step(step, names) for step in CrossingStep]


def ours() -> dict[str, str]:
    """Return what a child process needs of this one's environment."""
    return {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
