"""IBAN: a round over a hundred integrations in which nothing changed, next to a loop that only downloads and hashes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import harness
from rich.console import Console
from rich.table import Table

TAKE = 10_000


def names(integrations: int) -> list[str]:
    """Return the names of the customers."""
    return [f"klant_{number:03}" for number in range(1, integrations + 1)]


def bench(console: Console, home: Path, integrations: int, people: int) -> Table:
    """Deliver everything once, then time a round with nothing changed and the plain loop."""
    customers = names(integrations)
    with harness.sandbox(home, dict.fromkeys(customers, people), "iban") as server:
        harness.run_step("iban.known", str(integrations), str(people))
        first = {}
        for name in harness.STEPS:
            first[name] = harness.run_step("iban.turn", name, "first")
            console.print(f"  {name}: {first[name]['seconds']:.1f} s, {first[name]['mib']:.0f} MiB")
            first[name]["rows"] = integrations * people
        measured = {}
        for name, step in (("plain loop that hashes", "iban.plain"), ("round, nothing changed", "iban.turn")):
            before = int(server.ask("calls"))
            words = [str(integrations)] if step == "iban.plain" else ["extract", "second"]
            measured[name] = harness.run_step(step, *words)
            measured[name]["calls"] = int(server.ask("calls")) - before
        measured |= {f"  {name}, all new": item for name, item in first.items()}
        measured["round, all new*"] = harness.total(first)
    title = f"{integrations} integrations of {people:,} employees, bank accounts"
    return harness.table(title, measured)


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
