"""The receiver that docs/files.md shows, word for word, on deliveries that lie in a folder."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from veerpont.model.content import Content
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal

from .conftest import NAME, Pair

PAGE = Path(__file__).resolve().parents[3] / "docs" / "files.md"
(RECEIVER,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def received(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", RECEIVER, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(params=[("csv", False), ("parquet", False), ("csv", True)], ids=["csv", "parquet", "encrypted"])
def delivery(request, server, connection, acme, render: Callable[..., bytes], pair: Pair) -> Path:
    """A delivery that went over SFTP, in the folder that the receiver sees."""
    kind, encrypted = request.param
    settings = {"format": kind, "folder": "Medewerkers"} | ({"encrypt_for": pair.pem} if encrypted else {})
    content = Content.of(render(**settings))
    portal("files").deliver(acme(**settings), Flow.PAYROLL, f"{NAME}.tar", content)
    return server.root / "Medewerkers" / NAME


def test_ten_lines_take_a_delivery(delivery: Path) -> None:
    """It prints what there is of each table."""
    done = received(delivery)
    assert done.returncode == 0, done.stderr
    assert "employment 2 ['Werkgever', 'Medewerker', 'Begin'" in done.stdout
    assert len(RECEIVER.splitlines()) == 10


def test_a_flipped_byte_in_any_file_is_found(delivery: Path) -> None:
    for path in sorted(path for path in delivery.iterdir() if path.name != "manifest.json"):
        whole = path.read_bytes()
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        done = received(delivery)
        assert done.returncode == 1
        assert f"{path.name} is not what was sent" in done.stderr
        path.write_bytes(whole)
    assert received(delivery).returncode == 0


def test_a_delivery_without_its_manifest_is_not_taken(delivery: Path) -> None:
    """As one looks that is still on its way."""
    (delivery / "manifest.json").unlink()
    assert received(delivery).returncode != 0
