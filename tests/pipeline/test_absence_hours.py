"""An hour in which little changed: only whom something happened to is looked at, and what is told is the same."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest
from crossings import After, Crossing
from illness import at, case_of

from veerpont.desk import lists
from veerpont.flows.absence import window
from veerpont.flows.index import IndexEntry
from veerpont.model.failures import SettingsError
from veerpont.pipeline.load import load
from veerpont.store import deliveries, kinds
from veerpont.store.scope import Scope
from veerpont.systems.workbook import writer

pytest_plugins = ["at_noon"]


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[set[str] | None]]:
    """Return of each load the cases that were looked at; None: all."""
    found: list[set[str] | None] = []
    narrowed = window.narrowed

    def noted(*args: Any) -> Any:
        made = narrowed(*args)
        found.append(None if made is None else made.narrow.cases)
        return made

    monkeypatch.setattr(window, "narrowed", noted)
    return found


def an_hour_later(ill: Crossing) -> None:
    ill.at("2026-11-22T13:00")("absence")


@pytest.fixture
def steady(ill: Crossing, after: After) -> Crossing:
    """A customer whose portal was told all that there is, this day."""
    return after(an_hour_later)


def recover(crossing: Crossing, number: str, begin: str, last: date, hour: int) -> str:
    """Let somebody recover; returns the key of the case."""
    guid = case_of(crossing, number, begin)
    crossing.book.close(guid, last, at=at("2026-11-22", hour))
    return guid.strip("{}")


def test_an_hour_without_news_looks_at_nobody(steady: Crossing, looked: list[set[str] | None]) -> None:
    """Its books are those of a run that looks at everybody, and nothing is sent."""
    files = steady.files("absence")
    books = steady.at("2026-11-22T14:00")("absence")
    assert looked == [set()]
    assert books["read"] == books["unchanged"] + books["filtered"] + books["rejected"] > 0
    assert steady.files("absence") == files


def test_an_hour_with_news_looks_at_whom_it_is_about(steady: Crossing, looked: list[set[str] | None]) -> None:
    """One recovery: the file has everybody, and the recovery."""
    before = steady.periods()
    case = recover(steady, "1004", "2026-09-07", date(2026, 11, 22), 13)
    books = steady.at("2026-11-22T14:00")("absence")
    assert looked[0]
    assert case in looked[0]
    assert books["delivered"] > 0
    assert steady.periods() == steady.truth() != before
    steady.at("2026-11-22T15:00")("absence")
    assert looked[1] == set(), "an hour later nothing is news"


def test_the_other_cases_of_the_same_person_are_looked_at(steady: Crossing, looked: list[set[str] | None]) -> None:
    """Days that two cases claim, and chains, are of a person."""
    case = recover(steady, "1004", "2026-09-07", date(2026, 11, 20), 13)
    steady.at("2026-11-22T14:00")("absence")
    new = steady.book.open("1004", date(2026, 11, 21), at=at("2026-11-22", 14)).strip("{}")
    steady.at("2026-11-22T15:00")("absence")
    assert {case, new} <= (looked[1] or set())
    assert steady.periods() == steady.truth()


def test_whom_a_portal_may_know_by_one_number_are_looked_at(steady: Crossing, looked: list[set[str] | None]) -> None:
    """Of those who share a number with whom something happened to, one may share another number with somebody else."""
    scope = Scope(steady.name, "employees")
    with steady.ledger.session() as session:
        index = deliveries.pointer(session, scope, kinds.INDEX)
        assert index
        entries = [*map(msgspec.json.Decoder(IndexEntry).decode, steady.vault.read(index))]
        first = next(entry for entry in entries if entry.personnel_number == "1004")
        between = msgspec.structs.replace(first, guid="5A0D0001-0000-4000-8000-000000000BBB")
        entries = [msgspec.structs.replace(between, personnel_number="1001"), *entries, between]
        path = kinds.INDEX.path(scope, "other")
        deliveries.point(session, scope, kinds.INDEX, steady.vault.write(path, map(msgspec.json.encode, entries)))
    steady.at("2026-11-22T14:00")("absence")
    recover(steady, "1004", "2026-09-07", date(2026, 11, 22), 14)
    steady.at("2026-11-22T15:00")("absence")
    assert case_of(steady, "1001", "2026-11-16").strip("{}") in (looked[-1] or set())


def test_a_read_of_nothing_leaves_nothing_to_begin_with(steady: Crossing, looked: list[set[str] | None]) -> None:
    """It decides about no line and closes no reject, so the next load does."""
    job, transformed = steady.at("2026-11-22T14:00").until_load("absence")
    load(job, msgspec.structs.replace(transformed, complete=False))
    steady.at("2026-11-22T15:00")("absence")
    assert looked == [None, None]


def test_an_employer_that_is_purged_meanwhile_is_in_no_further_file(
    steady: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person says it while the load looks at the others: what the portal was told of it is not repeated."""
    ordinary = window.narrowed

    def purging(*args: Any) -> Any:
        found = ordinary(*args)
        assert found is not None
        steady.deactivate("02", purge=True)
        return found

    assert {period[0] for period in steady.periods()} == {"01", "02"}
    recover(steady, "1004", "2026-09-07", date(2026, 11, 22), 13)
    monkeypatch.setattr(window, "narrowed", purging)
    books = steady.at("2026-11-22T14:00")("absence")
    assert books["delivered"] > 0
    assert {period[0] for period in steady.periods()} == {"01"}
    assert steady.periods() == steady.truth()


@pytest.mark.parametrize("change", ["day", "settings", "employers", "people", "read", "released"])
def test_what_an_outcome_depends_on_makes_it_look_at_everybody(
    steady: Crossing, looked: list[set[str] | None], change: str
) -> None:
    """Another day, settings, employers, people, a wide read: the others are not taken to stand as they stood."""
    when = "2026-11-22T14:00"
    if change == "day":
        when = "2026-11-23T08:00"
    elif change == "settings":
        steady.configure(guards={"max_gone": 99})
    elif change == "employers":
        steady.activate("03")
    elif change == "people":
        steady("employees")
        steady.remove("1007")
        steady("employees")
    elif change == "read":
        steady.fetch("2026-09")
    else:
        with steady.ledger.session() as session:
            row = deliveries.find(session, Scope(steady.name, "absence", "xpert_suite"), deliveries.State.DELIVERED)[0]
            row.state, row.reasons, row.decided_by = deliveries.State.HELD, "case_gone", "Jo"
            row.object = None
    steady.at(when)("absence")
    assert looked[-1] is None
    if change != "employers":  # of that one the people did not come yet
        assert steady.periods() == steady.truth()


def test_what_is_wrong_stays_so_without_being_looked_at(steady: Crossing, looked: list[set[str] | None]) -> None:
    """A reject is tried every hour and stays open, its counts by code too; it closes once it is repaired."""
    guid = steady.book.open("1009", date(2026, 11, 21), at=at("2026-11-22", 13), type="XX")
    steady.at("2026-11-22T14:00")("absence")
    before = lists.list_rejects(steady.ledger, steady.name, "absence", "open")
    books = [steady.at(f"2026-11-22T{hour}:00")("absence") for hour in (15, 16)]
    assert looked[1:] == [set(), set()]
    after = lists.list_rejects(steady.ledger, steady.name, "absence", "open")
    assert [(row["key"], row["reason"]) for row in after] == [(row["key"], row["reason"]) for row in before]
    assert {row["attempts"] for row in after if row["key"] == guid.strip("{}")} == {3}
    assert [book["rejected"] for book in books] == [1, 1]


def test_a_snapshot_that_moved_makes_it_look_at_everybody(steady: Crossing, looked: list[set[str] | None]) -> None:
    """The standing holds for one snapshot: a report that took a line out of it, or forgetting, made another one."""
    scope = Scope(steady.name, "absence", "xpert_suite")
    with steady.ledger.session() as session:
        old = deliveries.pointer(session, scope, kinds.SNAPSHOTS)
        assert old
        lines = [*steady.vault.read(old)]
        deliveries.point(
            session, scope, kinds.SNAPSHOTS, steady.vault.write(kinds.SNAPSHOTS.path(scope, "other"), lines[1:])
        )
    books = steady.at("2026-11-22T14:00")("absence")
    assert looked == [None]
    assert books["state"] == "success"
    assert steady.periods() == steady.truth()


def test_a_sheet_that_is_too_small_is_refused_before_anything_is_prepared(
    steady: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names csv; with that the same news is delivered, and what was read is in the history already."""
    before = steady.deliveries("absence")
    recover(steady, "1004", "2026-09-07", date(2026, 11, 22), 13)
    monkeypatch.setattr(writer, "MAX_ROWS", 5)
    with pytest.raises(SettingsError, match=r"holds 4 rows: set xpert_suite\.file_format to csv"):
        steady.at("2026-11-22T14:00")("absence")
    assert steady.deliveries("absence") == before
    steady.configure(xpert_suite={"file_format": "csv"})
    assert steady.at("2026-11-22T15:00")("absence")["state"] == "success"
    assert steady.periods() == steady.truth()
