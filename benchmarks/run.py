"""`make bench`: from AFAS to an accepted file, next to a plain loop that only downloads, parses and writes csv.

Both read the same rows from the same server in one run. Every step of ours runs in a process of its own, as a task
does, so that its peak memory is its own. Printed: rows per second, the ratio, and the memory of the largest step.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

CUSTOMER = "groot"
CONNECTOR = "Newdays_Connect_Medewerker_Gegevens_v1"
TAKE = 2_900


def main() -> int:
    """Run the benchmark, or one step of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--step", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return step(*options.step)
    with tempfile.TemporaryDirectory(prefix="veerpont-bench-") as folder:
        return compare(Path(folder), options.people)


def compare(home: Path, people: int) -> int:
    """Time both ways over the same rows and print them side by side."""
    console = Console()
    os.environ.update(instance_settings(home))
    server = subprocess.Popen([sys.executable, __file__, "--step", "serve", str(home), str(people)])
    try:
        ready = home / "ready"
        while not ready.exists():
            if server.poll() is not None:
                return 1
            time.sleep(0.1)  # the server is another process: its file is all there is to look for
        os.environ.update(json.loads(ready.read_text(encoding="utf-8")))
        measured: dict[str, dict[str, float]] = {}
        with console.status(f"{people:,} people"):
            run("employers")
            activate()
            measured["plain loop to csv"] = run_step("plain", str(home / "plain.csv"))
            for file_format in ("csv", "xlsx"):
                use(home, file_format)
                steps = run("employees", console)
                total = {"seconds": sum(item["seconds"] for item in steps.values()), "rows": steps["extract"]["rows"]}
                total["mib"] = max(item["mib"] for item in steps.values())
                measured |= {f"  {name}": item for name, item in steps.items()}
                measured[f"AFAS to accepted {file_format}"] = total
        show(console, measured)
        return 0
    finally:
        server.terminate()
        server.wait()


def show(console: Console, measured: dict[str, dict[str, float]]) -> None:
    """Print the measurements."""
    plain = measured["plain loop to csv"]
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("what", "rows", "seconds", "rows/s", "times plain", "peak MiB"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for name, item in measured.items():
        rate = f"{item['rows'] / item['seconds']:,.0f}" if item.get("rows") else ""
        rows = f"{item['rows']:,.0f}" if item.get("rows") else ""
        ratio = "" if name.startswith(" ") else f"{item['seconds'] / plain['seconds']:.1f}"
        table.add_row(name, rows, f"{item['seconds']:.1f}", rate, ratio, f"{item['mib']:.0f}")
    console.print(table)


def run(flow: str, console: Console | None = None) -> dict[str, dict[str, float]]:
    """Run extract, transform and load of a flow, each in a process of its own."""
    run_id = f"{flow} {time.time()}"
    found = {}
    for name in ("extract", "transform", "load"):
        found[name] = run_step(name, flow, run_id)
        if console:
            console.print(f"  {name}: {found[name]['seconds']:.1f} s, {found[name]['mib']:.0f} MiB")
    return found


def run_step(*words: str) -> dict[str, float]:
    """Run one step in a new process and return its measurements."""
    done = subprocess.run([sys.executable, __file__, "--step", *words], stdout=subprocess.PIPE, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def step(name: str, *words: str) -> int:
    """Do one step in this process and print what it took."""
    if name == "serve":
        return serve(Path(words[0]), int(words[1]))
    if name == "plain":
        return report(plain, Path(words[0]))
    return report(cross, name, *words)


def report(work: Any, *words: Any) -> int:
    """Time `work` and print seconds, rows and the peak memory of this process."""
    started = time.perf_counter()
    rows = work(*words)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "rows": rows, "mib": peak}))
    return 0


def cross(name: str, flow: str, run_id: str) -> int:
    """Do one step of ours as its task does; what it hands on lies beside the vault."""
    import airflow.sdk  # noqa: F401 -- a task process has it loaded: it counts
    from msgspec import convert, to_builtins

    from veerpont.model.flows import Flow
    from veerpont.pipeline import batch, extract, load, transform
    from veerpont.rules.dates import business_date
    from veerpont.store.ledger import now

    job = batch.open_job(Flow(flow), CUSTOMER, run_id, business_date(now()), lambda text: None)
    handed = Path(os.environ["AIRFLOW_HOME"]) / "handed.json"
    content = json.loads(handed.read_text(encoding="utf-8")) if name != "extract" else {}
    if name == "extract":
        result: Any = extract.extract(job)
    elif name == "transform":
        result = transform.transform(job, convert(content, batch.Extracted))
    else:
        result = load.load(job, convert(content, batch.Transformed))
    handed.write_text(json.dumps(to_builtins(result)), encoding="utf-8")
    return int(result.read) if name != "load" else int(content["read"])


def plain(path: Path) -> int:
    """What a script of ten lines would do: page by page, parse, write csv. No checks, no guards, no second look."""
    import base64

    import requests

    connection = json.loads(os.environ[f"AIRFLOW_CONN_AFAS_{CUSTOMER.upper()}"])
    token = base64.b64encode(connection["password"].encode()).decode()
    session = requests.Session()
    session.headers["Authorization"] = f"AfasToken {token}"
    url = f"{connection['host']}/ProfitRestServices/connectors/{CONNECTOR}"
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = None
        while True:
            query = {"skip": str(rows), "take": str(TAKE), "orderbyfieldids": "Personeelsnummer,Dienstverbandnummer"}
            page = session.get(url, params=query, timeout=900).json()["rows"]
            if writer is None:
                writer = csv.DictWriter(file, fieldnames=list(page[0]), delimiter=";")
                writer.writeheader()
            writer.writerows(page)
            rows += len(page)
            if len(page) < TAKE:
                return rows


def serve(home: Path, people: int) -> int:
    """Be AFAS and the portal until told to stop."""
    import threading

    from veerpont.sandbox.customers import generated
    from veerpont.sandbox.world import Sandbox

    with Sandbox(home / "sandbox", [generated(CUSTOMER, people)]) as sandbox:
        sandbox.write_integrations(home / "integrations")
        sandbox.afas.rows(CUSTOMER, CONNECTOR)  # made now, so that neither way waits for it
        (home / "activate.json").write_text(json.dumps(list(sandbox.activate[CUSTOMER])), encoding="utf-8")
        (home / "ready.tmp").write_text(json.dumps(sandbox.connections()), encoding="utf-8")
        (home / "ready.tmp").rename(home / "ready")
        threading.Event().wait()
    return 0


def activate() -> None:
    """Activate the customer's employers."""
    from veerpont.config.settings import settings
    from veerpont.store import employers
    from veerpont.store.ledger import Ledger

    codes = json.loads((Path(os.environ["AIRFLOW_HOME"]) / "activate.json").read_text(encoding="utf-8"))
    with Ledger(settings().ledger).session() as session:
        employers.activate(session, CUSTOMER, codes, "benchmark")


def use(home: Path, file_format: str) -> None:
    """Set the file format, and forget what the portal was told, so that everything is new again."""
    import yaml
    from sqlalchemy import delete

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Pointer

    path = home / "integrations" / f"{CUSTOMER}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["xpert_suite"]["file_format"] = file_format
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with Ledger(settings().ledger).session() as session:
        session.execute(delete(Pointer).where(Pointer.flow == "employees"))


def instance_settings(home: Path) -> dict[str, str]:
    """Return the settings of a throw-away instance."""
    from cryptography.fernet import Fernet

    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "VEERPONT_INTEGRATIONS": str(home / "integrations"),
        "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
    }


if __name__ == "__main__":
    sys.exit(main())
