"""The whole sandbox: AFAS, Loket, the portal and the mail server of a few customers, on this machine's own ports."""

import asyncio
import json
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncssh
import uvicorn
import yaml

from veerpont_sandbox.afas.environment import Environment
from veerpont_sandbox.afas.server import Afas, Connection
from veerpont_sandbox.control import routes
from veerpont_sandbox.customers import DEMO_BAD_ROWS, CustomerSpec, customer
from veerpont_sandbox.customers.timesheets import hours_settings
from veerpont_sandbox.faults import Faults
from veerpont_sandbox.loket import control as loket_control
from veerpont_sandbox.loket.server import Loket
from veerpont_sandbox.mail import Mail
from veerpont_sandbox.portal import json_api
from veerpont_sandbox.portal.server import RECEIVER, Portal

FLOWS = {
    "xpert_suite": ("employers", "organigram", "employees", "accounts", "absence"),
    "json_api": ("iban", "payroll"),
    "loket_hours": ("hours",),
}
HOST = "127.0.0.1"
REPORTS = "Rapporten"
"""Where the portal puts its log reports on an account."""
USUAL = ("veerhuis", "oeverland")
"""The customers of the demo."""


class Sandbox:
    """Everything outside of Veerpont, in `home`; a context manager.

    `customers`: names that `customers.customer` knows, or specs; each has its source in AFAS or in Loket. `people`:
    the size of a generated customer. `bad_rows`: which of `customers.BAD_ROWS` veerhuis has. `flows`: the ones that the
    integration files ask for, all of FLOWS when left out. `reports`: the portal puts its log reports on the account,
    and the integration files look for them there. Ports are free ones, remembered in `home/sandbox.json`; what the
    portal knows and Loket's refresh tokens survive a restart, AFAS and Loket start with their first rows again.
    """

    def __init__(
        self,
        home: Path,
        customers: Sequence[str | CustomerSpec] = USUAL,
        people: int | None = None,
        bad_rows: Sequence[str] = DEMO_BAD_ROWS,
        flows: Sequence[str] | None = None,
        reports: bool = False,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.flows = flows
        self.customers = {
            spec.name: spec
            for spec in (customer(c, people or 2_000, bad_rows) if isinstance(c, str) else c for c in customers)
        }
        self.activate = {spec.name: spec.activate for spec in self.customers.values()}
        self.inactive = {spec.name: spec.inactive for spec in self.customers.values()}
        self.faults = Faults()
        self._web, ports = _ports(home / "sandbox.json")
        self._sftp_port = ports["sftp"]
        everybody, url = self.customers.values(), f"http://{HOST}:{ports['afas']}"
        environments = [Environment(c.name, c.environment, c.member, c.tables) for c in everybody if c.system == "afas"]
        self.afas = Afas(url, environments, self.faults)
        self.loket = Loket(url, [c.provider for c in everybody if c.provider], self.faults, home / "loket")
        self.portal = Portal(home / "portal", self.customers, self.faults)
        self.reports = reports
        for account in self.portal.accounts.values() if reports else ():
            account.report_into(REPORTS)
        self.mail = Mail(home / "mail", ports["smtp"])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._server: uvicorn.Server | None = None
        self._serving: Any = None
        self._sftp: asyncssh.SSHAcceptor | None = None

    def start(self) -> None:
        """Start the three servers; they answer when this returns."""
        self._thread.start()
        others = [*loket_control.routes(self.loket), *self.portal.json_api.routes(), *self.loket.routes()]
        app = self.afas.app([*routes(self.afas, self.portal), *others])
        # What goes wrong is what the faults ask for: the server's own log would only be noise.
        config = uvicorn.Config(app, http=Connection, lifespan="off", log_config=None, log_level=60, access_log=False)
        self._server = uvicorn.Server(config)
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve([self._web]), self._loop)
        asyncssh.set_log_level("ERROR")
        self._sftp = asyncio.run_coroutine_threadsafe(self.portal.start(self._sftp_port), self._loop).result()
        self.mail.start()

    def stop(self) -> None:
        """Stop them; an import that is running is finished first."""
        try:
            self.portal.settle()
        finally:
            self._shut()

    def _shut(self) -> None:
        self.mail.stop()
        if self._server:
            self._server.should_exit = True
            self._serving.result()
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._web.close()

    async def _hang_up(self) -> None:
        """Stop listening, and end the sessions that clients left open."""
        if self._sftp:
            self._sftp.close()
        open_tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_tasks:
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def portal_url(self) -> str:
        """The base URL of the portal's JSON API."""
        return f"{self.afas.url}{json_api.PATH}"

    def connections(self) -> dict[str, str]:
        """Return `AIRFLOW_CONN_…` → JSON, for every connection of docs/contracts.md."""
        found: dict[str, dict[str, Any]] = {
            "smtp_default": {
                "conn_type": "smtp",
                "host": self.mail.host,
                "port": self.mail.port,
                "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "veerpont@veerpont.example"},
            }
        }
        for name, spec in self.customers.items():
            found[f"{spec.system}_{name}"] = self._source(spec)
            for connection, login in ((f"xpert_{name}", name), (f"receiver_{name}", f"{RECEIVER}{name}")):
                found[connection] = {
                    "conn_type": "sftp",
                    "host": self.portal.host,
                    "port": self._sftp_port,
                    "login": login,
                    "extra": {"private_key": self.portal.accounts[name].key, "host_key": self.portal.host_key},
                }
            found[f"portal_{name}"] = {
                "conn_type": "http",
                "host": self.portal_url,
                "password": self.portal.json_api.tokens[name],
            }
        return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in found.items()}

    def _source(self, spec: CustomerSpec) -> dict[str, Any]:
        """Return the connection of a customer's source."""
        if spec.system == "loket":
            return self.loket.connection(spec.name)
        return {
            "conn_type": "afas",
            "host": self.afas.url,
            "login": spec.member,
            "password": self.afas.environments[spec.name].token,
            "extra": {"environment": "production"},
        }

    def write_integrations(self, folder: Path) -> None:
        """Write one integration file per customer (docs/contracts.md), and drop what its time registration has."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, spec in self.customers.items():
            source = {"system": spec.system, "connection": f"{spec.system}_{name}"}
            integration: dict[str, Any] = {
                "name": name,
                "customer": spec.title,
                # The environment is for AFAS; at Loket it is optional.
                "source": source | ({"environment": spec.environment} if spec.system == "afas" else {}),
                "portals": self._portals(spec),
                "xpert_suite": {"profile": "sandbox", "file_format": spec.file_format},
                "mail": {"to": [f"beheer@{name.replace('_', '-')}.example"], "language": "nl"},
            }
            if self.reports:
                integration["xpert_suite"]["report"] = {"folder": REPORTS, "within_hours": 24}
            if spec.absence:
                integration["absence"] = spec.absence
            if any("payroll" in portal["flows"] for portal in integration["portals"]):
                integration["payroll"] = spec.payroll
            if spec.timesheet and any(portal["portal"] == "loket_hours" for portal in integration["portals"]):
                drop = self.home / "drops" / name
                drop.mkdir(parents=True, exist_ok=True)
                (drop / "2026-11.csv").write_bytes(spec.timesheet)
                integration["hours"] = hours_settings(drop)
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(integration, sort_keys=False, allow_unicode=True))

    def _portals(self, spec: CustomerSpec) -> list[dict[str, Any]]:
        """Return the portals of one customer, those that get a flow."""
        name = spec.name
        connections = {"xpert_suite": f"xpert_{name}", "json_api": f"portal_{name}"}
        if spec.timesheet:
            connections["loket_hours"] = f"loket_{name}"
        lacks = set() if spec.payroll else {"payroll"}
        wanted = {
            flow for flows in FLOWS.values() for flow in flows if self.flows is None or flow in self.flows
        } - lacks
        found = {portal: [flow for flow in flows if flow in wanted] for portal, flows in FLOWS.items()}
        return [
            {"portal": portal, "connection": connections[portal], "flows": flows}
            for portal, flows in found.items()
            if flows and portal in connections
        ]


def _ports(path: Path) -> tuple[socket.socket, dict[str, int]]:
    """Return a listening socket for AFAS and the ports of all three servers, the same ones as the last time."""
    known: dict[str, int] = json.loads(path.read_text())["ports"] if path.exists() else {}
    sockets = {name: _listen(known.get(name, 0)) for name in ("afas", "sftp", "smtp")}
    ports = {name: int(each.getsockname()[1]) for name, each in sockets.items()}
    for name in ("sftp", "smtp"):
        sockets[name].close()
    path.write_text(json.dumps({"ports": ports}))
    return sockets["afas"], ports


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches off the delay of small packets (40 ms per answer).
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((HOST, port))
    opened.listen(128)
    return opened
