"""How things went over time, drawn, each with its numbers in a table: of one customer, and of all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response, status
from markupsafe import Markup
from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.desk import checklist, pictures
from veerpont.desk.web import drawing
from veerpont.desk.web.drawing import Bar
from veerpont.desk.web.view import Number, View, ViewDep
from veerpont.flows import FLOWS
from veerpont.flows.flow import CoverState, MonthCover
from veerpont.rules.dates import business_date
from veerpont.store import runs
from veerpont.store.runs import Key
from veerpont.store.tables import Run

router = APIRouter()

EMPLOYERS_SHOWN = 40
"""Rows of the map on a page."""
FEW = 5
"""Below this a count of absence lines is not said: at a small employer it would speak of somebody."""
REASONS_SHOWN = 5
"""Reasons with a colour of their own."""
FATES = ("delivered", "held", "rejected")
"""Of the rows that did something."""
_BOOKS = ("read", "delivered", "unchanged", "filtered", "rejected", "held")


@dataclass(frozen=True)
class Picture:
    """One picture as the page shows it, with the table behind it.

    drawn: one or two drawings, the second one lower, each with what its highest column is. ends: what stands below the
    first and the last column. legend: class of the style → word. heads, rows: of the table, a row's first cell is what
    it is about.
    """

    name: str
    title: str
    about: str
    drawn: Sequence[tuple[Markup, str]]
    legend: Sequence[tuple[str, str]]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    ends: tuple[str, str] = ("", "")
    pages: tuple[int, int] = (1, 1)


@router.get("/pictures")
def show_all(view: ViewDep) -> Response:
    """Show what is about all customers together."""
    with view.ledger() as session:
        shown = [_nights(view, session, None), *_rejects(view, session, None)]
    return view.page("pictures.html", "pictures", title=view.text("pictures.all"), name="", part="", pictures=shown)


@router.get("/customers/{name}/pictures")
def show(
    view: ViewDep, name: Annotated[str, Path(max_length=300)], employers: Annotated[Number, Query()] = 1
) -> Response:
    """Show what is about one customer. `employers`: which page of the map."""
    integration, wrong = view.integration(name)
    with view.ledger() as session:
        if integration is None and not wrong and not checklist.is_known(session, name):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        shown = [
            *_rows(view, session, name, integration),
            *_rejects(view, session, name),
            *_coverage(view, session, integration, employers),
            _nights(view, session, name),
            _deliveries(view, session, name),
        ]
    title = integration.customer if integration else name
    return view.page("pictures.html", "customers", title=title, name=name, part="pictures", pictures=shown)


# -- what became of the rows -------------------------------------------------------------------------------------------


def _rows(view: View, session: Session, name: str, integration: Integration | None) -> list[Picture]:
    keys = (
        [(name, str(flow), str(item.portal)) for item in integration.portals for flow in item.flows]
        if integration
        else [key for key in runs.keys(session, name) if key[2]]
    )
    order = [str(flow) for flow in FLOWS]
    keys.sort(key=lambda key: (order.index(key[1]) if key[1] in order else len(order), key))
    return [_rows_of(view, number, key, pictures.last_runs(session, key)) for number, key in enumerate(keys)]


def _rows_of(view: View, number: int, key: Key, found: Sequence[Run]) -> Picture:
    title = f"{view.word(key[1])} · {view.word(key[2])}"
    failed = sum(run.state == "failed" for run in found)
    moved = [
        Bar(view.when(run.started_at), {fate: getattr(run, fate) for fate in FATES}, _said(view, run), _bad(run))
        for run in found
    ]
    whole = [
        Bar(each.label, {**each.parts, "unchanged": run.unchanged, "filtered": run.filtered}, each.said, each.failed)
        for each, run in zip(moved, found, strict=True)
    ]
    about = view.text(
        "pictures.rows_about", count=len(found), failed=failed, most=max((r.read for r in found), default=0)
    )
    return Picture(
        name=f"rows{number}",
        title=title,
        about=about if found else view.text("pictures.no_runs"),
        drawn=[
            (drawing.columns(f"rows{number}", title, about, moved), _most(view, moved)),
            (
                drawing.columns(f"rows{number}w", view.text("pictures.whole"), about, whole, low=True),
                _most(view, whole),
            ),
        ]
        if found
        else [],
        legend=[(each, view.word(each)) for each in (*FATES, "unchanged", "filtered", "failed")],
        heads=[view.text("pictures.run"), view.text("state"), *map(view.word, _BOOKS)],
        rows=[
            [view.when(run.started_at), view.word(run.state), *(view.count(getattr(run, each)) for each in _BOOKS)]
            for run in found
        ],
        ends=_ends(moved),
    )


def _said(view: View, run: Run) -> str:
    books = ", ".join(f"{view.count(getattr(run, each))} {view.word(each)}" for each in _BOOKS if getattr(run, each))
    return f"{view.when(run.started_at)}, {view.word(run.state)}{': ' if books else ''}{books}"


def _bad(run: Run) -> bool:
    return run.state == "failed"


# -- rejects -----------------------------------------------------------------------------------------------------------


def _rejects(view: View, session: Session, name: str | None) -> list[Picture]:
    course = pictures.reject_course(session, name, view.moment)
    labels = [view.weekday(business_date(at)) for at in course.moments]
    largest = sorted(
        course.by_reason, key=lambda each: (-course.by_reason[each][-1], -max(course.by_reason[each]), each)
    )
    own, others = largest[:REASONS_SHOWN], largest[REASONS_SHOWN:]
    reasons = {f"c{place}": course.by_reason[each] for place, each in enumerate(own, 1)}
    words = {f"c{place}": view.reason(each).title for place, each in enumerate(own, 1)}
    if others:
        columns = zip(*(course.by_reason[each] for each in others), strict=True)
        reasons["c0"], words["c0"] = [sum(column) for column in columns], view.text("pictures.other_reasons")
    ages = {f"age-{age}": counts for age, counts in course.by_age.items()}
    age_words = {f"age-{age}": view.text(f"age.{age}") for age in course.by_age}
    return [
        _course(view, "reasons", labels, reasons, words),
        _course(view, "ages", labels, ages, age_words),
    ]


def _course(
    view: View, name: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], words: Mapping[str, str]
) -> Picture:
    drawn = []
    for place, label in enumerate(labels):
        parts = {part: counts[place] for part, counts in series.items()}
        said = ", ".join(f"{view.count(count)} {words[part]}" for part, count in parts.items() if count)
        drawn.append(Bar(label, parts, f"{label}: {said or view.count(0)}"))
    totals = [sum(column.parts.values()) for column in drawn]
    about = view.text("pictures.open_about", count=totals[-1], then=totals[0])
    title = view.text(f"pictures.{name}")
    return Picture(
        name=name,
        title=title,
        about=about if any(totals) else view.text("pictures.none_open"),
        drawn=[(drawing.columns(name, title, about, drawn), _most(view, drawn))] if any(totals) else [],
        legend=list(words.items()),
        heads=[view.text("pictures.morning"), *words.values(), view.text("pictures.together")],
        rows=[
            [column.label, *map(view.count, column.parts.values()), view.count(total)]
            for column, total in zip(drawn, totals, strict=True)
        ],
        ends=_ends(drawn),
    )


# -- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(view: View, session: Session, integration: Integration | None, number: int) -> list[Picture]:
    """Return the map of each flow that has one."""
    if integration is None:
        return []
    today = business_date(view.moment)
    found = []
    for flow in sorted({flow for item in integration.portals for flow in item.flows}):
        if cells := FLOWS[flow].coverage(session, integration, today):
            found.append(_map(view, f"{view.word(flow)}: {view.text('pictures.coverage')}", cells, number))
    return found


def _map(view: View, title: str, cells: Sequence[MonthCover], number: int) -> Picture:
    months = sorted({cell.month for cell in cells}, key=lambda month: (not month.startswith("<"), month))
    rows: dict[str, dict[str, MonthCover]] = {}
    for cell in cells:
        rows.setdefault(cell.employer, {})[cell.month] = cell
    counted = Counter(cell.state for cell in cells)
    about = view.text(
        "pictures.coverage_about", employers=len(rows), count=counted[CoverState.GAP] + counted[CoverState.ASKED]
    )
    shown = list(rows.items())[(number - 1) * EMPLOYERS_SHOWN : number * EMPLOYERS_SHOWN]
    drawn = [
        (
            code if len(code) <= _LONGEST_CODE else f"{code[: _LONGEST_CODE - 1]}…",
            [(str(known[m].state), _told(view, code, known[m])) if m in known else ("", "") for m in months],
        )
        for code, known in shown
    ]
    heads = [month[:4] if month.endswith("-01") else "" for month in months]
    return Picture(
        name="coverage",
        title=title,
        about=about,
        drawn=[(drawing.grid("coverage", title, about, drawn, heads), "")],
        legend=[(str(state), view.text(f"pictures.cover.{state}")) for state in CoverState],
        heads=[
            view.text("employer"),
            *(view.text("pictures.before", month=m[1:]) if m[0] == "<" else m for m in months),
        ],
        rows=[[code, *(_cell(view, known[m]) if m in known else "" for m in months)] for code, known in shown],
        pages=(number, max(1, -(-len(rows) // EMPLOYERS_SHOWN))),
    )


_LONGEST_CODE = 12


def _cell(view: View, cell: MonthCover) -> str:
    words = view.text(f"pictures.cover.{cell.state}")
    return words if cell.got is None else f"{words} ({_few(view, cell.got)})"


def _few(view: View, count: int) -> str:
    return f"<{FEW}" if 0 < count < FEW else view.count(count)


def _told(view: View, code: str, cell: MonthCover) -> str:
    month = view.text("pictures.before", month=cell.month[1:]) if cell.month.startswith("<") else cell.month
    return f"{code}, {month}: {_cell(view, cell)}"


# -- nights and deliveries ---------------------------------------------------------------------------------------------


def _nights(view: View, session: Session, name: str | None) -> Picture:
    found = pictures.nights(session, name, view.moment)
    drawn, rows = [], []
    for night in found:
        until, half = night.until, night.half
        whole = _minutes(until, night.begin)
        early = 0 if name else _minutes(half, night.begin)
        who = (view.word(night.last) if name else night.last) if night.last else ""
        told = [
            view.weekday(night.day),
            view.when(until) if until else "",
            view.length(timedelta(minutes=whole)) if until else "",
            who or "",
            *([] if name else [view.when(half) if half else ""]),
            view.count(len(night.ends)),
            view.count(len(night.failed)),
        ]
        said = view.text("pictures.night", at=told[1], who=who) if until else view.text("pictures.no_night")
        drawn.append(Bar(told[0], {"early": early, "late": whole - early}, f"{told[0]}: {said}", bool(night.failed)))
        rows.append(told)
    last = Counter(night.last for night in found if night.last).most_common(1)
    about = (
        view.text(
            "pictures.nights_about",
            who=view.word(last[0][0]) if name else last[0][0],
            count=last[0][1],
            length=view.length(timedelta(minutes=drawing.highest(drawn))),
        )
        if last
        else view.text("pictures.no_nights")
    )
    title = view.text("pictures.nights")
    more = [] if name else [view.text("pictures.half")]
    return Picture(
        name="nights",
        title=title,
        about=about,
        drawn=[(drawing.columns("nights", title, about, drawn), view.length(timedelta(minutes=drawing.highest(drawn))))]
        if last
        else [],
        legend=[
            *([] if name else [("early", view.text("pictures.early"))]),
            ("late", view.text("pictures.late")),
            ("failed", view.word("failed")),
        ],
        heads=[
            *map(view.text, ("pictures.the_night", "pictures.until", "pictures.length", "pictures.last")),
            *more,
            view.text("pictures.flows" if name else "pictures.customers"),
            view.word("failed"),
        ],
        rows=rows,
        ends=_ends(drawn),
    )


def _minutes(until: datetime | None, since: datetime) -> int:
    """Return the minutes between two moments, a minute that has begun included."""
    return max(0, -((since - until) // timedelta(minutes=1))) if until else 0


def _deliveries(view: View, session: Session, name: str) -> Picture:
    fates = dict.fromkeys(pictures.FATE_OF.values())
    words = {fate: view.text(f"pictures.sent.{fate}") for fate in fates}
    drawn = []
    for day, counts in pictures.delivery_days(session, name, view.moment).items():
        said = ", ".join(f"{view.count(counts[fate])} {words[fate]}" for fate in fates if counts[fate])
        parts = {fate: counts[fate] for fate in fates}
        drawn.append(Bar(view.weekday(day), parts, f"{view.weekday(day)}: {said or view.count(0)}"))
    total = sum(sum(column.parts.values()) for column in drawn)
    title = view.text("pictures.deliveries")
    about = view.text("pictures.deliveries_about", count=total) if total else view.text("pictures.no_deliveries")
    return Picture(
        name="deliveries",
        title=title,
        about=about,
        drawn=[(drawing.columns("deliveries", title, about, drawn), _most(view, drawn))] if total else [],
        legend=list(words.items()),
        heads=[view.text("pictures.day"), *words.values()],
        rows=[[column.label, *map(view.count, column.parts.values())] for column in drawn],
        ends=_ends(drawn),
    )


def _most(view: View, drawn: Sequence[Bar]) -> str:
    return view.count(drawing.highest(drawn))


def _ends(drawn: Sequence[Bar]) -> tuple[str, str]:
    if len(drawn) < drawing.FEWEST:
        return "", drawn[-1].label if drawn else ""
    return drawn[0].label, drawn[-1].label
