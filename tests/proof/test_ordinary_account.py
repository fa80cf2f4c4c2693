"""Thirty evenings of an account that AFAS and Loket share: nobody of one ends because of the other."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

from crossings import Crossing
from exports import told
from of_a_test import settings_for
from ordinary import ACTIVE, FIRST, wrong
from proving import Proof
from staff import Staff

from veerpont.config.integration import read_integrations
from veerpont.model.failures import PassingError
from veerpont_sandbox.customers import customer, generated
from veerpont_sandbox.loket import changes
from veerpont_sandbox.world import Sandbox

NIGHTLY = ("employers", "organigram", "employees", "absence")
PORTALS = [{"portal": "xpert_suite", "connection": "xpert_ours", "flows": list(NIGHTLY)}]
HARBOUR = "20001"


class Shops:
    """The member at Loket: half onboarded at first, away for a night, and at the end taken away."""

    def __init__(self, ours: Crossing, joins: date, away: date, gone: date) -> None:
        self.crossing = Crossing.now(ours.sandbox, ours.home, ours.key, "sluis")
        same = {"file_format": read_integrations(ours.home / "integrations")[0]["ours"].xpert_suite.file_format}
        self.crossing.configure(account="both", portals=PORTALS, absence={"initial_days": 900}, xpert_suite=same)
        self.joins, self.away, self.gone = joins, away, gone
        self.file = ours.home / "integrations" / "sluis.yaml"
        self.answered = False

    def evening(self, day: date, ours: Crossing) -> int:
        """Run what there is to run; returns how many runs ended otherwise than they should."""
        theirs, odd = self.crossing, 0
        theirs.moment = ours.moment
        if day == self.gone:
            self.file.unlink()
        if day >= self.gone:
            return 0
        if day < self.joins:
            theirs("employers")  # its manager has yet to look at the rest
            theirs.activate(HARBOUR)
            return 0
        if day == self.away:
            ours.sandbox.faults.add("maintenance", customer="sluis")
        else:
            changes.rename(ours.sandbox.loket.providers["sluis"], 1003, f"Hart{'ab'[day.day % 2]}")
        for flow in NIGHTLY if day != self.joins else ("employers", "employees", "organigram", "absence"):
            try:
                odd += theirs(flow)["state"] != "success"
            except PassingError:
                odd += day != self.away
        ours.sandbox.faults.clear("maintenance")
        return odd

    def release(self) -> None:
        """Answer what is asked about its lines."""
        for flow in NIGHTLY:
            self.crossing.release(self.crossing.held(flow)["id"])
        self.answered = True


def test_thirty_evenings(proof: Proof, tmp_path: Path) -> None:
    days = proof.size(30, 5)
    joins, away, gone, answer = (FIRST + timedelta(days=number) for number in proof.size((7, 15, 22, 26), (1, 2, 3, 4)))
    members = (generated("ours", proof.size(240, 30)), customer("sluis"))
    runs, found = 0, Counter[str]()
    with Sandbox(tmp_path / "sandbox", members, flows=NIGHTLY) as sandbox, settings_for(tmp_path, sandbox) as ours:
        ours.configure(account="both", absence={"initial_days": 1500})
        ours.at("2026-11-22T12:00").first_night()
        ours.at("2026-11-22T21:00")("absence")
        shops = Shops(ours, joins, away, gone)
        staff = Staff(sandbox, "ours", seed=7)
        people: set[str] = set()
        cases: set[str] = set()
        for day in (FIRST + timedelta(days=number) for number in range(days)):
            staff.day(day)
            ours.at(f"{day}T21:00")
            if day == answer:
                shops.release()
            found["ended otherwise than well"] += shops.evening(day, ours)
            for flow in NIGHTLY:
                found["ended otherwise than well"] += ours(flow)["state"] != "success"
                found["questions about people who are there"] += len(ours.deliveries(flow, "held"))
                runs += 1
            there = {row["personnel_number"] for row in told(ours, "employees") if row["employer_code"] == HARBOUR}
            ill = {str(period) for period in ours.periods() if period[0] == HARBOUR}
            if day == joins:
                people, cases = there, ill
                assert people, "it joined"
                assert cases, "with its absence"
            inside = joins <= day < answer
            found["lines of the other member that are lacking, or should not be there"] += len(
                there ^ (people if inside else set())
            ) + len(ill ^ (cases if inside else set()))
            found.update(wrong(ours, datetime.combine(day, datetime.min.time())))
        deleted = sum(report.deleted for report in sandbox.portal.reports("ours", "absence"))
        found["cases of ours that were deleted"] = len(ours.truth() - ours.periods())
        assert {period[0] for period in ours.periods()} <= ACTIVE
    proof.note(f"{days} evenings, {runs} runs of the one, half of an account: questions asked", found.total(), 0)
    proof.note(
        f"cases that the portal deleted; the member that was let go had {len(cases)} periods", deleted, len(cases)
    )
    assert not +found, +found
    assert shops.answered
