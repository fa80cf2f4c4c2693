"""`veerpont rejects`: the same as at the desk, for one key or a whole group."""

import json
import sys
from typing import Any

import pytest
from sqlalchemy import select

from veerpont.cli import main
from veerpont.store.ledger import Ledger
from veerpont.store.tables import Decision, Reject


@pytest.fixture
def veerpont(filled: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command; returns its exit code and what it printed."""

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["veerpont", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def states(ledger: Ledger, flow: str) -> list[str]:
    with ledger.session() as session:
        return sorted(set(session.scalars(select(Reject.state).where(Reject.flow == flow))))


def test_groups_are_counted_with_codes(veerpont: Any) -> None:
    """The largest first, as plain data and as a table."""
    code, printed = veerpont("rejects", "groups", "--json")
    found = json.loads(printed)
    assert code == 0
    assert [(row["reason"], row["employer"], row["count"], row["questions"]) for row in found] == [
        ("no_cause", "01", 412, 0),
        ("portal_key_changed", "02", 2, 2),
        ("impossible_date", "01", 1, 0),
    ]
    assert found[0]["codes"] == {"ZW": 400, "Z": 12}
    assert "no_cause" in veerpont("rejects", "groups")[1]
    assert json.loads(veerpont("rejects", "groups", "--state", "ignored", "--json")[1]) == []


def test_show_tells_the_history_of_a_key(veerpont: Any) -> None:
    code, printed = veerpont("rejects", "show", "A2", "--json")
    (row,) = json.loads(printed)
    assert (code, row["reason"], row["asks"], row["employer"]) == (0, "portal_key_changed", True, "02")
    assert [event["event"] for event in row["events"]] == ["opened"]
    shown = veerpont("rejects", "show", "A2")[1]
    assert "opened, r1" in shown
    assert "who acts: You: confirm it at the desk" in shown
    assert "closes: By the first run after you confirmed it" in shown
    assert veerpont("rejects", "show", "NONE")[0] == 1


def test_acts_on_a_group_are_kept_with_who(veerpont: Any, filled: Ledger) -> None:
    """Retry says how to start the flow; ignore wants a reason; reopen undoes it."""
    code, printed = veerpont("rejects", "retry", "--reason", "no_cause", "--employer", "01", "--by", "Els")
    assert code == 0
    assert """airflow dags trigger absence --conf '{"integration": "acme"}'""" in printed
    assert veerpont("rejects", "ignore", "--flow", "absence", "--by", "Els", "--why", "Known")[0] == 0
    assert states(filled, "absence") == ["ignored"]
    assert states(filled, "employees") == ["open"]
    assert veerpont("rejects", "reopen", "CASE000", "--by", "Els")[0] == 0
    assert states(filled, "absence") == ["ignored", "open"]
    with filled.session() as session:
        assert {row.by for row in session.scalars(select(Decision)) if "reject" in row.subject} == {"Els"}


def test_note_sets_and_takes_away(veerpont: Any, filled: Ledger) -> None:
    assert veerpont("rejects", "note", "A1", "--by", "Els", "--owner", "Jan", "--text", "Asked")[0] == 0
    assert veerpont("rejects", "note", "A1", "--by", "Els", "--owner", "")[0] == 0
    with filled.session() as session:
        row = session.scalars(select(Reject).where(Reject.key == "A1")).one()
    assert (row.owner, row.note) == (None, "Asked")


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (["retry", "--by", "Els"], 2, "usage"),  # all of them is never what was meant
        (["retry", "NONE", "--by", "Els"], 1, "settings"),
        (["retry", "A1", "--by", " "], 1, "settings"),
        (["ignore", "A1", "--by", "Els", "--why", " "], 1, "settings"),
        (["note", "A1", "--by", "Els"], 1, "settings"),
        (["groups", "--integration", "typo", "--json"], 1, "settings"),
        (["show", "NONE", "--json"], 1, "settings"),
    ],
)
def test_what_is_refused(veerpont: Any, filled: Ledger, words: list[str], code: int, kind: str) -> None:
    """One sentence, or one document with --json; nothing is changed."""
    seen, printed = veerpont("rejects", *words)
    assert seen == code
    assert json.loads(printed)["kind"] == kind if "--json" in words else "Traceback" not in printed
    assert states(filled, "employees") == ["open"]
