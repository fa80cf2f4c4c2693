"""`make dashboard`: draws docs/dashboard.svg, the panels of docs/grafana.json, from a running instance's own metrics.

Flows of two customers of the sandbox run as they do in Airflow's tasks, tell their numbers through Airflow's metrics by
StatsD, Prometheus scrapes them, and each panel asks Prometheus what it would ask it in Grafana. Takes two minutes, and
needs `prometheus` on the PATH. Exit code 1 when a panel has no data.
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
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from month import BIG, SMALL, activate
from scraped import EVERY, prometheus

from veerpont.airflow import metrics
from veerpont.config.settings import settings, sqlite
from veerpont.model.flows import Flow
from veerpont.pipeline.crossing import Crossing, CrossingStep, FlowSteps
from veerpont.pipeline.verdict import Turn
from veerpont.store.clock import now
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
            began = time.time()
            live(home)
            return draw(address, began, time.time())
    finally:
        shutil.rmtree(home, ignore_errors=True)


def live(home: Path) -> None:
    """Let rounds of flows pass: one in which AFAS refuses one customer's token, the last without the other's people."""
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "VEERPONT_INTEGRATIONS": str(home / "integrations"),
        "VEERPONT_LEDGER": sqlite(home / "ledger.db"),
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
    }
    Ledger(settings().ledger).migrate()
    sandbox = Sandbox(home / "sandbox", (SMALL, BIG), people=PEOPLE, flows=FLOWS)
    (home / "integrations").mkdir()
    sandbox.write_integrations(home / "integrations")
    os.environ.update(sandbox.connections())
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)  # as a task's process does
    with sandbox:
        cross(Flow.EMPLOYERS, "0")
        activate(sandbox)
        for number in range(1, ROUNDS + 1):
            for flow in FLOWS:
                cross(flow, str(number))
            if number == 1:
                sandbox.faults.add("revoked", customer=SMALL)
            else:
                sandbox.faults.clear()
            if number == ROUNDS - 1:
                sandbox.faults.add("zero_rows", customer=BIG, connector=EMPLOYEES)


def cross(flow: Flow, number: str) -> None:
    """Run a flow of both customers as the tasks of a batch do, and tell its numbers as their callbacks do."""
    print(f"round {number}: {flow}", flush=True)
    names = [SMALL, BIG]
    crossing: Any = Crossing(FlowSteps(flow), Turn(number, now()), lambda _: None)
    crossing.hold(names)
    for step in (CrossingStep.EXTRACT, CrossingStep.TRANSFORM, CrossingStep.LOAD):
        crossing.step(step, names)
    metrics.tell(Ledger(settings().ledger), flow, number, names)
    time.sleep(EVERY)  # so that they are scraped before the next run is over


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
