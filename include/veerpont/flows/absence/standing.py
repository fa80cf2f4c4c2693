"""How a load of absence to a portal left things, so that the next one need not look at whom nothing happened to.

Only a load that left nothing open is kept: nothing waits for a person or for another read. It holds for exactly this
history, this snapshot and these conditions (docs/decisions/0010).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import msgspec

from veerpont.flows.index import index_path
from veerpont.flows.job import Job, RecordProblem
from veerpont.store import deliveries, employers, kinds, rejects
from veerpont.store.vault import Sequence


class StandingHead(msgspec.Struct, frozen=True, tag="Head"):
    """What it holds for. `history`, `snapshot`: their paths; `told`: employer → lines that the portal was told."""

    conditions: str
    history: str
    snapshot: str
    told: dict[str, int]


class Wrong(msgspec.Struct, frozen=True, tag=True):
    """What is wrong with a case. `question`: what a person may confirm; `code`: the source's, where it is unknown."""

    problem: RecordProblem
    question: str = ""
    code: str = ""


class CaseLeft(msgspec.Struct, frozen=True, tag="Left"):
    """A case of the history that the portal need not know."""

    case: str


class Repeated(msgspec.Struct, frozen=True, tag=True):
    """A told line that is repeated as it was told, whatever the history says."""

    id: str


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(StandingHead | Wrong | CaseLeft | Repeated).decode


@dataclass(frozen=True)
class Standing:
    """How things stand at a portal: all other cases of the history are there as the history has them."""

    told: Mapping[str, int]
    wrong: Mapping[str, Wrong] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)

    def items(self, conditions: str, history: str, snapshot: Sequence) -> Iterator[bytes]:
        """Yield what is kept of it."""
        yield _encode(StandingHead(conditions, history, snapshot.path, dict(self.told)))
        yield from map(_encode, self.wrong.values())
        yield from (_encode(CaseLeft(case)) for case in sorted(self.left))
        yield from (_encode(Repeated(identity)) for identity in sorted(self.repeated))


@dataclass(frozen=True)
class Narrow:
    """What a load looks at when it leaves out whom nothing happened to.

    `standing`: portal → how the last one left things. `cases`: those that are looked at, and `people` whose they are,
    as portals may know them: employer, and number or citizen-service number. `rows`: case → rows of this read, of the
    cases that it shows as they were.
    """

    standing: Mapping[str, Standing]
    cases: set[str]
    people: set[tuple[str, str]]
    rows: Counter[str]


def conditions(job: Job) -> str:
    """Return the fingerprint of all that the outcome for a case depends on, beside its person's lines."""
    with job.ledger.session() as session:
        gate = [
            (code, row.state, row.frozen, row.at.isoformat(), str(row.service))
            for code, row in sorted(employers.states(session, job.name).items())
        ]
        confirmed = sorted(rejects.confirmed(session, job.name, job.flow).items())
        index = index_path(session, job.name)
    content = version("veerpont"), job.today.isoformat(), job.integration.model_dump_json(), gate, confirmed, index
    return job.vault.fingerprint(_encode(content))


def stands(job: Job, history: Sequence, now: str) -> dict[str, Standing]:
    """Return portal → how the last load left things; empty when that does not hold for all of them any more.

    Args:
        now: the conditions.
    """
    found = {}
    for item in job.integration.portals_for(job.flow):
        scope = job.scope.to(item.portal)
        with job.ledger.session() as session:
            kept = deliveries.pointer(session, scope, kinds.STANDING)
            snapshot = deliveries.pointer(session, scope, kinds.SNAPSHOTS)
        if kept is None or snapshot is None:
            return {}
        items = map(_decode, job.vault.read(kept))
        head = next(items, None)
        if not isinstance(head, StandingHead) or (head.conditions, head.history) != (now, history.path):
            return {}
        if head.snapshot != snapshot.path:
            return {}
        found[item.portal] = _read(head, items)
    return found


def _read(head: StandingHead, items: Iterable[StandingHead | Wrong | CaseLeft | Repeated]) -> Standing:
    found = Standing(head.told, wrong := {}, set(), set())
    for item in items:
        match item:
            case Wrong():
                wrong[item.problem.key] = item
            case CaseLeft():
                found.left.add(item.case)
            case Repeated():
                found.repeated.add(item.id)
    return found
