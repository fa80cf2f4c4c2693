"""A bad record at 14:05, from the round that found it to the mail that says it was solved."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from crossings import EMPLOYERS, IBAN, ORGANIGRAM, After, Crossing, guid
from managers import change
from proving import every_other

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


def send(known: Crossing) -> None:
    flows = ["employers", "organigram", "employees", "accounts", "absence"]
    known.configure(
        portals=[{"portal": "json_api", "connection": "portal_veerhuis", "flows": flows}],
        absence={"initial_days": 1500},
    )
    known.at("2026-11-22T21:00")
    for flow in ("employers", "employees", "organigram", "accounts", "absence"):
        known(flow)


@pytest.fixture
def sent(known: Crossing, after: After, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Every nightly flow and absence have gone to the JSON API, which answers for each record."""
    for module in (rejects, runs):
        monkeypatch.setattr(module, "now", lambda: (known.moment or datetime.now(UTC)).astimezone(UTC))
    return after(send)


def states(known: Crossing, flow: str) -> dict[str, tuple[str, int]]:
    """Return record key → state and attempts, of what the portal refused."""
    found = list_rejects(known.ledger, "veerhuis", flow, None)
    return {row["key"]: (row["state"], row["attempts"]) for row in found if row["reason"] == "refused_here"}


CHANGES: dict[str, tuple[str, Callable[[Crossing], object]]] = {
    "employers": ("01", lambda known: update(known, EMPLOYERS, "Werkgeverscode", "01", {"Woonplaats": "Nieuwstad"})),
    "organigram": (
        "KADE",
        lambda known: update(known, ORGANIGRAM, "Org._eenheid", "KADE", {"Org._eenheid_omschrijving": "Nieuw"}),
    ),
    "employees": (ANNA, lambda known: known.change("1001", Functie="Nieuw")),
    "accounts": (KAREL, lambda known: change(known, KAREL, Mail_werk="nieuw@veerhuis.example")),
}
"""Flow → a record key, and what happens to it at the source."""


def update(known: Crossing, connector: str, field: str, value: str, changes: dict[str, object]) -> None:
    assert known.sandbox.afas.update("veerhuis", connector, field, value, changes)


@pytest.mark.parametrize("flow", every_other(list(CHANGES)))
def test_the_same_in_a_nightly_flow(sent: Crossing, flow: str) -> None:
    """Runs by hand leave what the portal refused alone while it does not change; the 21:00 run tries it again."""
    key, happens = CHANGES[flow]
    happens(sent)
    ids = [each for each in sent.sandbox.portal.api("veerhuis", flow) if key in each]
    sent.sandbox.faults.add("api_reject", keys=ids, value="refused_here")
    sent.at("2026-11-23T14:05")(flow)
    assert states(sent, flow) == {key: ("open", 1)}
    calls = len(sent.sandbox.portal.json_api.requests)
    for moment in ("14:10", "18:00"):
        sent.at(f"2026-11-23T{moment}")(flow)
    assert len(sent.sandbox.portal.json_api.requests) == calls

    sent.at("2026-11-23T21:00")(flow)  # tried again, and still refused
    assert states(sent, flow) == {key: ("open", 2)}
    groups = [group for group in mail(sent, "2026-11-24T07:00").open if group.reason == "refused_here"]
    assert [(group.flow, group.count, group.new) for group in groups] == [(flow, 1, 1)]

    sent.sandbox.faults.clear("api_reject")  # the portal would take it now; nothing changed here
    sent.at("2026-11-24T15:00")(flow)
    assert states(sent, flow) == {key: ("open", 2)}
    sent.at("2026-11-24T21:00")(flow)
    assert states(sent, flow)[key][0] == "closed"
    solved = mail(sent, "2026-11-25T07:00").solved
    assert [(one.flow, one.count) for one in solved if one.reason == "refused_here"] == [(flow, 1)]


def test_absence_does_not_wait_for_the_night(sent: Crossing) -> None:
    """A case without a cause is tried by every run, at 21:00 and before: the first after the code came has it."""
    case = next(each for each in sent.book.cases("1001"))
    key = case.guid.strip("{}")
    causes = read_integrations(sent.home / "integrations")[0]["veerhuis"].absence.causes
    sent.configure(absence={"causes": {code: {"vangnet": "7"} for code in causes}})
    sent.at("2026-11-23T14:00")("absence")
    assert sent.rejects("absence")[key] == "no_cause"
    sent.at("2026-11-23T21:00")("absence")
    assert sent.rejects("absence")[key] == "no_cause"
    assert any(group.reason == "no_cause" for group in mail(sent, "2026-11-24T07:00").open)
    sent.configure(absence={"causes": {code: dict(each) for code, each in causes.items()}})
    sent.at("2026-11-24T08:00")("absence")
    assert key not in sent.rejects("absence")
    assert any(one.reason == "no_cause" for one in mail(sent, "2026-11-25T07:00").solved)
