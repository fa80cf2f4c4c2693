"""The Dutch pages for managers call every page and button what the desk and the mail call it."""

import re
from pathlib import Path

import pytest

from veerpont.messages import catalog
from veerpont.model.flows import TITLES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "nl"
PAGES = sorted(FOLDER.glob("*.md"))
AS_WRITTEN = re.compile(r"(?<!\*)\*([^*\n]+(?:\n[^*\n]+)?)\*(?!\*)")


def known() -> set[str]:
    """Return every Dutch text of the desk and the mails, as it stands there when no number or name is in it."""
    texts = {text[0] for text in catalog.texts().values()} | set(catalog.dutch().values())
    texts |= {catalog.reason(code, "nl").title for code in catalog.reasons_known()}
    return texts | {title[0] for title in TITLES.values()}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_is_in_italics_is_called_that_at_the_desk(path: Path) -> None:
    named = {" ".join(words.split()) for words in AS_WRITTEN.findall(path.read_text(encoding="utf-8"))}
    assert named
    assert not named - known()


def test_every_page_of_the_desk_is_explained() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    pages = {catalog.say(key, "nl") for key in catalog.texts() if key.startswith("page.")}
    assert len(pages) > 5
    assert not {page for page in pages if f"*{page}*" not in text}
