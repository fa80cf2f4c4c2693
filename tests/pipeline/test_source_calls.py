"""Calls to the source: each is counted by flow and day, and nobody asks more often than the file allows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from crossings import Crossing, Make

from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.preview import preview
from veerpont.store import calls
from veerpont.store.clock import today


def counted(crossing: Crossing) -> dict[str, int]:
    with crossing.ledger.session() as session:
        return {row.flow: row.calls for row in calls.listed(session, crossing.name, today())}


@pytest.fixture
def known(known: Crossing) -> Iterator[Crossing]:
    """Forget what the first nights asked."""
    with known.ledger.session() as session:
        session.query(calls.SourceCalls).delete()
    known.sandbox.afas.requests.clear()
    return known


def test_each_call_of_a_read_is_counted(known: Crossing) -> None:
    known("employees")
    first = len(known.sandbox.afas.requests)
    assert counted(known) == {"employees": first}
    known("employees")
    known("organigram")
    assert sum(counted(known).values()) == len(known.sandbox.afas.requests)
    assert counted(known)["employees"] == 2 * first


def test_those_of_a_round_that_reads_several_customers_at_once(known: Crossing) -> None:
    known.round()
    assert counted(known) == {"iban": len(known.sandbox.afas.requests)}


def test_those_that_are_made_in_threads(make: Make) -> None:
    """Loket is asked by several threads, for one customer."""
    kanaal = make("kanaal")
    kanaal("employers")
    kanaal.activate(*kanaal.sandbox.activate["kanaal"])
    kanaal("employees")
    assert sum(counted(kanaal).values()) == sum(kanaal.sandbox.loket.counts().values())


def test_those_of_a_read_that_fails_count_too(known: Crossing) -> None:
    known.sandbox.faults.add("reset")
    with pytest.raises(Exception, match="broke off"):
        known("employees")
    assert counted(known)["employees"] == len(known.sandbox.afas.requests) > 1


def test_those_of_a_preview_count_too(known: Crossing) -> None:
    preview(known.name, Flow.EMPLOYEES, known.notes.append)
    assert counted(known) == {"employees": len(known.sandbox.afas.requests)}


def test_nobody_asks_more_often_than_the_file_allows(known: Crossing) -> None:
    """A read that would is stopped in the middle, and nothing of it is used; the next day it goes on."""
    known("employees")
    one = counted(known)["employees"]
    known.configure(source={"calls_per_day": 2 * one - 1})
    files, told = known.files("employees"), f"AFAS was asked {2 * one - 1} times on .* source.calls_per_day"
    known.change("1005", Functie="Chef")
    with pytest.raises(SettingsError, match=told):
        known("employees")
    asked = len(known.sandbox.afas.requests)
    assert asked == 2 * one - 1
    with pytest.raises(SettingsError, match=told):
        known("organigram")
    assert len(known.sandbox.afas.requests) == asked
    assert known.files("employees") == files
    assert known.later(24)("employees")["delivered"] == 1


def test_what_is_old_goes(known: Crossing) -> None:
    long_ago = today() - timedelta(days=91)
    with known.ledger.session() as session:
        calls.add(session, known.name, "employees", long_ago, 7)
        calls.add(session, "gouwzee", "employees", long_ago, 7)
    known("employees")
    with known.ledger.session() as session:
        assert [row.integration for row in calls.listed(session, None, long_ago) if row.day == long_ago] == ["gouwzee"]
