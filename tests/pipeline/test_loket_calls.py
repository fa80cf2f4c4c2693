"""What a night costs in calls: few, and hardly more for more people."""

from crossings import Crossing, Make
from proving import Proof

NIGHT = ("employers", "employees", "organigram", "accounts")


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


def test_calls_of_a_first_night_and_of_a_quiet_one(make: Make, proof: Proof) -> None:
    people = proof.size(2000, 40)
    kanaal = make("kanaal", people=people)
    kanaal.configure(absence={"initial_days": 900})
    run(kanaal, "employers")
    kanaal.activate(*kanaal.sandbox.activate["kanaal"])
    first = run(kanaal, *NIGHT, "absence", "iban")
    quiet = run(kanaal, *NIGHT, "absence", "iban")
    hour = run(kanaal, "absence")
    nights = [run(kanaal.later(24), "absence")["absence"] for _ in range(3)]
    for when, counts in (("the first night", first), ("a night with nothing changed", quiet)):
        proof.note(f"calls of {when}, {people} people", ", ".join(f"{flow} {count}" for flow, count in counts.items()))
    proof.note("calls of absence: an hour later, then three nights", f"{hour['absence']}; {nights}")
    pages = -(-people // 200)  # people have a job and sometimes two
    assert sum(quiet[flow] for flow in NIGHT) <= 20 + 5 * pages
    assert quiet["iban"] <= 8 + pages
    assert first["iban"] >= people
    assert hour["absence"] < quiet["absence"] / 3
    assert nights[-1] < quiet["absence"] / 2
