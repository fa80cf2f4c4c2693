"""The course of one absence case, as the source showed it and as the portals were told it: days and percentages.

Never its type, its cause or whose it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from veerpont.flows import lookup
from veerpont.flows.absence import history
from veerpont.flows.absence.coverage import case_of
from veerpont.flows.absence.history import Entry
from veerpont.model.flows import Flow
from veerpont.model.records import AbsenceLine, AbsencePeriod
from veerpont.rules import absence
from veerpont.store.scope import Scope
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.registry import portal
from veerpont.systems.source import Source

WHOLE = Decimal(100)


@dataclass(frozen=True)
class TimelineLine:
    """A line as the source showed it last.

    `begins`, `percentage`: from which day so much is absent; None where the row cannot be read. `since`, `seen`: when
    the reads began that showed it first and last, the first as far as that is known. `missed`: since when wide reads do
    not show it.
    """

    begins: date | None
    percentage: Decimal | None
    since: datetime | None
    seen: datetime
    missed: datetime | None


@dataclass(frozen=True)
class Timeline:
    """One case. `begin`, `recovered`: its first day, and its date of recovery as the source has it.

    `lines`: by their days; `told`: portal → the periods that it was told last.
    """

    begin: date | None = None
    recovered: date | None = None
    lines: list[TimelineLine] = field(default_factory=list)
    told: dict[str, tuple[AbsencePeriod, ...]] = field(default_factory=dict)

    @property
    def shown(self) -> list[AbsencePeriod]:
        """What the lines come to: each goes on until the next one begins, the last until the recovery, if any."""
        read = [(line.begins, line.percentage) for line in self.lines if line.begins and line.percentage is not None]
        ends = [begin for begin, _ in read[1:]] + [self.recovered]
        return [
            AbsencePeriod("", begin, end - timedelta(days=1) if end else None, percentage)
            for (begin, percentage), end in zip(read, ends, strict=False)
            if end is None or end > begin
        ]


def timeline(
    vault: Vault,
    system: Source,
    case: str,
    histories: Mapping[Scope, Sequence],
    lookups: Mapping[Scope, Sequence],
    snapshots: Mapping[Scope, Sequence],
) -> Timeline | None:
    """Return the course of a case; None when neither the history nor a portal has it.

    Args:
        histories, lookups, snapshots: those that are current; only what is of absence is looked at.
    """
    own = (sequence for scope, sequence in histories.items() if scope.flow == Flow.ABSENCE)
    entries = [entry for sequence in own for entry in history.of_case(vault, sequence, case)]
    read = [(entry, history.record_of(system, entry)) for entry in entries]
    heads = [record for _, record in read if isinstance(record, AbsenceLine)]
    head = absence.head(heads) if heads else None
    lines = sorted(
        (_line(entry, record if isinstance(record, AbsenceLine) else None) for entry, record in read),
        key=lambda line: (line.begins or date.max, line.seen),
    )
    told = {
        scope.portal: case_of(portal(scope.portal), line).periods
        for scope, there in lookups.items()
        if scope.flow == Flow.ABSENCE
        for entry in lookup.of_key(vault, there, case)
        if (line := lookup.line_of(vault, snapshots.get(scope), entry))
    }
    if not lines and not told:
        return None
    return Timeline(head.begin if head else None, head.recovered_on if head else None, lines, told)


def _line(entry: Entry, record: AbsenceLine | None) -> TimelineLine:
    return TimelineLine(
        record.starts_on if record else None,
        WHOLE - record.presence if record else None,
        _moment(entry.since),
        datetime.fromisoformat(entry.seen),
        _moment(entry.missed),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
