"""Employees, employments and their dated records, IBANs and version numbers.

Facts: docs/reference/loket.md, 2.1, 3.4, 3.5, 3.8.
"""

from collections.abc import Callable, Iterator

from veerpont_sandbox.loket.employers import HERE
from veerpont_sandbox.loket.operations import Call, Operation
from veerpont_sandbox.loket.provider import Employee, Employment, Json, valid_on

VERSIONS = ("2018-12-31", "2021-03-29")
EMPLOYMENT_VERSIONS = ("2019-12-16",)
BUSINESS = {"businessEmailAddress", "businessPhoneNumber", "businessMobilePhoneNumber"}
MINIMIZED = (
    "id",
    "employee",
    "startDate",
    "endDate",
    "commissionUntilDate",
    "employmentDurationType",
    "payrollAdministration",
    "nonPayrollAdministration",
    "payrollId",
    "incomeRelationshipNumber",
)
BELOW = f"{HERE}/employees"
WORK = f"{BELOW}/employments"
OF_EMPLOYER = f"{HERE}/{{employerId}}/employees"


def _employee(person: Employee, version: str) -> Json:
    """Return the employee as a version shows it: `business*` only from 2021-03-29."""
    if version >= VERSIONS[1]:
        return person.content
    contact = person.content["contactInformation"]
    shown = {name: value for name, value in contact.items() if name not in BUSINESS}
    return person.content | {"contactInformation": shown}


def _employment(person: Employee, found: Employment) -> Json:
    """Return the employment with its employee in short."""
    details = person.content["personalDetails"]
    names = ("formattedName", "initials", "firstName", "prefix", "lastName", "dateOfBirth")
    number = {name: person.content[name] for name in ("id", "employeeNumber")}
    return found.content | {"employee": number | {name: details[name] for name in names}}


def _employments(call: Call) -> list[Json]:
    return [_employment(person, found) for person, found in call.provider.listed(call.employer)]


def _minimized(call: Call) -> list[Json]:
    return [{name: row[name] for name in MINIMIZED} for row in _employments(call)]


def _comprehensive(call: Call) -> list[Json]:
    """The employment, the full employee, and the records of one day; mind the lower-case `workinghours`.

    Its version is older than the business addresses of an employee, so it has none.
    """
    on = call.day("referenceDate") or call.provider.today
    return [
        found.content
        | {
            "employee": _employee(person, call.about),
            "workinghours": valid_on(found.hours, on),
            "organizationalEntity": valid_on(found.entities, on),
            "wage": valid_on(found.wages, on),
        }
        for person, found in call.provider.listed(call.employer)
    ]


def _of_employee(call: Call) -> list[Json]:
    return [_employment(call.employee, found) for found in call.employee.employments]


def _versions(call: Call) -> list[Json]:
    pairs = [(each.id, each.version) for person in call.provider.visible(call.employer) for each in person.employments]
    gone = call.employer.deleted if call.provider.settings.deleted_count else []
    return [{"id": each, "lastModifiedVersionNumber": version} for each, version in [*pairs, *gone]]


def reachable(call: Call) -> Iterator[Employment]:
    """Yield the employments that the user may see."""
    for _, person in call.provider.people():
        if call.provider.sees(person):
            yield from person.employments


def _dated(resource: str, many: str, one: str, chain: Callable[[Employment], list[Json]]) -> tuple[Operation, ...]:
    """Return the list and the detail of what hangs below an employment; `many` and `one` name the activities."""
    name = f"{one[0].lower()}{one[1:]}Id"

    def detail(call: Call) -> Json:
        return call.part((row for each in reachable(call) for row in chain(each)), name)

    return (
        Operation(
            "GET", f"{WORK}/{{employmentId}}/{resource}", f"Get{many}ByEmploymentId", lambda c: chain(c.employment)
        ),
        Operation("GET", f"{WORK}/{resource}/{{{name}}}", f"Get{one}By{one}Id", detail, "detail"),
    )


def _actual(resource: str, activity: str, field: str, chain: Callable[[Employment], list[Json]]) -> Operation:
    """Return the bulk view of one kind of dated record: those of one day, of everybody."""

    def read(call: Call) -> list[Json]:
        on = call.day("referenceDate") or call.provider.today
        people = call.provider.visible(call.employer)
        pairs = ((each, valid_on(chain(each), on)) for person in people for each in person.employments)
        return [{"employmentId": each.id, field: record} for each, record in pairs if record]

    return Operation("GET", f"{HERE}/{{employerId}}/{resource}", activity, read)


def _distribution_units(call: Call) -> list[Json]:
    """The option lists of an organizational entity: the only place that lists distribution units.

    Facts: docs/reference/loket.md, 3.3.
    """
    employer = call.employer_of(call.person)
    return [
        {"field": "department", "options": [_option(row, "id") for row in employer.departments]},
        {"field": "function", "options": employer.functions},
        {"field": "distributionUnit", "options": employer.distribution_units},
    ]


def _option(row: Json, key: str) -> Json:
    return {"key": row[key], "code": row["code"], "description": row["description"]}


OPERATIONS = (
    Operation(
        "GET",
        OF_EMPLOYER,
        "GetEmployeesByEmployerId",
        lambda call: [_employee(person, call.about) for person in call.provider.visible(call.employer)],
        versions=VERSIONS,
    ),
    Operation(
        "GET",
        f"{BELOW}/{{employeeId}}",
        "GetEmployeeByEmployeeId",
        lambda call: _employee(call.employee, call.about),
        "detail",
        VERSIONS,
    ),
    Operation(
        "GET",
        f"{BELOW}/{{employeeId}}/citizenservicenumber",
        "GetCitizenServiceNumberByEmployeeId",
        lambda call: {"citizenServiceNumber": call.employee.bsn},
        "detail",
    ),
    Operation(
        "GET", f"{OF_EMPLOYER}/employments", "GetEmploymentsByEmployerId", _employments, versions=EMPLOYMENT_VERSIONS
    ),
    Operation(
        "GET",
        f"{OF_EMPLOYER}/employments/minimized",
        "GetEmploymentsMinimizedByEmployerId",
        _minimized,
        versions=EMPLOYMENT_VERSIONS,
    ),
    Operation(
        "GET",
        f"{OF_EMPLOYER}/employments/comprehensive",
        "GetEmploymentsComprehensiveByEmployerId",
        _comprehensive,
        versions=EMPLOYMENT_VERSIONS,
    ),
    Operation(
        "GET",
        f"{OF_EMPLOYER}/employments/lastmodifiedversionnumbers",
        "GetEmploymentLastModifiedVersionNumbersByEmployerId",
        _versions,
    ),
    Operation(
        "GET",
        f"{BELOW}/{{employeeId}}/employments",
        "GetEmploymentsByEmployeeId",
        _of_employee,
        versions=EMPLOYMENT_VERSIONS,
    ),
    Operation(
        "GET",
        f"{WORK}/{{employmentId}}",
        "GetEmploymentByEmploymentId",
        lambda call: _employment(call.person, call.employment),
        "detail",
        EMPLOYMENT_VERSIONS,
    ),
    *_dated("organizationalentities", "OrganizationalEntities", "OrganizationalEntity", lambda each: each.entities),
    *_dated("workinghours", "WorkingHours", "WorkingHour", lambda each: each.hours),
    *_dated("wages", "Wages", "Wage", lambda each: each.wages),
    *_dated("paymentinformationsepa", "PaymentInformationSepa", "PaymentInformationSepa", lambda each: each.sepa),
    *_dated("journalallocations", "JournalAllocations", "JournalAllocation", lambda each: each.allocations),
    _actual(
        "actualorganizationalentities",
        "GetActualOrganizationalEntitiesByEmployerId",
        "organizationalEntity",
        lambda each: each.entities,
    ),
    _actual("actualworkinghours", "GetActualWorkingHoursByEmployerId", "workingHours", lambda each: each.hours),
    _actual("actualwages", "GetActualWagesByEmployerId", "wage", lambda each: each.wages),
    Operation(
        "GET",
        f"{WORK}/{{employmentId}}/organizationalentities/metadata",
        "PostOrganizationalEntityByEmploymentId",
        _distribution_units,
        "metadata",
    ),
)
