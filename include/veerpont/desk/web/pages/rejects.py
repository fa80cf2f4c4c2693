"""Rejects: what is wrong, grouped; the records of a group; one record; and what people do about them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response, status
from sqlalchemy.orm import Session

from veerpont.desk import rejects
from veerpont.desk.rejects import Done
from veerpont.desk.web import forgery
from veerpont.desk.web.view import HIGHEST, Id, Number, View, ViewDep
from veerpont.model.flows import Flow
from veerpont.store import rejects as store
from veerpont.store.rejects import RejectFilter
from veerpont.store.tables import RejectEvent

router = APIRouter()

GROUPS_SHOWN = 200
RECORDS_SHOWN = 100

Word = Annotated[str, Query(max_length=300)]
Field = Annotated[str, Form(max_length=4000)]


@router.get("/rejects")
def show(
    view: ViewDep,
    integration: Word = "",
    flow: Word = "",
    employer: Word | None = None,
    stage: Word = "",
    reason: Word = "",
    age: Word = "",
    state: Word = "open",
    asks: Word = "",
) -> Response:
    """Show the groups."""
    state = state if state in rejects.STATES else "open"
    chosen = RejectFilter(integration or None, flow or None, _employer(employer), stage or None, reason or None, state)
    with view.ledger() as session:
        every = rejects.groups(session, RejectFilter(state=state))
        narrowed = replace(chosen, state=None) != RejectFilter() or bool(age)
        found = rejects.groups(session, rejects.older_than(chosen, age, view.moment)) if narrowed else every
        found = [group for group in found if group.questions] if asks else found
        codes = rejects.codes(session) if state == "open" else {}
    given = {
        "integration": integration,
        "flow": flow,
        "employer": employer or "",
        "stage": stage,
        "reason": reason,
        "age": age,
        "asks": asks,
    }
    choices = rejects.choices(every)
    return view.page(
        "rejects.html",
        "rejects",
        groups=found[:GROUPS_SHOWN],
        total=len(found),
        records=sum(group.count for group in found),
        codes=codes,
        choices=choices,
        given=given,
        state=state,
        filtered=any(given.values()) or state != "open",
    )


@router.get("/rejects/group")
def group(
    view: ViewDep,
    integration: Word,
    flow: Word,
    stage: Word,
    reason: Word,
    employer: Word = "",
    state: Word = "open",
    page: Number = 1,
) -> Response:
    """Show what a reason means and the records that have it."""
    state = state if state in rejects.STATES else "open"
    everything = RejectFilter(integration, flow, employer, stage, reason)
    with view.ledger() as session:
        found = rejects.page(session, replace(everything, state=state), page, RECORDS_SHOWN)
        groups = {one: rejects.groups(session, replace(everything, state=one)) for one in rejects.STATES}
        codes = store.codes(session, integration, flow, reason, employer) if state == "open" else {}
    counts = {one: sum(group.count for group in known) for one, known in groups.items()}
    here = {"integration": integration, "flow": flow, "employer": employer, "stage": stage, "reason": reason}
    return view.page(
        "group.html",
        "rejects",
        found=found,
        counts=counts,
        questions=sum(group.questions for group in groups["open"]),
        codes=codes,
        group=here,
        state=state,
        may=view.person.may_act(flow),
    )


@router.get("/rejects/{number}")
def one(view: ViewDep, number: Id) -> Response:
    """Show one reject with what happened to it."""
    with view.ledger() as session:
        row, events = rejects.one(session, number)
    here = {name: getattr(row, name) for name in ("integration", "flow", "employer", "stage", "reason")}
    return view.page(
        "reject.html",
        "rejects",
        row=row,
        events=[_told(view, event) for event in events],
        group=here,
        may=view.person.may_act(row.flow),
    )


@router.post("/rejects/act")
def act(
    request: Request,
    view: ViewDep,
    act: Annotated[Literal["retry", "ignore", "reopen", "note", "confirm"], Form()],
    seen: Annotated[datetime, Form()],
    integration: Field = "",
    flow: Field = "",
    employer: Field = "",
    stage: Field = "",
    reason: Field = "",
    number: Annotated[int | None, Form(ge=0, le=HIGHEST)] = None,
    why: Field = "",
    owner: Field = "",
    note: Field = "",
    sure: Field = "",
    token: Field = "",
) -> Response:
    """Do something with one reject (`number`) or with a whole group, as it was when it was seen."""
    forgery.require(request, view.person, token)
    with view.ledger() as session:
        if number is None:
            chosen, back = _group(integration, flow, employer, stage, reason, seen), "group"
        else:
            row, _ = rejects.one(session, number)
            chosen, back, flow = RejectFilter(row.integration, row.flow, key=row.key), "", row.flow
        if not view.person.may_act(flow):
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        done = _do(session, act, chosen, view.person.name, seen, why, owner, note, bool(sure))
    started = [
        view.person.start(one, name)
        for name, one in done.flows
        if act in {"retry", "confirm"} and done.count and one in set(Flow)
    ]
    if back:
        names = ("integration", "flow", "employer", "stage", "reason")
        there = {name: value for name, value in asdict(chosen).items() if name in names}
        link = view.link("rejects/group", **there, state="ignored" if act == "reopen" else "")
    else:
        link = view.link(f"rejects/{number}")
    return view.done(link, f"said.{act}" if done.count else "said.nothing", *started, count=done.count)


def _do(
    session: Session,
    act: str,
    chosen: RejectFilter,
    by: str,
    seen: datetime,
    why: str,
    owner: str,
    note: str,
    sure: bool,
) -> Done:
    match act:
        case "retry":
            return rejects.retry(session, chosen, by)
        case "ignore":
            return rejects.ignore(session, chosen, by, why)
        case "reopen":
            return rejects.reopen(session, chosen, by)
        case (
            "note"
        ):  # in a form of many an empty text leaves theirs as it is; in the form of one it shows what there is
            one = chosen.key is not None
            return rejects.note(session, chosen, by, owner if one or owner else None, note if one or note else None)
        case _:
            if not sure:
                raise HTTPException(status.HTTP_400_BAD_REQUEST)
            return rejects.confirm(session, chosen, by, seen)


def _group(integration: str, flow: str, employer: str, stage: str, reason: str, seen: datetime) -> RejectFilter:
    """Return which rejects a form of a group is about: none that came after it was seen."""
    if not (integration and flow and stage and reason):
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    return RejectFilter(integration, flow, employer, stage, reason, before=seen)


def _employer(given: str | None) -> str | None:
    """Return the employer to filter by: `-` looks for those of which none is known."""
    return "" if given == "-" else given or None


def _told(view: View, event: RejectEvent) -> tuple[RejectEvent, str]:
    """Return an event with its detail in words: a reason, or what was noted."""
    match event.event:
        case "opened" | "opened again" | "changed":
            return event, view.reason(event.detail).title if event.detail else ""
        case "noted":
            return event, ", ".join(view.text(f"reject.noted.{name}") for name in event.detail.split(", ") if name)
        case _:
            return event, event.detail
