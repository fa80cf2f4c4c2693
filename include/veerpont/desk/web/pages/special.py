"""The rare acts of one customer: forget a person, load historic absence, adopt what is at a portal in use.

What takes work is given to the DAG `desk_work`; months are loaded by a backfill of Airflow (docs/decisions/0015).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response, status
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from veerpont.config.integration import Integration
from veerpont.desk import checklist, special
from veerpont.desk.refused import ActRefusedError
from veerpont.desk.web import upload
from veerpont.desk.web.acts import ActForm, Word
from veerpont.desk.web.airflow_side import Started
from veerpont.desk.web.view import Id, View, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline import backfill, desk_acts, desk_work
from veerpont.rules.dates import AMSTERDAM, business_date
from veerpont.store import runs, work
from veerpont.store.tables import Work

router = APIRouter()
Name = Annotated[str, Path(max_length=300)]

KINDS = (work.FORGET_LOOK, work.FORGET, work.ADOPT, work.DISCARD)
LONGEST_KEY = 300
RUNS_SHOWN = 12
MOST_MONTHS = 120
FIRST_MONTH = date(2010, 1, 1)
"""Before it `absence_history` has no runs."""


@router.get("/customers/{name}/special")
def show(view: ViewDep, name: Name) -> Response:
    """Show what can be done, what was asked last, and which months were loaded."""
    integration, wrong = view.integration(name)
    with view.ledger() as session:
        if integration is None and not wrong and not checklist.is_known(session, name):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        asked = work.recent(session, KINDS, name, 10)
        loaded = runs.listed(session, name, backfill.FLOW, RUNS_SHOWN)
        choices = special.adoptable(session, integration) if integration else []
        kept = special.kept(session, name)
    return view.page(
        "special.html",
        "customers",
        title=integration.customer if integration else name,
        name=name,
        part="special",
        wrong="" if integration else wrong or view.text("checklist.no_file"),
        asked=asked,
        loaded=loaded,
        history=integration is not None and bool(integration.portals_for(Flow.ABSENCE)),
        choices=choices,
        kept=kept,
        today=business_date(view.moment),
        first_month=FIRST_MONTH,
        may={
            "forget": integration is not None and _may_forget(view, integration),
            "load": view.person.may_act(backfill.FLOW),
            "adopt": {flow: _may_adopt(view, flow) for flow in Flow},
        },
        longest=LONGEST_KEY,
    )


class KeyForm(ActForm):
    """Whom it is about: the record key, the personnel number, or EMPLOYER/number:N."""

    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


@router.post("/customers/{name}/forget")
def look(view: ViewDep, name: Name, form: Annotated[KeyForm, Form()]) -> Response:
    """Let a task look what there is of a person; nothing changes."""
    view.require_own_form(form)
    integration = _open(view, name)
    if not _may_forget(view, integration):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    number = desk_acts.ask_forget(view.whole_ledger, name, _by(view), form.key.strip(), really=False)
    return _asked(view, name, number)


@router.post("/customers/{name}/forget/{number}")
def forget(view: ViewDep, name: Name, number: Id, form: Annotated[KeyForm, Form()]) -> Response:
    """Let a task forget the person whom somebody looked at; who asks gives the key again."""
    view.require_own_form(form)
    integration = _open(view, name)
    row = _row(view, name, number)
    if not _may_forget(view, integration):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    if not desk_acts.looked_at(row, form.key):
        raise ActRefusedError("forget_other")
    given = desk_acts.ask_forget(view.whole_ledger, name, _by(view), form.key.strip(), really=True)
    return _asked(view, name, given)


class MonthsForm(ActForm):
    """Which months are loaded, and whether those that were loaded before are loaded again."""

    first: Word
    last: Word
    again: Word = ""


@router.post("/customers/{name}/history")
def load(view: ViewDep, name: Name, form: Annotated[MonthsForm, Form()]) -> Response:
    """Let Airflow load the absence of these months."""
    view.require_own_form(form)
    if not _open(view, name).portals_for(Flow.ABSENCE):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    view.require(backfill.FLOW)
    first, last = _month(form.first), _month(form.last)
    this = business_date(view.moment).replace(day=1)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if not (FIRST_MONTH <= first <= last <= this and months <= MOST_MONTHS):
        raise ActRefusedError("history_months", most=MOST_MONTHS)
    started = view.person.load_months(backfill.FLOW, name, first, last, bool(form.again))
    key = "said.history_started" if started.how == "started" else "said.history_not"
    told = [] if started.how == "started" else [started]
    return view.done(view.link(f"customers/{quote(name)}/special"), key, *told, months=months)


@router.post("/customers/{name}/adopt")
async def adopt(request: Request, view: ViewDep, name: Name) -> Response:
    """Keep an export of a portal, and let it be adopted. Nothing is sent."""
    if not any(_may_adopt(view, flow) for flow in Flow):  # before anything is read
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    content, given = await upload.brought(request, view, ("to", "taken_at"))
    return await run_in_threadpool(_adopt, view, name, content, given)


def _adopt(view: View, name: str, content: bytes, given: dict[str, str]) -> Response:
    scope = _scope(view, name, given["to"])
    try:
        taken_at = datetime.fromisoformat(given["taken_at"]).replace(tzinfo=AMSTERDAM)
    except ValueError:
        raise ActRefusedError("adopt_when") from None
    number = desk_acts.ask_adopt(view.whole_ledger, name, scope, _by(view), taken_at, content)
    return _asked(view, name, number)


class ScopeForm(ActForm):
    """Of which flow and portal."""

    to: Annotated[Word, Field(min_length=1)]


@router.post("/customers/{name}/adopt/discard")
def discard(view: ViewDep, name: Name, form: Annotated[ScopeForm, Form()]) -> Response:
    """Let a task forget what was adopted."""
    view.require_own_form(form)
    number = desk_acts.ask_discard(view.whole_ledger, name, _scope(view, name, form.to), _by(view))
    return _asked(view, name, number)


@router.get("/customers/{name}/special/{number}")
def show_work(view: ViewDep, name: Name, number: Id) -> Response:
    """Show what came of it; while it waits the page looks again by itself."""
    integration, _ = view.integration(name)
    row = _row(view, name, number)
    counts = work.counts(row)
    return view.page(
        "special_work.html",
        "customers",
        row=row,
        name=name,
        waits=row.state == work.WorkState.WAITING,
        counts=counts,
        person_found=special.person(counts),
        employers=special.adopted(counts),
        may=integration is not None and _may_forget(view, integration),
        longest=LONGEST_KEY,
    )


def _open(view: View, name: str) -> Integration:
    integration, wrong = view.integration(name)
    if integration is None:
        raise SettingsError(wrong) if wrong else HTTPException(status.HTTP_404_NOT_FOUND)
    return integration


def _row(view: View, name: str, number: int) -> Work:
    with view.ledger() as session:
        row = work.one(session, number)
    if row is None or row.what not in KINDS or row.integration != name:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


def _scope(view: View, name: str, given: str) -> tuple[Flow, str]:
    """Return the flow and portal of a form; 404 where the customer has none such, 403 for who may not act on it."""
    integration = _open(view, name)
    for flow in Flow:
        for item in integration.portals_for(flow):
            if given == f"{flow} {item.portal}":
                if not _may_adopt(view, flow):
                    raise HTTPException(status.HTTP_403_FORBIDDEN)
                return flow, item.portal
    raise HTTPException(status.HTTP_404_NOT_FOUND)


def _may_forget(view: View, integration: Integration) -> bool:
    flows = [desk_work.DAG, *(flow for item in integration.portals for flow in item.flows)]
    return all(map(view.person.may_act, flows))


def _may_adopt(view: View, flow: Flow) -> bool:
    return view.person.may_act(flow) and view.person.may_act(desk_work.DAG)


def _by(view: View) -> str:
    return view.person.name[:200]


def _asked(view: View, name: str, number: int) -> Response:
    started = view.person.start(desk_work.DAG, name)
    told: list[Started] = [] if started.how in {"started", "waiting"} else [started]
    return view.done(view.link(f"customers/{quote(name)}/special/{number}"), "said.special_asked", *told)


def _month(given: str) -> date:
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError:
        raise ActRefusedError("history_months", most=MOST_MONTHS) from None
