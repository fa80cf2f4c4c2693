"""Guards: no deletion by omission (DESIGN rule 1). Pure: what is known goes in, what must wait comes out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from veerpont.config.integration import GuardSettings

REPLACED = "(replaced)"  # what AFAS prints in every row of a field that lost its database link (afas.md section 4)


def too_many_gone(
    gone: Mapping[str, str],
    known: Mapping[str, str],
    limits: GuardSettings,
    besides: Mapping[str, int] = MappingProxyType({}),
) -> bool:
    """Tell whether this many removals need a person, over the whole integration or at one employer.

    Args:
        gone: line id → employer, of the lines that would leave.
        known: line id → employer, of the lines the portal was told.
        besides: employer → how many lines more it was told.
    """
    per_employer = Counter(known.values()) + Counter(besides)
    gone_per_employer = Counter(gone.values())
    pairs = [
        (len(gone), per_employer.total()),
        *((count, per_employer[code]) for code, count in gone_per_employer.items()),
    ]
    return any(
        count > limits.max_gone or (count >= limits.min_gone and count * 100 > limits.max_gone_percent * total)
        for count, total in pairs
    )


@dataclass
class ColumnCheck:
    """Watches for a column that lost all its values: the source's definition broke, not every person's data.

    One value that is no `(replaced)` clears a column, so that after a few lines there are few to look at.
    """

    filled_before: Counter[str] = field(default_factory=Counter)
    replaced_now: Counter[str] = field(default_factory=Counter)
    columns: set[str] = field(default_factory=set)
    suspect: set[str] = field(default_factory=set)
    lines_before: int = 0
    lines_now: int = 0

    def before(self, values: Mapping[str, str | None]) -> None:
        """Take a line that the portal was told."""
        self.lines_before += 1
        self.filled_before.update(
            name for name in (self.suspect if self.columns else values) if values.get(name) is not None
        )

    def now(self, values: Mapping[str, str | None]) -> None:
        """Take a line as it would be told now."""
        self.lines_now += 1
        if not values.keys() <= self.columns:
            new = values.keys() - self.columns
            self.columns |= new
            self.suspect |= new
        for name in [name for name in self.suspect if values.get(name) is not None]:
            if values[name] == REPLACED:
                self.replaced_now[name] += 1
            else:
                self.suspect.remove(name)

    def broken(self, limits: GuardSettings) -> list[str]:
        """Return the reasons to hold the delivery, one for each column that is `(replaced)` or blank throughout."""
        reasons = []
        comparable = self.lines_now * 2 >= self.lines_before > 0  # of fewer lines, the removals say enough
        for name in sorted(self.suspect):
            if self.replaced_now[name]:
                reasons.append(f"column_replaced:{name}")
            elif comparable and self.filled_before[name] >= max(limits.min_gone, 1):
                reasons.append(f"column_blank:{name}")
        return reasons
