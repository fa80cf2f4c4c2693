"""What we read of Loket's resources, flat: our names, and Loket's own, dotted, below the resource that has them.

A row is made of several resources (docs/reference/loket.md, 8). It holds the fields below and nothing else of an
answer, so that no medical text and no wage gets further than the call (docs/decisions/0009). A field that was not kept
counts as empty.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from veerpont.systems.field_types import (
    Code,
    Day,
    EndDay,
    Exact,
    Guid,
    HouseNumber,
    NeededDay,
    Number,
    OptionalGuid,
    PostalCode,
    Text,
)
from veerpont.systems.loket.resources import value
from veerpont.systems.source import Row
from veerpont.systems.source_row import SourceRow, always, on_request, required


def _digits(value: object) -> object:
    """Return a number that names something as text: employer 20001 is a code, not a quantity."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _incapacity(value: int) -> int:
    if not 1 <= value <= 100:
        raise PydanticCustomError("impossible_percentage", "not 1 to 100")
    return value


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NumberCode = Annotated[Code, BeforeValidator(_digits)]
NumberText = Annotated[Text, BeforeValidator(_digits)]
Incapacity = Annotated[Number, AfterValidator(_incapacity)]


class EmployerRow(SourceRow):
    """An employer (docs/reference/loket.md, 3.1); its code is the number that users see."""

    employer_code: NumberCode = required("employerNumber")
    name: Code = required("companyName")
    street: Text = on_request("address.street")
    house_number: HouseNumber = on_request("address.houseNumber")
    house_number_addition: Text = on_request("address.houseNumberAddition")
    postal_code: PostalCode = on_request("address.postalCode")
    city: Text = on_request("address.city")
    country: Text = on_request("address.country.isoCode")


class DepartmentRow(SourceRow):
    """A department (docs/reference/loket.md, 3.3). Nothing says who manages it."""

    employer_code: NumberCode = required("employerNumber")
    department_code: NumberCode = required("code")
    name: Code = required("description")
    parent_department_code: NumberText = always("subDepartmentOf.code")


class EmploymentRow(SourceRow):
    """An employment with its person, and the department and hours of the day of the read. Nothing says who manages it.

    Facts: docs/reference/loket.md, 3.4 and 3.5.
    """

    employer_code: NumberCode = required("employerNumber")
    guid: Guid = required("employee.id", "external_id")
    personnel_number: NumberCode = required("employee.employeeNumber")
    initials: Text = on_request("employee.personalDetails.initials")
    first_name: Text = on_request("employee.personalDetails.firstName")
    prefix: Text = on_request("employee.personalDetails.prefix")
    last_name: Code = required("employee.personalDetails.lastName")
    partner_prefix: Text = on_request("employee.personalDetails.prefixPartner")
    partner_last_name: Text = on_request("employee.personalDetails.lastNamePartner")
    name_usage: Text = on_request("employee.personalDetails.howToFormatLastName")
    gender: Text = on_request("employee.personalDetails.gender.value")
    birth_date: Day = on_request("employee.personalDetails.dateOfBirth")
    bsn: Text = on_request("employee.citizenServiceNumber")
    street: Text = on_request("employee.address.street")
    house_number: HouseNumber = on_request("employee.address.houseNumber")
    house_number_addition: Text = on_request("employee.address.houseNumberAddition")
    postal_code: PostalCode = on_request("employee.address.postalCode")
    city: Text = on_request("employee.address.city")
    country: Text = on_request("employee.address.country.isoCode")
    phone_private: Text = on_request("employee.contactInformation.phoneNumber")
    mobile_private: Text = on_request("employee.contactInformation.mobilePhoneNumber")
    email_private: Text = on_request("employee.contactInformation.emailAddress")
    mobile_work: Text = on_request("employee.contactInformation.businessMobilePhoneNumber")
    email_work: Text = on_request("employee.contactInformation.businessEmailAddress")
    employment_guid: Guid = required("employment.id")
    employment_number: Number = required("employment.incomeRelationshipNumber")
    employment_start: Day = always("employment.startDate")
    employment_end: EndDay = always("employment.endDate")
    contract_end: EndDay = on_request("employment.commissionUntilDate")
    contract_type: Text = on_request("employment.employmentDurationType.value")
    # also for the index of departments in use (docs/decisions/0018)
    department_code: NumberText = always("organizationalEntity.department.code")
    department_name: Text = on_request("organizationalEntity.department.description")
    cost_centre_code: NumberText = on_request("organizationalEntity.distributionUnit.code")
    cost_centre_name: Text = on_request("organizationalEntity.distributionUnit.description")
    function: Text = on_request("organizationalEntity.function.description")
    own_function: Text = on_request("organizationalEntity.deviatingFunctionDescription", "function")
    hours_per_week: Exact = on_request("workingHours.aggregatedHoursPerWeek", "hours_per_week", "fte")
    full_time_hours: Exact = on_request("workingHours.shift.fullTimeHoursPerWeek", "fte")
    odd_monday: Exact = on_request("workingHours.workPattern.oddWeeks.monday", "hours_monday")
    odd_tuesday: Exact = on_request("workingHours.workPattern.oddWeeks.tuesday", "hours_tuesday")
    odd_wednesday: Exact = on_request("workingHours.workPattern.oddWeeks.wednesday", "hours_wednesday")
    odd_thursday: Exact = on_request("workingHours.workPattern.oddWeeks.thursday", "hours_thursday")
    odd_friday: Exact = on_request("workingHours.workPattern.oddWeeks.friday", "hours_friday")
    odd_saturday: Exact = on_request("workingHours.workPattern.oddWeeks.saturday", "hours_saturday")
    odd_sunday: Exact = on_request("workingHours.workPattern.oddWeeks.sunday", "hours_sunday")
    even_monday: Exact = on_request("workingHours.workPattern.evenWeeks.monday", "hours_monday")
    even_tuesday: Exact = on_request("workingHours.workPattern.evenWeeks.tuesday", "hours_tuesday")
    even_wednesday: Exact = on_request("workingHours.workPattern.evenWeeks.wednesday", "hours_wednesday")
    even_thursday: Exact = on_request("workingHours.workPattern.evenWeeks.thursday", "hours_thursday")
    even_friday: Exact = on_request("workingHours.workPattern.evenWeeks.friday", "hours_friday")
    even_saturday: Exact = on_request("workingHours.workPattern.evenWeeks.saturday", "hours_saturday")
    even_sunday: Exact = on_request("workingHours.workPattern.evenWeeks.sunday", "hours_sunday")

    @property
    def full_time_part(self) -> Decimal | None:
        """The hours made for links, over those of the shift; None for somebody on call without hours.

        Facts: docs/reference/loket.md, 3.5.
        """
        if self.hours_per_week is None or not self.full_time_hours:
            return None
        return round(self.hours_per_week / self.full_time_hours, 4).normalize()

    @property
    def hours_by_weekday(self) -> dict[str, Decimal | None]:
        """The hours of each weekday, by our names; of a day that is not the same every week nothing is said."""
        pairs = {name: (getattr(self, f"odd_{name}"), getattr(self, f"even_{name}")) for name in _WEEKDAYS}
        return {f"hours_{name}": odd if odd == even else None for name, (odd, even) in pairs.items()}


class AbsenceRow(SourceRow):
    """A progress row of an absence, with the absence in it. The moment of the read is ours: Loket has no stamps.

    Every absence of a person is read together, so that moment tells which head is the newest. Nothing says the reason.
    Facts: docs/reference/loket.md, 3.6.
    """

    employer_code: NumberCode = required("employerNumber")
    person_guid: Guid = required("employee.id")
    personnel_number: NumberCode = required("employee.employeeNumber")
    case_guid: Guid = required("absence.id")
    type: NumberCode = required("absence.causeOfAbsence.key")
    begin: NeededDay = required("absence.progress.startDate")
    last_day: Day = always("absence.progress.endOfAbsence.date")
    recovery_reason: NumberText = on_request("absence.progress.endOfAbsence.reason.key")
    expected_birth: Day = always("absence.expectedDateOfChildbirth")
    guid: Guid = required("absenceProgress.id")
    starts_on: NeededDay = required("absenceProgress.startDate")
    incapacity: Incapacity = required("absenceProgress.incapacityPercentage")
    case_changed: Code = required("read_at")


class ManagerRow(SourceRow):
    """A department of a user who manages it, with the employee that the user's address points to.

    Facts: docs/reference/loket.md, 3.11.
    """

    employer_code: NumberCode = required("employerNumber")
    user: Guid = required("user.id")
    person_guid: OptionalGuid = always("employee.id")
    initials: Text = on_request("user.personalDetails.initials")
    first_name: Text = on_request("user.personalDetails.firstName")
    prefix: Text = on_request("user.personalDetails.prefix")
    last_name: Code = required("user.personalDetails.lastName")
    email: Text = on_request("user.contactInformation.emailAddress")
    phone: Text = on_request("user.contactInformation.phoneNumber")
    gender: Text = on_request("employee.personalDetails.gender.value")
    department_code: NumberCode = required("department.code")


class BankAccountRow(SourceRow):
    """The account that the salary of an employment goes to (docs/reference/loket.md, 3.8)."""

    guid: Guid = required("employee.id", "external_id")
    iban: Code = required("iban")
    bic: Text = always("bic")


def compose(kind: type[SourceRow], resources: Mapping[str, object]) -> Row:
    """Return the row that Loket's resources make together: their fields that the kind names, and no other."""
    return {path: value(resources, path) for path in kind.spellings().values()}
