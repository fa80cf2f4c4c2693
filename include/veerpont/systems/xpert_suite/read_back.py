"""A file of the portal read back: an export, or what another link delivered. Its columns are the template's.

A cell is written as our own files write it, so that what means the same compares the same: dates of two forms, numbers
with a comma. Nothing is guessed: a personnel number that lost its zeros is another number.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.model.lines import Line, ToldCase
from veerpont.model.messages import coded, together
from veerpont.model.records import AbsencePeriod
from veerpont.systems.portal import TheirFile, TheirLine
from veerpont.systems.workbook.reader import read
from veerpont.systems.workbook.sheets import Sheet
from veerpont.systems.workbook.table import find
from veerpont.systems.xpert_suite import lines, template
from veerpont.systems.xpert_suite.columns import headers, missing, needed, table

Row = tuple[int, dict[str, str | None]]
"""Where a row stands in the file, and its cells by our names."""

_FILE = coded("workbook.file", "The file")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.ASCII)
_DUTCH = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,10})?", re.ASCII)
_EMPLOYER = {Flow.ABSENCE: "WerkgeverCode"}
_KEYS = {
    Flow.ORGANIGRAM: ("department_code",),
    Flow.EMPLOYEES: ("personnel_number", "bsn"),
    Flow.ACCOUNTS: ("login",),
    Flow.ABSENCE: ("Personeelsnummer", "BSN"),
}
"""What says which line a row is, beside the employer; of two the first that the file has."""
_BEGIN, _END, _PERCENTAGE = "StartdatumTrajectVerloop", "EinddatumTrajectVerloop", "Verzuimpercentage"
_OF_A_CASE = ("Protocol", _BEGIN)


def read_back(integration: Integration | None, flow: Flow, content: bytes, keeps: Callable[[str], bool]) -> TheirFile:
    """Return what a file says (`systems.portal.ReadsBack`)."""
    sheets = read(content, _FILE)
    titles = headers(integration, flow) if integration else _learned(sheets, flow)
    if integration and not titles:
        raise SettingsError(together(*missing(integration, flow)))
    key = _key(integration, flow, titles)
    must = (_employer(flow), *key, *(_OF_A_CASE if flow is Flow.ABSENCE else ()))
    if unknown := [name for name in must if name not in titles]:
        raise SettingsError(
            coded(
                "xpert_suite.lacks_column",
                "The file lacks the column {column}, or nobody says what it is called (xpert_suite.columns.{flow}).",
                column=unknown[0],
                flow=flow,
            )
        )
    found = find(sheets, {name: titles[name] for name in must}, _FILE, f"xpert_suite.columns.{flow}", titles)
    dropped: Counter[str] = Counter()
    unusable: list[int] = []
    rows: list[Row] = []
    columns = table(flow)
    for number, cells in found.rows():
        code = cells[_employer(flow)]
        if code and not keeps(code):
            dropped[code] += 1
            continue
        row = {name: _value(text, columns[name].kind) for name, text in cells.items()}
        usable = all(row[name] for name in must) and (flow is not Flow.ABSENCE or _has_days(row))
        if usable:
            rows.append((number, row))
        else:
            unusable.append(number)
    lacking = [name for name in titles if name not in found.names]
    made = list(_lines(flow, rows, key[0] if key else ""))
    return TheirFile(made, found.names, lacking, list(found.others), unusable, dropped)


def second_key(flow: Flow, line: Line) -> str | None:
    """Return what else tells a line: of a case its person, protocol and first day; of an employment the person.

    The portal notes the id of a case and matches by the days (docs/reference/xpert-suite.md, 2.4).
    """
    if flow is Flow.ABSENCE and line.case is not None:
        return f"{line.employer}/{line.case.person}/{line.case.protocol}/{line.case.periods[0].begin}"
    return f"{line.portal_key.rpartition('/')[0]}/" if flow is Flow.EMPLOYEES else None


def _learned(sheets: list[Sheet], flow: Flow) -> dict[str, str]:
    """Return our name → the title in the file, by the spellings of the portal's templates."""
    known = template.spellings(flow)
    found: dict[str, str] = {}
    for title in template.header_row(sheets, known):
        name, _ = known.get(template.plain(title), ("", False))
        if name:
            found.setdefault(name, title)
    if lacks := [name for name in needed(flow) if name not in found and name == _employer(flow)]:
        raise SettingsError(
            coded(
                "xpert_suite.no_such_file",
                "The file has no column that looks like {column}: it is no file of {flow}, or its "
                "columns are a customer's own. Say whose they are with --integration.",
                column=lacks[0],
                flow=flow,
            )
        )
    return found


def _employer(flow: Flow) -> str:
    return _EMPLOYER.get(flow, "employer_code")


def _key(integration: Integration | None, flow: Flow, titles: Mapping[str, str]) -> tuple[str, ...]:
    names = _KEYS.get(flow, ())
    if integration and integration.xpert_suite.key == "bsn":
        names = names[::-1]
    return next(((name,) for name in names if name in titles), names[:1])


def _value(text: str, kind: str) -> str | None:
    if kind == "date":
        day = _day(text)
        return day.isoformat() if day else text or None
    if kind == "number" and _NUMBER.fullmatch(text):
        return lines.text(Decimal(text.replace(",", ".")))
    return text or None


def _day(text: str) -> date | None:
    try:
        if iso := _ISO.fullmatch(text):
            return date.fromisoformat(iso[1])
        if dutch := _DUTCH.fullmatch(text):
            return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
    except ValueError:
        return None
    return None


def _has_days(row: Mapping[str, str | None]) -> bool:
    begin, end, percentage = _day(row[_BEGIN] or ""), row.get(_END), row.get(_PERCENTAGE)
    last = _day(end) if end else date.max
    return (
        begin is not None
        and last is not None
        and begin <= last
        and bool(_NUMBER.fullmatch((percentage or "0").strip()))
    )


def _lines(flow: Flow, rows: list[Row], key: str) -> Iterator[TheirLine]:
    match flow:
        case Flow.ABSENCE:
            yield from _cases(rows, key)
        case Flow.ACCOUNTS:
            by_login: dict[str, list[Row]] = {}
            for each in rows:
                by_login.setdefault(each[1][key] or "", []).append(each)
            for login, of_it in by_login.items():
                first = min(number for number, _ in of_it)
                of_it.sort(key=lambda each: (each[1]["employer_code"] or "", each[1].get("department_code") or ""))
                yield TheirLine(first, _line(of_it, "employer_code", login))
        case Flow.EMPLOYEES:
            for number, row in rows:
                person = f"{row['employer_code']}/{row[key]}/"
                employment = row.get("employment_number") or ""
                known_as = f"number:{row['personnel_number']}" if row.get("personnel_number") else ""
                record = _guid(row.get("external_id")) or known_as
                line = _line([(number, row)], "employer_code", f"{person}{employment}", record)
                yield TheirLine(number, line, None if employment else person)
        case _:
            for number, row in rows:
                portal_key = "/".join(filter(None, (row["employer_code"], row.get(key))))
                yield TheirLine(number, _line([(number, row)], "employer_code", portal_key, portal_key))


def _cases(rows: list[Row], key: str) -> Iterator[TheirLine]:
    """Yield the cases: rows with one id, or else rows of one person and protocol whose days touch."""

    def whose(each: Row) -> tuple[str, str, str, str, str]:
        row = each[1]
        names = "WerkgeverCode", key, "Protocol", "DienstverbandGroepCode"
        employer, person, protocol, employment = (row.get(name) or "" for name in names)
        return employer, person, protocol, employment, _guid(row.get("TrajectId"))

    rows.sort(key=lambda each: (*whose(each), each[1][_BEGIN] or ""))
    for (employer, person, protocol, employment, case), alike in groupby(rows, key=whose):
        for found in [list(alike)] if case else _touching(alike):
            periods = tuple(_period(row) for _, row in found)
            number = int(employment) if employment.isascii() and employment.isdigit() else None
            told = ToldCase(person, protocol, periods, number)
            second = f"{employer}/{person}/{protocol}/{periods[0].begin}"
            line = _line(found, "WerkgeverCode", case or second, case, told)
            yield TheirLine(min(number for number, _ in found), line, second)


def _touching(rows: Iterable[Row]) -> Iterator[list[Row]]:
    held: list[Row] = []
    for each in rows:
        last = _period(held[-1][1]).end if held else None
        if held and (last is None or _period(each[1]).begin > last + timedelta(days=1)):
            yield held
            held = []
        held.append(each)
    yield held


def _period(row: Mapping[str, str | None]) -> AbsencePeriod:
    begin, end = _day(row[_BEGIN] or ""), row.get(_END)
    return AbsencePeriod(
        row.get("TrajectVerloopId") or "",
        begin or date.min,
        _day(end) if end else None,
        Decimal((row.get(_PERCENTAGE) or "0").replace(",", ".")),
    )


def _line(rows: list[Row], employer: str, portal_key: str, key: str = "", case: ToldCase | None = None) -> Line:
    values = [cells for _, cells in rows]
    return Line(
        id="",
        key=key,
        employer=values[0][employer] or "",
        portal_key=portal_key,
        order="",
        values=values[0],
        more=tuple(values[1:]),
        case=case,
    )


def _guid(text: str | None) -> str:
    return (text or "").strip().strip("{}").upper()
