"""Through Airflow: the portal's reports are read, and one customer's trouble stops no other's."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from airflow_night import Night
from sqlalchemy import update

from veerpont.desk import lists
from veerpont.model.flows import Flow
from veerpont.pipeline import desk_work
from veerpont.store import rejects as store
from veerpont.store import work
from veerpont.store.clock import now
from veerpont.store.tables import Delivery
from veerpont_sandbox.world import REPORTS

Make = Callable[..., Night]
CUSTOMERS = ("veerhuis", "oeverland")
TEXT = "Werkgever {name} uit {city} is geblokkeerd"


@pytest.fixture
def here(night: Make) -> Night:
    """Two customers whose employers were sent, and whose portal reports; it rejects one line of each."""
    found = night(people=30, reports=True)
    found.without_airflow("employers")
    found.activate()
    found.sandbox.faults.add("reject_lines", keys=["01"], value=TEXT, flow="employers")
    found.without_airflow("employers")
    return found


def age(here: Night) -> None:
    """Let a minute pass since the portal wrote its reports."""
    here.sandbox.portal.settle()
    for customer in CUSTOMERS:
        for path in (here.sandbox.portal.accounts[customer].root / REPORTS).iterdir():
            os.utime(path, (1_700_000_000, 1_700_000_000))


def states(here: Night) -> dict[str, str]:
    return {row["integration"]: row["state"] for row in lists.list_deliveries(here.ledger, None, "employers")}


def rejects(here: Night, state: str = "open") -> list[dict[str, Any]]:
    found = lists.list_rejects(here.ledger, None, "employers", state)
    return [row for row in found if row["reason"] == "portal_rejected"]


def test_what_the_desk_was_given_is_read(here: Night, capfd: pytest.CaptureFixture[str]) -> None:
    """Each customer's report is confirmed; one that is none is refused, which fails nothing and keeps nobody back."""
    given = [desk_work.give(here.ledger, CUSTOMERS[0], "els", list(Flow), b"no report")]
    for customer in CUSTOMERS:
        here.sandbox.portal.settle()
        newest = sorted((here.sandbox.portal.accounts[customer].root / REPORTS).iterdir())[-1]
        given.append(desk_work.give(here.ledger, customer, "els", list(Flow), newest.read_bytes()))
    assert here.run("desk_work") == {"do[-1]": "success"}
    with here.ledger.session() as session:
        found = [work.one(session, number) for number in given]
    assert [row.state for row in found if row] == ["refused", "done", "done"]
    assert states(here) == dict.fromkeys(CUSTOMERS, "confirmed")
    shown = "".join(capfd.readouterr())
    assert "lacks a column" in shown
    assert "els" not in shown.split()


def test_reports_are_read_and_what_was_rejected_waits(here: Night, capfd: pytest.CaptureFixture[str]) -> None:
    """Skipped until there is anything; then rejects with the portal's words; skipped again when all are confirmed."""
    age(here)
    assert here.run("portal_reports") == {"read[-1]": "success"}
    assert states(here) == dict.fromkeys(CUSTOMERS, "confirmed")
    assert {(row["integration"], row["key"]) for row in rejects(here)} == {(name, "01") for name in CUSTOMERS}
    assert {row["detail"] for row in rejects(here)} == {"The portal says: Werkgever [name] uit [city] is geblokkeerd"}
    assert here.run("portal_reports") == {"read[-1]": "skipped"}

    here.sandbox.faults.clear()
    with here.ledger.session() as session:
        store.retry(session, store.RejectFilter(reason="portal_rejected"), "Jo")
    here.without_airflow("employers")
    assert rejects(here) == []
    assert len(rejects(here, "closed")) == 2
    streams = capfd.readouterr()
    names = {row["name"] for row in lists.list_employers(here.ledger, None)}
    assert not any(name in streams.out + streams.err for name in names)


def test_one_customers_trouble_stops_no_other(here: Night) -> None:
    """A form that is not the portal's: its managers hear of it, once; the other's reports are taken."""
    age(here)
    path = here.home / "integrations" / "oeverland.yaml"
    content = yaml.safe_load(path.read_text())
    content["xpert_suite"]["report"]["delimiter"] = ","
    path.write_text(yaml.safe_dump(content))
    here.sandbox.mail.clear()
    for _ in range(2):
        assert set(here.run("portal_reports").values()) <= {"success", "skipped"}
    assert states(here) == {"veerhuis": "confirmed", "oeverland": "delivered"}
    (message,) = here.sandbox.mail.messages()
    assert (str(message["To"]), "niet te lezen" in str(message["Subject"])) == ("beheer@oeverland.example", True)

    content["xpert_suite"]["report"]["delimiter"] = ";"
    path.write_text(yaml.safe_dump(content))
    here.run("portal_reports")
    assert states(here) == dict.fromkeys(CUSTOMERS, "confirmed")
    assert "weer te lezen" in str(here.sandbox.mail.messages()[-1]["Subject"])


def test_a_report_that_never_comes(here: Night) -> None:
    """Nobody is told before it is due; then its managers are, once, and once more when a later file is confirmed."""
    for customer in CUSTOMERS:
        age(here)
        for path in (here.sandbox.portal.accounts[customer].root / REPORTS).iterdir():
            path.unlink()
    here.sandbox.mail.clear()
    assert here.run("portal_reports") == {"read[-1]": "success"}
    assert here.sandbox.mail.messages() == []
    with here.ledger.session() as session:
        late = update(Delivery).where(Delivery.integration == "veerhuis", Delivery.report_due.is_not(None))
        session.execute(late.values(report_due=now() - timedelta(minutes=1)))
    for _ in range(2):
        here.run("portal_reports")
    (message,) = here.sandbox.mail.messages()
    assert "verstuurd, nooit bevestigd" in str(message["Subject"])

    here.sandbox.faults.clear()
    moved = {"Woonplaats": "Elders"}
    assert here.sandbox.afas.update("veerhuis", "Newdays_Connect_Werkgevers_v1", "Werkgeverscode", "01", moved)
    here.without_airflow("employers")
    age(here)
    here.run("portal_reports")
    assert "weer bevestigd" in str(here.sandbox.mail.messages()[-1]["Subject"])
