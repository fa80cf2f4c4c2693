"""What we read of Loket's resources, flat: the names are Loket's own, dotted, below the resource that has them.

A row is made of several resources (docs/reference/loket.md, 8). It holds the fields below and nothing else of an
answer, so that no medical text and no wage gets further than the call (docs/decisions/0009). A field that was not kept
counts as empty.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
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
    SourceRow,
    Text,
)
from veerpont.systems.loket.resources import value
from veerpont.systems.source import Row


def _digits(value: object) -> object:
    """Return a number that names something as text: employer 20001 is a code, not a quantity."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _incapacity(value: int) -> int:
    if not 1 <= value <= 100:
        raise PydanticCustomError("impossible_percentage", "not 1 to 100")
    return value


NumberCode = Annotated[Code, BeforeValidator(_digits)]
NumberText = Annotated[Text, BeforeValidator(_digits)]
Incapacity = Annotated[Number, AfterValidator(_incapacity)]


class EmployerRow(SourceRow):
    """An employer (docs/reference/loket.md, 3.1)."""

    number: NumberCode = Field(alias="employerNumber")
    name: Code = Field(alias="companyName")
    street: Text = Field(None, alias="address.street")
    house_number: HouseNumber = Field(None, alias="address.houseNumber")
    house_number_addition: Text = Field(None, alias="address.houseNumberAddition")
    postal_code: PostalCode = Field(None, alias="address.postalCode")
    city: Text = Field(None, alias="address.city")
    country: Text = Field(None, alias="address.country.isoCode")


class DepartmentRow(SourceRow):
    """A department (docs/reference/loket.md, 3.3)."""

    employer: NumberCode = Field(alias="employerNumber")
    code: NumberCode
    description: Code
    parent: NumberText = Field(None, alias="subDepartmentOf.code")


class EmploymentRow(SourceRow):
    """An employment with its person, and the department and hours of the day of the read.

    Facts: docs/reference/loket.md, 3.4 and 3.5.
    """

    employer: NumberCode = Field(alias="employerNumber")
    person: Guid = Field(alias="employee.id")
    number: NumberCode = Field(alias="employee.employeeNumber")
    initials: Text = Field(None, alias="employee.personalDetails.initials")
    first_name: Text = Field(None, alias="employee.personalDetails.firstName")
    prefix: Text = Field(None, alias="employee.personalDetails.prefix")
    last_name: Code = Field(alias="employee.personalDetails.lastName")
    partner_prefix: Text = Field(None, alias="employee.personalDetails.prefixPartner")
    partner_last_name: Text = Field(None, alias="employee.personalDetails.lastNamePartner")
    name_usage: Text = Field(None, alias="employee.personalDetails.howToFormatLastName")
    gender: Text = Field(None, alias="employee.personalDetails.gender.value")
    birth_date: Day = Field(None, alias="employee.personalDetails.dateOfBirth")
    bsn: Text = Field(None, alias="employee.citizenServiceNumber")
    street: Text = Field(None, alias="employee.address.street")
    house_number: HouseNumber = Field(None, alias="employee.address.houseNumber")
    house_number_addition: Text = Field(None, alias="employee.address.houseNumberAddition")
    postal_code: PostalCode = Field(None, alias="employee.address.postalCode")
    city: Text = Field(None, alias="employee.address.city")
    country: Text = Field(None, alias="employee.address.country.isoCode")
    phone: Text = Field(None, alias="employee.contactInformation.phoneNumber")
    mobile: Text = Field(None, alias="employee.contactInformation.mobilePhoneNumber")
    email: Text = Field(None, alias="employee.contactInformation.emailAddress")
    business_mobile: Text = Field(None, alias="employee.contactInformation.businessMobilePhoneNumber")
    business_email: Text = Field(None, alias="employee.contactInformation.businessEmailAddress")
    employment: Guid = Field(alias="employment.id")
    relationship: Number = Field(alias="employment.incomeRelationshipNumber")
    start: Day = Field(None, alias="employment.startDate")
    end: EndDay = Field(None, alias="employment.endDate")
    contract_end: EndDay = Field(None, alias="employment.commissionUntilDate")
    duration: Text = Field(None, alias="employment.employmentDurationType.value")
    department: NumberText = Field(None, alias="organizationalEntity.department.code")
    department_name: Text = Field(None, alias="organizationalEntity.department.description")
    unit: NumberText = Field(None, alias="organizationalEntity.distributionUnit.code")
    unit_name: Text = Field(None, alias="organizationalEntity.distributionUnit.description")
    function: Text = Field(None, alias="organizationalEntity.function.description")
    own_function: Text = Field(None, alias="organizationalEntity.deviatingFunctionDescription")
    hours: Exact = Field(None, alias="workingHours.aggregatedHoursPerWeek")
    full_time_hours: Exact = Field(None, alias="workingHours.shift.fullTimeHoursPerWeek")

    @property
    def fte(self) -> Decimal | None:
        """The hours made for links, over those of the shift; None for somebody on call without hours.

        Facts: docs/reference/loket.md, 3.5.
        """
        if self.hours is None or not self.full_time_hours:
            return None
        return round(self.hours / self.full_time_hours, 4).normalize()


class AbsenceRow(SourceRow):
    """A progress row of an absence, with the absence in it. `read_at` is ours: Loket has no stamps.

    Facts: docs/reference/loket.md, 3.6.
    """

    employer: NumberCode = Field(alias="employerNumber")
    person: Guid = Field(alias="employee.id")
    number: NumberCode = Field(alias="employee.employeeNumber")
    absence: Guid = Field(alias="absence.id")
    cause: NumberCode = Field(alias="absence.causeOfAbsence.key")
    begin: NeededDay = Field(alias="absence.progress.startDate")
    last_day: Day = Field(None, alias="absence.progress.endOfAbsence.date")
    expected_birth: Day = Field(None, alias="absence.expectedDateOfChildbirth")
    progress: Guid = Field(alias="absenceProgress.id")
    starts_on: NeededDay = Field(alias="absenceProgress.startDate")
    incapacity: Incapacity = Field(alias="absenceProgress.incapacityPercentage")
    read_at: Code


class ManagerRow(SourceRow):
    """A department of a user who manages it, with the employee that the user's address points to.

    Facts: docs/reference/loket.md, 3.11.
    """

    employer: NumberCode = Field(alias="employerNumber")
    user: Guid = Field(alias="user.id")
    person: OptionalGuid = Field(None, alias="employee.id")
    initials: Text = Field(None, alias="user.personalDetails.initials")
    first_name: Text = Field(None, alias="user.personalDetails.firstName")
    prefix: Text = Field(None, alias="user.personalDetails.prefix")
    last_name: Code = Field(alias="user.personalDetails.lastName")
    email: Text = Field(None, alias="user.contactInformation.emailAddress")
    phone: Text = Field(None, alias="user.contactInformation.phoneNumber")
    gender: Text = Field(None, alias="employee.personalDetails.gender.value")
    department: NumberCode = Field(alias="department.code")


class BankAccountRow(SourceRow):
    """The account that the salary of an employment goes to (docs/reference/loket.md, 3.8)."""

    person: Guid = Field(alias="employee.id")
    iban: Code
    bic: Text = None


@cache
def aliases(kind: type[SourceRow]) -> dict[str, str]:
    """Return our name of each field → Loket's."""
    return {name: field.alias or name for name, field in kind.model_fields.items()}


def compose(kind: type[SourceRow], resources: Mapping[str, object]) -> Row:
    """Return the row that Loket's resources make together: their fields that the kind names, and no other."""
    return {path: value(resources, path) for path in aliases(kind).values()}
