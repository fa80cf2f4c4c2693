"""What a simulated night is made of: customers, machines, what each step costs, and what came of it."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from veerpont.model.flows import NIGHTLY, Flow
from veerpont.rules.dates import AMSTERDAM

TICK = datetime(2026, 11, 23, 21, tzinfo=AMSTERDAM)
STEPS = {"extract": "sources", "transform": "default", "load": "portals"}
POOLS = {**STEPS, "left": "default", "late": "sources"}
ABOVE = 40
"""With more customers than this they cross in batches (`VEERPONT_BATCH_ABOVE`)."""
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
        """Whether it has this flow, as the order of a night asks."""
        return flow in self.flows


@dataclass(frozen=True)
class Setup:
    """Machines and settings. `above`: from how many customers on they cross in batches.

    `alone`: the scheduler has a machine of its own; otherwise a loop takes one of the cores. `per_loop`: how many tasks
    a loop queues at most (Airflow's `max_tis_per_query`), `active_per_run`: how many of a DAG run at a time.
    """

    name: str
    workers: int = 1
    slots: int = 8
    cores: float = 2
    alone: bool = False
    pools: dict[str, int] = field(default_factory=dict)
    above: int = ABOVE
    per_loop: int = 128
    active_per_run: int = 32


@dataclass(frozen=True)
class Costs:
    """Seconds. `start`: CPU that a task costs before its work begins. `once`: (flow, step) → CPU that it costs beside
    its customers. `loop`, `look`: of the scheduler, per loop and per instance that it looks at. `work`: (customer,
    flow, step) → what the step does for one customer."""

    start: float
    loop: float
    look: float
    work: Callable[[Customer, Flow, str], list[Segment]]
    once: Callable[[Flow, str], float] = lambda flow, step: 0.0


@dataclass(eq=False)
class Task:
    """A task instance. `ready_at`: before it the scheduler leaves it; None: its upstream has not ended.

    `lanes`: how many of its customers are at work; `computing`: its process does one thing at a time.
    """

    customers: list[Customer]
    flow: Flow
    step: str
    index: int
    ready_at: float | None
    after: "Task | None" = None
    lanes: int = 0
    computing: bool = False
    waiting: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)


@dataclass
class Outcome:
    """What a night came to. `done`: customer → seconds after 21:00. `calls`: (member, from, to)."""

    done: dict[str, float]
    ended: dict[tuple[str, Flow], float]
    began: dict[tuple[str, Flow], float]
    calls: list[tuple[str, float, float]]
    starts: Counter[str]
    loops: list[float]


def seconds_after(moment: datetime) -> float:
    """Return how long after 21:00 a moment is."""
    return (moment - TICK).total_seconds()
