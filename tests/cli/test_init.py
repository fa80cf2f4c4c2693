"""`veerpont init`, and `veerpont sandbox` where there is none."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veerpont.cli.main import app

ROOT = Path(__file__).resolve().parents[2]


def test_it_writes_over_nothing(tmp_path: Path) -> None:
    """A file that somebody changed stays, and nothing else is written beside it."""
    changed = tmp_path / "dags" / "employees.py"
    changed.parent.mkdir()
    changed.write_text("# ours\n")
    done = CliRunner().invoke(app, ["init", str(tmp_path)])
    assert done.exit_code != 0
    assert "dags/employees.py" in str(done.exception)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [changed]
    assert changed.read_text() == "# ours\n"


def test_what_it_says_can_be_done(tmp_path: Path) -> None:
    """The folders it names are there, and the example is a file that the product reads."""
    for _ in range(2):  # what is there already, and the same, is no question
        done = CliRunner().invoke(app, ["init", str(tmp_path)])
        assert done.exit_code == 0, done.exception
    for line in done.output.splitlines():
        if "=" in line:
            assert Path(line.partition("=")[2]).is_dir()
    example = (tmp_path / "acme.yaml.example").read_text()
    (tmp_path / "integrations" / "acme.yaml").write_text(example)
    from veerpont.config.integration import read_integrations

    found, problems = read_integrations(tmp_path / "integrations")
    assert not problems
    assert found["acme"].customer == "Acme Holding B.V."


def test_where_the_sandbox_is_not_installed() -> None:
    """The command is there, and says what to install."""
    code = (
        "import sys; sys.modules['veerpont_sandbox'] = None; from veerpont.cli.main import main; "
        "sys.argv = ['veerpont', 'sandbox', 'up', '--people', '3']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Install veerpont-sandbox" in done.stderr


@pytest.mark.parametrize("key", ["version", "requires-python", "license"])
def test_both_distributions_are_of_one_version(key: str) -> None:
    ours, theirs = (
        tomllib.loads(path.read_text())["project"]
        for path in (ROOT / "pyproject.toml", ROOT / "include" / "veerpont_sandbox" / "pyproject.toml")
    )
    assert ours[key] == theirs[key]
    assert set(theirs["dependencies"]) - {f"veerpont=={ours['version']}"} <= set(
        ours["optional-dependencies"]["dev"]
    ), "the tests have what the sandbox needs"
    assert not set(theirs["dependencies"]) & set(ours["dependencies"])
