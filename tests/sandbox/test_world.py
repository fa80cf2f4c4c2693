"""The sandbox as a whole: what it writes for Veerpont, what it remembers, and its customers."""

import json
import os
import signal
import smtplib
import stat
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import requests
import yaml
from sandbox_clients import EMPLOYEES, EMPLOYERS, Sender
from stdnum.nl import bsn

from veerpont_sandbox.customers import BAD_ROWS, customer
from veerpont_sandbox.world import Sandbox

NOTHING = {"employers": 0, "departments": 0, "employees": 0, "absences": 0, "users": 0}


def test_a_second_start_has_the_same_ports_keys_and_portal(tmp_path: Path) -> None:
    with Sandbox(tmp_path, ["veerhuis"]) as first:
        Sender(first).employers("01", "02")
        connections = first.connections()
    with Sandbox(tmp_path, ["veerhuis"]) as second:
        assert second.connections() == connections
        assert second.portal.counts() == NOTHING | {"employers": 2}
        assert Sender(second).employers("01", "02").changes == 0


def test_integration_files_fit_the_connections(running: Sandbox, tmp_path: Path) -> None:
    running.write_integrations(tmp_path)
    connections = running.connections()
    for name, file_format in (("veerhuis", "xlsx"), ("oeverland", "csv")):
        found = yaml.safe_load((tmp_path / f"{name}.yaml").read_text())
        assert found["xpert_suite"] == {"profile": "sandbox", "file_format": file_format}
        assert found["source"]["environment"] == running.customers[name].environment
        afas = json.loads(connections[f"AIRFLOW_CONN_{found['source']['connection'].upper()}"])
        assert not afas["host"].lower().endswith("profitrestservices")
        sftp = json.loads(connections[f"AIRFLOW_CONN_{found['portals'][0]['connection'].upper()}"])
        assert sftp["extra"]["host_key"].startswith("ssh-ed25519 AAAA")
        api = json.loads(connections[f"AIRFLOW_CONN_{found['portals'][1]['connection'].upper()}"])
        assert (api["conn_type"], api["host"]) == ("http", f"{afas['host']}/portal")
        assert [portal["flows"] for portal in found["portals"]] == [
            ["employers", "organigram", "employees", "accounts", "absence"],
            ["iban", "payroll"] if name == "veerhuis" else ["iban"],
        ]
        assert found["absence"] == running.customers[name].absence


def test_integration_files_ask_for_the_flows_that_are_wanted(tmp_path: Path) -> None:
    for flows, expected in (
        (("employees", "employers"), {"xpert_suite": ["employers", "employees"]}),
        (("iban", "absence"), {"xpert_suite": ["absence"], "json_api": ["iban"]}),
    ):
        with Sandbox(tmp_path / flows[0], ["veerhuis"], flows=flows) as sandbox:
            sandbox.write_integrations(tmp_path)
        found = yaml.safe_load((tmp_path / "veerhuis.yaml").read_text())
        assert {portal["portal"]: portal["flows"] for portal in found["portals"]} == expected


def test_mail_is_kept(running: Sandbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@veerpont.example", "b@acme.example", "Uitval"
    message.set_content("Eén regel.")
    with smtplib.SMTP(running.mail.host, running.mail.port) as client:
        client.send_message(message)
    (kept,) = running.mail.messages()
    assert kept["Subject"] == "Uitval"
    running.mail.clear()


def test_generated_people_are_the_same_every_time_and_pass_the_elfproef() -> None:
    one, two = (list(customer("oeverland", 500).tables[EMPLOYEES]()) for _ in range(2))
    assert one == two
    numbers = {row[0]: row[2] for row in one}
    assert len(numbers) == len(set(numbers.values())) == 500
    assert all(bsn.is_valid(number) for number in numbers.values())


def test_veerhuis_has_twelve_people_and_the_bad_rows_that_are_asked_for() -> None:
    good = list(customer("veerhuis", bad_rows=()).tables[EMPLOYEES]())
    assert len({row[1] for row in good}) == 12
    assert all(bsn.is_valid(row[2]) for row in good)
    assert len(list(customer("veerhuis", bad_rows=list(BAD_ROWS)).tables[EMPLOYEES]())) == len(good) + len(BAD_ROWS)


def test_the_command_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from veerpont_sandbox.cli import app; app()"]
    home = ["--home", str(tmp_path)]
    with subprocess.Popen(
        [*command, "up", *home, "--people", "20"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    ) as process:
        assert process.stdout is not None
        # The table is printed when everything answers; its last line is the customers.
        next(line for line in process.stdout if "customers" in line)
        port = json.loads((tmp_path / "sandbox.json").read_text())["ports"]["afas"]
        rows = {"customer": "oeverland", "connector": EMPLOYERS}
        assert len(requests.get(f"http://127.0.0.1:{port}/sandbox/rows", params=rows, timeout=10).json()) == 4
        status = subprocess.run([*command, "status", *home, "--json"], capture_output=True, text=True, check=True)
        assert json.loads(status.stdout)["total"] == NOTHING
        shown = subprocess.run(
            [*command, "status", *home],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"COLUMNS": "200"},
        ).stdout
        assert "absences" in shown
        assert "users" in shown
        fault = subprocess.run([*command, "fault", "add", "wrong", *home], capture_output=True, text=True, check=False)
        assert fault.returncode == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert stat.S_IMODE((tmp_path / "connections.env").stat().st_mode) == 0o600
