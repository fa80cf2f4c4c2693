"""Who was absent at Veerhuis, as seen on 22 November 2026."""

from datetime import date, datetime

from veerpont_sandbox.absence import AbsenceBook


def _at(month: int, day: int, hour: int = 8, minute: int = 15, *, year: int = 2026) -> datetime:
    """Return a moment of 2026 with a fraction of a second, as AFAS stores it."""
    return datetime(year, month, day, hour, minute, day, 250_000)  # noqa: DTZ001 -- AFAS's stamps are local time


def write(book: AbsenceBook) -> None:
    """Write one case of every kind that a reader has to know."""
    # Pieter: closed long before the window of 24 months.
    case = book.open("1006", date(2024, 2, 5), at=_at(2, 5, year=2024), reason="11")
    book.close(case, date(2024, 4, 2), at=_at(4, 2, year=2024))
    # Cor: two cases with 20 days between them. The first one ended before the window, and is chained to the second.
    case = book.open("0109", date(2024, 10, 7), at=_at(10, 7, year=2024))
    book.close(case, date(2024, 10, 28), at=_at(10, 28, year=2024))
    case = book.open("0109", date(2024, 11, 17), at=_at(11, 18, year=2024))
    book.close(case, date(2024, 12, 9), at=_at(12, 9, year=2024))
    # Tim, at his second employer: a type that no list knows; and at his first one something that is no illness.
    case = book.open("1008", date(2026, 2, 9), at=_at(2, 9), employer="02", employment=2, type="XX")
    book.close(case, date(2026, 2, 16), at=_at(2, 16))
    case = book.open("1008", date(2026, 5, 4), at=_at(5, 4), type="F", reason="")
    book.close(case, date(2026, 5, 6), at=_at(5, 6))
    # Lotte: reported two days late, and the safety net applies. Karel had an accident at work, and came half the time.
    case = book.open("1010", date(2026, 7, 4), at=_at(7, 6), employer="02", safety_net=True, reason="2")
    book.close(case, date(2026, 7, 13), at=_at(7, 13))
    case = book.open("KMA", date(2026, 8, 17), at=_at(8, 17), type="AO", presence=50)
    book.close(case, date(2026, 8, 24), at=_at(8, 24))
    # Bram: open, partly back at work.
    case = book.open("1004", date(2026, 9, 7), at=_at(9, 7))
    book.change(case, date(2026, 10, 12), 50, at=_at(10, 12))
    book.change(case, date(2026, 11, 16), 75, at=_at(11, 13))
    # Sanne: her child is born, so the end of her leave is known. It lies in the future.
    expected = date(2026, 10, 26)
    case = book.open("1005", date(2026, 9, 14), at=_at(6, 22), employer="02", type="ZW", expected_birth=expected)
    book.correct(case, birth=date(2026, 10, 29), at=_at(11, 2))
    book.close(case, date(2027, 1, 7), at=_at(11, 2))
    # Omar's employer is pending, Ria's inactive.
    book.open("1011", date(2026, 10, 19), at=_at(10, 19), employer="03", reason="1")
    book.open("1012", date(2026, 10, 26), at=_at(10, 26), employer="04", reason="11")
    # Fatima: the example of AFAS's own help pages, with a stay in hospital that changes no percentage.
    case = book.open("1003", date(2026, 11, 4), at=_at(11, 4))
    book.nursing_address(case, date(2026, 11, 5), at=_at(11, 5))
    book.change(case, date(2026, 11, 7), 0, at=_at(11, 7))
    book.change(case, date(2026, 11, 11), 40, at=_at(11, 11))
    book.close(case, date(2026, 11, 19), at=_at(11, 19))
    # Anna: open since last Monday.
    book.open("1001", date(2026, 11, 16), at=_at(11, 16), reason="1")
