"""Employers: who may cross; letting one in or out after a question that says what it concerns."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Response, status
from pydantic import Field

from veerpont.desk import employers
from veerpont.desk.web.acts import AnswerForm, Word
from veerpont.desk.web.view import Number, ViewDep
from veerpont.model.flows import Flow

router = APIRouter()

CUSTOMERS_SHOWN = 20
STATES = ("pending", "active", "inactive", "frozen", "over")
Codes = Annotated[list[str], Query(max_length=2000)]


class EmployersForm(AnswerForm):
    """What to do with which employers; `sure` is the tick that erasing asks for. The days are of a service period."""

    act: Literal["activate", "deactivate", "purge", "service"]
    code: Annotated[list[str], Field(default_factory=list, max_length=2000)]
    sure: Word = ""
    first: Word = ""
    last: Word = ""


@router.get("/employers")
def show(view: ViewDep, integration: Word = "", state: Word = "", page: Number = 1) -> Response:
    """Show employers by integration, some integrations to a page."""
    with view.ledger() as session:
        integrations = employers.integrations(session)
        found = employers.listed(session, integration or None, state or None)
    pages = max(1, -(-len(found) // CUSTOMERS_SHOWN))
    page = min(page, pages)
    shown = list(found.items())[(page - 1) * CUSTOMERS_SHOWN : page * CUSTOMERS_SHOWN]
    return view.page(
        "employers.html",
        "employers",
        found=dict(shown),
        pages=(page, pages),
        integrations=integrations,
        states=STATES,
        given={"integration": integration, "state": state},
        is_over=employers.is_over,
        may=view.person.may_act(Flow.EMPLOYERS),
    )


@router.get("/employers/ask")
def ask(view: ViewDep, act: Word, integration: Word, code: Codes = []) -> Response:  # noqa: B006 -- FastAPI copies it
    """Ask before anything is done: how many employees it concerns, and what it means."""
    view.require(Flow.EMPLOYERS)
    with view.ledger() as session:
        question = employers.ask(session, act, integration, code)
    return view.page("employers_ask.html", "employers", question=question)


@router.post("/employers/act")
def act(view: ViewDep, form: Annotated[EmployersForm, Form()]) -> Response:
    """Do what was confirmed."""
    view.require_own_form(form)
    view.require(Flow.EMPLOYERS)
    if form.act == "purge" and not form.sure:
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    with view.ledger() as session:
        question = employers.ask(session, form.act, form.integration, form.code)
        service = employers.period(form.first, form.last) if form.act == "service" else None
        employers.answer(session, question, view.person.name, form.seen, service)
    link = view.link("employers", integration=form.integration)
    return view.done(link, f"said.{form.act}", count=len(question.rows))
