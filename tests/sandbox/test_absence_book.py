"""What happened (the truth) and what AFAS shows of it (the rows), for histories that can be followed by hand."""

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from veerpont_sandbox.absence import MEDICAL, AbsenceBook, Told
from veerpont_sandbox.afas.schema import ABSENCE, CONNECTORS
from veerpont_sandbox.customers import customer, generated

TODAY = date(2026, 11, 22)


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


def at(moment: date, hour: int = 9) -> datetime:
    return datetime.combine(moment, time(hour, 0))


def rows(book: AbsenceBook) -> list[dict[str, Any]]:
    return [dict(zip(CONNECTORS[ABSENCE].names, row, strict=True)) for row in book.rows()]


def ill(book: AbsenceBook, first: date, last: date | None, **more: Any) -> str:
    """Write a case with these first and last days of absence."""
    case = book.open("1", first, at=at(first), **more)
    if last:
        book.close(case, last + timedelta(1), at=at(last + timedelta(1)))
    return case


def told(book: AbsenceBook, today: date = TODAY, **more: Any) -> list[tuple[str, str | None, str]]:
    """Return the periods that a portal must have: first and last day, percentage absent."""
    return [each[3:] for each in sorted(book.truth(today, **more), key=str)]


@pytest.fixture
def book() -> AbsenceBook:
    return AbsenceBook()


@pytest.fixture
def example(book: AbsenceBook) -> str:
    """Write the example of AFAS's help pages."""
    case = book.open("1", day(11, 4), at=at(day(11, 4)))
    book.nursing_address(case, day(11, 5), at=at(day(11, 5)))
    book.change(case, day(11, 7), 0, at=at(day(11, 7)))
    book.change(case, day(11, 11), 40, at=at(day(11, 11)))
    book.close(case, day(11, 19), at=at(day(11, 19)))
    return case


def test_the_example_of_afas_shows_five_lines(book: AbsenceBook, example: str) -> None:
    shown = rows(book)
    assert [row["Datum_deelherstel"][8:10] for row in shown] == ["04", "05", "07", "11", "19"]
    assert [row["Aanwezigheidspercentage"] for row in shown] == [0, 0, 0, 40, 100]
    assert [row["Verpleegadres_Naam"] for row in shown] == [None, "ziekenhuis Rijnoever", None, None, None]
    assert {row["Datum_hervatting"] for row in shown} == {"2026-11-19T00:00:00Z"}
    assert {row["Guid_verzuimmelding"] for row in shown} == {example}
    assert len({row["GUID_verzuimverloop"] for row in shown}) == 5


@pytest.mark.parametrize(("reading", "last"), [("first_day_back", "2026-11-18"), ("last_absent_day", "2026-11-19")])
def test_the_example_of_afas_is_two_periods(book: AbsenceBook, example: str, reading: Any, last: str) -> None:
    book.recovery_date_is = reading
    assert told(book) == [("2026-11-04", "2026-11-10", "100"), ("2026-11-11", last, "60")]


def test_every_row_holds_something_that_nobody_may_see(book: AbsenceBook, example: str) -> None:
    for row in rows(book):
        assert row["Reden_verzuim"] in MEDICAL
        assert row["Opmerking"] in MEDICAL
    nursing = rows(book)[1]
    assert nursing["Verpleegadres_Plaats"] in MEDICAL
    book.open("2", day(11, 20), at=at(day(11, 20)), reason="")
    assert (rows(book)[-1]["Reden_verzuim_code"], rows(book)[-1]["Reden_verzuim"]) == (None, None)


def test_a_change_of_a_line_leaves_the_head_alone(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    line = book.change(case, day(11, 9), 33.33, at=at(day(11, 10)))
    first, second = rows(book)
    assert second["GUID_verzuimverloop"] == line
    assert second["Aanwezigheidspercentage"] == 33.33
    assert first["Verloop_Gewijzigd_Op"] == "2026-11-02T09:00:00Z"
    assert second["Verloop_Gewijzigd_Op"] == "2026-11-10T09:00:00Z"
    assert first["Melding_Gewijzigd_Op"] == second["Melding_Gewijzigd_Op"] == "2026-11-02T09:00:00Z"
    assert told(book) == [("2026-11-02", "2026-11-08", "100"), ("2026-11-09", None, "66.67")]


def test_closing_stamps_the_head_and_only_the_closing_line(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    book.close(case, day(11, 9), at=at(day(11, 10), 14), reason="6")
    first, last = rows(book)
    assert first["Verloop_Gewijzigd_Op"] == "2026-11-02T09:00:00Z"
    assert last["Verloop_Gewijzigd_Op"] == "2026-11-10T14:00:00Z"
    for row in (first, last):
        assert row["Melding_Gewijzigd_Op"] == "2026-11-10T14:00:00Z"
        assert row["Datum_herstelmelding"] == "2026-11-10T00:00:00Z"
        assert row["Reden_afsluiten_omschrijving"] == "Aansluitend verzuim met andere oorzaak"


def test_reopening_deletes_the_closing_line_and_empties_the_head(book: AbsenceBook, example: str) -> None:
    book.reopen(example, at=at(day(11, 21)))
    shown = rows(book)
    assert len(shown) == 4
    for row in shown:
        assert (row["Datum_hervatting"], row["Datum_herstelmelding"], row["Reden_afsluiten_code"]) == (None,) * 3
        assert row["Melding_Gewijzigd_Op"] == "2026-11-21T09:00:00Z"
        assert row["Verloop_Gewijzigd_Op"] < "2026-11-12"
    assert told(book) == [("2026-11-04", "2026-11-10", "100"), ("2026-11-11", None, "60")]


def test_a_deleted_case_leaves_no_trace_and_its_number_is_not_given_again(book: AbsenceBook, example: str) -> None:
    book.delete(example)
    assert (book.rows(), book.truth(TODAY), book.case_count) == ([], set(), 0)
    book.open("1", day(11, 20), at=at(day(11, 20)))
    assert rows(book)[0]["VerzuimId"] == 1002


def test_a_deleted_line_gives_its_days_to_the_one_before(book: AbsenceBook, example: str) -> None:
    stamps = {(row["Verloop_Gewijzigd_Op"], row["Melding_Gewijzigd_Op"]) for row in rows(book)}
    book.delete_line(example, day(11, 11))
    assert told(book) == [("2026-11-04", "2026-11-18", "100")]
    assert {(row["Verloop_Gewijzigd_Op"], row["Melding_Gewijzigd_Op"]) for row in rows(book)} < stamps
    with pytest.raises(KeyError):
        book.delete_line(example, day(11, 4))


def test_corrections_move_the_lines_they_belong_to(book: AbsenceBook, example: str) -> None:
    now = at(day(11, 22))
    book.correct(example, begin=day(11, 2), recovered=day(11, 20), presence_of_first=25, at=now)
    assert told(book) == [
        ("2026-11-02", "2026-11-04", "75"),
        ("2026-11-05", "2026-11-10", "100"),
        ("2026-11-11", "2026-11-19", "60"),
    ]
    changed = [row["Verloop_Gewijzigd_Op"] == "2026-11-22T09:00:00Z" for row in rows(book)]
    assert changed == [True, False, False, False, True]
    with pytest.raises(ValueError, match="before its begin"):
        book.correct(example, begin=day(11, 6), at=now)


def test_a_line_of_a_day_is_corrected_or_gets_a_second_one(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    line = book.change(case, day(11, 9), 50, at=at(day(11, 9)))
    assert book.change(case, day(11, 9), 60, at=at(day(11, 10))) == line
    assert book.change(case, day(11, 9), 75, at=at(day(11, 11)), second=True) != line
    assert len(book.rows()) == 3
    assert told(book) == [("2026-11-02", "2026-11-08", "100"), ("2026-11-09", None, "25")]


def test_days_at_zero_percent_are_left_out_and_part_what_stands_around_them(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    book.change(case, day(11, 9), 100, at=at(day(11, 9)))
    book.change(case, day(11, 16), 0, at=at(day(11, 16)))
    parts = [("2026-11-02", "2026-11-08", "100"), ("2026-11-16", None, "100")]
    assert told(book) == parts
    assert told(book, zero_percent=True) == [parts[0], ("2026-11-09", "2026-11-15", "0"), parts[1]]


def test_a_case_that_never_lasted_a_day_is_none(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    book.close(case, day(11, 2), at=at(day(11, 2)))
    assert (told(book), len(book.rows())) == ([], 2)


def test_planned_periods_of_an_illness_come_in_their_time_and_leave_comes_at_once(book: AbsenceBook) -> None:
    case = book.open("1", day(11, 2), at=at(day(11, 2)))
    book.change(case, day(11, 30), 50, at=at(day(11, 20)))
    book.open("2", day(12, 14), at=at(day(11, 20)), type="ZW", expected_birth=day(1, 25, 2027))
    assert book.truth(TODAY) == {
        ("01", "1", "Ziekte", "2026-11-02", "2026-11-29", "100"),
        ("01", "2", "Zwangerschap", "2026-12-14", None, "100"),
    }
    assert ("01", "1", "Ziekte", "2026-11-30", None, "50") in book.truth(day(11, 30))


def test_types_that_are_no_absence_are_not_told(book: AbsenceBook) -> None:
    for number, code in enumerate(("Z", "ZB", "ZZW", "ZOD", "AO", "B", "D", "O", "PO", "ZW", "F", "XX", "A", "TO")):
        book.open(str(number), day(11, 2), at=at(day(11, 2)), type=code)
    protocols = [protocol for _, _, protocol, *_ in book.truth(TODAY)]
    assert (protocols.count("Ziekte"), protocols.count("Zwangerschap"), len(protocols)) == (9, 1, 10)


@pytest.mark.parametrize(("last", "inside"), [(day(11, 22, 2024), True), (day(11, 21, 2024), False)])
def test_the_window_takes_what_runs_on_its_first_day(book: AbsenceBook, last: date, inside: bool) -> None:
    ill(book, day(3, 1, 2024), last)
    assert bool(told(book)) is inside
    assert bool(told(book, delivery_from=day(12, 1, 2024))) is False
    assert bool(told(book, months=36)) is True


@pytest.mark.parametrize(("gap", "chained"), [(27, True), (28, False)])
def test_what_lies_fewer_than_28_days_before_belongs_to_it(book: AbsenceBook, gap: int, chained: bool) -> None:
    second = day(11, 20, 2024)
    last = second - timedelta(gap + 1)
    ill(book, last - timedelta(9), last)
    # And one step further back.
    ill(book, last - timedelta(40), last - timedelta(30))
    ill(book, second, day(12, 1, 2024))
    assert len(told(book)) == (3 if chained else 1)
    begins = {row["VerzuimId"]: row["Gesim._begin_doorl._verzuim"][:10] for row in rows(book)}
    assert (begins[1003] < "2024-11-20") is chained


def test_afas_moves_the_begin_back_by_the_days_of_absence(book: AbsenceBook) -> None:
    ill(book, day(1, 6, 2025), day(1, 19, 2025))
    ill(book, day(2, 13, 2025), day(2, 20, 2025))
    assert {row["Gesim._begin_doorl._verzuim"] for row in rows(book)} == {
        "2025-01-06T00:00:00Z",
        "2025-01-30T00:00:00Z",
    }


def test_leave_inside_a_gap_does_not_count_and_employers_stand_apart(book: AbsenceBook) -> None:
    ill(book, day(7, 1, 2024), day(7, 10, 2024))
    ill(book, day(7, 21, 2024), day(11, 9, 2024), type="ZW", expected_birth=day(9, 1, 2024))
    case = ill(book, day(11, 20, 2024), day(12, 1, 2024))
    assert [first for first, _, _ in told(book)] == ["2024-07-01", "2024-11-20"]
    book.move(case, "02", at=at(TODAY))
    assert [first for first, _, _ in told(book)] == ["2024-11-20"]
    assert rows(book)[-1]["Werkgevercode"] == "02"


def test_a_book_can_be_put_back(book: AbsenceBook, example: str) -> None:
    before, kept = book.rows(), book.cases()
    book.delete(example)
    book.open("2", day(11, 20), at=at(day(11, 20)))
    book.restore(kept)
    assert book.rows() == before


def test_rows_are_the_same_list_until_something_changes(book: AbsenceBook, example: str) -> None:
    first = book.rows()
    assert book.rows() is first
    book.reopen(example, at=at(TODAY))
    assert book.rows() is not first


def test_moments_with_a_zone_are_stamped_in_dutch_time(book: AbsenceBook) -> None:
    book.open("1", day(7, 1), at=datetime.fromisoformat("2026-07-01T23:30:00+00:00"))
    assert rows(book)[0]["Verloop_Gewijzigd_Op"] == "2026-07-02T01:30:00Z"
    assert rows(book)[0]["Datum_ziekmelding"] == "2026-07-02T00:00:00Z"


def painted(book: AbsenceBook, today: date, months: int) -> set[Told]:
    """Work the truth out from the rows, day by day: slow, and another way than the book's own."""
    cutoff = date(today.year - months // 12, today.month, today.day)
    horizon = today + timedelta(400)
    cases: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(book):
        cases[row["Guid_verzuimmelding"]].append(row)
    days: dict[str, dict[date, str]] = {}
    heads = {guid: lines[0] for guid, lines in cases.items()}
    for guid, lines in cases.items():
        ended = heads[guid]["Datum_hervatting"]
        after = date.fromisoformat(ended[:10]) if ended else horizon
        days[guid] = {}
        for line in sorted(lines, key=lambda line: line["Datum_deelherstel"]):
            first = date.fromisoformat(line["Datum_deelherstel"][:10])
            for n in range((after - first).days):
                days[guid][first + timedelta(n)] = f"{100 - line['Aanwezigheidspercentage']}"
        days[guid] = {each: absent for each, absent in days[guid].items() if absent != "0"}
    chosen = {guid for guid, each in days.items() if each and max(each) >= cutoff}
    grown = True
    while grown:
        grown = False
        for guid in days.keys() - chosen:
            who = (heads[guid]["Werkgevercode"], heads[guid]["Personeelsnummer"], heads[guid]["Type"])
            for other in list(chosen):
                same = (heads[other]["Werkgevercode"], heads[other]["Personeelsnummer"], heads[other]["Type"]) == who
                if same and days[guid] and 0 < (min(days[other]) - max(days[guid])).days <= 28:
                    chosen.add(guid)
                    grown = True
    found: set[Told] = set()
    for guid in chosen:
        head, each = heads[guid], days[guid]
        for first in each:
            if each.get(first - timedelta(1)) != each[first] and first <= today:
                last = first
                while each.get(last + timedelta(1)) == each[first]:
                    last += timedelta(1)
                end = None if last == horizon - timedelta(1) else str(last)
                found.add((head["Werkgevercode"], head["Personeelsnummer"], "Ziekte", str(first), end, each[first]))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_truth_is_what_painting_the_rows_day_by_day_gives(seed: int) -> None:
    rng = random.Random(seed)
    book = AbsenceBook(f"seed {seed}")
    for number in ("1", "2", "3"):
        begin = date(2024, 1, 1) + timedelta(rng.randrange(60))
        while begin < TODAY:
            case = book.open(number, begin, at=at(begin), presence=rng.choice((0, 0, 50)))
            on = begin
            for _ in range(rng.randrange(4)):
                on += timedelta(rng.randint(1, 20))
                book.change(case, on, rng.choice((0, 25, 50, 100)), at=at(on))
            back = on + timedelta(rng.randint(1, 30))
            if back < TODAY or rng.random() < 0.5:
                book.close(case, back, at=at(back))
            begin = back + timedelta(rng.choice((5, 27, 28, 29, 60, 200)))
    assert book.truth(TODAY) == painted(book, TODAY, 24)
    assert len(book.truth(TODAY)) > 5


def test_generated_absence_is_the_same_every_time_and_nobody_has_two_cases_at_a_time() -> None:
    one, two = (generated("oeverland", 400).book for _ in range(2))
    assert one is not None
    assert two is not None
    assert one.rows() == two.rows()
    assert 700 < one.case_count < 1300
    until: dict[str, date] = {}
    for case in sorted(one.cases(), key=lambda case: (case.number, case.begin)):
        assert case.begin >= until.get(case.number, date.min)
        until[case.number] = case.recovered or date.max
    assert any(len(case.course) > 2 for case in one.cases())
    assert {"Ziekte", "Zwangerschap"} == {protocol for _, _, protocol, *_ in one.truth(TODAY)}


def test_the_truth_of_veerhuis_can_be_read() -> None:
    book = customer("veerhuis").book
    assert book is not None
    active = {each[1:] for each in book.truth(TODAY) if each[0] in {"01", "02"}}
    assert active == {
        ("0109", "Ziekte", "2024-10-07", "2024-10-27", "100"),
        ("0109", "Ziekte", "2024-11-17", "2024-12-08", "100"),
        ("1010", "Ziekte", "2026-07-04", "2026-07-12", "100"),
        ("KMA", "Ziekte", "2026-08-17", "2026-08-23", "50"),
        ("1004", "Ziekte", "2026-09-07", "2026-10-11", "100"),
        ("1004", "Ziekte", "2026-10-12", "2026-11-15", "50"),
        ("1004", "Ziekte", "2026-11-16", None, "25"),
        ("1005", "Zwangerschap", "2026-09-14", "2027-01-06", "100"),
        ("1003", "Ziekte", "2026-11-04", "2026-11-10", "100"),
        ("1003", "Ziekte", "2026-11-11", "2026-11-18", "60"),
        ("1001", "Ziekte", "2026-11-16", None, "100"),
    }
