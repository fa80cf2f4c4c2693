"""The log report of an import as a file on the account, with all four levels (docs/reference/xpert-suite.md, 1.6)."""

import csv
from io import StringIO
from pathlib import Path

from veerpont_sandbox.portal.state import Message, Report

HEADER = ("Bestand", "Regel", "Sleutel", "Niveau", "Code", "Melding")
LEVELS = {1: "Metadata", 2: "Meldingen", 3: "Waarschuwingen", 4: "Uitval"}


def write(report: Report, folder: Path) -> None:
    """Put the report into a folder that the sender sees, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = report.file.rpartition(".")[0]
    new = folder / f".{stem}"
    new.write_bytes(content(report))
    new.replace(folder / f"log_{report.finished[:19].replace(':', '')}_{stem}.csv")


def content(report: Report) -> bytes:
    """Return the report as csv: `;`, UTF-8 with a byte order mark, a row for each message."""
    counts = ("created", "updated", "unchanged", "archived", "deleted", "ended", "deactivated", "rejected")
    messages = [
        Message(1, "ontvangen", f"Ontvangen {report.received}, gelezen regels: {report.lines_read}."),
        *(Message(2, name, f"Aantal: {getattr(report, name)}.") for name in counts),
        *report.messages,
    ]
    text = StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(HEADER)
    rows.writerows(
        (report.file, message.line or "", message.key or "", LEVELS[message.level], message.code, message.text)
        for message in messages
    )
    return text.getvalue().encode("utf-8-sig")
