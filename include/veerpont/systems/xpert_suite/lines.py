"""Records → lines, with the checks of docs/reference/xpert-suite.md, 7 that need only the line itself."""

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from veerpont.config.integration import Integration
from veerpont.model.failures import Problem, Stage
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import Words, coded
from veerpont.model.records import AbsenceCase, Department, Employer, Employment, ManagerAccount, Record
from veerpont.systems.xpert_suite import rows
from veerpont.systems.xpert_suite.columns import TemplateColumn, headers, needed, required, table, user_group

FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2100, 12, 31)

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

# What a line is built from, whatever the columns are: the portal key, the order, the day it may leave.
_ALWAYS = {
    Flow.EMPLOYERS: frozenset({"employer_code"}),
    Flow.ORGANIGRAM: frozenset({"employer_code", "department_code"}),
    Flow.EMPLOYEES: frozenset({"employer_code", "employment_number", "employment_end"}),
    Flow.ACCOUNTS: frozenset({"employer_code", "department_code", "login"}),
    Flow.ABSENCE: frozenset({"WerkgeverCode", "Personeelsnummer", "TrajectId", "TrajectVerloopId"}),
}


def names(integration: Integration, flow: Flow) -> frozenset[str]:
    """Return the fields, by our names, that the columns of `flow` or a line itself use.

    For absence `reason_code` too, once a cause of the form TYPE/REASON is configured: only so may that code pass the
    door. Raises SettingsError for a flow that this portal does not take.
    """
    columns = table(flow)
    used = {name for name in headers(integration, flow) if name in columns}
    used |= {columns[name].source for name in used if columns[name].chosen and columns[name].source}
    if flow is Flow.ABSENCE and integration.absence.wants_reasons:
        used.add("reason_code")
    return _ALWAYS[flow] | used | frozenset(needed(flow, integration.xpert_suite.key))


def line(integration: Integration, flow: Flow, record: Record) -> Line | Problem:
    """Return the line of `record` with the configured columns, or the first rule it breaks.

    Facts: docs/reference/xpert-suite.md, 7.

    V2 required filled, V3 real dates in order, V4 percentages, V5 known words, V8 periods in order, V16 safe text. V12
    only warns and V7 needs the other lines: neither is judged here.
    """
    template = _template(flow, integration.xpert_suite.key, tuple(headers(integration, flow)))
    match record:
        case AbsenceCase():
            found = rows.of_case(record)
            musts = (*template.musts, *rows.conditions(record))
        case ManagerAccount():
            found = rows.of_account(record, user_group(integration))
            musts = template.musts
        case _:
            cells = template.read(record)
            values = _written(template.names, cells)
            others = dict(zip(template.others, cells[len(values) :], strict=True))
            named = zip(chain(template.names, template.others), cells, strict=True)
            if problem := _check(template, template.musts, values, others, named):
                return problem
            return _check_record(record) or _line(integration, record, [values])

    written: list[dict[str, str | None]] = []
    for row in found:
        values = _written(template.names, map(row.__getitem__, template.names))
        if problem := _check(template, musts, values, row, row.items()):
            return problem
        if values not in written:  # departments are one row where the portal has no column for them
            written.append(values)
    return _check_record(record) or _line(integration, record, written)


class _Template(NamedTuple):
    """What is the same for all lines of a file.

    `names`: ours, in the order of the columns. `musts`: what no line can do without. `shortest`: the length that no
    cell may exceed unless its column is looked at; `choosy`: the names of columns that have choices. `read`: reads the
    cells of a record that is one row, in the order of `names` and then `others`.
    """

    names: tuple[str, ...]
    columns: Mapping[str, TemplateColumn]
    musts: tuple[str, ...]
    shortest: int
    choosy: tuple[str, ...]
    others: tuple[str, ...]
    read: Callable[[Record], tuple[object, ...]]


@lru_cache(maxsize=64)
def _template(flow: Flow, key: str, names: tuple[str, ...]) -> _Template:
    columns = table(flow)
    musts = required(flow, key)
    also = ("employment_end",) if flow is Flow.EMPLOYEES else ()
    others = tuple(name for name in dict.fromkeys((*musts, *also)) if name not in names)
    read = attrgetter(*(columns[name].source or name for name in (*names, *others)))
    shortest = min((columns[name].longest for name in names), default=0)
    choosy = tuple(name for name in names if columns[name].choices)
    return _Template(names, columns, musts, shortest, choosy, others, read)


def _written(names: Iterable[str], cells: Iterable[object]) -> dict[str, str | None]:
    return {
        name: cell if cell is None or (type(cell) is str and cell) else text(cell)
        for name, cell in zip(names, cells, strict=False)
    }


def text(value: object) -> str | None:
    """Return a record's value as every file writes it: ISO dates, plain decimals, digits; None stays None."""
    match value:
        case None:
            return None
        case str():
            return value or None
        case date():
            return value.isoformat()
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize() + 0, "f")  # 36.00 → 36, 4E+1 → 40, -0 → 0
        case _:
            return str(value)


def _check(
    template: _Template,
    musts: Iterable[str],
    values: Mapping[str, str | None],
    others: Mapping[str, object],
    cells: Iterable[tuple[str, object]],
) -> Problem | None:
    """Return the first rule that one row breaks: what it needs, what it is written as, and its dates.

    Args:
        others: what may be needed and is not in `values`. cells: all that was read, before it was written.
    """
    for name in musts:
        if not (values.get(name) or text(others.get(name))):
            empty = coded("xpert.empty", "Fill in {field}: the portal refuses a line without it.", field=name)
            return _problem(name, "missing_value", empty)
    filled = list(filter(None, values.values()))
    # most lines are safe and short, and of those only the cells with choices need be looked at
    safe = "".join(filled).isprintable() and max(map(len, filled), default=0) <= template.shortest
    for name in template.choosy if safe else values:
        value = values[name]
        if value is not None and (problem := _check_text(name, value, template.columns[name])):
            return problem
    for name, day in cells:
        if type(day) is date and not FIRST_DATE <= day <= LAST_DATE:
            year = coded("xpert.year", "Correct {field}: the year must be from 1900 to 2100.", field=name)
            return _problem(name, "date_out_of_range", year)
    return None


def _check_text(name: str, value: str, column: TemplateColumn) -> Problem | None:
    if _UNSAFE.search(value):
        return _problem(
            name,
            "control_characters",
            coded(
                "xpert.no_text",
                "Type {field} again: it has characters that no file can hold, such as a line end.",
                field=name,
            ),
        )
    if len(value) > column.longest:
        long = coded(
            "xpert.too_long",
            "Shorten {field} to {most} characters; it has {count}.",
            field=name,
            most=column.longest,
            count=len(value),
        )
        return _problem(name, "too_long", long)
    if column.choices and value not in column.choices:
        choices = ", ".join(sorted(column.choices))
        choose = coded("xpert.choices", "Choose one of these for {field}: {choices}.", field=name, choices=choices)
        return _problem(name, "unknown_value", choose)
    return None


def _check_record(record: Record) -> Problem | None:
    if isinstance(record, AbsenceCase):
        return rows.check_case(record)
    if isinstance(record, Employment) and _ends_before_start(record):
        dates = coded(
            "xpert.ends_first",
            "Correct {field}: it lies before {other}.",
            field="employment_end",
            other="employment_start",
        )
        return _problem("employment_end", "end_before_start", dates)
    return None


def _ends_before_start(record: Employment) -> bool:
    start, end = record.employment_start, record.employment_end
    return start is not None and end is not None and end < start


def _line(integration: Integration, record: Record, written: list[dict[str, str | None]]) -> Line:
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
        case AbsenceCase():
            portal_key = record.guid  # so that a new personnel number is not asked about once for every case
        case ManagerAccount():
            portal_key = record.login
    return Line(
        id=record.id,
        key=record.key,
        employer=employer,
        portal_key=portal_key,
        order=record.order,
        values=written[0],
        leaves_on=leaves_on,
        identity=identity,
        alias=alias,
        more=tuple(written[1:]),
        case=_told(record, written[0]) if isinstance(record, AbsenceCase) else None,
    )


def _told(case: AbsenceCase, row: Mapping[str, str | None]) -> ToldCase:
    return ToldCase.of(case, with_bsn="BSN" in row, with_employment="DienstverbandGroepCode" in row)


def _add_months(day: date, months: int) -> date:
    """Count calendar months; 31 August and six months is the last day of February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _problem(field: str, reason: str, detail: Words) -> Problem:
    return Problem(Stage.EXPORT, field, reason, detail)
