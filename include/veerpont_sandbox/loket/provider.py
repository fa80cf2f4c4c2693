"""What one Loket login sees: its employers with their people, and how this Loket behaves (docs/reference/loket.md, 3).

Records are kept as the JSON that the API shows; what it derives (version numbers, who sees what) is kept here.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from veerpont_sandbox import moment

Json = dict[str, Any]
FIRST_VERSION = 70_000_000_000_000
"""Version numbers exceed 32 bits, about 7e13 (docs/reference/loket.md, 2.1)."""


@dataclass
class Settings:
    """How this Loket behaves where no document has an answer; the defaults are the stricter reading.

    `rotation`: strict kills a refresh token at its first use (docs/reference/loket.md, 1.2). `max_page_size`: more is
    400 (docs/reference/loket.md, 2). `max_per_second`: more calls get 429, None is no limit (docs/reference/loket.md,
    4). `empty_total_pages`: totalPages of an empty list. `versions`: lenient picks the newest version when `Accept`
    names none. `out_of_reach`: the status for an id of somebody else's (docs/reference/loket.md, 4).
    `if_match_required`: 409 for a PUT without `If-Match`. `absence_counts`: whether absence moves the version number;
    `deleted_count`: whether a deleted employment stays in the list of version numbers (docs/reference/loket.md, 2.1).
    `closed_period`: whether an approved period is refused (docs/reference/loket.md, 3.10). `metadata`: the envelope of
    option lists (docs/reference/loket.md, 3). `import_product`, `blank_clears`: whether files may be imported, and
    whether an empty cell clears the value (docs/reference/loket.md, 5). `filters`: strict refuses filters that no
    document is sure of (docs/reference/loket.md, 2). `today`: None is the real one.
    """

    rotation: Literal["strict", "lenient"] = "strict"
    expires_in: int = 3599
    code_seconds: int = 300
    secret_required: bool = True
    max_page_size: int = 250
    max_per_second: int | None = None
    empty_total_pages: Literal[0, 1] = 0
    versions: Literal["strict", "lenient"] = "strict"
    filters: Literal["strict", "lenient"] = "strict"
    out_of_reach: Literal[403, 404] = 403
    if_match_required: bool = False
    absence_counts: bool = False
    deleted_count: bool = False
    closed_period: Literal["refuse", "accept"] = "refuse"
    metadata: Literal["embedded", "bare"] = "embedded"
    import_product: bool = True
    blank_clears: bool = False
    today: date | None = None


@dataclass
class Administration:
    """A payroll administration. `components`: year → payroll components; `shifts`: the numbers that exist."""

    content: Json
    components: dict[int, list[Json]] = field(default_factory=dict)
    periods: list[Json] = field(default_factory=list)
    cost_centers: list[Json] = field(default_factory=list)
    cost_units: list[Json] = field(default_factory=list)
    shifts: tuple[int, ...] = (1,)

    def period(self, year: int, number: int) -> Json | None:
        """Return a real period of this administration."""
        rows = (row for row in self.periods if not row["testYear"])
        return next((row for row in rows if (row["year"], row["periodNumber"]) == (year, number)), None)


@dataclass
class Employment:
    """An employment with its dated records, oldest first, and what hangs below it.

    Facts: docs/reference/loket.md, 3.5, 3.7, 3.8, 3.10.
    """

    content: Json
    entities: list[Json] = field(default_factory=list)
    hours: list[Json] = field(default_factory=list)
    wages: list[Json] = field(default_factory=list)
    sepa: list[Json] = field(default_factory=list)
    leave: list[Json] = field(default_factory=list)
    allocations: list[Json] = field(default_factory=list)
    period_data: list[Json] = field(default_factory=list)
    version: int = FIRST_VERSION
    closed_by_termination: list[Json] = field(default_factory=list)
    """The records whose end was set when the employment ended: a reinstatement opens them again."""

    @property
    def id(self) -> str:
        return str(self.content["id"])

    def department(self, on: date) -> str | None:
        """Return the id of the department on a day; of a future employment that of its first day."""
        entity = valid_on(self.entities, on) or (self.entities[-1] if self.entities else None)
        return str(entity["department"]["key"]) if entity else None


@dataclass
class Absence:
    """An absence and its progress rows, oldest first (docs/reference/loket.md, 3.6)."""

    content: Json
    steps: list[Json]


@dataclass
class Employee:
    """A person at one employer; the BSN is never part of the employee object (docs/reference/loket.md, 3.4)."""

    content: Json
    bsn: str | None
    employments: list[Employment] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)


@dataclass
class Employer:
    """An employer and everything below it.

    `other_administrations`: those without payroll. `managed`: user id → the departments of that manager
    (docs/reference/loket.md, 3.11).
    """

    content: Json
    administrations: list[Administration] = field(default_factory=list)
    other_administrations: list[Json] = field(default_factory=list)
    departments: list[Json] = field(default_factory=list)
    functions: list[Json] = field(default_factory=list)
    distribution_units: list[Json] = field(default_factory=list)
    users: list[Json] = field(default_factory=list)
    managed: dict[str, list[Json]] = field(default_factory=dict)
    people: list[Employee] = field(default_factory=list)
    version: int = FIRST_VERSION
    deleted: list[tuple[str, int]] = field(default_factory=list)
    """Employments that are gone, with their last version number."""

    @property
    def id(self) -> str:
        return str(self.content["id"])


@dataclass
class User:
    """The user behind the token. `departments`: only these are seen (a department manager); None sees everybody.

    `forbidden`: activities that are not allowed (docs/reference/loket.md, 1.4). `filters`: employer id → the saved
    filter (docs/reference/loket.md, 3.5).
    """

    content: Json
    departments: frozenset[str] | None = None
    forbidden: set[str] = field(default_factory=set)
    filters: dict[str, Json] = field(default_factory=dict)


class Provider:
    """One customer's Loket: made when it is first asked for, changed by `changes`, under one lock."""

    def __init__(self, name: str, build: Callable[[], list[Employer]]) -> None:
        self.name = name
        self.settings = Settings()
        self.lock = threading.RLock()
        self._build = build
        self._employers: list[Employer] | None = None
        self._version = FIRST_VERSION
        self.user = User(_service_account(name))

    @property
    def employers(self) -> list[Employer]:
        with self.lock:
            if self._employers is None:
                self._employers = self._build()
                for employer in self._employers:
                    employer.users.append(self.user.content)
                    for person in employer.people:
                        self.moved(employer, person)
            return self._employers

    def reset(self) -> None:
        """Start again with the first people, settings and user; version numbers go on, as they only ever increase."""
        with self.lock:
            self._employers = None
            self.settings, self.user = Settings(), User(_service_account(self.name))

    @property
    def today(self) -> date:
        return self.settings.today or moment.now().date()

    @property
    def watermark(self) -> int:
        """The highest version number given out."""
        return self._version

    def moved(self, employer: Employer, person: Employee | None = None) -> None:
        """Move the version number of an employer, and of every employment of a person.

        Facts: docs/reference/loket.md, 2.1.
        """
        for employment in person.employments if person else []:
            self._version += 1
            employment.version = self._version
        self._version += 1
        employer.version = self._version

    def people(self) -> Iterator[tuple[Employer, Employee]]:
        for employer in self.employers:
            for person in employer.people:
                yield employer, person

    def visible(self, employer: Employer) -> list[Employee]:
        """Return the people that the user may see: a department manager sees those of the departments.

        Facts: docs/reference/loket.md, 1.4.
        """
        return [person for person in employer.people if self.sees(person)]

    def sees(self, person: Employee) -> bool:
        return self.user.departments is None or any(
            employment.department(self.today) in self.user.departments for employment in person.employments
        )

    def listed(self, employer: Employer) -> list[tuple[Employee, Employment]]:
        """Return the employments that an employer-level list shows: those that the saved filter lets through."""
        pairs = [(person, employment) for person in self.visible(employer) for employment in person.employments]
        chosen = self.user.filters.get(employer.id)
        return [pair for pair in pairs if not chosen or self._passes(pair[1], chosen)]

    def _passes(self, employment: Employment, chosen: Json) -> bool:
        content, today = employment.content, self.today.isoformat()
        administration = content["payrollAdministration"] or content["nonPayrollAdministration"]
        ended = bool(content["endDate"]) and content["endDate"] < today
        status = (chosen.get("filterOnEmployedStatus") or {}).get("key")
        on_call = chosen.get("filterOnOnCallEmployment")
        return (
            _among(administration["id"], chosen.get("filterOnAdministrations"))
            and _among(employment.department(self.today), chosen.get("filterOnDepartments"))
            and _among(content["employmentCategoryType"]["key"], chosen.get("filterOnEmploymentCategoryType"))
            and (status is None or ended == (status == OUT_OF_SERVICE))
            and (on_call is None or content["isOnCallEmployment"] == on_call)
        )


IN_SERVICE, OUT_OF_SERVICE = 1, 2
"""Keys of `filterOnEmployedStatus`; no document lists them."""


def _among(value: Any, wanted: list[Json] | None) -> bool:
    return not wanted or value in {item["key"] for item in wanted}


def valid_on(chain: list[Json], on: date) -> Json | None:
    """Return the record of a date chain that is valid on a day: never simply the last one.

    Facts: docs/reference/loket.md, 7.
    """
    day = on.isoformat()
    return next(
        (row for row in chain if row["startDate"] <= day and (row["endDate"] is None or row["endDate"] >= day)), None
    )


def guid(*parts: str | int) -> str:
    """Return the same GUID for the same parts, on every day."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def _service_account(name: str) -> Json:
    details = {"initials": "K.", "prefix": None, "lastName": "Koppeling", "firstName": None}
    return user(guid(name, "user", 0), f"koppeling.{name}", details, f"koppeling@{name.replace('_', '-')}.example")


def user(key: str, name: str, details: Json, address: str, *, manager: bool = False) -> Json:
    """Return a Loket user as the list of users shows it: nothing links it to an employee.

    Facts: docs/reference/loket.md, 3.11.
    """
    return {
        "id": key,
        "userName": name,
        "personalDetails": {part: details[part] for part in ("initials", "prefix", "lastName", "firstName")},
        "contactInformation": {"emailAddress": address, "phoneNumber": None, "placeOfEmployment": None},
        "isDepartmentManager": manager,
        "accessStatus": {"key": 1, "value": "Toegang"},
        "loginMethod": {"key": 1, "value": "Gebruikersnaam en wachtwoord"},
        "twoFactorAuthenticationRequired": True,
        "dateTimeLastLogin": None,
    }
