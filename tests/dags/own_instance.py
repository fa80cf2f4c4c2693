"""An instance made with `veerpont env`, and what it needs to know of portals that are not of the sandbox."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from airflow_night import ROOT, Night
from cryptography.fernet import Fernet
from portals.json_api.server import TOKEN as PORTAL_TOKEN
from portals.json_api.server import PortalServer
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner


@dataclass(frozen=True)
class SftpServer:
    """Where it listens, its key, the key that opens it, and the folder it serves."""

    port: int
    host_key: str
    private_key: str
    root: Path


def portals(sftp: SftpServer, portal: PortalServer) -> dict[str, str]:
    """Return the connections of both portals, as docs/how-to/own-servers.md sets them."""
    extra = {"private_key": sftp.private_key, "host_key": sftp.host_key}
    files = {"conn_type": "sftp", "host": "127.0.0.1", "port": sftp.port, "login": "acme", "extra": extra}
    calls = {"conn_type": "http", "host": portal.url, "password": PORTAL_TOKEN}
    return {"AIRFLOW_CONN_XPERT_ACME": json.dumps(files), "AIRFLOW_CONN_PORTAL_ACME": json.dumps(calls)}


def sheet(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the only file in a folder."""
    (path,) = folder.iterdir()
    header, *lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(header, line, strict=True)) for line in lines]


def unpacked_wheel(folder: Path) -> Path:
    """Build the wheel, unpack it as an installer would, and return where."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "wheel")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "wheel").iterdir()
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


class Shell:
    """Runs commands as a person would, in the environment that `veerpont env` printed. `shown`: all they printed.

    `site`: a folder whose packages come before those that are installed.
    """

    def __init__(self, home: Path, site: Path | None = None) -> None:
        program = Path(sys.executable).parent / "veerpont"
        script = f'set -eu; eval "$({program} env --home {shlex.quote(str(home))})"; env -0'
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        kept |= {"PYTHONPATH": str(site)} if site else {}
        printed = subprocess.run(["bash", "-c", script], env=kept, capture_output=True, check=True).stdout
        self.shown: list[str] = []
        self.environment = dict(item.split("=", 1) for item in printed.decode().split("\0") if item)

    def __call__(self, command: str) -> str:
        return self._run(command.split())

    def run_all(self, *steps: str) -> list[Any]:
        """Do what `airflow dags test` does for a flow, or a command of `veerpont`, in one process for all steps.

        Returns the documents of the commands with `--json`.
        """
        folder = self.environment["AIRFLOW__CORE__DAGS_FOLDER"]
        printed = self._run([
            sys.executable,
            "-c",
            "import sys\n"
            "from airflow.dag_processing import dagbag\n"
            "from veerpont.cli.main import app\n"
            f"bag = dagbag.BundleDagBag(dag_folder={folder!r}, bundle_path={folder!r}, bundle_name='dags-folder')\n"
            "dagbag.sync_bag_to_db(bag, 'dags-folder', None)\n"
            "dagbag.sync_bag_to_db = lambda *_: None\n"  # each `test` would store all DAGs again
            "dagbag.BundleDagBag = lambda **_: bag\n"
            f"for step in {steps}:\n"
            "    program, *arguments = step.split()\n"
            "    if program != 'veerpont':\n"
            "        assert bag.dags[step].test().state == 'success', step\n"
            "    else:\n"
            "        print(end=chr(0))\n"
            "        app(arguments, standalone_mode=False)\n"
            "        print(end=chr(0))\n",
        ])
        return [json.loads(document) for document in printed.split("\0")[1::2] if document.startswith(("[", "{"))]

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300)
        self.shown += [done.stdout, done.stderr]
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def json(self, command: str) -> Any:
        """Return the one JSON document that a command prints, on whichever stream."""
        return json.loads(self(command))


class InProcess:
    """Does what Shell does in this process, on the Airflow of all tests: for what is not about how processes start."""

    def __init__(self, home: Path, dags: Any, patch: pytest.MonkeyPatch) -> None:
        (home / "integrations").mkdir(parents=True)
        ledger = f"sqlite:///{home / 'ledger.db'}"
        self.shown: list[str] = []
        self.environment = {
            "VEERPONT_INTEGRATIONS": str(home / "integrations"),
            "VEERPONT_LEDGER": ledger,
            "VEERPONT_VAULT": f"file://{home / 'vault'}",
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        }
        self._home, self._patch, self._night = home, patch, Night(dags, None, home, ledger)

    def __call__(self, command: str) -> str:
        from veerpont.cli.main import app

        self._settle()
        program, *arguments = command.split()
        if program == "airflow":
            self.run_all(*arguments[2:])
            return self.shown[-1]
        done = CliRunner().invoke(app, arguments)
        self.shown.append(done.output)
        assert done.exit_code == 0, done.output
        return done.output

    def json(self, command: str) -> Any:
        return json.loads(self(command))

    def run_all(self, *flows: str) -> None:
        """Run DAGs, and leave what Airflow's database then holds beside what we keep ourselves."""
        self._settle()
        with StringIO() as said, redirect_stdout(said), redirect_stderr(said):
            for flow in flows:
                self._night.run(flow)
                assert self._night.dag_run.state == "success"
            self.shown.append(said.getvalue())
        shutil.copy(Path(os.environ["AIRFLOW_HOME"]) / "airflow.db", self._home)

    def _settle(self) -> None:
        for name, value in self.environment.items():
            self._patch.setenv(name, value)
