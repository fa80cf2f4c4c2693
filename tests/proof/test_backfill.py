"""Historic loads by `airflow backfill create`, with a real scheduler: what `make backfill` does, in small.

Its sample is `tests/dags/test_days.py::TestHistory`: the same DAG, without a scheduler.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from proving import Proof

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)  # two minutes on a machine that has nothing else to do
def test_history_by_backfill_beside_the_hourly_flow(proof: Proof) -> None:
    """Half a year of sixty people, beside the hourly flow; then a part of it again. The portal has the truth."""
    if not proof.full:
        pytest.skip("only in `make proof`; the sample is in tests/dags/test_days.py")
    command = [sys.executable, "dev/backfill.py", "--people", "60", "--months", "6"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    with subprocess.Popen(
        command, cwd=ROOT, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            printed, _ = process.communicate(timeout=800)
        finally:
            process.send_signal(signal.SIGTERM)  # it ends everything that it started
            process.wait(60)
    assert process.returncode == 0, printed[-5000:]
    assert "the schedule's own run of absence_history: skipped" in printed
    assert "7 months: {'success': 7}" in printed
    assert "0 of them not covered" in printed
    assert "after old runs were cleared" in printed
    assert printed.rstrip().endswith("; 0 lack, 0 too many")
    proof.note("half a year of sixty people by `airflow backfill`: cases that lack or are too many", 0, 0)
