"""Draws the mails of docs/mail-*.png: a good and a bad day, Dutch and English, at the width of a phone.

    .venv/bin/python dev/mail_pictures.py      (needs `chromium`)

Everything in them is made up here; nothing is read from a ledger.
"""

import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from veerpont.desk.digest import Arrived, Digest, Open, Pending, Solved, Waits
from veerpont.desk.digest_mail import render
from veerpont.model.flows import Flow
from veerpont.rules.dates import AMSTERDAM

DOCS = Path(__file__).resolve().parents[1] / "docs"
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=AMSTERDAM)
WIDTH = 390
HEIGHTS = {"good": 646, "bad": 2060}


def good() -> Digest:
    """A night on which everything arrived."""
    found = Digest("veerhuis", "Veerhuis Groep", MORNING, MORNING - timedelta(days=1))
    night = MORNING - timedelta(hours=9, minutes=50)
    found.flows = [Arrived(flow, night + timedelta(minutes=4 * number), late=False) for number, flow in enumerate(Flow)]
    return found


def bad() -> Digest:
    """A night with something of everything."""
    found = good()
    hours = timedelta(hours=1)
    found.open = [
        Open("absence", "01", "transform", "no_cause", ("Type",), 412, 3, MORNING - 96 * hours, 0),
        Open("employees", "02", "transform", "missing_value", ("Geboortedatum",), 7, 2, MORNING - 30 * hours, 0),
        Open("employees", "01", "export", "portal_key_changed", ("personnel_number",), 2, 2, MORNING - 10 * hours, 2),
        Open("iban", "01", "transform", "invalid_iban", ("IBAN-nummer",), 1, 1, MORNING - 17 * hours, 0),
    ]
    found.solved = [Solved("employees", "unknown_gender", 4), Solved("iban", "several_accounts", 1)]
    found.ignored = 3
    found.held = [Waits(218, "organigram", ("many_gone",), 31, 0, MORNING - 10 * hours)]
    found.pending = [Pending("07", "Veerhuis Vastgoed B.V.", "unknown")]
    found.flows[3] = Arrived(
        "accounts",
        MORNING - 34 * hours,
        late=True,
        state="failed",
        kind="settings",
        message="xpert_suite.user_group is missing: say which group the accounts of managers belong to.",
    )
    return found


def draw(name: str, html: str, height: int, dark: bool = False) -> None:
    """Take a picture of a mail as a phone shows it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mail.html"
        page.write_text(html, encoding="utf-8")
        # a browser's window has a least width; a frame has not
        frame = Path(folder) / "frame.html"
        frame.write_text(
            f'<body style="margin:0"><iframe src="mail.html" width="{WIDTH}" height="{height}" '
            'style="border:0;display:block"></iframe></body>'
        )
        options = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []
        command = [chromium, "--headless=new", "--no-sandbox", "--hide-scrollbars", *options]
        command += [f"--window-size={WIDTH},{height}", f"--screenshot={DOCS / name}", frame.as_uri()]
        subprocess.run(command, check=True, timeout=60, capture_output=True)


for day, made in (("good", good), ("bad", bad)):
    for language in ("nl", "en"):
        draw(f"mail-{day}-{language}.png", render(made(), language, "https://airflow.example/desk")[2], HEIGHTS[day])
draw("mail-bad-nl-dark.png", render(bad(), "nl", "https://airflow.example/desk")[2], HEIGHTS["bad"], dark=True)
