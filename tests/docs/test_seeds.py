"""The table of what was asked: it counts right, and each file, word and test that it names is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from veerpont.systems.afas import rows

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "seeds.md").read_text(encoding="utf-8")
STATES = ("works", "partly", "not yet", "chosen otherwise", "does not apply")
OF_THE_CHECKOUT = ("docs", "dags", "plugins", "include", "tests", "pyproject.toml", "README.md", "docker-compose.yaml")
CODE = re.compile(r"`([^`]+)`")


class Fact(NamedTuple):
    number: str
    fact: str
    state: str
    where: str
    why: str

    @property
    def tests(self) -> list[str]:
        return [name for name in CODE.findall(self.why) if "::" in name]


def facts(text: str) -> list[Fact]:
    split = [[cell.strip() for cell in row[1:-1].split(" | ")] for row in re.findall(r"^\| \d+ \|.*\|$", text, re.M)]
    return [Fact(*cells) for cells in split]


FACTS = facts(PAGE)


def path(name: str) -> Path:
    return ROOT / name if name.split("/", 1)[0] in OF_THE_CHECKOUT else ROOT / "include" / "veerpont" / name


@cache
def defined(name: str) -> frozenset[str]:
    """Return the tests of a file below tests/, as pytest names them; classes too."""
    found: set[str] = set()
    for node in ast.parse((ROOT / "tests" / name).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
            within = node.body if isinstance(node, ast.ClassDef) else []
            found |= {f"{node.name}::{inner.name}" for inner in within if isinstance(inner, ast.FunctionDef)}
    return frozenset(found)


def is_defined(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / "tests" / file).is_file() and name in defined(file)


def test_every_fact_is_there_once() -> None:
    assert [fact.number for fact in FACTS] == [str(number) for number in range(1, 296)]
    assert {fact.state for fact in FACTS} == set(STATES)


def test_the_counts_at_the_top_are_those_of_the_rows() -> None:
    told = dict(re.findall(r"^\| ([a-z ]+) \| (\d+) \|", PAGE, re.MULTILINE))
    assert told == {state: str(count) for state, count in Counter(fact.state for fact in FACTS).items()}
    works = [fact for fact in FACTS if fact.state == "works"]
    papers = [fact for fact in works if not fact.tests and re.search(r"`docs/|onboarding", fact.where)]
    shown = re.search(r"(\d+) are shown by a test; of (\d+) a page or a letter .+?; (\d+) rest", PAGE)
    assert shown
    tested = sum(bool(fact.tests) for fact in works)
    assert [int(count) for count in shown.groups()] == [tested, len(papers), len(works) - tested - len(papers)]


def test_what_a_row_names_is_there() -> None:
    """Files, the word in them, tests; and a row that no test shows says why in words."""
    wrong = []
    for fact in FACTS:
        for name, _, word in (code.partition(":") for code in CODE.findall(fact.where)):
            if not path(name).exists() or (word and word not in path(name).read_text(encoding="utf-8")):
                wrong.append((fact.number, name, word))
        wrong += [(fact.number, test, "") for test in fact.tests if not is_defined(test)]
        if not CODE.sub("", fact.why).strip(" ,;") and not (fact.state == "works" and fact.tests):
            wrong.append((fact.number, "no word on why", ""))
    assert wrong == []


@pytest.mark.parametrize(
    ("number", "row"),
    [
        (1, rows.EmployerRow),
        (2, rows.DepartmentRow),
        (3, rows.EmployeeRow),
        (4, rows.AbsenceRow),
        (5, rows.ManagerRow),
        (6, rows.BankAccountRow),
    ],
)
def test_the_fields_of_a_connector_are_those_of_the_code(number: int, row: type[rows.ConnectorRow]) -> None:
    """Each once; what is never read is not said to work, and what is always needed is not said to be left out."""
    section = PAGE.split(f"its connector {number}, ")[1].split("\n## ")[0]
    found = {fact.fact.strip("`"): fact.state for fact in facts(section)}
    assert len(facts(section)) == len(found)
    assert found.keys() == (row.types().keys() - row.beyond) | row.unread
    assert not [name for name in row.unread if found[name] in {"works", "partly"}]
