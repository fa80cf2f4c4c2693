"""Words for the tests about the portal's reports: a customer whose portal reports, and reports of one's own."""

import os
from pathlib import Path
from typing import Any

from crossings import Crossing

from veerpont.desk import lists
from veerpont.pipeline.reports.folder import look
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont_sandbox.portal.log_file import HEADER
from veerpont_sandbox.world import REPORTS

TEXT = "Medewerker {first_name} {last_name}, geboren {birth_date}: Personeelsnummer {personnel_number} is geblokkeerd."


def with_reports(known: Crossing, **settings: Any) -> Crossing:
    """Let the portal put its reports on the account, and the integration look for them there."""
    report = {"folder": REPORTS, "within_hours": 24} | settings
    known.configure(xpert_suite={"report": {name: value for name, value in report.items() if value is not None}})
    known.sandbox.portal.accounts[known.name].report_into(REPORTS)
    return known


def folder(known: Crossing) -> Path:
    return known.sandbox.portal.accounts[known.name].root / REPORTS


def read(known: Crossing) -> list[str]:
    """Do what the DAG does, when the portal has imported and a minute has gone by; return what it said."""
    known.sandbox.portal.settle()
    for path in folder(known).glob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    notes: list[str] = []
    look(notes.append)
    known.notes += notes
    return notes


def night(known: Crossing, flow: str, day: int) -> dict[str, Any]:
    """Run a flow at 21:00 and return its books."""
    return known.at(f"2026-11-{day:02}T21:00")(flow)


def sent(known: Crossing, flow: str) -> dict[str, Any]:
    """Return the newest delivery of a flow."""
    return known.deliveries(flow)[0]


def rejected(known: Crossing, flow: str = "employees", state: str = "open") -> dict[str, dict[str, Any]]:
    """Return record key → reject, of what the portal rejected."""
    return {row["key"]: row for row in lists.list_rejects(known.ledger, known.name, flow, state)}


def told(known: Crossing, flow: str) -> set[str]:
    """Return the personnel numbers, or of another flow the keys, in the current snapshot."""
    with known.ledger.session() as session:
        snapshot = deliveries.pointer(session, Scope(known.name, flow, "xpert_suite"), kinds.SNAPSHOTS)
    assert snapshot is not None
    return {line.decode().split('"key":"')[1].split('"')[0] for line in known.vault.read(snapshot)}


def report(name: str, *rows: tuple[object, ...], header: tuple[str, ...] = HEADER) -> bytes:
    """Write a report as the sandbox's portal does; a row: line, key, level, code, text."""
    cells = [header, *((name, *row) for row in rows)]
    return "\r\n".join(";".join(map(str, row)) for row in cells).encode("utf-8-sig")
