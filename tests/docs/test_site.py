"""The documentation site: every page is in it, every link leads somewhere, and nothing of it comes from elsewhere."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = re.compile(r"(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it: a broken link, or a page that no list of pages leads to, fails."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
    return folder


class Fetched(HTMLParser):
    """What a browser fetches to show a page: scripts, styles, fonts, pictures, frames."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "a":
            self.found += [value for name in ("src", "href", "srcset", "data") if (value := given.get(name))]


def pages(site: Path) -> Iterator[Path]:
    yield from site.rglob("*.html")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    fetched = {what for page in pages(site) for what in Fetched(page.read_text(encoding="utf-8")).found}
    assert len(fetched) > 20
    assert not [what for what in fetched if ELSEWHERE.match(what)]
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert len(styles) > 50_000
    assert not re.findall(r"""(?:url\(|@import\s+)["']?(?:https?:)?//""", styles)


def test_no_page_has_a_diagram_that_the_theme_would_fetch_a_script_for(site: Path) -> None:
    assert not [page for page in pages(site) if 'class="mermaid"' in page.read_text(encoding="utf-8")]
    assert not [path for path in (ROOT / "docs").rglob("*.md") if "```mermaid" in path.read_text(encoding="utf-8")]


def test_it_can_be_searched_without_a_server(site: Path) -> None:
    """The index is a script, which a page that no server sends may load; and it has every page."""
    script = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    entries = json.loads(script.removeprefix("var __index = "))["docs"]
    found = {entry["location"].partition("#")[0] for entry in entries}
    written = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in (ROOT / "docs").rglob("*.md")
    }
    assert {name.replace("README.html", "index.html").removeprefix("./") for name in written} <= {*found, "index.html"}
    assert {"CONTRIBUTING.html", "CHANGELOG.html", "SECURITY.html"} <= found
    assert (site / "assets" / "iframe-worker.js").is_file()
    assert any("iframe-worker.js" in what for what in Fetched((site / "index.html").read_text(encoding="utf-8")).found)


def test_a_link_that_leaves_the_documentation_is_text(site: Path) -> None:
    page = (site / "benchmarks.html").read_text(encoding="utf-8")
    assert "How it is built stands at the top" in " ".join(page.split())
    assert "night.py" not in page
