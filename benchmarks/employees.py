"""Employees: everybody new, from AFAS to an accepted delivery, next to a plain loop to csv and to dlt's REST source."""

from pathlib import Path
from typing import Any

import harness
from harness import Measured
from page import Found
from rich.console import Console

CUSTOMER = "groot"
TAKE = 2_900
PLAIN = "plain loop to csv"
ORDER = "Personeelsnummer,Dienstverbandnummer,Contractnummer,Volgnummer_rooster"
"""As we sort: with an order in which rows are equal the sandbox sorts all of them anew for every page."""
ROUNDS = 3
WAYS = {
    "AFAS to accepted csv": ("xpert_suite", "csv"),
    "AFAS to accepted json_api": ("json_api", ""),
    "AFAS to accepted xlsx": ("xpert_suite", "xlsx"),
}
GOAL = 2.5
"""How many times the plain loop the first two may take."""


def bench(console: Console, home: Path, *sizes: int) -> Found:
    """Time every way over the same rows, for each number of people."""
    measured = {people: _measured(console, home / str(people), people) for people in sizes}
    tables = [
        harness.table(f"{found[PLAIN]['rows']:,.0f} rows of {people:,} people, all of them new", found, verdict(found))
        for people, found in measured.items()
    ]
    return Found(tables, {"measured": measured[max(sizes)]})


def _measured(console: Console, home: Path, people: int) -> dict[str, Measured]:
    rounds = []
    with harness.sandbox(home, {CUSTOMER: people}, "employers", "employees"):
        harness.run(CUSTOMER, "employers")
        harness.activate({CUSTOMER: ["01", "02", "03"]})
        for number in range(1, ROUNDS + 1):
            rounds.append(once(home, number == 1))
            console.print(
                ", ".join(f"{name} {item['seconds']:.1f} s" for name, item in rounds[-1].items() if "  " not in name)
            )
        return harness.median([{name: one.get(name, rounds[0][name]) for name in rounds[0]} for one in rounds])


def once(home: Path, first: bool) -> dict[str, Measured]:
    """Go every way once; xlsx only the first time: its writer is the limit, and known to be."""
    measured = {PLAIN: harness.run_step("employees.plain", str(home / "plain.csv"))}
    for way, (portal, file_format) in WAYS.items():
        if file_format == "xlsx" and not first:
            continue
        harness.deliver_to(home, CUSTOMER, portal, "employers", "employees")
        if file_format:
            harness.change_integration(home, CUSTOMER, "xpert_suite", file_format=file_format)
        forget()
        steps = harness.run(CUSTOMER, "employees")
        measured |= {f"  {name}, {file_format or portal}": item for name, item in steps.items()}
        measured[way] = harness.total(steps)
    for name, what in (("dlt's REST source, extraction alone", "extract"), ("dlt's REST source to csv", "run")):
        measured[name] = harness.run_step("employees.dlt", str(home / "dlt"), what)
    rows = measured[PLAIN]["rows"]
    wrong = {name for name, item in measured.items() if item["rows"] != rows}
    assert not wrong, f"Other rows than the plain loop's {rows}: {wrong}"
    return measured


def verdict(measured: dict[str, Measured]) -> str:
    """Say how ours compares."""
    plain = measured[PLAIN]["seconds"]
    alone = measured["dlt's REST source, extraction alone"]["seconds"]
    whole = measured["dlt's REST source to csv"]["seconds"]
    said = []
    for way in WAYS:
        ours = measured[way]["seconds"]
        goal = "" if way.endswith("xlsx") else f" (goal: {GOAL}, {'reached' if ours <= GOAL * plain else 'missed'})"
        said.append(
            f"{way}: {ours / plain:.1f} times the plain loop{goal}, {ours / alone:.2f} times dlt's extraction alone, "
            f"{ours / whole:.2f} times dlt's whole."
        )
    return " ".join(said)


def plot(found: Found) -> None:
    """Draw seconds per 10,000 rows, ours by step."""
    from plots import COLOURS, figure

    measured = found.kept["measured"]
    names = [name for name in measured if not name.startswith(" ")][::-1]
    with figure("benchmarks-employees.svg", height=2.6) as axes:
        for at, name in enumerate(names):
            steps = parts(measured, name) or {"": measured[name]}
            left = 0.0
            for number, (step, item) in enumerate(steps.items()):
                width = item["seconds"] / item["rows"] * 10_000
                axes.barh(at, width, left=left, height=0.6, color=COLOURS[number] if step else COLOURS[5])
                left += width
            axes.text(left, at, f" {left:.2f}", va="center", fontsize=8)
        for number, step in enumerate(harness.STEPS):
            axes.barh(0, 0, color=COLOURS[number], label=step)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("seconds per 10,000 rows")
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.08)
        axes.legend(loc="upper right")


def parts(measured: dict[str, Measured], way: str) -> dict[str, Measured]:
    """Return the steps of one of our ways; none of another's."""
    portal, file_format = WAYS.get(way, ("", "-"))
    names = {step: f"  {step}, {file_format or portal}" for step in harness.STEPS}
    return {step: measured[name] for step, name in names.items() if name in measured}


def plain(path: str) -> int:
    """What a script of ten lines would do: page by page, parse, write csv. No checks, no guards, no second look."""
    session, address = harness.afas(CUSTOMER)
    return harness.download(session, f"{address}/{harness.CONNECTORS['employees']}", ORDER, TAKE, Path(path))


def dlt(folder: str, what: str) -> int:
    """Read the same rows with dlt's REST source; `extract`: only that, `run`: normalise and write csv files as well."""
    import shutil

    import dlt as library
    from dlt.destinations import filesystem
    from dlt.sources.rest_api import rest_api_source

    shutil.rmtree(folder, ignore_errors=True)
    session, address = harness.afas(CUSTOMER)
    config: Any = {
        "client": {
            "base_url": address,
            "headers": {"Authorization": session.headers["Authorization"]},
            "paginator": {
                "type": "offset",
                "limit": TAKE,
                "offset_param": "skip",
                "limit_param": "take",
                "total_path": None,
            },
        },
        "resources": [
            {
                "name": "employees",
                "endpoint": {
                    "path": harness.CONNECTORS["employees"],
                    "params": {"orderbyfieldids": ORDER},
                    "data_selector": "rows",
                },
            }
        ],
    }
    pipeline = library.pipeline(
        "bench",
        pipelines_dir=f"{folder}/state",
        destination=filesystem(bucket_url=f"file://{folder}/out"),
        dataset_name="afas",
    )
    pipeline.extract(rest_api_source(config), loader_file_format="csv")
    extracted = pipeline.last_trace.last_extract_info
    if what == "run":
        pipeline.normalize()
        pipeline.load()
    return int(extracted.metrics[extracted.loads_ids[0]][0]["table_metrics"]["employees"].items_count)


def forget() -> None:
    """Forget what the portal was told, so that everything is new again."""
    from sqlalchemy import delete

    from veerpont.config.settings import settings
    from veerpont.store.ledger import Ledger
    from veerpont.store.tables import Note, Pointer

    with Ledger(settings().ledger).session() as session:
        session.execute(delete(Pointer).where(Pointer.flow == "employees"))
        session.execute(delete(Note).where(Note.flow == "employees"))
