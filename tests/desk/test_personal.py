"""No personal value on any page of the desk, nor in what tasks of a real Airflow tell others, after a bad night."""

import json
import os
import re
from html import unescape
from urllib.parse import urljoin

import proving
import pytest
import requests
from airflow_rest import wait_until
from airflow_up import AirflowUp

from veerpont.store import employers

pytestmark = pytest.mark.timeout(600)

PEOPLE = "Newdays_Connect_Medewerker_Gegevens_v1"
BANK = "Newdays_Connect_Medewerker_IBAN_v1"
PAGES_AT_MOST = 400
FLOWS = ("employees", "organigram", "accounts", "absence", "iban")
FLOWS = FLOWS if proving.ROWS in os.environ else ("employees", "absence")
"""What runs here: employers crossed before. A run of any flow has the same callbacks, so the sample has two."""
ROWS = "rows,integration=veerhuis,flow=employees,portal=xpert_suite"


FIELDS = ("achternaam", "roepnaam", "partner", "geboortedatum", "bsn", "straat", "mail", "telefoon", "mobiel", "iban")


def personal(up: AirflowUp, customer: str) -> set[str]:
    """Return every name, number, address and account that AFAS has, as far as it is not too short to tell."""
    found = {
        str(value or "").removesuffix("T00:00:00Z")
        for connector in (PEOPLE, BANK)
        for row in up.sandbox.afas.rows(customer, connector)
        for field, value in row.items()
        if any(part in field.lower() for part in FIELDS)
    }
    return {value for value in found if len(value) >= 4}


@pytest.fixture(scope="module")
def night(up: AirflowUp) -> None:
    """Let flows of veerhuis run by the scheduler, and bring what changed."""
    assert up.sandbox.afas.update("veerhuis", PEOPLE, "Personeelsnummer", "1001", {"Achternaam": "Nieuwenhuis"})
    with up.ledger.session() as session:
        employers.activate(session, "veerhuis", ["01"], "test")
    for flow in FLOWS:
        assert up.run(flow, "veerhuis") == "success"


@pytest.fixture(scope="module")
def pattern(up: AirflowUp) -> re.Pattern[str]:
    """Return what finds a personal value of veerhuis."""
    secrets = personal(up, "veerhuis")
    assert len(secrets) > 50
    words = "|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


@pytest.mark.usefixtures("night")
def test_no_metric_has_one(up: AirflowUp, pattern: re.Pattern[str]) -> None:
    """And the tasks send what the page about metrics promises: when each flow succeeded, and the rows by their fate."""
    ours = "integration=veerhuis,flow={},portal={}"
    ran = ("employers", *FLOWS)
    known = {flow: ours.format(flow, "json_api" if flow == "iban" else "xpert_suite") for flow in ran}
    # a run is over before the callback of its last task is
    wait_until(lambda: all(f"success_at,{where}" in up.gauges for where in known.values()), 60, "no metric came")
    assert up.gauges[f"{ROWS},fate=delivered"] > 0
    assert not [name for name in up.gauges if pattern.search(name)]


@pytest.mark.usefixtures("night")
def test_no_lineage_has_one(up: AirflowUp, pattern: re.Pattern[str]) -> None:
    """And each task that delivered says from where to where, with the books of its run."""
    text = up.lineage.read_text()
    assert not pattern.search(text)
    events = [json.loads(line) for line in text.splitlines()]
    *_, event = [  # earlier ones are of other tests, which share this Airflow
        event
        for event in events
        if event["eventType"] == "COMPLETE"
        and "veerhuis/employees/xpert_suite" in [each["name"] for each in event["outputs"]]
    ]
    assert event["job"]["name"] == "employees.cross.load"
    assert [each["name"] for each in event["inputs"]] == ["veerhuis/employees/afas"]
    (output,) = event["outputs"]
    assert output["facets"]["veerpont_books"]["delivered"] == up.gauges[f"{ROWS},fate=delivered"]


@pytest.mark.usefixtures("night")
def test_no_page_shows_one(up: AirflowUp, pattern: re.Pattern[str]) -> None:
    """Every page that a link leads to, in both languages; keys, codes, counts and names of employers only."""
    browser = requests.Session()
    browser.cookies.set("_token", up.token("op"))
    waiting, seen = [f"{up.url}/desk/", f"{up.url}/desk/?lang=en"], set()
    while waiting and len(seen) < PAGES_AT_MOST:
        url = waiting.pop(0)
        if url in seen:
            continue
        seen.add(url)
        text = unescape(browser.get(url, timeout=60).text)
        assert not pattern.search(text), url
        links = {urljoin(url, link).partition("#")[0] for link in re.findall(r'<a [^>]*href="([^"]+)"', text)}
        waiting += sorted(link for link in links if "/desk/" in link and link not in seen)
    assert any("/customers/" in url for url in seen)
    assert any(url.endswith("/pictures") and "/customers/" in url for url in seen)
    assert any("/rejects/group" in url for url in seen)
    assert any(re.search(r"/rejects/\d+", url) for url in seen)
    assert any(re.search(r"/deliveries/\d+", url) for url in seen)
    assert len(seen) > 30
