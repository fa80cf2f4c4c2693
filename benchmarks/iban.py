"""IBAN: a tick over growing numbers of integrations in which nothing changed, next to a loop that only hashes.

As in its DAG a tick reads a hundred integrations in a process, and on two cores two processes at a time.
"""

import hashlib
import json
import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import harness
from harness import Measured
from page import Found, Table
from rich.console import Console

PEOPLE = 50
"""Of each integration: a tick costs by the integration, and most are small."""
PART = 100
"""Integrations that a process reads, as in airflow/tick_dag.py."""
CORES = 2
DELAY = 0.1
"""Seconds that AFAS takes for each call in the second of the two ticks."""
TAKE = 10_000
SECONDS = 300
START = "1.3 to 2.4"
"""Seconds from a tick to the start of its first task, as seen with the LocalExecutor; the part `night` has its CPU."""


def names(integrations: int) -> list[str]:
    """Return the names of the customers."""
    return [f"klant_{number:04}" for number in range(1, integrations + 1)]


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Measure a tick over each number of integrations."""
    measured = {}
    for integrations in sizes:
        folder = home / str(integrations)
        folder.mkdir()
        measured[str(integrations)] = tick(console, folder, integrations)
    shown = Table(
        f"A tick in which nothing changed; integrations of {PEOPLE} people",
        [
            "integrations",
            "processes",
            "seconds",
            "CPU s",
            "without start",
            "MiB",
            "calls",
            "loop, s",
            "of 300 s",
            f"{DELAY} s a call",
            "of 300 s",
        ],
    )
    for size, found in measured.items():
        ours, loop, slow = found["tick"], found["loop"], found["slow"]
        shown.rows.append([
            f"{int(size):,}",
            str(parts(int(size))),
            f"{ours['seconds']:.1f}",
            f"{ours['cpu']:.1f}",
            f"{ours['work']:.1f}",
            f"{ours['mib']:.0f}",
            f"{ours['calls']:,.0f}",
            f"{loop['seconds']:.1f}",
            f"{ours['seconds'] / SECONDS:.0%}",
            f"{slow['seconds']:.1f}",
            f"{slow['seconds'] / SECONDS:.0%}",
        ])
    size, found = list(measured.items())[-1]
    shown.note = (
        f"A tick of {int(size):,} integrations takes {found['tick']['seconds']:.0f} of its {SECONDS} seconds where the "
        f"sandbox answers in milliseconds, and {found['slow']['seconds']:.0f} where it takes {DELAY} s for each call; "
        f"its {found['slow']['calls']:,.0f} calls would take {found['slow']['calls'] * DELAY:,.0f} s one after the "
        "other. Two processes run at a time. Starting Python and loading Airflow is in the seconds and in the CPU; a "
        "task is forked from a process that has both, so the CPU is given without them too. The loop does not wait and "
        "has one process. "
        f"Airflow adds {START} s before a task starts."
    )
    return Found([shown], measured)


def parts(integrations: int) -> int:
    """Return how many processes read so many integrations."""
    return -(-integrations // PART)


def tick(console: Console, home: Path, integrations: int) -> dict[str, Measured]:
    """Deliver everything once, then time the plain loop, and a round with nothing changed: at once, and with delays."""
    with harness.sandbox(home, dict.fromkeys(names(integrations), PEOPLE), "iban") as server:
        for name in [name for name in os.environ if name.startswith(("AIRFLOW_CONN_XPERT_", "AIRFLOW_CONN_RECEIVER_"))]:
            del os.environ[name]  # thousands of keys that nobody uses here
        began = time.perf_counter()
        side_by_side("known", integrations)
        side_by_side("first", integrations)
        console.print(f"{integrations:,} integrations: delivered once in {time.perf_counter() - began:.0f} s")
        found = {}
        for name, delay in (("loop", 0.0), ("tick", 0.0), ("slow", DELAY)):
            server.ask(f"delay {delay}")
            before = int(server.ask("calls"))
            if name == "loop":
                found[name] = harness.run_step("iban.plain", str(integrations))
            else:
                found[name] = side_by_side("again", integrations, name)
            found[name]["calls"] = int(server.ask("calls")) - before
            console.print(f"{integrations:,} integrations, {name}: {found[name]['seconds']:.1f} s")
    return found


def side_by_side(step: str, integrations: int, *words: str) -> Measured:
    """Do a step of all parts, as many at a time as there are cores; its times are those of the processes as wholes."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    count = parts(integrations)
    with ThreadPoolExecutor(CORES) as pool:
        jobs = [(f"iban.{step}", str(part), str(count), str(integrations), *words) for part in range(count)]
        done = list(pool.map(lambda job: harness.run_step(*job), jobs))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": time.perf_counter() - started,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "work": sum(item["cpu"] for item in done),
        "mib": max(item["mib"] for item in done),
        "rows": max(item["rows"] for item in done),
    }


def plot(found: Found) -> None:
    """Draw the seconds of a tick over the number of integrations."""
    from plots import COLOURS, figure

    sizes = [int(size) for size in found.kept]
    with figure("benchmarks-iban.svg", height=2.6) as axes:
        lines = {
            "tick": "tick, nothing changed",
            "slow": f"the same, {DELAY} s a call",
            "loop": "plain loop that hashes",
        }
        for at, (name, label) in enumerate(lines.items()):
            seconds = [item[name]["seconds"] for item in found.kept.values()]
            axes.plot(sizes, seconds, "o-", color=COLOURS[at], label=label, markersize=4)
        axes.axhline(SECONDS, color=COLOURS[5], linestyle=":", linewidth=1)
        axes.text(sizes[0], SECONDS * 0.9, "the next tick", va="top", fontsize=8, color=COLOURS[5])
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.set_yscale("log")
        axes.set_xlabel("integrations")
        axes.set_ylabel("seconds")
        axes.legend(loc="lower right")


def known(part: str, count: str, integrations: str) -> int:
    """Let the employees of a part of the customers be known, as the nightly flows leave them: employers, the index."""
    import msgspec

    from veerpont.config.settings import settings
    from veerpont.flows.index import IndexEntry
    from veerpont.model.flows import Flow
    from veerpont.store import deliveries, employers, kinds
    from veerpont.store.ledger import Ledger
    from veerpont.store.scope import Scope
    from veerpont.store.vault import Vault
    from veerpont_sandbox.afas.schema import CONNECTORS
    from veerpont_sandbox.customers import generated

    ours = settings()
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    fields = CONNECTORS[harness.CONNECTORS["employees"]].index
    wanted = [fields[field] for field in ("GUID", "Werkgeverscode", "Personeelsnummer", "Afdelingscode")]
    for name in names(int(integrations))[int(part) :: int(count)]:
        found = {}
        for row in generated(name, PEOPLE).tables[harness.CONNECTORS["employees"]]():
            guid, employer, number, department = (str(row[at]) for at in wanted)
            guid = guid.strip("{}")
            found[guid] = IndexEntry(f"{guid}/{employer}/1", guid, employer, number, department)
        codes = {entry.employer_code for entry in found.values()}
        index = vault.write(f"{name}/employees/index/first", map(msgspec.json.encode, found.values()))
        with ledger.session() as session:
            for code in codes:
                employers.show(session, name, code, f"Employer {code}")
            session.flush()
            employers.activate(session, name, sorted(codes), "benchmark")
            deliveries.point(session, Scope(name, Flow.EMPLOYEES), kinds.INDEX, index)
    return 0


def first(part: str, count: str, integrations: str) -> int:
    """Deliver the accounts of a part of the customers."""
    from veerpont.pipeline.crossing import CrossingStep

    crossing, names = _tick("first", part, count)
    for step in CrossingStep:
        report = crossing.step(step, names)
        if report.failed:
            raise SystemExit(json.dumps(report.failed))
    return 0


def again(part: str, count: str, integrations: str, run_id: str) -> int:
    """Read a part of the customers as the first task of a run does; return how many rows all parts have read."""
    from veerpont.pipeline.crossing import CrossingStep

    crossing, names = _tick(run_id, part, count)
    report = crossing.step(CrossingStep.EXTRACT, names)
    if unusual := report.messages("on", "failed", "skipped"):
        raise SystemExit(f"Failed or changed: {json.dumps(unusual)}.")
    return rows_read(run_id)


def _tick(run_id: str, part: str, count: str) -> tuple[Any, list[str]]:
    from veerpont.model.flows import Flow
    from veerpont.pipeline import settled
    from veerpont.pipeline.crossing import Crossing
    from veerpont.pipeline.verdict import Turn
    from veerpont.store.clock import now

    turn = Turn(run_id, now())
    crossing = Crossing(settled.steps(Flow.IBAN), turn, lambda text: None)
    return crossing, settled.members(turn, Flow.IBAN, int(part), int(count), None)


def rows_read(run_id: str) -> int:
    """Return how many rows the books of a round say were read."""
    from sqlalchemy import func, select

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Run

    with Ledger(settings().ledger).session() as session:
        return session.scalar(select(func.sum(Run.read)).where(Run.flow == "iban", Run.run_id == run_id)) or 0


def plain(integrations: str) -> int:
    """Download what a round downloads, the last row once more as it does, and hash it."""
    rows = 0
    for name in names(int(integrations)):
        session, address = harness.afas(name)
        session.trust_env = False  # else it looks for proxies among thousands of connections with each call
        url = f"{address}/{harness.CONNECTORS['iban']}"
        digest = hashlib.blake2b()
        skip = 0
        for _ in range(2):
            query: dict[str, Any] = {"skip": skip, "take": TAKE, "orderbyfieldids": "GUID"}
            content = session.get(url, params=query, timeout=900).content
            digest.update(content)
            skip = max(0, skip + content.count(b'"GUID"') - 1)
        rows += skip + 1
    return rows
