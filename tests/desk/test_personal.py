"""No personal value on any page of the desk, after a night with everything that goes wrong in the sandbox."""

import re
from html import unescape
from urllib.parse import urljoin

import pytest
import requests
from airflow_up import AirflowUp

from veerpont.store import employers

pytestmark = pytest.mark.timeout(600)

PEOPLE = "Newdays_Connect_Medewerker_Gegevens_v1"
BANK = "Newdays_Connect_Medewerker_IBAN_v1"
PAGES_AT_MOST = 400


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


def test_no_page_shows_one(up: AirflowUp) -> None:
    """Every page that a link leads to, in both languages; keys, codes, counts and names of employers only."""
    with up.ledger.session() as session:
        employers.activate(session, "veerhuis", ["01"], "test")
    for flow in ("employers", "employees", "organigram", "accounts", "absence", "iban"):
        assert up.run(flow, "veerhuis") == "success"
    secrets = personal(up, "veerhuis")
    assert len(secrets) > 50
    words = "|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
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
