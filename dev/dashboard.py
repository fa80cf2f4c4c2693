"""`make dashboard`: draws docs/dashboard.svg, the panels of docs/grafana.json, from a running instance's own metrics.

Flows of two customers of the sandbox run in a real Airflow, whose tasks tell their numbers by StatsD; Prometheus
scrapes them, and each panel asks Prometheus what it would ask it in Grafana. The same tasks tell OpenLineage, of which
it ends with a table. Takes some minutes, and needs `prometheus` on the PATH. Exit code 1 when a panel has no data, or a
delivery no lineage.
"""

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from month import BIG, SMALL, activate
from scraped import EVERY, prometheus
from standalone import PROGRAMS, Airflow

from veerpont.cli import instance
from veerpont.config.settings import settings, sqlite
from veerpont.desk.lists import list_deliveries
from veerpont.model.flows import Flow
from veerpont.store.ledger import Ledger
from veerpont_sandbox.afas.schema import EMPLOYEES
from veerpont_sandbox.world import Sandbox

ROOT = Path(__file__).resolve().parent.parent
FLOWS = (Flow.EMPLOYERS, Flow.EMPLOYEES, Flow.ABSENCE)
ROUNDS = 3
PEOPLE = 120
STEP = 5
"""Seconds between two points of a line."""


def main() -> int:
    """Run the flows, draw the picture; returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything that was started is ended
    home = Path(tempfile.mkdtemp(prefix="veerpont-dashboard-"))
    try:
        with prometheus(home) as address:
            began = live(home)
            drawn = draw(address, began, time.time())
        return max(drawn, traced(home / "lineage"))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def live(home: Path) -> float:
    """Let rounds of flows pass: one in which AFAS refuses one customer's token, the last without the other's people.

    Every run is one of Airflow's scheduler, and every number of its task processes. Returns when the first one began.
    """
    os.environ.update(instance.environment(home))
    os.environ["PATH"] = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"  # Airflow starts `airflow`
    lineage = {"type": "file", "log_file_path": str(home / "lineage"), "append": True}
    os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = json.dumps(lineage)
    sandbox = Sandbox(home / "sandbox", (SMALL, BIG), people=PEOPLE, flows=FLOWS)
    sandbox.write_integrations(home / "integrations")
    os.environ.update(sandbox.connections())
    with sandbox, Airflow(home, sqlite(home / "airflow.db")) as airflow:
        airflow.wait_until_healthy(Flow.ABSENCE)
        began = time.time()
        airflow.unpause(Flow.EMPLOYERS)
        cross(airflow, Flow.EMPLOYERS, 0)
        activate(sandbox)
        for number in range(1, ROUNDS + 1):
            for flow in FLOWS:
                airflow.unpause(flow)
                cross(airflow, flow, number)
            if number == 1:
                sandbox.faults.add("revoked", customer=SMALL)
            else:
                sandbox.faults.clear()
            if number == ROUNDS - 1:
                sandbox.faults.add("zero_rows", customer=BIG, connector=EMPLOYEES)
        time.sleep(2 * EVERY)  # a run is over before the callback of its last task is; then its numbers are scraped
    return began


def cross(airflow: Airflow, flow: Flow, number: int) -> None:
    """Run a flow of both customers; in the round in which the token is refused it fails."""
    print(f"round {number}: {flow}", flush=True)
    airflow.run(flow, may_fail=number == 2)


def traced(events: Path) -> int:
    """Print what the tasks told OpenLineage; returns 1 when an accepted delivery is not in it, else 0."""
    told: Counter[str] = Counter()
    for line in events.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["eventType"] == "COMPLETE":
            told.update(f"{each['namespace']} {each['name']}" for each in event["outputs"])
    print("OpenLineage, datasets and how often a task wrote them:")
    for name, times in sorted(told.items()):
        print(f"  {name}: {times}")
    accepted = Counter(
        f"veerpont {row['integration']}/{row['flow']}/{row['portal']}"
        for row in list_deliveries(Ledger(settings().ledger), None, None)
        if row["state"] in {"delivered", "confirmed"}
    )
    for name in accepted - told:
        print(f"NO LINEAGE  {name}")
    return 1 if accepted - told else 0


def draw(address: str, began: float, ended: float) -> int:
    """Draw what each panel shows, as docs/dashboard.svg; returns 1 when one shows nothing, else 0."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams |= {"svg.hashsalt": "veerpont", "font.size": 8, "axes.grid": True, "grid.color": "#dddddd"}
    panels = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))["panels"]
    drawn, rows = plt.subplots(len(panels), 1, figsize=(9, 2.6 * len(panels)), layout="constrained")
    empty = []
    for panel, axes in zip(panels, rows, strict=True):
        axes.set_title(panel["title"], loc="left", fontweight="bold")
        for target in panel["targets"]:
            lines = asked(address, target["expr"], began, ended)
            for line in lines:
                of = line["metric"]
                name = " ".join(of[tag] for tag in re.findall(r"{{(\w+)}}", target["legendFormat"]))
                points = [((at - began) / 60, float(value)) for at, value in line["values"]]
                axes.plot(*zip(*points, strict=True), label=name, linewidth=1.4)
            if not lines:
                empty.append(f"{panel['title']}: {target['expr']}")
        axes.set_xlim(0, (ended - began) / 60)
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=7)
    rows[-1].set_xlabel("minutes")
    picture = ROOT / "docs" / "dashboard.svg"
    drawn.savefig(picture, metadata={"Date": None, "Creator": None})
    # for who does not see it
    head = f" <title>The dashboard</title>\n <desc>{', '.join(panel['title'] for panel in panels)}</desc>\n <metadata>"
    picture.write_text(picture.read_text(encoding="utf-8").replace(" <metadata>", head, 1), encoding="utf-8")
    for each in empty:
        print(f"NO DATA  {each}")
    return 1 if empty else 0


def asked(address: str, expression: str, began: float, ended: float) -> list[dict[str, Any]]:
    """Ask Prometheus what Grafana asks it for a panel, with all customers and flows chosen; returns its lines."""
    query = re.sub(r"\$\w+", ".*", expression)
    options = urllib.parse.urlencode({"query": query, "start": began, "end": ended, "step": STEP})
    with urllib.request.urlopen(f"{address}/api/v1/query_range?{options}", timeout=60) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


if __name__ == "__main__":
    sys.exit(main())
