"""What somebody expects of a repository is there, and says what is true."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from veerpont.airflow.provider import get_provider_info
from veerpont.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]


class TestVersion:
    def test_pyproject_is_the_only_place(self) -> None:
        written = re.compile(rf"[\"']{re.escape(PROJECT['version'])}[\"']")
        for path in (ROOT / "include").rglob("*.py"):
            assert not written.search(path.read_text(encoding="utf-8")), path

    def test_command_package_and_provider_say_the_same(self) -> None:
        said = CliRunner().invoke(app, ["--version"])
        assert (said.exit_code, said.output) == (0, f"veerpont {PROJECT['version']}\n")
        assert version("veerpont") == PROJECT["version"]
        assert get_provider_info()["versions"] == [PROJECT["version"]]

    def test_the_changelog_knows_it_below_what_is_to_come(self) -> None:
        headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
        assert headings[:2] == ["Unreleased", PROJECT["version"]]


class TestMakefile:
    def test_help_lists_every_target_with_a_line(self) -> None:
        text = (ROOT / "Makefile").read_text(encoding="utf-8")
        phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
        assert phony
        done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
        listed = re.findall(r"^  make ([a-z-]+) +\S", done.stdout, re.MULTILINE)
        assert sorted(listed) == sorted(phony[1].split())

    @pytest.mark.parametrize("name", PAGES)
    def test_every_target_that_a_page_names_exists(self, name: str) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


class TestHabits:
    def test_the_licence_is_the_one_that_the_package_names(self) -> None:
        text = (ROOT / "LICENSE").read_text(encoding="utf-8")
        assert PROJECT["license"] == "Apache-2.0"
        assert "Apache License" in text
        assert "END OF TERMS AND CONDITIONS" in text

    @pytest.mark.parametrize("name", PAGES)
    def test_every_link_of_a_page_leads_somewhere(self, name: str) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s#]+)", text):
            assert "://" in link or (ROOT / link).exists(), link
        assert not [line for line in text.splitlines() if len(line) > 120 and line[0] not in "|!"]

    def test_types_ship(self) -> None:
        assert (ROOT / "include" / "veerpont" / "py.typed").is_file()

    def test_the_workflow_runs_what_runs_here(self) -> None:
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text(encoding="utf-8"))
        assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
        assert workflow["permissions"] == {"contents": "read"}

    @pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.y*ml")), ids=lambda path: path.name)
    def test_forms_are_well_formed(self, path: Path) -> None:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for field in content.get("body", []):
            assert field["type"] == "markdown" or field["attributes"]["label"]


def test_no_two_test_files_have_one_name() -> None:
    """Where folders of tests are no packages, pytest collects one of two such files, and stops at the other."""
    found = (ROOT / "tests").rglob("test_*.py")
    names = [path.name for path in found if not (path.parent / "__init__.py").exists()]
    assert sorted(names) == sorted(set(names))
