"""The set-up that docs/operating.md shows for servers of one's own, with nothing of the sandbox in it."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncssh
import pytest
from afas_rows import ABSENCE, BANK_ACCOUNT, DEPARTMENT, EMPLOYEE, EMPLOYER, MANAGER, Row, data_types
from afas_server import ENVIRONMENT, AfasServer
from afas_server import TOKEN as AFAS_TOKEN
from airflow_night import ROOT
from portals.json_api.server import TOKEN as PORTAL_TOKEN
from portals.json_api.server import PortalServer
from python_calamine import CalamineWorkbook

FOLDERS = ("Werkgevers", "Afdelingen", "Medewerkers", "Gebruikers", "Verzuim")
TODAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
LONG_AGO, BACK, LATELY = (TODAY - timedelta(days=days) for days in (600, 590, 10))
REMARK = "slapeloze nachten"
CHIEF = EMPLOYEE | {"GUID": MANAGER["Leidinggevende_Guid"], "Personeelsnummer": "KMA", "Roepnaam": "Karin"}


def _absence(number: int, begin: date, back: date | None) -> list[Row]:
    """Return the lines of a case of employee 1001."""
    stamp = f"{back or begin}T09:05:45Z"
    head = ABSENCE | {
        "Werkgevercode": "01",
        "Personeelsnummer": "1001",
        "Guid_medewerker": EMPLOYEE["GUID"],
        "Begin": f"{begin}T00:00:00Z",
        "Datum_ziekmelding": f"{begin}T00:00:00Z",
        "Gesim._begin_doorl._verzuim": f"{begin}T00:00:00Z",
        "Datum_hervatting": f"{back}T00:00:00Z" if back else None,
        "Datum_herstelmelding": f"{back}T00:00:00Z" if back else None,
        "Guid_verzuimmelding": f"{{FEF31C6B-48E8-44C5-9913-{number:012}}}",
        "Verloop_Gewijzigd_Op": stamp,
        "Melding_Gewijzigd_Op": stamp,
        "VerzuimId": number,
        "Opmerking": REMARK,
    }
    days = [(begin, 0), (back, 100)] if back else [(begin, 0)]
    return [
        head
        | {
            "Datum_deelherstel": f"{day}T00:00:00Z",
            "Aanwezigheidspercentage": presence,
            "GUID_verzuimverloop": f"{{05F50E58-C527-4E2A-{presence:04}-{number:012}}}",
        }
        for day, presence in days
    ]


@pytest.fixture
def afas() -> Iterator[AfasServer]:
    """AFAS with the sample rows of the connector document, made valid JSON; two cases, of which one is old."""
    server = AfasServer()
    chart = DEPARTMENT | {"Org._eenheid": EMPLOYEE["Afdelingscode"], "Org._eenheid_omschrijving": "Team Noordwest"}
    for flow, rows in {
        "Werkgevers": [EMPLOYER],
        "Organigram": [DEPARTMENT, chart],
        "Medewerker_Gegevens": [EMPLOYEE, CHIEF],
        "Accounts_Autorisaties": [MANAGER],
        "Verzuim": [*_absence(258, LONG_AGO, BACK), *_absence(259, LATELY, None)],
        "Medewerker_IBAN": [BANK_ACCOUNT],
    }.items():
        server.add(f"Newdays_Connect_{flow}_v1", data_types(rows[0]), rows)
    yield server
    server.close()


@pytest.fixture
def portal() -> Iterator[PortalServer]:
    """A portal that does what docs/json-api.yaml says."""
    server = PortalServer()
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


@pytest.mark.timeout(900)  # a minute on a machine that has nothing else to do
def test_an_instance_against_other_servers(
    tmp_path: Path, afas: AfasServer, sftp: tuple[int, str, str, Path], portal: PortalServer
) -> None:
    """`veerpont env`, an integration file and three connections are all it takes; the sample rows cross unchanged."""
    port, host_key, private_key, root = sftp
    home = tmp_path / "instance"
    shell = _Shell(home)
    shell.environment |= {
        "AIRFLOW_CONN_AFAS_ACME": json.dumps({
            "conn_type": "afas",
            "host": afas.url,
            "login": "12345",
            "password": f"<token><version>1</version><data>{AFAS_TOKEN}</data></token>",
        }),
        "AIRFLOW_CONN_XPERT_ACME": json.dumps({
            "conn_type": "sftp",
            "host": "127.0.0.1",
            "port": port,
            "login": "acme",
            "extra": {"private_key": private_key, "host_key": host_key},
        }),
        "AIRFLOW_CONN_PORTAL_ACME": json.dumps({"conn_type": "http", "host": portal.url, "password": PORTAL_TOKEN}),
    }
    (home / "integrations" / "acme.yaml").write_text(
        f"""
name: acme
customer: Acme Holding B.V.
source: {{system: afas, connection: afas_acme, environment: {ENVIRONMENT}}}
portals:
  - {{portal: xpert_suite, connection: xpert_acme, flows: [employers, organigram, employees, accounts, absence]}}
  - {{portal: json_api, connection: portal_acme, flows: [iban]}}
xpert_suite: {{profile: sandbox}}
absence:
  connector_window: null
  portal_deletes: delete
  recovery_date_is: first_day_back
  causes: {{"01": {{Z: "12"}}}}
"""
    )
    assert shell.json("veerpont check --json") == []
    shell("airflow dags test employers")
    assert [(row["code"], row["state"]) for row in shell.json("veerpont employers list acme --json")] == [
        ("01", "pending")
    ]
    shell("veerpont employers activate acme 01 --by tester")
    shell.run_dags("employers", "employees", "organigram", "accounts", "iban")
    printed = shell("airflow dags test absence")  # a year back is less than the portal's window
    assert list((root / "Verzuim").iterdir()) == []
    lacking = [row["month"] for row in shell.json("veerpont coverage acme --json") if not row["covered"]]
    assert lacking[0].startswith("<")
    assert f"{LONG_AGO:%Y-%m}" in lacking
    printed += shell("airflow dags test absence")  # so this one reads everything

    runs = shell.json("veerpont runs --integration acme --json")
    assert [(run["flow"], run["state"], run["read"], run["delivered"]) for run in runs] == [
        ("absence", "success", 3, 3),
        ("absence", "held", 1, 0),
        ("iban", "success", 1, 1),
        ("accounts", "success", 1, 1),
        ("organigram", "success", 2, 1),
        ("employees", "success", 2, 2),
        ("employers", "success", 1, 1),
        ("employers", "success", 1, 0),
    ]
    assert shell.json("veerpont rejects list --json") == []
    deliveries = shell.json("veerpont deliveries list --json")
    assert sorted((row["flow"], row["state"]) for row in deliveries) == [
        ("absence", "delivered"),
        ("absence", "superseded"),
        *((flow, "delivered") for flow in ("accounts", "employees", "employers", "iban", "organigram")),
    ]
    sent = [row for row in deliveries if row["state"] == "delivered"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["sha256"]) for row in sent)
    assert all(row["covered"] for row in shell.json("veerpont coverage acme --json"))

    employee, chief = _sheet(root / "Medewerkers")
    assert employee["personnel_number"] == "1001"
    assert employee["employer_code"] == "01"
    assert employee["external_id"] == EMPLOYEE["GUID"].strip("{}").upper()
    assert (employee["birth_date"], employee["fte"], employee["hours_per_week"]) == ("1962-05-01", 0.9, 36)
    assert (employee["last_name"], employee["first_name"], employee["gender"]) == ("test", "Denny", "Man")
    assert (employee["department_code"], employee["cost_centre_code"]) == ("TNW2M", "07")
    assert employee["manager_personnel_number"] == chief["personnel_number"] == "KMA"
    assert "bsn" not in employee
    assert [line["name"] for line in _sheet(root / "Werkgevers")] == ["PAQT.com B.V."]
    assert [line["department_code"] for line in _sheet(root / "Afdelingen")] == ["TNW2M"]
    assert len(_sheet(root / "Gebruikers")) == 1
    assert [
        (line["Personeelsnummer"], line["StartdatumTrajectVerloop"], line["EinddatumTrajectVerloop"] or None)
        for line in _sheet(root / "Verzuim")
    ] == [
        ("1001", f"{LONG_AGO}", f"{BACK - timedelta(days=1)}"),
        ("1001", f"{LATELY}", None),
    ]
    ((account,),) = portal.records["acme/iban"].values()
    assert account == {
        "external_id": employee["external_id"],
        "iban": BANK_ACCOUNT["IBAN-nummer"],
        "bic": BANK_ACCOUNT["BIC-code"],
    }
    assert REMARK not in printed


def _sheet(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the only file in a folder."""
    (path,) = folder.iterdir()
    header, *lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(header, line, strict=True)) for line in lines]


class _Shell:
    """Runs commands as a person would, in the environment that `veerpont env` printed."""

    def __init__(self, home: Path) -> None:
        program = Path(sys.executable).parent / "veerpont"
        script = f'set -eu; eval "$({program} env --home {home})"; env -0'
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        printed = subprocess.run(["bash", "-c", script], env=kept, capture_output=True, check=True).stdout
        self.environment = dict(item.split("=", 1) for item in printed.decode().split("\0") if item)

    def __call__(self, command: str) -> str:
        return self._run(command.split())

    def run_dags(self, *flows: str) -> None:
        """Do what `airflow dags test` does for each of the flows, in one process: it takes long to start."""
        self._run([
            sys.executable,
            "-c",
            "import sys\n"
            "from airflow.dag_processing.dagbag import BundleDagBag\n"
            f"bag = BundleDagBag(dag_folder={str(ROOT / 'dags')!r}, bundle_path={str(ROOT / 'dags')!r},"
            " bundle_name='dags-folder')\n"
            f"sys.exit(any(bag.dags[flow].test().state != 'success' for flow in {flows}))",
        ])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def json(self, command: str) -> Any:
        """Return the one JSON document that a command prints, on whichever stream."""
        return json.loads(self(command))
