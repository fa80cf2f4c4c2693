"""`make test-distributed`: the processes of docker-compose.yaml with two workers, of which one dies in a load."""

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from airflow_rest import wait_until
from cluster import WORKERS, Cluster
from crossings import EMPLOYEES, IBAN
from sqlalchemy import select
from twin import AT_ONCE, CUSTOMERS, FLOWS, activate, books, refused, sandbox_in, second_day, sent, twin

from veerpont.store import upkeep
from veerpont.store.ledger import Ledger
from veerpont.store.tables import LeaseRow
from veerpont.store.vault import Vault
from veerpont_sandbox.portal import server
from veerpont_sandbox.world import Sandbox

pytestmark = [pytest.mark.distributed, pytest.mark.timeout(1_500)]

LOAD = "load:oeverland:employees"
PERSONAL = ("bsn", "iban", "geboortedatum", "mail", "telefoon", "mobiel", "achternaam")


class Gate:
    """Holds the upload of one customer's employees in the middle of the file."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        write = server._Files.write

        def held(files: server._Files, file: object, offset: int, data: bytes) -> Any:
            mine = files.portal is sandbox.portal and files.account.name == "oeverland"
            if not mine or self.reached.is_set():
                return write(files, file, offset, data)
            self.reached.set()
            return later(files, file, offset, data)

        async def later(files: server._Files, file: object, offset: int, data: bytes) -> Any:
            await asyncio.to_thread(self.opened.wait)
            return write(files, file, offset, data)

        patch.setattr(server._Files, "write", held)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_in(tmp_path) as started:
        yield started


@pytest.fixture
def cluster(tmp_path: Path, database: str, s3: dict[str, str], sandbox: Sandbox) -> Cluster:
    home = tmp_path / "cluster"
    home.mkdir()
    sandbox.write_integrations(home / "integrations")
    return Cluster(home, database, "s3://vault/veerpont", sandbox.connections() | s3)


def test_a_worker_dies_and_the_scheduler_goes_and_comes_back(
    cluster: Cluster, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing done twice: portals, books and deliveries are those of an undisturbed machine."""
    ledger = Ledger(cluster.environment["VEERPONT_LEDGER"])

    def run(*flows: str) -> None:
        """Run flows at the same time."""
        with ThreadPoolExecutor() as people:
            assert set(people.map(cluster.run, flows)) == {"success"}, cluster.failures(*flows)

    with cluster:
        cluster.unpause(*FLOWS)
        run("employers")
        activate(ledger, sandbox)
        run("employers")
        run("employees")
        run("organigram")
        run(*AT_ONCE)
        run("absence")
        assert {host for flow in FLOWS for host in cluster.hosts(flow)} == set(WORKERS)
        second_day(sandbox)

        gate = Gate(sandbox, monkeypatch)
        disturbed = cluster.begin("employees")
        assert gate.reached.wait(180)
        victim = holder(ledger)
        cluster.kill(victim)
        cluster.stop("scheduler")
        gate.opened.set()
        cluster.restart("scheduler")
        cluster.restart(victim)
        assert cluster.ended("employees", disturbed, 420) == "success", cluster.failures("employees")
        tries = loads_tried(cluster, disturbed)
        # others may have been loaded by the worker that was killed
        assert (tries.keys(), tries["oeverland"], max(tries.values())) == (set(CUSTOMERS), 2, 2)

        waves = {flow: cluster.begin(flow) for flow in ("organigram", *AT_ONCE)}
        wait_until(lambda: cluster.running(waves), 120, "nothing began")
        cluster.stop("scheduler")
        wait_until(lambda: not cluster.running(waves), 180, "the workers did not finish without a scheduler")
        cluster.restart("scheduler")
        assert {cluster.ended(flow, name, 300) for flow, name in waves.items()} == {"success"}

    with twin(tmp_path / "twin") as (undisturbed, its_ledger):
        for name in CUSTOMERS:
            ours, its = (each.portal for each in (sandbox, undisturbed))
            ours.settle()
            its.settle()
            assert ours.accounts[name].state == its.accounts[name].state, name
            assert ours.api(name, "iban") == its.api(name, "iban"), name
        assert books(ledger) == books(its_ledger)
        assert sent(ledger) == sent(its_ledger)
        assert refused(ledger) == refused(its_ledger)
    once_each(ledger, sandbox)
    for name, value in cluster.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    keys = (cluster.environment["VEERPONT_VAULT_KEYS"],)
    assert upkeep.lost(ledger, Vault("s3://vault/veerpont", keys)) == []
    nothing_personal(cluster, sandbox)


def loads_tried(cluster: Cluster, run: str) -> dict[str, int]:
    """Return how often the load of each customer began."""
    loads = cluster.tasks("employees", run, "load")
    return {str(each["rendered_map_index"]): int(each["try_number"]) for each in loads}


def holder(ledger: Ledger) -> str:
    """Return the worker that holds the lease of the load."""
    with ledger.session() as session:
        owner = session.scalar(select(LeaseRow.owner).where(LeaseRow.name == LOAD))
    assert owner is not None
    name = re.split("[/:]", owner)[0]
    assert name in WORKERS
    return name


def once_each(ledger: Ledger, sandbox: Sandbox) -> None:
    """Every delivery of a file is at the portal once, and the portal has no other."""
    names = [row[2:4] for row in _files(ledger)]
    assert len(names) == len(set(names))
    for customer in CUSTOMERS:
        for flow in ("employers", "organigram", "employees", "accounts", "absence"):
            known = sorted(name for who, what, name in _files(ledger) if (who, what) == (customer, flow))
            assert sorted(sandbox.portal.files(customer, flow)) == known


def _files(ledger: Ledger) -> list[tuple[str, str, str]]:
    from veerpont.store.tables import Delivery

    with ledger.session() as session:
        rows = session.execute(
            select(Delivery.integration, Delivery.flow, Delivery.name).where(
                Delivery.portal == "xpert_suite", Delivery.state == "delivered"
            )
        )
        return [(str(a), str(b), str(c)) for a, b, c in rows]


def nothing_personal(cluster: Cluster, sandbox: Sandbox) -> None:
    """No log of any process or task has a value of a person."""
    found = {
        str(value or "").removesuffix("T00:00:00Z")
        for connector in (EMPLOYEES, IBAN)
        for row in sandbox.afas.rows("veerhuis", connector)
        for field, value in row.items()
        if any(part in field.lower() for part in PERSONAL)
    }
    words = "|".join(re.escape(value) for value in found if len(value) >= 6)
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    logs = [*cluster.home.glob("*.log"), *(path for path in (cluster.home / "logs").rglob("*") if path.is_file())]
    assert len(logs) > 30
    for log in logs:
        assert not pattern.search(log.read_text(errors="replace")), log.name
