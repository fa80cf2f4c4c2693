"""IBAN: a tick over growing numbers of integrations in which nothing changed, next to a loop that only hashes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import harness
from harness import Measured
from page import Found, Table
from rich.console import Console

PEOPLE = 50
"""Of each integration: a tick costs by the integration, and most are small."""
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
        ["integrations", "seconds", "CPU s", "MiB", "calls", "loop, s", "x loop", "first tick, s", "of 300 s"],
    )
    for size, found in measured.items():
        ours, loop = found["tick"], found["loop"]
        shown.rows.append([
            f"{int(size):,}",
            f"{ours['seconds']:.1f}",
            f"{ours['cpu']:.1f}",
            f"{ours['mib']:.0f}",
            f"{ours['calls']:,.0f}",
            f"{loop['seconds']:.1f}",
            f"{ours['seconds'] / loop['seconds']:.1f}",
            f"{found['first']['seconds']:.1f}",
            f"{ours['seconds'] / SECONDS:.0%}",
        ])
    size, found = list(measured.items())[-1]
    real = found["tick"]["calls"] * 0.1
    shown.note = (
        f"A tick of {int(size):,} integrations takes {found['tick']['seconds']:.0f} of its {SECONDS} seconds; Airflow "
        f"adds {START} s before its one task starts. The sandbox answers in milliseconds. Calls follow each other, so "
        f"where AFAS takes 0.1 s for each, the {found['tick']['calls']:,.0f} calls alone take {real:,.0f} s."
    )
    return Found([shown], measured)


def tick(console: Console, home: Path, integrations: int) -> dict[str, Measured]:
    """Deliver everything once, then time a round with nothing changed and the plain loop."""
    with harness.sandbox(home, dict.fromkeys(names(integrations), PEOPLE), "iban") as server:
        harness.run_step("iban.known", str(integrations), str(PEOPLE))
        first = {name: harness.run_step("iban.turn", name, "first") for name in harness.STEPS}
        found = {"first": {key: sum(step[key] for step in first.values()) for key in ("seconds", "cpu")}}
        for name, words in (("loop", ["iban.plain", str(integrations)]), ("tick", ["iban.turn", "extract", "second"])):
            before = int(server.ask("calls"))
            found[name] = harness.run_step(*words)
            found[name]["calls"] = int(server.ask("calls")) - before
    console.print(f"{integrations:,} integrations: {found['tick']['seconds']:.1f} s")
    return found


def plot(found: Found) -> None:
    """Draw the seconds of a tick over the number of integrations."""
    from plots import COLOURS, figure

    sizes = [int(size) for size in found.kept]
    with figure("benchmarks-iban.svg", height=2.6) as axes:
        for at, (name, label) in enumerate((("tick", "tick, nothing changed"), ("loop", "plain loop that hashes"))):
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


def known(integrations: str, people: str) -> int:
    """Let the employees of every customer be known, as the nightly flows leave them: employers active, the index."""
    import msgspec

    from veerpont.config.settings import settings
    from veerpont.model.flows import Flow
    from veerpont.pipeline.index import IndexEntry
    from veerpont.sandbox.afas.schema import CONNECTORS
    from veerpont.sandbox.customers import generated
    from veerpont.store import deliveries, employers
    from veerpont.store.ledger import Ledger
    from veerpont.store.vault import Vault

    ours = settings()
    ledger, vault = Ledger(ours.ledger), Vault(ours.vault, ours.vault_keys)
    ledger.require_current()
    fields = CONNECTORS[harness.CONNECTORS["employees"]].index
    wanted = [fields[field] for field in ("GUID", "Werkgeverscode", "Personeelsnummer", "Afdelingscode")]
    for name in names(int(integrations)):
        found = {}
        for row in generated(name, int(people)).tables[harness.CONNECTORS["employees"]]():
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
            deliveries.point(session, name, Flow.EMPLOYEES, "", "index", index)
    return 0


def turn(step: str, run_id: str) -> int:
    """Do one step of a round as its task does; return how many rows were read."""
    from msgspec import convert

    from veerpont.model.flows import Flow
    from veerpont.pipeline import batch
    from veerpont.pipeline.rounds import Rounds
    from veerpont.rules.dates import business_date
    from veerpont.store.ledger import now

    rounds = Rounds(Flow.IBAN, run_id, business_date(now()), now(), lambda text: None)
    if step == "extract":
        done = rounds.extract()
        if run_id == "second" and done.batches:
            raise SystemExit(f"Something changed at {', '.join(done.batches)}.")
    elif step == "transform":
        done = rounds.transform({name: convert(item, batch.Extracted) for name, item in harness.handed().items()})
    else:
        done = rounds.load({name: convert(item, batch.Transformed) for name, item in harness.handed().items()})
    if done.failed:
        raise SystemExit(json.dumps(done.failed))
    harness.hand_on(done.batches)
    return rows_read(run_id)


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
