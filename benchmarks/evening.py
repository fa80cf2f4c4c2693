"""A real evening, not simulated: who is done when, with trouble in the middle of it?

Customers in the proportions of the simulated night go through our own DAG files, which have another hour in them: the
four nightly flows and the hourly one, all at once. A real scheduler, PostgreSQL for Airflow and for the ledger, and the
sandbox, all on this machine. Everything has crossed once before; of one in twenty somebody's name has changed since.
AFAS is in maintenance for one in twenty for a while, one customer's token is revoked, and the process of a load is
killed in the middle of its batch. `evening_celery` is the same on Celery workers, one of which is killed; in `outage`
AFAS is away for everybody.
"""

import json
import os
import signal
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import harness
import psutil
from airflow_up import ROOT, WORKER, Instance, airflow
from databases import postgresql
from night import CLASSES
from night_real import PREPARED
from page import Found, Table
from rich.console import Console

from veerpont.rules.calendar import end_of_night
from veerpont.rules.dates import AMSTERDAM

FLOWS = (*PREPARED, "absence")
SCHEDULES = dict.fromkeys(PREPARED, "0 21 * * *") | {"absence": "0 7-21 * * *"}
SLOTS = 8
AWAY = 20 * 60
"""Seconds for which AFAS is in maintenance for some."""
LASTS = 40 * 60
"""Seconds after the maintenance when the evening is stopped."""
PREPARES = 30 * 60
"""Seconds that the preparation may take."""
ONE_IN = 20
TOGETHER = 25
"""Customers that are prepared in one go."""
KILLED = "employees"
"""The flow that loses the process of a load."""
MINUTE = 60.0
"""Seconds between two looks at what everything has cost."""


@dataclass(frozen=True)
class Plan:
    """What an evening is like. `kill`: ends something of a running Airflow and returns whose batch it had, if any."""

    workers: int = 0
    away: float = AWAY
    everybody: bool = False
    kill: Callable[[Instance], set[str]] | None = None


@dataclass
class Evening:
    """What happened. `well`: customer → flow → seconds after the first plan at which it had succeeded.

    `loops`: the scheduler's, each with its moment; `costs`: what everything had cost, a moment each minute; `back`: the
    seconds after the first plan when AFAS was back.
    """

    well: dict[str, dict[str, float]]
    batch: set[str]
    loops: list[tuple[float, float]]
    instances: int
    late: int
    memory: float
    costs: list[tuple[float, dict[str, float]]]
    back: float


@dataclass
class Result:
    """An evening, and who had which trouble in it."""

    customers: dict[str, int]
    away: set[str]
    failing: set[str]
    evening: Evening


def bench(console: Console, home: Path, count: int) -> Found:
    """Prepare, let the evening pass, and say who was done when."""
    plan = Plan(kill=kill_a_load)
    result = held(console, home, count, plan)
    title = f"{people(result)}, {SLOTS} slots of the LocalExecutor"
    return Found([table(title, result, plan, "in the batch whose load was killed")])


def held(console: Console, home: Path, count: int, plan: Plan) -> Result:
    """Prepare so many customers, and let the evening pass."""
    if end_of_night(now := datetime.now(AMSTERDAM)) < now + timedelta(seconds=PREPARES + plan.away + LASTS):
        raise SystemExit("The night would end in the middle of this evening, and who waits would fail: start it later.")
    customers = proportioned(count)
    names = list(customers)
    away = set(names if plan.everybody else names[1::ONE_IN])
    failing = {names[2]} - away
    with harness.sandbox(home, customers, *FLOWS) as sandbox, postgresql() as database:
        os.environ["VEERPONT_LEDGER"] = database.url
        for name in names:
            # all that the portal's window asks for comes at once, and the files of before are not of this hour
            harness.change_integration(home, name, "absence", initial_days=4 * 365 + 1)
            harness.change_integration(home, name, "xpert_suite", settle_minutes=0)
        prepared = harness.run_step("evening.prepare", ",".join(names))
        console.print(f"{count} customers, {sum(customers.values()):,} people: prepared in {prepared['seconds']:.0f} s")
        for name in names[3::ONE_IN]:
            sandbox.ask(f"marry {name}")
        for name in failing:
            sandbox.ask(f"fault revoked customer={name}")
        dags = home / "dags"
        dags.mkdir()
        (home / "airflow").mkdir()
        with airflow(home / "airflow", dags, {}, SLOTS, plan.workers) as up:
            for name in away:
                sandbox.ask(f"fault maintenance customer={name} seconds={plan.away}")
            evening = pass_by(up, dags, plan)
    return Result(customers, away, failing, evening)


def people(result: Result) -> str:
    """Say how many there are."""
    return f"{len(result.customers)} customers ({sum(result.customers.values()):,} people)"


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


def pass_by(up: Instance, dags: Path, plan: Plan) -> Evening:
    """Let the schedule of all flows be now, kill what is to be killed, and watch until all have ended."""
    began, back = datetime.now(AMSTERDAM), time.time() + plan.away
    for flow, schedule in SCHEDULES.items():
        text = (ROOT / "dags" / f"{flow}.py").read_text(encoding="utf-8")
        now = f"{began.minute} {began.hour} * * *"  # a schedule that was just missed runs at once
        (dags / f"{flow}.py").write_text(text.replace(schedule, now), encoding="utf-8")
    memory = Memory(up)
    costs, batch = [(time.time(), up.cpu())], set[str]()
    wanted = f"dag_id IN ({', '.join(repr(flow) for flow in FLOWS)})"
    while time.time() < back + LASTS:
        if plan.kill and not batch:
            batch = plan.kill(up)
        (over,) = up.rows(f"SELECT count(*) = {len(FLOWS)} FROM dag_run WHERE {wanted} AND state <> 'running'")
        if over[0]:
            break
        memory.look()
        if time.time() > costs[-1][0] + MINUTE:
            costs.append((time.time(), up.cpu()))
        time.sleep(2 if batch or not plan.kill else 0.2)  # Airflow's database tells nobody when it changes
    costs.append((time.time(), up.cpu()))
    ((first,),) = up.rows(f"SELECT min(start_date) FROM task_instance WHERE task_id = 'plan' AND {wanted}")
    ((instances, late),) = up.rows(
        f"SELECT count(*), count(*) FILTER (WHERE task_id = 'late') FROM task_instance WHERE {wanted}"
    )
    lines = [json.loads(line) for line in up.loops.read_text(encoding="utf-8").splitlines()]
    loops = [(moment, took) for moment, took, *_ in lines]
    return Evening(well(first), batch, loops, int(instances), int(late), memory.peak, costs, back - first.timestamp())


def kill_a_load(up: Instance) -> set[str]:
    """Kill a process that loads a batch, as the kernel does when memory is short; returns whose batch it is."""
    for pid, names in running(up, f"instance.dag_id = '{KILLED}' AND instance.task_id = 'cross.load'"):
        os.kill(pid, signal.SIGKILL)
        return names
    return set()


def kill_a_worker(up: Instance) -> set[str]:
    """Kill the Celery worker that loads a batch, with all that it does; returns whose batches it had."""
    for pid, _ in running(up, f"instance.dag_id = '{KILLED}' AND instance.task_id = 'cross.load'"):
        above = {each.pid for each in psutil.Process(pid).parents()}
        for name, worker in up.processes.items():
            if name.startswith(WORKER) and worker.pid in above:
                family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
                ours = {each.pid for each in family}
                lost = [names for busy, names in running(up, "true") if busy in ours]
                for each in family:
                    with suppress(psutil.NoSuchProcess):
                        each.kill()
                return set[str]().union(*lost)
    return set()


def running(up: Instance, where: str) -> list[tuple[int, set[str]]]:
    """Return the processes that do a step of a batch, and whose batch it is."""
    from veerpont.airflow.flow_dag import members

    found = up.rows(
        "SELECT instance.pid, instance.map_index, planned.value FROM task_instance instance "
        "JOIN xcom planned ON planned.dag_id = instance.dag_id AND planned.task_id = 'plan' "
        "WHERE instance.task_id LIKE 'cross.%' AND instance.state = 'running' AND instance.pid IS NOT NULL "
        f"AND {where}"
    )
    busy = []
    for pid, number, planned in found:
        batches = json.loads(planned) if isinstance(planned, str) else planned
        if psutil.pid_exists(pid):
            busy.append((int(pid), set(members(batches[number]))))
    return busy


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


def table(title: str, result: Result, plan: Plan, killed: str) -> Table:
    """Return who was done when, and what it took. killed: what the batches are called whose process was killed."""
    customers, evening = result.customers, result.evening
    shown = Table(title, ["", "customers", "half of them, minutes", "the last, minutes"])
    struck = evening.batch - result.away - result.failing
    for what, names, flows in (
        ("healthy, all five flows", customers.keys() - result.away - evening.batch - result.failing, FLOWS),
        (f"{killed}, all five flows", struck, FLOWS),
        (f"away for {plan.away / 60:.0f} minutes, the four nightly flows", result.away, PREPARED),
    ):
        times = minutes(evening, names, flows)
        ends = [f"{statistics.median(times):.1f}", f"{times[-1]:.1f}"] if times else ["", ""]
        shown.rows.append([what, f"{len(times)} of {len(names)}", *ends])
    shown.note = (
        f"{evening.instances:,} task instances. {looped(evening.loops)} Airflow and its tasks took "
        f"{evening.memory:,.0f} MiB together at most. CPU seconds: {spent(evening.costs)}. The customer whose token "
        "was revoked failed. Who is away skips the hour of absence."
    )
    return shown


def minutes(evening: Evening, names: set[str], flows: tuple[str, ...]) -> list[float]:
    """Return after how many minutes each of these customers was done with all of the flows; those that were."""
    done = [evening.well.get(name, {}) for name in names]
    return sorted(max(each[flow] for flow in flows) / 60 for each in done if each.keys() >= set(flows))


def looped(loops: list[tuple[float, float]]) -> str:
    """Say how long the scheduler's loops took."""
    took = sorted(seconds for _, seconds in loops)
    return f"A loop of the scheduler took {statistics.median(took):.2f} s, at most {took[-1]:.1f}."


def spent(costs: list[tuple[float, dict[str, float]]]) -> str:
    """Say what everything cost between the first of these moments and the last."""
    (_, first), (_, last) = costs[0], costs[-1]
    return ", ".join(f"{name} {seconds - first[name]:.0f}" for name, seconds in last.items())
