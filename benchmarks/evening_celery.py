"""A real evening on two Celery workers, one of which is killed with all that it does: see `evening`."""

from pathlib import Path

import evening
from page import Found
from rich.console import Console

WORKERS = 2


def bench(console: Console, home: Path, count: int) -> Found:
    """Prepare, let the evening pass, and say who was done when."""
    plan = evening.Plan(workers=WORKERS, kill=evening.kill_a_worker)
    result = evening.held(console, home, count, plan)
    title = f"{evening.people(result)}, {WORKERS} Celery workers of {evening.SLOTS // WORKERS} slots"
    return Found([evening.table(title, result, plan, "in a batch of the killed worker")])
