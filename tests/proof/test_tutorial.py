"""docs/tutorial/first-link.md, command by command, does what it says."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from proving import Proof

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "tutorial" / "first-link.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [text for language, text in BLOCKS if language == "sh"]
SHOWN = [text for language, text in BLOCKS if not language]


@contextmanager
def second_terminal(home: Path, environment: dict[str, str]) -> Iterator[None]:
    """Keep running what the tutorial starts there."""
    command = next(line for block in COMMANDS for line in block.splitlines() if "sandbox up" in line)
    process = subprocess.Popen(["bash", "-c", f"exec {command.replace('var/first', str(home))}"], env=environment)
    try:
        until = time.monotonic() + 60
        status = ["veerpont", "sandbox", "status", "--home", str(home)]
        while subprocess.run(status, env=environment, capture_output=True, check=False).returncode:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.5)  # the sandbox tells nobody when it is up
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.server
@pytest.mark.timeout(1200)
def test_the_tutorial(tmp_path: Path, proof: Proof) -> None:
    if not proof.full:
        pytest.skip("ten commands of Airflow, three minutes: `make proof` runs them; tests/docs knows that they exist")
    home = tmp_path / "first"
    programs = Path(sys.executable).parent
    kept = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": os.environ["HOME"], "COLUMNS": "140"}
    script = f'eval "$(veerpont env --home {home})"; env -0'
    printed = subprocess.run(["bash", "-c", script], env=kept, capture_output=True, check=True).stdout.decode()
    environment = dict(item.split("=", 1) for item in printed.split("\0") if item)
    said = []
    with second_terminal(home, environment):
        connections = f". {home}/connections.env"
        for block in COMMANDS:
            if "veerpont env" in block:  # the two terminals are made above
                continue
            commands = block.replace("var/first", str(home))
            done = subprocess.run(
                ["bash", "-ec", f"{connections}\n{commands}"],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
            assert done.returncode == 0, block + done.stdout[-2000:] + done.stderr[-2000:]
            said.append(done.stdout)
    check, pending, activated, preview, books, rejects, again, held, answered, trail = said
    assert "None." in check
    assert pending.count("pending") == 4
    assert "01, 02" in activated
    assert SHOWN[0] in preview
    assert re.search(r"employees .* success +18 +13 +· +2 +3 ", books)
    assert rejects.count("open") == 3
    assert re.search(r"success +18 +· +13 ", again)
    assert "zero_rows" in held
    assert "superseded" in answered
    assert all(line.split(" 20")[0] in trail for line in SHOWN[1].splitlines() if "now:" in line)
    assert "its removal waits for a person" in trail
    proof.note("commands of the tutorial that end well", sum(block.count("\n") for block in COMMANDS))
