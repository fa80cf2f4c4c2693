"""The set-up that docs/operating.md shows for servers of one's own, with nothing of the sandbox in it."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from afas_rows import DEPARTMENT, EMPLOYEE, EMPLOYER
from afas_server import ENVIRONMENT, TOKEN, AfasServer
from python_calamine import CalamineWorkbook

FOLDERS = ("Werkgevers", "Afdelingen", "Medewerkers")


def _connector(row: dict[str, Any], dates: tuple[str, ...], numbers: dict[str, str]) -> dict[str, str]:
    return {name: "date" if name.startswith(dates) else numbers.get(name, "string") for name in row}


@pytest.fixture
def afas() -> Iterator[AfasServer]:
    """AFAS with the sample rows of the connector document, made valid JSON."""
    server = AfasServer()
    dates = ("Begindatum", "Einddatum", "Geboortedatum", "Datum_", "Mutatiedatum")
    days = {f"Uren_{day}": "decimal" for day in ("Zo", "Ma", "Di", "Wo", "Do", "Vr", "Za")}
    counts = ("Huisnummer", "Dienstverbandnummer", "Contractnummer", "Volgnummer_rooster")
    numbers = dict.fromkeys(counts, "int") | {"FTE": "decimal", "Uren_per_week": "decimal"} | days
    server.add("Newdays_Connect_Werkgevers_v1", _connector(EMPLOYER, dates, numbers), [EMPLOYER])
    chart = DEPARTMENT | {"Org._eenheid": EMPLOYEE["Afdelingscode"], "Org._eenheid_omschrijving": "Team Noordwest"}
    server.add("Newdays_Connect_Organigram_v1", _connector(DEPARTMENT, dates, numbers), [DEPARTMENT, chart])
    server.add("Newdays_Connect_Medewerker_Gegevens_v1", _connector(EMPLOYEE, dates, numbers), [EMPLOYEE])
    yield server
    server.close()


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[tuple[int, str, str, Path]]:
    """An SFTP server: port, host key, the client's private key, and the folder it serves."""
    root = tmp_path / "sftp"
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    host_key, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(client.export_public_key().decode()),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    yield (
        acceptor.get_port(),
        host_key.export_public_key().decode().strip(),
        client.export_private_key().decode(),
        root,
    )
    loop.call_soon_threadsafe(acceptor.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def test_an_instance_against_other_servers(tmp_path: Path, afas: AfasServer, sftp: tuple[int, str, str, Path]) -> None:
    """`veerpont env`, an integration file and two connections are all it takes; the sample rows cross unchanged."""
    port, host_key, private_key, root = sftp
    home = tmp_path / "instance"
    shell = _Shell(home)
    shell.environment |= {
        "AIRFLOW_CONN_AFAS_ACME": json.dumps({
            "conn_type": "afas",
            "host": afas.url,
            "login": "12345",
            "password": f"<token><version>1</version><data>{TOKEN}</data></token>",
        }),
        "AIRFLOW_CONN_XPERT_ACME": json.dumps({
            "conn_type": "sftp",
            "host": "127.0.0.1",
            "port": port,
            "login": "acme",
            "extra": {"private_key": private_key, "host_key": host_key},
        }),
    }
    (home / "integrations" / "acme.yaml").write_text(
        f"""
name: acme
customer: Acme Holding B.V.
source: {{system: afas, connection: afas_acme, environment: {ENVIRONMENT}}}
portals:
  - {{portal: xpert_suite, connection: xpert_acme, flows: [employers, organigram, employees]}}
xpert_suite: {{profile: sandbox}}
"""
    )
    assert shell.json("veerpont check --json") == []
    shell("airflow dags test employers")
    assert [(row["code"], row["state"]) for row in shell.json("veerpont employers list acme --json")] == [
        ("01", "pending")
    ]
    shell("veerpont employers activate acme 01 --by tester")
    for flow in ("employers", "employees", "organigram"):
        shell(f"airflow dags test {flow}")

    runs = shell.json("veerpont runs --integration acme --json")
    assert [(run["flow"], run["state"], run["delivered"]) for run in runs] == [
        ("organigram", "success", 1),
        ("employees", "success", 1),
        ("employers", "success", 1),
        ("employers", "success", 0),
    ]
    assert shell.json("veerpont rejects list --json") == []
    sent = shell.json("veerpont deliveries list --json")
    assert {row["state"] for row in sent} == {"delivered"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["sha256"]) for row in sent)

    employee = _sheet(root / "Medewerkers")
    assert employee["personnel_number"] == "1001"
    assert employee["employer_code"] == "01"
    assert employee["external_id"] == EMPLOYEE["GUID"].strip("{}").upper()
    assert (employee["birth_date"], employee["fte"], employee["hours_per_week"]) == ("1962-05-01", 0.9, 36)
    assert (employee["last_name"], employee["first_name"], employee["gender"]) == ("test", "Denny", "Man")
    assert (employee["department_code"], employee["cost_centre_code"]) == ("TNW2M", "07")
    assert employee["manager_personnel_number"] == "KMA"
    assert "bsn" not in employee
    assert _sheet(root / "Werkgevers")["name"] == "PAQT.com B.V."
    assert _sheet(root / "Afdelingen")["department_code"] == "TNW2M"


def _sheet(folder: Path) -> dict[str, Any]:
    """Return the only line of the only file in a folder."""
    (path,) = folder.iterdir()
    header, line = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return dict(zip(header, line, strict=True))


class _Shell:
    """Runs commands as a person would, in the environment that `veerpont env` printed."""

    def __init__(self, home: Path) -> None:
        program = Path(sys.executable).parent / "veerpont"
        script = f'set -eu; eval "$({program} env --home {home})"; env -0'
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        printed = subprocess.run(["bash", "-c", script], env=kept, capture_output=True, check=True).stdout
        self.environment = dict(item.split("=", 1) for item in printed.decode().split("\0") if item)

    def __call__(self, command: str) -> str:
        done = subprocess.run(
            command.split(), env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def json(self, command: str) -> Any:
        """Return the one JSON document that a command prints, on whichever stream."""
        return json.loads(self(command))
