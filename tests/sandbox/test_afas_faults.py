"""Each fault does at the wire what its name says, and heals."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sandbox_clients import EMPLOYEES, EMPLOYERS, ORGANIGRAM, Client

from veerpont_sandbox.world import Sandbox


@pytest.mark.parametrize(
    ("form", "header", "body"), [("full", True, True), ("header", True, False), ("body", False, True)]
)
def test_maintenance_says_when_to_come_back(
    sandbox: Sandbox, afas: Client, form: str, header: bool, body: bool
) -> None:
    sandbox.faults.add("maintenance", form=form, retry_after=7200, times=1)
    answer = afas.get("metainfo")
    assert answer.status_code == 503
    assert ("Retry-After" in answer.headers) is header
    assert bool(answer.text) is body
    assert not body or answer.json()["retry_after"] == 7200
    assert afas.get("metainfo").status_code == 200


def test_maintenance_ends_after_its_seconds(sandbox: Sandbox, afas: Client) -> None:
    fault = sandbox.faults.add("maintenance", seconds=100)
    assert 99 <= int(afas.get("metainfo").headers["Retry-After"]) <= 100
    fault.started = time.monotonic() - 100
    assert afas.get("metainfo").status_code == 200


@pytest.mark.parametrize(
    ("kind", "options", "status", "text"),
    [
        ("revoked", {}, 401, ""),
        ("ip_rule", {}, 403, ""),
        ("too_many_requests", {}, 429, ""),
        ("bad_gateway", {}, 502, "<html>"),
        ("unexpected", {}, 500, "onverwachte fout"),
        ("blocked", {}, 500, "geblokkeerd"),
        ("not_authorised", {}, 500, "niet geautoriseerd"),
        ("not_authorised", {"status": 401}, 401, ""),
        ("out_of_memory", {"cells": 10}, 500, "Out of memory"),
    ],
)
def test_a_refusal_comes_once_and_heals(
    sandbox: Sandbox, afas: Client, kind: str, options: dict[str, Any], status: int, text: str
) -> None:
    sandbox.faults.add(kind, times=1, connector=EMPLOYERS, **options)
    assert afas.get(f"connectors/{ORGANIGRAM}").status_code == 200
    answer = afas.get(f"connectors/{EMPLOYERS}")
    assert answer.status_code == status
    assert text in answer.text
    assert bool(text) is bool(answer.text)
    assert afas.get(f"connectors/{EMPLOYERS}").status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_truncated_answer_breaks_off_before_its_announced_length(
    sandbox: Sandbox, afas: Client, encoding: str
) -> None:
    sandbox.faults.add("truncated", times=1)
    afas.session.headers["Accept-Encoding"] = encoding
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        afas.get(f"connectors/{EMPLOYERS}")
    assert len(afas.rows(EMPLOYERS)) == 4


def test_a_reset_connection_gives_no_answer(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("reset", times=1)
    with pytest.raises(requests.ConnectionError, match="reset"):
        afas.get("metainfo")
    assert afas.get("metainfo").status_code == 200


def test_a_slow_answer_outlasts_the_clients_patience_and_still_runs(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("slow", seconds=0.2)
    with pytest.raises(requests.Timeout):
        afas.session.get(f"{afas.base}/metainfo", timeout=0.05)
    # The first call goes on without its client, as at AFAS, and has ended when the second, as slow, is answered.
    assert afas.get("metainfo").status_code == 200
    assert sandbox.afas.requests[-1]["parallel"] == 2


def test_shuffled_ignores_the_sort(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("shuffled")
    first = afas.rows(EMPLOYEES, orderbyfieldids="Personeelsnummer")
    assert first != afas.rows(EMPLOYEES, orderbyfieldids="Personeelsnummer")


def test_rows_change_once_after_so_many_pages(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add(
        "change_rows",
        connector=EMPLOYERS,
        after=1,
        field="Werkgeverscode",
        keys=["01"],
        rows=[{"Werkgeverscode": "00"}],
    )
    seen = [
        row["Werkgeverscode"]
        for skip in range(4)
        for row in afas.rows(EMPLOYERS, skip=skip, take=1, orderbyfieldids="-Werkgeverscode")
    ]
    assert seen == ["04", "03", "02", "00"]


def test_zero_rows_looks_like_success(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("zero_rows", times=1)
    assert afas.rows(EMPLOYERS) == []
    assert len(afas.rows(EMPLOYERS)) == 4


def test_a_repeated_page_is_the_one_before(sandbox: Sandbox, afas: Client) -> None:
    page = {"take": 2, "orderbyfieldids": "Werkgeverscode"}
    sandbox.faults.add("repeated_page", after=1, times=1)
    assert afas.rows(EMPLOYERS, skip=0, **page) == afas.rows(EMPLOYERS, skip=2, **page)


def test_the_wrong_environment_answers(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("wrong_environment", value="T10001AA")
    assert afas.get("metainfo").json()["info"]["envid"] == "T10001AA"


def test_a_dropped_field_is_gone_from_metainfo_and_rows(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("dropped_field", connector=EMPLOYERS, field="Postcode")
    fields = [field["id"] for field in afas.get(f"metainfo/get/{EMPLOYERS}").json()["fields"]]
    assert "Postcode" not in fields
    assert [list(row) for row in afas.rows(EMPLOYERS)] == [fields] * 4


def test_a_changed_type_shows_in_metainfo_and_rows(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("changed_type", connector=EMPLOYERS, field="Huisnummer")
    types = {f["id"]: f["dataType"] for f in afas.get(f"metainfo/get/{EMPLOYERS}").json()["fields"]}
    assert types["Huisnummer"] == "string"
    assert all(isinstance(row["Huisnummer"], str) for row in afas.rows(EMPLOYERS))


def test_an_added_field_shows_in_metainfo_and_rows(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("added_field", connector=EMPLOYERS, field="KvK", value="1")
    assert afas.get(f"metainfo/get/{EMPLOYERS}").json()["fields"][-1]["id"] == "KvK"
    assert {row["KvK"] for row in afas.rows(EMPLOYERS)} == {"1"}


def test_a_replaced_column_is_the_same_text_everywhere(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("replaced_column", connector=EMPLOYERS, field="Werkgeversnaam")
    assert {row["Werkgeversnaam"] for row in afas.rows(EMPLOYERS)} == {"(replaced)"}


def test_parallel_calls_fail_on_a_lock(sandbox: Sandbox, afas: Client) -> None:
    sandbox.faults.add("lock", connector=EMPLOYERS)
    assert afas.get(f"connectors/{EMPLOYERS}").status_code == 200
    sandbox.faults.add("slow", seconds=0.2)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(afas.get, f"connectors/{EMPLOYERS}") for _ in range(2)]
        statuses = sorted(call.result().status_code for call in calls)
    assert 500 in statuses
    assert max(entry["parallel"] for entry in sandbox.afas.requests) == 2


def test_faults_are_switched_over_http(sandbox: Sandbox, afas: Client) -> None:
    url = f"{sandbox.afas.url}/sandbox/faults"
    assert requests.post(url, json={"kind": "ip_rule", "customer": "veerhuis"}, timeout=10).json() == [
        {"kind": "ip_rule", "customer": "veerhuis"}
    ]
    assert afas.get("metainfo").status_code == 403
    other = Client(sandbox.afas.url, sandbox.afas.environments["oeverland"].token)
    assert other.get("metainfo").status_code == 200
    assert requests.delete(url, timeout=10).json() == []
    assert afas.get("metainfo").status_code == 200
    assert requests.post(url, json={"kind": "nonsense"}, timeout=10).status_code == 400
