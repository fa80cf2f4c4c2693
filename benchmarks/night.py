"""A night at a service provider: when is every one of its customers done?

How it is built. `night_real` measures, in this run and on this machine, what each step of the four nightly flows costs
for a small and a large customer (a straight line between them gives every other size; everything is new, which is the
dearest night), and what a task costs in a real Airflow. `night_sim` plays the night, event by event, with the
product's own rules and Airflow's. `CALL` and `PAGE` are what the real AFAS takes, which the sandbox does not. At last a
small wave goes through that real Airflow and through the simulation, and both ends are compared.

Customers (seeded): `CLASSES` says how many of which size. One in twenty is of Loket, without member numbers, half of
them with hours; one in twenty of the others has payroll. One in ten shares its member number with up to four others.
The AFAS environments of three in ten member numbers are away from 21:20 to 22:10 and say so (503 with `retry_after`
until then).
"""

import os
import random
import statistics
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import night_real
from night_model import TICK, Costs, Customer, Outcome, Segment, Setup
from night_real import Lines
from night_sim import Night
from page import Found, Table
from rich.console import Console

from veerpont.model.flows import Flow
from veerpont.pipeline.plan import LATEST_START

SEED = 21
CLASSES = {50: 0.60, 250: 0.24, 1_000: 0.11, 5_000: 0.04, 20_000: 0.01}
"""People → share of the customers."""
LOKET = 0.05
PAYROLL = 0.05
SHARING = 0.10
AWAY = 0.30
WINDOW = (20 * 60.0, 70 * 60.0)
CALL = 0.1
PAGE = 1 / 1_000
"""Seconds of a call, and of each row in it (docs/reference/afas.md, 6.1: a page of 1,000 rows takes about a second)."""
TAKE = {Flow.EMPLOYEES: 2_941}
ROWS_EACH = 1.12
UPLOAD = 1.0
"""Seconds that a portal outside takes for a delivery: the connection, the file, the second look."""
POOLS = Path(__file__).resolve().parents[1] / "dags" / "pools.json"


def customers(count: int, seed: int = SEED) -> list[Customer]:
    """Return the customers of a provider, small and large ones mixed."""
    rng = random.Random(seed)
    found: list[Customer] = []
    shared: list[str] = []
    for number in range(count):
        people = rng.choices(list(CLASSES), list(CLASSES.values()))[0]
        name = f"klant_{number:04}"
        if rng.random() < LOKET:
            flows = (*FLOWS, Flow.HOURS) if rng.random() < 0.5 else FLOWS
            found.append(Customer(name, people, None, flows=flows))
            continue
        if rng.random() < SHARING:
            if not shared:
                shared = [f"9{number:04}"] * rng.randint(2, 5)
            member = shared.pop()
        else:
            member = f"1{number:04}"
        flows = (*FLOWS, Flow.PAYROLL) if rng.random() < PAYROLL else FLOWS
        away = random.Random(f"{seed} {member}").random() < AWAY
        found.append(Customer(name, people, member, WINDOW if away else None, flows))
    return found


FLOWS = (Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES, Flow.ACCOUNTS)
AS = {Flow.HOURS: Flow.EMPLOYERS, Flow.PAYROLL: Flow.EMPLOYEES}
"""Flows that few have, and whose costs are taken for theirs."""


def work(lines: Lines, call: float = CALL, page: float = PAGE, upload: float = UPLOAD) -> Callable[..., list[Segment]]:
    """Return what a step of a customer does, from what was measured and what the outside world takes."""

    def segments(customer: Customer, flow: Flow, step: str) -> list[Segment]:
        line = lines[AS.get(flow, flow), step]
        cpu, wait = (line[name][0] + line[name][1] * customer.people for name in ("cpu", "wait"))
        outside: list[Segment] = []
        if step == "extract":
            rows = customer.people * ROWS_EACH if AS.get(flow, flow) is Flow.EMPLOYEES else 60
            take = TAKE.get(flow, 10_000) if customer.member else 250
            pages = [min(take, rows - start) for start in range(0, max(1, int(rows)), take)]
            outside = [("call", call)] * 3 + [("call", call + page * each) for each in (*pages, 1)]
        elif step == "load":
            outside = [("wait", upload)]
        return [*outside, ("cpu", cpu), ("wait", wait)]

    return segments


def once(lines: Lines, less: float) -> Callable[[Flow, str], float]:
    """Return what a step takes beside its customers. less: CPU seconds of it that are counted elsewhere."""
    return lambda flow, step: max(0.0, lines[AS.get(flow, flow), step]["once"][0] - less)


def setups() -> list[Setup]:
    """Return the machines and settings that are compared: what is shipped, and the same without batches.

    Ten workers have four cores each, and the scheduler its own machine.
    """
    shipped = night_real.pools(POOLS)
    here = Setup("this machine, 8 slots, as shipped", cores=os.cpu_count() or 2, pools=shipped)
    ten = Setup("ten workers of 8 slots, as shipped", workers=10, cores=4, alone=True, pools=shipped)
    alone = {"above": 1_000_000}
    return [
        here,
        replace(here, name="this machine, each customer alone", **alone),
        ten,
        replace(ten, name="ten workers, each customer alone", **alone),
    ]


def bench(console: Console, home: Path, count: int) -> Found:
    """Measure, play the night in every set-up, and hold the model against a real wave."""
    (home / "steps").mkdir()
    (home / "wave").mkdir()
    lines = night_real.by_step(night_real.steps(console, home / "steps"))
    (home / "opened").mkdir()
    one, all_ = night_real.opened(console, home / "opened", count)
    starts, wave = night_real.real(console, home / "wave", night_real.WAVE, night_real.SLOTS, night_real.WAVE_LASTS)
    # opening a job is part of each step that was measured, and all that a task does that has to wait
    start = starts.task + starts.server
    costs = Costs(start + all_, starts.loop, starts.look, work(lines), once(lines, one))
    everybody = customers(count)
    nights = {}
    for setup in setups():
        nights[setup.name] = Night(everybody, setup, costs).run()
        console.print(f"{setup.name}: the last is done at {clock(nights[setup.name].done, everybody)}")
    tables = [
        fed(lines, starts, (one, all_), count),
        ends(everybody, nights),
        classes(everybody, nights),
        fairness(everybody, nights),
        validation(wave, replace(costs, start=start + one, work=work(lines, 0, 0, 0))),
    ]
    kept = {name: percentiles(night.done, count) for name, night in nights.items()}
    return Found(tables, {"done": kept, "count": count, "starts": asdict(starts)})


def percentiles(done: dict[str, float], count: int) -> list[int]:
    """Return the seconds after which the first, and each further hundredth of the customers, were done."""
    moments = sorted(round(moment) for moment in done.values())
    places = (max(0, count * part // 100 - 1) for part in range(101))
    return [moments[place] for place in places if place < len(moments)]


def fed(lines: Lines, starts: night_real.Starts, opening: tuple[float, float], count: int) -> Table:
    """Return what was measured and goes into the simulation."""
    steps = {people: sum(at["cpu"][0] + at["cpu"][1] * people for at in lines.values()) for people in CLASSES}
    processes = sum(at["once"][0] for at in lines.values())
    shown = Table("What the simulation is fed with", ["measured in this run", "CPU seconds"])
    shown.rows += [
        ["a task of Airflow that does nothing, with its share of the api-server", f"{starts.task + starts.server:.2f}"],
        ["opening a job, one integration file", f"{opening[0]:.2f}"],
        [f"opening a job, {count:,} integration files", f"{opening[1]:.2f}"],
        ["a loop of the scheduler that looks at nothing", f"{starts.loop:.2f}"],
        ["each task instance that it looks at, with the database", f"{starts.look:.4f}"],
        ["the twelve steps beside their customers: what a process loads and opens", f"{processes:.1f}"],
        *[[f"the twelve steps of a customer of {people:,}", f"{cpu:.2f}"] for people, cpu in steps.items()],
    ]
    shown.note = (
        f"Not measured but taken from the sheets: {CALL} s for a call to AFAS and {PAGE * 1_000:.0f} s for each 1,000 "
        f"rows in it, {UPLOAD:.0f} s for a portal to take a delivery."
    )
    return shown


def clock(done: dict[str, float] | float, everybody: list[Customer] | None = None) -> str:
    """Return a moment of the night as a time of day; of all customers the last, when all are done."""
    if isinstance(done, dict):
        if everybody and len(done) < len(everybody):
            return f"never ({len(everybody) - len(done)} are left)"
        done = max(done.values())
    hours, minutes = divmod(round(TICK.hour * 60 + done / 60), 60)
    return f"{hours % 24:02}:{minutes:02}" + (" next day" if hours >= 48 else "")


def ends(everybody: list[Customer], nights: dict[str, Outcome]) -> Table:
    """Return when how many are done."""
    shown = Table(
        f"When {len(everybody):,} customers are done ({sum(one.people for one in everybody):,} people)",
        ["set-up", "half", "90 %", "99 %", "last", "task starts", "of them only waits", "loop of the scheduler, s"],
    )
    for name, night in nights.items():
        moments = sorted(night.done.values()) or [36 * 3600.0]
        at = [clock(moments[min(len(moments) - 1, int(len(everybody) * part))]) for part in (0.5, 0.9, 0.99)]
        loop = statistics.mean(night.loops)
        waits = night.starts["waits"]
        shown.rows.append([
            name,
            *at,
            clock(night.done, everybody),
            f"{night.starts['all']:,}",
            f"{waits:,}",
            f"{loop:.1f}",
        ])
    broken = {name: out_of_order(everybody, night) for name, night in nights.items()}
    said = [f"{count:,} in *{name}*" for name, count in broken.items() if count]
    shown.note = (
        f"At {LATEST_START:%H:%M} every flow may start, whatever came before it. Flows that began before the one they "
        f"wait for had ended: {'; '.join(said) or 'none in any set-up'}."
    )
    return shown


def out_of_order(everybody: list[Customer], night: Outcome) -> int:
    """Count the flows that began before the flow before them had ended."""
    return sum(
        night.began[one.name, flow] < night.ended.get((one.name, before), float("inf"))
        for one in everybody
        for before, flow in pairwise(one.flows)
        if (one.name, flow) in night.began
    )


def classes(everybody: list[Customer], nights: dict[str, Outcome]) -> Table:
    """Return when the last of each size is done."""
    shown = Table("The last of each size, by people (how many)", ["set-up"])
    sizes = {size: [one.name for one in everybody if one.people == size] for size in CLASSES}
    shown.columns += [f"{size:,} ({len(names)})" for size, names in sizes.items()]
    for name, night in nights.items():
        last = [max((night.done.get(one, float("inf")) for one in names), default=0.0) for names in sizes.values()]
        shown.rows.append([name, *["never" if moment == float("inf") else clock(moment) for moment in last]])
    return shown


def fairness(everybody: list[Customer], nights: dict[str, Outcome]) -> Table:
    """Return how long small and large customers take, those whose AFAS was there all night."""
    shown = Table(
        "Who waits for whom: minutes until done, of customers whose AFAS was never away",
        ["set-up", "small, median", "small, longest", "large, median", "large, longest"],
    )
    groups = [
        [one.name for one in everybody if not one.away and one.people <= 250],
        [one.name for one in everybody if not one.away and one.people >= 5_000],
    ]
    for name, night in nights.items():
        cells = []
        for group in groups:
            minutes = [night.done[one] / 60 for one in group if one in night.done] or [0.0]
            cells += [f"{statistics.median(minutes):.0f}", f"{max(minutes):.0f}"]
        shown.rows.append([name, *cells])
    shown.note = "Small: 250 people or less; large: 5,000 or more. Nobody starves where both columns end alike."
    return shown


def validation(wave: night_real.Wave, costs: Costs) -> Table:
    """Return the end of the real wave beside that of the simulated one."""
    few = [Customer(name, people, str(number)) for number, (name, people) in enumerate(night_real.WAVE.items())]
    setup = replace(setups()[0], name="the wave", slots=wave.slots)
    night = Night(few, setup, costs, wave.planned).run()
    shown = Table(
        f"The model against a real wave: {len(few)} customers through Airflow on this machine, {wave.slots} slots",
        ["", "half done, s", "last done, s", "customers done", "task starts"],
    )
    for name, done, starts in (("real", wave.done, wave.starts), ("simulated", night.done, night.starts["all"])):
        moments = sorted(done.values()) or [0.0]
        half, last = moments[(len(moments) - 1) // 2], moments[-1]
        shown.rows.append([name, f"{half:.0f}", f"{last:.0f}", f"{len(done)}", f"{starts:,}"])
    real, ours = max(wave.done.values(), default=0.0), max(night.done.values(), default=0.0)
    if len(wave.done) < len(few) or not real:
        shown.note = f"The real wave was stopped after {night_real.WAVE_LASTS:.0f} s, before it ended."
    else:
        shown.note = f"The simulated end is {(ours - real) / real:+.0%} off the real one."
    return shown


def plot(found: Found) -> None:
    """Draw how many customers are done over the night."""
    from plots import COLOURS, figure

    count = found.kept["count"]
    with figure("benchmarks-night.svg", height=4.0) as axes:
        axes.axvspan(*[21 + moment / 3600 for moment in WINDOW], color="#f0e3c0", zorder=0)
        axes.text(21 + WINDOW[0] / 3600, count * 1.02, "AFAS maintenance, 3 in 10", fontsize=7.5, va="bottom")
        latest = LATEST_START.hour + LATEST_START.minute / 60
        axes.axvline(latest, color=COLOURS[5], linestyle=":", linewidth=1)
        axes.text(latest, count * 1.02, f"{LATEST_START:%H:%M}", fontsize=7.5, va="bottom")
        for at, (name, moments) in enumerate(found.kept["done"].items()):
            hours = [21 + moment / 3600 for moment in moments]
            axes.plot(hours, [part * count / 100 for part in range(len(hours))], color=COLOURS[at], label=name)
        ticks = range(21, round(max(21 + done[-1] / 3600 for done in found.kept["done"].values() if done)) + 2)
        axes.set_xticks(ticks, [f"{hour % 24:02}" for hour in ticks])
        axes.set_xlabel("hour of the night")
        axes.set_ylabel("customers done")
        axes.set_ylim(0, count * 1.08)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=7.5)
