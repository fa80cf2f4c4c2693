"""A real evening, not simulated: who is done when, with trouble in the middle of it?

Customers in the proportions of the simulated night go through our own DAG files, which have another hour in them: the
four nightly flows and the hourly one, all at once. A real scheduler, LocalExecutor, PostgreSQL for Airflow and for the
ledger, and the sandbox, all on this machine. Everything has crossed once before; of one in twenty somebody's name has
changed since. AFAS is in maintenance for one in twenty for a while, one customer's token is revoked, and the process
of a load is killed in the middle of its batch.
"""

import json
import os
import signal
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import harness
import psutil
from airflow_up import ROOT, Instance, airflow
from databases import postgresql
from night import CLASSES
from night_real import PREPARED
from page import Found, Table
from rich.console import Console

from veerpont.rules.dates import AMSTERDAM

FLOWS = (*PREPARED, "absence")
SCHEDULES = dict.fromkeys(PREPARED, "0 21 * * *") | {"absence": "0 7-21 * * *"}
SLOTS = 8
AWAY = 20 * 60
"""Seconds for which AFAS is in maintenance for some."""
LASTS = AWAY + 40 * 60
"""Seconds after which the evening is stopped."""
ONE_IN = 20
TOGETHER = 25
"""Customers that are prepared in one go."""
KILLED = "employees"
"""The flow that loses the process of a load."""


@dataclass
class Evening:
    """What happened. `well`: customer → flow → seconds after the first plan at which it had succeeded."""

    well: dict[str, dict[str, float]]
    batch: set[str]
    loops: list[float]
    instances: int
    memory: float
    cpu: dict[str, float]


def bench(console: Console, home: Path, count: int) -> Found:
    """Prepare, let the evening pass, and say who was done when."""
    customers = proportioned(count)
    names = list(customers)
    away, failing = set(names[1::ONE_IN]), names[2]
    with harness.sandbox(home, customers, *FLOWS) as sandbox, postgresql() as database:
        os.environ["VEERPONT_LEDGER"] = database.url
        for name in names:
            # all that the portal's window asks for comes at once, and the files of before are not of this hour
            harness.change_integration(home, name, "absence", initial_days=4 * 365 + 1)
            harness.change_integration(home, name, "xpert_suite", settle_minutes=0)
        prepared = harness.run_step("wave.prepare", ",".join(names))
        console.print(f"{count} customers, {sum(customers.values()):,} people: prepared in {prepared['seconds']:.0f} s")
        for name in names[3::ONE_IN]:
            sandbox.ask(f"marry {name}")
        for name in away:
            sandbox.ask(f"fault maintenance customer={name} seconds={AWAY}")
        sandbox.ask(f"fault revoked customer={failing}")
        dags = home / "dags"
        dags.mkdir()
        (home / "airflow").mkdir()
        with airflow(home / "airflow", dags, {}, SLOTS) as up:
            evening = pass_by(console, up, dags)
    return Found([table(customers, evening, away, failing)])


def proportioned(count: int) -> dict[str, int]:
    """Return customer → people: the sizes of the simulated night, mixed."""
    sizes = [people for people, share in sorted(CLASSES.items(), reverse=True) for _ in range(round(count * share))]
    sizes = (sizes + [min(CLASSES)] * count)[:count]
    mixed = [people for first in range(ONE_IN) for people in islice(sizes, first, None, ONE_IN)]
    return {f"golf_{number:03}": people for number, people in enumerate(mixed)}


def prepare(names: str) -> int:
    """Let everything of these customers have crossed once, batch by batch as a task does it."""
    from night_real import batch

    customers = names.split(",")
    for flow in FLOWS:
        for first in range(0, len(customers), TOGETHER):
            some = ",".join(customers[first : first + TOGETHER])
            for step in harness.STEPS:
                batch(step, some, flow, f"before {first}")
        if flow == "employers":
            harness.activate({name: ["01", "02", "03"] for name in customers})
    return len(customers)


def pass_by(console: Console, up: Instance, dags: Path) -> Evening:
    """Let the schedule of all flows be now, kill the process of a load, and watch until all have ended."""
    began = datetime.now(AMSTERDAM)
    for flow, schedule in SCHEDULES.items():
        text = (ROOT / "dags" / f"{flow}.py").read_text(encoding="utf-8")
        now = f"{began.minute} {began.hour} * * *"  # a schedule that was just missed runs at once
        (dags / f"{flow}.py").write_text(text.replace(schedule, now), encoding="utf-8")
    memory = Memory(up)
    before, batch = up.cpu(), set[str]()
    wanted = f"dag_id IN ({', '.join(repr(flow) for flow in FLOWS)})"
    deadline = time.monotonic() + LASTS
    while time.monotonic() < deadline:
        if not batch:
            batch = kill_a_load(up)
        (over,) = up.rows(f"SELECT count(*) = {len(FLOWS)} FROM dag_run WHERE {wanted} AND state <> 'running'")
        if over[0]:
            break
        memory.look()
        time.sleep(2 if batch else 0.2)  # Airflow's database tells nobody when it changes
    ((first,),) = up.rows(f"SELECT min(start_date) FROM task_instance WHERE task_id = 'plan' AND {wanted}")
    ((instances,),) = up.rows(f"SELECT count(*) FROM task_instance WHERE {wanted}")
    loops = [json.loads(line)[1] for line in up.loops.read_text(encoding="utf-8").splitlines()]
    cpu = {name: seconds - before[name] for name, seconds in up.cpu().items()}
    return Evening(well(first), batch, loops, int(instances), memory.peak, cpu)


def kill_a_load(up: Instance) -> set[str]:
    """Kill a process that loads a batch, as the kernel does when memory is short; returns whose batch it is."""
    found = up.rows(
        "SELECT instance.pid, instance.map_index, planned.value FROM task_instance instance "
        "JOIN xcom planned ON planned.dag_id = instance.dag_id AND planned.task_id = 'plan' "
        f"WHERE instance.dag_id = '{KILLED}' AND instance.task_id = 'cross.load' AND instance.state = 'running' "
        "AND instance.pid IS NOT NULL"
    )
    for pid, number, planned in found:
        if psutil.pid_exists(pid):
            batches = json.loads(planned) if isinstance(planned, str) else planned
            os.kill(pid, signal.SIGKILL)
            return set(batches[number]["members"])
    return set()


class Memory:
    """The most memory that Airflow and the tasks take together, without what their processes share counted twice."""

    def __init__(self, up: Instance) -> None:
        self.up = up
        self.peak = 0.0

    def look(self) -> None:
        total = 0
        for process in self.up.processes.values():
            with suppress(psutil.Error):
                root = psutil.Process(process.pid)
                for each in (root, *root.children(recursive=True)):
                    with suppress(psutil.Error):
                        total += each.memory_full_info().pss
        self.peak = max(self.peak, total / 2**20)


def well(since: datetime) -> dict[str, dict[str, float]]:
    """Return customer → flow → seconds until it had succeeded, by the ledger."""
    from sqlalchemy import select

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Run

    found: dict[str, dict[str, float]] = {}
    query = select(Run.integration, Run.flow, Run.ended_at).where(Run.started_at >= since, Run.state == "success")
    with Ledger(settings().ledger).session() as session:
        for name, flow, at in session.execute(query):
            if at:
                found.setdefault(name, {})[flow] = (at - since).total_seconds()
    return found


def table(customers: dict[str, int], evening: Evening, away: set[str], failing: str) -> Table:
    """Return who was done when, and what it took."""
    title = f"A real evening of {len(customers)} customers ({sum(customers.values()):,} people), {SLOTS} slots"
    shown = Table(title, ["", "customers", "half of them, minutes", "the last, minutes"])
    killed = evening.batch - away - {failing}
    for what, names, flows in (
        ("healthy, all five flows", customers.keys() - away - evening.batch - {failing}, FLOWS),
        ("in the batch whose load was killed, all five flows", killed, FLOWS),
        (f"away for {AWAY // 60} minutes, the four nightly flows", away, PREPARED),
    ):
        done = {name: evening.well.get(name, {}) for name in names}
        times = sorted(max(each[flow] for flow in flows) / 60 for each in done.values() if each.keys() >= set(flows))
        ends = [f"{statistics.median(times):.1f}", f"{times[-1]:.1f}"] if times else ["", ""]
        shown.rows.append([what, f"{len(times)} of {len(names)}", *ends])
    loops = sorted(evening.loops)
    cpu = ", ".join(f"{name} {seconds:.0f}" for name, seconds in evening.cpu.items())
    shown.note = (
        f"{evening.instances:,} task instances. A loop of the scheduler took {statistics.median(loops):.2f} s, at most "
        f"{loops[-1]:.1f}. Airflow and its tasks took {evening.memory:,.0f} MiB together at most. CPU seconds: {cpu}. "
        "The customer whose token was revoked failed. Who is away skips the hour of absence."
    )
    return shown
