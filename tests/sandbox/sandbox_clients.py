"""Clients that know nothing of the sandbox but its addresses."""

import base64
import io
import json
from typing import Any

import paramiko
import requests

from veerpont_sandbox.portal.state import Report
from veerpont_sandbox.world import Sandbox

EMPLOYERS = "Newdays_Connect_Werkgevers_v1"
ORGANIGRAM = "Newdays_Connect_Organigram_v1"
EMPLOYEES = "Newdays_Connect_Medewerker_Gegevens_v1"


class Client:
    """Calls the AFAS API as a customer's app connector would."""

    def __init__(self, url: str, token: str) -> None:
        self.base = f"{url}/ProfitRestServices"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"AfasToken {base64.b64encode(token.encode()).decode()}"

    def get(self, path: str, **params: str | int) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", params=params, timeout=10)

    def rows(self, connector: str, **params: str | int) -> list[dict[str, Any]]:
        answer = self.get(f"connectors/{connector}", **params)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows


class Sender:
    """Puts files on the portal as the customer's account."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.ssh = paramiko.SSHClient()
        connection = json.loads(sandbox.connections()["AIRFLOW_CONN_XPERT_VEERHUIS"])
        kind, key = connection["extra"]["host_key"].split()
        name = f"[{connection['host']}]:{connection['port']}"
        self.ssh.get_host_keys().add(name, kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        self.ssh.connect(
            connection["host"],
            connection["port"],
            connection["login"],
            pkey=paramiko.Ed25519Key.from_private_key(io.StringIO(connection["extra"]["private_key"])),
            allow_agent=False,
            look_for_keys=False,
        )
        self.sftp = self.ssh.open_sftp()

    def send(self, path: str, content: bytes) -> Report:
        """Upload under a temporary name, rename, and wait for the report."""
        with self.sftp.open(f"{path}.part", "wb") as file:
            file.write(content)
        self.sftp.posix_rename(f"{path}.part", path)
        return self.sandbox.portal.reports("veerhuis")[-1]

    def employers(self, *codes: str) -> Report:
        return self.send("/Werkgevers/w.csv", table("employer_code name", *(f"{code} Werkgever" for code in codes)))

    def departments(self, *lines: str) -> Report:
        header = "employer_code department_code name parent_department_code"
        return self.send("/Afdelingen/a.csv", table(header, *lines))

    def employees(self, *lines: str, header: str = "") -> Report:
        columns = "employer_code personnel_number employment_number last_name employment_start"
        return self.send("/Medewerkers/m.csv", table(f"{columns} {header}".strip(), *lines))


def table(header: str, *lines: str) -> bytes:
    """Write a csv as the portal expects it; `-` is an empty cell."""
    rows = [line.replace(" ", ";").replace("-;", ";") for line in (header, *lines)]
    return ("\ufeff" + "".join(f"{row.removesuffix(';-')}\r\n" for row in rows)).encode()
