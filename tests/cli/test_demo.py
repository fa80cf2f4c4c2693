"""`make demo` in a real terminal: what Airflow prints goes to the log, whoever prints it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

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
