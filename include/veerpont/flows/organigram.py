"""The flow organigram: the units of the charts, placed under the employers whose people are in them."""

from collections import Counter
from collections.abc import Collection, Mapping

from veerpont.flows.building import Building
from veerpont.flows.codes import CodeTable
from veerpont.flows.flow import BaseFlow, Place
from veerpont.flows.flow_load import Compared, FlowLoad, Missing
from veerpont.flows.index import used_departments
from veerpont.flows.job import Job, Problems, duplicate, staged_rows
from veerpont.flows.reading import Reading
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.messages import coded
from veerpont.model.records import Department
from veerpont.rules import departments
from veerpont.store.employers import Gate
from veerpont.systems import defaults
from veerpont.systems.source import Row, Source

CYCLE = Problem(
    Stage.TRANSFORM,
    "parent_department_code",
    "department_cycle",
    coded(
        "record.department_cycle",
        "Following the parents of this unit leads back to itself: correct its parent in the chart.",
    ),
)


class OrganigramLoad(FlowLoad):
    """A unit whose row is bad may be what links the missing ones above it."""

    def missing(self, comparison: Compared, before: Mapping[str, str]) -> Missing:
        return Missing(believed=set()) if self.problems.rows else super().missing(comparison, before)


class Organigram(BaseFlow):
    """Charts are small: they are held in memory, for what a unit is depends on the units above it."""

    record = Department
    load = OrganigramLoad
    tables = (CodeTable("organigram.map", where=("organigram.tree", "map"), employers="target"),)

    def read(self, reading: Reading) -> None:
        """Keep the units that the tree of an active employer has."""
        job, system = reading.job, reading.system
        used = used_departments(job, reading.active)
        slim = [reading.slim(row) for page in reading.pages() for row in page]
        units = [unit for row in slim if (unit := _unit(system, job.flow, row)) is not None]
        tree = defaults.tree(job.integration) or ""
        # also units whose own row is bad: `build` says so
        scope = {key for employer, codes in used.items() for code in codes for key in (code, f"{employer}/{code}")}
        for own, chart in departments.charts(units).items():
            users = departments.of_chart(own, used)
            current = departments.current(chart, job.today)
            placed = departments.place(current, tree, users, job.integration.organigram.map)
            codes = {unit.department_code for unit in placed}.union(*users.values())
            codes |= {unit.parent_department_code or "" for unit in chart if unit.department_code in codes}
            scope |= {departments.key(own, code) for code in codes}
        for row in slim:
            key = system.key(job.flow, row)
            if key in scope or key is None:
                reading.stage(row)
            else:
                reading.filtered += 1

    def build(self, building: Building) -> None:
        """Place the units under their employers; those of charts that are not current are out of scope."""
        job, problems = building.job, building.problems
        with job.ledger.session() as session:
            gate = self.gate(session, job.integration, job.today)
        active = [code for code, state in gate.items() if state is Gate.ACTIVE]
        found: list[Department] = []
        rows: Counter[str] = Counter()
        for key, _, record in building.records(Department):
            found.append(record)
            rows[key] += 1
        found += _unreadable(building)
        used = used_departments(job, active)
        placed: list[Department] = []
        for own, chart in departments.charts(found).items():
            placed += _chart(job, own, chart, departments.of_chart(own, used), problems)
        for unit in sorted(placed, key=lambda unit: unit.order):
            building.stage(unit.key, rows[unit.key], unit)
        in_scope = {unit.key for unit in placed}
        for key, count in rows.items():
            if key in problems:
                problems.cost(key, count)
            elif key not in in_scope:
                building.filtered += count

    def why_not(self, place: Place, key: str) -> str:
        return (
            "filtered, or not shown by the source. The tree of no active employer has this unit "
            f"(organigram.tree: {defaults.tree(place.integration) if place.integration else '?'})."
        )


def _unit(system: Source, flow: Flow, row: Row) -> Department | None:
    """Return a unit; of one whose row is bad its code and the unit above it, so that the tree hangs together."""
    unit = system.record(flow, row)
    if isinstance(unit, Department):
        return unit
    bare = _bare_unit(system, flow, row, system.key(flow, row) or "")
    return bare if bare.department_code else None


def _bare_unit(system: Source, flow: Flow, row: Row, key: str) -> Department:
    employer = system.employer_code(flow, row)
    code = key.removeprefix(departments.key(employer, ""))
    return Department(code, code, employer, system.group(flow, row), own_chart=employer is not None)


def _chart(
    job: Job, own: str | None, chart: list[Department], used: Mapping[str, Collection[str]], problems: Problems
) -> list[Department]:
    """Place the units of one chart; what is wrong with one is added to `problems`."""
    units = departments.current(chart, job.today)
    by_begin = Counter((unit.department_code, unit.valid_from) for unit in set(chart))
    for unit in units:
        if by_begin[unit.department_code, unit.valid_from] > 1:
            problems.add(unit.key, duplicate("department_code", "two units with one code in one chart"), rows=0)
    for code in departments.cycles(units):
        problems.add(departments.key(own, code), CYCLE, rows=0)
    # one that is rejected keeps its place in the tree: what is above it must not seem to be gone
    placed = departments.place(units, defaults.tree(job.integration) or "", used, job.integration.organigram.map)
    return [unit for unit in placed if unit.key not in problems]


def _unreadable(building: Building) -> list[Department]:
    """Return what is known of the units whose row is rejected: their code, and the unit above them."""
    job, system = building.job, building.system
    found = []
    for _, row in staged_rows(job.vault, building.extracted.rows):
        key = system.key(job.flow, row)
        if key is not None and key in building.problems:
            found.append(_bare_unit(system, job.flow, row, key))
    return found
