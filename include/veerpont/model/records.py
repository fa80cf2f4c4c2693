"""The records: our own model of one thing, whatever source it came from.

Texts are stripped, empty is None. Dates are Dutch calendar dates. A record's `key` is what identifies it for ever
(DESIGN section 2); `id` tells apart what shares a key, and is what snapshots and histories are kept by; `order` is
where it stands in a file.
"""

from datetime import date
from decimal import Decimal

import msgspec


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
    placed the unit, once for each employer that uses it.
    """

    department_code: str
    name: str
    employer_code: str | None = None
    parent_department_code: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    level: str | None = None
    manager_personnel_number: str | None = None

    @property
    def key(self) -> str:
        return self.department_code

    @property
    def id(self) -> str:
        return f"{self.employer_code}/{self.department_code}"

    @property
    def order(self) -> str:
        return f"{self.employer_code}\t{(self.level or '').rjust(4)}\t{self.department_code}"


class Employment(msgspec.Struct, frozen=True, array_like=True):
    """One employment of a person with an employer, with the person in it.

    `guid`: the person's id in the source, without braces, upper case. `contract_number`, `roster_number` and
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

    @property
    def key(self) -> str:
        return self.guid

    @property
    def id(self) -> str:
        return f"{self.guid}/{self.employer_code}/{self.employment_number}"

    @property
    def order(self) -> str:
        return f"{self.employer_code}\t{self.personnel_number}\t{self.employment_number:06}\t{self.guid}"


Record = Employer | Department | Employment
