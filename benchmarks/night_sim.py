"""One night of many customers, event by event: Airflow's scheduler, its workers, AFAS and our own rules.

What is ours is called, not copied: `may_start`, the order of the flows, how long a lease is waited for and when a run
comes back, the pools. What is Airflow's is written down here as its 3.3 does it: a scheduler loop looks at every task
instance that is not scheduled yet, then queues at most 16 by weight and map index, within slots, pools and 16 of a run.
"""

import heapq
import inspect
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from veerpont.model.flows import NIGHTLY, Flow
from veerpont.pipeline import plan
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import leases

TICK = datetime(2026, 11, 23, 21, tzinfo=AMSTERDAM)
LEASE_WAIT: timedelta = inspect.signature(leases.lease).parameters["wait"].default
POKE = 60.0
"""Seconds between two looks of an extract that waits for the flow before it (airflow/flow_dag.py)."""
STEPS = {"extract": "sources", "transform": "default", "load": "portals"}
TIS_PER_LOOP = 16
ACTIVE_PER_RUN = 16
IDLE = 1.0
Segment = tuple[str, float]
"""("cpu" | "call" | "wait", seconds)."""


@dataclass(frozen=True)
class Customer:
    """`member`: AFAS's number, which others may share; None for Loket. `away`: seconds after 21:00, from and to."""

    name: str
    people: int
    member: str | None
    away: tuple[float, float] | None = None
    flows: tuple[Flow, ...] = NIGHTLY[:4]

    def portals_for(self, flow: Flow) -> bool:
        """Whether it has this flow, as `may_start` asks."""
        return flow in self.flows


@dataclass(frozen=True)
class Setup:
    """Machines and settings. `merged`: one task for each integration and flow instead of three.

    `alone`: the scheduler has a machine of its own; otherwise a loop takes one of the cores. `per_loop`: how many tasks
    a loop queues at most (Airflow's `max_tis_per_query`), `active_per_run`: how many of a DAG run at a time.
    """

    name: str
    workers: int = 1
    slots: int = 8
    cores: float = 2
    alone: bool = False
    pools: dict[str, int] = field(default_factory=dict)
    poke: float = POKE
    merged: bool = False
    per_loop: int = TIS_PER_LOOP
    active_per_run: int = ACTIVE_PER_RUN


@dataclass(frozen=True)
class Costs:
    """Seconds. `start`: CPU that a task costs before its work begins. `loop`, `look`: of the scheduler, per loop and
    per instance that it looks at. `work`: (customer, flow, step) → what the step does."""

    start: float
    loop: float
    look: float
    work: Callable[[Customer, Flow, str], list[Segment]]


@dataclass(eq=False)
class Task:
    """A task instance. `ready_at`: before it the scheduler leaves it; None: its upstream has not ended."""

    customer: Customer
    flow: Flow
    step: str
    index: int
    ready_at: float | None
    after: "Task | None" = None


@dataclass
class Outcome:
    """What a night came to. `done`: customer → seconds after 21:00. `calls`: (member, from, to)."""

    done: dict[str, float]
    ended: dict[tuple[str, Flow], float]
    began: dict[tuple[str, Flow], float]
    calls: list[tuple[str, float, float]]
    starts: Counter[str]
    loops: list[float]


class Night:
    """The simulation; `run` plays it to its end. `planned`: flow → seconds after which its plan has ended."""

    def __init__(
        self, customers: list[Customer], setup: Setup, costs: Costs, planned: Mapping[Flow, float] | None = None
    ) -> None:
        self.setup, self.costs = setup, costs
        self.clock = 0.0
        self.free = [setup.slots] * setup.workers
        self.pools = {"default": 128, **setup.pools}
        self.active: Counter[Flow] = Counter()
        self.out = Outcome({}, {}, {}, [], Counter(), [])
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._cpu: list[dict[Task, tuple[float, Callable[[], None]]]] = [{} for _ in range(setup.workers)]
        self._moved = [0.0] * setup.workers
        self._turn = [0] * setup.workers
        self._held: set[str] = set()
        self._queues: defaultdict[tuple[Flow, str], list[tuple[int, int, Task]]] = defaultdict(list)
        self.unready: set[Task] = set()
        self._left: Counter[str] = Counter()
        self._looping = False
        for index, customer in enumerate(customers):
            self._left[customer.name] = len(customer.flows)
            for flow in customer.flows:
                steps = ["cross"] if setup.merged else list(STEPS)
                below: Task | None = None
                begins = (planned or {}).get(flow, 0.0)
                for step in reversed(steps):
                    below = Task(customer, flow, step, index, begins if step == steps[0] else None, below)
                    self.unready.add(below)

    def run(self, until: float = 36 * 3600) -> Outcome:
        """Play the night; stops when all are done, or at `until`."""
        with patch.object(plan.runs, "ended_since", self._ended):
            self._at(0.0, self._loop)
            while self._events and self.clock < until and self._left:
                self.clock, _, event = heapq.heappop(self._events)
                event()
        return self.out

    # -- the scheduler -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        looked = len(self.unready)
        for task in [task for task in self.unready if task.ready_at is not None and task.ready_at <= self.clock]:
            self.unready.discard(task)
            weight = -list(STEPS).index(task.step) if task.step in STEPS else 0  # the smaller goes first: loads
            pool = STEPS.get(task.step, "sources")
            heapq.heappush(self._queues[task.flow, pool], (weight, task.index, task))
        self._take_core(True)
        took = self.costs.loop + self.costs.look * looked
        self.out.loops.append(took)
        self._at(self.clock + took, self._queue)

    def _queue(self) -> None:
        chosen = 0
        while chosen < self.setup.per_loop and any(self.free):
            open_ = [
                (queue[0][:2], NIGHTLY.index(flow), flow, pool)
                for (flow, pool), queue in self._queues.items()
                if queue and self.pools[pool] > 0 and self.active[flow] < self.setup.active_per_run
            ]
            if not open_:
                break
            _, _, flow, pool = min(open_)
            self._start(heapq.heappop(self._queues[flow, pool])[2], pool)
            chosen += 1
        if not chosen:
            self._take_core(False)
        self._at(self.clock + (0.0 if chosen else IDLE), self._loop)

    def _take_core(self, looping: bool) -> None:
        if looping is not self._looping and not self.setup.alone:
            self._pass(0)
            self._looping = looping
            self._next(0)

    # -- a worker ------------------------------------------------------------------------------------------------------

    def _start(self, task: Task, pool: str) -> None:
        worker = max(range(len(self.free)), key=self.free.__getitem__)
        self.free[worker] -= 1
        self.pools[pool] -= 1
        self.active[task.flow] += 1
        self.out.starts["all"] += 1

        def leave() -> None:
            self.free[worker] += 1
            self.pools[pool] += 1
            self.active[task.flow] -= 1

        self._work(worker, task, self.costs.start, lambda: self._begin(worker, task, leave))

    def _begin(self, worker: int, task: Task, leave: Callable[[], None]) -> None:
        key = (task.customer.name, task.flow)
        if task.step in {"extract", "cross"}:
            job: Any = SimpleNamespace(
                integration=task.customer,
                flow=task.flow,
                name=task.customer.name,
                ledger=SimpleNamespace(session=nullcontext),
            )
            if not plan.may_start(job, TICK, TICK + timedelta(seconds=self.clock)):
                self.out.starts["waits"] += 1
                self._come_back(task, leave, self.clock + self.setup.poke)
                return
            self.out.began.setdefault(key, self.clock)
        steps = list(STEPS) if task.step == "cross" else [task.step]
        segments = [part for step in steps for part in self.costs.work(task.customer, task.flow, step)]
        self._go_on(worker, task, iter(segments), leave)

    def _go_on(self, worker: int, task: Task, segments: Iterator[Segment], leave: Callable[[], None]) -> None:
        kind, seconds = next(segments, ("end", 0.0))
        onward = partial(self._go_on, worker, task, segments, leave)
        if kind == "cpu":
            self._work(worker, task, seconds, onward)
        elif kind == "wait" or (kind == "call" and task.customer.member is None):
            self._at(self.clock + seconds, onward)
        elif kind == "call":
            self._call(task, seconds, onward, leave, self.clock + LEASE_WAIT.total_seconds(), 0.05)
        else:
            self._end(task, leave)

    def _call(
        self,
        task: Task,
        seconds: float,
        onward: Callable[[], None],
        leave: Callable[[], None],
        latest: float,
        pause: float,
    ) -> None:
        """Wait for the lease of the member number, as `lease` does, then call; AFAS may be away."""
        member, away = task.customer.member or "", task.customer.away
        if member in self._held:
            if self.clock >= latest:
                self._come_back(task, leave, self.clock + leases.COME_BACK.total_seconds())
                return
            again = min(pause * 1.5, 2.0)
            self._at(self.clock + pause, lambda: self._call(task, seconds, onward, leave, latest, again))
            return
        if away and away[0] <= self.clock < away[1]:  # 503 with retry_after: given back, it costs no slot
            self._come_back(task, leave, away[1])
            return
        self._held.add(member)
        self.out.calls.append((member, self.clock, self.clock + seconds))

        def hang_up() -> None:
            self._held.discard(member)
            onward()

        self._at(self.clock + seconds, hang_up)

    def _come_back(self, task: Task, leave: Callable[[], None], moment: float) -> None:
        leave()
        task.ready_at = moment
        self.unready.add(task)

    def _end(self, task: Task, leave: Callable[[], None]) -> None:
        leave()
        if task.after:
            task.after.ready_at = self.clock
            return
        name = task.customer.name
        self.out.ended[name, task.flow] = self.clock
        self._left[name] -= 1
        if not self._left[name]:
            del self._left[name]
            self.out.done[name] = self.clock

    def _ended(self, _: object, name: str, flow: Flow, __: datetime) -> bool:
        return (name, flow) in self.out.ended

    # -- time ----------------------------------------------------------------------------------------------------------

    def _at(self, moment: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, event))

    def _rate(self, worker: int) -> float:
        cores = self.setup.cores - (worker == 0 and self._looping)
        return min(1.0, cores / max(1, len(self._cpu[worker])))

    def _work(self, worker: int, task: Task, seconds: float, then: Callable[[], None]) -> None:
        """Do so many seconds of CPU; whoever computes on one machine shares its cores."""
        self._pass(worker)
        self._cpu[worker][task] = (seconds, then)
        self._next(worker)

    def _pass(self, worker: int) -> None:
        done = (self.clock - self._moved[worker]) * self._rate(worker)
        self._cpu[worker] = {task: (left - done, then) for task, (left, then) in self._cpu[worker].items()}
        self._moved[worker] = self.clock

    def _next(self, worker: int) -> None:
        self._turn[worker] += 1
        if self._cpu[worker]:
            turn = self._turn[worker]
            soonest = max(0.0, min(left for left, _ in self._cpu[worker].values()))
            self._at(self.clock + soonest / self._rate(worker), lambda: self._computed(worker, turn))

    def _computed(self, worker: int, turn: int) -> None:
        if turn != self._turn[worker]:
            return  # somebody came meanwhile: another event stands for this one
        self._pass(worker)
        finished = deque(task for task, (left, _) in self._cpu[worker].items() if left <= 1e-9)
        then = [self._cpu[worker].pop(task)[1] for task in finished]
        self._next(worker)
        for go_on in then:
            go_on()
