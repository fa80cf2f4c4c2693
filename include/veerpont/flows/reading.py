"""One read of a flow: the source's pages go in, and of a row only what the portals and the rules need is kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import replace

from veerpont.flows.index import read_index
from veerpont.flows.job import Job, Problems, encode_row, row_key
from veerpont.flows.links import UNDECIDED
from veerpont.model.failures import Problem, Stage
from veerpont.model.marks import Marks
from veerpont.model.messages import Words, coded
from veerpont.store.employers import Gate
from veerpont.store.leases import lease
from veerpont.store.links import Choice
from veerpont.store.vault import Sequence, SequenceWriter
from veerpont.systems.registry import portal, source
from veerpont.systems.source import NO_FAILURE, Asked, Lease, Row

UNKNOWN_EMPLOYER = Problem(
    Stage.IMPORT,
    "employer_code",
    "unknown_employer",
    coded(
        "record.unknown_employer",
        "The flow employers never showed this employer code: correct it at the source, or have the source show us the "
        "employer too, and then activate it at the desk (Employers) or with `veerpont employers activate`.",
    ),
)


def outside_service(rows: int) -> list[Words]:
    """Return what a run says of so many rows that lie outside the service period of their employer."""
    return (
        [coded("run.outside_service", "{rows} rows are left out (outside_service_period).", rows=rows)] if rows else []
    )


def pages(job: Job, employers: Set[str] | None, keep: Set[str], asked: Asked | None = None) -> Iterator[list[Row]]:
    """Yield the flow's rows, page by page.

    Args:
        employers: those whose rows are wanted; None: of every one.
        keep: the source's fields that are kept of a row (`kept_fields`).
        asked: what else limits the answer.
    """
    asked = replace(asked or Asked(), employers=employers, fields=keep, period=job.period)
    return source(job.integration.source.system).pages(job.integration, job.flow, lease_of(job), job.note, asked)


def kept_fields(job: Job, also: Set[str] = frozenset()) -> frozenset[str]:
    """Return the source's fields that are kept: what the portals get, and `also`, which are our names."""
    names = frozenset(also).union(
        *(portal(item.portal).names(job.integration, job.flow) for item in job.integration.portals_for(job.flow))
    )
    return source(job.integration.source.system).fields(job.flow, names)


def lease_of(job: Job) -> Lease:
    """Return how a source holds what must not run in parallel, also beside the runs of others."""

    def hold(name: str) -> AbstractContextManager[object]:
        return lease(job.shared, name)

    return hold


class Reading:
    """One read.

    Args:
        gate: employer code → state, as it was when the read began.
        scope: what is asked for (`BaseFlow.scope`).
        employers, keep: as in `pages`.
        held: the pages, where they were read already.

    `read`, `filtered`: how many rows there were, and were left out; `outside`: because their employer's service is
    over, as far as a row says its employer. `problems`: what is wrong with which record.
    `elsewhere`: record keys, known from before, that the source shows at an employer that is not active. `schema`: the
    tables that the rows are of, where the source says it. `remarks`: what the run says about it.
    """

    def __init__(
        self,
        job: Job,
        gate: Mapping[str, Gate],
        scope: str,
        employers: Set[str] | None,
        keep: frozenset[str],
        staged: SequenceWriter,
        held: list[list[Row]] | None = None,
    ) -> None:
        self.job, self.gate, self.scope = job, gate, scope
        self.system = source(job.integration.source.system)
        self.read = self.filtered = self.outside = 0
        self.problems = Problems()
        self.elsewhere: set[str] = set()
        self.schema: Sequence | None = None
        self.remarks: list[Words] = []
        self._employers, self._keep, self._staged, self._held = employers, keep, staged, held

    @property
    def active(self) -> list[str]:
        """The codes of the active employers."""
        return [code for code, state in self.gate.items() if state is Gate.ACTIVE]

    def pages(self, asked: Asked | None = None) -> Iterable[list[Row]]:
        """Yield the rows, and count them."""
        found = pages(self.job, self._employers, self._keep, asked) if self._held is None else self._held
        for page in found:
            self.read += len(page)
            yield page

    def slim(self, row: Row) -> Row:
        """Return what may be kept of a row."""
        keep = self._keep
        return {field: value for field, value in row.items() if field in keep}

    def stage(self, row: Row) -> None:
        """Keep a row."""
        self._staged.add(encode_row(self.slim(row)))

    def reject(self, key: str | None, row: Row, problem: Problem, employer: str | None = None) -> None:
        """Note what is wrong with a row."""
        self.problems.add(row_key(self.job, key, row), problem, employer=employer)


def known_people(job: Job) -> Marks:
    """Return the keys of the people who have crossed."""
    known = Marks()
    for entry in read_index(job) or ():
        known.add(entry.guid)
    return known


def read_by_employer(
    reading: Reading,
    choice: Callable[[str | None, Row], Choice],
    known: Marks,
    asked: Asked | None = None,
    show: Callable[[str, str | None], None] | None = None,
) -> None:
    """Read rows that say their employer: kept page by page when that employer is active.

    Args:
        choice: what people decided about the employee whose row it is, by record key and row.
        known: the record keys that are looked for at other employers.
        show: takes employer and record key of every row of an employer that we know.
    """
    system, flow, gate = reading.system, reading.job.flow, reading.gate
    stage = reading.stage
    for page in reading.pages(asked):
        for row in page:
            code = system.employer_code(flow, row)
            key = system.key(flow, row)
            if show is not None and code in gate:
                show(code or "", key)
            if gate.get(code or "") is Gate.ACTIVE:
                chosen = choice(key, row)
                if chosen is Choice.UNDECIDED:
                    reading.reject(key, row, UNDECIDED, code)
                elif chosen is Choice.SKIP:
                    reading.filtered += 1
                else:
                    stage(row)
            elif code in gate:
                reading.filtered += 1
                reading.outside += gate[code or ""] is Gate.OVER
                if key is not None and key in known:
                    reading.elsewhere.add(key)
            elif (what := _without_employer(reading, row, code)).reason in NO_FAILURE:
                reading.filtered += 1
            else:
                reading.reject(key, row, what, code)


def _without_employer(reading: Reading, row: Row, code: str | None) -> Problem:
    """Say what is wrong with a row that has no usable employer code; it is not stored, for it may be of anybody."""
    if code is not None:
        return UNKNOWN_EMPLOYER
    found = reading.system.record(reading.job.flow, reading.slim(row))
    return found if isinstance(found, Problem) else UNKNOWN_EMPLOYER


def read_by_index(
    reading: Reading, inside: Callable[[str | None, Row], bool | None], leaves_out: Callable[[str | None], bool]
) -> None:
    """Read rows without an employer of their own: kept when the people whom the portals know say where they belong.

    Args:
        inside: tells, by record key and row, whether a row is of an active employer; None where the row does not say
            what it belongs to.
        leaves_out: tells whether a person is left out, by record key.
    """
    system, flow = reading.system, reading.job.flow
    for page in reading.pages():
        for row in page:
            key = system.key(flow, row)
            belongs = inside(key, row)
            if belongs and not leaves_out(key) and (key is not None or not _is_of_nobody(reading, row)):
                reading.stage(row)
            elif belongs is None:
                reading.reject(key, row, NOBODY)
            else:
                reading.filtered += 1


def _is_of_nobody(reading: Reading, row: Row) -> bool:
    """Tell whether a row only says that a unit has no manager. One that names a manager without a GUID is a reject."""
    found = reading.system.record(reading.job.flow, row)
    return isinstance(found, Problem) and found.reason in NO_FAILURE


NOBODY = Problem(
    Stage.IMPORT,
    "GUID",
    "missing_value",
    coded(
        "record.of_nobody",
        "The row names no employee or department that it could belong to: fill that in at the source.",
    ),
)
