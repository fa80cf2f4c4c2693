"""A bad record at 14:05, from the round that found it to the mail that says it was solved (issue 4)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from crossings import IBAN, Crossing, guid

from veerpont.config.integration import read_integrations
from veerpont.desk.digest import Digest, digest
from veerpont.desk.digest_mail import render
from veerpont.desk.lists import list_rejects
from veerpont.rules.dates import AMSTERDAM
from veerpont.store import rejects, runs

ANNA, KAREL = guid(1), guid(2)
Step = Callable[[str], None]


@pytest.fixture
def walk(known: Crossing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Step]:
    """Run a round of iban at a moment, which is also what the ledger's clock says."""
    for module in (rejects, runs):
        monkeypatch.setattr(module, "now", lambda: (known.moment or datetime.now(UTC)).astimezone(UTC))

    def step(moment: str) -> None:
        assert not any(known.at(moment).round().values())

    yield step
    known.sandbox.portal.accounts["veerhuis"].today = None


def mail(known: Crossing, moment: str) -> Digest:
    """Return the mail of a morning, after looking for what must not be in it."""
    integration = read_integrations(known.home / "integrations")[0]["veerhuis"]
    found = digest(known.ledger, integration, datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM))
    for language in ("nl", "en"):
        for part in render(found, language, "https://airflow.example/desk"):
            assert not any(value in part for value in ("5A0D0001", "PONT0", "Vries", "beheer@")), part
    return found


def of_iban(found: Digest) -> dict[str, tuple[int, int]]:
    """Return reason → how many are open, and how many of these are new."""
    groups = [group for group in found.open if group.flow == "iban"]
    return {
        reason: (
            sum(group.count for group in groups if group.reason == reason),
            sum(group.new for group in groups if group.reason == reason),
        )
        for reason in {group.reason for group in groups}
    }


def state(known: Crossing, key: str) -> tuple[str, int]:
    found = {row["key"]: row for row in list_rejects(known.ledger, "veerhuis", "iban", None)}
    return found[key]["state"], found[key]["attempts"]


def test_a_bad_record_at_five_past_two(known: Crossing, walk: Step) -> None:
    portal = known.sandbox.portal.json_api
    walk("2026-11-21T21:00")
    walk("2026-11-23T14:00")
    before = {"several_accounts": (1, 0), "invalid_iban": (1, 0)}  # what veerhuis has had all along
    assert of_iban(mail(known, "2026-11-25T07:00")) == before

    # 14:05: the portal refuses Anna's new account, and Karel's has a wrong check digit
    good = {row["GUID"]: row["IBAN-nummer"] for row in known.source("iban")}
    known.sandbox.faults.add("api_reject", keys=[ANNA], value="account_closed", field="iban")
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{ANNA}}}", {"IBAN-nummer": good[f"{{{KAREL}}}"]})
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{KAREL}}}", {"IBAN-nummer": "NL00PONT0000010003"})
    walk("2026-11-23T14:05")
    assert state(known, ANNA) == state(known, KAREL) == ("open", 1)

    # until 21:00 nothing is tried, and nothing sent, since nothing changes
    calls = len(portal.requests)
    for moment in ("14:10", "14:15", "18:00", "20:55"):
        walk(f"2026-11-23T{moment}")
    assert state(known, ANNA) == state(known, KAREL) == ("open", 1)
    assert len(portal.requests) == calls

    # 21:00: tried again, and still refused
    walk("2026-11-23T21:00")
    assert state(known, ANNA) == ("open", 2)

    # 07:00: both in the mail, as new
    assert of_iban(mail(known, "2026-11-24T07:00")) == {
        "account_closed": (1, 1),
        "invalid_iban": (2, 1),
        "several_accounts": (1, 0),
    }

    # 10:00: Karel's is corrected at the source, which is a change: the next round takes it
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{KAREL}}}", {"IBAN-nummer": good[f"{{{KAREL}}}"]})
    walk("2026-11-24T10:00")
    assert state(known, KAREL)[0] == "closed"

    # 11:00: the portal would take Anna's now. Nothing changed here, so it waits for 21:00
    known.sandbox.faults.clear("api_reject")
    walk("2026-11-24T11:00")
    walk("2026-11-24T20:55")
    assert state(known, ANNA) == ("open", 2)
    walk("2026-11-24T21:00")
    assert state(known, ANNA)[0] == "closed"
    assert known.sandbox.portal.api("veerhuis", "iban")[ANNA]

    # 07:00: solved
    found = mail(known, "2026-11-25T07:00")
    assert of_iban(found) == before
    assert {(one.reason, one.count) for one in found.solved if one.flow == "iban"} == {
        ("account_closed", 1),
        ("invalid_iban", 1),
    }
