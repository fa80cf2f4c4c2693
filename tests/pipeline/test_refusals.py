"""A portal that answers for each record: what it refused is a reject, and waits for 21:00 (docs/decisions/0007)."""

from collections.abc import Iterator
from typing import Any

import pytest
from crossings import IBAN, After, Books, Crossing, guid

from veerpont.desk.lists import list_rejects
from veerpont_sandbox.customers.spec import iban

ANNA, KAREL, FATIMA, LOTTE = (guid(number) for number in (1, 2, 3, 10))
NEW, OTHER = iban("VEER", 500), iban("VEER", 501)


def told(known: Crossing) -> dict[str, str | None]:
    """Return the bank accounts that the portal has."""
    return {each: records[0]["iban"] for each, records in known.sandbox.portal.api("veerhuis", "iban").items()}


def sent(known: Crossing) -> list[int]:
    """Return how many operations each call had."""
    return [each["operations"] for each in known.sandbox.portal.json_api.requests if each["status"] == 200]


def refuse(known: Crossing, *keys: str, **more: Any) -> None:
    known.sandbox.faults.clear("api_reject")
    if keys:
        known.sandbox.faults.add("api_reject", keys=list(keys), **more)


def pay_to(known: Crossing, person: str, account: str) -> None:
    """Change a bank account at the source."""
    assert known.sandbox.afas.update("veerhuis", IBAN, "GUID", f"{{{person}}}", {"IBAN-nummer": account})


def leave(known: Crossing, *people: str) -> None:
    assert known.sandbox.afas.delete("veerhuis", IBAN, "GUID", [f"{{{each}}}" for each in people])


def reject(known: Crossing, key: str, flow: str = "iban") -> dict[str, Any]:
    """Return a reject that is there, open or not."""
    return next(row for row in list_rejects(known.ledger, "veerhuis", flow, None) if row["key"] == key)


def round_at(known: Crossing, moment: str) -> Books:
    known.at(moment)
    assert not any(known.round().values())
    return known.books("iban")


def first_round(known: Crossing) -> None:
    known.sandbox.portal.json_api.requests.clear()
    round_at(known, "2026-11-23T10:00")


@pytest.fixture
def refused(known: Crossing, after: After) -> Iterator[Crossing]:
    """On Monday at ten the portal takes every bank account but Anna's."""
    refuse(known, ANNA, value="account_closed", field="iban")
    yield after(first_round)
    known.sandbox.portal.accounts["veerhuis"].today = None


class TestPartialSuccess:
    def test_the_others_are_delivered(self, refused: Crossing) -> None:
        """One refused record is a reject with the portal's code; its row moves from delivered to rejected."""
        books = refused.books("iban")
        assert (books["state"], books["delivered"], books["rejected"], books["filtered"]) == ("success", 7, 4, 2)
        assert ANNA not in told(refused)
        assert len(told(refused)) == 7
        found = reject(refused, ANNA)
        assert (found["stage"], found["reason"], found["field"]) == ("export", "account_closed", "iban")
        assert (found["state"], found["attempts"]) == ("open", 1)
        assert [row["state"] for row in refused.deliveries("iban")] == ["delivered"]

    def test_what_the_portal_says_beside_a_code_is_not_kept(self, known: Crossing) -> None:
        """A portal that puts a value into its reason: neither ledger nor notes get it."""
        refuse(known, ANNA, value="NL56PONT0000010000 is closed", field="NL56PONT0000010000")
        known.round()
        assert reject(known, ANNA)["reason"] == "refused"
        assert not known.in_ledger("PONT0000010000")
        assert "PONT0000010000" not in "".join(known.notes)

    def test_everything_refused(self, known: Crossing) -> None:
        """Nothing was accepted: the books say so, and nothing is taken to be known at the portal."""
        refuse(known, *(guid(number) for number in range(1, 13)))
        known.round()
        assert (known.books("iban")["delivered"], known.books("iban")["rejected"]) == (0, 11)
        refuse(known)
        known.at("2026-11-22T21:00").round()
        assert (known.books("iban")["delivered"], len(told(known))) == (8, 8)

    @pytest.mark.parametrize("order", [("xpert_suite", "json_api"), ("json_api", "xpert_suite")])
    def test_one_of_two_portals_refuses(self, known: Crossing, order: tuple[str, ...]) -> None:
        """The reject stands although the other portal took the record, run after run, with one first date."""
        connections = {"xpert_suite": "xpert_veerhuis", "json_api": "portal_veerhuis"}
        flows = {"xpert_suite": ["employers", "organigram", "employees"], "json_api": ["employees"]}
        known.configure(
            portals=[{"portal": each, "connection": connections[each], "flows": flows[each]} for each in order]
        )
        refuse(known, f"{guid(4)}/01/1")
        known.at("2026-11-22T21:00")("employees")
        first = reject(known, guid(4), "employees")
        for night in ("2026-11-22T22:00", "2026-11-22T23:00"):
            known.at(night)("employees")
            found = reject(known, guid(4), "employees")
            assert (found["state"], found["first_seen"], found["attempts"]) == ("open", first["first_seen"], 1)
        refuse(known)
        known.at("2026-11-23T21:00")("employees")
        assert reject(known, guid(4), "employees")["state"] == "closed"


class TestTriedAgain:
    def test_not_before_the_night(self, refused: Crossing) -> None:
        """Rounds before 21:00 do not try it again: nothing is sent, and no attempt is counted."""
        refuse(refused)
        for moment in ("10:05", "15:00", "20:55"):
            books = round_at(refused, f"2026-11-23T{moment}")
            assert (books["unchanged"], books["rejected"], books["delivered"]) == (7, 4, 0)
        assert sent(refused) == [8]
        assert ANNA not in told(refused)
        assert (reject(refused, ANNA)["state"], reject(refused, ANNA)["attempts"]) == ("open", 1)

    def test_others_go_out_meanwhile(self, refused: Crossing) -> None:
        """A change of somebody else is sent alone, and the refused one is neither tried nor forgotten."""
        refuse(refused)
        pay_to(refused, KAREL, NEW)
        books = round_at(refused, "2026-11-23T10:05")
        assert (books["delivered"], books["unchanged"], books["rejected"]) == (1, 6, 4)
        assert sent(refused) == [8, 1]
        assert (reject(refused, ANNA)["state"], reject(refused, ANNA)["attempts"]) == ("open", 1)

    def test_at_once_when_it_changed_at_the_source(self, refused: Crossing) -> None:
        """Somebody corrected the account: the next round brings it, and the reject closes."""
        refuse(refused)
        pay_to(refused, ANNA, NEW)
        assert round_at(refused, "2026-11-23T10:05")["delivered"] == 1
        assert told(refused)[ANNA] == NEW
        assert reject(refused, ANNA)["state"] == "closed"

    def test_a_wrong_correction_is_one_more_attempt(self, refused: Crossing) -> None:
        pay_to(refused, ANNA, NEW)
        books = round_at(refused, "2026-11-23T10:05")
        assert (books["delivered"], books["rejected"]) == (0, 4)
        assert (reject(refused, ANNA)["state"], reject(refused, ANNA)["attempts"]) == ("open", 2)
        round_at(refused, "2026-11-23T10:10")
        assert sent(refused) == [8, 1]

    def test_the_night_tries_it_once(self, refused: Crossing) -> None:
        """At 21:00 it is sent and refused again: the same reject, one attempt more; not again before the next night."""
        first = reject(refused, ANNA)["first_seen"]
        books = round_at(refused, "2026-11-23T21:00")
        assert (books["delivered"], books["unchanged"], books["rejected"]) == (0, 7, 4)
        assert sent(refused) == [8, 1]
        found = reject(refused, ANNA)
        assert (found["state"], found["attempts"], found["first_seen"]) == ("open", 2, first)
        for moment in ("2026-11-24T07:00", "2026-11-24T20:55"):
            round_at(refused, moment)
        assert sent(refused) == [8, 1]
        refuse(refused)
        books = round_at(refused, "2026-11-24T21:00")
        assert (books["delivered"], books["rejected"]) == (1, 3)
        assert ANNA in told(refused)
        found = reject(refused, ANNA)
        assert (found["state"], found["attempts"]) == ("closed", 2)
        assert round_at(refused, "2026-11-25T07:00")["unchanged"] == 8

    @pytest.mark.parametrize("fault", ["maintenance", "api_maintenance"])
    def test_a_night_that_was_skipped_is_owed(self, refused: Crossing, fault: str) -> None:
        """AFAS or the portal is away at 21:00: the first round that gets through tries it again."""
        refuse(refused)
        refused.sandbox.faults.add(fault)
        refused.at("2026-11-23T21:00").round()
        assert refused.books("iban")["state"] == "skipped"
        assert ANNA not in told(refused)
        refused.sandbox.faults.clear()
        round_at(refused, "2026-11-24T07:00")
        assert ANNA in told(refused)
        assert reject(refused, ANNA)["state"] == "closed"
        assert round_at(refused, "2026-11-24T07:05")["unchanged"] == 8


class TestUpdates:
    def test_a_refused_update_leaves_what_the_portal_had(self, refused: Crossing) -> None:
        """Its old values stay the truth: the same change is not sent again, the way back costs no call."""
        before = told(refused)[KAREL]
        refuse(refused, ANNA, KAREL)
        pay_to(refused, KAREL, NEW)
        books = round_at(refused, "2026-11-23T10:05")
        assert (books["delivered"], books["rejected"], books["unchanged"]) == (0, 5, 6)
        assert told(refused)[KAREL] == before
        pay_to(refused, KAREL, before or "")
        books = round_at(refused, "2026-11-23T10:10")
        assert (books["delivered"], books["rejected"], books["unchanged"]) == (0, 4, 7)
        assert reject(refused, KAREL)["state"] == "closed"
        assert sent(refused) == [8, 1]

    def test_a_refused_update_of_who_then_leaves(self, refused: Crossing) -> None:
        """What the portal still has of a person is deleted a night after it left, refused update or not."""
        refuse(refused, ANNA, KAREL)
        pay_to(refused, KAREL, NEW)
        round_at(refused, "2026-11-23T10:05")
        refuse(refused, ANNA)
        leave(refused, KAREL)
        assert round_at(refused, "2026-11-23T10:10")["gone"] == 0
        assert round_at(refused, "2026-11-24T21:00")["gone"] == 1
        assert KAREL not in told(refused)


class TestDeletes:
    @pytest.fixture
    def kept(self, refused: Crossing) -> Crossing:
        """Karel is gone at the source, and the portal refuses to forget him."""
        refuse(refused, ANNA, KAREL, value="in_use")
        leave(refused, KAREL)
        assert round_at(refused, "2026-11-23T10:05")["gone"] == 0
        books = round_at(refused, "2026-11-24T21:00")
        assert books["gone"] == 0, "nothing is gone that the portal still has"
        return refused

    def test_it_is_a_reject_and_stays_known(self, kept: Crossing) -> None:
        """Until the night nothing is sent, also while others change; the reject stays."""
        assert KAREL in told(kept)
        assert (reject(kept, KAREL)["reason"], reject(kept, KAREL)["state"]) == ("in_use", "open")
        refuse(kept, ANNA)
        for minute, account in ((15, NEW), (20, OTHER), (25, NEW)):
            pay_to(kept, FATIMA, account)
            round_at(kept, f"2026-11-25T10:{minute:02}")
        assert sent(kept) == [8, 2, 1, 1, 1], "the night tried Anna again too"
        assert KAREL in told(kept)
        assert (reject(kept, KAREL)["state"], reject(kept, KAREL)["attempts"]) == ("open", 1)

    def test_the_night_asks_again(self, kept: Crossing) -> None:
        """Two reads agreed already: at 21:00 the delete is sent at once; refused again, then accepted."""
        round_at(kept, "2026-11-25T21:00")
        assert (reject(kept, KAREL)["state"], reject(kept, KAREL)["attempts"]) == ("open", 2)
        refuse(kept)
        books = round_at(kept, "2026-11-26T21:00")
        assert (books["gone"], books["delivered"]) == (1, 1)
        assert KAREL not in told(kept)
        assert kept.rejects("iban") == {guid(4): "invalid_iban", guid(8): "several_accounts"}
        calls = len(sent(kept))
        round_at(kept, "2026-11-27T21:00")
        assert len(sent(kept)) == calls

    def test_who_comes_back_is_unchanged(self, kept: Crossing) -> None:
        """The portal never forgot him, so nothing has to be sent, and there is nothing to complain about any more."""
        account = told(kept)[KAREL]
        kept.sandbox.afas.insert(
            "veerhuis", IBAN, [{"GUID": f"{{{KAREL}}}", "IBAN-nummer": account, "BIC-code": "PONTNL2AXXX"}]
        )
        books = round_at(kept, "2026-11-25T10:15")
        assert (books["unchanged"], books["rejected"]) == (7, 4)
        assert reject(kept, KAREL)["state"] == "closed"

    def test_of_a_purged_employer(self, refused: Crossing) -> None:
        """The portal refuses to forget one of a purged employer: the next night asks again, no round before it."""
        refuse(refused, ANNA, LOTTE)
        refused.deactivate("02", purge=True)
        for minute in (5, 10, 15):
            round_at(refused, f"2026-11-23T10:{minute:02}")
        assert LOTTE in told(refused)
        calls = len(sent(refused))
        refuse(refused)
        round_at(refused, "2026-11-23T20:55")
        assert len(sent(refused)) == calls
        round_at(refused, "2026-11-23T21:00")
        assert LOTTE not in told(refused)
        assert LOTTE not in refused.rejects("iban")


class TestMoves:
    def test_nobody_is_forgotten_before_the_new_place_is_accepted(self, known: Crossing) -> None:
        """Somebody moves to another employer, as a person confirmed, and the portal refuses the record there."""
        flows = ["employees"]
        known.configure(portals=[{"portal": "json_api", "connection": "portal_veerhuis", "flows": flows}])
        known.at("2026-11-22T21:00")("employees")
        (before,) = [each for each in known.sandbox.portal.api("veerhuis", "employees") if LOTTE in each]
        known.change("1010", Werkgeverscode="01")
        known.at("2026-11-23T21:00")("employees")
        known.confirm("employees", LOTTE)
        there = before.replace("/02/", "/01/")
        refuse(known, there, value="unknown_department")
        books = known.at("2026-11-24T10:00")("employees")
        assert (books["rejected"], books["repeated"], books["gone"]) == (1, 1, 0)
        assert reject(known, LOTTE, "employees")["reason"] == "unknown_department"
        assert before in known.sandbox.portal.api("veerhuis", "employees")

        refuse(known)
        assert known.at("2026-11-24T15:00")("employees")["rejected"] == 1  # as it was: it waits for the night
        known.at("2026-11-24T21:00")("employees")
        people = known.sandbox.portal.api("veerhuis", "employees")
        assert there in people
        assert before not in people
        assert known.rejects("employees") == {}

    def test_one_answer_is_for_all_portals(self, known: Crossing) -> None:
        """Both portals make the move in the run after it was confirmed; nobody is asked a second time."""
        known.configure(
            portals=[
                {"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": ["employees"]},
                {"portal": "json_api", "connection": "portal_veerhuis", "flows": ["employees"]},
            ]
        )
        known("employees")
        known.change("1010", Werkgeverscode="01")
        known("employees")
        known.confirm("employees", LOTTE)
        known("employees")
        assert known.rejects("employees") == {}
        assert "01/1010/1" in known.employments()
        assert f"{LOTTE}/01/1" in known.sandbox.portal.api("veerhuis", "employees")
        assert known("employees")["rejected"] == 0
