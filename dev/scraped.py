"""A Prometheus that scrapes what Airflow sends by StatsD, as `make dashboard` uses it.

`Exporter` stands in for Prometheus' statsd_exporter, which few systems have as a package: each gauge's last value, with
the tags behind its name as labels.
"""

import os
import shutil
import socketserver
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standalone import free_ports

GAUGES: dict[str, str] = {}
"""Metric with labels, as Prometheus writes it → its last value."""
EVERY = 5
"""Seconds between two scrapes."""


class Exporter(socketserver.BaseRequestHandler):
    """Hears one datagram of StatsD."""

    def handle(self) -> None:
        """Keep a gauge; counters and timers of Airflow itself are left."""
        text = self.request[0].decode()
        head, _, value = text.partition(":")
        if not value.endswith("|g"):
            return
        name, *tags = head.split(",")
        labels = ",".join('{}="{}"'.format(*tag.split("=", 1)) for tag in tags)
        GAUGES[f"{name.replace('.', '_').replace('-', '_')}{{{labels}}}"] = value.removesuffix("|g")


class Page(BaseHTTPRequestHandler):
    """What Prometheus scrapes."""

    def do_GET(self) -> None:
        """Answer with every gauge that was heard."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write("".join(f"{name} {value}\n" for name, value in list(GAUGES.items())).encode())

    def log_message(self, *_: object) -> None:
        """Keep the terminal free of requests."""


@contextmanager
def prometheus(home: Path) -> Iterator[str]:
    """Run Prometheus and what it scrapes, and let Airflow send there; yields its address.

    Raises SystemExit when there is no `prometheus` on the PATH, or it ends by itself.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise SystemExit("There is no prometheus on the PATH: on Debian, apt-get install prometheus.")
    udp, http = socketserver.UDPServer(("127.0.0.1", 0), Exporter), ThreadingHTTPServer(("127.0.0.1", 0), Page)
    servers = [udp, http]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ |= {
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
        "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__STATSD_PORT": f"{udp.server_address[1]}",
    }
    target = f"[{{targets: ['127.0.0.1:{http.server_port}']}}]"
    scraped = f"{{job_name: airflow, scrape_interval: {EVERY}s, static_configs: {target}}}"
    config = home / "prometheus.yaml"
    config.write_text(f"scrape_configs: [{scraped}]\n", encoding="utf-8")
    address = f"127.0.0.1:{free_ports(1)[0]}"
    options = [f"--config.file={config}", f"--web.listen-address={address}", f"--storage.tsdb.path={home / 'series'}"]
    with (home / "prometheus.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=log)
    try:
        _wait_for(f"http://{address}/-/ready", process)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=60)
        for server in servers:
            server.shutdown()
            server.server_close()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                raise SystemExit(f"Prometheus ended by itself, with code {process.returncode}.") from None
            time.sleep(0.2)  # it tells nobody when it is ready
