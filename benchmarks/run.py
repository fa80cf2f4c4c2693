"""`make bench`: what our way costs, next to others over the same rows from the same server in one run.

Without a part all of them run. `make bench PART=iban` runs one, `PART=growth SIZES=1000000` with other sizes. What was
found is printed, kept in benchmarks/results.json and written to docs/benchmarks.md with its plots; not with `--dry`,
which is for trying out small sizes.
"""

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import harness
import page
from rich.console import Console

PARTS: dict[str, tuple[int, ...]] = {
    "employees": (25_000, 100_000),
    "growth": (1_000, 10_000, 100_000),
    "absence": (10_000, 100_000, 1_000_000),
    "iban": (1, 100, 1_000),
    "rejects": (1_000_000,),
    "desk": (20, 1_000),
    "dags": (),
    "night": (1_000,),
    "evening": (200,),
    "evening_celery": (200,),
    "outage": (200,),
}
"""The parts and their sizes: people, people, lines, integrations, rejects, customers, nothing, and customers."""


def main() -> int:
    """Run the benchmarks, or one step of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them when left out")
    parser.add_argument("--sizes", type=int, nargs="*", help="other sizes than the usual ones of a part")
    parser.add_argument("--dry", action="store_true", help="print only: keep and write nothing")
    parser.add_argument("--step", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return step(*options.step)
    if wrong := set(options.parts) - set(PARTS):
        parser.error(f"There is no part {', '.join(sorted(wrong))}.")
    if options.sizes and len(options.parts) != 1:
        parser.error("Sizes are of one part: name it.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever runs beside us is stopped on the way out
    console = Console(width=120)
    for part in options.parts or PARTS:
        started = time.perf_counter()
        sizes = options.sizes or PARTS[part]
        module = importlib.import_module(part)
        with tempfile.TemporaryDirectory(prefix="veerpont-bench-") as folder:
            found: page.Found = module.bench(console, Path(folder), *sizes)
        for table in found.tables:
            console.print(table.shown())
        if not options.dry:
            page.keep(part, found)
            draw: Callable[[page.Found], None] | None = getattr(module, "plot", None)
            if draw:
                draw(found)
            page.write()
        console.print(f"{part}: {time.perf_counter() - started:.0f} s")
    return 0


def step(name: str, *words: str) -> int:
    """Do one step in this process and print what it took. Its name: a function of the harness, or of a part."""
    if name == "serve":
        return harness.serve(Path(words[0]), words[1])
    if name.endswith(".dlt"):
        os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
        importlib.import_module("dlt.sources.rest_api")  # as airflow.sdk for ours: memory, not time
    elif not name.endswith((".plain", ".known", ".rewritten")):
        load_airflow()
    if name == "cross":
        return harness.report(harness.cross, *words)
    part, _, work = name.partition(".")
    return harness.report(getattr(importlib.import_module(part), work), *words)


def load_airflow() -> None:
    """Load what the process of a task has from the scheduler that it was forked from: memory, and not time."""
    importlib.import_module("airflow.sdk")
    importlib.import_module("airflow.models").import_all_models()
    importlib.import_module("sqlalchemy.orm").configure_mappers()


if __name__ == "__main__":
    sys.exit(main())
