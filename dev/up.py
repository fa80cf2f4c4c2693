"""`make up`: the sandbox and Airflow's UI with the demo's data and three users, until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from place import HOME, enter
from rich.console import Console

USERS = {"manager": "op", "engineer": "admin", "viewer": "viewer"}
"""Names, which are the passwords too, and roles in Airflow; all of it is on this machine's own address only."""
HEALTH = "http://127.0.0.1:{port}/api/v2/monitor/health"


def main() -> int:
    """Start both, say where the UI is once it answers, stop both on Ctrl-C or SIGTERM."""
    console = Console()
    port = os.environ.get("VEERPONT_UI_PORT", "8080")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with enter():
        os.environ |= {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": port,
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords()),
            "VEERPONT_DESK_URL": f"http://127.0.0.1:{port}/desk",
        }
        airflow = Path(sys.executable).parent / "airflow"
        with (HOME / "up.log").open("w", encoding="utf-8") as log:
            # a session of its own: `airflow standalone` leaves its children behind unless the whole group is told
            process = subprocess.Popen([airflow, "standalone"], stdout=log, stderr=log, start_new_session=True)
        try:
            with console.status("Airflow is starting, half a minute"):
                while process.poll() is None and not _answers(HEALTH.format(port=port)):
                    time.sleep(0.5)  # Airflow tells nobody when it is up: ask its health page
            if process.poll() is None:
                console.print(f"Airflow: http://127.0.0.1:{port}  ·  the desk: Veerpont in its navigation")
                console.print("Log in as manager, engineer or viewer (who only looks): the password is the name")
                console.print(f"Ctrl-C stops it  ·  its log: {log.name}")
            process.wait()
        except KeyboardInterrupt:
            return 0
        else:
            console.print(f"Airflow ended by itself; {log.name} says why.", style="red")
            return 1
        finally:
            _stop(process)


def _passwords() -> Path:
    """Write the file of passwords that Airflow's simple auth manager reads, and return where it is."""
    file = HOME / "passwords.json"
    file.write_text(json.dumps({name: name for name in USERS}), encoding="utf-8")
    return file


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
