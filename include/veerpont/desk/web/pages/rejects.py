"""Rejects: what is wrong, grouped; the records of a group; one record; and what people do about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Response, status
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from veerpont.desk import rejects
from veerpont.desk.rejects import Acted
from veerpont.desk.web.acts import ActForm, Word
from veerpont.desk.web.view import HIGHEST, Id, View, ViewDep
from veerpont.flows import tables_mending
from veerpont.model.flows import Flow
from veerpont.store import rejects as store
from veerpont.store.rejects import RejectFilter
from veerpont.store.tables import RejectEvent

router = APIRouter()

GROUPS_SHOWN = 200
RECORDS_SHOWN = 100
Text = Annotated[str, Field(max_length=4000)]


class GroupNamed(BaseModel):
    """Which group: what one repair puts right. Empty parts are those of none, or narrow nothing."""

    integration: Word = ""
    flow: Word = ""
    employer: Word = ""
    stage: Word = ""
    reason: Word = ""

    @property
    def parts(self) -> dict[str, str]:
        """The group's own parts, as links and forms name them."""
        return {name: getattr(self, name) for name in GroupNamed.model_fields}

    def chosen(self) -> RejectFilter:
        """Return what chooses its rejects. Raises (400) without all parts; only an employer may be unknown."""
        if not (self.integration and self.flow and self.stage and self.reason):
            raise HTTPException(status.HTTP_400_BAD_REQUEST)
        return RejectFilter(self.integration, self.flow, self.employer, self.stage, self.reason)


class Filter(GroupNamed):
    """What the list of groups is filtered by. An employer of `-` looks for those of which none is known."""

    age: Word = ""
    state: Word = "open"
    asks: Word = ""

    def narrowing(self, state: str) -> RejectFilter:
        """Return what chooses the rejects in one state, as far as the filter says."""
        employer = "" if self.employer == "-" else self.employer or None
        return RejectFilter(
            self.integration or None, self.flow or None, employer, self.stage or None, self.reason or None, state
        )


class GroupPage(GroupNamed):
    """One page of the records of a group in one state."""

    state: Word = "open"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class RejectsForm(GroupNamed, ActForm):
    """What to do with one reject (`number`) or with a whole group, as it was when it was seen.

    why: of ignoring. owner, note: who looks after it and what they should know. sure: the tick of a confirmation.
    """

    act: Literal["retry", "ignore", "reopen", "note", "confirm"]
    seen: datetime
    number: Annotated[int | None, Field(ge=0, le=HIGHEST)] = None
    why: Text = ""
    owner: Text = ""
    note: Text = ""
    sure: Word = ""


@router.get("/rejects")
def show(view: ViewDep, given: Annotated[Filter, Query()]) -> Response:
    """Show the groups."""
    state = given.state if given.state in rejects.STATES else "open"
    chosen = given.narrowing(state)
    with view.ledger() as session:
        every = rejects.groups(session, RejectFilter(state=state))
        narrowed = replace(chosen, state=None) != RejectFilter() or bool(given.age)
        found = rejects.groups(session, rejects.older_than(chosen, given.age, view.moment)) if narrowed else every
        found = [group for group in found if group.questions] if given.asks else found
        codes = rejects.codes(session) if state == "open" else {}
    asked = given.model_dump(exclude={"state"})
    return view.page(
        "rejects.html",
        "rejects",
        groups=found[:GROUPS_SHOWN],
        total=len(found),
        records=sum(group.count for group in found),
        codes=codes,
        choices=rejects.choices(every),
        given=asked,
        state=state,
        filtered=any(asked.values()) or state != "open",
    )


@router.get("/rejects/group")
def group(view: ViewDep, given: Annotated[GroupPage, Query()]) -> Response:
    """Show what a reason means and the records that have it."""
    everything = given.chosen()
    state = given.state if given.state in rejects.STATES else "open"
    here = given.parts
    with view.ledger() as session:
        found = rejects.page(session, replace(everything, state=state), given.page, RECORDS_SHOWN)
        groups = {one: rejects.groups(session, replace(everything, state=one)) for one in rejects.STATES}
        codes = (
            store.codes(session, given.integration, given.flow, given.reason, given.employer) if state == "open" else {}
        )
    counts = {one: sum(group.count for group in known) for one, known in groups.items()}
    return view.page(
        "group.html",
        "rejects",
        found=found,
        counts=counts,
        questions=sum(group.questions for group in groups["open"]),
        codes=codes,
        tables=tables_mending(given.flow, given.reason),
        group=here,
        state=state,
        may=view.person.may_act(given.flow),
    )


@router.get("/rejects/{number}")
def one(view: ViewDep, number: Id) -> Response:
    """Show one reject with what happened to it."""
    with view.ledger() as session:
        row, events = rejects.one(session, number)
    here = {name: getattr(row, name) for name in GroupNamed.model_fields}
    return view.page(
        "reject.html",
        "rejects",
        row=row,
        events=[_told(view, event) for event in events],
        tables=tables_mending(row.flow, row.reason),
        group=here,
        may=view.person.may_act(row.flow),
    )


@router.post("/rejects/act")
def act(view: ViewDep, form: Annotated[RejectsForm, Form()]) -> Response:
    """Do something with one reject or with a whole group; none of it came after it was seen."""
    view.require_own_form(form)
    with view.ledger() as session:
        if form.number is None:
            chosen, flow = replace(form.chosen(), before=form.seen), form.flow
            back = view.link("rejects/group", **form.parts, state="ignored" if form.act == "reopen" else "")
        else:
            row, _ = rejects.one(session, form.number)
            chosen, flow = RejectFilter(row.integration, row.flow, key=row.key), row.flow
            back = view.link(f"rejects/{form.number}")
        view.require(flow)
        done = _do(session, form, chosen, view.person.name)
    started = [
        view.person.start(one, name)
        for name, one in done.flows
        if form.act in {"retry", "confirm"} and done.count and one in set(Flow)
    ]
    return view.done(back, f"said.{form.act}" if done.count else "said.nothing", *started, count=done.count)


def _do(session: Session, form: RejectsForm, chosen: RejectFilter, by: str) -> Acted:
    match form.act:
        case "retry":
            return rejects.retry(session, chosen, by)
        case "ignore":
            return rejects.ignore(session, chosen, by, form.why)
        case "reopen":
            return rejects.reopen(session, chosen, by)
        case "note":
            # in a form of many an empty text leaves theirs as it is; in the form of one it shows what there is
            owner, note = (text if chosen.key is not None or text else None for text in (form.owner, form.note))
            return rejects.note(session, chosen, by, owner, note)
        case "confirm":
            if not form.sure:
                raise HTTPException(status.HTTP_400_BAD_REQUEST)
            return rejects.confirm(session, chosen, by, form.seen)


def _told(view: View, event: RejectEvent) -> tuple[RejectEvent, str]:
    """Return an event with its detail in words: a reason, or what was noted."""
    match event.event:
        case "opened" | "opened again" | "changed":
            return event, view.reason(event.detail).title if event.detail else ""
        case "noted":
            return event, ", ".join(view.text(f"reject.noted.{name}") for name in event.detail.split(", ") if name)
        case _:
            return event, event.detail
