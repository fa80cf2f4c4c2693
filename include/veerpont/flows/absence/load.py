"""A load of absence to one portal: what it gets are the cases that the history, which is of all portals, makes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.mappings import MappedCode
from veerpont.flows.absence import coverage, request
from veerpont.flows.absence.cases import Absences
from veerpont.flows.absence.gone import gone
from veerpont.flows.absence.persons import Good
from veerpont.flows.absence.standing import Narrow, Standing, Wrong
from veerpont.flows.absence.window import cargo, made_by, told_of
from veerpont.flows.flow_load import Companion, Compared, FlowLoad, LookedAt, Missing, Steady, Streams, lines_of
from veerpont.flows.job import Job, StagedRecord, Transformed
from veerpont.flows.reading import outside_service
from veerpont.model.failures import Problem
from veerpont.model.lines import Line
from veerpont.model.messages import Words, coded
from veerpont.model.records import AbsenceCase, Record
from veerpont.store import kinds, mappings, notes, rejects
from veerpont.store.mappings import Used
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

_decode_good = msgspec.json.Decoder(Good).decode
_decode_line = msgspec.json.Decoder(Line).decode
_NOTHING = msgspec.Raw()
TYPES, CAUSES = "absence.types", "absence.causes"
_COUNTED = (TYPES, CAUSES)


class AbsenceLoad(FlowLoad):
    """What a read does not show may be as it was: the history knows what is gone, and the window what leaves."""

    def __init__(
        self, found: Absences, job: Job, transformed: Transformed, portal_name: str, told: Sequence | None
    ) -> None:
        looked_at = told_of(job, found.narrow, told, portal_name) if found.narrow else None

        def lines() -> Iterable[bytes]:
            return looked_at if looked_at is not None else job.vault.read(told) if told else ()

        mine = cargo(job, found, transformed, lines, portal_name)
        super().__init__(job, transformed, AbsenceCase, portal_name, told, mine.problems)
        questions, self._codes = dict(found.questions), dict(found.codes)
        self.filtered, self.held, self.trimmed = mine.filtered, found.held, mine.trimmed
        self._found, self._mine, self._lines = found, mine, lines
        self._looked: set[str] = set()
        self._left = mine.unwanted | found.lost.keys()
        self._lack = lacks(job)
        if found.narrow:
            self._stand(found.narrow, questions)
        self.questions = questions

    def _stand(self, narrow: Narrow, questions: dict[str, str]) -> None:
        """Take over how the last load left what this one does not look at."""
        stood = narrow.standing[self.portal]
        told = [*map(_decode_line, self._lines())]
        self._looked = {line.id for line in told}
        rows = Counter(narrow.rows)
        for case, wrong in stood.wrong.items():
            if case not in narrow.cases:
                problem = wrong.problem
                self.problems.add(case, problem.problem, rows.pop(case, 0), problem.employer)
                questions |= {case: wrong.question} if wrong.question else {}
                self._codes |= {case: wrong.code} if wrong.code else {}
        left = stood.left - narrow.cases
        self.filtered += sum(rows.pop(case, 0) for case in left)
        self._left |= left
        self.steady = Steady(
            Counter(stood.told) - Counter(line.employer for line in told),
            rows.total(),
            stood.repeated - self._looked,
        )

    def told_lines(self) -> Iterator[Line]:
        return map(_decode_line, self._lines())

    def repeatable(self) -> Iterator[Line]:
        return lines_of(self.job.vault, self.told)

    def stays(self, identity: str) -> bool:
        return self._found.narrow is not None and identity not in self._looked

    def records(self) -> Iterator[tuple[StagedRecord, Record]]:
        for _, _, content in self._mine.items:
            good = _decode_good(content)
            yield StagedRecord(good.case, good.rows, _NOTHING), good.record

    def wrong(self) -> dict[str, Problem]:
        """A bad case is not among the records."""
        return {}

    def compare(self, streams: Streams) -> Iterable[LookedAt]:
        return streams.split(whole_columns=False)

    def shows_nothing(self) -> bool:
        """That nothing changed is no reason for doubt; a wide read without a line is doubted by the history."""
        return False

    def leaving(self) -> set[str]:
        return self._mine.leaving

    def not_tried(self, _refused: set[str], _night_is_owed: bool) -> set[str]:
        """Every run tries all of them again."""
        return set()

    def missing(self, comparison: Compared, before: Mapping[str, str]) -> Missing:
        told = {key: told.employer for key, told in comparison.told.items() if not comparison.accepted(key)}
        made = gone(self.job, self._found, self._mine.by_settings, told, before)
        return Missing(believed=made.unasked, asked=made.asked, waits=made.waits)

    def doubts(self, _comparison: Compared, _approved: Set[str]) -> list[str]:
        with self.job.ledger.session() as session:
            accepted = notes.noted(session, self.scope, "accepted_lack")
        reasons = doubts(self.job, self._found, portal(self.portal).complete, self._lack, accepted)
        if self._mine.joined:
            reasons.append("employments_joined")
        return reasons

    def remarks(self) -> list[Words]:
        return remarks(self.job, self._found)

    def note_answers(self, session: Session, released: Set[str]) -> None:
        if "history_incomplete" in released:
            notes.note(session, self.scope, "accepted_lack", msgspec.json.encode(self._lack).decode())

    def note_read(self, session: Session) -> None:
        wrong = ((self._codes[each.key], each) for each in self.problems if each.key in self._codes)
        codes = Counter((each.problem.reason, each.employer, code) for code, each in wrong)
        rejects.count_codes(session, self.job.name, self.job.flow, codes)
        if not self._found.narrow:  # else not everybody was looked at
            mappings.count(session, self.job.name, _COUNTED, self._used())

    def _used(self) -> dict[MappedCode, Used]:
        """Return how often a portal's window asks for which kind of absence, by the settings that map it."""
        found: Counter[MappedCode] = Counter()
        for (employer, code), count in self._found.used.items():
            found[MappedCode(CAUSES, employer, code)] += count
            if "/" not in code:
                found[MappedCode(TYPES, "", code)] += count
        return {place: Used(count) for place, count in found.items()}

    def proves(self, key: str) -> bool:
        """A read of changes says something only of what it showed."""
        return self.transformed.scope == request.WIDE or key in self._found.proved

    def made_by(self, comparison: Compared) -> str:
        return made_by(self.job, comparison.because)

    def standing(self, comparison: Compared, told: Mapping[str, int], snapshot: Sequence) -> Companion | None:
        found = self._found
        if not (self.transformed.complete and found.history):
            return None
        if found.settings or found.nameless or self.transformed.problems.items:
            return None
        wrong = {
            each.key: Wrong(
                msgspec.structs.replace(each, rows=0), self.questions.get(each.key, ""), self._codes.get(each.key, "")
            )
            for each in comparison.problems
        }
        repeated = {*self.steady.repeated, *comparison.carried}
        stands = Standing(told, wrong, self._left - wrong.keys(), repeated)
        return Companion(kinds.STANDING, stands.items(found.conditions, found.history.path, snapshot))


def doubts(job: Job, found: Absences, complete: bool, lack: list[str], accepted: str | None) -> list[str]:
    """Return why a delivery must wait: a read that is not believed, or a history that is shorter than the window.

    Args:
        complete: whether the portal takes complete files, and may delete what they leave out.
        lack: what the history lacks (`lacks`).
        accepted: what it lacked when a person released a delivery, as JSON.
    """
    reasons = list(found.doubts)
    known = set(msgspec.json.decode(accepted or "[]", type=list[str]))
    if complete and found.read and job.integration.portal_deletes != "log" and set(lack) - known:
        reasons.append("history_incomplete")
    return reasons


def lacks(job: Job) -> list[str]:
    """Return what the history lacks, as words that stay the same while the window moves on: employer and month."""
    found = coverage.uncovered(job).items()
    return sorted({f"{code} {month if month[0] != '<' else '<'}" for code, months in found for month in months})


def remarks(job: Job, found: Absences) -> list[Words]:
    """Return what a person should know of the absence that was read, one sentence each."""
    said = [*found.remarks, *outside_service(found.outside_rows)]
    if lacking := coverage.uncovered(job):
        said += [
            coded(
                "run.history_lacks",
                "The history lacks employer {code}: {first} to {last}: see `veerpont coverage {name}`.",
                code=code,
                first=months[0],
                last=months[-1],
                name=job.name,
            )
            for code, months in sorted(lacking.items())
        ]
    if found.gap:
        made_good = coded("run.read_widely", "everything was read to make up for it")
        lost = coded("run.changes_lost", "changes since then were lost")
        said.append(
            coded(
                "run.gap",
                "The last successful read is older than absence.connector_window: {so}.",
                so=made_good if found.wide else lost,
            )
        )
    if not job.integration.absence.reads_widely:
        said.append(
            coded("run.not_widely", "The connector cannot be read widely: deletions at the source are not seen.")
        )
    return said
