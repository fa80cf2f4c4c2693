"""`veerpont links` as scripts use it: exit codes, and one JSON document with --json."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from veerpont.cli import main
from veerpont.store import links
from veerpont.store.ledger import Ledger

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def veerpont(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command over a ledger with two employees; returns its exit code and what it printed."""
    (tmp_path / "integrations").mkdir()
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path / "integrations"))
    monkeypatch.setenv("VEERPONT_LEDGER", url)
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", "key")
    ledger = Ledger(url)
    ledger.migrate()
    with ledger.session() as session:
        links.show(session, "acme", {"A-1": "20001", "A-2": "20001"}, ["20001"])

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["veerpont", "links", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def test_decisions_are_listed_with_who_made_them(veerpont: Run) -> None:
    assert veerpont("add", "acme", "a-1", "--by", "Els")[0] == 0
    assert veerpont("link", "acme", "{A-2}", "1077", "--department", "P9", "--by", "Els")[0] == 0
    code, printed = veerpont("list", "acme", "--json")
    found = {row["key"]: row for row in json.loads(printed)}
    assert code == 0
    assert {key: (row["decision"], row["personnel_number"], row["department"]) for key, row in found.items()} == {
        "A-1": ("add", None, None),
        "A-2": ("link", "1077", "P9"),
    }
    assert {row["by"] for row in found.values()} == {"Els"}
    assert [row["key"] for row in json.loads(veerpont("list", "--decision", "link", "--json")[1])] == ["A-2"]
    assert veerpont("skip", "acme", "A-1", "A-2", "--by", "Els")[0] == 0
    assert {row["decision"] for row in json.loads(veerpont("list", "--json")[1])} == {"skip"}
    assert "skip" in veerpont("list")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "acme", "A-1", "NOBODY", "--by", "Els"], 1),
        (["skip", "typo", "A-1", "--by", "Els"], 1),
        (["add", "acme", "A-1", "--by", " "], 1),
        (["link", "acme", "A-1", " ", "--by", "Els"], 1),
        (["list", "typo", "--json"], 1),
        (["add", "acme", "A-1"], 2),
        (["add", "acme", "--by", "Els"], 2),
        (["list", "--decision", "maybe"], 2),
    ],
)
def test_what_is_refused_changes_nothing(veerpont: Run, words: list[str], code: int) -> None:
    seen, printed = veerpont(*words)
    assert seen == code
    assert "Traceback" not in printed
    assert {row["decision"] for row in json.loads(veerpont("list", "--json")[1])} == {"undecided"}
