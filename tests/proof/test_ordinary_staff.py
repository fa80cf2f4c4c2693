"""Sixty evenings of ordinary life at work: every flow tells what is so, asks nobody, and takes nobody away."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from ordinary import FIRST, customer, wrong
from proving import Proof
from staff import Staff

NIGHTLY = ("employers", "organigram", "employees", "accounts", "absence")


def test_sixty_evenings(proof: Proof, tmp_path: Path) -> None:
    days = proof.size(60, 2)
    runs = 0
    found: Counter[str] = Counter()
    with customer(tmp_path, proof.size(240, 40), (*NIGHTLY, "iban")) as ours:
        for flow in ("accounts", "iban"):
            ours(flow)
        rejects = {flow: set(ours.rejects(flow)) for flow in (*NIGHTLY, "iban")}
        staff = Staff(ours.sandbox, ours.name, seed=4)
        for day in (FIRST + timedelta(days=number) for number in range(days)):
            staff.day(day)
            for flow in (*NIGHTLY, "iban"):
                books = ours.at(f"{day}T21:00")(flow)
                runs += 1
                found["ended otherwise than well"] += books["state"] != "success"
                now = ours.rejects(flow)
                found.update(f"rejected: {flow}, {now[key]}" for key in now.keys() - rejects[flow])
                rejects[flow] |= now.keys()
                found["questions asked"] += len(ours.deliveries(flow, "held"))
            found.update(wrong(ours, datetime.combine(day, datetime.min.time())))
    happened = staff.happened
    proof.note(
        f"{days} evenings of {sum(happened.values())} changes, {runs} runs: questions asked",
        found["questions asked"],
        0,
    )
    for what in (
        "people taken away who work there",
        "people missing",
        "departments missing",
        "departments of another day",
    ):
        proof.note(what, found[what], 0)
    refused = {what: count for what, count in found.items() if what.startswith("rejected")}
    proof.note("records refused that were not before", refused or 0, 0)
    assert not +found, (+found, happened)
    if proof.full:
        assert len(happened) == len(staff.daily), happened
