"""The engine knows the flows by one table: no room below or beside them names one."""

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import veerpont
from veerpont.flows import FLOWS, flow_named
from veerpont.flows.flow import BaseFlow
from veerpont.flows.flow_load import FlowLoad
from veerpont.model.flows import BY_DAY, NIGHTLY, Flow

ROOT = Path(veerpont.__file__).parent
ROOMS = ("pipeline", "store", "alerts", "messages", "config", "rules")
MODULES = {"absence", "accounts", "employees", "employers", "hours", "iban", "organigram", "payroll"}

NAMED: dict[str, tuple[int, str]] = {
    "store/tables.py": (1, "a table of the ledger that is called employers"),
    "store/migrations/versions/0001_the_first_tables.py": (2, "the same table"),
    "store/migrations/versions/0003_desk.py": (2, "the same table"),
    "store/migrations/versions/0013_service_periods.py": (4, "the same table"),
}
"""File → at most how many mentions, and why."""

IMPORTED: dict[str, str] = {
    "pipeline/backfill.py": "the historic loads of absence are all that it is about",
    "pipeline/forget/identity.py": "whose lines the absence history has",
    "pipeline/trail/finding.py": "one case of the absence history, without reading the others",
    "pipeline/trail/place.py": "the lines of the absence history that are looked at",
    "pipeline/trail/trace.py": "the lines of the absence history that are shown",
}
"""File → why it imports a flow's own module."""


def files() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def mentions(tree: ast.Module) -> int:
    members, values = set(Flow.__members__), set(Flow)
    return sum(
        (isinstance(node, ast.Attribute) and node.attr in members and "flow" in ast.unparse(node.value).lower())
        or (isinstance(node, ast.Constant) and node.value in values)
        for node in ast.walk(tree)
    )


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield which flows' own modules are imported."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module == "veerpont.flows":
            names = [f"veerpont.flows.{each.name}" for each in node.names]
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        for name in names:
            parts = name.split(".")
            if parts[:2] == ["veerpont", "flows"] and set(parts[2:]) & MODULES:
                yield name


def test_no_room_names_a_flow() -> None:
    found = Counter({path: count for path, tree in files() if (count := mentions(tree))})
    assert {path: count for path, count in found.items() if count > NAMED.get(path, (0, ""))[0]} == {}
    assert NAMED.keys() <= found.keys(), "take out of the list what is mended"


def test_the_engine_imports_no_flow_by_its_own_module() -> None:
    found = {path for path, tree in files() if list(imports(tree))}
    assert found == IMPORTED.keys()


def test_a_mention_is_seen() -> None:
    """The test itself looks at what it should."""
    assert mentions(ast.parse("if job.flow is Flow.HOURS: pass")) == 1
    assert mentions(ast.parse("if job.flow == 'iban' or flow is job.flow.EMPLOYEES: pass")) == 2
    assert list(imports(ast.parse("from veerpont.flows import FLOWS, hours"))) == ["veerpont.flows.hours"]
    assert list(imports(ast.parse("from veerpont.flows.absence.window import cargo")))
    assert not list(imports(ast.parse("from veerpont.flows.index import read_index")))


def test_every_flow_is_in_the_table_and_has_a_pace() -> None:
    assert list(FLOWS) == list(Flow)
    assert {*NIGHTLY, *BY_DAY} == set(Flow)


@pytest.mark.parametrize("flow", Flow)
def test_a_flow_says_only_what_is_asked(flow: Flow) -> None:
    """A method that the engine never calls would be dead, and a new flow would copy it."""
    own = type(FLOWS[flow])
    assert _public(own) <= {*dir(BaseFlow), *BaseFlow.__annotations__}
    for name in ("read", "build", "why_not"):
        assert name in vars(own), f"{own.__name__} does not say how: {name}"
    assert inspect.isclass(FLOWS[flow].record)


@pytest.mark.parametrize("load", FlowLoad.__subclasses__())
def test_a_load_says_only_what_is_asked(load: type[FlowLoad]) -> None:
    assert _public(load) <= set(dir(FlowLoad))


def _public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def test_what_a_later_release_kept_is_of_an_ordinary_flow() -> None:
    assert type(flow_named("of_a_later_release")) is BaseFlow
    assert flow_named("iban") is FLOWS[Flow.IBAN]
