"""Taking a customer live, at the desk: at the end of its checklist, by who may act, and back again."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from somebody import Somebody

from veerpont.config.integration import Integration, parse_integration
from veerpont.desk.digest import digest
from veerpont.desk.today import overview
from veerpont.store import live
from veerpont.store.clock import now
from veerpont.store.ledger import Ledger
from veerpont.store.live import LiveAct

FILE: dict[str, Any] = {
    "name": "acme",
    "customer": "Acme Holding B.V.",
    "schedule": "when_live",
    "source": {"system": "afas", "connection": "afas_acme", "environment": "O12345AA"},
    "portals": [{"portal": "xpert_suite", "connection": "xpert_acme", "flows": ["employers", "employees"]}],
}


@pytest.fixture
def file(client: Any, tmp_path: Path) -> Path:
    path = tmp_path / "integrations" / "acme.yaml"
    path.write_text(yaml.safe_dump(FILE))
    return path


def press(client: Any, button: str) -> Any:
    """Press the button of the last step as a browser would."""
    page = client.get("/customers/acme?lang=en").text
    form = re.search(rf"<form[^>]*action=\"[^\"]*/live\">((?:(?!</form>).)*>{button}</button>)", page, re.DOTALL)
    assert form, button
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    return client.post("/customers/acme/live", data=values)


@pytest.mark.usefixtures("file")
class TestTheLastStep:
    def test_takes_it_live_and_back_and_says_by_whom(self, client: Any, filled: Ledger, person: Somebody) -> None:
        assert "Taken live" not in client.get("/customers/acme?lang=en").text
        done = press(client, "Take live").text
        assert "the schedule runs it from the next run on" in done
        assert f"Taken live: {person.name}" in done
        with filled.session() as session:
            assert live.waiting(session, found()) == set()
        assert "Taken off the schedule: els" in press(client, "Take off the schedule").text
        with filled.session() as session:
            assert live.waiting(session, found()) == {"acme"}

    def test_is_refused_to_who_may_only_look(self, client: Any, filled: Ledger, person: Somebody) -> None:
        person.acts = False
        assert "/live" not in client.get("/customers/acme").text
        person.acts = True
        page = client.get("/customers/acme?lang=en").text
        values = dict(re.findall(r'name="(token|act)" value="([^"]*)"', page))
        person.acts = False
        assert client.post("/customers/acme/live", data=values).status_code == 403
        person.acts = True
        assert client.post("/customers/acme/live", data=values | {"token": "another"}).status_code == 403
        with filled.session() as session:
            assert live.last(session, "acme") is None

    def test_is_not_there_for_one_that_is_on_the_schedule_by_its_file(self, client: Any, file: Path) -> None:
        token = re.search(r'name="token" value="([^"]*)"', client.get("/customers/acme").text)
        file.write_text(yaml.safe_dump(FILE | {"schedule": "always"}))
        assert "/live" not in client.get("/customers/acme").text
        assert token
        assert client.post("/customers/acme/live", data={"token": token[1], "act": "take live"}).status_code == 404


@pytest.mark.usefixtures("file")
def test_today_says_that_it_is_not_live(client: Any, filled: Ledger) -> None:
    assert "not live yet" in client.get("/?lang=en").text
    press(client, "Take live")
    assert "not live yet" not in client.get("/?lang=en").text


def test_nothing_of_one_that_is_not_live_is_late(filled: Ledger) -> None:
    """The schedule does not run it: no page and no mail may say that something should have arrived."""
    moment = now() + timedelta(days=366)
    late: dict[bool, tuple[bool, bool]] = {}
    for taken in (False, True):
        with filled.session() as session:
            live.decide(session, "acme", LiveAct.TAKE if taken else LiveAct.BACK, "Els")
            (customer,) = overview(session, found(), {}, moment)
        pages = any(line.late for line in customer.lines)
        late[taken] = pages, bool(digest(filled, found()["acme"], moment).late)
    assert late == {False: (False, False), True: (True, True)}


def found() -> dict[str, Integration]:
    return {"acme": parse_integration("acme.yaml", yaml.safe_dump(FILE))}
