"""`make pictures`: draws docs/desk-*.png, the desk's pages as the demo left them, light, dark and on a phone.

    make demo && make pictures                      (needs `chromium`)
    make pictures ONLY="codes preview"              only these

The pages are the desk's own, asked of the app itself as somebody who may do everything; Airflow is not started. The
sandbox is, for the preview.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from place import HOME, enter

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    "today": "/",
    "rejects": "/rejects",
    "employers": "/employers",
    "deliveries": "/deliveries",
    "over-time": "/customers/veerhuis/pictures",
    "nights": "/pictures",
    "codes": "/customers/veerhuis/mappings",
    "preview": "/customers/veerhuis/preview/{preview}",
    "special": "/customers/veerhuis/special",
}
"""Name of the picture → page."""
LOOKS = {"light": ("light", 1440, 900), "dark": ("dark", 1440, 900), "phone": ("light", 390, 844)}
"""Name of the look → theme, width, height."""
HIGHER = {"over-time": 1560}
"""Pages that are drawn further down."""


class Manager:
    """Whoever looks: a manager of the demo."""

    name = id = "manager"

    def may_act(self, _flow: str) -> bool:
        """Tell whether they may act: on everything."""
        return True

    def paused(self) -> set[str]:
        """Return what is paused after the demo."""
        return {"absence", "iban"}


def main(only: list[str]) -> int:
    """Draw all of them, or those of these names."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not (HOME / "report.json").exists():
        print("chromium is not installed" if chromium is None else "run `make demo` first")
        return 1
    sandbox = enter()
    from fastapi.testclient import TestClient

    from veerpont.desk.web import airflow_side
    from veerpont.desk.web.app import desk

    app = desk()
    app.dependency_overrides[airflow_side.person] = Manager
    client = TestClient(app)
    style = client.get("/static/desk.css").text
    chosen = {name: path for name, path in PAGES.items() if name in (only or PAGES)}
    if "preview" in chosen:
        with sandbox:
            chosen["preview"] = chosen["preview"].format(preview=preview())
    for name, path in chosen.items():
        for look, (theme, width, height) in LOOKS.items():
            page = dressed(client.get(path, headers={"accept-language": "en"}), style, theme)
            file = DOCS / f"desk-{name}-{look}.png"
            draw(chromium, page, file, width, HIGHER.get(name, height) if look != "phone" else height)
    return 0


def preview() -> int:
    """Let a preview be made, and return its number."""
    from veerpont.config.settings import settings
    from veerpont.model.flows import Flow
    from veerpont.pipeline import desk_work
    from veerpont.store.ledger import Ledger

    number = desk_work.ask_preview(Ledger(settings().ledger), "veerhuis", Flow.EMPLOYEES, Manager.name)
    desk_work.do(print, "veerhuis")
    return number


def dressed(answer: Any, style: str, theme: str) -> str:
    """Return a page with its style in it, as a file of its own."""
    answer.raise_for_status()
    text = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", answer.text)
    text = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    return text.replace("<html ", f'<html data-theme="{theme}" ', 1)


def draw(chromium: str, page: str, file: Path, width: int, height: int) -> None:
    """Take a picture of a page; a browser's window has a least width, a frame has not."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(page, encoding="utf-8")
        frame = Path(folder) / "frame.html"
        frame.write_text(
            f'<body style="margin:0"><iframe src="page.html" width="{width}" height="{height}" '
            'style="border:0;display:block"></iframe></body>'
        )
        command = [chromium, "--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"]
        subprocess.run([*command, f"--screenshot={file}", frame.as_uri()], check=True, timeout=60, capture_output=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
