"""The desk within a real Airflow: its login, its roles, and its way to start a flow with the right of whoever asked."""

import re
from typing import Any

import pytest
import requests
from airflow_up import AirflowUp
from sqlalchemy import select

from veerpont.model.failures import Problem, Stage
from veerpont.store import rejects
from veerpont.store.scope import Scope
from veerpont.store.tables import Decision

pytestmark = pytest.mark.timeout(600)

PROBLEM = Problem(Stage.TRANSFORM, "Naam", "missing_value", "Fill it in.")
ACT = {"act": "retry", "integration": "veerhuis", "flow": "employers", "stage": "transform", "reason": "missing_value"}
GROUP = "rejects/group?integration=veerhuis&flow=employers&employer=&stage=transform&reason=missing_value"


@pytest.fixture
def reject(up: AirflowUp) -> None:
    """An open reject of a flow that runs in a second."""
    with up.ledger.session() as session:
        rejects.add(session, Scope("veerhuis", "employers"), "test", {"K1": PROBLEM})


def browser(up: AirflowUp, name: str) -> requests.Session:
    """Return what carries the cookie of somebody who logged in, as a browser does."""
    session = requests.Session()
    session.cookies.set("_token", up.token(name))
    session.headers["origin"] = up.url
    return session


def token(page: str) -> dict[str, Any]:
    found = re.search(r'name="token" value="(\w+)"', page)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    return {"token": found[1] if found else "", "seen": seen[1] if seen else "2100-01-01T00:00:00Z"}


def decisions(up: AirflowUp) -> list[tuple[str, str]]:
    with up.ledger.session() as session:
        return [(row.decision, row.by) for row in session.scalars(select(Decision).order_by(Decision.id))]


@pytest.mark.parametrize("path", ["", "rejects", "employers", "deliveries", "rejects/1", "static/desk.js", "nowhere"])
def test_nobody_gets_a_page_without_a_login(up: AirflowUp, path: str) -> None:
    answer = requests.get(f"{up.url}/desk/{path}", timeout=60)
    assert answer.status_code == (404 if path == "nowhere" else 401)
    assert "<table" not in answer.text
    assert requests.get(f"{up.url}/desk/{path}", cookies={"_token": "made.up.token"}, timeout=60).status_code in {
        401,
        403,
        404,
    }


def test_nobody_acts_without_a_login(up: AirflowUp, reject: None) -> None:
    before = decisions(up)
    answer = requests.post(f"{up.url}/desk/rejects/act", data=ACT | token(""), headers={"origin": up.url}, timeout=60)
    assert answer.status_code == 401
    assert decisions(up) == before


def test_a_viewer_looks_and_may_not_act(up: AirflowUp, reject: None) -> None:
    """Not even with the token that an operator's page carries."""
    viewer = browser(up, "viewer")
    page = viewer.get(f"{up.url}/desk/{GROUP}", timeout=60)
    assert page.status_code == 200
    assert 'method="post"' not in page.text
    stolen = token(browser(up, "op").get(f"{up.url}/desk/{GROUP}", timeout=60).text)
    assert stolen["token"]
    before = decisions(up)
    assert viewer.post(f"{up.url}/desk/rejects/act", data=ACT | stolen, timeout=60).status_code == 403
    assert decisions(up) == before


def test_an_operator_acts_and_airflow_starts_the_flow_in_their_name(up: AirflowUp, reject: None) -> None:
    """For that integration; Airflow notes who, and its own log of acts has it too."""
    operator = browser(up, "op")
    page = operator.get(f"{up.url}/desk/{GROUP}", timeout=60)
    known = {run["dag_run_id"] for run in up.runs("employers")}
    answer = operator.post(
        f"{up.url}/desk/rejects/act", data=ACT | token(page.text), headers={"accept-language": "en"}, timeout=120
    )
    assert answer.status_code == 200
    assert "Employers was started." in answer.text
    assert decisions(up)[-1] == ("retry asked", "op")
    (run,) = [run for run in up.runs("employers") if run["dag_run_id"] not in known]
    assert (run["triggering_user_name"], run["conf"]) == ("op", {"integration": "veerhuis"})
    assert up.ended("employers", run["dag_run_id"]) == "success"
    logged = up.call("GET", "eventLogs?dag_id=employers&event=trigger_dag_run&order_by=-id&limit=1")["event_logs"]
    assert [entry["owner"] for entry in logged] == ["op"]


def test_a_paused_flow_is_marked_and_not_queued(up: AirflowUp, reject: None) -> None:
    """A run of a paused DAG would wait, unseen, and begin at whatever hour somebody unpauses it."""
    operator = browser(up, "op")
    up.pause("employers")
    try:
        page = operator.get(f"{up.url}/desk/{GROUP}&lang=en", timeout=60)
        known = {run["dag_run_id"] for run in up.runs("employers")}
        answer = operator.post(f"{up.url}/desk/rejects/act", data=ACT | token(page.text), timeout=60)
        assert "Employers is paused in Airflow" in answer.text
        assert {run["dag_run_id"] for run in up.runs("employers")} == known
        assert decisions(up)[-1] == ("retry asked", "op")
    finally:
        up.unpause("employers")


def test_the_navigation_has_the_desk(up: AirflowUp) -> None:
    """As Airflow's own UI asks for it; and no plugin failed to load."""
    plugins = up.call("GET", "plugins?limit=100")["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "veerpont_desk"]
    assert ours["external_views"][0]["href"] == "/desk/"
    assert up.call("GET", "plugins/importErrors")["total_entries"] == 0


def test_the_checklist_looks_up_connections_within_the_api_server(up: AirflowUp) -> None:
    """Those of the environment and of Airflow's own database; one that is nowhere is missing."""
    viewer = browser(up, "viewer")
    page = viewer.get(f"{up.url}/desk/customers/veerhuis?lang=en", timeout=60)
    assert page.status_code == 200
    found = re.findall(r'<li class="(\w+)">(?:(?!<li).)*Connection (\w+) in Airflow', page.text, re.S)
    assert found == [("done", "afas_veerhuis"), ("done", "xpert_veerhuis"), ("done", "portal_veerhuis")]
    text = (up.integrations / "veerhuis.yaml").read_text()
    (up.integrations / "other.yaml").write_text(
        text.replace("name: veerhuis", "name: other").replace("afas_veerhuis", "afas_kept").replace("xpert_v", "none_v")
    )
    try:
        up.call("POST", "connections", connection_id="afas_kept", conn_type="afas", login="12345", password="x")
        page = viewer.get(f"{up.url}/desk/customers/other?lang=en", timeout=60)
    finally:
        (up.integrations / "other.yaml").unlink()
    assert page.status_code == 200
    found = re.findall(r'<li class="(\w+)">(?:(?!<li).)*Connection (\w+) in Airflow', page.text, re.S)
    assert found == [("done", "afas_kept"), ("missing", "none_veerhuis"), ("done", "portal_veerhuis")]
    assert "The connection none_veerhuis does not exist" in page.text


def test_a_role_sees_its_customer_and_to_anybody_else_there_is_none(up: AirflowUp) -> None:
    """Of the simple auth manager; nobody is exempt. By name it is the same."""
    text = (up.integrations / "veerhuis.yaml").read_text().replace("name: veerhuis", "name: closed")
    file = up.integrations / "closed.yaml"
    people = {name: browser(up, name) for name in ("admin", "op", "viewer")}
    try:
        for seen_by, sees in (("{roles: [op]}", {"op"}), ("{users: [viewer], roles: [admin]}", {"viewer", "admin"})):
            file.write_text(f"{text}\nseen_by: {seen_by}\n")
            for name, person in people.items():
                page = person.get(f"{up.url}/desk/customers/closed", timeout=60)
                assert page.status_code == (200 if name in sees else 404)
                today = person.get(f"{up.url}/desk/", timeout=60).text
                assert ("customers/closed" in today) is (name in sees)
    finally:
        file.unlink()
