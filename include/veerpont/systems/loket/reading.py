"""Reads what a flow needs of each employer, and makes rows of it (the read plan of docs/reference/loket.md, 8).

Lists are cheap and always read whole. Nothing is read of an employer that was not asked for, and nothing of a person
before it is sure that the login sees everybody: a saved filter or a department manager would shrink the lists in
silence (docs/reference/loket.md, 1.4 and 3.5).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from veerpont.config.integration import Integration
from veerpont.model.failures import DriftError, SettingsError
from veerpont.model.messages import coded
from veerpont.rules import absence
from veerpont.rules.dates import AMSTERDAM
from veerpont.systems.loket import resources as all_
from veerpont.systems.loket.client import Client
from veerpont.systems.loket.customer import managers_by
from veerpont.systems.loket.memory import Memory
from veerpont.systems.loket.records import BSN
from veerpont.systems.loket.resources import employee_of, id_of, number_of, value
from veerpont.systems.loket.rows import (
    BankAccountRow,
    DepartmentRow,
    EmployerRow,
    EmploymentRow,
    ManagerRow,
    compose,
)
from veerpont.systems.source import Asked, Row

MARGIN = timedelta(days=62)  # more than the 28 days of a chain, and than the months of any rounding
_SALARY = "nettoloon"


@dataclass(frozen=True)
class Reader:
    """One read of one login."""

    client: Client
    integration: Integration
    asked: Asked
    moment: datetime

    @property
    def today(self) -> date:
        return self.moment.astimezone(AMSTERDAM).date()

    # -- flows -----------------------------------------------------------------------------------------------------

    def employers(self) -> Iterator[list[Row]]:
        """Yield every employer that the login sees."""
        yield [compose(EmployerRow, item) for item in self.client.rows(all_.EMPLOYERS)]

    def departments(self) -> Iterator[list[Row]]:
        """Yield the departments of each employer."""
        for employer in self.employers_asked():
            items = self.client.rows(all_.DEPARTMENTS, id_of(employer))
            yield [compose(DepartmentRow, {**number_of(employer), **item}) for item in items]

    def employments(self, memory: Memory) -> Iterator[list[Row]]:
        """Yield the employments that go on, or ended within the portal's window, with their people."""
        for employer in self.employers_asked(people=True):
            here = id_of(employer)
            changed = memory.changed(self.client, here)
            people = {id_of(item): item for item in self.client.rows(all_.EMPLOYEES, here)}
            jobs = [job for job in self.client.rows(all_.EMPLOYMENTS, here) if self._is_recent(job)]
            today = {"referenceDate": self.today.isoformat()}
            places = self._actual(all_.PLACES, here, today, "organizationalEntity")
            hours = self._actual(all_.HOURS, here, today, "workingHours") if self._wants("workingHours.") else {}
            without = [(id_of(job), [id_of(job)]) for job in jobs if not places.get(id_of(job))]
            chains = memory.rows(self.client, self._places, without, changed)
            of_person: dict[str, list[str]] = defaultdict(list)
            for job in jobs:
                of_person[employee_of(job)].append(id_of(job))
            numbers = memory.rows(self.client, self._bsn, list(of_person.items()), changed) if self._wants(BSN) else {}
            page = []
            for job in jobs:
                person, key = people.get(employee_of(job)), id_of(job)
                if person is None:
                    raise DriftError(
                        coded(
                            "loket.person_missing",
                            "{activity} does not show somebody whose employment is there.",
                            activity=all_.EMPLOYEES.activity,
                        )
                    )
                bsn = next(iter(numbers.get(id_of(person), ())), {})
                place = places.get(key) or _place(chains[key], value(job, "endDate"))
                parts = {
                    "employee": {**person, **bsn, "personalDetails": self._details(person)},
                    "employment": job,
                    "organizationalEntity": place,
                    "workingHours": hours.get(key),
                }
                page.append(compose(EmploymentRow, {**number_of(employer), **parts}))
            yield page

    def managers(self) -> Iterator[list[Row]]:
        """Yield the departments of the users who manage some, each with the one employee that has their address."""
        field = {"business_email": "businessEmailAddress", "private_email": "emailAddress"}[
            managers_by(self.integration) or "business_email"
        ]
        for employer in self.employers_asked(people=True):
            here = id_of(employer)
            users = {id_of(user): user for user in self.client.rows(all_.USERS, here)}
            by_address: dict[str, list[Row]] = defaultdict(list)
            for person in self.client.rows(all_.EMPLOYEES, here):
                by_address[_address(value(person, f"contactInformation.{field}"))].append(person)
            page = []
            for item in self.client.rows(all_.USER_DEPARTMENTS, here):
                user = users.get(str(item["userId"]))
                if user is None or user.get("isDepartmentManager") is not True:
                    continue
                address = _address(value(user, "contactInformation.emailAddress"))
                people = by_address[address] if address else []
                person = people[0] if len(people) == 1 else {}
                departments = item.get("departments")
                page += [
                    compose(
                        ManagerRow, {**number_of(employer), "user": user, "employee": person, "department": department}
                    )
                    for department in (departments if isinstance(departments, list) else [])
                ]
            yield page

    def bank_accounts(self, memory: Memory) -> Iterator[list[Row]]:
        """Yield the salary accounts of everybody's employments of today; of who left, those of the last one."""
        for employer in self.employers_asked(people=True):
            here = id_of(employer)
            changed = memory.changed(self.client, here)
            jobs: dict[str, list[Row]] = defaultdict(list)
            for job in self.client.rows(all_.EMPLOYMENTS, here):
                if self._is_recent(job):
                    jobs[employee_of(job)].append(job)
            wanted = [(id_of(job), person) for person, theirs in jobs.items() for job in self._current(theirs)]
            accounts = memory.rows(self.client, self._payments, [(key, [key]) for key, _ in wanted], changed)
            yield [
                compose(BankAccountRow, {"employee": {"id": person}, **account})
                for key, person in wanted
                for account in self._salary(accounts[key])
            ]

    # -- whom and what ---------------------------------------------------------------------------------------------

    def employers_asked(self, people: bool = False) -> list[Row]:
        """Return the employers that were asked for; before people are read, checks that the login sees all of them."""
        every = {str(item.get("employerNumber")): item for item in self.client.rows(all_.EMPLOYERS)}
        wanted = sorted(every if self.asked.employers is None else self.asked.employers)
        if lost := [code for code in wanted if code not in every]:
            raise SettingsError(
                coded(
                    "loket.employers_lost",
                    "Loket no longer shows employer {lost} to the user of the link. Give the user access to "
                    "it again, or deactivate it with `veerpont employers deactivate`. Nothing was used.",
                    lost=", ".join(lost),
                )
            )
        found = [every[code] for code in wanted]
        if people:
            me = self.client.content(all_.USER)
            for employer in found:
                self._check(employer, me)
        return found

    def _check(self, employer: Row, me: Row) -> None:
        code = employer.get("employerNumber")
        mine = [user for user in self.client.rows(all_.USERS, id_of(employer)) if user["id"] == me.get("id")]
        if any(user.get("isDepartmentManager") is True for user in [me, *mine]):
            raise SettingsError(
                coded(
                    "loket.department_manager",
                    "The Loket user of the link is a department manager at employer {code}, and sees its own "
                    "departments only. Take that role from it, or authorise the link with another user. "
                    "Nothing was read.",
                    code=code,
                )
            )
        saved = value(self.client.content(all_.FILTER_SETTINGS, id_of(employer)), "employmentFilter")
        chosen = saved if isinstance(saved, dict) else {}
        if filters := [str(name) for name, choice in chosen.items() if choice not in _NO]:
            raise SettingsError(
                coded(
                    "loket.saved_filter",
                    "The Loket user of the link has a saved filter on the employments of employer {code}, "
                    "which leaves people out: {filters}. Log in as that user, clear the filter in the list "
                    "of employees, and let nobody else use that login. Nothing was read.",
                    code=code,
                    filters=", ".join(filters),
                )
            )

    def _wants(self, part: str) -> bool:
        return self.asked.fields is None or any(field.startswith(part) for field in self.asked.fields)

    def _is_recent(self, job: Row) -> bool:
        """Tell whether an employment is of any use to a portal: what ended before its window is not."""
        window = absence.cutoff(self.today, self.integration.absence.history_months, None)
        return str(job.get("endDate") or "9") >= (window - MARGIN).isoformat()

    def _current(self, jobs: list[Row]) -> list[Row]:
        """Return somebody's employments of today, else the next one, else the last one."""
        today = self.today.isoformat()
        going_on = [job for job in jobs if str(job.get("endDate") or "9") >= today]
        begun = [job for job in going_on if str(job.get("startDate")) <= today]
        if begun:
            return begun
        if going_on:
            return [min(going_on, key=lambda job: (str(job.get("startDate")), id_of(job)))]
        return [max(jobs, key=lambda job: (str(job.get("endDate")), id_of(job)))]

    # -- single employments and people -----------------------------------------------------------------------------

    def _actual(self, resource: all_.Resource, employer: str, query: dict[str, str], name: str) -> dict[str, object]:
        return {str(item["employmentId"]): item.get(name) for item in self.client.rows(resource, employer, query=query)}

    def _places(self, employment: str) -> list[Row]:
        return [
            {name: item.get(name) for name in _OF_A_PLACE} for item in self.client.rows(all_.PLACES_OF_ONE, employment)
        ]

    def _bsn(self, person: str) -> list[Row]:
        return [{"citizenServiceNumber": self.client.content(all_.BSN, person).get("citizenServiceNumber")}]

    def _payments(self, employment: str) -> list[Row]:
        """Return the accounts of an employment with what tells the one for the salary, and no name or city."""
        return [
            {name: item.get(name) for name in ("iban", "bic", "payrollComponent")}
            for item in self.client.rows(all_.PAYMENTS, employment)
        ]

    def _salary(self, accounts: list[Row]) -> list[Row]:
        """Return the account of the net wage; none of the accounts there are: an empty one, which is a reject."""
        component = self.integration.source.salary_component
        found = [
            account
            for account in accounts
            if (
                value(account, "payrollComponent.key") == component
                if component is not None
                else str(value(account, "payrollComponent.description") or "").strip().casefold() == _SALARY
            )
        ]
        return found or [{"iban": None}] * bool(accounts)

    def _details(self, person: Row) -> Row:
        """Return the personal details with what the way of writing a name means, where the integration file says it."""
        details = person.get("personalDetails")
        details = dict(details) if isinstance(details, dict) else {}
        usages = self.integration.source.name_usages
        key = value(details, "howToFormatLastName.key")
        known = usages.get(str(key), f"unknown {key}") if usages and key is not None else None
        return {**details, "howToFormatLastName": known}


_OF_A_PLACE = ("startDate", "department", "distributionUnit", "function", "deviatingFunctionDescription")
_NO: tuple[object, ...] = (None, [], {}, "")
"""What a filter that leaves nobody out looks like."""


def _address(found: object) -> str:
    return str(found or "").strip().casefold()


def _place(chain: list[Row], end: object) -> Row | None:
    """Return the last department of an employment that ended, the first one of an employment that is to begin."""
    rows = sorted(chain, key=lambda row: str(row.get("startDate")))
    if not rows:
        return None
    if end is None:
        return rows[0]
    return next((row for row in reversed(rows) if str(row.get("startDate")) <= str(end)), rows[0])
