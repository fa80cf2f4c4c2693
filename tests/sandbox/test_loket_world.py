"""Loket in the sandbox as a whole: its customers, what it writes for Veerpont, and its own routes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests
import yaml
from loket_sandbox_client import LoketClient, Screen
from stdnum import iban as iban_number
from stdnum.nl import bsn

from veerpont_sandbox.customers import customer
from veerpont_sandbox.loket.provider import Employer, Json
from veerpont_sandbox.world import Sandbox

EMPLOYERS = "/providers/employers"


def test_a_loket_customer_stands_beside_one_of_afas(tmp_path: Path) -> None:
    with Sandbox(tmp_path, ["veerhuis", "sluis"]) as sandbox:
        connections = {name: json.loads(value) for name, value in sandbox.connections().items()}
        sandbox.write_integrations(tmp_path / "integrations")
        assert LoketClient(sandbox).get("/user").status_code == 200
        assert requests.get(f"{sandbox.afas.url}/ProfitRestServices/metainfo", timeout=10).status_code == 401
    loket = connections["AIRFLOW_CONN_LOKET_SLUIS"]
    assert (loket["conn_type"], loket["host"][-9:], loket["extra"]["environment"]) == (
        "loket",
        "/loket/v2",
        "production",
    )
    assert set(loket["extra"]) == {"refresh_token", "token_url", "environment"}
    assert "AIRFLOW_CONN_AFAS_SLUIS" not in connections
    assert {"AIRFLOW_CONN_AFAS_VEERHUIS", "AIRFLOW_CONN_XPERT_SLUIS", "AIRFLOW_CONN_PORTAL_SLUIS"} <= set(connections)
    written = yaml.safe_load((tmp_path / "integrations" / "sluis.yaml").read_text())
    assert written["source"] == {"system": "loket", "connection": "loket_sluis"}
    assert written["absence"]["causes"]["20001"]["1"] == "12"


def test_the_customers_of_the_demo_are_those_of_afas(tmp_path: Path) -> None:
    with Sandbox(tmp_path, people=10) as sandbox:
        assert list(sandbox.customers) == ["veerhuis", "oeverland"]


def _employers(name: str, people: int = 0) -> list[Employer]:
    provider = customer(name, people).provider
    assert provider is not None
    return provider.employers


def _everything(name: str, people: int = 0) -> list[Json]:
    """Return what a customer has, as the API would show it."""
    return [
        {
            "employee": person.content,
            "bsn": person.bsn,
            "jobs": [(job.content, job.entities, job.hours, job.wages, job.sepa) for job in person.employments],
            "absences": [(absence.content, absence.steps) for absence in person.absences],
        }
        for employer in _employers(name, people)
        for person in employer.people
    ]


def test_sluis_has_twelve_people_with_valid_numbers() -> None:
    people = _everything("sluis")
    assert len(people) == 12
    assert all(bsn.is_valid(each["bsn"]) for each in people)
    accounts = [row["iban"] for each in people for job in each["jobs"] for row in job[4]]
    assert len(accounts) > 12
    assert all(iban_number.is_valid(account) for account in accounts if not account.startswith("NL"))
    assert all(account[:2] == "BE" or _mod_97(account) == 1 for account in accounts)


def _mod_97(account: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4])) % 97


def test_a_generated_customer_is_the_same_every_time() -> None:
    one, two = (_everything("kanaal", 400) for _ in range(2))
    assert one == two
    assert len({each["bsn"] for each in one}) == len(one) == 400
    assert all(bsn.is_valid(each["bsn"]) for each in one)
    ids = [job[0]["id"] for each in one for job in each["jobs"]]
    assert len(set(ids)) == len(ids) > 400
    assert any(each["employee"]["address"] is None for each in one)
    details = [each["employee"]["personalDetails"] for each in one]
    limits = {"initials": 6, "firstName": 28, "prefix": 10, "lastName": 25}
    assert all(len(each[name] or "") <= most for each in details for name, most in limits.items())


def test_nobody_is_absent_twice_at_a_time_or_outside_of_work() -> None:
    for each in _everything("kanaal", 400):
        last = ""
        for absence, _ in each["absences"]:
            progress = absence["progress"]
            assert progress["startDate"] > last
            last = (progress["endOfAbsence"] or {}).get("date") or "9999"
            assert progress["startDate"] <= last
        ends = [job[0]["endDate"] for job in each["jobs"]]
        assert not (each["absences"] and None not in ends) or last <= max(ends)


def test_two_employers_share_a_number_for_two_people(waterway: Sandbox) -> None:
    client = LoketClient(waterway, "haven")
    east, west = client.people(20101), client.people(20102)
    assert set(east) & set(west) == {1002}
    assert east[1002]["id"] != west[1002]["id"]
    assert east[1002]["personalDetails"]["lastName"] != west[1002]["personalDetails"]["lastName"]


def test_a_large_customer_is_read_in_a_few_calls(waterway: Sandbox) -> None:
    client = LoketClient(waterway, "kanaal")
    waterway.loket.requests.clear()
    path = f"{EMPLOYERS}/{client.rows(EMPLOYERS)[0]['id']}/employees"
    pages = [client.get(path, pageSize=250, pageNumber=number, orderBy="id").json() for number in (1, 2)]
    assert [len(page["_embedded"]) for page in pages] == [250, 50]
    assert waterway.loket.counts() == {"GetEmployersByUserId": 1, "GetEmployeesByEmployerId": 2}


def test_the_command_starts_a_customer_of_loket(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from veerpont_sandbox.cli import app; app()"]
    options = ["up", "--home", str(tmp_path), "--customer", "sluis"]
    wide = os.environ | {"COLUMNS": "200"}
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=wide) as process:
        try:
            assert process.stdout is not None
            # The table is printed when everything answers; its last line is the customers.
            assert "sluis (loket)" in next(line for line in process.stdout if "customers" in line)
            port = json.loads((tmp_path / "sandbox.json").read_text())["ports"]["afas"]
            answer = requests.post(f"http://127.0.0.1:{port}/loket/token", data={"client_id": "x"}, timeout=10)
            assert answer.status_code == 401
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            # Leaving the block waits for the process, also when an assertion failed.
            process.kill()


def test_other_processes_change_things_over_http(waterway: Sandbox, loket: LoketClient) -> None:
    base = Screen(waterway).base

    def post(path: str, **content: Any) -> requests.Response:
        return requests.post(f"{base}/{path}", json={"customer": "sluis", **content}, timeout=10)

    assert post("change", change="rename", number=1001, last_name="Prins").status_code == 200
    assert loket.people()[1001]["personalDetails"]["lastName"] == "Prins"
    assert post("change", change="terminate", number=1001, last_day="2026-11-30").status_code == 200
    assert post("settings", rotation="lenient", today="2026-12-01").json()["today"] == "2026-12-01"
    assert waterway.loket.providers["sluis"].settings.rotation == "lenient"
    for wrong in ({"change": "explode"}, {"change": "rename", "number": 1, "last_name": "X"}):
        assert post("change", **wrong).status_code == 400
    log = requests.get(f"{base}/requests", timeout=10).json()
    assert log[-1]["operation"] == "GetEmployeesByEmployerId"
    assert requests.delete(f"{base}/requests", timeout=10).json() == []
