"""Run every long proof in full, and write what they measured to docs/proof.md."""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 9000
PROOFS = (
    "tests/proof",
    # all values of what `make test` takes some of
    *(f"tests/pipeline/test_{name}.py" for name in ("absence_truth", "kills", "loket_kills", "payroll_kills")),
    "tests/pipeline/test_report_kills.py",
    *("tests/dags/test_days.py", "tests/dags/test_own_servers_loket.py", "tests/desk/test_browser.py"),
    # properties, with more examples
    "tests/rules",
    *(f"tests/pipeline/test_{name}.py" for name in ("scrub", "sorting")),
    *(f"tests/sources/test_afas_{name}.py" for name in ("absence", "records", "accounts")),
    *("tests/store/test_vault.py", "tests/store/test_vault_files.py"),
    *("tests/portals/xpert_suite/test_absence.py", "tests/portals/xpert_suite/test_files.py"),
)


def main() -> int:
    """Run the proofs; returns pytest's exit code. The page is written only when all of them hold."""
    with tempfile.TemporaryDirectory(prefix="veerpont-proof-") as folder:
        command = [sys.executable, "-m", "pytest", *PROOFS, "-n", "2", "--dist", "loadfile", "--timeout", "3600"]
        environment = os.environ | {"VEERPONT_PROOF": folder}
        done = subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, env=environment, check=False, timeout=LONGEST)
        found = sorted(json.loads(path.read_text(encoding="utf-8")) for path in Path(folder).glob("*.json"))
    if done.returncode == 0 and not sys.argv[1:]:
        (ROOT / "docs" / "proof.md").write_text(page(found), encoding="utf-8")
    return done.returncode


def page(found: list[tuple[str, list[dict[str, str]]]]) -> str:
    """Return the page: a table for each proof."""
    lines = [
        "# What was proved",
        "",
        f"Written by `make proof` on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors. `make test` runs a",
        "sample of each.",
    ]
    for name, rows in found:
        lines += ["", f"## {name}", "", "| tried | measured | at most |", "|---|---|---|"]
        lines += [f"| {row['what']} | {row['measured']} | {row['allowed']} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
