"""Every citation leads somewhere: a page of docs/, a numbered section of it, or a decision.

A citation is a page's path, with section numbers after a comma where it means some of them.
"""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = ("include", "dags", "plugins", "tests", "benchmarks", "dev", "docs", "pyproject.toml", "README.md")
TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".mako", ".html", ".js", ".css"}
NUMBER = r"\d+(?:\.\d+)?"
PAGE = re.compile(
    rf"docs/(?P<page>[\w./-]+\.(?:md|yaml))(?P<numbers>, {NUMBER}(?:(?:, | and | to ){NUMBER})*(?![\w]))?"
)
DECISION = re.compile(r"docs/decisions/\d{4}(?!\d|-)(?: and \d{4})*")
UNSHIPPED = {
    "a document that is not here": r"\bDESIGN(?:\.md\b|'s\b| \(| section| rule| \d)|\b(?:HOUSE|MODELS)\.md",
    "an original document by its number": r"\b[Ss]eeds? 0\d\d\b|seeds/",
    "a sheet": r"\b[Ss]heets? (?:sections? )?\d|\b(?:fact|reference) sheet|sheet's section",
    "a section of nothing": r"(?<![\w-])[Ss]ections? \d|§",
    "a rule by its number": r"\(rule \d",
    "an issue by its number": r"\bissue \d",
    "a page without its folder": r"(?<![\w/\"(])`?(?:afas|xpert-suite|keys|glossary)\.md\b",
}
"""What no citation may look like: who reads the code has docs/ and nothing else."""
WITHIN_DOCS = {"a section of nothing", "a page without its folder"}
"""What is allowed in docs/: there a page speaks of its own sections, and of the page beside it."""
WRITTEN = {"proof.md"}
"""Pages that a command writes."""
HERE = Path(__file__).relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every file that may cite, lines joined: a citation may go on in the next one."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *READ], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in TEXTS and name != HERE and path.is_file():
            yield name, re.sub(r"\n *(?:# )?", " ", path.read_text(encoding="utf-8"))


@cache
def sections(page: str) -> frozenset[str]:
    """Return the numbers of the headings of a page of docs/."""
    headings = re.findall(rf"^#{{2,4}} ({NUMBER})\.? ", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    return frozenset(headings)


CITING = dict(texts())


def test_there_are_citations() -> None:
    """In the forms that the next tests look for."""
    found = [match for text in CITING.values() for match in PAGE.finditer(text)]
    assert sum(match["numbers"] is not None for match in found) > 150
    assert sum(len(DECISION.findall(text)) for text in CITING.values()) > 50


def test_every_cited_page_and_section_exists() -> None:
    wrong = []
    for name, text in CITING.items():
        for match in PAGE.finditer(text):
            page, numbers = match["page"], set(re.findall(NUMBER, match["numbers"] or ""))
            exists = page in WRITTEN or (ROOT / "docs" / page).is_file()
            if not exists or (page.startswith("reference/") and not numbers <= sections(page)):
                wrong.append(f"{name}: {match[0]}")
    assert not wrong


def test_every_cited_decision_exists() -> None:
    taken = {page.name[:4] for page in (ROOT / "docs" / "decisions").glob("0*.md")}
    cited = {name: set(re.findall(r"\d{4}", " ".join(DECISION.findall(text)))) for name, text in CITING.items()}
    assert not [f"{name}: {numbers - taken}" for name, numbers in cited.items() if not numbers <= taken]


@pytest.mark.parametrize("what", UNSHIPPED)
def test_nothing_is_cited_that_does_not_ship(what: str) -> None:
    wrong = []
    for name, text in CITING.items():
        if name.startswith("docs/") and what in WITHIN_DOCS:
            continue
        wrong += [f"{name}: {text[found.start() :][:60]}" for found in re.finditer(UNSHIPPED[what], text)]
    assert not wrong


class TestReference:
    @pytest.mark.parametrize("name", ["afas.md", "loket.md", "xpert-suite.md", "keys.md", "glossary.md"])
    def test_its_sections_are_numbered_in_order(self, name: str) -> None:
        text = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        numbers = [
            tuple(map(int, heading.split("."))) for heading in re.findall(r"^#{2,3} (\S+?)\.? ", text, re.MULTILINE)
        ]
        assert numbers == sorted(set(numbers))
        tops = [number[0] for number in numbers if len(number) == 1]
        assert tops == list(range(1, len(tops) + 1))

    @pytest.mark.parametrize("name", ["afas.md", "loket.md", "xpert-suite.md"])
    def test_facts_say_how_they_are_known(self, name: str) -> None:
        text = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8").lower()
        assert all(f"- **{mark}**" in text for mark in ("documented", "measured", "assumed"))

    def test_every_decision_has_its_parts_and_is_listed(self) -> None:
        folder = ROOT / "docs" / "decisions"
        pages = sorted(folder.glob("0*.md"))
        assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
        for page in pages:
            text = page.read_text(encoding="utf-8")
            assert text.startswith(f"# {page.name[:4]}. ")
            assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "What it costs"]
            assert f"({page.name})" in (folder / "README.md").read_text(encoding="utf-8")
