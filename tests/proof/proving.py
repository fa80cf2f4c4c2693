"""What a proof is sized by, and the rows that it measures."""

from dataclasses import dataclass, field
from typing import TypeVar

Size = TypeVar("Size")


@dataclass
class Proof:
    """What one proof measures. `full` tells whether it runs whole, or as a sample."""

    name: str
    full: bool
    rows: list[dict[str, str]] = field(default_factory=list)

    def size(self, whole: Size, sample: Size) -> Size:
        """Return how much to do: of a whole proof, or of the sample that every run of the tests takes."""
        return whole if self.full else sample

    def note(self, what: str, measured: object, allowed: object = "") -> None:
        """Add a row to docs/proof.md: what was tried, what came of it, and what may come of it at most."""
        self.rows.append({"what": what, "measured": str(measured), "allowed": str(allowed)})
