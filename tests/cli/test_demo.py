"""`make demo`: what Airflow prints goes to the log, whoever prints it; and a month went before it."""

import os
import pty
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from veerpont.desk import lists
from veerpont.store import clock
from veerpont.store.ledger import Ledger
from veerpont_sandbox.afas.schema import EMPLOYEES
from veerpont_sandbox.world import Sandbox

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "dev"))

import month  # noqa: E402 -- found through the path above

NOISY = """
import os, sys
from demo import quiet, step, terminal
console, progress = terminal()
with progress, quiet(sys.argv[1]), step(progress, "a step"):
    for number in range(200):
        print("printed")
        sys.stderr.write("complained\\n")
        os.write(1, b"written\\n")
console.print("the end")
"""


def test_the_terminal_shows_the_steps_and_the_log_has_the_rest(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", NOISY, str(log)],
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": str(ROOT / "dev"), "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that nobody writes to the terminal any more
        pass
    os.close(ours)
    assert child.wait(60) == 0, shown.decode()
    assert b"a step" in shown
    assert b"the end" in shown
    assert not any(word in shown for word in (b"printed", b"complained", b"written"))
    found = log.read_text(encoding="utf-8")
    assert [found.count(word) for word in ("printed", "complained", "written")] == [200, 200, 200]


def test_a_month_is_lived_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the pipeline, at night and in the past; then the clock is back, and AFAS is as it was left."""
    customers = (month.SMALL, month.BIG, month.LOKET)
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.migrate()
    monkeypatch.setattr(month, "NIGHTS", 2)
    offset = str(clock.offset().total_seconds())
    monkeypatch.setenv("VEERPONT_CLOCK_OFFSET", offset)
    with Sandbox(tmp_path / "sandbox", customers, people=40) as sandbox:
        sandbox.write_integrations(tmp_path / "integrations")
        values: dict[str, Any] = {
            "VEERPONT_INTEGRATIONS": tmp_path / "integrations",
            "VEERPONT_LEDGER": ledger.engine.url,
            "VEERPONT_VAULT": f"file://{tmp_path / 'vault'}",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        }
        for name, value in {**values, **sandbox.connections()}.items():
            monkeypatch.setenv(name, str(value))
        assert not month.is_lived(tmp_path)
        told: list[int] = []
        month.live(tmp_path, sandbox, told.append)
        left = sandbox.afas.rows(month.SMALL, EMPLOYEES)
    assert told == [2, 1]
    assert month.is_lived(tmp_path)
    assert os.environ["VEERPONT_CLOCK_OFFSET"] == offset
    known = lists.list_runs(ledger, None, None)
    assert {run["state"] for run in known} == {"success", "held"}
    assert {run["integration"] for run in known} == set(customers)
    assert all(run["started_at"] < run["ended_at"] < clock.now().isoformat() for run in known)
    assert {run["started_at"][:10] for run in known} == {
        (clock.today() - timedelta(days=ago)).isoformat() for ago in (1, 2)
    }
    (question,) = [
        row for row in lists.list_rejects(ledger, None, None, "open") if row["reason"] == "portal_key_changed"
    ]
    assert question["integration"] == month.SMALL
    with Sandbox(tmp_path / "again", customers, people=40) as sandbox:
        month.Month(sandbox).all()
        assert sandbox.afas.rows(month.SMALL, EMPLOYEES) == left
    ledger.engine.dispose()
