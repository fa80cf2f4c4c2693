"""What OpenLineage's provider makes of our deliveries: from where, to where, the books; and nothing where it is off."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.transport.file import FileConfig, FileTransport

from veerpont.airflow import flow_dag
from veerpont.store.assets import Event

FATES = {"read": 40, "delivered": 12, "unchanged": 25, "filtered": 1, "rejected": 2, "held": 0}
ACCEPTED = Event("acme", "xpert_suite", {"delivery": 7, "run": "r1", "records": 37, "sha256": "ab" * 32, **FATES})
FILE = """
name: acme
customer: Acme B.V.
source: {system: afas, connection: afas_acme, environment: O12345AA}
portals: [{portal: xpert_suite, connection: xpert_acme, flows: [employees]}]
mail: {to: [beheer@acme.example]}
"""


@pytest.fixture
def collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let Airflow collect lineage, as it does where the provider is on, and have the file of one customer."""
    from airflow.sdk import lineage

    (tmp_path / "acme.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
    monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("VEERPONT_VAULT", f"file://{tmp_path / 'vault'}")
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    found = lineage.HookLineageCollector()
    for module in ("airflow.sdk.lineage", "airflow.providers.common.compat.lineage.hook"):
        monkeypatch.setattr(f"{module}.get_hook_lineage_collector", lambda: found)
    monkeypatch.setattr(flow_dag, "get_current_context", dict)
    return found


def heard(tmp_path: Path) -> dict[str, Any]:
    """Return the event of a task: the provider makes it of what was collected, OpenLineage's own client writes it."""
    from airflow.providers.openlineage.extractors.manager import ExtractorManager

    made: Any = ExtractorManager().get_hook_lineage()
    file = tmp_path / "events"
    client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(file), append=True)))
    moment, job = datetime.now(UTC).isoformat(), Job("airflow", "employees.cross.load")
    run, ends = Run(str(uuid4())), RunState.COMPLETE
    client.emit(
        RunEvent(
            eventTime=moment,
            run=run,
            job=job,
            producer="urn:test",
            eventType=ends,
            inputs=made.inputs,
            outputs=made.outputs,
        )
    )
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.usefixtures("collector")
def test_a_delivery_has_its_source_its_portal_and_its_books(tmp_path: Path) -> None:
    flow_dag.trace("employees", [ACCEPTED])
    told = heard(tmp_path)
    assert [(each["namespace"], each["name"]) for each in told["inputs"]] == [("veerpont", "acme/employees/afas")]
    (output,) = told["outputs"]
    assert (output["namespace"], output["name"]) == ("veerpont", "acme/employees/xpert_suite")
    assert {fate: output["facets"]["veerpont_books"][fate] for fate in FATES} == FATES
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 37
    text = json.dumps(told)
    assert not [word for word in ("O12345AA", "afas_acme", "xpert_acme", "beheer@", "Acme B.V.") if word in text]


@pytest.mark.usefixtures("collector")
def test_of_a_customer_without_a_file_the_portal_is_told(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").unlink()
    flow_dag.trace("employees", [ACCEPTED])
    told = heard(tmp_path)
    assert not told["inputs"]
    assert [each["name"] for each in told["outputs"]] == ["acme/employees/xpert_suite"]


def test_with_assets_it_is_off(collector: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEERPONT_ASSETS", "off")
    assert flow_dag.announce("employees", ["acme"]) == 0
    assert not collector.has_collected
