"""Sluis: a Loket customer of twelve people that a person can read. Nobody here exists.

It has what a reader must not stumble over (docs/reference/loket.md, 7): wages of the future, an employment that was
reinstated, a second employment, two administrations, nobody's address, no hours, a foreign account.
"""

from veerpont_sandbox.customers.names import invented_bsn
from veerpont_sandbox.customers.spec import CustomerSpec, iban, loket_absence_settings
from veerpont_sandbox.customers.timesheets import sluis_month
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.payroll_years import FOUR_WEEKS
from veerpont_sandbox.loket.provider import Employee, Employer, Employment, Json, Provider
from veerpont_sandbox.loket.records import EXPENSES, MAN, WOMAN, Maker

NAME = "sluis"
EMPLOYER, RECREATION = 20001, 20002
LOCK, FERRY, OFFICE = 7001, 7002, 7003
BELGIUM = {"key": 106, "value": "België", "isoCode": "BE"}
_DEPARTMENTS = [(1, "Directie", None), (2, "Sluisbediening", 1), (3, "Techniek", 1), (4, "Kantine", 1)]


def sluis() -> CustomerSpec:
    """Return the customer: the employer of ten people is to be activated, the other one stays pending."""
    provider = Provider(NAME, build)
    return CustomerSpec(
        name=NAME,
        title="Sluis Groep",
        system="loket",
        provider=provider,
        activate=[str(EMPLOYER)],
        absence=loket_absence_settings(str(EMPLOYER), str(RECREATION)),
        timesheet=sluis_month(),
    )


def build() -> list[Employer]:
    """Make the two employers and their people, as on 22 November 2026."""
    make = Maker(NAME)
    lock = make.employer(EMPLOYER, "Sluis Beheer B.V.", _DEPARTMENTS)
    make.administration(lock, LOCK, "Sluis Beheer maand")
    make.administration(lock, FERRY, "Sluis Beheer 4 weken", FOUR_WEEKS)
    lock.other_administrations.append({
        "id": make.guid("administration", "volunteers"),
        "name": "Vrijwilligers",
        "description": "Zonder verloning",
    })
    staff = _Lock(make, lock)
    staff.people()
    staff.managers()
    park = make.employer(RECREATION, "Sluis Recreatie B.V.", [(1, "Directie", None), (5, "Camping", 1)])
    _Park(make, park).people()
    return [lock, park]


class _People:
    """Makes people of one employer with what most of them have in common."""

    def __init__(self, make: Maker, employer: Employer) -> None:
        self.make = make
        self.employer = employer

    def somebody(
        self, number: int, name: str, born: str, gender: Json, *, prefix: str | None = None, address: bool = True,
        partner: tuple[str | None, str] | None = None, name_format: int = 1,
    ) -> Employee:  # fmt: skip
        _, first, last = name.lower().split(" ", 2)
        called = first if first != "-" else last
        return self.make.employee(
            self.employer, number, name, born, gender, invented_bsn(500_000 + number),
            prefix=prefix, partner=partner, name_format=name_format,
            address=self.make.address("Dorpsweg", number % 1000, "1234AB", "Ergens") if address else None,
            contact={
                "emailAddress": f"{called}@post.example",
                "mobilePhoneNumber": f"06-0000{number}",
                "businessEmailAddress": f"{called}@sluis.example",
            },
        )  # fmt: skip

    def work(
        self, person: Employee, start: str, *, payroll_id: int, at: int = 0, department: int = 2,
        function: str = "Sluismeester", hours: float | None = 36, wage: float | None = 3000, account: int | None = None,
        end: str | None = None, until: str | None = None, on_call: bool = False,
    ) -> Employment:  # fmt: skip
        """Give somebody an employment in the administration `at`, with one of each dated record and an account."""
        make = self.make
        job = make.employment(
            person, self.employer.administrations[at], payroll_id, start, end=end, until=until, on_call=on_call,
            relationship=len(person.employments) + 1,
        )  # fmt: skip
        make.entity(self.employer, job, start, department, function)
        make.hours(job, start, hours, 36, flexible=on_call)
        if wage is not None:
            make.wage(job, start, wage, hourly=on_call)
        make.sepa(job, iban("SLUI", account or payroll_id))
        return job


class _Lock(_People):
    def people(self) -> None:
        make = self.make
        # Wages and a department of the future: the last record is not the current one.
        anna = self.somebody(1001, "A.M. Anna Vries", "1990-05-01", WOMAN, prefix="de")
        job = self.work(anna, "2018-02-01", payroll_id=11)
        make.wage(job, "2024-01-01", 3400)
        make.wage(job, "2027-01-01", 3600)
        make.entity(self.employer, job, "2027-01-01", 3, "Planner")
        make.leave(job, "2026-01-01", "2026-12-31", 180, accrual=True)
        make.leave(job, "2026-07-20", "2026-07-31", 72)
        changes.make_absence(anna, "2026-11-16")
        # A partner's name; two accounts, of which one gets the net wage.
        fatima = self.somebody(
            1002, "F. Fatima El Amrani", "1985-11-23", WOMAN, partner=("van den", "Berg"), name_format=2
        )
        job = self.work(fatima, "2015-09-01", payroll_id=12, function="Schipper")
        make.sepa(job, iban("SLUI", 9912), component=EXPENSES)
        absence = changes.make_absence(fatima, "2026-09-07")
        changes.step(absence, "2026-10-12", 50)
        # A second employment after the first one ended.
        bram = self.somebody(1003, "B. Bram Hart", "1979-01-31", MAN, prefix="'t")
        first = self.work(bram, "2012-04-01", payroll_id=13, department=3, function="Monteur", end="2020-12-31")
        second = self.work(bram, "2021-06-01", payroll_id=14, department=3, function="Monteur", account=13)
        second.content["linkedEmployment"] = first.id
        make.allocation(second, self.employer.administrations[0], "KP02")
        # Two administrations at the same time, each with its own payroll number and account.
        tim = self.somebody(1004, "T. Tim Bakker", "1988-08-18", MAN)
        self.work(tim, "2016-01-01", payroll_id=15, hours=18)
        self.work(tim, "2019-06-01", payroll_id=3, at=1, department=4, function="Kok", hours=18)
        absence = changes.make_absence(tim, "2026-03-02", cause=2)
        changes.close(absence, "2026-03-20")
        # Ended, and reinstated afterwards.
        pieter = self.somebody(1005, "P. Pieter Groot", "1962-12-31", MAN, prefix="de")
        job = self.work(pieter, "1995-05-01", payroll_id=16)
        job.content["cancellationNoticeDate"] = "2026-08-01"
        # No address at all.
        noor = self.somebody(1006, "N. Noor Dijk", "2001-02-28", WOMAN, prefix="van", address=False)
        self.work(noor, "2024-08-01", payroll_id=17, until="2026-12-31", department=4, function="Kok", hours=24)
        # On call: no hours.
        cor = self.somebody(1007, "C. Cor Willems", "1972-04-02", MAN)
        self.work(cor, "2023-05-15", payroll_id=18, department=4, hours=None, wage=15.5, on_call=True)
        # Lives abroad, with a foreign account, and no wage record, which is legal.
        lotte = self.somebody(1008, "L. Lotte Peeters", "1993-09-09", WOMAN)
        lotte.content["address"] = make.address("Kaai", 4, "9000", "Gent", "B", BELGIUM)
        job = self.work(lotte, "2022-08-01", payroll_id=19, department=3, function="Planner", wage=None)
        job.sepa[0] |= {"iban": "BE71096123456769", "bic": "GKCCBEBB"}
        # On leave; the last day lies in the future. No first name.
        sanne = self.somebody(1009, "S.J. - Jansen", "1994-07-07", WOMAN, partner=(None, "Vos"), name_format=4)
        sanne.content["contactInformation"]["emailAddress"] = None
        self.work(sanne, "2020-03-01", payroll_id=20, department=1, function="Administrateur")
        absence = changes.make_absence(sanne, "2026-09-14", cause=3)
        absence.content |= {"expectedDateOfChildbirth": "2026-10-26", "expectedEndDateOfMaternityLeave": "2027-01-03"}
        changes.close(absence, "2027-01-03")
        # Was a volunteer, without payroll; starts as an employee in the future.
        ella = self.somebody(1010, "E. Ella Prins", "2004-03-03", WOMAN)
        volunteers = self.employer.other_administrations[0]
        make.employment(ella, volunteers, 9, "2025-01-01", end="2025-12-31")
        self.work(ella, "2027-02-01", payroll_id=21)

    def managers(self) -> None:
        """Two users who manage departments, one of them two; a third one's address is nobody's."""
        people = {person.content["employeeNumber"]: person for person in self.employer.people}
        self.make.manager(self.employer, people[1001], 2)
        self.make.manager(self.employer, people[1009], 1, 4)
        self.make.manager(self.employer, people[1003], 3)
        self.employer.users[-1]["contactInformation"]["emailAddress"] = "b.hart@elders.example"


class _Park(_People):
    def people(self) -> None:
        self.make.administration(self.employer, OFFICE, "Sluis Recreatie")
        omar = self.somebody(1011, "O. Omar Yilmaz", "1991-06-15", MAN)
        self.work(omar, "2021-01-01", payroll_id=1, department=5)
        ria = self.somebody(1012, "R. Ria Postma", "1983-10-10", WOMAN)
        self.work(ria, "2014-04-01", payroll_id=2, department=5, end="2024-06-30")
