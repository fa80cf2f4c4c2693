"""Which row of an employment counts."""

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from veerpont.model.records import Employment
from veerpont.rules.employments import rank

TODAY = date(2026, 11, 2)
ROW = Employment(employer_code="01", personnel_number="1", guid="G", employment_number=1, last_name="x")
DAYS = st.none() | st.integers(-400, 400).map(lambda days: TODAY + timedelta(days))
ROWS = st.builds(
    lambda **values: msgspec.structs.replace(ROW, **values),
    effective_from=DAYS,
    employment_end=DAYS,
    contract_end=DAYS,
    contract_number=st.none() | st.integers(1, 4),
    roster_number=st.none() | st.integers(1, 4),
)


def row(effective: int, **values: object) -> Employment:
    return msgspec.structs.replace(ROW, effective_from=TODAY + timedelta(effective), **values)


def best(*rows: Employment) -> Employment:
    return max(rows, key=lambda item: rank(item, TODAY))


def valid(item: Employment) -> bool:
    ends = [day for day in (item.employment_end, item.contract_end) if day]
    return (item.effective_from or date.min) <= TODAY and all(day >= TODAY for day in ends)


def test_a_row_that_is_valid_today_wins_from_later_and_earlier_ones() -> None:
    now, future, ended = row(-30), row(5), row(-1, contract_end=TODAY - timedelta(1))
    assert best(future, ended, now) is now


def test_the_last_day_still_counts() -> None:
    last_day, older = row(-1, employment_end=TODAY), row(-30)
    assert best(older, last_day) is last_day


def test_the_latest_valid_row_wins_then_contract_then_roster() -> None:
    rows = [row(-9), row(-3), row(-3, contract_number=2), row(-3, contract_number=2, roster_number=2)]
    assert best(*rows) is rows[-1]


def test_without_a_valid_row_the_latest_that_began_wins() -> None:
    yesterday = TODAY - timedelta(1)
    older, newer, future = row(-90, employment_end=yesterday), row(-9, employment_end=yesterday), row(1)
    assert best(older, future, newer) is newer


def test_of_future_rows_the_first_to_come_wins() -> None:
    soon, later = row(3), row(30, contract_number=9)
    assert best(later, soon) is soon


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_a_valid_row_wins_whenever_there_is_one_and_order_does_not_matter(rows: list[Employment]) -> None:
    winner = best(*rows)
    assert valid(winner) or not any(map(valid, rows))
    assert rank(best(*reversed(rows)), TODAY) == rank(winner, TODAY)
