"""Rows of a time registration, each with what Loket's payroll knows about it.

Facts: docs/reference/loket.md, 3.9, 3.10 and 5.

A file only has a payroll number, codes and a value. Each row gets the employment that the number is of, the period, the
component of that year, the unit and the shift, or the word for what is wrong with it (`wrong`) or why it is left out
(`left_out`). Of the people nothing but these is kept.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from veerpont.config.hours import HoursSettings
from veerpont.model.failures import Problem, SettingsError
from veerpont.model.messages import coded
from veerpont.model.pay_records import Hours
from veerpont.rules.dates import parse_date
from veerpont.systems.drop_folder import Cells, drops, rows
from veerpont.systems.loket import resources as all_
from veerpont.systems.loket.payroll import PayrollClient
from veerpont.systems.loket.problems import hours_problem
from veerpont.systems.loket.reading import Reader
from veerpont.systems.loket.resources import value
from veerpont.systems.source import Row

_PERIOD = re.compile(r"(\d{4})[-/. ]?(\d{1,2})", re.ASCII)
_DUTCH_DAY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_HOURS = 1  # the key of the category Uren (docs/reference/loket.md, 3.9)
_OF_PERIOD = {"year": "year", "period": "periodNumber", "ends": "endDate", "closed": "hasApprovedPayrollRun"}
_UNITS = {"distribution_unit": "distributionUnit", "cost_centre": "costCenter"}

FIELDS = frozenset((
    *("employment.id", "employerNumber", "payrollAdministration.id", "clientNumber", "payrollId", "year", "period"),
    *("ends", "closed", "component", "hours", "value", "shift", "unit", "unit.key", "wrong", "field", "left_out"),
))
"""What is kept of a row: of the file itself nothing but the value."""

LONGEST_NAME = 80
"""Of a component, as it is shown to whoever maps a code."""
Part = tuple[str, int, int]
"""Administration, year and period."""


@dataclass(frozen=True)
class _Job:
    """An employment that a payroll number stands for."""

    id: str
    employer: str
    administration: "_Administration"
    shift: int | None
    unit: Row


@dataclass(frozen=True)
class _Administration:
    """A payroll administration, with its lists, each read when the first row asks for it."""

    client: PayrollClient
    id: str
    number: str
    jobs: list[_Job] = field(default_factory=list)
    _components: dict[int, dict[object, Row]] = field(default_factory=dict)
    _offered: dict[int, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def periods(self) -> list[Row]:
        return self.client.numbered(all_.PERIODS, self.id)

    def components(self, year: int) -> dict[object, Row]:
        """Return component number → component of a year: they differ per year (docs/reference/loket.md, 3.9)."""
        if year not in self._components:
            items = self.client.numbered(all_.COMPONENTS, self.id, str(year))
            self._components[year] = {item["key"]: item for item in items}
        return self._components[year]

    def offered(self, year: int) -> dict[str, str]:
        """Return number → name of the components of a year that take a value."""
        if year not in self._offered:
            self._offered[year] = {
                str(number): str(item.get("description") or "")[:LONGEST_NAME]
                for number, item in self.components(year).items()
                if item.get("isCollectiveMutationPossible") is True
            }
        return self._offered[year]

    def unit_key(self, field: str, code: str) -> object:
        """Return the key of a unit; None when there is none with this code.

        There is no list of units (docs/reference/loket.md, 3.3): those that somebody is on are known, else the options
        say which.
        """
        if field == "distributionUnit" and code in self._seen:
            return self._seen[code]
        return self._options.get(field, {}).get(code)

    @cached_property
    def _seen(self) -> dict[str, object]:
        return {str(job.unit["code"]): job.unit["key"] for job in self.jobs if job.unit}

    @cached_property
    def _options(self) -> dict[str, dict[str, object]]:
        options = self.client.options(all_.OPTIONS, self.jobs[0].id)
        return {name: {str(each.get("code")): each.get("key") for each in found} for name, found in options.items()}


class WrongError(Exception):
    """What is wrong with a row: our name of the field, and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class HoursReader(Reader):
    """One read of the folder, with one login."""

    @property
    def settings(self) -> HoursSettings:
        return self.integration.hours

    def hours(self) -> Iterator[list[Row]]:
        """Yield the rows of each file, the newest file first: of one period the newest may be the one that counts."""
        found = drops(self.settings)
        if not found:
            return
        client = PayrollClient.of(self.client)
        jobs = self._jobs(client)
        newest: dict[Part, int] = {}
        for number, drop in enumerate(found):
            page = []
            for cells in rows(drop, self.settings):
                row: Row = {"left_out": None, "wrong": None, "field": None, "cells": dict(cells)}
                try:
                    self._join(row, cells, jobs, number, newest)
                except WrongError as wrong:
                    header = self.settings.columns.headers.get(wrong.field, wrong.field)
                    row |= {"wrong": wrong.reason, "field": header}
                page.append(row)
            yield page
        self.client.calls += client.calls

    # -- one row -----------------------------------------------------------------------------------------------------

    def _join(self, row: Row, cells: Cells, jobs: dict[str, list[_Job]], number: int, newest: dict[Part, int]) -> None:
        """Put into `row` what Loket knows about it, as far as it can be found. Raises WrongError."""
        code = cells["code"]
        component = self.settings.components.get(code)
        if code and component is None:  # whoever it is of: it is not sent
            row |= {"left_out": "unmapped" if code in self.settings.components else "unlisted", "field": code}
        try:
            job = self._job(cells, jobs)
            row |= {
                "employment.id": job.id,
                "employerNumber": job.employer,
                "payrollAdministration.id": job.administration.id,
                "clientNumber": self.settings.client_numbers.get(job.administration.number, job.administration.number),
                "payrollId": cells["number"],
            }
            period = self._period(cells, job.administration)
        except WrongError:
            if row["left_out"]:
                return
            raise
        row |= {name: period[of] for name, of in _OF_PERIOD.items()}
        row["left_out"] = self._left_out(period, job.administration, number, newest) or row["left_out"]
        if row["left_out"] in {None, "unlisted"} and not period["testYear"]:
            row["offered"] = job.administration.offered(int(str(period["year"])))
        if row["left_out"]:
            return
        if period["testYear"]:
            raise WrongError("date" if "date" in cells else "period", "test_year")
        if not code:
            raise WrongError("code", "missing_value")
        found = job.administration.components(int(str(period["year"]))).get(component)
        if found is None:
            raise WrongError("code", "unknown_component")
        if found.get("isCollectiveMutationPossible") is not True:
            raise WrongError("code", "blocked_component")
        row |= {
            "component": component,
            "hours": value(found, "category.key") == _HOURS,
            "value": _number(cells["value"], self.settings.decimal_mark),
            "shift": self._shift(cells, job),
            **self._unit(cells, job),
        }

    def _left_out(self, period: Row, of: _Administration, number: int, newest: dict[Part, int]) -> str | None:
        """Return why no row of a period is wanted, in this file; None when they are.

        Raises SettingsError when it was asked for and can take none.
        """
        year, at = int(str(period["year"])), int(str(period["periodNumber"]))
        if self.asked.period not in {None, (year, at)}:
            return "other_period"
        if self.asked.period and (period["hasApprovedPayrollRun"] or period["testYear"]):
            approved = coded("loket.approved", "its payroll run is approved")
            why = coded("loket.test_year", "its year is a test year") if period["testYear"] else approved
            raise SettingsError(
                coded(
                    "loket.period_closed",
                    "Loket takes no hours for period {at} of {year} of administration {number}: {why}. "
                    "Nothing was sent. Have the run withdrawn in Loket, or put the hours into an open period.",
                    at=at,
                    year=year,
                    number=of.number,
                    why=why,
                )
            )
        if parse_date(str(period["endDate"])) < _months_before(self.today, self.settings.months):
            return "old_period"
        is_newest = newest.setdefault((of.id, year, at), number) == number
        return None if is_newest or self.settings.several_files == "all" else "older_file"

    def _job(self, cells: Cells, jobs: dict[str, list[_Job]]) -> _Job:
        if not cells["number"]:
            raise WrongError("number", "missing_value")
        found = jobs.get(cells["number"], [])
        if asked := cells.get("administration"):
            found = [job for job in found if job.administration.number == asked]
        if not found:
            raise WrongError("number", "unknown_payroll_number")
        if len(found) > 1:
            raise WrongError("number", "duplicate_payroll_number")
        return found[0]

    def _period(self, cells: Cells, administration: _Administration) -> Row:
        if "date" in cells:
            day = _day(cells["date"]).isoformat()
            found = [each for each in administration.periods if str(each["startDate"]) <= day <= str(each["endDate"])]
            name = "date"
        else:
            text = f"{cells['year']}-{cells['period']}" if "year" in cells else cells["period"]
            match = _PERIOD.fullmatch(text)
            wanted = (int(match[1]), int(match[2])) if match else None
            found = [each for each in administration.periods if (each["year"], each["periodNumber"]) == wanted]
            name = "period"
        if not found:
            raise WrongError(name, "unknown_period")
        return min(found, key=lambda each: bool(each["testYear"]))

    def _shift(self, cells: Cells, job: _Job) -> int:
        text = cells.get("shift")
        if not text:
            return job.shift or self.settings.shift
        if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
            raise WrongError("shift", "not_a_number")
        return int(text)

    def _unit(self, cells: Cells, job: _Job) -> dict[str, object]:
        """Return the unit that a row is booked on: the one of its department, else of the employment."""
        if self.settings.unit == "none":
            return {"unit": None, "unit.key": None}
        department = cells.get("department")
        if department and department not in self.settings.departments:
            raise WrongError("department", "unknown_unit")
        own = str(job.unit["code"]) if job.unit and self.settings.unit == "distribution_unit" else None
        code = self.settings.departments[department] if department else own
        if code is None:
            raise WrongError("department", "missing_value")
        key = job.administration.unit_key(_UNITS[self.settings.unit or ""], code)
        if key is None:
            raise WrongError("department", "unknown_unit")
        return {"unit": code, "unit.key": str(key)}

    # -- everybody ---------------------------------------------------------------------------------------------------

    def _jobs(self, client: PayrollClient) -> dict[str, list[_Job]]:
        """Return payroll number → the employments that have it, over all administrations of the active employers."""
        found: dict[str, list[_Job]] = defaultdict(list)
        for employer in self.employers_asked(people=True):
            here, code = str(employer["id"]), str(employer["employerNumber"])
            administrations = {
                str(item["id"]): _Administration(client, str(item["id"]), str(item["clientNumber"]))
                for item in client.rows(all_.ADMINISTRATIONS, here)
            }
            today = {"referenceDate": self.today.isoformat()}
            shifts = self._actual_of(all_.HOURS, here, today, "workingHours.shift.shiftNumber")
            units = self._actual_of(all_.PLACES, here, today, "organizationalEntity.distributionUnit")
            for item in client.rows(all_.EMPLOYMENTS, here):
                administration = administrations.get(str(value(item, "payrollAdministration.id")))
                if administration is None:
                    continue  # an employment without payroll
                key = str(item["id"])
                shift, unit = shifts.get(key), units.get(key)
                job = _Job(
                    key,
                    code,
                    administration,
                    shift if isinstance(shift, int) else None,
                    unit if isinstance(unit, dict) else {},
                )
                administration.jobs.append(job)
                found[str(item.get("payrollId"))].append(job)
        return found

    def _actual_of(self, resource: all_.Resource, employer: str, query: dict[str, str], path: str) -> dict[str, object]:
        items = self.client.rows(resource, employer, query=query)
        return {str(item["employmentId"]): value(item, path) for item in items}


def _day(text: str) -> date:
    match = _DUTCH_DAY.fullmatch(text)
    try:
        return parse_date(f"{match[3]}-{match[2]:>02}-{match[1]:>02}" if match else text)
    except ValueError:
        raise WrongError("date", "impossible_date") from None


def _number(text: str, mark: str) -> Decimal:
    if not text:
        raise WrongError("value", "missing_value")
    if not re.fullmatch(rf"-?\d{{1,9}}({re.escape(mark)}\d{{1,20}})?", text, re.ASCII):
        raise WrongError("value", "not_a_number")
    return Decimal(text.replace(mark, "."))


def _months_before(day: date, months: int) -> date:
    """Return the first day of the month that is so many months before."""
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


def record(row: Row) -> Hours | Problem:
    """Turn a row into the record of its value; several rows may be of one record."""
    if row.get("wrong"):
        return hours_problem(str(row["field"]), str(row["wrong"]))
    unit, key = row["unit"], row["unit.key"]
    return Hours(
        employer_code=str(row["employerNumber"]),
        employment=str(row["employment.id"]),
        number=str(row["payrollId"]),
        administration=str(row["payrollAdministration.id"]),
        client_number=str(row["clientNumber"]),
        year=int(str(row["year"])),
        period=int(str(row["period"])),
        ends=parse_date(str(row["ends"])),
        shift=int(str(row["shift"])),
        component=int(str(row["component"])),
        value=Decimal(str(row["value"])),
        unit=None if unit is None else str(unit),
        unit_key=None if key is None else str(key),
        is_hours=bool(row["hours"]),
        closed=bool(row["closed"]),
    )


def record_key(row: Row) -> str | None:
    """Return the key that the record of a row has: the employment, in its period where that is known."""
    job, year, period = row.get("employment.id"), row.get("year"), row.get("period")
    if job is None:
        return None
    return str(job).upper() if period is None else f"{str(job).upper()}/{year}-{int(str(period)):02}"
