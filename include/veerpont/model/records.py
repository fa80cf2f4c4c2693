"""The records: our own model of one thing, whatever source it came from.

Texts are stripped, empty is None. Dates are Dutch calendar dates. A record's `key` is what identifies it for ever
(docs/reference/keys.md, 2); `id` tells apart what shares a key, and is what snapshots and histories are kept by;
`order` is where it stands in a file.

In the vault a record is an array (`array_like`): a new field goes at the end, with a default, or what was staged by the
release before is read shifted.
"""

from datetime import date
from decimal import Decimal

import msgspec

from veerpont.model.pay_records import Hours, PayrollEntry


class Employer(msgspec.Struct, frozen=True, array_like=True):
    """An employer (werkgever) of a customer."""

    employer_code: str
    name: str
    street: str | None = None
    house_number: int | None = None
    house_number_addition: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None

    @property
    def key(self) -> str:
        return self.employer_code

    @property
    def id(self) -> str:
        return self.employer_code

    @property
    def order(self) -> str:
        return self.employer_code


class Department(msgspec.Struct, frozen=True, array_like=True):
    """A unit of the organisation chart, as one employer has it.

    The source's chart may have no employers (AFAS has none): then `employer_code` is None until `rules.departments` has
    placed the unit, once for each employer that uses it. `own_chart`: the source has a chart for each employer (Loket),
    and two of them may use one code.
    """

    department_code: str
    name: str
    employer_code: str | None = None
    parent_department_code: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    level: str | None = None
    manager_personnel_number: str | None = None
    own_chart: bool = False

    @property
    def key(self) -> str:
        return self.id if self.own_chart else self.department_code

    @property
    def id(self) -> str:
        return f"{self.employer_code}/{self.department_code}"

    @property
    def order(self) -> str:
        return f"{self.employer_code}\t{(self.level or '').rjust(4)}\t{self.department_code}"


class Employment(msgspec.Struct, frozen=True, array_like=True):
    """One employment of a person with an employer, with the person in it.

    `guid`: the person's id in the source, without braces, upper case. `employment_guid`: that of the employment, where
    the number of an employment does not identify it for ever. `contract_number`, `roster_number` and
    `effective_from` only serve to choose among the source's rows (rules.employments). `manager_personnel_number` holds
    the source's own code for the manager until the transform resolved `manager_guid` to a personnel number.
    """

    employer_code: str
    personnel_number: str
    guid: str
    employment_number: int
    last_name: str
    initials: str | None = None
    first_name: str | None = None
    prefix: str | None = None
    partner_prefix: str | None = None
    partner_last_name: str | None = None
    name_usage: str | None = None
    gender: str | None = None
    birth_date: date | None = None
    bsn: str | None = None
    street: str | None = None
    house_number: int | None = None
    house_number_addition: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    phone_private: str | None = None
    mobile_private: str | None = None
    email_private: str | None = None
    mobile_work: str | None = None
    email_work: str | None = None
    department_code: str | None = None
    department_name: str | None = None
    cost_centre_code: str | None = None
    cost_centre_name: str | None = None
    function: str | None = None
    contract_type: str | None = None
    employment_start: date | None = None
    employment_end: date | None = None
    contract_end: date | None = None
    fte: Decimal | None = None
    hours_per_week: Decimal | None = None
    manager_personnel_number: str | None = None
    manager_guid: str | None = None
    contract_number: int | None = None
    roster_number: int | None = None
    effective_from: date | None = None
    employment_guid: str | None = None
    hours_monday: Decimal | None = None
    hours_tuesday: Decimal | None = None
    hours_wednesday: Decimal | None = None
    hours_thursday: Decimal | None = None
    hours_friday: Decimal | None = None
    hours_saturday: Decimal | None = None
    hours_sunday: Decimal | None = None

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return f"{self.guid}/{self.employer_code}/{self.employment_guid or self.employment_number}"

    @property
    def order(self) -> str:
        return f"{self.employer_code}\t{self.personnel_number}\t{self.employment_number:06}\t{self.guid}"


class AbsenceLine(msgspec.Struct, frozen=True, array_like=True):
    """One line of the course of an absence case, as the source shows it, with the head of the case in it.

    `guid`, `case_guid` and `person_guid`: without braces, upper case. `type` and `reason_code`: the source's codes;
    `recovery_reason`: that of why the case was closed. `begin`: first day of the case; `starts_on`: first day of this
    line; `recovered_on`: the date of recovery as the source has it, None while the case is open. `presence`: percentage
    present, 0 to 100. `line_changed` and `case_changed`: when the line and the head were last changed (ISO, local
    time). `began_before_contract`: the first day of an illness that is older than the contract. `safety_net`,
    `no_risk`: whether the scheme and the policy apply; None where the source does not say it.
    """

    guid: str
    case_guid: str
    employer_code: str
    personnel_number: str
    type: str
    begin: date
    starts_on: date
    presence: Decimal
    person_guid: str | None = None
    employment_number: int | None = None
    recovered_on: date | None = None
    reason_code: str | None = None
    safety_net: bool | None = None
    expected_birth: date | None = None
    actual_birth: date | None = None
    line_changed: str = ""
    case_changed: str = ""
    began_before_contract: date | None = None
    recovery_reason: str | None = None
    no_risk: bool | None = None

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return self.guid

    @property
    def order(self) -> str:
        return f"{self.case_guid}\t{self.starts_on}\t{self.guid}"


class AbsencePeriod(msgspec.Struct, frozen=True, array_like=True):
    """Days at one percentage of absence. `end` is the last of them, None while it goes on; `guid`: its first line."""

    guid: str
    begin: date
    end: date | None
    percentage: Decimal


class AbsenceCase(msgspec.Struct, frozen=True, array_like=True):
    """One absence case of a person at an employer, as a portal gets it: its periods follow each other in time.

    `protocol`: Ziekte or Zwangerschap. `cause`: the portal's code. `changed`: when the source last changed anything of
    it. `personnel_number` and `bsn`: as the portal knows the person (the latter only where that is the key).
    """

    guid: str
    employer_code: str
    personnel_number: str
    protocol: str
    cause: str
    periods: tuple[AbsencePeriod, ...]
    changed: str = ""
    expected_birth: date | None = None
    actual_birth: date | None = None
    bsn: str | None = None
    employment_number: int | None = None
    recovery_reason: str | None = None
    no_risk: bool | None = None
    safety_net: bool | None = None

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return self.guid

    @property
    def begin(self) -> date:
        return self.periods[0].begin

    @property
    def end(self) -> date | None:
        return self.periods[-1].end

    @property
    def order(self) -> str:
        return f"{self.employer_code}\t{self.personnel_number}\t{self.begin}\t{self.guid}"


class ManagerUnit(msgspec.Struct, frozen=True, array_like=True):
    """One unit that a person manages, as the source shows it: a row for each unit of each manager.

    `employer_code`: where each employer has a chart of its own.
    """

    person_guid: str
    department_code: str
    last_name: str
    initials: str | None = None
    first_name: str | None = None
    prefix: str | None = None
    gender: str | None = None
    email: str | None = None
    phone: str | None = None
    valid_until: date | None = None
    employer_code: str | None = None

    @property
    def key(self) -> str:
        return self.person_guid

    @property
    def id(self) -> str:
        return f"{self.person_guid}/{self.department_code}"

    @property
    def order(self) -> str:
        return self.id


class ManagerAccount(msgspec.Struct, frozen=True, array_like=True):
    """The account of a manager: who, under which login, and for which (employer code, department code)."""

    guid: str
    personnel_number: str
    login: str
    last_name: str
    departments: tuple[tuple[str, str], ...]
    initials: str | None = None
    first_name: str | None = None
    prefix: str | None = None
    gender: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def employer_code(self) -> str:
        return self.departments[0][0]

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return self.guid

    @property
    def order(self) -> str:
        return f"{self.login}\t{self.guid}"


class BankAccount(msgspec.Struct, frozen=True, array_like=True):
    """The bank account of an employee. `employer_code` is None until the pipeline has resolved the person.

    `bic`: None where the source leaves it out because the IBAN says it.
    """

    guid: str
    iban: str
    bic: str | None
    employer_code: str | None = None

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return self.guid

    @property
    def order(self) -> str:
        return self.guid


Record = (
    Employer
    | Department
    | Employment
    | AbsenceLine
    | AbsenceCase
    | ManagerUnit
    | ManagerAccount
    | BankAccount
    | Hours
    | PayrollEntry
)
