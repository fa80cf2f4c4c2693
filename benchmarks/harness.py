"""What the parts of `make bench` share: a throw-away instance, the sandbox in another process, steps in their own.

Every step runs in a process of its own, as a task does, so that its peak memory is its own. The script's arguments
after `--step` say which one.
"""

import base64
import cProfile
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from page import Table
from rich.console import Console

SCRIPT = Path(__file__).with_name("run.py")
STEPS = ("extract", "transform", "load")

Measured = dict[str, float]


# -- in the process that measures --------------------------------------------------------------------------------------


@dataclass
class Server:
    """The sandbox, in a process of its own."""

    process: subprocess.Popen[str]

    def ask(self, words: str) -> str:
        """Have something done there; returns when it is."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def sandbox(home: Path, customers: dict[str, int], *flows: str) -> Iterator[Server]:
    """Run a sandbox with these customers (name → people) and point this process and its steps to it."""
    os.environ.update(instance_settings(home))
    wanted = json.dumps({"customers": customers, "flows": flows})
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "--step", "serve", str(home), wanted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        server = Server(process)
        os.environ.update(json.loads(server.ask("connections")))
        yield server
    finally:
        process.terminate()
        process.wait()


def run_step(*words: str) -> Measured:
    """Run one step in a new process and return its measurements."""
    done = subprocess.run([sys.executable, SCRIPT, "--step", *words], stdout=subprocess.PIPE, check=True)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def run(customer: str, flow: str, tick: datetime | None = None, console: Console | None = None) -> dict[str, Measured]:
    """Run extract, transform and load of a flow, each in a process of its own."""
    run_id = f"{flow} {time.time()}"
    found = {}
    for name in STEPS:
        found[name] = run_step("cross", name, customer, flow, run_id, tick.isoformat() if tick else "")
        if console:
            item = found[name]
            console.print(f"  {name}: {item['seconds']:.1f} s, {item['cpu']:.1f} s of CPU, {item['mib']:.0f} MiB")
    return found


def total(steps: dict[str, Measured]) -> Measured:
    """Return what the steps of a run took together, and the memory of the largest."""
    summed = {name: sum(item[name] for item in steps.values()) for name in ("seconds", "cpu")}
    return {**summed, "mib": max(item["mib"] for item in steps.values()), "rows": steps["extract"]["rows"]}


def table(title: str, measured: dict[str, Measured], note: str = "") -> Table:
    """Return the measurements; the first is the plain loop that others are compared with.

    A name that begins with a space is a step of the one below it, one that ends in `*` has nothing to be compared with.
    """
    plain = next(iter(measured.values()))
    names = ["what", "rows", "seconds", "x plain", "CPU s", "x plain", "rows/s", "MiB"]
    calls = any("calls" in item for item in measured.values())
    shown = Table(title, [*names, *["calls"] * calls], note=note)
    for name, item in measured.items():
        alone = name.startswith(" ") or name.endswith("*")
        shown.rows.append([
            name.removesuffix("*"),
            f"{item['rows']:,.0f}",
            f"{item['seconds']:.1f}",
            "" if alone else f"{item['seconds'] / plain['seconds']:.1f}",
            f"{item['cpu']:.1f}",
            "" if alone else f"{item['cpu'] / plain['cpu']:.1f}",
            f"{item['rows'] / item['seconds']:,.0f}",
            f"{item['mib']:.0f}",
            *[f"{item['calls']:.0f}" if "calls" in item else ""] * calls,
        ])
    return shown


def median(rounds: list[dict[str, Measured]]) -> dict[str, Measured]:
    """Return the median of every number over rounds of the same measurements; of memory the largest."""
    found: dict[str, Measured] = {}
    for name, first in rounds[0].items():
        numbers = {key: [one[name][key] for one in rounds] for key in first}
        found[name] = {key: max(all_) if key == "mib" else statistics.median(all_) for key, all_ in numbers.items()}
    return found


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


def change_integration(home: Path, name: str, section: str, **values: Any) -> None:
    """Change a section of an integration file."""
    _edit(home, name, lambda content: content[section].update(values))


def deliver_to(home: Path, name: str, portal: str, *flows: str) -> None:
    """Let an integration deliver to this portal only."""
    connection = f"xpert_{name}" if portal == "xpert_suite" else f"portal_{name}"
    only = {"portal": portal, "connection": connection, "flows": list(flows)}
    _edit(home, name, lambda content: content.update(portals=[only]))


def _edit(home: Path, name: str, change: Callable[[Any], None]) -> None:
    import yaml

    path = home / "integrations" / f"{name}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def activate(customers: dict[str, list[str]]) -> None:
    """Activate employers: customer → their codes."""
    from veerpont.config.settings import settings
    from veerpont.store import employers
    from veerpont.store.ledger import Ledger

    with Ledger(settings().ledger).session() as session:
        for name, codes in customers.items():
            employers.activate(session, name, codes, "benchmark")


# -- in the processes of the steps -------------------------------------------------------------------------------------


def report(work: Callable[..., int], *words: str) -> int:
    """Time `work` and print seconds, CPU seconds, rows and the peak memory of this process.

    VEERPONT_BENCH_PROFILE: a folder for the profile of each step; they all take longer then.
    """
    profile = cProfile.Profile() if "VEERPONT_BENCH_PROFILE" in os.environ else None
    started, busy = time.perf_counter(), time.process_time()
    rows = profile.runcall(work, *words) if profile else work(*words)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    # what getrusage says begins with what the process had that started this one
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    if profile:
        name = "-".join(sys.argv[2:5]).replace("/", "_")
        profile.dump_stats(Path(os.environ["VEERPONT_BENCH_PROFILE"]) / f"{name}-{time.time():.0f}")
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rows": rows, "mib": peak, **_APART}))
    return 0


def cross(name: str, customer: str, flow: str, run_id: str, tick: str) -> int:
    """Do one step of ours as its task does; what it hands on lies beside the vault."""
    from msgspec import convert

    from veerpont.flows import job as batch
    from veerpont.model.flows import Flow
    from veerpont.pipeline import extract, load, transform
    from veerpont.store.clock import now

    moment = datetime.fromisoformat(tick) if tick else now()
    job = batch.open_job(Flow(flow), customer, run_id, lambda text: None, tick=moment)
    content = handed() if name != "extract" else {}
    if name == "extract":
        result: Any = extract.extract(job)
    elif name == "transform":
        result = transform.transform(job, convert(content, batch.Extracted))
    else:
        with _timing_the_file():
            result = load.load(job, convert(content, batch.Transformed))
    hand_on(result)
    return int(result.read) if name != "load" else int(content["read"])


_APART: Measured = {}
"""What a step measures apart, beside what `report` does."""


@contextmanager
def _timing_the_file() -> Iterator[None]:
    """Measure apart what it costs to make a file and to bring it across."""
    from veerpont.pipeline.deliver.send import Sending

    prepare, finish = Sending.prepare, Sending.finish_prepared

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*args: Any, **named: Any) -> Any:
            before = time.process_time()
            try:
                return work(*args, **named)
            finally:
                _APART["file_cpu"] = _APART.get("file_cpu", 0.0) + time.process_time() - before

        return replacement

    # measured where they are, without a hook in the product for it
    Sending.prepare, Sending.finish_prepared = timed(prepare), timed(finish)  # type: ignore[method-assign]  # while it is measured
    try:
        yield
    finally:
        Sending.prepare, Sending.finish_prepared = prepare, finish  # type: ignore[method-assign]  # as it was


def handed() -> Any:
    """Return what the step before handed on."""
    return json.loads((Path(os.environ["AIRFLOW_HOME"]) / "handed.json").read_text(encoding="utf-8"))


def hand_on(result: Any) -> None:
    """Hand something to the next step."""
    from msgspec import to_builtins

    (Path(os.environ["AIRFLOW_HOME"]) / "handed.json").write_text(json.dumps(to_builtins(result)), encoding="utf-8")


def afas(customer: str) -> tuple[Any, str]:
    """Return a session for a customer's AFAS, and where its connectors are."""
    import requests

    connection = json.loads(os.environ[f"AIRFLOW_CONN_AFAS_{customer.upper()}"])
    token = base64.b64encode(connection["password"].encode()).decode()
    session = requests.Session()
    session.headers["Authorization"] = f"AfasToken {token}"
    return session, f"{connection['host']}/ProfitRestServices/connectors"


def download(session: Any, url: str, order: str, take: int, path: Path) -> int:
    """Read a connector page by page until a short one, parse, and write csv; return how many rows came."""
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = None
        while True:
            query = {"skip": str(rows), "take": str(take), "orderbyfieldids": order}
            page = session.get(url, params=query, timeout=900).json()["rows"]
            if writer is None:
                writer = csv.DictWriter(file, fieldnames=list(page[0]), delimiter=";")
                writer.writeheader()
            writer.writerows(page)
            rows += len(page)
            if len(page) < take:
                return rows


def serve(home: Path, wanted: str) -> int:
    """Be AFAS and the portals, and do what is asked on standard input, until it ends."""
    from veerpont_sandbox.customers import generated
    from veerpont_sandbox.world import Sandbox

    asked = json.loads(wanted)
    specs = [generated(name, people) for name, people in asked["customers"].items()]
    with Sandbox(home / "sandbox", specs, flows=asked["flows"]) as world:
        world.write_integrations(home / "integrations")
        for line in sys.stdin:
            what, *words = line.split()
            if what == "connections":
                for spec in specs:  # made now, so that neither way waits for it
                    for flow in asked["flows"]:
                        world.afas.rows(spec.name, CONNECTORS[flow])
                answer = json.dumps(world.connections())
            elif what == "calls":
                answer = str(len(world.afas.requests))
            elif what == "delay":
                world.faults.clear("slow")
                world.faults.add("slow", seconds=float(words[0]))
                answer = words[0]
            elif what == "fault":  # KIND name=value …
                options: dict[str, Any] = dict(word.split("=") for word in words[1:])
                if "seconds" in options:
                    options["seconds"] = float(options["seconds"])
                answer = world.faults.add(words[0], **options).kind
            elif what == "marry":
                answer = str(world.afas.update(words[0], CONNECTORS["employees"], "Personeelsnummer", FIRST, MARRIED))
            else:
                answer = str(fall_ill(specs[0].book, int(words[0])))
            print(answer, flush=True)
    return 0


FIRST, MARRIED = "000001", {"Achternaam": "Nieuwenhuis"}
CONNECTORS = {
    "employers": "Newdays_Connect_Werkgevers_v1",
    "organigram": "Newdays_Connect_Organigram_v1",
    "accounts": "Newdays_Connect_Accounts_Autorisaties_v1",
    "employees": "Newdays_Connect_Medewerker_Gegevens_v1",
    "absence": "Newdays_Connect_Verzuim_v1",
    "iban": "Newdays_Connect_Medewerker_IBAN_v1",
}


def fall_ill(book: Any, count: int) -> int:
    """Let something happen to so many people on the last day of the book: they recover, as far as they are ill."""
    from veerpont_sandbox.customers.generated_absence import TODAY

    open_cases = [case for case in book.cases() if case.recovered is None and case.course[-1].on < TODAY][:count]
    for case in open_cases:
        book.close(case.guid, TODAY, at=datetime.combine(TODAY, datetime.min.time().replace(hour=12)))
    return len(open_cases)
