"""The numbers of a run to Airflow's own metrics (OpenTelemetry, StatsD or Datadog), where these are on.

They are gauges with tags, named in docs/reference/metrics.md. Plain StatsD has no tags, so that the customers would
write over each other: it gets none.
"""

from collections.abc import Collection
from typing import Any

PREFIX = "veerpont."


def are_taken() -> bool:
    """Tell whether Airflow's metrics are on, and have tags."""
    from airflow.sdk.configuration import conf

    def is_on(name: str) -> bool:
        return bool(conf.getboolean("metrics", name, fallback=False))

    tagged_statsd = is_on("statsd_on") and is_on("statsd_influxdb_enabled")
    return tagged_statsd or is_on("otel_on") or is_on("statsd_datadog_enabled")


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
