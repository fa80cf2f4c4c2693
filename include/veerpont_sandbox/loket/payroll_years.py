"""The payroll components and periods of each year (docs/reference/loket.md, 3.9)."""

from datetime import date, timedelta
from typing import Any

from veerpont_sandbox.loket.provider import Json

MONTH, FOUR_WEEKS = {"key": 1, "value": "Maand"}, {"key": 3, "value": "4 weken"}
HOURS, MONEY = {"key": 1, "value": "Uren"}, {"key": 2, "value": "Bedragen"}
PAYMENT = {"key": 2, "value": "Betaling"}
YEARS = (2024, 2025, 2026, 2027)


def components(year: int) -> list[Json]:
    """Return the payroll components of a year: they differ per year (docs/reference/loket.md, 3.9)."""

    def one(key: int, text: str, category: Json, *, supplement: bool = False, collective: bool = True) -> Json:
        return {
            "key": key,
            "description": text,
            "category": category,
            "deductionOrPayment": PAYMENT,
            "canBeSupplemented": supplement,
            "isCollectiveMutationPossible": collective,
        }

    found = [
        one(1, "Uren gewerkt", HOURS),
        one(15, "Overuren 125%", HOURS, supplement=True),
        one(16, "Overuren 150%", HOURS),
        one(20, "Ziekte-uren", HOURS, collective=False),
        one(260, "NETTOLOON", MONEY, collective=False),
        one(372, "REISKOSTEN", MONEY, supplement=True),
    ]
    return [each for each in found if each["key"] != 16 or year < 2027]


def periods(period_type: Json, approved_until: str) -> list[Json]:
    """Return the periods of every year, and one of a test year (docs/reference/loket.md, 3.9)."""
    found = []
    for year in YEARS:
        for number, (first, last) in enumerate(_spans(year, period_type), 1):
            found.append(_period(year, number, first, last, period_type, last <= date.fromisoformat(approved_until)))
    test = _period(2028, 1, date(2028, 1, 1), date(2028, 1, 31), period_type, approved=False)
    return [*found, test | {"testYear": True}]


def _spans(year: int, period_type: Json) -> list[tuple[date, date]]:
    if period_type == MONTH:
        starts = [date(year, month, 1) for month in range(1, 13)]
        return [(a, b - timedelta(1)) for a, b in zip(starts, [*starts[1:], date(year + 1, 1, 1)], strict=True)]
    first = date.fromisocalendar(year, 1, 1)
    return [(first + timedelta(28 * n), first + timedelta(28 * n + 27)) for n in range(13)]


def _period(year: int, number: int, first: date, last: date, period_type: Json, approved: bool) -> dict[str, Any]:
    return {
        "id": year * 100 + number,
        "year": year,
        "periodNumber": number,
        "startDate": first.isoformat(),
        "endDate": last.isoformat(),
        "payrollPeriodType": period_type,
        "hasApprovedPayrollRun": approved,
        "testYear": False,
    }
