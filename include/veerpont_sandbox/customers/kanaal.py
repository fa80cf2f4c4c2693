"""Loket customers of any size: the same name and number always give the same people, on every day."""

import random
import zlib
from datetime import date, timedelta

from veerpont_sandbox.customers.names import ascii_slug, invented_bsn, pools
from veerpont_sandbox.customers.spec import CustomerSpec, iban, loket_absence_settings
from veerpont_sandbox.customers.timesheets import some_month
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.payroll_years import FOUR_WEEKS, MONTH
from veerpont_sandbox.loket.provider import Administration, Employee, Employer, Employment, Provider
from veerpont_sandbox.loket.records import MAN, WOMAN, Maker

DEPARTMENTS = 60
TODAY = date(2026, 11, 22)
_FIRST = date(2024, 1, 1)
_DAYS_BETWEEN = 365 / 0.6
"""Everybody is absent 0.6 times a year."""


def generated_at_loket(name: str, people: int = 2_000) -> CustomerSpec:
    """Return a customer with one employer of this size, two administrations and sixty departments."""
    number = 30_000 + zlib.crc32(name.encode()) % 10_000
    title = name.replace("_", " ").title()
    return CustomerSpec(
        name=name,
        title=f"{title} Groep",
        system="loket",
        provider=Provider(name, lambda: [_Builder(name, number).build(f"{title} B.V.", people)]),
        file_format="csv",
        activate=[str(number)],
        absence=loket_absence_settings(str(number)),
        timesheet=some_month(range(1, min(people, 200) + 1)),
    )


class _Builder:
    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.make = Maker(name)
        self.rng = random.Random(name)  # noqa: S311 (sample data: repeatable, not secret)

    def build(self, title: str, people: int) -> Employer:
        units = [(1, "Concern", None), *((n, f"Divisie {n}", 1) for n in range(2, 11))]
        units += [(n, f"Team {n}", n % 9 + 2) for n in range(11, DEPARTMENTS + 1)]
        employer = self.make.employer(self.number, title[:70], units)
        self.make.administration(employer, self.number * 10 + 1, f"{title[:60]} maand", MONTH)
        self.make.administration(employer, self.number * 10 + 2, f"{title[:60]} 4 weken", FOUR_WEEKS)
        for at in range(1, people + 1):
            self._person(employer, at)
        # The first person of a department manages it.
        for at, person in enumerate(employer.people[: len(employer.departments)], 1):
            self.make.manager(employer, person, at % DEPARTMENTS + 1)
        return employer

    def _person(self, employer: Employer, at: int) -> None:
        rng, (first_names, last_names, places) = self.rng, pools()
        first, sex = rng.choice(first_names)
        prefix, last = rng.choice(last_names)
        street, postcode, city = rng.choice(places)
        married = rng.random() < 0.3
        site = self.name.replace("_", "-")
        person = self.make.employee(
            employer,
            10_000 + at,
            f"{first[0]}. {first.replace(' ', '-')} {last}",
            str(self._day(1958, 2003)),
            WOMAN if sex == "Vrouw" else MAN,
            invented_bsn(600_000 + at),
            prefix=prefix,
            partner=rng.choice(last_names) if married else None,
            name_format=at % 4 + 1 if married else 1,
            # One in two hundred has no address at all.
            address=self.make.address(street[:24], rng.randint(1, 300), postcode, city[:24]) if at % 200 else None,
            contact={
                "mobilePhoneNumber": f"06-0000{at % 10_000:04}",
                "businessEmailAddress": f"{ascii_slug(first)}.{ascii_slug(last)}.{at}@{site}.example",
            },
        )
        administration = employer.administrations[at % 2]
        started, fate = self._day(1995, 2023), rng.random()
        ended = date(2024, at % 12 + 1, 28) if fate > 0.95 else None
        self._work(employer, person, administration, at, date(2027, 3, 1) if fate < 0.01 else started, ended)
        if rng.random() < 0.04 and ended is None:
            # Four in a hundred have a second employment, in the other administration.
            other = employer.administrations[1 - at % 2]
            self._work(employer, person, other, 1_000_000 + at, date(2025, 1, 1), None)
        if fate >= 0.01:
            self._absences(person, started, ended)

    def _work(
        self, employer: Employer, person: Employee, administration: Administration, payroll_id: int, start: date,
        end: date | None,
    ) -> Employment:  # fmt: skip
        make, rng, day = self.make, self.rng, start.isoformat()
        on_call = rng.random() < 0.03
        job = make.employment(
            person, administration, payroll_id, day, end=end.isoformat() if end else None, on_call=on_call,
            relationship=len(person.employments) + 1,
        )  # fmt: skip
        make.entity(employer, job, day, payroll_id % DEPARTMENTS + 1, rng.choice(employer.functions)["description"])
        make.hours(job, day, None if on_call else rng.choice((16, 20, 24, 32, 36, 40)), flexible=on_call)
        make.wage(job, day, 2500 + rng.randint(0, 3000))
        if end is None and rng.random() < 0.2:
            make.wage(job, "2027-01-01" if day < "2027-01-01" else "2028-01-01", 6000)
        make.sepa(job, iban("KANA", self.number * 10_000 + payroll_id % 10_000_000))
        return job

    def _absences(self, person: Employee, started: date, ended: date | None) -> None:
        rng, until = self.rng, min(ended or TODAY, TODAY)
        day = max(started, _FIRST) + timedelta(int(rng.expovariate(1 / _DAYS_BETWEEN)))
        while day <= until:
            absence = changes.make_absence(person, day.isoformat(), cause=rng.choices((1, 2, 5), (96, 3, 1))[0])
            length = rng.choices((rng.randint(1, 6), rng.randint(7, 28), rng.randint(29, 400)), (60, 28, 12))[0]
            last = day + timedelta(length)
            if length > 40 and day + timedelta(28) <= until:
                changes.step(absence, (day + timedelta(28)).isoformat(), rng.choice((20, 40, 50, 60, 80)))
            if last <= until:
                changes.close(absence, last.isoformat())
            elif ended:
                changes.close(absence, ended.isoformat())
            day = last + timedelta(2 + int(rng.expovariate(1 / _DAYS_BETWEEN)))

    def _day(self, first: int, last: int) -> date:
        return date(self.rng.randint(first, last), self.rng.randint(1, 12), self.rng.randint(1, 28))
