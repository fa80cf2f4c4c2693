"""One build of a flow: the staged rows go in, and come out as staged records, sorted as they will stand in a file."""

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from veerpont.flows.job import Extracted, Job, Problems, row_key, staged_rows
from veerpont.flows.returned import Returned
from veerpont.model.failures import Problem
from veerpont.model.messages import Words
from veerpont.model.pay_records import Hours
from veerpont.model.records import BankAccount, Department, Employer, Employment, ManagerUnit, Record
from veerpont.store.vault import SequenceWriter
from veerpont.systems.registry import source
from veerpont.systems.source import NO_FAILURE

R = TypeVar("R", Employer, Department, Employment, ManagerUnit, BankAccount, Hours)

encode = msgspec.json.Encoder(decimal_format="number").encode


class _Staged(msgspec.Struct):
    """A `job.StagedRecord` before its record is encoded."""

    group: str
    rows: int
    record: Record


class Building:
    """One build.

    `problems`: what is wrong with which record. `filtered`, `held`: rows that are out of scope, and that wait for a
    person. `unasked`: of which tables of which employers (`table/employer`) the read says nothing. `returned`: the
    employments that another one of the same person counts for. `remarks`: what the run says about it.
    """

    def __init__(self, job: Job, extracted: Extracted, problems: Problems, staged: SequenceWriter) -> None:
        self.job, self.extracted, self.problems = job, extracted, problems
        self.system = source(job.integration.source.system)
        self.filtered = self.held = 0
        self.unasked: set[str] = set()
        self.returned: list[Returned] = []
        self.remarks: list[Words] = []
        self._staged = staged

    def records(self, kind: type[R], left_out: Counter[str] | None = None) -> Iterator[tuple[str, bytes, R]]:
        """Yield key, content and record of every staged row that is one; note the problem of every other.

        Args:
            left_out: counts, by their reason, the rows that are out of scope and no problem.
        """
        job, system = self.job, self.system
        for content, row in staged_rows(job.vault, self.extracted.rows):
            key = row_key(job, system.key(job.flow, row), row)
            record = system.record(job.flow, row)
            if isinstance(record, Problem) and left_out is not None and record.reason in NO_FAILURE:
                left_out[record.reason] += 1
            elif isinstance(record, Problem):
                self.problems.add(key, record, employer=system.employer_code(job.flow, row))
            elif isinstance(record, kind):
                yield key, content, record
            else:
                raise TypeError(f"{job.flow} makes {kind.__name__} records, the source made {type(record).__name__}")

    def stage(self, group: str, rows: int, record: Record) -> None:
        """Keep a record. `group` tells which records share source rows, `rows` how many these are."""
        self._staged.add(encode(_Staged(group, rows, record)))

    def stage_encoded(self, item: bytes) -> None:
        """Keep an encoded `job.StagedRecord`."""
        self._staged.add(item)
