"""The period in which an employer is served (docs/reference/xpert-suite.md, 4.8). Pure."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ServicePeriod:
    """The days on which an employer is served, `first` and `last` included. None: no limit on that side."""

    first: date | None = None
    last: date | None = None

    @property
    def is_possible(self) -> bool:
        """Whether it has a day."""
        return self.first is None or self.last is None or self.first <= self.last

    def covers(self, day: date) -> bool:
        """Tell whether a case that begins on this day crosses: it is judged by its first day, and crosses whole."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def is_over(self, today: date, days: int = 0) -> bool:
        """Tell whether its last day was more than so many `days` ago."""
        return self.last is not None and (today - self.last).days > days

    def is_widened_by(self, other: "ServicePeriod", today: date) -> bool:
        """Tell whether `other` has days, until today, that this one has not: what began on them was not kept."""
        earlier = self.first is not None and (other.first is None or other.first < self.first)
        later = self.last is not None and (other.last is None or other.last > self.last)
        return (earlier and not (other.first and other.first > today)) or (later and self.is_over(today))

    def __str__(self) -> str:
        """As ISO 8601 writes an interval: `2026-01-01/..`."""
        return f"{self.first or '..'}/{self.last or '..'}"
