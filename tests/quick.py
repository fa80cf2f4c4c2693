"""`make quick`: the tests that need no server, no Airflow and no database server.

The folders are in the Makefile. Of what stands in them, tests that are marked `server` and those on PostgreSQL or
object storage are left out. The rest is held to it: what listens on a port, starts PostgreSQL or imports Airflow fails.
"""

import sys
from typing import Any

import pytest

SERVERS = {"postgresql", "s3"}
"""Values of parameters that start a server."""


class ServerNeededError(AssertionError):
    """A test of `make quick` needs more than this process."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a parameter starts a server for."""
    left_out = [item for item in items if needs_server(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def needs_server(item: pytest.Item) -> bool:
    """Tell whether a test says that it needs a server, by its marker or its parameters."""
    chosen = item.callspec.params if hasattr(item, "callspec") else {}
    return item.get_closest_marker("server") is not None or not SERVERS.isdisjoint(map(str, chosen.values()))


def pytest_configure(config: pytest.Config) -> None:
    """Watch from here on what the process does."""
    sys.addaudithook(_refuse)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail the tests from which on Airflow is loaded, however it was imported."""
    if "airflow" in sys.modules:
        raise ServerNeededError("make quick: this test, or one before it, loaded Airflow. Mark it `server`.")


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    listens = event == "socket.bind" and isinstance(args[1], tuple)  # a text is a socket of this machine
    if listens or (event == "subprocess.Popen" and "postgres" in str(args[0])):
        raise ServerNeededError(f"make quick: a test needs {event}. Mark it `server`.")
