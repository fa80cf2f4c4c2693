"""Airflow's scheduler, which notes of each loop how long it took and at how many task instances it looked."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its modules are called as some of the DAG files are


def main() -> None:
    """Be `airflow scheduler`."""
    from airflow.__main__ import main as airflow
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.dagrun import DagRun

    schedule, look = SchedulerJobRunner._do_scheduling, DagRun._get_ready_tis
    looked = 0

    def counted(run: Any, waiting: Any, *rest: Any, **more: Any) -> Any:
        nonlocal looked
        looked += len(waiting)
        return look(run, waiting, *rest, **more)

    def timed(runner: Any, *rest: Any, **more: Any) -> Any:
        nonlocal looked
        looked, started = 0, time.perf_counter()
        queued = schedule(runner, *rest, **more)
        line = json.dumps([time.time(), time.perf_counter() - started, looked, queued])
        with Path(os.environ["BENCH_LOOPS"]).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        return queued

    SchedulerJobRunner._do_scheduling, DagRun._get_ready_tis = timed, counted
    sys.argv = ["airflow", "scheduler"]
    airflow()


if __name__ == "__main__":
    main()
