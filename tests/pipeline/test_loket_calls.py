"""What a night costs in calls: few, and hardly more for more people (LOKET_PEOPLE; prints what it came to)."""

import os

import pytest
from crossings import Crossing, Make

NIGHT = ("employers", "employees", "organigram", "accounts")
PEOPLE = int(os.environ.get("LOKET_PEOPLE", "260"))


def run(crossing: Crossing, *flows: str) -> dict[str, int]:
    """Run flows, and return the calls of each."""
    counts = {}
    for flow in flows:
        crossing.sandbox.loket.requests.clear()
        if flow == "iban":
            assert not any(crossing.round().values())
        else:
            crossing(flow)
        assert crossing.books(flow)["state"] == "success"
        counts[flow] = sum(crossing.sandbox.loket.counts().values())
    return counts


def test_calls_of_a_first_night_and_of_a_quiet_one(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kanaal = make("kanaal", people=PEOPLE)
    kanaal.configure(absence={"initial_days": 900})
    run(kanaal, "employers")
    kanaal.activate(*kanaal.sandbox.activate["kanaal"])
    first = run(kanaal, *NIGHT, "absence", "iban")
    quiet = run(kanaal, *NIGHT, "absence", "iban")
    hour = run(kanaal, "absence")
    nights = [run(kanaal.later(24), "absence")["absence"] for _ in range(3)]
    with capsys.disabled():
        told = f"first {first}; nothing changed {quiet}; an hour later {hour}; absence of three nights {nights}"
        print(f"\n{PEOPLE} people, calls: {told}")  # noqa: T201
    pages = -(-PEOPLE // 200)  # people have a job and sometimes two
    assert sum(quiet[flow] for flow in NIGHT) <= 20 + 5 * pages
    assert quiet["iban"] <= 8 + pages
    assert first["iban"] >= PEOPLE
    assert hour["absence"] < quiet["absence"] / 3
    assert nights[-1] < quiet["absence"] / 2
