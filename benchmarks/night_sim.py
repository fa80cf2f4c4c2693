"""One night of many customers, event by event: Airflow's scheduler, its workers, AFAS and our own rules.

What is ours is called, not copied: who is in which batch, who may start and when to look again (`order.turnout`), how
those who are late are batched again, how long a lease is waited for and when a run comes back, the pools. What is
Airflow's is written down here as its 3.3 does it: a scheduler loop looks at every task instance that is not scheduled
yet, then queues some of them by weight and map index, within slots, pools and what a run may have at a time.
"""

import heapq
import inspect
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from night_model import POOLS, STEPS, TICK, Costs, Customer, Outcome, Segment, Setup, Task, seconds_after

from veerpont.model.flows import NIGHTLY, Flow
from veerpont.pipeline import batches, crossing, late, order
from veerpont.store import leases
from veerpont.store.in_hand import Done

LEASE_WAIT: timedelta = inspect.signature(leases.lease).parameters["wait"].default
IDLE = 1.0


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
        self._done: dict[tuple[str, Flow], str] = {}
        """The last step that was done of whom, and until when who is late, and for what."""
        self._late: dict[tuple[str, Flow], tuple[float, str]] = {}
        self._crossing: Counter[Flow] = Counter()
        self._held_by_batch: set[tuple[str, Flow]] = set()
        self._everybody = customers
        for customer in customers:
            self._left[customer.name] = len(customer.flows)
        for flow in NIGHTLY:
            mine = [one for one in customers if flow in one.flows]
            for index, members in enumerate(self._instances(customers, mine)):
                self._crossing[flow] += 1
                below: Task | None = None
                for step in reversed(STEPS):
                    begins = (planned or {}).get(flow, 0.0) if step == "extract" else None
                    below = Task(members, flow, step, index, begins, below)
                    self.unready.add(below)

    def _instances(self, everybody: list[Customer], mine: list[Customer]) -> list[list[Customer]]:
        if len(mine) <= self.setup.above:
            return [[one] for one in mine]
        people = {one.name: one.people for one in everybody}
        numbers = batches.placed(people, people, {one.name: one.member or one.name for one in everybody}, {})
        together: defaultdict[int, list[Customer]] = defaultdict(list)
        for one in mine:
            together[numbers[one.name]].append(one)
        return [together[number] for number in sorted(together)]

    def run(self, until: float = 36 * 3600) -> Outcome:
        """Play the night; stops when all are done, or at `until`."""
        with (
            patch.object(order.runs, "standing_since", self._standing),
            patch.object(order.in_hand, "since", self._in_hand),
        ):
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
            weight = -list(POOLS).index(task.step)  # the smaller goes first: what is ahead
            pool = POOLS[task.step]
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
        if task.step == "left":
            self._batch_again(task, leave)
            return
        single = len(task.customers) == 1 and task.step in STEPS
        if task.step == "extract":
            again = self._hold(task, single)
            if again is not None:
                self.out.starts["waits"] += 1
                self._come_back(task, leave, again)
                return
        due = [one for one in task.customers if self._is_due(one, task)]
        if task.step == "late":
            self._wait_for_others(due, task.flow, True)
            due = [one for one in due if (one.name, task.flow) not in self._late]
            if not due:
                self.out.starts["waits"] += 1
        steps = [task.step] if task.step in STEPS else list(STEPS)
        self._next_step(worker, task, steps, due, leave)

    def _is_due(self, one: Customer, task: Task) -> bool:
        key = (one.name, task.flow)
        if task.step == "late":
            if key in self._late and self._late[key][0] <= self.clock:
                del self._late[key]
            return key not in self.out.ended and key not in self._late
        before = {"extract": None, "transform": "extract", "load": "transform"}[task.step]
        return self._done.get(key) == before and key not in self._late

    def _hold(self, task: Task, single: bool) -> float | None:
        """As `Crossing.hold`: when to come back, where the batch waits for the flow before."""
        if not single:
            self._held_by_batch |= {(one.name, task.flow) for one in task.customers}
        found = self._turnout(task.customers, task.flow)
        if single:
            free = found.ready or found.ended
            return None if free else seconds_after(order.again(TICK, self._moment()))
        if found.wait_together(timedelta(seconds=self.clock)):
            return seconds_after(found.again(TICK, self._moment()))
        self._wait_for_others(task.customers, task.flow, False)
        return None

    def _turnout(self, customers: list[Customer], flow: Flow) -> order.Turnout:
        ledger: Any = SimpleNamespace(session=nullcontext)
        names: Any = {one.name: one for one in customers}
        return order.turnout(ledger, flow, names, TICK, self._moment())

    def _wait_for_others(self, customers: list[Customer], flow: Flow, all_: bool) -> None:
        fresh = [one for one in customers if (one.name, flow) not in self._done]
        found = self._turnout(fresh, flow)
        more = [*found.unknown, *(found.busy if all_ else [])]
        late_ = found.late | dict.fromkeys(more, order.again(TICK, self._moment()))
        for name, moment in late_.items():
            self._late[name, flow] = (seconds_after(moment), "the previous flow")

    def _next_step(
        self, worker: int, task: Task, steps: list[str], due: list[Customer], leave: Callable[[], None]
    ) -> None:
        """Do the steps one after the other for those of whom it is the turn, several at a time where it is reading."""
        if not steps:
            self._end(task, leave)
            return
        step, *rest = steps
        mine = [one for one in due if (one.name, task.flow) not in self._late]
        if task.step == "late":
            at = {"extract": None, "transform": "extract", "load": "transform"}[step]
            mine = [one for one in mine if self._done.get((one.name, task.flow)) == at]
        after = partial(self._next_step, worker, task, rest, due, leave)
        if not mine:
            after()
            return
        todo = deque(mine)
        wide = min(crossing.AT_ONCE, len(mine)) if step == "extract" else 1
        task.lanes = wide

        def more() -> None:
            if todo:
                one = todo.popleft()
                if step == "extract":
                    self.out.began.setdefault((one.name, task.flow), self.clock)
                segments = iter(self.costs.work(one, task.flow, step))
                self._go_on(worker, task, one, step, segments, more)
                return
            task.lanes -= 1
            if not task.lanes:
                after()

        self._compute(worker, task, self.costs.once(task.flow, step), lambda: [more() for _ in range(wide)])

    def _go_on(
        self, worker: int, task: Task, one: Customer, step: str, segments: Iterator[Segment], more: Callable[[], None]
    ) -> None:
        kind, seconds = next(segments, ("end", 0.0))
        onward = partial(self._go_on, worker, task, one, step, segments, more)
        if kind == "cpu":
            self._compute(worker, task, seconds, onward)
        elif kind == "wait" or (kind == "call" and one.member is None):
            self._at(self.clock + seconds, onward)
        elif kind == "call":
            self._call(task, one, seconds, onward, more, self.clock + LEASE_WAIT.total_seconds(), 0.05)
        else:
            key = (one.name, task.flow)
            self._done[key] = step
            if step == "load":
                self._has_crossed(key)
            more()

    def _compute(self, worker: int, task: Task, seconds: float, then: Callable[[], None]) -> None:
        """Do so many seconds of CPU; those of one process follow each other."""
        if task.computing:
            task.waiting.append((seconds, then))
            return

        def computed() -> None:
            task.computing = False
            if task.waiting:
                self._compute(worker, task, *task.waiting.popleft())
            then()

        task.computing = True
        self._work(worker, task, seconds, computed)

    def _call(
        self,
        task: Task,
        one: Customer,
        seconds: float,
        onward: Callable[[], None],
        more: Callable[[], None],
        latest: float,
        pause: float,
    ) -> None:
        """Wait for the lease of the member number, as `lease` does, then call; AFAS may be away."""
        member, away = one.member or "", one.away
        if member in self._held:
            if self.clock >= latest:
                self._late[one.name, task.flow] = (self.clock + leases.COME_BACK.total_seconds(), "the lease")
                more()
                return
            again = min(pause * 1.5, 2.0)
            self._at(self.clock + pause, lambda: self._call(task, one, seconds, onward, more, latest, again))
            return
        if away and away[0] <= self.clock < away[1]:  # 503 with retry_after
            self._late[one.name, task.flow] = (away[1], "extract")
            more()
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
        keys = [(one.name, task.flow) for one in task.customers]
        waits = [self._late[key][0] for key in keys if key in self._late]
        alone = len(task.customers) == 1 and task.step in STEPS
        if waits and (task.step == "late" or alone):
            for key in keys if alone else []:
                del self._late[key]
            self._come_back(task, leave, min(waits))
            return
        leave()
        if task.after:
            task.after.ready_at = self.clock
        elif task.step in STEPS:
            self._crossing[task.flow] -= 1
            if not self._crossing[task.flow]:
                self.unready.add(Task([], task.flow, "left", 0, self.clock))

    def _batch_again(self, task: Task, leave: Callable[[], None]) -> None:
        leave()
        mine = {name: found for (name, flow), found in self._late.items() if flow is task.flow}
        groups = late.grouped({name: (TICK + timedelta(seconds=moment), away) for name, (moment, away) in mine.items()})
        known = {one.name: one for one in self._everybody}
        for index, names in enumerate(groups):
            self.unready.add(Task([known[name] for name in names], task.flow, "late", index, self.clock))

    def _has_crossed(self, key: tuple[str, Flow]) -> None:
        name = key[0]
        self.out.ended[key] = self.clock
        self._left[name] -= 1
        if not self._left[name]:
            del self._left[name]
            self.out.done[name] = self.clock

    # -- what the ledger would say -------------------------------------------------------------------------------------

    def _moment(self) -> datetime:
        return TICK + timedelta(seconds=self.clock)

    def _standing(self, _: object, names: Collection[str], flow: Flow, __: datetime) -> dict[str, bool]:
        return {
            name: (name, flow) in self.out.ended
            for name in names
            if (name, flow) in self.out.ended or (name, flow) in self.out.began
        }

    def _in_hand(self, _: object, names: Collection[str], flow: Flow, __: datetime) -> dict[str, Any]:
        found = {}
        for name in names:
            key = (name, flow)
            if key in self._late:
                retry_at = TICK + timedelta(seconds=self._late[key][0])
                found[name] = SimpleNamespace(step=Done.NOTHING, retry_at=retry_at)
            elif key in self._held_by_batch:
                step = Done.ENDED if key in self.out.ended else Done(self._done.get(key, Done.NOTHING))
                found[name] = SimpleNamespace(step=step, retry_at=None)
        return found

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
