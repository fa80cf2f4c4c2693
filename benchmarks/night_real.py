"""What the simulated night is fed with and held against: steps, starts and a small wave, all of them real.

- *Steps*: extract, transform and load of the four nightly flows, of a small and of a large customer, and of several
  small ones in one process, as in a batch.
- *Starts*: a wide DAG of empty tasks through a real Airflow: what a task costs before its work begins, what a loop of
  the scheduler costs, and what each task instance that it looks at adds.
- *Wave*: our own DAG files, with another hour in them, for a few customers through that Airflow.
"""

import importlib
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import harness
from airflow_up import ROOT, Instance, airflow
from harness import Measured
from rich.console import Console

from veerpont.model.flows import Flow
from veerpont.rules.dates import AMSTERDAM

FLOWS = ("employers", "organigram", "employees", "accounts")
PREPARED = ("employers", "employees", "organigram", "accounts")
"""The order in which everything has crossed once: departments and accounts need to know who is where."""
SMALL, LARGE = 50, 5_000
SLOTS = 4
WIDE = 100
PROBED = 45.0
TOGETHER = 9
"""Small customers that are measured in one process."""
WAVE_LASTS = 900.0
"""Seconds after which the real wave is stopped."""
WAVE = {
    f"golf_{number:02}": 5_000 if number == 30 else 1_000 if number % 9 == 0 else 250 if number % 4 == 0 else 50
    for number in range(1, 61)
}
PROBE = """
from airflow.sdk import CronTriggerTimetable, dag, task, task_group

@dag(dag_id="probe", schedule=CronTriggerTimetable("{cron}", timezone="UTC"), catchup=False)
def probe():
    @task
    def plan():
        return list(range({wide}))

    @task(pool="sources")
    def first(number):
        return number

    @task
    def second(number):
        return number

    @task_group
    def cross(number):
        second(first(number))

    cross.expand(number=plan())

probe()
"""


@dataclass
class Starts:
    """Seconds of CPU: a task that does nothing, what it costs the api-server, a loop, a look. `starts`: how many."""

    task: float
    server: float
    loop: float
    look: float
    starts: int


Steps = dict[str, dict[str, dict[str, Measured]]]


def steps(console: Console, home: Path) -> Steps:
    """Return size → flow → step → what it took, of everything new; `together`: of several small ones in one process."""
    found: Steps = {}
    for people in (SMALL, LARGE):
        folder, name = home / str(people), f"maat_{people}"
        others = [f"{name}_{number}" for number in range(TOGETHER)] if people == SMALL else []
        folder.mkdir()
        with harness.sandbox(folder, dict.fromkeys([name, *others], people), *FLOWS):
            harness.run_step("night_real.known", ",".join([name, *others]))
            harness.activate({key: ["01", "02", "03"] for key in [name, *others]})
            found[str(people)] = {flow: harness.run(name, flow) for flow in PREPARED}
            if others:
                found["together"] = {flow: together(others, flow) for flow in PREPARED}
        seconds = sum(harness.total(item)["cpu"] for item in found[str(people)].values())
        console.print(f"{people:,} people, the four flows: {seconds:.1f} s of CPU")
    seconds = sum(harness.total(item)["cpu"] for item in found["together"].values())
    console.print(f"{TOGETHER} of {SMALL} people together, the four flows: {seconds:.1f} s of CPU")
    return found


def together(names: list[str], flow: str) -> dict[str, Measured]:
    """Run the steps of a flow for several customers, each step in a process of its own."""
    run_id = f"{flow} {time.time()}"
    return {step: harness.run_step("night_real.batch", step, ",".join(names), flow, run_id) for step in harness.STEPS}


def batch(step: str, names: str, flow: str, run_id: str) -> int:
    """Do one step of a batch as its task does."""
    from veerpont.pipeline.crossing import Crossing, CrossingStep, FlowSteps
    from veerpont.pipeline.verdict import Turn
    from veerpont.store.clock import now

    crossing = Crossing(FlowSteps(Flow(flow)), Turn(run_id, now()), lambda text: None)
    everybody = names.split(",")
    if step == "extract":
        crossing.hold(everybody)
    report = crossing.step(CrossingStep(step), everybody)
    if report.failed:
        raise SystemExit(json.dumps(report.failed))
    return len(report.outcomes)


def known(names: str) -> int:
    """Let the employers of customers be known."""
    for name in names.split(","):
        for step in harness.STEPS:
            harness.cross(step, name, "employers", "first", "")
    return 1


def opened(console: Console, home: Path, count: int) -> tuple[float, float]:
    """Return the CPU seconds before a task knows what to do, with one integration and with so many of them."""
    import yaml

    with harness.sandbox(home, {"eerste": SMALL}, *FLOWS):
        harness.run("eerste", "employers")
        first = home / "integrations" / "eerste.yaml"
        content = yaml.safe_load(first.read_text(encoding="utf-8"))
        one = harness.run_step("night_real.open_job", "eerste")["cpu"]
        for number in range(count - 1):
            more = yaml.safe_dump(content | {"name": f"klant_{number:04}"})
            first.with_name(f"klant_{number:04}.yaml").write_text(more, encoding="utf-8")
        all_ = harness.run_step("night_real.open_job", "eerste")["cpu"]
    console.print(f"opening a job: {one:.2f} s of CPU with one integration file, {all_:.2f} with {count:,}")
    return one, all_


def open_job(name: str) -> int:
    """Do what every task does before its work."""
    from veerpont.flows import job

    importlib.import_module("veerpont.pipeline.extract")  # as the task does
    job.open_job(Flow.EMPLOYEES, name, "r", lambda text: None)
    return 1


def prepare(names: str) -> int:
    """Let everything of these customers have crossed once."""
    for name in names.split(","):
        for flow in PREPARED:
            for step in harness.STEPS:
                harness.cross(step, name, flow, "before", "")
            if flow == "employers":
                harness.activate({name: ["01", "02", "03"]})
    return len(names.split(","))


@dataclass
class Wave:
    """A wave through a real Airflow. `done`: customer → seconds since the first plan ended. `starts`: of tasks.

    `planned`: flow → seconds after which its own plan had ended: Airflow finds the DAG files one after another.
    """

    done: dict[str, float]
    planned: dict[Flow, float]
    starts: int
    slots: int


def real(console: Console, home: Path, customers: dict[str, int], slots: int, latest: float) -> tuple[Starts, Wave]:
    """Measure starts, then run the wave, in one Airflow."""
    dags = home / "dags"
    dags.mkdir()
    with harness.sandbox(home, customers, *FLOWS):
        harness.run_step("night_real.prepare", ",".join(customers))
        (dags / "probe.py").write_text(PROBE.format(cron=_cron(), wide=WIDE), encoding="utf-8")
        (home / "airflow").mkdir()
        with airflow(home / "airflow", dags, {}, slots) as up:
            starts = _starts(up)
            console.print(
                f"a task that does nothing costs {starts.task:.2f} s of CPU, the api-server {starts.server:.2f}; a "
                f"loop of the scheduler {starts.loop:.2f} s, and {starts.look * 1_000:.1f} ms for each task it looks at"
            )
            (dags / "probe.py").unlink()
            wave = _wave(up, dags, customers, slots, latest)
    return starts, wave


def _cron(zone: tzinfo = UTC) -> str:
    # A schedule that was just missed runs at once, and after all that was prepared: no flow has ended since.
    moment = datetime.now(zone)
    return f"{moment.minute} {moment.hour} * * *"


def _starts(up: Instance) -> Starts:
    """Watch the probe for a while; the expansion at its beginning does not count.

    All of it is CPU, so that other work on the machine changes it little: a scheduler and its database take turns.
    """
    _until(up, "SELECT count(*) >= 8 FROM task_instance WHERE dag_id = 'probe' AND state = 'success'", 600)
    before, began, ran = up.cpu(), time.time(), _ran(up)
    _until(up, "SELECT count(*) > 0 FROM dag_run WHERE dag_id = 'probe' AND state <> 'running'", PROBED, False)
    spent = {name: seconds - before[name] for name, seconds in up.cpu().items()}
    count = max(1, _ran(up) - ran)
    lines = [json.loads(line) for line in up.loops.read_text(encoding="utf-8").splitlines()]
    during = [looked for moment, _, looked, _ in lines if moment > began]
    loop = min(took for _, took, *_ in lines)
    look = max(0.0, spent["scheduler"] + spent["database"] - loop * len(during)) / max(1, sum(during))
    return Starts(spent["tasks"] / count, spent["api-server"] / count, loop, look, count)


def _ran(up: Instance) -> int:
    return int(up.rows("SELECT count(*) FROM task_instance WHERE state = 'success'")[0][0])


def _wave(up: Instance, dags: Path, customers: dict[str, int], slots: int, latest: float) -> Wave:
    cron = _cron(AMSTERDAM)  # the zone of our DAGs
    for name in FLOWS:
        text = (ROOT / "dags" / f"{name}.py").read_text(encoding="utf-8")
        (dags / f"{name}.py").write_text(text.replace("0 21 * * *", cron), encoding="utf-8")
    wanted = "(" + ", ".join(f"'{name}'" for name in FLOWS) + ")"
    _until(up, f"SELECT count(*) = 4 FROM dag_run WHERE dag_id IN {wanted} AND state <> 'running'", latest, False)
    plans = up.rows("SELECT dag_id, end_date FROM task_instance WHERE task_id = 'plan' AND dag_id IN " + wanted)
    began = min(moment for _, moment in plans)
    planned = {Flow(name): (moment - began).total_seconds() for name, moment in plans}
    done = {name: (moment - began).total_seconds() for name, moment in _crossed("accounts", began)}
    again = up.rows("SELECT count(*) FROM task_reschedule")[0][0]
    first = up.rows(f"SELECT count(*) FROM task_instance WHERE start_date IS NOT NULL AND dag_id IN {wanted}")[0][0]
    return Wave(done, planned, int(again) + int(first), slots)


def _crossed(flow: str, since: datetime) -> list[tuple[str, datetime]]:
    """Return who has crossed since a moment, and when, by the ledger."""
    from sqlalchemy import select

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Run

    query = select(Run.integration, Run.ended_at).where(
        Run.flow == flow, Run.started_at >= since, Run.state == "success"
    )
    with Ledger(settings().ledger).session() as session:
        return [(name, ended) for name, ended in session.execute(query) if ended is not None]


def _until(up: Instance, query: str, seconds: float, must: bool = True) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if up.rows(query)[0][0]:
            return
        time.sleep(1)  # Airflow's database tells nobody when it changes
    if must:
        raise SystemExit(f"Airflow did not come so far within {seconds:.0f} seconds: {query}")


def pools(path: Path) -> dict[str, int]:
    """Return the pools as they are shipped: name → slots."""
    return {name: item["slots"] for name, item in json.loads(path.read_text(encoding="utf-8")).items()}


Lines = dict[tuple[str, str], dict[str, tuple[float, float]]]


def by_step(found: Steps) -> Lines:
    """Return (flow, step) → "cpu" and "wait" → what a customer takes at least, and what each person adds.

    "once" → what its process takes beside its customers, whoever they are.
    """
    lines: Lines = defaultdict(dict)
    for flow in FLOWS:
        for step in harness.STEPS:
            small, large = found[str(SMALL)][flow][step], found[str(LARGE)][flow][step]
            several = found["together"][flow][step]
            for name, of in (("cpu", _cpu), ("wait", _wait)):
                each = max(0.0, (of(large) - of(small)) / (LARGE - SMALL))
                one = max(0.0, (of(several) - of(small)) / (TOGETHER - 1)) if name == "cpu" else of(small)
                lines[flow, step][name] = (max(0.0, one - each * SMALL), each)
            once = max(0.0, _cpu(small) - lines[flow, step]["cpu"][0] - lines[flow, step]["cpu"][1] * SMALL)
            lines[flow, step]["once"] = (once, 0.0)
    return lines


def _cpu(item: Any) -> float:
    return float(item["cpu"])


def _wait(item: Any) -> float:
    return max(0.0, float(item["seconds"] - item["cpu"]))
