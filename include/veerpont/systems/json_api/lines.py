"""Records → lines, by our names: what docs/json-api.yaml calls the records of a flow."""

import calendar
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded
from veerpont.model.names import NAMES
from veerpont.model.pay_records import PayrollEntry
from veerpont.model.records import (
    AbsenceCase,
    BankAccount,
    Employment,
    ManagerAccount,
    Record,
)
from veerpont.systems.portal import extras

NAME = "json_api"
Values = dict[str, str | None]

REQUIRED: Mapping[Flow, tuple[str, ...]] = {
    Flow.EMPLOYERS: ("employer_code", "name"),
    Flow.ORGANIGRAM: ("employer_code", "department_code", "name"),
    Flow.EMPLOYEES: ("employer_code", "personnel_number", "external_id", "employment_number", "last_name"),
    Flow.ACCOUNTS: ("personnel_number", "login", "last_name", "employer_code", "department_code"),
    Flow.ABSENCE: (
        "WerkgeverCode",
        "Personeelsnummer",
        "Protocol",
        "TrajectId",
        "TrajectVerloopId",
        "StartdatumTrajectVerloop",
        "VerzuimOorzaak",
        "Verzuimpercentage",
    ),
    Flow.IBAN: ("external_id", "iban"),
}
"""Our names that no record can do without."""

MAX_TEXT = 2000

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_NEVER = {"bsn", "BSN"}  # the citizen-service number is nobody's key here (docs/decisions/0009)
_FIELDS = {flow: tuple(name for name in names if name not in _NEVER) for flow, names in NAMES.items()}


def fields(flow: Flow) -> tuple[str, ...]:
    """Return the names of a record of `flow`, in the order in which they are sent; none where its schema says them."""
    return _FIELDS.get(flow, ())


def names(integration: Integration, flow: Flow) -> frozenset[str]:
    """Return the fields, by our names, that may pass the door for this portal.

    The reason of an absence only where a cause code depends on it.
    """
    by_reason = flow is Flow.ABSENCE and integration.absence.wants_reasons
    return frozenset(named(integration, flow)) | ({"reason_code"} if by_reason else set())


def named(integration: Integration, flow: Flow) -> tuple[str, ...]:
    """Return the names of a record of `flow`, with what the integration file names for this portal besides."""
    return fields(flow) + extras(integration, flow, NAME)


def line(integration: Integration, flow: Flow, record: Record) -> Line | Problem:
    """Return the line of `record`, or the first thing in it that cannot be sent."""
    rows = list(record.rows) if isinstance(record, PayrollEntry) else _rows(integration, flow, record)
    if not rows:
        name = REQUIRED[flow][-1]
        none = coded("json_api.none_at_all", "Fill in {field}: there is none at all.", field=name)
        return _problem(name, "missing_value", none)
    for row in rows:
        if problem := _check(flow, row):
            return problem
    return _line(integration, record, rows)


def text(value: object) -> str | None:
    """Return a record's value as it is sent: ISO dates, plain decimals, digits; None stays None."""
    match value:
        case None | "":
            return None
        case date():
            return value.isoformat()
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize() + 0, "f")  # 36.00 → 36, 4E+1 → 40, -0 → 0
        case _:
            return str(value)


def _rows(integration: Integration, flow: Flow, record: Record) -> list[Values]:
    names = named(integration, flow)
    match record:
        case ManagerAccount():
            return [
                _values(
                    names,
                    record,
                    user_group=integration.user_group,
                    employer_code=employer,
                    department_code=department,
                )
                for employer, department in record.departments
            ]
        case AbsenceCase():
            return [
                _values(
                    names,
                    record,
                    WerkgeverCode=record.employer_code,
                    Personeelsnummer=record.personnel_number,
                    Protocol=record.protocol,
                    TrajectId=record.guid,
                    TrajectVerloopId=period.guid,
                    StartdatumTrajectVerloop=period.begin,
                    EinddatumTrajectVerloop=period.end,
                    VerzuimOorzaak=record.cause,
                    Verzuimpercentage=period.percentage,
                    BevallingsDatumVermoedelijk=record.expected_birth,
                    BevallingsDatumFeitelijk=record.actual_birth,
                )
                for period in record.periods
            ]
        case Employment() | BankAccount():
            return [_values(names, record, external_id=record.guid)]
        case _:
            return [_values(names, record)]


def _values(names: Iterable[str], record: Record, **known: object) -> Values:
    """Return every name: as `known` says, otherwise the record's own field of that name."""
    values = {name: known[name] if name in known else getattr(record, name) for name in names}
    return {
        name: value if value is None or (type(value) is str and value) else text(value)
        for name, value in values.items()
    }


def _check(flow: Flow, row: Values) -> Problem | None:
    for name in REQUIRED.get(flow, ()):
        if row[name] is None:
            empty = coded("json_api.empty", "Fill in {field}: no record can do without it.", field=name)
            return _problem(name, "missing_value", empty)
    together = "".join(filter(None, row.values()))
    if together.isprintable() and len(together) <= MAX_TEXT:  # most are, and of those no value need be looked at
        return None
    for name, value in row.items():
        if value is None:
            continue
        if _UNSAFE.search(value):
            return _problem(
                name,
                "control_characters",
                coded(
                    "json_api.no_text",
                    "Type {field} again: it has characters that are no text, such as a line end.",
                    field=name,
                ),
            )
        if len(value) > MAX_TEXT:
            long = coded(
                "json_api.too_long",
                "Shorten {field} to {most} characters; it has {count}.",
                field=name,
                most=MAX_TEXT,
                count=len(value),
            )
            return _problem(name, "too_long", long)
    return None


def _line(integration: Integration, record: Record, rows: list[Values]) -> Line:
    employer = getattr(record, "employer_code", None) or ""
    portal_key, identity, leaves_on, alias = record.id, None, None, None
    match record:
        case Employment():
            portal_key = f"{employer}/{record.personnel_number}/{record.employment_number}"
            identity = f"{record.guid}/{record.employment_number}"
            alias = f"number:{record.personnel_number}"
            leaves_on = _add_months(record.employment_end, integration.absence.history_months)
        case ManagerAccount():
            portal_key = record.login
            alias = f"number:{record.personnel_number}"
    return Line(
        id=record.id,
        key=record.key,
        employer=employer,
        portal_key=portal_key,
        order=record.order,
        values=rows[0],
        leaves_on=leaves_on,
        identity=identity,
        alias=alias,
        more=tuple(rows[1:]),
        case=_told(record, rows[0]) if isinstance(record, AbsenceCase) else None,
    )


def _told(case: AbsenceCase, row: Values) -> ToldCase:
    return ToldCase.of(case, with_bsn=False, with_employment="employment_number" in row)


def _add_months(day: date | None, months: int) -> str | None:
    """Count calendar months; 31 August and six months is the last day of February. None: never."""
    if day is None:
        return None
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:  # 31-12-9999 says that no end is known
        return None
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1])).isoformat()


def _problem(field: str, reason: str, detail: Words) -> Problem:
    return Problem(Stage.EXPORT, field, reason, detail)
