"""Sorting and choosing among more rows than are held: the outcome is that of holding them all."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from crossings import EMPLOYEES, Crossing
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from veerpont.flows.employees import ChosenEmployment, chosen
from veerpont.flows.job import Job, Problems
from veerpont.model.marks import Marks
from veerpont.model.records import Employment
from veerpont.store import sorting
from veerpont.store.sorting import Sorter
from veerpont.store.vault import Vault

KEY = Fernet.generate_key().decode()
ITEMS = st.lists(st.tuples(st.text("ab\t", max_size=3), st.binary(max_size=3).map(bytes.hex)), max_size=30)


@given(ITEMS, st.integers(1, 100))
def test_runs_are_merged_to_what_one_sort_gives(items: list[tuple[str, str]], run: int) -> None:
    """However small the runs are: sorted by key, those of one key in the order in which they came."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "RUN_BYTES", run)
        sorter = Sorter(Vault("memory://sorting", (KEY,)), "runs")
        for key, content in items:
            sorter.add(key, content.encode())
    expected = sorted(((key, place, content.encode()) for place, (key, content) in enumerate(items)))
    assert list(sorter) == expected
    assert list(sorter) == expected, "and once more from the start"


@given(st.lists(st.text("abc", max_size=3)), st.text("abc", max_size=3))
def test_marks_are_a_set(things: list[str], other: str) -> None:
    """What was added is in it, how many there are is known, and what came twice."""
    marks = Marks()
    for thing in things:
        marks.add(thing)
    assert all(thing in marks for thing in things)
    assert (other in marks) == (other in set(things))
    assert len(marks) == len(set(things))
    assert marks.twice() == {hash(thing) for thing in things if things.count(thing) > 1}


@pytest.fixture
def job(known: Crossing) -> Job:
    return known.until_load("employees")[0]


def employment(number: int, **values: object) -> Employment:
    named: dict[str, object] = {
        "employer_code": "01", "personnel_number": f"{number:07}", "guid": f"GUID-{number:07}", "employment_number": 1,
        "last_name": "Canary", "contract_number": 1, "roster_number": 1, **values,
    }  # fmt: skip
    return Employment(**named)  # type: ignore[arg-type]


def choose(job: Job, *records: Employment) -> tuple[list[ChosenEmployment], Problems]:
    problems = Problems()
    rows = ((f"{place}".encode(), record) for place, record in enumerate(records))
    return list(chosen(job, rows, problems, Counter(), [])), problems


def test_the_row_that_holds_today_stands_for_all_rows_of_an_employment(job: Job) -> None:
    """Of rows under one number, and of rows under two: there is one record, and it counts every row."""
    for other in ("0000001", "0000009"):
        first = employment(1, effective_from=date(2020, 1, 1), function="old")
        second = employment(1, effective_from=date(2021, 1, 1), function="new", personnel_number=other, roster_number=2)
        found, problems = choose(job, employment(5), second, employment(3), first)
        assert not list(problems)
        assert [(each.record.guid, each.rows, each.record.function) for each in found] == sorted(
            [("GUID-0000001", 2, "new"), ("GUID-0000003", 1, None), ("GUID-0000005", 1, None)],
            key=lambda each: other if each[0] == "GUID-0000001" else each[0].removeprefix("GUID-"),
        )


def test_a_manager_is_named_by_the_number_that_came_last(job: Job) -> None:
    """Wherever the manager stands among the rows."""
    managed = [employment(number, manager_guid="GUID-0000002") for number in (1, 3)]
    late = employment(2, employer_code="02", personnel_number="77")
    found, _ = choose(job, managed[0], employment(2), managed[1], late)
    assert {each.record.guid: each.record.manager_personnel_number for each in found}["GUID-0000001"] == "77"
    assert {each.record.guid: each.record.manager_personnel_number for each in found}["GUID-0000003"] == "77"


def test_two_people_with_one_number_both_wait(job: Job) -> None:
    """Also when their employments have other numbers, and other people stand between them at the source."""
    twin = employment(8, personnel_number="0000001", employment_number=2)
    _, problems = choose(job, employment(1), employment(4), twin)
    assert {found.key: found.problem.reason for found in problems} == {
        "GUID-0000001": "duplicate_key",
        "GUID-0000008": "duplicate_key",
    }


def test_a_roster_line_that_comes_twice_is_a_problem(job: Job) -> None:
    """The same contract and roster line with other content: nobody can tell which one holds."""
    _, problems = choose(job, employment(1, function="a"), employment(1, function="b"))
    assert [found.key for found in problems] == ["GUID-0000001"]


def test_choosing_does_not_hold_everybody(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of so many people more takes marks and a part of a run, not a record of a kilobyte."""
    monkeypatch.setattr(sorting, "RUN_BYTES", 300_000)
    monkeypatch.setattr(sorting, "PART_BYTES", 10_000)

    def peak(people: int) -> int:
        def rows() -> Iterator[tuple[bytes, Employment]]:
            return ((b"%d" % number, employment(number, street="x" * 300)) for number in range(people))

        tracemalloc.start()
        assert sum(1 for _ in chosen(job, rows(), Problems(), Counter(), [])) == people
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few = peak(2_000)
    assert peak(8_000) - few < 6_000 * 250


def test_what_is_wrong_at_a_later_employer_keeps_the_whole_person_back(known: Crossing) -> None:
    """The record at the earlier employer was staged before that was seen: it does not cross, and the books say so."""
    row = known.source("employees")[0] | {"Personeelsnummer": "7777", "GUID": "{5A0D-NEW}"}
    later = [row | {"Werkgeverscode": "02", "Functie": word} for word in ("a", "b")]
    known.sandbox.afas.insert("veerhuis", EMPLOYEES, [row | {"Werkgeverscode": "01"}, *later])
    books = known("employees")
    assert (books["rejected"], books["delivered"]) == (3, 0)
    assert known.rejects("employees")["5A0D-NEW"] == "duplicate_key"
    assert "7777" not in known.people()
