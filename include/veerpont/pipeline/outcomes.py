"""What became of customers that cross together, in one step of a run."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class CustomerOutcome:
    """What became of one customer in a step. `state`: on (it has a next step), well, skipped, failed or late.

    `said`: what the step had to tell. `until`: when a late one is tried again.
    """

    name: str
    state: str
    message: str = ""
    said: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass
class StepReport:
    """What became of the customers of a batch in a step."""

    outcomes: list[CustomerOutcome] = field(default_factory=list)

    def messages(self, *states: str) -> dict[str, str]:
        """Return customer → what there is to say, of those in one of these states; one may be in it twice."""
        return {each.name: each.message for each in self.outcomes if each.state in states}

    @property
    def failed(self) -> dict[str, str]:
        """Customer → why it needs a person."""
        return self.messages("failed")

    @property
    def ended(self) -> list[str]:
        """Those for whom nothing is left to do."""
        return list(self.messages("well", "skipped", "failed"))

    def __str__(self) -> str:
        named = [(state, sorted(self.messages(state))) for state in ("failed", "late", "skipped")]
        apart = {name for _, names in named for name in names}
        said = [f"{state}: {', '.join(names)}" for state, names in named if names]
        well = len(self.messages("on", "well").keys() - apart)
        return "; ".join([f"{well} well", *said] if well or not said else said)
