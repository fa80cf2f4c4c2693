"""The desk: how long its pages and the command line take with many open rejects, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import harness
from databases import client, databases, filled_ledger
from page import Found, Table
from rich.console import Console

PROGRAM = Path(sys.executable).with_name("veerpont")
GROUP = "/rejects/group?integration=c3&flow=absence&employer=07&stage=transform&reason=no_cause"
PAGES = {
    "*Today*": "/",
    "*Rejects*, grouped": "/rejects",
    "*Rejects*, filtered by integration, flow and age": "/rejects?integration=c3&flow=absence&age=week",
    "a third of all in one group, its first page": GROUP,
    "its last page": f"{GROUP}&page=999999",
    "one record": "/rejects/500",
}
ACTS = {
    "*Try again now* for that whole group": ("retry", {}),
    "*Ignore* that whole group": ("ignore", {"why": "Known"}),
}
COMMANDS = {
    "`veerpont rejects groups`": ["groups", "--json"],
    "`veerpont rejects list` of one customer and flow": ["list", "--integration", "c7", "--flow", "iban", "--json"],
    "`veerpont rejects list` of all": ["list", "--json"],
}
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Says the peak memory of a command, from a small process: a peak begins with what the process had that started it."""


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Measure the pages, the acts and the commands with each number of rejects."""
    return Found([_table(console, home, count) for count in sizes])


def _table(console: Console, home: Path, count: int) -> Table:
    os.environ.update(harness.instance_settings(home))
    (home / "integrations").mkdir(exist_ok=True)
    found = {name: measure(server.url, count) for name, server in databases(home, f"ledger-{count}")}
    shown = Table(f"{count:,} open rejects, milliseconds", ["what", *found, "MiB"])
    for what in next(iter(found.values())):
        seconds = [item[what][0] for item in found.values()]
        mib = max(item[what][1] for item in found.values())
        shown.rows.append([what, *[f"{one * 1_000:,.0f}" for one in seconds], f"{mib:,.0f}" if mib else ""])
    slowest, took = max(
        ((what, max(item[what][0] for item in found.values())) for what in PAGES), key=lambda item: item[1]
    )
    shown.note = (
        f"The slowest page is {slowest}, {took:.1f} s. Commands are whole processes, with the second or two that "
        "Python and Airflow take to start; MiB is their peak."
    )
    console.print(shown.note)
    return shown


def measure(url: str, count: int) -> dict[str, tuple[float, float]]:
    """Fill a ledger and return what → seconds, and the memory of commands in MiB."""
    ledger = filled_ledger(url, lambda ledger: fill(ledger, count))
    asked = client()
    found = {}
    for what, path in PAGES.items():
        asked.get(path)
        started = time.perf_counter()
        answer = asked.get(path)
        found[what] = (time.perf_counter() - started, 0.0)
        assert answer.status_code == 200, path
    for what, words in COMMANDS.items():
        found[what] = _command(words)
    from test_acts import form

    for what, (act, filled) in ACTS.items():
        action, fields = form(asked, GROUP, act)
        started = time.perf_counter()
        answer = asked.post(action, data=fields | filled)
        found[what] = (time.perf_counter() - started, 0.0)
        assert answer.status_code == 200, what
    ledger.engine.dispose()
    return found


def _command(words: list[str]) -> tuple[float, float]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PEAK, PROGRAM, "rejects", *words], stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - started, int(done.stdout) / 1024


def fill(ledger: Any, count: int) -> None:
    """Put `count` open rejects of 20 customers, 12 employers each, into the ledger; a third of them in one group."""
    from sqlalchemy import insert

    from veerpont.messages.catalog import reasons_known
    from veerpont.store.clock import now
    from veerpont.store.tables import Reject, RejectEvent

    reasons, flows = sorted(reasons_known())[:24], ("employees", "absence", "accounts", "iban")
    moment = now()

    def row(number: int) -> dict[str, Any]:
        third = number % 3 == 0
        return {
            "integration": "c3" if third else f"c{number % 20}",
            "flow": "absence" if third else flows[number // 3 % 4],
            "key": f"{number:08X}-0000-4000-8000-000000000000",
            "stage": "transform",
            "field": "Type",
            "reason": "no_cause" if third else reasons[number // 7 % 24],
            "detail": "What to do about it stands here, in a sentence of an ordinary length.",
            "state": "open",
            "attempts": 1,
            "first_seen": moment - timedelta(hours=number % 400),
            "last_seen": moment,
            "last_run": "r1",
            "employer": "07" if third else f"{number // 11 % 12:02}",
        }

    def opened(number: int) -> dict[str, Any]:
        return {"reject_id": number + 1, "at": moment, "event": "opened", "by": "r1", "detail": ""}

    for start in range(0, count, 50_000):
        numbers = range(start, min(start + 50_000, count))
        with ledger.session() as session:
            session.execute(insert(Reject), [row(number) for number in numbers])
            session.execute(insert(RejectEvent), [opened(number) for number in numbers])
