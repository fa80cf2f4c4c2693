"""AFAS at its worst: whatever it answers, nothing wrong is delivered, nothing is lost, and one message says why."""

from collections.abc import Callable
from typing import Any

import pytest
from crossings import EMPLOYEES, Crossing

from veerpont.model.failures import DriftError, PassingError, SettingsError, VeerpontError
from veerpont.systems.afas import reader

Fault = dict[str, Any]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page of employees have five rows, so that veerhuis takes several."""
    monkeypatch.setattr(reader, "_CELLS", 5 * 48)


@pytest.fixture
def fails(known: Crossing) -> Callable[..., None]:
    """Let the source change and break; check that a run fails with one message and that the next one is fine."""

    def check(error: type[VeerpontError], message: str, *faults: Fault) -> None:
        known.change("1005", Functie="Chef")
        people, files, rejects = known.people(), known.files("employees"), known.rejects("employees")
        for fault in faults:
            known.sandbox.faults.add(**fault)
        with pytest.raises(error, match=message) as caught:
            known("employees")
        books = known.books("employees")
        assert (books["state"], books["kind"], books["message"]) == ("failed", error.kind, str(caught.value))
        for secret in ("Vries", known.sandbox.afas.environments["veerhuis"].token_data, "900000004"):
            assert secret not in books["message"]
        assert (known.people(), known.files("employees"), known.rejects("employees")) == (people, files, rejects)
        assert known.deliveries("employees", "held", "prepared") == []

        known.sandbox.faults.clear()
        books = known("employees")
        assert (books["state"], books["delivered"], books["unchanged"]) == ("success", 1, 12)
        assert (books["repeated"], books["gone"]) == (0, 0), "the failed read counted for nothing"
        assert known.people() == people

    return check


def test_maintenance_is_waited_out(fails: Callable[..., None], known: Crossing) -> None:
    """An hour of maintenance is a passing failure that knows when to come back."""
    fails(PassingError, "not available", {"kind": "maintenance", "retry_after": 3600})


def test_maintenance_in_the_middle_of_a_read(fails: Callable[..., None], small_pages: None) -> None:
    """Maintenance that begins between two pages leaves nothing of the first ones behind."""
    fails(PassingError, "not available", {"kind": "maintenance", "after": 5, "retry_after": 3600})


@pytest.mark.parametrize("kind", ["truncated", "reset"])
def test_a_broken_answer(fails: Callable[..., None], small_pages: None, kind: str) -> None:
    """A body that stops short or a connection that breaks, three times over, is never taken for the end."""
    fails(PassingError, EMPLOYEES, {"kind": kind, "connector": EMPLOYEES, "after": 2, "times": 3})


@pytest.mark.parametrize("kind", ["truncated", "reset"])
def test_a_page_that_breaks_once_is_read_again(known: Crossing, small_pages: None, kind: str) -> None:
    """One broken page is read again, and nobody hears of it."""
    known.sandbox.faults.add(kind, connector=EMPLOYEES, after=2, times=1)
    assert known("employees")["unchanged"] == 13


def test_pages_in_another_order(fails: Callable[..., None], small_pages: None) -> None:
    """Pages that are not sorted are not put together."""
    fails(DriftError, "while they were read", {"kind": "shuffled", "connector": EMPLOYEES})


def test_a_page_that_comes_again(fails: Callable[..., None], small_pages: None) -> None:
    """A page that is the one before it is not taken for the next."""
    fails(DriftError, "while they were read", {"kind": "repeated_page", "connector": EMPLOYEES, "after": 1})


def test_rows_deleted_between_pages_are_read_again(known: Crossing, small_pages: None) -> None:
    """Rows that move because one was deleted are noticed, and the whole read is repeated once: all others are there."""
    known.sandbox.faults.add("change_rows", connector=EMPLOYEES, after=2, field="Personeelsnummer", keys=["0109"])
    books = known("employees")
    assert (books["read"], books["unchanged"], books["repeated"], books["gone"]) == (14, 12, 1, 0)
    assert any("repeated once" in note for note in known.notes)


def test_rows_inserted_between_pages_are_read_again(known: Crossing, small_pages: None) -> None:
    """Rows that move because one was inserted are noticed, and the new one arrives with the others."""
    new = known.source("employees")[5] | {"Personeelsnummer": "0001", "GUID": "{5A0D0001-0000-4000-8000-000000000A01}"}
    known.sandbox.faults.add("change_rows", connector=EMPLOYEES, after=2, rows=[new])
    books = known("employees")
    assert (books["read"], books["unchanged"], books["delivered"], books["gone"]) == (16, 13, 1, 0)
    assert "0001" in known.people()


def test_a_source_that_never_stands_still(fails: Callable[..., None], small_pages: None) -> None:
    """When also the second read drifts the run gives up, to be tried later."""
    fails(
        DriftError,
        "while they were read",
        {"kind": "shuffled", "connector": EMPLOYEES, "after": 1, "times": 100},
    )


def test_the_wrong_environment(fails: Callable[..., None]) -> None:
    """A token of another environment is refused before a row is read, naming both."""
    fails(SettingsError, "T99999ZZ.*O10001AA", {"kind": "wrong_environment"})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "revoked"}, "token"),
        ({"kind": "ip_rule"}, "IP address"),
        ({"kind": "blocked", "connector": EMPLOYEES}, "blocked"),
        ({"kind": "dropped_field", "connector": EMPLOYEES, "field": "Achternaam"}, "misses Achternaam"),
        ({"kind": "changed_type", "connector": EMPLOYEES, "field": "Geboortedatum"}, "Geboortedatum"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_what_only_a_person_can_change(fails: Callable[..., None], fault: Fault, message: str) -> None:
    """A revoked token, a refused address, a blocked connector or a changed field says what to do, and nothing goes."""
    fails(SettingsError, message, fault)


def test_a_failed_read_leaves_no_rows_that_count(known: Crossing, small_pages: None) -> None:
    """What a read had staged before it failed is overwritten by the next attempt of that run."""
    known.sandbox.faults.add("maintenance", after=6, times=1, retry_after=3600)
    with pytest.raises(PassingError):
        known("employees")
    known.sandbox.faults.clear()
    known("employees")
    batches = known.home / "vault" / "veerhuis" / "employees" / "batches"
    assert len(list(batches.iterdir())) <= 1
