"""A client of the Loket API that knows nothing of the sandbox but its address and its connection."""

import json
from typing import Any

import requests

from veerpont_sandbox.world import Sandbox

NEWEST = "2026-11-22"


class LoketClient:
    """Calls as a customer's client would; `version` is the date in `Accept`."""

    def __init__(self, sandbox: Sandbox, customer: str = "sluis") -> None:
        connection = json.loads(sandbox.connections()[f"AIRFLOW_CONN_LOKET_{customer.upper()}"])
        self.base: str = connection["host"]
        self.token_url: str = connection["extra"]["token_url"]
        self.client_id: str = connection["login"]
        self.client_secret: str = connection["password"]
        self.refresh_token: str = connection["extra"]["refresh_token"]
        self.session = requests.Session()
        self.log_in()

    def token(self, **form: str) -> requests.Response:
        """Call the token page; the client's id and secret are added."""
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        return requests.post(self.token_url, data=client | form, timeout=10)

    def log_in(self) -> None:
        answer = self.token(grant_type="refresh_token", refresh_token=self.refresh_token)
        assert answer.status_code == 200, answer.text
        self.refresh_token = answer.json()["refresh_token"]
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, version: str | None = NEWEST, **options: Any) -> requests.Response:
        accept = f"application/json;version={version}" if version else "application/json"
        headers = {"Accept": accept, **options.pop("headers", {})}
        return self.session.request(method, f"{self.base}{path}", headers=headers, timeout=10, **options)

    def get(self, path: str, version: str | None = NEWEST, **params: Any) -> requests.Response:
        return self.call("GET", path, version, params=params)

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return one page of a list, sorted by id unless `orderBy` says otherwise."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["_embedded"]
        return found

    def content(self, path: str, version: str | None = NEWEST) -> dict[str, Any]:
        answer = self.get(path, version)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["content"]
        return found

    def employer(self, number: int = 20001) -> str:
        """Return the GUID of an employer."""
        return str(next(row["id"] for row in self.rows("/providers/employers") if row["employerNumber"] == number))

    def people(self, number: int = 20001) -> dict[int, dict[str, Any]]:
        """Return the people of an employer by employee number."""
        rows = self.rows(f"/providers/employers/{self.employer(number)}/employees")
        return {row["employeeNumber"]: row for row in rows}


class Screen:
    """Uploads files as a person does, and reads what the payroll has."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.base = f"{sandbox.loket.url}/sandbox/loket"
        self.chosen = {"customer": "sluis", "administration": "7001", "year": "2026", "period": "11"}

    def upload(self, content: bytes, **chosen: str) -> requests.Response:
        return requests.post(f"{self.base}/import", data=content, params=self.chosen | chosen, timeout=10)

    def payroll(self) -> dict[int, dict[str, Any]]:
        rows = requests.get(f"{self.base}/payroll", params=self.chosen, timeout=10).json()
        return {row["payrollId"]: row["components"] for row in rows}
