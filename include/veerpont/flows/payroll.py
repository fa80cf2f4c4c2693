"""What is particular about payroll data: tables of unknown columns, employers that wait for their KvK number, four
filters that may disagree, and a table that may halve for a good reason (docs/reference/afas.md, 8.7).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter

import msgspec

from veerpont.config.mappings import MappedCode
from veerpont.config.payroll import PayrollSettings
from veerpont.flows.building import Building
from veerpont.flows.codes import CodeTable
from veerpont.flows.flow import BaseFlow, Place
from veerpont.flows.flow_load import Companion, Compared, FlowLoad, LookedAt, Missing, ShownLine, Streams
from veerpont.flows.guards import ColumnCheck
from veerpont.flows.job import Job, Problems, Transformed, read_rows, row_key
from veerpont.flows.reading import Reading, known_people, lease_of, read_by_employer
from veerpont.model.failures import Problem, Stage
from veerpont.model.lines import Line
from veerpont.model.messages import Words, coded, together
from veerpont.model.pay_records import PayrollEntry
from veerpont.model.records import Record
from veerpont.model.schema import PAYROLL_TABLES, Column, Schema, compare, fingerprint
from veerpont.store import deliveries, kinds, mappings
from veerpont.store.links import Choice
from veerpont.store.mappings import Used
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Sequence, Vault
from veerpont.systems.registry import source
from veerpont.systems.source import Asked, Row

BASES = "calculated_bases"
KVK = "payroll.kvk"
"""The setting with the KvK numbers."""
OF_BASES = frozenset({"bases_halved", "bases_gone"})
"""The reasons that are about calculated bases."""
PROFIT_9 = coded(
    "run.profit_9",
    "Since Profit 9 AFAS shows one line of the calculated bases for each period, the last one: after that upgrade this "
    "is legitimate.",
)
_KVK_DIGITS = 8

_decode_entry = msgspec.json.Decoder(PayrollEntry).decode


# -- the schema --------------------------------------------------------------------------------------------------------


class _Table(msgspec.Struct, frozen=True):
    name: str
    columns: tuple[Column, ...]


def write_schema(job: Job, path: str, schema: Schema) -> Sequence:
    """Keep a schema in the vault."""
    return job.vault.write(path, (msgspec.json.encode(_Table(name, schema[name])) for name in schema))


def read_schema(vault: Vault, sequence: Sequence) -> Schema:
    """Read a schema back."""
    tables = map(msgspec.json.Decoder(_Table).decode, vault.read(sequence))
    return {table.name: table.columns for table in tables}


def table_of(identity: str) -> str:
    """Return the table of a line id."""
    return identity.partition("/")[0]


# -- transform ---------------------------------------------------------------------------------------------------------


@dataclass
class Apart:
    """What a read does not bring.

    `withheld`: employers, with how many of their rows are `held`. `unasked`: the tables of employers (`table/employer`)
    of which the portal keeps what it was told. `used`: employer → how many rows it has, and whether its KvK number
    lacks. `remarks`: what the run says of it.
    """

    withheld: set[str] = field(default_factory=set)
    held: int = 0
    unasked: set[str] = field(default_factory=set)
    used: dict[str, Used] = field(default_factory=dict)
    remarks: list[Words] = field(default_factory=list)


def apart(job: Job, rows: Sequence, problems: Problems) -> Apart:
    """Look whose KvK number is not what the portal has, and which connector lacks an employer that another one shows.

    Each such employer becomes a problem under `employer:<code>`.
    """
    settings, system = job.integration.payroll, source(job.integration.source.system)
    shown: defaultdict[str, Counter[str]] = defaultdict(Counter)
    kvk: defaultdict[str, set[str]] = defaultdict(set)
    for row in read_rows(job.vault, rows):
        code, table = system.employer_code(job.flow, row) or "", str(row["table"])
        shown[code][table] += 1
        if table == "employment" and settings.kvk_field:
            kvk[code].add(_kvk(row, settings.kvk_field))
    found = Apart()
    for code, tables in sorted(shown.items()):
        wrong = kvk_problem(settings, code, kvk[code])
        total = tables.total()
        found.used[code] = Used(total, 0 if settings.kvk.get(code, "").strip() else total)
        lacking = [table for table in PAYROLL_TABLES if not tables[table]]
        found.unasked |= {f"{table}/{code}" for table in (PAYROLL_TABLES if wrong else lacking)}
        if wrong:
            found.withheld.add(code)
            found.held += total
            waits = coded("run.employer_waits", "Employer {code} waits ({reason}):", code=code, reason=wrong.reason)
            found.remarks.append(together(waits, wrong.detail))
        if lacking:
            what = _lacking(lacking)
            found.remarks.append(together(coded("run.employer_lacks", "Employer {code}:", code=code), what.detail))
            wrong = wrong or what
        if wrong:
            problems.add(f"employer:{code}", wrong, rows=0, employer=code)
    return found


def kvk_problem(settings: PayrollSettings, code: str, in_source: set[str]) -> Problem | None:
    """Say what keeps the payroll data of an employer from being the right company's at the portal; None: nothing.

    Args:
        in_source: what the source has as its KvK number, an empty text where a row has none.
    """
    ours = settings.kvk.get(code, "").strip()
    where = settings.kvk_field or ""
    if not ours:
        return _problem(
            KVK,
            "kvk_missing",
            coded(
                "record.kvk_unset",
                "payroll.kvk has no KvK number of employer {code}: fill it in at the desk (Codes of this customer), or "
                "have it put into the integration file, as the portal has it.",
                code=code,
            ),
        )
    if not in_source.difference({""}) and where:
        empty = coded(
            "record.kvk_empty", "{field} is empty: fill in the KvK number of the employer in AFAS.", field=where
        )
        return _problem(where, "kvk_missing", empty)
    for number, setting in ((ours, KVK), *((each, where) for each in sorted(in_source - {""}))):
        if not (len(number) == _KVK_DIGITS and number.isascii() and number.isdigit()):
            what = coded(
                "record.kvk_malformed",
                "{field} of employer {code} is no KvK number: that has {digits} digits. Correct it.",
                field=setting,
                code=code,
                digits=_KVK_DIGITS,
            )
            return _problem(setting, "kvk_malformed", what)
    if in_source - {"", ours}:
        return _problem(
            where,
            "kvk_unequal",
            coded(
                "record.kvk_unequal",
                "AFAS shows another KvK number in {field} than payroll.kvk has for employer {code}: correct the one "
                "that is wrong. Until then nothing of this employer is sent.",
                field=where,
                code=code,
            ),
        )
    return None


def _problem(where: str, reason: str, detail: Words) -> Problem:
    return Problem(Stage.IMPORT, where, reason, detail)


def _lacking(tables: list[str]) -> Problem:
    return _problem(
        "payroll.connectors",
        "connector_lacks_employer",
        coded(
            "record.connector_lacks_employer",
            "not shown by the connector of {tables}, though another one shows it. Select the employer in the filter of "
            "each of the four connectors in AFAS; until then the portal keeps what it has of these tables. Where there "
            "is really nothing to show, ignore this at the desk.",
            tables=", ".join(tables),
        ),
    )


def _kvk(row: Row, name: str) -> str:
    values = row["values"]
    value = values.get(name) if isinstance(values, dict) else None
    if isinstance(value, int):
        return f"{value:0{_KVK_DIGITS}}"  # a number has lost the zeros that it begins with
    return str(value or "").strip()


def entries(job: Job, rows: Sequence, left: Apart, problems: Problems) -> Iterator[tuple[PayrollEntry, int]]:
    """Yield one entry for each table, employer and person, with the number of its rows, in the order of a file.

    What their rows say is sorted, for their order says nothing.
    """
    system, found = source(job.integration.source.system), Sorter(job.vault, f"{job.folder}/entries")
    for row in read_rows(job.vault, rows):
        record = system.record(job.flow, row)
        if system.employer_code(job.flow, row) in left.withheld:
            continue
        if isinstance(record, PayrollEntry):
            found.add(record.order, msgspec.json.encode(record, order="sorted"))
        elif isinstance(record, Problem):
            key = row_key(job, system.key(job.flow, row), row)
            problems.add(key, record, employer=system.employer_code(job.flow, row))
    for _, group in groupby(found, key=itemgetter(0)):
        parts = [_decode_entry(content) for content in sorted(content for *_, content in group)]
        yield msgspec.structs.replace(parts[0], rows=tuple(part.rows[0] for part in parts)), len(parts)


# -- load --------------------------------------------------------------------------------------------------------------


class PayrollLoad(FlowLoad):
    """Looks at the lines as they pass, told and shown: whether columns lost their values, and whether the calculated
    bases of the same people have far fewer rows."""

    def __init__(
        self, job: Job, transformed: Transformed, record: type[Record], portal: str, told: Sequence | None
    ) -> None:
        super().__init__(job, transformed, record, portal, told)
        self._read = read_schema(job.vault, transformed.schema) if transformed.schema else None
        self._apart = frozenset(transformed.unasked)
        self._columns: defaultdict[str, ColumnCheck] = defaultdict(ColumnCheck)
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._versions = {table: fingerprint({table: columns}) for table, columns in (self._read or {}).items()}
        self._unread: set[str] = set()
        with job.ledger.session() as session:
            kept = deliveries.pointer(session, self.scope, kinds.SCHEMAS)
        accepted = read_schema(job.vault, kept) if kept else None
        self.schema = self._read or accepted
        self.schema_change = compare(accepted, self._read) if accepted and self._read else None

    def versioned(self, line: Line | Problem) -> Line | Problem:
        """When the columns change, all lines of a table are sent again."""
        if self._read is None or isinstance(line, Problem):
            return line
        return msgspec.structs.replace(line, version=self._versions[table_of(line.id)])

    def compare(self, streams: Streams) -> Iterable[LookedAt]:
        active = streams.active
        return streams.split(
            whole_columns=False,  # `doubts` looks at them, table by table
            told=lambda lines: self._watch_told(lines, active),
            shown=lambda lines: self._watch_shown(lines, active),
        )

    def limit(self, streams: Streams) -> None:
        """What is shown is of other periods each time, so that many new lines say nothing."""

    def missing(self, comparison: Compared, before: Mapping[str, str]) -> Missing:
        return replace(super().missing(comparison, before), unread=self._unread)

    def reasons_gone(self, waiting: Iterable[str]) -> list[str]:
        return ["bases_gone"] if any(table_of(identity) == BASES for identity in waiting) else []

    def explain(self, reasons: Collection[str]) -> Words:
        return "" if OF_BASES.isdisjoint(reasons) else PROFIT_9

    def companions(
        self, _crossing: Callable[[], Iterator[Record]], _comparison: Compared, held: bool
    ) -> Iterator[Companion]:
        if self.transformed.schema and not held:
            yield Companion(kinds.SCHEMAS, self.job.vault.read(self.transformed.schema))

    def _watch_told(self, lines: Iterable[Line], active: Set[str]) -> Iterator[Line]:
        for line in lines:
            if self._read and line.employer in active:
                place = line.id.removesuffix(f"/{line.key}")
                if place in self._apart:
                    self._unread.add(line.id)
                else:
                    self._count(line.id, line.rows, self._before)
                    for row in line.rows:
                        self._columns[table_of(line.id)].before(row)
            yield line

    def _watch_shown(self, lines: Iterable[ShownLine], active: Set[str]) -> Iterator[ShownLine]:
        for item, record, line in lines:
            if isinstance(record, PayrollEntry) and record.employer_code in active:
                self._count(record.id, record.rows, self._now)
                for row in record.rows:
                    self._columns[record.table].now(row)
            yield item, record, line

    def _count(self, identity: str, rows: Iterable[Mapping[str, str | None]], counts: dict[str, int]) -> None:
        if identity.startswith(f"{BASES}/"):
            counts[identity] = sum(1 for _ in rows)

    def doubts(self, _comparison: Compared, _approved: Set[str]) -> list[str]:
        limits = self.job.integration.guards
        reasons = [
            reason.replace(":", f":{table}.", 1)
            for table, check in sorted(self._columns.items())
            for reason in check.broken(limits)
        ]
        both = self._before.keys() & self._now.keys()
        before, now = (sum(counts[identity] for identity in both) for counts in (self._before, self._now))
        if before - now >= max(limits.min_gone, 1) and now * 3 <= before * 2:
            reasons.append("bases_halved")
        return reasons


# -- the flow ---------------------------------------------------------------------------------------------------------


class Payroll(BaseFlow):
    """The source says first which tables and columns there are, and rows are of these."""

    record = PayrollEntry
    load = PayrollLoad
    tables = (
        CodeTable(KVK, mends=("kvk_missing", "kvk_malformed", "kvk_unequal"), digits=_KVK_DIGITS, employers="code"),
    )

    def read(self, reading: Reading) -> None:
        job = reading.job
        schema = reading.system.schema(job.integration, lease_of(job), job.note)
        read_by_employer(reading, lambda *_: Choice.ADD, known_people(job), Asked(schema=schema))
        reading.schema = write_schema(job, f"{job.folder}/schema", schema) if schema else None

    def build(self, building: Building) -> None:
        job, rows, problems = building.job, building.extracted.rows, building.problems
        left = apart(job, rows, problems)
        with job.ledger.session() as session:
            mappings.count(
                session, job.name, [KVK], {MappedCode(KVK, "", code): used for code, used in left.used.items()}
            )
        for entry, count in entries(job, rows, left, problems):
            building.stage(entry.id, count, entry)
        building.remarks += left.remarks
        building.held += left.held
        building.unasked |= left.unasked

    def why_not(self, place: Place, key: str) -> str:
        return (
            "no connector showed a row with this personnel number, or only at an employer that is not active, "
            f"of which nothing is kept ({place.closed}), or whose KvK number waits. The key of "
            "payroll data is number:<personnel number>."
        )
