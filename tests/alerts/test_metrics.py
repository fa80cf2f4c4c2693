"""What Airflow's metrics are told when a run has ended: numbers and names of customers, nothing else."""

import re
from pathlib import Path

import pytest
from alert_days import Desk, at

from veerpont.airflow import metrics
from veerpont.store import calls
from veerpont.store.clock import today
from veerpont.store.tables import Reject, Run

RUN = "scheduled__2026-11-23T20:00:00+00:00"
Gauges = dict[tuple[str, ...], float]


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> Gauges:
    found: Gauges = {}

    def gauge(name: str, value: float, tags: dict[str, str]) -> None:
        found[(name, *tags.values())] = value

    monkeypatch.setattr("airflow.sdk.observability.stats.gauge", gauge)
    return found


def test_rows_successes_rejects_and_what_is_held(desk: Desk, gauges: Gauges, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
    desk.run("acme", "employees", "2026-11-22 21:00", tell=False)
    desk.run("acme", "employees", "2026-11-23 21:00", "failed", tell=False)
    desk.hold("acme", "employees", "first")
    with desk.ledger.session() as session:
        (run,) = session.query(Run).where(Run.run_id == RUN)
        run.delivered, run.unchanged, run.rejected = 3, 40, 1
        for key, state in (("5A0D0001-0000-4000-8000-000000000001", "open"), ("5A0D0002", "closed")):
            row = Reject(integration="acme", flow="employees", key=key, state=state, stage="transform", field="BSN")
            row.reason, row.detail, row.last_run = "bsn_invalid", "", RUN
            row.first_seen = row.last_seen = at("2026-11-23 21:00")
            session.add(row)
    metrics.tell(desk.ledger, "employees", RUN, ["acme", "borealis"])
    rows = {key[-1]: value for key, value in gauges.items() if key[0] == "veerpont.rows"}
    assert rows == {"delivered": 3, "unchanged": 40, "filtered": 0, "rejected": 1, "held": 0}
    assert gauges["veerpont.success_at", "acme", "employees", "xpert_suite"] == at("2026-11-22 21:01").timestamp()
    assert gauges["veerpont.open_rejects", "acme", "employees"] == 1
    assert gauges["veerpont.held_deliveries", "acme", "employees"] == 1
    assert gauges["veerpont.open_rejects", "borealis", "employees"] == 0
    assert not any("5A0D" in str(key) for key in gauges)


def test_the_dashboard_and_the_page_name_what_is_told(
    desk: Desk, gauges: Gauges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
    desk.run("acme", "employees", "2026-11-23 21:00", tell=False)
    with desk.ledger.session() as session:
        calls.add(session, "acme", "employees", today(), 41)
    metrics.tell(desk.ledger, "employees", RUN, ["acme"])
    assert gauges["veerpont.source_calls", "acme", "employees"] == 41
    told = {key[0] for key in gauges}
    docs = Path(__file__).parents[2] / "docs"
    assert set(re.findall(r"^\| `(veerpont\.\w+)`", (docs / "reference" / "metrics.md").read_text(), re.M)) == told
    shown = set(re.findall(r"airflow_(veerpont_\w+)", (docs / "grafana.json").read_text()))
    assert shown == {name.replace(".", "_") for name in told}


@pytest.mark.parametrize(
    ("on", "taken"),
    [
        ([], False),
        (["STATSD_ON"], False),
        (["STATSD_ON", "STATSD_INFLUXDB_ENABLED"], True),
        (["STATSD_DATADOG_ENABLED"], True),
        (["OTEL_ON"], True),
        (["STATSD_ON", "OTEL_ON"], False),
    ],
)
def test_only_metrics_with_tags_are_told(
    desk: Desk, gauges: Gauges, monkeypatch: pytest.MonkeyPatch, on: list[str], taken: bool
) -> None:
    for name in on:
        monkeypatch.setenv(f"AIRFLOW__METRICS__{name}", "True")
    metrics.tell(desk.ledger, "employees", RUN, ["acme"])
    assert bool(gauges) is taken
