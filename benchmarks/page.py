"""What the benchmarks found, kept in `results.json`, and `docs/benchmarks.md` made of it."""

import json
import os
import platform
import textwrap
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table as Shown

DOCS = Path(__file__).resolve().parents[1] / "docs"
RESULTS = Path(__file__).with_name("results.json")
WIDTH = 118


@dataclass
class Table:
    """A table of texts: its first column says what, the others are numbers. `note` stands below it."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""

    def shown(self) -> Shown:
        """Return it for a terminal."""
        shown = Shown(*self.columns, box=box.SIMPLE_HEAD, title=self.title, title_justify="left", caption=self.note)
        for column in shown.columns[1:]:
            column.justify = "right"
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def markdown(self) -> str:
        """Return it for the page."""
        head = [f"| {' | '.join(self.columns)} |", "|---|" + "---:|" * (len(self.columns) - 1)]
        rows = [f"| {' | '.join(cell.strip() for cell in row)} |" for row in self.rows]
        below = ["", fill(self.note)] if self.note else []
        return "\n".join([fill(f"**{self.title}**"), "", *head, *rows, *below, ""])


@dataclass
class Found:
    """What a part of the benchmarks found. `kept`: what it wants to know of this run when it runs again."""

    tables: list[Table]
    kept: dict[str, Any] = field(default_factory=dict)


def fill(text: str) -> str:
    """Break a text into lines of the page."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def machine() -> str:
    """Say what it ran on, as far as it matters for the numbers."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Python {platform.python_version()}"


def known(part: str) -> dict[str, Any]:
    """Return what a part kept the last time."""
    if not RESULTS.exists():
        return {}
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")).get(part, {}).get("kept", {})
    return kept


def keep(part: str, found: Found) -> None:
    """Keep the results of a part in place of its last ones."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[part] = asdict(found) | {"machine": machine()}
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


INTRO = """# Benchmarks

`make bench` measures all of this side by side on your own machine, prints it and writes this page, its plots and
`benchmarks/results.json`; `make bench PART=growth` runs one part, `make bench PART=growth SIZES=1000000` with another
size. Nobody edits the numbers by hand. Everything runs against the sandbox on the same machine: AFAS answers there in
milliseconds, where the real one takes a second for a page, so the ratios are the worst that they can be.
"""

PARTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "employees": (
        "From AFAS to a delivery",
        "All employees of one customer, all of them new. *Plain loop*: download page by page, parse, write csv; no "
        "checks, nothing kept. *dlt*: its REST source with offset paging, to csv files in a folder; its extraction "
        "alone, and the whole with normalising and loading. Ours checks every row, keeps everything encrypted, "
        "compares, asks the guards, and proves the delivery. Each in a process of its own, alternated, medians.",
        (("benchmarks-employees.svg", "Seconds per 10,000 rows: plain loop, ours to csv, json_api and xlsx, dlt"),),
    ),
    "growth": (
        "Growth",
        "One customer of growing size, employees to csv, every step in a process of its own as a task is.",
        (("benchmarks-growth.svg", "Seconds and peak memory of each step over the number of employees"),),
    ),
    "absence": (
        "Absence",
        "One customer of growing size, all of whose lines are in the window, every step in a process of its own: the "
        "first read, the same read again with nothing changed, an hour in which 50 people recovered, and one in which "
        "nobody did. An hour asks for what changed in the last 14 days. What the complete file costs, which is made "
        "and brought across as soon as one line of it changes, stands apart.",
        (("benchmarks-absence.svg", "CPU seconds and peak memory over the number of absence lines"),),
    ),
    "iban": (
        "A tick of five minutes",
        "A round of the flow `iban` in which nothing changed, over as many integrations as shown: the code of the "
        "DAG's first task without Airflow (the other two are skipped), in a process for every hundred. The plain loop "
        "only downloads the same pages and hashes them.",
        (("benchmarks-iban.svg", "Seconds of a round over the number of integrations, with the 300 that it has"),),
    ),
    "rejects": (
        "A desk with a million rejects",
        "Open rejects of 20 customers, a third of them in one group: the second look at each page of the desk, what a "
        "person does with a whole group, and the command line. *At most*: a command seemed to take what the "
        "process took that started it; the list of all was seen to take 240 MiB.",
        (),
    ),
    "desk": (
        "A desk with a thousand customers",
        "Each page of the desk with 20 customers and with 1,000: a hundred open rejects of each in 24 groups, as many "
        "closed, some weeks of runs and deliveries. CPU is that of the desk and of the database together.",
        (),
    ),
    "dags": (
        "Loading the DAG files",
        "What each file costs beside importing Airflow itself, in a fresh process; the median of several.",
        (),
    ),
    "night": (
        "A night at a service provider",
        "A simulation, event by event. Its durations are measured in the same run: what a task costs to start in a "
        "real Airflow (LocalExecutor, PostgreSQL), and what each step costs for each size. Its rules are the product's "
        "own: the order of the flows, the pools, who may start when, how long a wait is. [How it is "
        "built](../benchmarks/night.py) stands at the top of its file.",
        (("benchmarks-night.svg", "Customers done over the night, with the maintenance window"),),
    ),
    "evening": (
        "A real evening",
        "Not simulated: our DAG files with another hour in them, four nightly flows and the hourly one at once, on a "
        "real scheduler with LocalExecutor, PostgreSQL and the sandbox on one machine. Everything has crossed before; "
        "of one customer in twenty something changed, one in twenty is in maintenance for twenty minutes, one has a "
        "token that was revoked, and the process of one load is killed.",
        (),
    ),
    "evening_celery": (
        "A real evening on Celery workers",
        "The same, with two Celery workers, a Redis between them and the scheduler, and the settings of "
        "`docker-compose.yaml`. One of the workers is killed while it loads, with all that it does, and does not "
        "return.",
        (),
    ),
    "outage": (
        "A real evening without AFAS",
        "The same, without other trouble: AFAS is in maintenance for all customers, from before the first run until 90 "
        "minutes later, and says when it will be back.",
        (),
    ),
}


def write() -> None:
    """Write the page."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    blocks = [INTRO]
    for part, (heading, about, plots) in PARTS.items():
        found = results.get(part, {"tables": []})
        said = (
            f"Measured on {found['machine']}." if "machine" in found else f"Not measured yet: `make bench PART={part}`."
        )
        blocks.append(f"## {heading}\n\n{fill(about)}\n\n{fill(said)}\n")
        blocks += [Table(**table).markdown() for table in found["tables"]]
        blocks += [f"![{title}]({name})\n" for name, title in plots if (DOCS / name).exists()]
    (DOCS / "benchmarks.md").write_text("\n".join(blocks), encoding="utf-8")
