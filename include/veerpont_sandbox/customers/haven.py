"""Haven: a Loket customer with two employers, each with an administration, in which number 1002 is used twice.

An employee number is unique within one employer only (docs/reference/loket.md, 3.4); the two people are not the same
person.
"""

from veerpont_sandbox.customers.names import invented_bsn
from veerpont_sandbox.customers.spec import CustomerSpec, iban, loket_absence_settings
from veerpont_sandbox.loket import changes
from veerpont_sandbox.loket.provider import Employer, Provider
from veerpont_sandbox.loket.records import MAN, WOMAN, Maker

NAME = "haven"
EAST, WEST = 20101, 20102
SHARED = 1002
_PEOPLE = {
    EAST: [(1001, "J. Jan Boer", MAN), (SHARED, "K. Kim Smit", WOMAN), (1003, "L. Leo Mulder", MAN)],
    WEST: [(2001, "M. Mila Kok", WOMAN), (SHARED, "N. Nina Blom", WOMAN), (2003, "O. Otto Kuiper", MAN)],
}


def haven() -> CustomerSpec:
    """Return the customer; both employers are to be activated."""
    return CustomerSpec(
        name=NAME,
        title="Haven Groep",
        system="loket",
        provider=Provider(NAME, build),
        activate=[str(EAST), str(WEST)],
        absence=loket_absence_settings(str(EAST), str(WEST)),
    )


def build() -> list[Employer]:
    """Make the two employers, each with three people."""
    make = Maker(NAME)
    employers = []
    for number, name in ((EAST, "Haven Oost B.V."), (WEST, "Haven West B.V.")):
        employer = make.employer(number, name, [(1, "Directie", None), (2, "Kade", 1)])
        administration = make.administration(employer, number - 13_000, name)
        for at, (personnel, person_name, gender) in enumerate(_PEOPLE[number], 1):
            person = make.employee(
                employer, personnel, person_name, f"198{at}-0{at}-1{at}", gender, invented_bsn(number * 10 + at),
                address=make.address("Kade", at, "4321BA", "Havenstad"),
                contact={"businessEmailAddress": f"{person_name.split()[1].lower()}@haven.example"},
            )  # fmt: skip
            job = make.employment(person, administration, at, f"201{at}-01-01")
            make.entity(employer, job, job.content["startDate"], 2, "Schipper")
            make.hours(job, job.content["startDate"], 36, 36)
            make.wage(job, job.content["startDate"], 3000)
            make.sepa(job, iban("HAVE", number * 100 + at))
            if personnel == SHARED:
                changes.make_absence(person, "2026-11-09")
        make.manager(employer, employer.people[0], 2)
        employers.append(employer)
    return employers
