"""Rounds in which something breaks: for one customer, at the portal, or in the middle of a load.

Why: docs/decisions/0012.
"""

import os
import signal
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest
from crossings import IBAN, Crossing, Make, Rounds, guid
from dying import after, die
from proving import every_other

from veerpont.pipeline.verdict import Turn
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.json_api import delivery
from veerpont.systems.json_api.portal import JsonApi
from veerpont_sandbox.customers.spec import iban

ANNA = guid(1)
NEW = iban("VEER", 500)
NOON = datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)


def told(known: Crossing, name: str = "veerhuis") -> dict[str, str | None]:
    """Return the bank accounts that the portal has."""
    return {each: records[0]["iban"] for each, records in known.sandbox.portal.api(name, "iban").items()}


def calls(known: Crossing) -> list[dict[str, Any]]:
    """Return the calls that reached the portal."""
    return [each for each in known.sandbox.portal.json_api.requests if each["method"] == "POST"]


def carried_out(known: Crossing) -> list[str]:
    """Return the keys of the calls that the portal carried out; each of them once, whatever came again."""
    folder = known.sandbox.portal.json_api.folder / "veerhuis" / "api" / "calls" / "iban"
    return sorted(path.stem for path in folder.glob("*.json"))


def quiet(known: Crossing) -> dict[str, Any]:
    """Run a round in which nobody fails, and return its books."""
    assert not any(known.round().values())
    return known.books("iban")


def scheduled(known: Crossing, moment: datetime) -> None:
    """Run a round as its schedule does, with nobody who looks at it."""
    known.rounds(f"scheduled {moment}", moment, unattended=True).all()


@pytest.fixture
def fresh(known: Crossing) -> Crossing:
    """Before the first round."""
    known.sandbox.portal.json_api.requests.clear()
    return known


class TestOneCustomer:
    @pytest.fixture
    def two(self, make: Make) -> Crossing:
        """Two customers whose employees crossed; no bank account did yet."""
        both = make("veerhuis", "oeverland", people=15)
        for name in ("veerhuis", "oeverland"):
            both.name = name
            both.first_night("employees")
        both.name = "veerhuis"
        return both

    def test_what_goes_wrong_with_one_never_stops_the_other(
        self, two: Crossing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A wrong token, broken YAML, no connection, a missing file: said of the one, and the other's money arrives."""
        files = two.home / "integrations"
        good = (files / "veerhuis.yaml").read_text()
        two.sandbox.faults.add("revoked", customer="veerhuis")
        assert "token" in two.round()["extract"]["veerhuis"]
        first = two.books("iban", "oeverland")
        assert (first["state"], told(two)) == ("success", {})
        assert len(told(two, "oeverland")) == first["delivered"] > 5
        two.sandbox.faults.clear()

        def other_goes_on() -> None:
            books = two.books("iban", "oeverland")
            assert (books["state"], books["unchanged"]) == ("success", first["delivered"])

        (files / "veerhuis.yaml").write_text("name: [veerhuis\n")
        failed = two.round()
        assert set(failed["extract"]) == {"veerhuis"}
        assert failed["extract"]["veerhuis"].startswith("veerhuis.yaml, line ")
        other_goes_on()
        (files / "veerhuis.yaml").write_text(good)

        with monkeypatch.context() as patch:
            patch.delenv("AIRFLOW_CONN_AFAS_VEERHUIS")
            assert "afas_veerhuis" in two.round()["extract"]["veerhuis"]
            other_goes_on()
        with monkeypatch.context() as patch:
            patch.delenv("AIRFLOW_CONN_PORTAL_VEERHUIS")
            assert "portal_veerhuis" in two.round()["load"]["veerhuis"]
            assert (two.books("iban")["state"], two.books("iban")["kind"]) == ("failed", "settings")
            other_goes_on()
        assert quiet(two)["delivered"] + two.books("iban")["unchanged"] == 8
        assert len(told(two)) == 8

    def test_maintenance_skips_the_turn_of_one(self, two: Crossing) -> None:
        """AFAS is away for one customer: that turn is skipped and says so, nobody has failed."""
        two.sandbox.faults.add("maintenance", customer="veerhuis")
        assert quiet(two)["state"] == "skipped"
        assert "This turn is skipped" in two.books("iban")["message"]
        assert any(note.startswith("veerhuis: ") and "skipped" in note for note in two.notes)
        assert two.books("iban", "oeverland")["delivered"] > 5
        two.sandbox.faults.clear()
        assert quiet(two)["delivered"] == 8

    def test_without_an_index_nothing_is_read(self, make: Make) -> None:
        """Before the employees nobody knows whose accounts these are: skipped, and not one row is asked for."""
        early = make()
        early("employers")
        early.activate("01", "02")
        early.sandbox.afas.requests.clear()
        assert quiet(early)["state"] == "skipped"
        assert "employees comes first" in early.books("iban")["message"]
        assert not early.sandbox.afas.requests
        early("employees")
        assert quiet(early)["delivered"] == 8

    def test_a_defect_of_ours_shows_no_value(self, fresh: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever breaks with a row in hand: the message says where, not with which account."""

        def broken(*_: Any) -> None:
            raise ValueError(NEW)

        monkeypatch.setattr("veerpont.systems.afas.accounts.read_row", broken)
        failed = fresh.round()["transform"]["veerhuis"]
        assert "ValueError" in failed
        assert NEW not in failed
        assert NEW not in "".join(fresh.notes)
        assert not fresh.in_ledger(NEW)


class TestThePortal:
    def test_a_lost_answer_has_one_effect(self, fresh: Crossing) -> None:
        """Everything was done and the answer got lost: the same call comes again, and gets the same answer."""
        fresh.sandbox.faults.add("api_reject", keys=[ANNA], times=1)
        fresh.sandbox.faults.add("api_lost_answer", times=1)
        books = quiet(fresh)
        assert (books["delivered"], books["rejected"]) == (7, 4)
        first, again = calls(fresh)
        assert first["key"] == again["key"]
        assert carried_out(fresh) == [first["key"]]
        assert fresh.rejects("iban")[ANNA] == "refused", "the first answer counts, not what a second try would give"

    @pytest.mark.parametrize("fault", ["api_lost_answer", "api_error", "api_maintenance", "api_too_many_requests"])
    def test_a_portal_in_trouble_gets_the_same_delivery_later(
        self, fresh: Crossing, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        """This turn is skipped; the next round finishes that delivery first, then brings what changed meanwhile."""
        monkeypatch.setattr("veerpont.systems.json_api.client._PAUSES", (0.01, 0.01))
        fresh.sandbox.faults.add(fault)
        assert quiet(fresh)["state"] == "skipped"
        (waiting,) = fresh.deliveries("iban", "prepared")
        keys = {each["key"] for each in calls(fresh) if each["key"]}
        fresh.sandbox.faults.clear()
        skipped = fresh.books("iban")["run_id"]
        assert fresh.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{ANNA}}}", {"IBAN-nummer": NEW})
        books = quiet(fresh)
        assert (books["delivered"], books["unchanged"]) == (1, 7)
        done = fresh.books("iban", run_id=skipped)
        assert (done["state"], done["delivered"], done["rejected"]) == ("success", 8, 3)
        assert {row["state"] for row in fresh.deliveries("iban")} == {"delivered"}
        assert waiting["id"] in {row["id"] for row in fresh.deliveries("iban")}
        assert len(carried_out(fresh)) == 2
        assert keys <= set(carried_out(fresh))
        assert told(fresh)[ANNA] == NEW

    def test_a_short_wait_is_waited_for(self, fresh: Crossing) -> None:
        fresh.sandbox.faults.add("api_too_many_requests", times=1, retry_after=1)
        assert quiet(fresh)["delivered"] == 8

    def test_a_long_wait_is_respected(self, fresh: Crossing) -> None:
        """Rounds before it ends leave the portal alone and say so; more than a quarter of an hour is not believed."""
        fresh.sandbox.faults.add("api_too_many_requests", retry_after=7200)
        scheduled(fresh, NOON)
        fresh.sandbox.faults.clear()
        before = len(calls(fresh))
        for minutes in (5, 10):
            scheduled(fresh, NOON + timedelta(minutes=minutes))
            assert fresh.books("iban")["state"] == "skipped"
            assert "left alone until" in fresh.books("iban")["message"]
        assert len(calls(fresh)) == before
        scheduled(fresh, NOON + timedelta(minutes=20))
        assert len(told(fresh)) == 8

    def test_a_long_wait_does_not_hold_a_person(self, fresh: Crossing) -> None:
        """Who starts a round by hand has asked the portal."""
        fresh.sandbox.faults.add("api_maintenance", retry_after=7200)
        scheduled(fresh, NOON)
        fresh.sandbox.faults.clear()
        quiet(fresh)
        assert len(told(fresh)) == 8

    def test_a_wrong_token_waits_for_a_person(self, fresh: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
        """Failed, with what to do; with the right token the same delivery goes out, once."""
        with monkeypatch.context() as patch:
            right = os.environ["AIRFLOW_CONN_PORTAL_VEERHUIS"]
            patch.setenv("AIRFLOW_CONN_PORTAL_VEERHUIS", right.replace('"password": "', '"password": "x'))
            assert "token" in fresh.round()["load"]["veerhuis"]
        assert told(fresh) == {}
        quiet(fresh)
        assert (len(told(fresh)), len(carried_out(fresh))) == (8, 1)


# -- killed ------------------------------------------------------------------------------------------------------------

STEPS = (
    "before the first call",
    "after the first call",
    "after the second call",
    "after the last call",
    "in the transaction",
    "after the transaction",
)


def load_and_die(environment: dict[str, str], run: str, step: str) -> None:
    """Load a round in this process, which dies at the step. Calls have three operations, so there are three of them."""
    os.environ.update(environment)
    from veerpont.store import runs
    from veerpont.store.vault import Vault
    from veerpont.systems.json_api.client import Client

    delivery.MAX_OPERATIONS = 3
    send, done = Client.operations, 0
    last = {"before the first call": 0, "after the first call": 1, "after the second call": 2}.get(step, 3)

    def counted(*args: Any, **more: Any) -> Any:
        nonlocal done
        if step == "before the first call":
            die()
        found = send(*args, **more)
        done += 1
        if done == last and step.startswith("after the") and step != "after the transaction":
            die()
        return found

    Client.operations = counted  # type: ignore[method-assign]
    if step == "in the transaction":
        runs.end = after(runs.end)
    if step == "after the transaction":
        Vault.entries = die  # type: ignore[method-assign,assignment]
    Rounds(Turn(run, NOON), lambda _: None).load()


def test_a_load_that_died_with_its_delivery_prepared_is_run_again(
    fresh: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same task once more: it finishes the delivery, and says that all is well."""
    rounds = fresh.rounds("died", NOON)
    rounds.extract()
    rounds.transform()

    class Died(BaseException):
        """What ends a process."""

    def dies(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(JsonApi, "deliver", dies)
        with pytest.raises(Died):
            rounds.load()
    assert rounds.load().failed == {}
    assert fresh.books("iban", run_id="died")["state"] == "success"
    assert len(told(fresh)) == 8


@pytest.mark.parametrize("step", every_other(STEPS))
def test_killed_between_calls_and_run_again(
    fresh: Crossing, children: ForkServerContext, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Nothing is lost and nothing done twice: also what the portal refused in a call that was answered before."""
    fresh.sandbox.faults.add("api_reject", keys=[ANNA])
    rounds = fresh.rounds("killed", NOON)
    rounds.extract()
    rounds.transform()
    ours = {name: value for name, value in os.environ.items() if name.startswith(("VEERPONT", "AIRFLOW"))}
    child = children.Process(target=load_and_die, args=(ours, "killed", step))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    if step != STEPS[0]:
        fresh.sandbox.faults.clear()  # Anna's call was answered: that answer stands
    before = len(calls(fresh))
    assert before == min(STEPS.index(step), 3)

    monkeypatch.setattr(delivery, "MAX_OPERATIONS", 3)
    quiet(fresh)

    assert len(calls(fresh)) == (before if step == STEPS[-1] else before + 3)
    assert len(carried_out(fresh)) == 3, "each call has one effect"
    assert len(told(fresh)) == 7
    assert fresh.rejects("iban")[ANNA] == "refused"
    killed = fresh.books("iban", run_id="killed")
    assert (killed["state"], killed["delivered"], killed["rejected"]) == ("success", 7, 4)
    books = quiet(fresh)
    assert (books["delivered"], books["unchanged"], books["rejected"]) == (0, 7, 4)
    assert {row["state"] for row in fresh.deliveries("iban")} == {"delivered"}
    fresh.sandbox.faults.clear()
    quiet(fresh.at("2026-11-22T21:00"))
    assert len(told(fresh)) == 8
