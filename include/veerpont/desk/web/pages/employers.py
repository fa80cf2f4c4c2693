"""Employers: who may cross; letting one in or out after a question that says what it concerns."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response, status

from veerpont.desk import employers
from veerpont.desk.web import forgery
from veerpont.desk.web.view import ViewDep
from veerpont.model.flows import Flow

router = APIRouter()

STATES = ("pending", "active", "inactive", "frozen")
Word = Annotated[str, Query(max_length=300)]
Codes = Annotated[list[str], Query(max_length=2000)]


@router.get("/employers")
def show(view: ViewDep, integration: Word = "", state: Word = "") -> Response:
    """Show employers by integration."""
    with view.ledger() as session:
        every = employers.listed(session, None, None)
        found = employers.listed(session, integration or None, state or None)
    return view.page(
        "employers.html",
        "employers",
        found=found,
        integrations=sorted(every),
        states=STATES,
        given={"integration": integration, "state": state},
        may=view.person.may_act(Flow.EMPLOYERS),
    )


@router.get("/employers/ask")
def ask(view: ViewDep, act: Word, integration: Word, code: Codes = []) -> Response:  # noqa: B006 -- FastAPI copies it
    """Ask before anything is done: how many employees it concerns, and what it means."""
    with view.ledger() as session:
        question = employers.ask(session, act, integration, code)
    if not view.person.may_act(Flow.EMPLOYERS):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return view.page("employers_ask.html", "employers", question=question)


@router.post("/employers/act")
def act(
    request: Request,
    view: ViewDep,
    act: Annotated[Literal["activate", "deactivate", "purge"], Form()],
    integration: Annotated[str, Form(max_length=300)],
    seen: Annotated[str, Form(max_length=1_000_000)],
    code: Annotated[list[str], Form(max_length=2000)] = [],  # noqa: B006 -- FastAPI copies it
    sure: Annotated[str, Form(max_length=10)] = "",
    token: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Do what was confirmed."""
    forgery.require(request, view.person, token)
    if not view.person.may_act(Flow.EMPLOYERS):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    if act == "purge" and not sure:
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    with view.ledger() as session:
        question = employers.ask(session, act, integration, code)
        employers.answer(session, question, view.person.name, seen)
    return view.done(view.link("employers", integration=integration), f"said.{act}", count=len(question.employers))
