"""`make bench`: what our way costs, next to a plain loop over the same rows from the same server in one run.

Parts: employees (100,000 people to a file), absence (100,000 lines; and an hour with few changes), iban (a round over
100 integrations in which nothing changed). `make bench PART=iban` runs one of them.
"""

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

import harness
from rich.console import Console

PARTS = ("employees", "absence", "iban")


def main() -> int:
    """Run the benchmark, or one step of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them when left out")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--integrations", type=int, default=100)
    parser.add_argument("--people-each", type=int, default=1_000)
    parser.add_argument("--step", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return step(*options.step)
    if wrong := set(options.parts) - set(PARTS):
        parser.error(f"There is no part {', '.join(sorted(wrong))}.")
    sizes = {
        "employees": [options.people],
        "absence": [options.lines],
        "iban": [options.integrations, options.people_each],
    }
    console = Console()
    tables = []
    for part in options.parts or PARTS:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="veerpont-bench-") as folder:
            tables.append(importlib.import_module(part).bench(console, Path(folder), *sizes[part]))
        console.print(f"{part}: {time.perf_counter() - started:.0f} s")
    for table in tables:
        console.print(table)
    return 0


def step(name: str, *words: str) -> int:
    """Do one step in this process and print what it took. Its name: a function of the harness, or of a part."""
    if name == "serve":
        return harness.serve(Path(words[0]), words[1])
    if not name.endswith(".plain"):
        import airflow.sdk  # noqa: F401 -- a task process has it loaded: it counts as memory, not as time
    if name == "cross":
        return harness.report(harness.cross, *words)
    part, _, work = name.partition(".")
    return harness.report(getattr(importlib.import_module(part), work), *words)


if __name__ == "__main__":
    sys.exit(main())
