"""The suite on other days: the last of February, the end of a year, both nights of the clocks, and 60 days ahead."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from proving import Proof

ROOT = Path(__file__).resolve().parents[2]
DAYS = re.findall(r"^DAYS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
LEFT_OUT = ("tests/proof", "tests/sandbox", "tests/benchmarks", "tests/cli/test_demo.py")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("day", DAYS)
def test_the_suite(day: str, proof: Proof) -> None:
    """All that needs no scheduler, on SQLite: what the statements do is the same on each day."""
    if not proof.full:
        pytest.skip("`make test` runs what looks at dates on these days after this; the rest is in `make proof`")
    command = [sys.executable, "-m", "pytest", "-o", "addopts=-m 'not distributed'", "-k", "not postgresql", "tests"]
    command += ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    done = subprocess.run(
        [*command, *(f"--ignore={path}" for path in LEFT_OUT)],
        cwd=ROOT,
        env=os.environ | {"DAY": day, "VEERPONT_PROOF": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.findall(r"(\d+) passed", done.stdout)
    proof.note(f"the suite on {day}: tests that failed, of {passed[-1]}", 0, 0)
