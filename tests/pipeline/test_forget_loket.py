"""Somebody of a Loket customer: also the link, the contract, and what is remembered of single employments."""

from crossings import Crossing, Make
from forgetting import rooms, tombstones, where
from linked import decide, guid, of, rows, start

from veerpont.pipeline.forget.person import forget
from veerpont.store.links import Choice
from veerpont_sandbox.loket import changes

FLOWS = ("employees", "organigram", "accounts", "absence", "iban")


def test_nothing_of_them_stays(make: Make) -> None:
    crossing: Crossing = start(make)
    crossing.first_night("employees", "organigram", "absence")
    crossing.round()
    decide(crossing, Choice.ADD, 1003)
    key = guid(crossing, 1003)
    jobs = [str(job.content["id"]) for job in changes.person(of(crossing), 1003)[1].employments]
    texts = [key, "Hart", *jobs]
    before = rooms(where(crossing, texts))
    assert {"links", "decisions"} <= before
    assert {"employees/index", "employees/contracts", "iban/batches"} <= {room[: room.rfind("/")] for room in before}
    said = forget(crossing.name, "1003", "Jo")
    assert said["key"] == key
    assert said["links"] == 1
    assert rooms(where(crossing, texts)) <= {"iban/json_api/forgotten"}
    assert key not in rows(crossing)
    assert len(tombstones(crossing)) == 1
    books = crossing("employees")
    assert "1 person who was forgotten on" in books["message"]
    assert key in rows(crossing)
