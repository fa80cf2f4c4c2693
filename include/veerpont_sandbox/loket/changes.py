"""What happens at a customer, for tests; version numbers move as Loket says (docs/reference/loket.md, 2.1).

People are named by employee number, with the employer's number where two employers share one.
"""

from datetime import date, timedelta
from typing import Any

from stdnum import iban
from stdnum.nl import bsn

from veerpont_sandbox.loket.absences import CAUSES
from veerpont_sandbox.loket.provider import Absence, Employee, Employer, Employment, Json, Provider, guid
from veerpont_sandbox.loket.records import NET_WAGE, WOMAN, Maker, formatted


def person(provider: Provider, number: int, employer: int | None = None) -> tuple[Employer, Employee]:
    """Return the one person with this employee number. Raises ValueError when there is none, or more than one."""
    found = [
        (owner, each)
        for owner, each in provider.people()
        if each.content["employeeNumber"] == number and employer in {None, owner.content["employerNumber"]}
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} people have employee number {number}")
    return found[0]


def job(provider: Provider, number: int, at: int = 0, employer: int | None = None) -> Employment:
    """Return an employment of somebody, the first one by default."""
    return person(provider, number, employer)[1].employments[at]


def rename(provider: Provider, number: int, last_name: str, *, employer: int | None = None) -> None:
    """Change somebody's last name."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        details = found.content["personalDetails"]
        details["lastName"] = last_name
        details["formattedName"] = formatted(details["initials"], details["prefix"], last_name)
        provider.moved(owner, found)


def change(provider: Provider, number: int, part: str, employer: int | None = None, **values: Any) -> None:
    """Change fields of `personalDetails`, `address` or `contactInformation`; `address` may be None before."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        found.content[part] = (found.content[part] or Maker.address("", 0, "", "")) | values
        provider.moved(owner, found)


def rename_employer(provider: Provider, employer: int, name: str) -> None:
    """Give an employer another name."""
    with provider.lock:
        owner = next(each for each in provider.employers if each.content["employerNumber"] == employer)
        owner.content["companyName"] = name
        provider.moved(owner)


def move(
    provider: Provider, number: int, start: str, department: int, *, at: int = 0, employer: int | None = None
) -> None:
    """Let somebody work in another department from a day on."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        moved = found.employments[at]
        function = moved.entities[-1]["function"]["description"]
        Maker(provider.name).entity(owner, moved, start, department, function)
        provider.moved(owner, found)


def renumber(provider: Provider, number: int, new: int, *, employer: int | None = None) -> None:
    """Give somebody another employee number."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        found.content["employeeNumber"] = new
        provider.moved(owner, found)


def terminate(provider: Provider, number: int, last_day: str, *, at: int = 0, employer: int | None = None) -> None:
    """End an employment; its dated records end with it. An absence without other employment ends too.

    Facts: docs/reference/loket.md, 3.5.
    """
    with provider.lock:
        owner, found = person(provider, number, employer)
        ended = found.employments[at]
        ended.content |= {"endDate": last_day, "endOfEmploymentReason": {"key": 8, "value": "Overige"}}
        for chain in (ended.entities, ended.hours, ended.wages):
            if chain and chain[-1]["endDate"] is None:
                chain[-1]["endDate"] = last_day
                ended.closed_by_termination.append(chain[-1])
        if all(each.content["endDate"] for each in found.employments):
            for absence in found.absences:
                progress = absence.content["progress"]
                if not (progress["endOfAbsence"] or {}).get("date") and progress["startDate"] <= last_day:
                    close(absence, last_day)
                    ended.closed_by_termination.append(absence.content)
        provider.moved(owner, found)


def reinstate(provider: Provider, number: int, *, at: int = 0, employer: int | None = None) -> None:
    """Withdraw the end of an employment: `endDate` is null again (docs/reference/loket.md, 3.5)."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        ended = found.employments[at]
        ended.content |= {"endDate": None, "endOfEmploymentReason": None}
        for record in ended.closed_by_termination:
            if "progress" in record:
                record["progress"]["endOfAbsence"] = None
                absence = next(each for each in found.absences if each.content is record)
                absence.steps[-1]["endDate"] = None
            else:
                record["endDate"] = None
        ended.closed_by_termination.clear()
        provider.moved(owner, found)


def contract_until(
    provider: Provider, number: int, day: str | None, *, at: int = 0, employer: int | None = None
) -> None:
    """Set or withdraw the end of a contract (`commissionUntilDate`)."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        found.employments[at].content["commissionUntilDate"] = day
        provider.moved(owner, found)


def add(provider: Provider, employer: int, found: Employee) -> None:
    """Put somebody into an employer who is not there yet, e.g. one that was removed."""
    with provider.lock:
        owner = next(each for each in provider.employers if each.content["employerNumber"] == employer)
        if all(each is not found for each in owner.people):
            owner.people.append(found)
        provider.moved(owner, found)


def hire(
    provider: Provider, employer: int, number: int, last_name: str, start: str, *, department: int, at: int = 0
) -> None:
    """Let somebody new start, in the administration `at`, with one of each record and an account."""
    with provider.lock:
        owner = next(each for each in provider.employers if each.content["employerNumber"] == employer)
        make, administration = Maker(provider.name), owner.administrations[at]
        initials = f"{last_name[0]}."
        found = make.employee(
            owner, number, f"{initials} Nieuw {last_name}", "1995-05-05", WOMAN, _bsn(number),
            address=make.address("Dorpsweg", 1, "1234AB", "Ergens"),
            contact={"businessEmailAddress": f"{number}@nieuw.example"},
        )  # fmt: skip
        last = max(each.content["payrollId"] for other in owner.people for each in other.employments)
        new = make.employment(found, administration, last + 1, start)
        make.entity(owner, new, start, department, owner.functions[0]["description"])
        make.hours(new, start, 36, 36)
        make.wage(new, start, 3000)
        bare = f"NL00SLUI{number:010}"
        make.sepa(new, f"NL{iban.calc_check_digits(bare)}{bare[4:]}")
        provider.moved(owner, found)


def _bsn(number: int) -> str:
    """Return an invented BSN that passes the elfproef."""
    first = 950_000_000 + number % 100_000 * 100
    return next(text for each in range(first, first + 100) if bsn.is_valid(text := str(each)))


def remove(provider: Provider, number: int, *, employer: int | None = None) -> Employee:
    """Remove somebody with everything; the number of the employer moves. Returns who it was."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        owner.people.remove(found)
        provider.moved(owner, found)
        owner.deleted += [(each.id, each.version) for each in found.employments]
        return found


def set_iban(
    provider: Provider, number: int, account: str, bic: str | None = None, *, at: int = 0, employer: int | None = None
) -> None:
    """Change the account that the net wage of an employment goes to."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        row = next(e for e in found.employments[at].sepa if e["payrollComponent"]["key"] == NET_WAGE["key"])
        row |= {"iban": account, "bic": bic}
        provider.moved(owner, found)


def report_sick(
    provider: Provider,
    number: int,
    first_day: str,
    *,
    cause: int = 1,
    percentage: int = 100,
    employer: int | None = None,
) -> str:
    """Report somebody sick; returns the id of the absence. The number moves only when `absence_counts`."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        absence = make_absence(found, first_day, cause=cause, percentage=percentage)
        _absence_moved(provider, owner, found)
        return str(absence.content["id"])


def make_absence(found: Employee, first_day: str, *, cause: int = 1, percentage: int = 100) -> Absence:
    """Add an absence with its first progress row (docs/reference/loket.md, 3.6)."""
    key = guid("absence", found.content["id"], first_day, len(found.absences))
    empty = (
        "expectedDuration isHospitalised isThirdPartyLiability hasMobilityIssue accidentType "
        "hoursWorkedOnFirstDayOfAbsence expectedDateOfChildbirth expectedEndDateOfMaternityLeave "
        "caseManager contactInformation reintegration comments"
    )
    content: Json = {
        "id": key,
        "causeOfAbsence": {"key": cause, "value": CAUSES[cause]},
        "progress": {"startDate": first_day, "currentIncapacityPercentage": percentage, "endOfAbsence": None},
        "isWorkRelatedIllness": cause == 2,
        "isRecoveredWithinTwoWeeks": False,
        "isDisruptedEmploymentRelationship": False,
        "actionToBeTakenByOccupationalHealthAndSafetyService": {"key": 1, "value": "Geen"},
        **dict.fromkeys(empty.split()),
    }
    absence = Absence(content, [])
    step(absence, first_day, percentage)
    found.absences.append(absence)
    return absence


def progress(
    provider: Provider, number: int, day: str, percentage: int, *, at: int = -1, employer: int | None = None
) -> None:
    """Add a progress row: another percentage from a day on, 1 to 100."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        step(found.absences[at], day, percentage)
        _absence_moved(provider, owner, found)


def step(absence: Absence, day: str, percentage: int) -> None:
    """Add a progress row; the one before it ends the day before."""
    if not 1 <= percentage <= 100:
        raise ValueError("full recovery is the end of the absence, not 0 percent")
    if absence.steps:
        absence.steps[-1]["endDate"] = (date.fromisoformat(day) - timedelta(1)).isoformat()
    absence.steps.append({
        "id": guid("progress", absence.content["id"], len(absence.steps)),
        "startDate": day,
        "endDate": None,
        "incapacityPercentage": percentage,
        "typeOfWorkResumption": None,
        "comments": None,
    })


def recover(provider: Provider, number: int, last_day: str, *, at: int = -1, employer: int | None = None) -> None:
    """Close an absence with its last day."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        close(found.absences[at], last_day)
        _absence_moved(provider, owner, found)


def reopen(provider: Provider, number: int, *, at: int = -1, employer: int | None = None) -> None:
    """Open an absence again: date and reason of the end are cleared."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        absence = found.absences[at]
        absence.content["progress"]["endOfAbsence"] = {"date": None, "reason": None}
        absence.steps[-1]["endDate"] = None
        _absence_moved(provider, owner, found)


def delete_absence(provider: Provider, number: int, *, at: int = -1, employer: int | None = None) -> None:
    """Delete an absence with its progress."""
    with provider.lock:
        owner, found = person(provider, number, employer)
        del found.absences[at]
        _absence_moved(provider, owner, found)


def close(absence: Absence, last_day: str) -> None:
    """End an absence with its last day."""
    absence.content["progress"]["endOfAbsence"] = {"date": last_day, "reason": {"key": 1, "value": "Hersteld"}}
    absence.steps[-1]["endDate"] = last_day


def _absence_moved(provider: Provider, owner: Employer, found: Employee) -> None:
    if provider.settings.absence_counts:
        provider.moved(owner, found)


def manage_only(provider: Provider, *departments: int) -> None:
    """Make the user a department manager of the departments with these codes."""
    with provider.lock:
        every = [row for employer in provider.employers for row in employer.departments]
        provider.user.departments = frozenset(row["id"] for row in every if row["code"] in departments)
        provider.user.content["isDepartmentManager"] = True


def save_filter(provider: Provider, employer: int, **chosen: Any) -> None:
    """Save a filter of the user, e.g. `filterOnDepartments=[{"key": id}]`; it shrinks lists silently.

    Facts: docs/reference/loket.md, 3.5.
    """
    with provider.lock:
        owner = next(each for each in provider.employers if each.content["employerNumber"] == employer)
        provider.user.filters[owner.id] = chosen
