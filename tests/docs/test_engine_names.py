"""The engine knows no system by name: names of systems stand in their folders, at the desk and in the table."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from veerpont.systems.registry import SYSTEMS

ROOT = Path(__file__).parents[2] / "include" / "veerpont"
ROOMS = ("pipeline", "flows", "config", "store", "alerts", "messages", "rules", "model")
NAME = re.compile(rf"(?<![\w-])({'|'.join(SYSTEMS)})(?![\w-])")

ALLOWED = {
    # `profile`, the user group and the columns stand under `xpert_suite` in the file, which is a contract; here they
    # are made properties of the integration
    ("config/integration.py", "xpert_suite"): 7,
    # a key in the JSON of `veerpont forget`: another word of the same letters
    ("pipeline/forget/person.py", "files"): 5,
    ("pipeline/desk_acts.py", "files"): 1,
}


def found(path: Path) -> Iterator[str]:
    """Yield each name of a system in the code of a file: as an attribute, or in a text that is not for people."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    told = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "description"]
    docs |= {id(node) for value in told for node in ast.walk(value)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            # `files` is an ordinary word: it is a name only where it stands alone
            yield from (name for name in NAME.findall(node.value) if name != "files" or node.value == name)
        if isinstance(node, ast.Attribute) and node.attr in SYSTEMS:
            yield node.attr


def test_the_engine_knows_no_system_by_name() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            counted.update((str(path.relative_to(ROOT)), name) for name in found(path))
    assert dict(counted) == ALLOWED


def test_the_count_finds_what_it_looks_for(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text('"""afas"""\nif system == "loket" or item.xpert_suite.key:\n    say(f"see xpert_suite.key")\n')
    assert sorted(found(code)) == ["loket", "xpert_suite", "xpert_suite"]
