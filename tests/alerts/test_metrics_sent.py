"""What Airflow really sends of our numbers, over StatsD and over OpenTelemetry, as a collector hears it."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from alert_days import Desk
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from veerpont.store import calls
from veerpont.store.clock import today
from veerpont.store.ledger import Ledger

pytestmark = pytest.mark.server
RUN = "scheduled__2026-11-23T20:00:00+00:00"
DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana.json"
TASK = """
import os, sys
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from veerpont.airflow import metrics
from veerpont.store.ledger import Ledger
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
metrics.tell(Ledger(sys.argv[1]), "employees", sys.argv[2], ["acme"])
os._exit(0)
"""
Heard = dict[str, set[frozenset[str]]]
"""Names of metrics as Prometheus has them, with the names of the labels that they came with."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """SQLite alone: the numbers themselves are tested elsewhere."""
    found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    found.require_current()
    yield found
    found.engine.dispose()


def tell_from_a_task(desk: Desk, **environment: str) -> None:
    """Tell the numbers of a run in a process of its own, which ends as that of a task does."""
    desk.run("acme", "employees", "2026-11-23 21:00", tell=False)
    with desk.ledger.session() as session:
        calls.add(session, "acme", "employees", today(), 41)
    names = {f"AIRFLOW__METRICS__{name}": value for name, value in environment.items()}
    command = [sys.executable, "-c", TASK, str(desk.ledger.engine.url), RUN]
    subprocess.run(command, env=os.environ | names, check=True, timeout=250)


def test_opentelemetry_has_them_before_the_task_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, heard):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", url)
        tell_from_a_task(desk, OTEL_ON="True")
    assert_holds_the_dashboard(heard)


def test_statsd_has_them_with_tags(desk: Desk) -> None:
    """Each is a gauge with its tags behind the name, as the exporter of Prometheus reads them by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        port = str(udp.getsockname()[1])
        tell_from_a_task(
            desk, STATSD_ON="True", STATSD_INFLUXDB_ENABLED="True", STATSD_HOST="127.0.0.1", STATSD_PORT=port
        )
        udp.setblocking(False)
        assert_holds_the_dashboard(datagrams(udp))


def assert_holds_the_dashboard(heard: Heard) -> None:
    """Hold each expression of the dashboard against what was heard: the metric, and every label that it asks for."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    targets = [target for panel in panels for target in panel["targets"]]
    assert len(targets) >= 5
    for target in targets:
        (name,) = set(re.findall(r"airflow_\w+", target["expr"]))
        asked = set(re.findall(r"(\w+)=~", target["expr"])) | set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        for grouped in re.findall(r"by \(([^)]+)\)", target["expr"]):
            asked |= set(grouped.split(", "))
        assert heard.get(name), target["expr"]
        assert all(asked <= labels for labels in heard[name]), target["expr"]


def datagrams(udp: socket.socket) -> Heard:
    found: Heard = {}
    while True:
        try:
            text = udp.recv(2000).decode()
        except BlockingIOError:
            return found
        head, value = text.split(":")
        name, *tags = head.split(",")
        if "veerpont" in name:
            assert re.fullmatch(r"[\d.]+\|g", value), text
            found.setdefault(name.replace(".", "_"), set()).add(frozenset(tag.partition("=")[0] for tag in tags))


@contextmanager
def collector() -> Iterator[tuple[str, Heard]]:
    """Run a collector of OpenTelemetry; yields its address, and what it hears of ours."""
    heard: Heard = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportMetricsServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for metric in (m for r in sent.resource_metrics for s in r.scope_metrics for m in s.metrics):
                if "veerpont" in metric.name:
                    labels = {frozenset(each.key for each in point.attributes) for point in metric.gauge.data_points}
                    heard.setdefault(metric.name.replace(".", "_"), set()).update(labels)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of requests."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/metrics", heard
    server.shutdown()
    server.server_close()
    thread.join()
