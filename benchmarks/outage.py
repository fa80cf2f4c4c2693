"""A real evening in which AFAS is away for everybody from its beginning: what does waiting cost? See `evening`."""

import statistics
from pathlib import Path

import evening
from night_real import PREPARED
from page import Found, Table
from rich.console import Console

AWAY = 90 * 60
CALM = 10 * 60
"""Seconds after which everybody has been asked once, and all that is left is to wait."""


def bench(console: Console, home: Path, count: int) -> Found:
    """Prepare, let the evening pass, and say what the wait cost and when all were done after it."""
    result = evening.held(console, home, count, evening.Plan(away=AWAY, everybody=True))
    past = result.evening
    began = past.costs[0][0]
    back = began + AWAY
    waiting = [cost for cost in past.costs if began + CALM <= cost[0] <= back]
    times = [done - past.back / 60 for done in evening.minutes(past, result.away, PREPARED)]
    shown = Table(
        f"{evening.people(result)}, away for {AWAY // 60} minutes, {evening.SLOTS} slots of the LocalExecutor",
        ["", "customers", "half of them, minutes after it", "the last, minutes after it"],
    )
    ends = [f"{statistics.median(times):.1f}", f"{times[-1]:.1f}"] if times else ["", ""]
    shown.rows.append(["the four nightly flows", f"{len(times)} of {len(result.away)}", *ends])
    shown.note = (
        f"{past.late} late instances of {past.instances} task instances. The last {(AWAY - CALM) // 60} minutes "
        f"of the wait cost, in CPU seconds: {evening.spent(waiting)}. "
        f"{evening.looped([loop for loop in past.loops if began + CALM <= loop[0] <= back])} In the whole evening: "
        f"{evening.spent(past.costs)}. {evening.looped(past.loops)} Airflow and its tasks took {past.memory:,.0f} "
        "MiB together at most."
    )
    return Found([shown])
