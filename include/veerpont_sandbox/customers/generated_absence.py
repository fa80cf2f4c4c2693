"""Four years of absence of any number of people, up to 22 November 2026: 0.6 cases a year each."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from veerpont_sandbox.absence import AbsenceBook

TODAY = date(2026, 11, 22)
FIRST = date(2022, 11, 22)
_DAYS_BETWEEN = 365 / 0.6
_STEPS = (20, 25, 33.33, 40, 50, 60, 75, 80)
_LENGTHS = ((0.55, 1, 6), (0.30, 7, 28), (0.11, 29, 180), (0.04, 181, 730))
"""Share, shortest, longest."""
_TYPES = (("Z", 950), ("AO", 12), ("O", 8), ("D", 5), ("PO", 5), ("F", 12), ("PZ", 8))
_KINDS, _WEIGHTS = zip(*_TYPES, strict=True)


@dataclass(frozen=True)
class Person:
    """Who can be absent. `born`: the year, of women only."""

    number: str
    guid: str
    employer: str
    born: int | None
    started: date
    ended: date | None


def write(book: AbsenceBook, people: Iterable[Person]) -> None:
    """Write everybody's cases; nobody has two at a time."""
    rng = random.Random(f"{book.name} absence")  # noqa: S311 (sample data: repeatable, not secret)
    for person in people:
        until = min(person.ended or TODAY, TODAY)
        day = max(person.started, FIRST) + timedelta(rng.expovariate(1 / _DAYS_BETWEEN))
        while day <= until:
            if person.born and 22 <= day.year - person.born <= 42 and rng.random() < 0.07:
                end = _leave(book, rng, person, day)
            else:
                end = _illness(book, rng, person, day, until)
            day = end + timedelta(1 + rng.expovariate(1 / _DAYS_BETWEEN))


def _illness(book: AbsenceBook, rng: random.Random, person: Person, begin: date, until: date) -> date:
    """Write one case; return its last day. Who leaves while ill stays ill until then; who is ill today stays open."""
    _, shortest, longest = rng.choices(_LENGTHS, [share for share, _, _ in _LENGTHS])[0]
    end = begin + timedelta(rng.randint(shortest, longest) - 1)
    if person.ended:
        end = min(end, until)
    reported = begin + timedelta(rng.randint(1, 4) if rng.random() < 0.1 else 0)
    case = book.open(
        person.number,
        begin,
        at=_at(rng, reported),
        employer=person.employer,
        type=rng.choices(_KINDS, _WEIGHTS)[0],
        guid_person=person.guid,
        safety_net=rng.random() < 0.02,
        reason=rng.choice(("", "", "0", "1", "2", "11")),
        presence=rng.choice((0, 0, 0, 0, 0, 50)),
    )
    days = (end - begin).days + 1
    if days > 30 and rng.random() < 0.05:
        _line(book, rng, case, begin + timedelta(7), None)
    if days > 20 and rng.random() < 0.7:
        steps = sorted(rng.sample(_STEPS, rng.randint(1, 3)))
        for at, presence in enumerate(steps, 1):
            _line(book, rng, case, begin + timedelta(days * at // (len(steps) + 1)), presence)
    if end < TODAY:
        back = end + timedelta(1)
        book.close(case, back, at=_at(rng, back), reason="2" if end == person.ended else "1")
    return end


def _line(book: AbsenceBook, rng: random.Random, case: str, on: date, presence: float | None) -> None:
    """Write a line when its day has come; `presence` None: a nursing address."""
    if on > TODAY:
        return
    at = _at(rng, on + timedelta(rng.randint(0, 2)))
    if presence is None:
        book.nursing_address(case, on, at=at)
    else:
        book.change(case, on, presence, at=at)


def _leave(book: AbsenceBook, rng: random.Random, person: Person, begin: date) -> date:
    """Write a pregnancy leave of at least sixteen weeks; its end is known after the birth. Return its last day."""
    expected = begin + timedelta(35)
    birth = expected + timedelta(rng.randint(-10, 10))
    end = max(begin + timedelta(111), birth + timedelta(69))
    case = book.open(
        person.number,
        begin,
        at=_at(rng, begin - timedelta(60)),
        employer=person.employer,
        type="ZW",
        guid_person=person.guid,
        expected_birth=expected,
        reason="",
    )
    if birth < TODAY:
        book.correct(case, birth=birth, at=_at(rng, birth + timedelta(1)))
        book.close(case, end + timedelta(1), at=_at(rng, birth + timedelta(2)))
    return end


def _at(rng: random.Random, day: date) -> datetime:
    """Return a moment in the working hours of a day, not after today's."""
    moment = time(rng.randint(8, 16), rng.randint(0, 59), rng.randint(0, 59), rng.randint(0, 999_999))
    return datetime.combine(min(day, TODAY), moment)
