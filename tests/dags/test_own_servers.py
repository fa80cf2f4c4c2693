"""The set-up that docs/how-to/own-servers.md shows for servers of one's own, with nothing of the sandbox in it."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from afas_rows import ABSENCE, BANK_ACCOUNT, DEPARTMENT, EMPLOYEE, EMPLOYER, MANAGER, Row, data_types
from afas_server import ENVIRONMENT, AfasServer
from afas_server import TOKEN as AFAS_TOKEN
from airflow_night import ROOT
from own_instance import SftpServer, Shell, portals, sheet, unpacked_wheel
from portals.json_api.server import PortalServer

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


@pytest.mark.whole  # of Loket test_own_servers_loket.py does the same in each run of the tests
@pytest.mark.timeout(900)  # a minute on a machine that has nothing else to do
def test_an_instance_against_other_servers(
    tmp_path: Path, afas: AfasServer, sftp: SftpServer, portal: PortalServer
) -> None:
    """The wheel, `veerpont init`, a file and three connections are all it takes: the sample rows cross unchanged."""
    home = tmp_path / "an instance: 100%25 of it?"
    root = sftp.root
    site, written = unpacked_wheel(tmp_path), tmp_path / "written"
    names = {path.relative_to(site).parts[0] for path in site.rglob("*.py")}
    assert names == {"veerpont"}, "no sandbox, no tests"
    shell = Shell(home, site)
    shell(f"veerpont init {written}")
    assert {path.name for path in (written / "dags").iterdir()} == {
        path.name for path in (ROOT / "dags").iterdir() if path.suffix in {".py", ".json"}
    }
    shell.environment |= {
        "AIRFLOW__CORE__DAGS_FOLDER": str(written / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(written / "plugins"),
    }
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home, home / "ledger.db", home / "airflow.db")}
    assert modes == {home.name: 0o700, "ledger.db": 0o600, "airflow.db": 0o600}
    shell.environment |= {
        "AIRFLOW_CONN_AFAS_ACME": json.dumps({
            "conn_type": "afas",
            "host": afas.url,
            "login": "12345",
            "password": f"<token><version>1</version><data>{AFAS_TOKEN}</data></token>",
        }),
    } | portals(sftp, portal)
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
    pending, before, runs, rejects, deliveries, months = shell.run_all(
        "veerpont employers list acme --json",
        "veerpont employers activate acme 01 --by tester",
        *("employers", "employees", "organigram", "accounts", "iban"),
        "absence",  # a year back is less than the portal's window
        "veerpont coverage acme --json",
        "absence",  # so this one reads everything
        "veerpont runs --integration acme --json",
        "veerpont rejects list --json",
        "veerpont deliveries list --json",
        "veerpont coverage acme --json",
    )
    assert [(row["code"], row["state"]) for row in pending] == [("01", "pending")]
    lacking = [row["month"] for row in before if not row["covered"]]
    assert lacking[0].startswith("<")
    assert f"{LONG_AGO:%Y-%m}" in lacking
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
    assert rejects == []
    assert sorted((row["flow"], row["state"]) for row in deliveries) == [
        ("absence", "delivered"),
        ("absence", "superseded"),
        *((flow, "delivered") for flow in ("accounts", "employees", "employers", "iban", "organigram")),
    ]
    sent = [row for row in deliveries if row["state"] == "delivered"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["sha256"]) for row in sent)
    assert all(row["covered"] for row in months)

    employee, chief = sheet(root / "Medewerkers")
    assert employee["personnel_number"] == "1001"
    assert employee["employer_code"] == "01"
    assert employee["external_id"] == EMPLOYEE["GUID"].strip("{}").upper()
    assert (employee["birth_date"], employee["fte"], employee["hours_per_week"]) == ("1962-05-01", 0.9, 36)
    assert (employee["last_name"], employee["first_name"], employee["gender"]) == ("test", "Denny", "Man")
    assert (employee["department_code"], employee["cost_centre_code"]) == ("TNW2M", "07")
    assert employee["manager_personnel_number"] == chief["personnel_number"] == "KMA"
    assert "bsn" not in employee
    assert [line["name"] for line in sheet(root / "Werkgevers")] == ["PAQT.com B.V."]
    assert [line["department_code"] for line in sheet(root / "Afdelingen")] == ["TNW2M"]
    assert len(sheet(root / "Gebruikers")) == 1
    assert [
        (line["Personeelsnummer"], line["StartdatumTrajectVerloop"], line["EinddatumTrajectVerloop"] or None)
        for line in sheet(root / "Verzuim")
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
    assert REMARK not in "".join(shell.shown)
