"""What a load does about people who were forgotten: their removal at the portal waits for a person.

Why: docs/decisions/0023.

A complete file without them would take them away there, so all of it waits. A portal that is told what is gone gets the
rest now, and the delete after the release. Whom the source still shows is carried across again, and the run says so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from uuid import uuid4

from veerpont.flows.job import Job
from veerpont.model.lines import Line, fingerprint_line
from veerpont.model.messages import Words, coded
from veerpont.pipeline.compare.questions import Hold
from veerpont.pipeline.compare.state import Change, Comparison
from veerpont.pipeline.compare.stream import Rendered, Way
from veerpont.store import employers, forgotten, kinds
from veerpont.store.forgotten import Left
from veerpont.store.tables import Delivery
from veerpont.store.trail_log import marker
from veerpont.store.vault import Sequence


class Removals:
    """The removals of forgotten people at one portal. `going`: those that this load may make; `waiting`: the others."""

    def __init__(
        self,
        job: Job,
        portal: str,
        complete: bool,
        comparison: Comparison,
        crossing: Callable[[], Iterable[tuple[Rendered, Line, Way]]],
        released: Collection[Delivery],
    ) -> None:
        self._job, self._scope, self._complete = job, job.scope.to(portal), complete
        with job.ledger.session() as session:
            left = forgotten.left(session, job.vault, self._scope)
            tombstones = forgotten.found(session, job.name)
            covered = employers.covered(session, job.name)
        self._any = bool(left)
        self.going: list[Left] = []
        self.waiting: list[Left] = []
        self.remarks: list[Words] = []
        if not tombstones:
            return
        mark = marker(job.vault)
        allowed = {reason for row in released for reason in row.reasons.split()}
        marks = {line.mark for line in left}
        back: set[str] = set()
        new = {shown.key for identity, shown in comparison.shown.items() if identity not in comparison.told}
        new |= {found.key for found in comparison.problems}
        still = {each: tombstones[each] for each in map(mark, new) if each in tombstones}
        for shown, crosses, way in crossing():
            if (identity := mark(crosses.id)) in marks:
                back.add(identity)
            if way is Way.NEW and (person := mark(shown.key)) in tombstones:
                still[person] = tombstones[person]
        for line in left:
            if line.mark not in back:
                free = line.name in allowed or (line.employer and line.employer not in covered)
                (self.going if free else self.waiting).append(line)
        people = {each.id: each for each in still.values()}  # several tombstones may be of one person
        if people:
            days = ", ".join(sorted({f"{row.at:%Y-%m-%d}" for row in people.values()}))
            one = coded("run.one_forgotten", "1 person who was forgotten on {days} is", days=days)
            some = coded(
                "run.some_forgotten",
                "{count} people who were forgotten on {days} are",
                count=len(people),
                days=days,
            )
            self.remarks = [
                coded(
                    "run.forgotten_at_source",
                    "{who} still at the source: what it shows is carried again.",
                    who=one if len(people) == 1 else some,
                )
            ]

    @property
    def doubts(self) -> list[str]:
        """Why the whole delivery waits: it is a complete file, which would leave them out."""
        return sorted({f"forgotten:{line.number}" for line in self.waiting}) if self._complete else []

    @property
    def holds(self) -> list[Hold]:
        """What else waits: the deletes, of one person each."""
        if self._complete:
            return []
        numbers: Counter[str] = Counter()
        found: dict[str, dict[str, str]] = {}
        for line in self.waiting:
            numbers[line.name] += 1
            found.setdefault(line.name, {})[f"{line.name}/{numbers[line.name]}"] = line.employer
        return [Hold([reason], lines, whole=False) for reason, lines in found.items()]

    @property
    def changes(self) -> Iterator[tuple[Line, Change]]:
        """Yield what the portal is told to delete: a line with nothing in it but its id."""
        for left in self.going:
            if left.id:
                line = Line(left.id, left.name, left.employer, left.name, "", {})
                yield line, Change(line.id, line.key, fingerprint_line(line), "", 0, gone=True)

    @property
    def pointers(self) -> dict[str, Sequence]:
        """Write what the portal has of them once this delivery was accepted."""
        if not self._any:
            return {}
        job = self._job
        path = kinds.FORGOTTEN.path(self._scope, uuid4().hex)
        return {kinds.FORGOTTEN.pointer: job.vault.write(path, forgotten.encoded(self.waiting))}
