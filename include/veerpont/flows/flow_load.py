"""What the engine asks of a flow while it loads to one portal.

The methods of `FlowLoad` say what is true of an ordinary flow; a flow's own class says only where it is another one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows import missed
from veerpont.flows.job import Job, Problems, StagedRecord, Transformed, read_problems
from veerpont.model.failures import Problem
from veerpont.model.lines import Line
from veerpont.model.messages import Words
from veerpont.model.records import Record
from veerpont.model.schema import Schema, SchemaChange
from veerpont.store.kinds import Kind
from veerpont.store.vault import Sequence, Vault

ShownLine = tuple[StagedRecord, Record, Line | Problem]
"""A staged record, and its line at the portal or why there is none."""
LookedAt = tuple[StagedRecord, str, Line | Problem]
"""A staged item that is compared with all others, its record key, and its line or why there is none."""

SETTINGS = "settings"
"""The note of what a portal's last accepted delivery was made by (`FlowLoad.made_by`)."""
SERVICE_PERIOD = "service_period"
CHANGED = {SETTINGS: "settings_gone", SERVICE_PERIOD: "service_period_gone"}
"""What people changed and lines would leave by, as `Missing.asked` says it → the reason to ask."""

_decode_item = msgspec.json.Decoder(StagedRecord).decode
_decode_line = msgspec.json.Decoder(Line).decode


class ToldLine(Protocol):
    """What is needed of a line that the portal was told."""

    @property
    def digest(self) -> bytes: ...

    @property
    def employer(self) -> str: ...


class Compared(Protocol):
    """What a flow sees of a comparison (pipeline.compare.state)."""

    @property
    def problems(self) -> Problems: ...

    @property
    def told(self) -> Mapping[str, ToldLine]: ...

    @property
    def missing(self) -> Set[str]: ...

    @property
    def removed(self) -> Set[str]: ...

    @property
    def carried(self) -> Set[str]: ...

    @property
    def because(self) -> Mapping[str, str]: ...

    def accepted(self, identity: str) -> bool:
        """Tell whether a shown line may cross."""

    def changes(self, identity: str) -> bool:
        """Tell whether a shown line says something that the portal was not told."""

    def ask_first(self, going: Collection[str]) -> None:
        """Let removals wait for a person."""


class Streams(Protocol):
    """Both sides of a comparison, which a flow says how to compare (pipeline.compare.streams)."""

    @property
    def comparison(self) -> Compared: ...

    @property
    def active(self) -> Set[str]:
        """The codes of the active employers."""

    def split(
        self,
        whole_columns: bool = True,
        told: Callable[[Iterator[Line]], Iterator[Line]] | None = None,
        shown: Callable[[Iterator[ShownLine]], Iterator[ShownLine]] | None = None,
    ) -> Iterable[LookedAt]:
        """Compare line by line, and return those that need a look; the others are not held in memory.

        Args:
            whole_columns: watch for a column that lost all its values.
            told: what the told lines pass, once. shown: what the others do.
        """

    def ask_about_many(self) -> None:
        """Let too many new or changed lines at once wait for a person."""


@dataclass
class Missing:
    """What is made of the told lines that are not shown.

    `believed`: they leave when this read misses them too. `unread`: the read says nothing of them, nor of as many more
    that are shown as they were (`unread_quiet`: employer → lines), so that they count for no guard. `asked`: line id →
    why it is believed to be gone, which a person has to say too. `waits`: the next read decides about them.
    """

    believed: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    unread_quiet: Mapping[str, int] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Steady:
    """What a load does not look at, since nothing that it depends on has changed.

    `told`: employer → lines that stay as the portal was told them; `rows`: source rows that show some of these as they
    were; `repeated`: the ids of those that no row stands for.
    """

    told: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    repeated: Set[str] = frozenset()


class Companion(NamedTuple):
    """What becomes current with the snapshot."""

    kind: Kind
    items: Iterable[bytes]


class FlowLoad:
    """One load of a flow to one portal.

    `problems`: what the steps before found wrong with which record. `questions`: record key → what a person may
    confirm. `filtered`, `held`: source rows that this portal does not get, and that wait. `trimmed`: told lines that
    are repeated, with what is left of them. `schema`: the tables that the lines are of; `schema_change`: how they
    differ from those that the portal accepted. `steady`: what is not looked at.
    """

    schema: Schema | None = None
    schema_change: SchemaChange | None = None

    def __init__(
        self,
        job: Job,
        transformed: Transformed,
        record: type[Record],
        portal: str,
        told: Sequence | None,
        problems: Problems | None = None,
    ) -> None:
        self.job, self.transformed, self.portal = job, transformed, portal
        self.record = record
        self.told = told
        self.scope = job.scope.to(portal)
        self.problems = read_problems(job.vault, transformed.problems) if problems is None else problems
        self.questions: Mapping[str, str] = {}
        self.filtered = 0
        self.held = transformed.held
        self.trimmed: Mapping[str, Line] = {}
        self.steady = Steady()

    # -- both sides ----------------------------------------------------------------------------------------------------

    def told_lines(self) -> Iterator[Line]:
        """Yield what the portal was told last, as far as it is looked at."""
        return lines_of(self.job.vault, self.told)

    def repeatable(self) -> Iterator[Line]:
        """Yield all that it was told last."""
        return self.told_lines()

    def stays(self, _identity: str) -> bool:
        """Tell whether a told line stays without being looked at."""
        return False

    def records(self) -> Iterator[tuple[StagedRecord, Record]]:
        """Yield the records that this portal gets, in the order of a file."""
        decode = msgspec.json.Decoder(self.record).decode
        for content in self.job.vault.read(self.transformed.items):
            item = _decode_item(content)
            yield item, decode(item.record)

    def wrong(self) -> Mapping[str, Problem]:
        """Return record key → what is wrong, of records that may have been staged before it was found."""
        return {found.key: found.problem for found in self.problems}

    def versioned(self, line: Line | Problem) -> Line | Problem:
        """Return a line with the version of its columns."""
        return line

    # -- compare -------------------------------------------------------------------------------------------------------

    def compare(self, streams: Streams) -> Iterable[LookedAt]:
        """Return the lines that need a look."""
        return streams.split()

    def limit(self, streams: Streams) -> None:
        """Let what is too much at once wait for a person."""
        streams.ask_about_many()

    def shows_nothing(self) -> bool:
        """Tell whether the source showed nothing at all where it was asked for everything."""
        return self.transformed.complete and self.transformed.read == 0

    def leaving(self) -> set[str]:
        """Return the told lines that leave by a rule of the flow."""
        return set()

    def not_tried(self, refused: set[str], night_is_owed: bool) -> set[str]:
        """Return which lines that the portal refused are not tried again: at night all of them are."""
        return set() if night_is_owed else refused

    def missing(self, _comparison: Compared, before: Mapping[str, str]) -> Missing:
        """Return what is made of the lines that are not shown: two reads are believed, when enough time lies between.

        Args:
            before: the lines that complete reads before this one did not show either → since when (flows.missed).
        """
        return Missing(believed=missed.believed(before, self.transformed.read_at))

    def doubts(self, _comparison: Compared, _approved: Set[str]) -> list[str]:
        """Return why all has to wait for a person; called after `decide`.

        Args:
            _approved: line ids whose removal a person released.
        """
        return []

    def reasons_gone(self, _waiting: Iterable[str]) -> list[str]:
        """Return further reasons to ask about removals, by the ids of the lines."""
        return []

    def explain(self, _reasons: Collection[str]) -> Words:
        """Say what a person should know before they answer a question that has these reasons."""
        return ""

    # -- what follows from it ------------------------------------------------------------------------------------------

    def remarks(self) -> list[Words]:
        """Return what the run says about the flow, one sentence each."""
        return []

    def note_answers(self, session: Session, released: Set[str]) -> None:
        """Remember what a person let pass, by the reasons of the deliveries that they released."""

    def note_read(self, session: Session) -> None:
        """Remember what else is known of a complete read."""

    def proves(self, _key: str) -> bool:
        """Tell whether this read says that a record without a problem has none any more."""
        return True

    def made_by(self, _comparison: Compared) -> str:
        """Return the settings that a delivery is made by, where other ones would be asked about; else nothing."""
        return ""

    def companions(
        self, _crossing: Callable[[], Iterator[Record]], _comparison: Compared, _held: bool
    ) -> Iterator[Companion]:
        """Yield what becomes current with the snapshot.

        Args:
            _crossing: yields the records that cross, each time from the start.
            _held: the whole delivery waits for a person.
        """
        yield from ()

    def standing(self, _comparison: Compared, _told: Mapping[str, int], _snapshot: Sequence) -> Companion | None:
        """Return how a load that left nothing open leaves things, for the next one to begin with.

        Args:
            _told: employer → lines that the portal was told, with this delivery, and `_snapshot`: where they are.
        """
        return None


def lines_of(vault: Vault, sequence: Sequence | None) -> Iterator[Line]:
    """Yield the lines of a snapshot."""
    return map(_decode_line, vault.read(sequence) if sequence else ())
