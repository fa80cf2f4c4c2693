"""Words for the tests of one absence case: its lines, and what becomes of them."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec

from veerpont.model.failures import Problem, Stage
from veerpont.model.records import AbsenceLine, AbsencePeriod
from veerpont.rules.absence import periods

DAY = timedelta(days=1)
TODAY = date(2026, 11, 30)
LINE = AbsenceLine(
    guid="A",
    case_guid="CASE",
    employer_code="01",
    personnel_number="1",
    type="Z",
    begin=date(2026, 11, 4),
    starts_on=date(2026, 11, 4),
    presence=Decimal(0),
)


def nov(day: int) -> date:
    return date(2026, 11, day)


def line(day: int, presence: float = 0, guid: str = "", **values: object) -> AbsenceLine:
    """A line that starts on a day of November; its GUID and its change follow its day unless they are given."""
    given_values = {"line_changed": f"2026-11-{day:02}T09:00:00", **values}
    return msgspec.structs.replace(
        LINE, guid=guid or f"L{day:02}", starts_on=nov(day), presence=Decimal(str(presence)), **given_values
    )


def course(
    *lines: AbsenceLine,
    protocol: str = "Ziekte",
    first_day_back: bool = True,
    send_zero: bool = False,
    today: date = TODAY,
    **head_values: object,
) -> tuple[AbsencePeriod, ...] | Problem:
    """The periods of a case of which every row was read with the same head."""
    rows = [msgspec.structs.replace(each, **head_values) for each in lines]
    return periods(rows, protocol=protocol, first_day_back=first_day_back, send_zero=send_zero, today=today)


def shown(result: tuple[AbsencePeriod, ...] | Problem) -> list[str]:
    """Periods as `begin…end percentage`."""
    assert not isinstance(result, Problem), result.reason
    ends = [f"{each.end:%d-%m}" if each.end else "" for each in result]
    return [f"{each.begin:%d-%m}…{end} {each.percentage}" for each, end in zip(result, ends, strict=True)]


def refused(result: tuple[AbsencePeriod, ...] | Problem) -> tuple[str, str]:
    assert isinstance(result, Problem)
    assert result.stage is Stage.TRANSFORM
    return result.field, result.reason
