"""Run every long proof in full, or those that are named, and write what they measured to docs/proof.md."""

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "proof.md"
LONGEST = 9000
WHOLE = ("tests", "-m", "whole")
"""What `make test` leaves out of the other files."""
INTRO = """# What was proved

Written by `make proof`, which runs all of it; `make proof PART=tests/proof/test_tutorial.py` does again what is named.
`make test` runs a sample of each.
"""
ALONE = ("test_other_days.py",)
"""Whole suites, each on all processors: they run after the others."""
PROOFS = (
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/proof").glob("test_*.py") if path.name not in ALONE),
    # samples in `make test`
    *(f"tests/pipeline/test_{name}.py" for name in ("absence_truth", "loket_calls", "loket_kills")),
    *(f"tests/dags/test_{name}.py" for name in ("days", "months", "nights", "own_servers_loket")),
    *(f"tests/desk/test_{name}.py" for name in ("browser", "personal")),
    "tests/sources/test_loket_tokens.py",
    # properties, with more examples
    "tests/rules",
    *(f"tests/pipeline/test_{name}.py" for name in ("scrub", "sorting")),
    *(f"tests/sources/test_afas_{name}.py" for name in ("absence", "records", "accounts")),
    *("tests/store/test_vault.py", "tests/store/test_vault_files.py"),
    *("tests/portals/xpert_suite/test_absence.py", "tests/portals/xpert_suite/test_files.py"),
)


def main() -> int:
    """Run the proofs; returns pytest's exit code. What held is written to the page, the rest of it stays."""
    named = sys.argv[1:]
    alone = [f"tests/proof/{name}" for name in ALONE]
    found: dict[str, str] = {}
    code = 0
    whole = [*WHOLE, *(f"--ignore={path}" for path in (*PROOFS, *alone))]
    for proofs, workers in [(named, min(2, len(named)))] if named else [(PROOFS, 2), (whole, 2), (alone, 0)]:
        with tempfile.TemporaryDirectory(prefix="veerpont-proof-") as folder:
            command = [sys.executable, "-m", "pytest", *proofs, "-n", str(workers), "--dist", "loadfile"]
            environment = os.environ | {"VEERPONT_PROOF": folder}
            done = subprocess.run(
                [*command, "--timeout", "3600"], cwd=ROOT, env=environment, check=False, timeout=LONGEST
            )
            if done.returncode == 0:
                found |= sections(Path(folder))
        code = code or done.returncode
    before = {} if code == 0 and not named else kept(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(INTRO + "".join(section for _, section in sorted((before | found).items())), encoding="utf-8")
    return code


def sections(folder: Path) -> dict[str, str]:
    """Return proof → its part of the page: when it held, and its table."""
    made = {}
    for path in folder.glob("*.json"):
        name, rows = json.loads(path.read_text(encoding="utf-8"))
        lines = ["", f"## {name}", "", f"Held on {datetime.now(UTC):%Y-%m-%d}, with {os.cpu_count()} processors.", ""]
        lines += ["| tried | measured | at most |", "|---|---|---|"]
        lines += [f"| {row['what']} | {row['measured']} | {row['allowed']} |" for row in rows]
        made[name] = "\n".join(lines) + "\n"
    return made


def kept(page: str) -> dict[str, str]:
    """Return proof → its part of a page that was written before."""
    parts = re.split(r"^(?=\n## )", page, flags=re.MULTILINE)[1:]
    return {part.split("\n")[1].removeprefix("## "): part for part in parts}


if __name__ == "__main__":
    sys.exit(main())
