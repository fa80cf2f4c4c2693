"""`veerpont batches` as scripts use it: who is with whom, and everybody placed again."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from veerpont.cli import main
from veerpont.store import batches
from veerpont.store.ledger import Ledger

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def veerpont(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command over a ledger that has three customers in two batches, of whom one has left."""
    (tmp_path / "integrations").mkdir()
    for name in ("acme", "borealis"):
        content = {
            "name": name,
            "customer": name.title(),
            "source": {"system": "afas", "connection": f"afas_{name}", "environment": "O12345AA"},
            "portals": [{"portal": "xpert_suite", "connection": f"xpert_{name}", "flows": ["employers"]}],
        }
        (tmp_path / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(content))
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "key")
    ledger = Ledger(url)
    ledger.migrate()
    with ledger.session() as session:
        batches.keep(session, {"acme": 1, "borealis": 2, "left": 2})

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["veerpont", "batches", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def placed(printed: str) -> dict[str, int]:
    return {row["integration"]: row["batch"] for row in json.loads(printed)}


def test_who_is_with_whom(veerpont: Run) -> None:
    code, printed = veerpont("list", "--json")
    assert (code, placed(printed)) == (0, {"acme": 1, "borealis": 2, "left": 2})
    assert {row["employments"] for row in json.loads(printed)} == {250}, "nobody's employees have crossed"
    assert "borealis" in veerpont("list")[1]


def test_everybody_is_placed_anew(veerpont: Run) -> None:
    code, printed = veerpont("rebalance", "--json")
    assert (code, placed(printed)) == (0, {"acme": 1, "borealis": 1})


def test_nobody_moves_while_a_file_cannot_be_read(veerpont: Run, tmp_path: Path) -> None:
    (tmp_path / "integrations" / "acme.yaml").write_text("name: [\n")
    code, printed = veerpont("rebalance")
    assert (code, "acme.yaml" in printed) == (1, True)
    assert placed(veerpont("list", "--json")[1]) == {"acme": 1, "borealis": 2, "left": 2}
