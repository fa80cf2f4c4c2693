"""Long proofs: a short sample of each in `make test`, the whole of each in `make proof`, which writes docs/proof.md."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROWS = "VEERPONT_PROOF"
"""Names the folder in which each proof leaves its rows; set by `make proof` only."""
Size = TypeVar("Size")


WHOLE = pytest.mark.whole
"""Marks values of a test that only `make proof` takes; `make test` takes the others of the same test."""


def in_turn(rows: Sequence[Any], columns: Sequence[Any]) -> list[Any]:
    """Return every pair of the two; of each row `make test` takes one, with the columns in turn."""
    return [
        pytest.param(row, column, marks=() if number % len(columns) == at else WHOLE)
        for number, row in enumerate(rows)
        for at, column in enumerate(columns)
    ]


def every_other(values: Sequence[Any]) -> list[Any]:
    """Return these values, of which `make test` takes every other one."""
    return [pytest.param(value, marks=WHOLE if number % 2 else ()) for number, value in enumerate(values)]


@dataclass
class Proof:
    """What one proof measures. `full` tells whether it runs whole, or as a sample."""

    name: str
    full: bool
    rows: list[dict[str, str]] = field(default_factory=list)

    def size(self, whole: Size, sample: Size) -> Size:
        """Return how much to do: of a whole proof, or of the sample that every run of the tests takes."""
        return whole if self.full else sample

    def note(self, what: str, measured: object, allowed: object = "") -> None:
        """Add a row to docs/proof.md: what was tried, what came of it, and what may come of it at most."""
        self.rows.append({"what": what, "measured": str(measured), "allowed": str(allowed)})


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """What a proof is sized by and writes its rows to."""
    folder = os.environ.get(ROWS)
    made = Proof(f"{request.node.path.stem.removeprefix('test_')}: {request.node.name}", bool(folder))
    yield made
    if folder and made.rows:
        name = "".join(letter if letter.isalnum() else "-" for letter in made.name)
        Path(folder, f"{name}.json").write_text(json.dumps([made.name, made.rows]), encoding="utf-8")
