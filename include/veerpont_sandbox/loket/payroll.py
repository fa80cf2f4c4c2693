"""Payroll components, periods and period data: the hours over the API (docs/reference/loket.md, 3.9 and 3.10)."""

from collections.abc import Iterator
from typing import Any

from veerpont_sandbox.loket.answers import RefusedError, message
from veerpont_sandbox.loket.employers import HERE
from veerpont_sandbox.loket.operations import Call, Operation
from veerpont_sandbox.loket.people import WORK
from veerpont_sandbox.loket.provider import Administration, Employer, Employment, Json, Provider, guid, valid_on

PAYSLIPS = {1: "Normaal", 2: "Bijzonder tarief"}
HOURS = 1
"""The category key of hour components."""
IDENTITY = ("payrollPeriod", "shift", "payslipType", "distributionUnit", "costCenter", "costUnit")
_FIELDS = {*IDENTITY, "payslipText", "payrollComponents", "employmentId", "id"}
_MOST = 100_000_000


class BrokenRuleError(Exception):
    """A record of period data that the payroll does not take."""


class Book:
    """The period data of one employment: what may be written into it, and how."""

    def __init__(self, provider: Provider, employer: Employer, job: Employment | None) -> None:
        if job is None:
            raise BrokenRuleError("Onbekend dienstverband")
        number = (job.content["payrollAdministration"] or {}).get("id")
        found = next((each for each in employer.administrations if each.content["id"] == number), None)
        if found is None:
            raise BrokenRuleError("Dit dienstverband heeft geen verloning")
        self.administration: Administration = found
        self.settings = provider.settings
        self.employer = employer
        self.job = job

    def write(self, item: Any) -> Json:
        """Insert or overwrite what `item` names; a component that is not named stays. Raises BrokenRuleError."""
        if not isinstance(item, dict) or (strange := item.keys() - _FIELDS):
            raise BrokenRuleError("Ongeldige gegevens" if not isinstance(item, dict) else f"Onbekend: {strange}")
        head = self._head(item)
        year = head["payrollPeriod"]["year"]
        given = [self._component(each, year) for each in _list(item.get("payrollComponents"))]
        keys = [each["payrollComponent"]["key"] for each in given]
        if not given or len(set(keys)) != len(keys):
            raise BrokenRuleError("Ongeldige waarde voor payrollComponents")
        record = next((row for row in self.job.period_data if all(row[name] == head[name] for name in IDENTITY)), None)
        if record is None:
            record = {"id": guid("period data", self.job.id, repr(head)), **head, "payrollComponents": []}
            self.job.period_data.append(record)
        record["payslipText"] = item.get("payslipText", record.get("payslipText"))
        kept = [each for each in record["payrollComponents"] if each["payrollComponent"]["key"] not in keys]
        # null deletes a value; 0 is a real zero.
        record["payrollComponents"] = kept + [each for each in given if each["value"] is not None]
        if not record["payrollComponents"]:
            self.job.period_data.remove(record)
        return record

    def _head(self, item: Json) -> Json:
        """Return what identifies the record."""
        asked = item.get("payrollPeriod")
        year, number = (asked.get("year"), asked.get("periodNumber")) if isinstance(asked, dict) else (None, None)
        known = self.administration.period(year, number) if isinstance(year, int) and isinstance(number, int) else None
        if known is None:
            raise BrokenRuleError("Ongeldige waarde voor payrollPeriod")
        if known["hasApprovedPayrollRun"] and self.settings.closed_period == "refuse":
            raise BrokenRuleError("De verloning van deze periode is goedgekeurd")
        payslip = _key(item, "payslipType")
        if payslip not in PAYSLIPS:
            raise BrokenRuleError("Ongeldige waarde voor payslipType")
        shift = item.get("shift")
        if not isinstance(shift, dict) or shift.get("shiftNumber") not in self.administration.shifts:
            raise BrokenRuleError("Ongeldige waarde voor shift")
        return {
            "payrollPeriod": {"year": known["year"], "periodNumber": known["periodNumber"]},
            "payslipType": {"key": payslip, "value": PAYSLIPS[payslip]},
            "shift": {"shiftNumber": shift["shiftNumber"]},
            "distributionUnit": _chosen(item, "distributionUnit", self.employer.distribution_units),
            "costCenter": _chosen(item, "costCenter", self.administration.cost_centers),
            "costUnit": _chosen(item, "costUnit", self.administration.cost_units),
        }

    def _component(self, given: Any, year: int) -> Json:
        key = _key(given, "payrollComponent") if isinstance(given, dict) else None
        found = next((row for row in self.administration.components.get(year, []) if row["key"] == key), None)
        if found is None:
            raise BrokenRuleError(f"Onbekende looncomponent {key}")
        value, supplement = given.get("value"), given.get("isSupplement", False)
        if "value" not in given or not amount_fits(found, value):
            raise BrokenRuleError(f"Ongeldige waarde voor looncomponent {key}")
        if supplement and not found["canBeSupplemented"]:
            raise BrokenRuleError(f"Looncomponent {key} kan niet worden aangevuld")
        shown = {name: found[name] for name in ("key", "description", "category", "deductionOrPayment")}
        return {"payrollComponent": shown, "value": value, "isSupplement": bool(supplement)}


def amount_fits(component: Json, value: Any) -> bool:
    """Whether a value is within the bounds: hours from 0 to below 1000, amounts within ±100,000,000."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < 1000 if component["category"]["key"] == HOURS else abs(value) <= _MOST


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _key(item: Json, name: str) -> Any:
    found = item.get(name)
    return found.get("key") if isinstance(found, dict) else None


def _chosen(item: Json, name: str, options: list[Json]) -> Json | None:
    """Return the option that an item names; null and left out are the same."""
    if item.get(name) is None:
        return None
    key = _key(item, name)
    found = next((option for option in options if option["key"] == key), None)
    if found is None:
        raise BrokenRuleError(f"Ongeldige waarde voor {name}")
    return found


# The calls


def _patch_one(call: Call) -> Json:
    try:
        return Book(call.provider, call.employer_of(call.person), call.employment).write(call.body)
    except BrokenRuleError as error:
        raise RefusedError(400, str(error)) from None


def _patch_many(call: Call) -> Json:
    """Write every item that can be; 200 when one succeeded, with a message for each that did not."""
    jobs: dict[Any, Employment] = {
        job.id: job for person in call.provider.visible(call.employer) for job in person.employments
    }
    items = call.body if isinstance(call.body, list) else []
    for item in items:
        wanted = item.get("employmentId") if isinstance(item, dict) else None
        try:
            Book(call.provider, call.employer, jobs.get(wanted)).write(item)
        except BrokenRuleError as error:
            call.messages.append(message(str(error), entity=wanted if isinstance(wanted, str) else None))
    if len(call.messages) == len(items):
        raise RefusedError(400, "Ongeldige gegevens", call.messages)
    return {}


def _by_period(call: Call) -> list[Json]:
    """The period data of everybody of an administration in one period, with employee and employment."""
    period = call.number("payrollPeriodId")
    if all(row["id"] != period for row in call.administration.periods):
        raise RefusedError(404)
    found = []
    for person, job in _paid_by(call):
        details = person.content["personalDetails"]
        employee = {
            "id": person.content["id"],
            "employeeNumber": person.content["employeeNumber"],
            "formattedName": details["formattedName"],
        }
        for row in job.period_data:
            if row["payrollPeriod"]["year"] * 100 + row["payrollPeriod"]["periodNumber"] == period:
                found.append({**row, "employee": employee, "employment": {"id": job.id}})
    return found


def _paid_by(call: Call) -> Iterator[tuple[Any, Employment]]:
    administration = call.administration.content["id"]
    for _, person in call.provider.people():
        for job in person.employments:
            of = job.content["payrollAdministration"]
            if of and of["id"] == administration and call.provider.sees(person):
                yield person, job


def _book(call: Call) -> Book:
    try:
        return Book(call.provider, call.employer_of(call.person), call.employment)
    except BrokenRuleError as error:
        raise RefusedError(400, str(error)) from None


def _options(call: Call) -> list[Json]:
    book = _book(call)
    return [
        {"field": "payslipType", "options": [{"key": key, "value": value} for key, value in PAYSLIPS.items()]},
        {"field": "shift", "options": [{"shiftNumber": number} for number in book.administration.shifts]},
        {"field": "distributionUnit", "options": book.employer.distribution_units},
        {"field": "costCenter", "options": book.administration.cost_centers},
        {"field": "costUnit", "options": book.administration.cost_units},
    ]


def _period_options(call: Call) -> list[Json]:
    """The options that depend on the period."""
    book, year = _book(call), call.number("year")
    if book.administration.period(year, call.number("periodNumber")) is None:
        raise RefusedError(404)
    return [{"field": "payrollComponent", "options": book.administration.components.get(year, [])}]


def _defaults(call: Call) -> Json:
    """What a new record of this employment starts with."""
    entity = valid_on(call.employment.entities, call.provider.today)
    hours = valid_on(call.employment.hours, call.provider.today)
    return {
        "payrollPeriod": None,
        "payslipType": {"key": 1, "value": PAYSLIPS[1]},
        "shift": {"shiftNumber": hours["shift"]["shiftNumber"] if hours else 1},
        "distributionUnit": entity and entity["distributionUnit"],
        "costCenter": None,
        "costUnit": None,
        "payslipText": None,
        "payrollComponents": [],
    }


_ADMINISTRATION = f"{HERE}/payrolladministrations/{{payrollAdministrationId}}"
_DATA = f"{WORK}/{{employmentId}}/payrollperioddata"
_PATCH_ONE = "PatchPayrollPeriodDataByEmploymentId"
OPERATIONS = (
    Operation(
        "GET",
        f"{_ADMINISTRATION}/payrollcomponents/year/{{year}}",
        "GetPayrollComponentsByPayrollAdministrationIdAndYear",
        lambda call: call.administration.components.get(call.number("year"), []),
    ),
    Operation(
        "GET",
        f"{_ADMINISTRATION}/payrollperiods/minimized",
        "GetPayrollPeriodsMinimizedByPayrollAdministrationId",
        lambda call: call.administration.periods,
    ),
    Operation("PATCH", _DATA, _PATCH_ONE, _patch_one, "detail"),
    Operation(
        "PATCH",
        f"{HERE}/{{employerId}}/payrollperioddata",
        "PatchPayrollPeriodDataByEmployerId",
        _patch_many,
        "detail",
    ),
    Operation("GET", _DATA, "GetPayrollPeriodDataByEmploymentId", lambda call: call.employment.period_data),
    Operation(
        "GET",
        f"{_ADMINISTRATION}/payrollPeriods/{{payrollPeriodId}}/payrollperioddata",
        "GetPayrollPeriodDataByPayrollAdministrationIdAndPayrollPeriodId",
        _by_period,
    ),
    Operation("GET", f"{_DATA}/metadata", _PATCH_ONE, _options, "metadata"),
    Operation(
        "GET", f"{_DATA}/metadata/year/{{year}}/period/{{periodNumber}}", _PATCH_ONE, _period_options, "metadata"
    ),
    Operation("GET", f"{_DATA}/defaults", _PATCH_ONE, _defaults, "detail"),
)
