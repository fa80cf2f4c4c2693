"""DAG files: what loading each costs beside importing Airflow itself."""

import statistics
import subprocess
import sys
from pathlib import Path

from page import Found, Table
from rich.console import Console

FOLDER = Path(__file__).resolve().parents[1] / "dags"
TIMES = 3
CODE = """
import importlib.util, json, sys, time
sys.path.insert(0, sys.argv[2])
started = time.perf_counter()
import airflow.sdk  # also tells of our provider
from airflow.sdk import dag, task, task_group, Param, CronTriggerTimetable, MultipleCronTriggerTimetable
imported = time.perf_counter()
spec = importlib.util.spec_from_file_location("loaded", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
ours = sum(name.startswith("veerpont.") and name != "veerpont.airflow.provider" for name in sys.modules)
print(json.dumps([imported - started, time.perf_counter() - imported, ours]))
"""


def bench(console: Console, home: Path) -> Found:
    """Load every file a few times, each time in a fresh process."""
    import json

    shown = Table("Loading a DAG file", ["file", "milliseconds beside Airflow", "modules of ours"])
    airflow, total, loaded = [], 0.0, 0
    for path in sorted(FOLDER.glob("*.py")):
        found = []
        for _ in range(TIMES):
            done = subprocess.run(
                [sys.executable, "-c", CODE, path, FOLDER], cwd=home, capture_output=True, text=True, check=True
            )
            found.append(json.loads(done.stdout.splitlines()[-1]))
        airflow += [one[0] for one in found]
        seconds = statistics.median(one[1] for one in found)
        total, loaded = total + seconds, loaded + found[0][2]
        shown.rows.append([f"`{path.name}`", f"{seconds * 1_000:.1f}", f"{found[0][2]}"])
    shown.rows.append(["all of them", f"{total * 1_000:.1f}", f"{loaded}"])
    shown.note = (
        f"Importing Airflow's task SDK takes {statistics.median(airflow) * 1_000:,.0f} ms in the same processes."
    )
    console.print(shown.note)
    return Found([shown])
