"""The numbers of a run to Airflow's own metrics (OpenTelemetry, StatsD or Datadog), where these are on.

They are gauges with tags, named in docs/reference/metrics.md. Plain StatsD has no tags, so that the customers would
write over each other: it gets none.
"""

from collections.abc import Collection
from typing import Any

PREFIX = "veerpont."
MOST_MILLISECONDS = 5_000
"""So long a task waits for a collector that does not answer."""


def are_taken() -> bool:
    """Tell whether Airflow's metrics are on, and have tags. Of several that are on Airflow takes one, in this order."""
    from airflow.sdk.configuration import conf

    def is_on(name: str) -> bool:
        return bool(conf.getboolean("metrics", name, fallback=False))

    if is_on("statsd_datadog_enabled"):
        return True
    return is_on("statsd_influxdb_enabled") if is_on("statsd_on") else is_on("otel_on")


def tell(ledger: Any, flow: str, run_id: str, names: Collection[str]) -> None:
    """Give the numbers of the integrations for which a run has ended."""
    if not names or not are_taken():
        return
    from airflow.sdk.observability import stats

    from veerpont.store.measures import measures

    with ledger.session() as session:
        found = list(measures(session, flow, run_id, names))
    for each in found:
        stats.gauge(f"{PREFIX}{each.name}", each.value, tags=each.of)
    _send()


def _send() -> None:
    """Send what OpenTelemetry keeps for a minute: a task's process ends before that, and Airflow sends only traces."""
    from opentelemetry.metrics import get_meter_provider

    flush = getattr(get_meter_provider(), "force_flush", None)  # only the one that Airflow sets up has it
    if flush is not None:
        flush(timeout_millis=MOST_MILLISECONDS)
