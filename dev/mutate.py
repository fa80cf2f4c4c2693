"""Change a line of a room, and see whether its tests notice: `make mutate`, or `ROOM=rules SAMPLE=60 make mutate`.

A mutant is one change: a comparison, an operator, a constant, a condition, a returned value, or a statement that is
left out. It survives when every test still passes. The sample is drawn with a fixed seed, so that two runs of one
commit take the same ones. Each mutant has a process of its own, forked from one that has imported what takes long.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOMS: dict[str, tuple[str, str]] = {
    "rules": ("rules", "tests/rules"),
    "compare": (
        "pipeline/compare",
        "tests/pipeline/test_compare.py tests/pipeline/test_sifting.py tests/pipeline/test_column_order.py "
        "tests/pipeline/test_sorting.py tests/pipeline/test_too_much.py tests/pipeline/test_removals.py "
        "tests/pipeline/test_resend.py",
    ),
    "absence": (
        "flows/absence",
        "tests/pipeline/test_absence_reads.py tests/pipeline/test_absence_guards.py "
        "tests/pipeline/test_absence_repeats.py tests/pipeline/test_absence_wide.py "
        "tests/pipeline/test_absence_window.py tests/pipeline/test_absence_windowed.py "
        "tests/pipeline/test_absence_doubt.py tests/pipeline/test_absence_cases.py "
        "tests/pipeline/test_absence_lack.py tests/pipeline/test_absence_people.py",
    ),
    "rejects": ("store/rejects.py", "tests/store/test_rejects.py tests/desk/test_functions.py tests/desk/test_acts.py"),
}
"""Room → where below include/veerpont it is, and the tests that say what it does, the quick ones first."""
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change to one file: of which node of its tree, and which of the changes that the node allows."""

    path: Path
    node: int
    choice: int
    line: int
    what: str

    @property
    def source(self) -> str:
        """The whole file, changed."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        node = next(each for number, each in enumerate(ast.walk(tree)) if number == self.node)
        changes(node)[self.choice][1]()
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    for number, node in enumerate(ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
        for choice, (what, _) in enumerate(changes(node)):
            yield Mutant(path, number, choice, getattr(node, "lineno", 0), what)


def changes(node: ast.AST) -> list[tuple[str, Any]]:
    """Return what may be changed about a node: what it is called, and what does it."""
    found: list[tuple[str, Any]] = []

    def offer(what: str, field: str, value: Any) -> None:
        found.append((what, lambda: setattr(node, field, value)))

    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            other = COMPARED[type(op)]
            offer(f"{type(op).__name__} → {other.__name__}", "ops", [other()])
        case ast.BoolOp(op=op):
            other_op = ast.Or() if isinstance(op, ast.And) else ast.And()
            offer(f"{type(op).__name__} → {type(other_op).__name__}", "op", other_op)
        case ast.BinOp(op=op) if type(op) in COMPUTED and not isinstance(node.left, ast.Name | ast.Constant):
            offer(f"{type(op).__name__} → {COMPUTED[type(op)].__name__}", "op", COMPUTED[type(op)]())
        case ast.UnaryOp(op=ast.Not()):
            offer("without not", "operand", ast.UnaryOp(ast.Not(), node.operand))
        case ast.Constant(value=bool() as answer):
            offer(f"{answer} → {not answer}", "value", not answer)
        case ast.Constant(value=int() as number):
            offer(f"{number} → {number + 1}", "value", number + 1)
        case ast.Call(func=ast.Name(id=name)) if name in OTHER_NAME:
            offer(f"{name} → {OTHER_NAME[name]}", "func", ast.Name(OTHER_NAME[name], ast.Load()))
        case ast.If() | ast.IfExp():
            offer("condition the other way round", "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            offer("returns None", "value", ast.Constant(None))
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        for at, statement in enumerate(block if isinstance(block, list) else []):
            call = isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant | ast.Yield)
            if call or isinstance(statement, ast.AugAssign | ast.Raise | ast.Continue):
                what = f"without {ast.unparse(statement).splitlines()[0][:60]!r}"
                found.append((what, lambda field=field, at=at: getattr(node, field).__setitem__(at, ast.Pass())))
    return found


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in the place of its module."""

    def __init__(self, module: str, mutant: Mutant) -> None:
        self.module, self.mutant = module, mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, self.mutant.path, loader=self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.mutant.source, str(self.mutant.path), "exec"), module.__dict__)


def survives(mutant: Mutant | None, root: Path, tests: list[str], limit: float) -> bool:
    """Run the tests on a mutant in a process of its own. One that takes too long is noticed too."""
    child = os.fork()
    if not child:
        os.setsid()
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silent, stream)
        if mutant:
            module = ".".join(mutant.path.relative_to(root / "include").with_suffix("").parts)
            sys.meta_path.insert(0, Finder(module, mutant))
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", *tests])))
    with suppress(TimeoutError), alarm(limit):
        _, status = os.waitpid(child, 0)
        return status == 0
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in here after so many seconds."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Say for each room how many of its mutants the tests notice, and which survive. Returns 0."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("rooms", nargs="*", default=list(ROOMS), help=f"of {', '.join(ROOMS)}; all when left out")
    ask.add_argument("--sample", type=int, default=60, help="mutants of a room; 60 when left out")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--limit", type=float, default=600, help="seconds for a mutant; 600 when left out")
    ask.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="another checkout")
    ask.add_argument("--files", nargs="+", help="other files than the room's, below include/veerpont")
    ask.add_argument("--tests", nargs="+", help="other tests than the room's")
    given = ask.parse_args()
    root = given.root.resolve()
    os.chdir(root)
    sys.path[:0] = [str(root), str(root / "include")]
    os.environ |= {
        "AIRFLOW_HOME": tempfile.mkdtemp(prefix="veerpont-mutate-"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    sys.dont_write_bytecode = True
    for slow in ("airflow.providers.sftp.hooks.sftp", "hypothesis", "pytest", "sqlalchemy.orm"):
        importlib.import_module(slow)  # every process has it at once
    for ours in [name for name in sys.modules if name.partition(".")[0] == "veerpont"]:
        del sys.modules[ours]  # Airflow has imported some of it, unchanged
    for room in given.rooms:
        below, tests = ROOMS[room]
        chosen = [root / "include/veerpont" / each for each in given.files or [below]]
        files = [file for each in chosen for file in (sorted(each.glob("*.py")) if each.is_dir() else [each])]
        every = [mutant for file in files for mutant in mutants(file)]
        sample = random.Random(given.seed).sample(every, min(given.sample, len(every)))
        chosen_tests = given.tests or tests.split()
        if not survives(None, root, chosen_tests, given.limit):
            raise SystemExit(f"{room}: the tests fail, or take too long, without any change.")
        left = []
        for number, mutant in enumerate(sample, 1):
            if survives(mutant, root, chosen_tests, given.limit):
                left.append(mutant)
                print(f"  survived: {mutant.path.relative_to(root)}:{mutant.line} {mutant.what}", flush=True)
            print(f"{room}: {number} of {len(sample)}, {len(left)} survived", end="\r", file=sys.stderr)
        print(f"{room}: {len(sample) - len(left)} of {len(sample)} noticed (there are {len(every)})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
