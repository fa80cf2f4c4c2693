"""What mkdocs.yml asks for the documentation site: its navigation, and the pages and links that leave docs/.

The navigation is the table of docs/README.md: a section for each reader, and a page where it is named first.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
"""Pages at the top of the repository that belong to the documentation."""
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s#]+)(#[^)\s]*)?\)")

Entry = dict[str, "str | list[Entry] | list[str]"]


def on_config(config: MkDocsConfig) -> None:
    """Give the site its navigation."""
    config.nav = navigation()


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages beside docs/, and the script with which pages that no server sends can be searched."""
    for name in BESIDE:
        files.append(File.generated(config, name, content=(ROOT / name).read_text(encoding="utf-8")))
    script = str(ROOT / "dev" / "iframe-worker.js")
    files.append(File.generated(config, "assets/iframe-worker.js", abs_src_path=script))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to where things stand in the site; what is not in it is text."""
    at = PurePosixPath(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        if "://" in target:
            return link[0]
        folder = "." if page.file.src_uri in BESIDE else PurePosixPath("docs", at.parent)
        name = normpath(f"{folder}/{target}")
        inside = name.removeprefix("docs/") if name.startswith("docs/") or name in BESIDE else ""
        return f"[{text}]({relpath(inside, at.parent)}{anchor})" if inside else text

    return LINK.sub(led, markdown)


def navigation() -> list[Entry]:
    """Return the sections with their pages, each page once, and those of a folder where its first page stands."""
    found: list[Entry] = [{"Which page": "README.md"}]
    seen = {"README.md"}
    inside: list[Entry] = []
    table = (DOCS / "README.md").read_text(encoding="utf-8")
    for reader, links in re.findall(r"^\| (.*?) ?\| .*? \| (.*) \|$", table, re.MULTILINE)[1:]:
        if reader:
            inside = []
            found.append({named(reader.strip("*")): inside})
        for text, target, _ in LINK.findall(links):
            name = target.removeprefix("../")
            if not name.endswith(".md") or name in seen:
                continue
            seen.add(name)
            entry: Entry = {named(text): name}
            if name.endswith("/README.md"):
                rest = [f"{name.partition('/')[0]}/{each.name}" for each in sorted((DOCS / name).parent.glob("*.md"))]
                pages = [each for each in rest if each not in seen]
                seen |= set(pages)
                entry = {named(text): [name, *pages]}
            inside.append(entry)
    return found


def named(text: str) -> str:
    """Return a title: a capital at the front, no code marks."""
    return text[:1].upper() + text[1:].replace("`", "")
