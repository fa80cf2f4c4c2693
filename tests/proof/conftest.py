"""Long proofs: a short sample of each in `make test`, the whole of each in `make proof`, which writes docs/proof.md."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from proving import Proof

ROWS = "VEERPONT_PROOF"
"""Names the folder in which each proof leaves its rows; set by `make proof` only."""


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """What a proof is sized by and writes its rows to."""
    folder = os.environ.get(ROWS)
    made = Proof(f"{request.node.path.stem.removeprefix('test_')}: {request.node.name}", bool(folder))
    yield made
    if folder and made.rows:
        name = "".join(letter if letter.isalnum() else "-" for letter in made.name)
        Path(folder, f"{name}.json").write_text(json.dumps([made.name, made.rows]), encoding="utf-8")
