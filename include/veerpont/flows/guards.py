"""Guards: no deletion by omission. Pure: what is known goes in, what must wait comes out.

Why: docs/decisions/0001 and 0002.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from veerpont.config.sections import GuardSettings
from veerpont.model.lines import Line

# what AFAS prints in every row of a field that lost its database link (docs/reference/afas.md, 4)
REPLACED = "(replaced)"


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
    return any(too_many_of(count, total, limits) for count, total in pairs)


def too_many_of(gone: int, known: int, limits: GuardSettings) -> bool:
    """Tell whether a person is needed where this many of so many would go."""
    return gone > limits.max_gone or (gone >= limits.min_gone and gone * 100 > limits.max_gone_percent * known)


def too_many_new(new: Mapping[str, int], told: Mapping[str, int], limits: GuardSettings) -> set[str]:
    """Return the employers with so many lines that the portal was not told before that a person is asked.

    Args:
        new, told: employer → lines. An employer of which the portal was told nothing yet is as it should be.
    """
    return {
        code
        for code, count in new.items()
        if (before := told.get(code, 0)) and count >= limits.min_new and count * 100 > limits.max_new_percent * before
    }


def too_many_changed(changed: Mapping[str, int], told: int, limits: GuardSettings) -> set[str]:
    """Return the columns that changed in so many of the told lines that a person is asked.

    `changed`: column → lines.
    """
    return {
        name
        for name, count in changed.items()
        if count >= limits.min_new and count * 100 > limits.max_changed_percent * told
    }


def changed_columns(told: Line, line: Line) -> Iterator[tuple[str, str]]:
    """Yield each column in which a line says something else than the portal was told, and how: `empty to filled`.

    A column that only one of the two has is the settings', not the source's.
    """
    found: dict[str, str] = {}
    for before, now in zip(told.rows, line.rows, strict=False):
        for name in before.keys() & now.keys():
            if before[name] != now[name]:
                found.setdefault(name, f"{_filled(before[name])} to {_filled(now[name])}")
    yield from sorted(found.items())


def _filled(value: str | None) -> str:
    return "empty" if value is None or value == "" else "filled"


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
