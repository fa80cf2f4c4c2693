"""Guards: no deletion by omission (DESIGN rule 1). Pure: what is known goes in, what must wait comes out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from veerpont.config.integration import GuardSettings

REPLACED = "(replaced)"  # what AFAS prints in every row of a field that lost its database link (afas.md section 4)


def too_many_gone(gone: Mapping[str, str], known: Mapping[str, str], limits: GuardSettings) -> bool:
    """Tell whether this many removals need a person, over the whole integration or at one employer.

    Args:
        gone: line id → employer, of the lines that would leave.
        known: line id → employer, of the lines the portal was told.
    """
    per_employer = Counter(known.values())
    gone_per_employer = Counter(gone.values())
    pairs = [(len(gone), len(known)), *((count, per_employer[code]) for code, count in gone_per_employer.items())]
    return any(
        count > limits.max_gone or (count >= limits.min_gone and count * 100 > limits.max_gone_percent * total)
        for count, total in pairs
    )


@dataclass
class ColumnCheck:
    """Watches for a column that lost all its values: the source's definition broke, not every person's data."""

    filled_before: Counter[str] = field(default_factory=Counter)
    filled_now: Counter[str] = field(default_factory=Counter)
    replaced_now: Counter[str] = field(default_factory=Counter)
    columns: set[str] = field(default_factory=set)
    lines_before: int = 0
    lines_now: int = 0

    def before(self, values: Mapping[str, str | None]) -> None:
        """Take a line that the portal was told."""
        self.lines_before += 1
        self.filled_before.update(name for name, value in values.items() if value is not None)

    def now(self, values: Mapping[str, str | None]) -> None:
        """Take a line as it would be told now."""
        self.lines_now += 1
        self.columns.update(values)
        self.filled_now.update(name for name, value in values.items() if value is not None)
        self.replaced_now.update(name for name, value in values.items() if value == REPLACED)

    def broken(self, limits: GuardSettings) -> list[str]:
        """Return the reasons to hold the delivery, one for each column that is `(replaced)` or blank throughout."""
        reasons = []
        comparable = self.lines_now * 2 >= self.lines_before > 0  # of fewer lines, the removals say enough
        for name in sorted(self.columns):
            filled = self.filled_now[name]
            if filled and filled == self.replaced_now[name]:
                reasons.append(f"column_replaced:{name}")
            elif comparable and not filled and self.filled_before[name] >= max(limits.min_gone, 1):
                reasons.append(f"column_blank:{name}")
        return reasons
