"""Records → lines, with the checks of the sheet's section 7 that need only the line itself."""

import calendar
import re
from datetime import date
from decimal import Decimal

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line
from veerpont.model.records import Department, Employer, Employment, Record
from veerpont.portals.xpert_suite.columns import headers, required, table

MAX_TEXT = 255
FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2100, 12, 31)

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

# What a line is built from, whatever the columns are: the portal key, the order, the day it may leave.
_ALWAYS = {
    Flow.EMPLOYERS: frozenset({"employer_code"}),
    Flow.ORGANIGRAM: frozenset({"employer_code", "department_code"}),
    Flow.EMPLOYEES: frozenset({"employer_code", "employment_number", "employment_end"}),
}


def names(integration: Integration, flow: Flow) -> frozenset[str]:
    """Return the fields, by our names, that the columns of `flow` or a line itself use.

    Raises SettingsError for a flow that this portal does not take.
    """
    columns = table(flow)
    used = {name for name in headers(integration, flow) if name in columns}
    return _ALWAYS[flow] | used | frozenset(required(integration, flow))


def line(integration: Integration, flow: Flow, record: Record) -> Line | Problem:
    """Return the line of `record` with the configured columns, or the first rule it breaks (sheet section 7).

    V2 required filled, V3 real dates in order, V5 known words, V16 safe text. V12 only warns and V7 needs the other
    lines: neither is judged here.
    """
    values: dict[str, str | None] = {}
    columns = table(flow)
    for name in headers(integration, flow):
        value = getattr(record, columns[name].source or name)
        values[name] = text(value)
    for name in required(integration, flow):
        if not text(getattr(record, columns[name].source or name)):
            return _problem(name, "missing_value", f"Fill in {name}: the portal refuses a line without it.")
    for name, value in values.items():
        if problem := _check(name, value, columns[name].choices):
            return problem
    if problem := _check_dates(flow, record, values):
        return problem
    return _line(integration, record, values)


def text(value: object) -> str | None:
    """Return a record's value as every file writes it: ISO dates, plain decimals, digits; None stays None."""
    match value:
        case None | "":
            return None
        case date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize() + 0, "f")  # 36.00 → 36, 4E+1 → 40, -0 → 0
        case _:
            return str(value)


def _check(name: str, value: str | None, choices: frozenset[str]) -> Problem | None:
    if value is None:
        return None
    if _UNSAFE.search(value):
        return _problem(
            name,
            "control_characters",
            f"Type {name} again: it has characters that no file can hold, such as a line end.",
        )
    if len(value) > MAX_TEXT:
        return _problem(name, "too_long", f"Shorten {name} to {MAX_TEXT} characters; it has {len(value)}.")
    if choices and value not in choices:
        return _problem(name, "unknown_value", f"Choose one of these for {name}: {', '.join(sorted(choices))}.")
    return None


def _check_dates(flow: Flow, record: Record, values: dict[str, str | None]) -> Problem | None:
    used = [name for name, column in table(flow).items() if column.kind == "date" and name in values]
    if isinstance(record, Employment) and "employment_end" not in used:
        used.append("employment_end")  # the day the line leaves the file is counted from it
    for name in used:
        day = getattr(record, name)
        if day is not None and not FIRST_DATE <= day <= LAST_DATE:
            return _problem(name, "date_out_of_range", f"Correct {name}: the year must be from 1900 to 2100.")
    if isinstance(record, Employment) and _ends_before_start(record):
        return _problem(
            "employment_end", "end_before_start", "Correct employment_end: it lies before employment_start."
        )
    return None


def _ends_before_start(record: Employment) -> bool:
    start, end = record.employment_start, record.employment_end
    return start is not None and end is not None and end < start


def _line(integration: Integration, record: Record, values: dict[str, str | None]) -> Line:
    employer = getattr(record, "employer_code", None) or ""
    identity = leaves_on = alias = None
    match record:
        case Employer():
            portal_key = employer
        case Department():
            portal_key = f"{employer}/{record.department_code}"
        case Employment():
            person = record.bsn if integration.xpert_suite.key == "bsn" else record.personnel_number
            portal_key = f"{employer}/{person}/{record.employment_number}"
            identity = f"{record.guid}/{record.employment_number}"
            alias = f"number:{record.personnel_number}"
            if record.employment_end:
                leaves_on = _add_months(record.employment_end, integration.absence.history_months).isoformat()
    return Line(
        id=record.id,
        key=record.key,
        employer=employer,
        portal_key=portal_key,
        order=record.order,
        values=values,
        leaves_on=leaves_on,
        identity=identity,
        alias=alias,
    )


def _add_months(day: date, months: int) -> date:
    """Count calendar months; 31 August and six months is the last day of February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _problem(field: str, reason: str, detail: str) -> Problem:
    return Problem(Stage.EXPORT, field, reason, detail)
