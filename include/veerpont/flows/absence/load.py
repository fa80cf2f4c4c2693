"""A load of absence to one portal: what it gets are the cases that the history, which is of all portals, makes."""

from collections.abc import Iterable, Iterator, Mapping, Set

import msgspec
from sqlalchemy.orm import Session

from veerpont.flows.absence import request
from veerpont.flows.absence.cases import Absences, doubts, lacks, remarks
from veerpont.flows.absence.gone import gone
from veerpont.flows.absence.persons import Good
from veerpont.flows.absence.window import cargo, made_by
from veerpont.flows.flow_load import Compared, FlowLoad, LookedAt, Missing, Streams
from veerpont.flows.job import Job, StagedRecord, Transformed
from veerpont.model.failures import Problem
from veerpont.model.records import AbsenceCase, Record
from veerpont.store import notes, rejects
from veerpont.store.vault import Sequence
from veerpont.systems.registry import portal

_decode_good = msgspec.json.Decoder(Good).decode
_NOTHING = msgspec.Raw()


class AbsenceLoad(FlowLoad):
    """What a read does not show may be as it was: the history knows what is gone, and the window what leaves."""

    def __init__(
        self, found: Absences, job: Job, transformed: Transformed, portal_name: str, told: Sequence | None
    ) -> None:
        mine = cargo(job, found, transformed, lambda: job.vault.read(told) if told else (), portal_name)
        super().__init__(job, transformed, AbsenceCase, portal_name, told, mine.problems)
        self.questions = found.questions
        self.filtered, self.held, self.trimmed = mine.filtered, found.held, mine.trimmed
        self._found, self._mine = found, mine
        self._lack = lacks(job)

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
        return doubts(self.job, self._found, portal(self.portal).complete, self._lack, accepted)

    def remarks(self) -> list[str]:
        return remarks(self.job, self._found)

    def note_answers(self, session: Session, released: Set[str]) -> None:
        if "history_incomplete" in released:
            notes.note(session, self.scope, "accepted_lack", msgspec.json.encode(self._lack).decode())

    def note_read(self, session: Session) -> None:
        rejects.count_codes(session, self.job.name, self.job.flow, self._found.codes)

    def proves(self, key: str) -> bool:
        """A read of changes says something only of what it showed."""
        return self.transformed.scope == request.WIDE or key in self._found.proved

    def made_by(self, comparison: Compared) -> str:
        return made_by(self.job, comparison.because)
