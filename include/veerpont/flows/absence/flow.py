"""The flow absence: what is asked for follows from what was read before, and all that is read goes into the history."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from functools import partial

import msgspec
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.flows.absence import request
from veerpont.flows.absence.coverage import cover_of_months, cutoff, uncovered_on
from veerpont.flows.absence.history import Entry
from veerpont.flows.absence.load import CAUSES, TYPES, AbsenceLoad
from veerpont.flows.absence.service import known_people, services
from veerpont.flows.absence.staging import in_order
from veerpont.flows.absence.window import merged
from veerpont.flows.building import Building
from veerpont.flows.codes import CodeTable
from veerpont.flows.flow import BaseFlow, Loads, MonthCover, Place
from veerpont.flows.index import require_index
from veerpont.flows.job import Job, Transformed, row_key, staged_rows
from veerpont.flows.links import Links
from veerpont.flows.reading import Reading, read_by_employer
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.marks import Marks
from veerpont.model.messages import Words, coded
from veerpont.model.records import AbsenceCase
from veerpont.store.leases import LeaseGuard
from veerpont.store.links import Choice
from veerpont.systems.source import Row


class Absence(BaseFlow):
    """A read brings lines, some of a case; what a portal gets are the cases that the history makes of them."""

    record = AbsenceCase
    tables = (
        CodeTable(TYPES, mends=("unknown_type",)),
        CodeTable(CAUSES, mends=("no_cause",)),
        CodeTable("absence.count_reasons"),
    )

    def unmapped(self, integration: Integration) -> list[Words]:
        if integration.is_sandbox or any(integration.absence.causes.values()):
            return []
        return [
            coded(
                "settings.no_causes",
                "absence.causes is empty: every case would be a reject (no_cause). Ask the portal's "
                "administrator for the code of each kind of absence, by employer.",
            )
        ]

    def unmapped_at(self, integration: Integration, employers: Iterable[str]) -> list[str]:
        return [code for code in employers if not integration.absence.causes.get(code)]

    def uncovered(self, session: Session, integration: Integration, today: date) -> dict[str, list[str]]:
        return uncovered_on(session, integration, today)

    def late_days(self, integration: Integration) -> int:
        return integration.absence.late_report_days

    def coverage(self, session: Session, integration: Integration, today: date) -> list[MonthCover]:
        return cover_of_months(session, integration, today)

    def scope(self, job: Job) -> str:
        return request.choose_scope(job)

    def read(self, reading: Reading) -> None:
        job, system = reading.job, reading.system
        asked = request.to_query(job, reading.scope)
        if job.integration.portals_for(Flow.EMPLOYEES):
            require_index(job)
        leaves_out = Links(job).leaves_out
        over = {code for code, period in services(job).items() if period.is_over(job.today)}
        known = known_people(job, over)

        def choice(_key: str | None, row: Row) -> Choice:
            person = system.key(Flow.EMPLOYEES, row)
            if leaves_out(person):
                return Choice.SKIP
            code = system.employer_code(job.flow, row) or ""
            if known is not None and code in over and (code, person or "") not in known:
                reading.outside += 1
                return Choice.SKIP
            return Choice.ADD

        read_by_employer(reading, choice, Marks(), asked)

    def build(self, building: Building) -> None:
        """Stage the lines as they came: the history keeps also what is wrong, and every load looks at all of it."""
        job, system, extracted = building.job, building.system, building.extracted

        def lines() -> Iterator[tuple[Entry, int]]:
            for content, row in staged_rows(job.vault, extracted.rows):
                key = row_key(job, system.key(job.flow, row), row)
                case, employer = system.group(job.flow, row), system.employer_code(job.flow, row) or ""
                person = system.key(Flow.EMPLOYEES, row) or ""
                yield Entry(key, case, employer, msgspec.Raw(content), extracted.read_at, person=person), 1

        for item in in_order(job.vault, f"{job.folder}/sorted", lines()):
            building.stage_encoded(item)

    def loads(self, job: Job, transformed: Transformed, guard: LeaseGuard) -> Loads:
        """Merge what was read into the history first: it is of all portals."""
        return partial(AbsenceLoad, merged(job, transformed, guard), job, transformed)

    def may_end(self, job: Job, line: Line) -> bool:
        """What ended before the window the portal leaves as it is."""
        last = line.case.periods[-1].end if line.case else None
        return last is None or last >= cutoff(job)

    def why_not(self, place: Place, key: str) -> str:
        return (
            "the history has no such line or case. absence.types leaves out its kind of leave, no window asks "
            "for it, it was not asked for (`veerpont coverage`), two wide reads agreed that it is gone, it "
            "began outside the service period of its employer (`veerpont employers list`), or its "
            f"employer is not active, of which nothing is kept ({place.closed})."
        )

    def known_as(self, line: Line, bsns: Set[str]) -> Iterable[str]:
        """By the number of whose case it is, where that is what the portal is told."""
        by_bsn = any(line.values.get(name) for name in bsns)
        return () if line.case is None or by_bsn else (f"number:{line.case.person}",)

    def own_keys(self, line: Line) -> set[str]:
        """A case has a key of its own."""
        return {line.key}
