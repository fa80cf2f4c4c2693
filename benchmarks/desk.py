"""The desk of a thousand customers: what each page, each picture and each search costs, on SQLite and on PostgreSQL."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import harness
import yaml
from databases import Server, client, databases, filled_ledger
from page import Found, Table
from rich.console import Console

EACH = 100
"""Open rejects of a customer."""
ONE = "c7"
"""The customer whose own pages are measured; it has everything."""
PAGES = {
    "*Today*": "/",
    "*Today*, one kind of one flow": "/?kind=rejects&flow=employees",
    "*Today*, its last pages": "/?page=1000000&customers=20",
    "*Today*, one customer by name": f"/?text=customer+{ONE}",
    "*Rejects*, grouped": "/rejects",
    "*Rejects* of one customer": f"/rejects?integration={ONE}",
    "*Rejects* that are closed": "/rejects?state=closed",
    "one group": f"/rejects/group?integration={ONE}&flow=absence&employer=01&stage=transform&reason=no_cause",
    "one record": "/rejects/700",
    "*Employers*": "/employers",
    "*Employers* that are pending": "/employers?state=pending",
    "*Employers* of one customer": f"/employers?integration={ONE}",
    "the question before employers are let in": f"/employers/ask?act=deactivate&integration={ONE}&code=01&code=02",
    "*Links*": "/links",
    "*Links* of one customer": f"/links?integration={ONE}",
    "*Deliveries*": "/deliveries",
    "*Deliveries*, its last page": "/deliveries?page=1000000",
    "*Deliveries* that wait": "/deliveries?state=waiting",
    "one delivery": "/deliveries/700",
    "the question before it is sent again": "/deliveries/700/ask?act=resend",
    "*Pictures* of all": "/pictures",
    "*Pictures* of one customer": f"/customers/{ONE}/pictures",
    "the checklist of one customer": f"/customers/{ONE}",
    "its codes": f"/customers/{ONE}/mappings",
    "its rare acts": f"/customers/{ONE}/special",
    "what came of a preview": f"/customers/{ONE}/preview/1",
    "what came of a rare act": f"/customers/{ONE}/special/2",
    "what came of a report": "/deliveries/work/3",
    "*Find*": f"/find?integration={ONE}",
}


@dataclass
class Cost:
    """What one request took: of CPU in our process and in the database's, in time, and in statements."""

    cpu: float
    seconds: float
    statements: int


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Measure each page with each number of customers, from few to many."""
    os.environ.update(harness.instance_settings(home))
    tables: list[Table] = []
    few: dict[str, dict[str, Cost]] = {}
    for count in sizes:
        _files(home / "integrations", count)
        found = {name: measure(console, server, count) for name, server in databases(home, f"desk-{count}")}
        tables.append(_table(count, found, few))
        few = few or found
        console.print(tables[-1].note)
    return Found(tables)


def _table(count: int, found: dict[str, dict[str, Cost]], few: dict[str, dict[str, Cost]]) -> Table:
    columns = [f"{name}, {what}" for name in found for what in ("CPU ms", "ms", "statements")]
    shown = Table(f"{count:,} customers, {count * EACH:,} open rejects and as many closed", ["page", *columns])
    for what in (*PAGES, SEARCH):
        costs = [costs[what] for costs in found.values()]
        cells = [(f"{each.cpu * 1000:,.0f}", f"{each.seconds * 1000:,.0f}", f"{each.statements}") for each in costs]
        shown.rows.append([what, *(cell for row in cells for cell in row)])
    dearest, cpu = max(((w, c.cpu) for costs in found.values() for w, c in costs.items()), key=lambda each: each[1])
    more = [
        f"{what} ({name})"
        for name, costs in few.items()
        for what, cost in costs.items()
        if found[name][what].statements > cost.statements
    ]
    grows = f"More statements than with fewer customers: {', '.join(more) or 'none'}. " if few else ""
    shown.note = (
        f"The dearest page is {dearest}, {cpu:.2f} s of CPU. {grows}CPU is that of the desk and of the database "
        "together, of the second look."
    )
    return shown


# -- measuring ---------------------------------------------------------------------------------------------------------

SEARCH = "*Find* a personnel number"


def measure(console: Console, server: Server, count: int) -> dict[str, Cost]:
    """Fill a ledger and return page → what its second look cost."""
    ledger = filled_ledger(server.url, lambda ledger: fill(ledger, count))
    asked = client()
    found = {}
    for what, path in PAGES.items():
        found[what] = _second(server, what, partial(asked.get, path))
        console.print(f"  {what}: {found[what].cpu:.2f} s of CPU, {found[what].statements} statements")
    token = re.search(r'name="token" value="([^"]+)"', asked.get("/find").text)
    given = {"token": token and token[1], "act": "search", "integration": ONE, "what": "100200"}
    found[SEARCH] = _second(server, SEARCH, lambda: asked.post("/find", data=given))
    ledger.engine.dispose()
    return found


def _second(server: Server, what: str, ask: Callable[[], Any]) -> Cost:
    ask()
    with _statements() as count:
        cpu, begun = time.process_time() + server.cpu(), time.perf_counter()
        answer = ask()
        cost = Cost(time.process_time() + server.cpu() - cpu, time.perf_counter() - begun, 0)
    assert answer.status_code == 200, (what, answer.status_code)
    cost.statements = count[0]
    return cost


@contextmanager
def _statements() -> Iterator[list[int]]:
    """Count the statements that any engine is given."""
    from sqlalchemy import Engine, event

    count = [0]

    def _given(*_: Any) -> None:
        count[0] += 1

    event.listen(Engine, "before_cursor_execute", _given)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", _given)


# -- the customers -----------------------------------------------------------------------------------------------------

NIGHTLY = ("employers", "organigram", "employees", "accounts")
DAILY = ("absence", "iban")
FLOWS = (*NIGHTLY, *DAILY)
RUNS = 20
"""Of each flow; of each tenth customer 60, as many as a picture shows."""
NOTHING = '{"path": "snapshots/none"}'
EMPLOYERS = ("01", "02", "03", "04", "05")
REASONS = {
    "employees": ("impossible_date", "unknown_department", "bsn_invalid"),
    "accounts": ("no_user", "duplicate_login"),
    "absence": ("no_cause", "unknown_employee"),
    "iban": ("iban_invalid",),
}


def _portal(flow: str) -> str:
    return "json_api" if flow == "iban" else "xpert_suite"


def _files(folder: Path, count: int) -> None:
    """Write the integration files of so many customers; each tenth has not been taken live."""
    folder.mkdir(exist_ok=True)
    for name in (f"c{number}" for number in range(count)):
        settings = {
            "name": name,
            "customer": f"Customer {name}",
            "source": {"system": "afas", "connection": f"afas_{name}", "environment": "O12345AA"},
            "portals": [
                {"portal": "xpert_suite", "connection": f"xpert_{name}", "flows": [*NIGHTLY, "absence"]},
                {"portal": "json_api", "connection": f"portal_{name}", "flows": ["iban"]},
            ],
            "xpert_suite": {"profile": "sandbox", "report": {}},
            "absence": {"connector_window": None, "causes": {"01": {"Z": "12"}}},
            "mail": {"to": [f"{name}@customer.example"]},
        } | ({"schedule": "when_live"} if name.endswith("0") else {})
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def fill(ledger: Any, count: int) -> None:
    """Put some weeks of so many customers into a ledger, fifty customers to a transaction."""
    from sqlalchemy import insert

    from veerpont.store.clock import now

    numbers = iter(range(1, 2**31))
    for first in range(0, count, 50):
        rows: dict[Any, list[dict[str, Any]]] = {}
        for number in range(first, min(first + 50, count)):
            for table, row in _customer(number, now(), numbers):
                rows.setdefault(table, []).append(row)
        with ledger.session() as session:
            for table, each in rows.items():
                session.execute(insert(table), each)


Row = tuple[Any, dict[str, Any]]


def _customer(number: int, moment: datetime, reject_ids: Iterator[int]) -> Iterator[Row]:
    from veerpont.store import tables

    for table, row in (
        *_employers(tables, number, moment),
        *_runs(tables, number, moment),
        *_deliveries(tables, number, moment),
        *_rejects(tables, moment, reject_ids),
        *_rest(tables, number, moment),
    ):
        yield table, row if table is tables.RejectEvent else {"integration": f"c{number}", **row}


def _employers(tables: Any, number: int, moment: datetime) -> Iterator[Row]:
    for code in EMPLOYERS:
        state = "pending" if code == "05" and number % 50 == 7 else "active"
        row = {"code": code, "name": f"Employer {code} B.V.", "state": state, "people": 100, "by": "els"}
        ended = moment.date() - timedelta(days=60) if code == "04" and number % 50 == 7 else None
        yield tables.EmployerState, {**row, "frozen": False, "at": moment, "service_until": ended}
    for code, month in product(EMPLOYERS, range(1, 25 if number % 10 == 7 else 1)):
        row = {"employer": code, "month": f"{2025 + month // 13}-{(month - 1) % 12 + 1:02}", "got": 3, "counts": True}
        yield tables.Coverage, {**row, "asked_at": moment, "moment": moment}


def _runs(tables: Any, number: int, moment: datetime) -> Iterator[Row]:
    evening = moment.replace(hour=20, minute=number % 60) - timedelta(days=1)
    hour = moment - timedelta(minutes=10)
    for flow in FLOWS:
        nightly = flow in NIGHTLY
        for back in range(60 if number % 10 == 7 else RUNS):
            began = evening - timedelta(days=back) if nightly else hour - timedelta(hours=back)
            failed = back == 0 and flow == "accounts" and number % 20 == 7
            state, message = ("failed", "AFAS refuses the token.") if failed else ("success", None)
            row = {"flow": flow, "portal": _portal(flow), "run_id": f"{flow} {back}", "started_at": began}
            row |= {"ended_at": began + timedelta(minutes=4), "state": state, "message": message, "message_codes": None}
            yield tables.Run, {**row, "kind": "settings" if failed else None, "read": 100, "unchanged": 100}


def _deliveries(tables: Any, number: int, moment: datetime) -> Iterator[Row]:
    fields = {"run_id": "r", "records": 100, "name": "file.xlsx", "sha256": "ab" * 32, "size": 4096}
    for flow, back in product(("employees", "absence"), range(RUNS)):
        at = moment - timedelta(days=back, hours=2)
        row = {"flow": flow, "portal": "xpert_suite", "state": "delivered", "gone": 0, "reasons": "", "at": at}
        yield tables.Delivery, {**fields, **row}
    if number % 10 == 7:
        row = {"flow": "employees", "portal": "xpert_suite", "state": "held", "gone": 30, "reasons": "many_gone"}
        yield tables.Delivery, {**fields, **row, "at": moment - timedelta(days=3)}


def _rejects(tables: Any, moment: datetime, ids: Iterator[int]) -> Iterator[Row]:
    kinds = [(flow, reason) for flow, reasons in REASONS.items() for reason in reasons]
    for place in range(2 * EACH):
        number, opened = next(ids), place < EACH
        flow, reason = kinds[place % len(kinds)]
        seen = moment - timedelta(hours=place * 7 % 1000)
        row = {"flow": flow, "reason": reason, "key": f"{place:08X}-0000-4000-8000-000000000000", "id": number}
        row |= {"stage": "transform", "field": "Type", "detail": "What to do about it stands here.", "attempts": 1}
        row |= {"first_seen": seen, "last_seen": moment, "last_run": "r1", "employer": EMPLOYERS[place % 3]}
        ended = {"state": "open", "closed_at": None} if opened else {"state": "closed", "closed_at": moment}
        asks = "q" if place % 25 == 0 and opened else None
        yield tables.Reject, {**row, **ended, "question": asks}
        if opened:
            yield tables.RejectEvent, {"reject_id": number, "at": seen, "event": "opened", "by": "r1", "detail": reason}


def _rest(tables: Any, number: int, moment: datetime) -> Iterator[Row]:
    for code in EMPLOYERS:
        yield tables.RejectCode, {"flow": "absence", "reason": "no_cause", "employer": code, "code": "ZW", "count": 4}
        counted = {"setting": "absence.causes", "employer": code, "code": "ZW", "used": 9, "lacking": 4, "at": moment}
        yield tables.CodeCount, counted
    for flow, back in product(DAILY, range(7)):
        yield tables.SourceCalls, {"flow": flow, "day": moment.date() - timedelta(days=back), "calls": 60}
    for flow in FLOWS:
        row = {"flow": flow, "portal": _portal(flow), "kind": "snapshot", "sequence": NOTHING, "at": moment}
        yield tables.Pointer, row
    yield tables.Decision, {"subject": "schedule", "decision": "take live", "by": "els", "at": moment}
    if number == int(ONE[1:]):
        for what in ("preview", "forget", "report"):
            row = {"what": what, "by": "els", "flows": "employees", "state": "waiting", "at": moment, "tries": 0}
            yield tables.Work, row
    if number % 10 == 7:
        for person in range(30):
            row = {"key": f"P{person}", "employer": "01", "decision": "undecided", "first_seen": moment}
            yield tables.Link, row
    if number % 20 == 7:
        row = {"subject": f"expiry c{number}", "flow": "", "to": "managers", "message": "A login ends."}
        yield tables.Alert, {**row, "message_codes": None, "since": moment}
