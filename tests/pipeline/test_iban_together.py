"""Rounds of several customers: they are read beside each other, except where AFAS wants one call at a time."""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.log import redact
from crossings import IBAN, Books, Crossing, Make
from proving import WHOLE

from veerpont.flows.job import Job
from veerpont.pipeline import crossing
from veerpont.pipeline import extract as whole
from veerpont.pipeline.outcomes import StepReport
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.afas.hook import AfasHook
from veerpont.systems.answers import ONE_CONNECTION
from veerpont_sandbox.customers import customer

NAMES = ("gouwzee", "oeverland", "veerhuis")
SECONDS = 20
"""What would never end is given up after so long."""


def first_round(three: Crossing) -> None:
    for three.name in NAMES:
        three.first_night("employees")
    assert not any(three.round().values())


@pytest.fixture
def paid(make: Make) -> Crossing:
    """Three customers whose bank accounts are at the portal. Gouwzee has the member number of oeverland."""
    oeverland = customer("oeverland", 15)
    gouwzee = replace(customer("gouwzee", 15), member=oeverland.member)
    three: Crossing = make("veerhuis", oeverland, gouwzee, then=first_round)
    three.name = "veerhuis"
    three.sandbox.afas.requests.clear()
    three.notes.clear()
    return three


def read(known: Crossing, run_id: str, part: int = 0, parts: int = 1) -> StepReport:
    """Do the first step of a round."""
    return known.rounds(run_id, datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)).extract(None, part, parts)


def books(known: Crossing, run_id: str) -> dict[str, Books]:
    """Return the books of all three, without the moments and the name of the run."""
    found = {name: known.books("iban", name, run_id) for name in NAMES}
    return {
        name: {key: row[key] for key in row if key not in {"run_id", "started_at", "ended_at"}}
        for name, row in found.items()
    }


def around(patch: pytest.MonkeyPatch, before: Callable[[str], Any], after: Callable[[str], Any] = str) -> None:
    """Have something done around the read of each customer."""
    real = whole.read_pages

    def pages(job: Job) -> Any:
        before(job.name)
        found = real(job)
        after(job.name)
        return found

    patch.setattr(whole, "read_pages", pages)


def test_one_that_is_slow_delays_no_other(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oeverland, which comes first, answers when veerhuis has been read; what they say stays in order."""
    done = threading.Event()
    waited = []
    around(
        monkeypatch,
        lambda name: waited.append(done.wait(SECONDS)) if name == "oeverland" else None,
        lambda name: done.set() if name == "veerhuis" else None,
    )
    for name in ("oeverland", "veerhuis"):
        paid.sandbox.faults.add("added_field", customer=name, connector=IBAN, field="Nieuw", value="x")
    read(paid, "slow")
    assert waited == [True]
    assert [note.partition(":")[0] for note in paid.notes] == ["oeverland", "veerhuis"]


def test_one_member_number_is_read_one_after_the_other(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without the lease: nobody waits for it in a thread of its own. The two numbers do meet."""
    met: list[str] = []
    meeting = threading.Barrier(2, timeout=SECONDS)
    busy = {name: threading.Lock() for name in ("one", "other")}

    def before(name: str) -> None:
        number = "one" if name == "veerhuis" else "other"
        assert busy[number].acquire(blocking=False)
        if name in {"gouwzee", "veerhuis"}:
            meeting.wait()
        met.append(name)

    around(monkeypatch, before, lambda name: busy["one" if name == "veerhuis" else "other"].release())
    done = read(paid, "met")
    assert set(done.messages("well")) == set(NAMES)
    assert sorted(met) == sorted(NAMES)
    assert {each["parallel"] for each in paid.sandbox.afas.requests} == {1}
    called = [each["customer"] for each in paid.sandbox.afas.requests if each["customer"] != "veerhuis"]
    assert called == ["gouwzee"] * 4 + ["oeverland"] * 4


def test_it_comes_to_the_same_as_one_by_one(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing changed; then something did for one of them, and another is away."""
    together = read(paid, "together")
    with monkeypatch.context() as patch:
        patch.setattr(crossing, "AT_ONCE", 1)
        alone = read(paid, "alone")
    assert together == alone
    assert set(alone.messages("well")) == set(NAMES)
    assert books(paid, "together") == books(paid, "alone")
    assert {row["state"] for row in books(paid, "together").values()} == {"success"}

    paid.sandbox.faults.add("maintenance", customer="gouwzee")
    assert paid.sandbox.afas.delete("oeverland", IBAN, "GUID", [paid.sandbox.afas.rows("oeverland", IBAN)[0]["GUID"]])
    mixed = read(paid, "mixed")
    assert (set(mixed.messages("on")), mixed.failed) == ({"oeverland"}, {})
    states = {name: paid.books("iban", name, "mixed")["state"] for name in ("gouwzee", "veerhuis")}
    assert states == {"gouwzee": "skipped", "veerhuis": "success"}


def test_a_defect_stays_with_the_one(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks in its thread; where it broke is said, and not with which value."""

    def before(name: str) -> None:
        if name == "oeverland":
            raise ValueError("NL00SECRET")

    around(monkeypatch, before)
    done = read(paid, "broken")
    assert list(done.failed) == ["oeverland"]
    assert "ValueError" in done.failed["oeverland"]
    assert "NL00SECRET" not in done.failed["oeverland"] + "".join(paid.notes)
    assert {paid.books("iban", name, "broken")["state"] for name in ("gouwzee", "veerhuis")} == {"success"}


def test_every_token_is_masked(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are looked up one at a time: of two at once Airflow could forget to mask a secret."""
    alone = []
    real = AfasHook.get_connection.__func__  # type: ignore[attr-defined]  # a class method's function

    def get_connection(cls: Any, name: str) -> Any:
        alone.append(ONE_CONNECTION.locked())
        return real(cls, name)

    monkeypatch.setattr(AfasHook, "get_connection", classmethod(get_connection))
    read(paid, "masked")
    assert alone == [True] * 3
    for name in NAMES:
        token = json.loads(os.environ[f"AIRFLOW_CONN_AFAS_{name.upper()}"])["password"]
        assert token not in str(redact(f"what a log might say: {token}"))


# three parts: tests/dags/test_iban_parts.py
@pytest.mark.parametrize("parts", [pytest.param(2, marks=WHOLE), 7])
def test_parts_are_the_whole(paid: Crossing, parts: int) -> None:
    """Each customer is in one part, those of one member number in the same."""
    read_in: dict[str, int] = {}
    for part in range(parts):
        paid.sandbox.afas.requests.clear()
        assert set(map(str, read(paid, "parts", part, parts).messages("on", "failed", "skipped"))) == set()
        for name in {each["customer"] for each in paid.sandbox.afas.requests}:
            assert read_in.setdefault(name, part) == part
    assert set(read_in) == set(NAMES)
    assert read_in["gouwzee"] == read_in["oeverland"]
    assert {row["state"] for row in books(paid, "parts").values()} == {"success"}


def test_only_who_delivers_needs_the_portal(paid: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round in which nothing changed asks for no portal's connection: of a thousand customers that is minutes."""
    for name in NAMES:
        monkeypatch.delenv(f"AIRFLOW_CONN_PORTAL_{name.upper()}")
    assert not any(paid.round().values())
    assert not any("portal_" in note for note in paid.notes)


def test_everybody_is_tidied_up_within_an_hour(paid: Crossing) -> None:
    """What was staged four days ago by a round that never ended is gone after twelve rounds, of every customer."""
    left = [paid.home / "vault" / name / "iban" / "batches" / "old" / "rows" / "000000" for name in NAMES]
    four_days_ago = time.time() - 4 * 24 * 3600
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
        os.utime(file, (four_days_ago, four_days_ago))
    start = datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)
    for number in range(12):
        moment = start + timedelta(minutes=5 * number)
        paid.rounds(f"tidy {number}", moment).extract()
    assert not [file for file in left if file.exists()]
