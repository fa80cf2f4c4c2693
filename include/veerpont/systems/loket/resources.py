"""The calls we make: path, version and activity of each, and what tells the items of a list apart.

Facts: docs/reference/loket.md, 3.

A version is the newest that is documented; a date before a resource's first version may be refused
(docs/reference/loket.md, 1.3). The activity is Loket's own name of the call, which a 403 and the list of authorisations
speak of (docs/reference/loket.md, 1.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from veerpont.model.flows import Flow
from veerpont.systems.source import Row

FIRST = "2018-01-01"


@dataclass(frozen=True)
class Resource:
    """One GET. `id`: the field, dotted where it is nested, that a list is ordered by and that no two items share."""

    path: str
    activity: str
    version: str = FIRST
    id: str = "id"


_EMPLOYER = "/providers/employers/{}"
_EMPLOYEES = "/providers/employers/employees"
_EMPLOYMENTS = f"{_EMPLOYEES}/employments"

USER = Resource("/user", "GetUserByToken")
FILTER_SETTINGS = Resource("/user/filtersettings/{}", "GetUserFilterSettingsByEmployerId")
EMPLOYERS = Resource("/providers/employers", "GetEmployersByUserId")
AUTHORISATIONS = Resource(f"{_EMPLOYER}/authorizations", "GetAuthorizationsByEmployerId")
DEPARTMENTS = Resource(f"{_EMPLOYER}/departments", "GetDepartmentsByEmployerId")
EMPLOYEES = Resource(f"{_EMPLOYER}/employees", "GetEmployeesByEmployerId", "2021-03-29")
BSN = Resource(f"{_EMPLOYEES}/{{}}/citizenservicenumber", "GetCitizenServiceNumberByEmployeeId")
EMPLOYMENTS = Resource(f"{_EMPLOYER}/employees/employments", "GetEmploymentsByEmployerId", "2019-12-16")
VERSIONS = Resource(
    f"{_EMPLOYER}/employees/employments/lastmodifiedversionnumbers",
    "GetEmploymentLastModifiedVersionNumbersByEmployerId",
)
PLACES = Resource(
    f"{_EMPLOYER}/actualorganizationalentities", "GetActualOrganizationalEntitiesByEmployerId", id="employmentId"
)
PLACES_OF_ONE = Resource(f"{_EMPLOYMENTS}/{{}}/organizationalentities", "GetOrganizationalEntitiesByEmploymentId")
HOURS = Resource(f"{_EMPLOYER}/actualworkinghours", "GetActualWorkingHoursByEmployerId", id="employmentId")
PAYMENTS = Resource(f"{_EMPLOYMENTS}/{{}}/paymentinformationsepa", "GetPaymentInformationSepaByEmploymentId")
CALENDAR = Resource(
    f"{_EMPLOYER}/employees/employments/calendar/absences", "GetCalendarAbsencesByEmployerId", id="employment.id"
)
ABSENCES = Resource(f"{_EMPLOYEES}/{{}}/absences", "GetAbsencesByEmployeeId", "2020-03-16")
PROGRESS = Resource(f"{_EMPLOYEES}/absences/{{}}/absenceprogress", "GetAbsenceProgressByAbsenceId", "2020-03-16")
USERS = Resource(f"{_EMPLOYER}/users", "GetEmployerUsersByEmployerId")
USER_DEPARTMENTS = Resource(
    f"{_EMPLOYER}/users/departments", "GetEmployerUsersLinkedDepartmentsByEmployerId", id="userId"
)

_PAYROLL = "/providers/employers/payrolladministrations/{}"
ADMINISTRATIONS = Resource(f"{_EMPLOYER}/payrolladministrations", "GetPayrollAdministrationsByEmployerId")
COMPONENTS = Resource(
    f"{_PAYROLL}/payrollcomponents/year/{{}}", "GetPayrollComponentsByPayrollAdministrationIdAndYear", id="key"
)
PERIODS = Resource(f"{_PAYROLL}/payrollperiods/minimized", "GetPayrollPeriodsMinimizedByPayrollAdministrationId")
OPTIONS = Resource(f"{_EMPLOYMENTS}/{{}}/payrollperioddata/metadata", "PatchPayrollPeriodDataByEmploymentId")
PERIOD_DATA = Resource(
    f"{_PAYROLL}/payrollPeriods/{{}}/payrollperioddata",
    "GetPayrollPeriodDataByPayrollAdministrationIdAndPayrollPeriodId",
)
WRITE = Resource(f"{_EMPLOYER}/payrollperioddata", "PatchPayrollPeriodDataByEmployerId")

CHECKS = (EMPLOYERS, USER, USERS, FILTER_SETTINGS)
"""What every flow asks before it reads people (docs/reference/loket.md, 7)."""

OF_FLOW: Mapping[Flow, tuple[Resource, ...]] = {
    Flow.EMPLOYERS: (EMPLOYERS,),
    Flow.ORGANIGRAM: (EMPLOYERS, DEPARTMENTS),
    Flow.EMPLOYEES: (*CHECKS, VERSIONS, EMPLOYEES, EMPLOYMENTS, PLACES, PLACES_OF_ONE, HOURS),
    Flow.ACCOUNTS: (*CHECKS, EMPLOYEES, USER_DEPARTMENTS),
    Flow.ABSENCE: (*CHECKS, VERSIONS, EMPLOYEES, CALENDAR, ABSENCES, PROGRESS),
    Flow.IBAN: (*CHECKS, EMPLOYMENTS, VERSIONS, PAYMENTS),
    Flow.HOURS: (*CHECKS, EMPLOYMENTS, PLACES, HOURS, ADMINISTRATIONS, PERIODS, COMPONENTS),
}
"""The calls that a flow makes, so that a missing authorisation is found beforehand. BSN: only where it is wanted;
of hours OPTIONS and WRITE only where they are sent over the API."""


def value(item: object, path: str) -> object:
    """Return a (dotted) field of an item; None below something that is empty or missing."""
    for name in path.split("."):
        if not isinstance(item, dict):
            return None
        item = item.get(name)
    return item


def id_of(item: Row) -> str:
    """Return the id of an item."""
    return str(item["id"])


def employee_of(item: Row) -> str:
    """Return the id of the employee that an item is of."""
    return str(value(item, "employee.id"))


def number_of(employer: Row) -> Row:
    """Return the number of an employer, as a part of a row."""
    return {"employerNumber": employer.get("employerNumber")}
