"""`veerpont sandbox replay`; a long life of it is in tests/proof/test_ordinary_life.py."""

import json
import subprocess
import sys
from pathlib import Path


def test_the_command_prints_the_comparison(tmp_path: Path) -> None:
    """One document, and the exit code says whether our link was good."""
    program = str(Path(sys.executable).parent / "veerpont")
    done = subprocess.run(
        [program, "sandbox", "replay", "--days", "2", "--people", "20", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert found["good"]
    assert [day["missing_ours"] for day in found["days"]] == [0, 0]
    assert found["days"][1]["lost_careless"] > 0
