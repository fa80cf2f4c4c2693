"""Links: which employees of a Loket customer cross, and as whom; deciding after a question that says what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response, status

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.desk import links
from veerpont.desk.web import forgery
from veerpont.desk.web.view import Number, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store.links import Choice

router = APIRouter()

PEOPLE_SHOWN = 100
Word = Annotated[str, Query(max_length=300)]
Keys = Annotated[list[str], Query(max_length=PEOPLE_SHOWN)]
Field = Annotated[str, Form(max_length=300)]


@router.get("/links")
def show(view: ViewDep, integration: Word = "", decision: Word = "", employer: Word = "", page: Number = 1) -> Response:
    """Show the employees of one integration, the undecided first."""
    with view.ledger() as session:
        integrations = links.integrations(session)
        integration = integration or next(iter(integrations), "")
        found = links.page(session, integration, decision, employer, page, PEOPLE_SHOWN)
    return view.page(
        "links.html",
        "links",
        found=found,
        integrations=integrations,
        choices=list(Choice),
        default=_default(integration),
        given={"integration": integration, "decision": decision, "employer": employer},
        may=view.person.may_act(Flow.EMPLOYEES),
    )


@router.get("/links/ask")
def ask(view: ViewDep, act: Word, integration: Word, key: Keys = []) -> Response:  # noqa: B006 -- FastAPI copies it
    """Ask before anything is decided: about whom, and what it means."""
    with view.ledger() as session:
        question = links.ask(session, act, integration, key)
    if not view.person.may_act(Flow.EMPLOYEES):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return view.page("links_ask.html", "links", question=question)


@router.post("/links/act")
def act(
    request: Request,
    view: ViewDep,
    act: Annotated[Literal["add", "skip", "link"], Form()],
    integration: Field,
    seen: Annotated[str, Form(max_length=100_000)],
    key: Annotated[list[str], Form(max_length=PEOPLE_SHOWN)] = [],  # noqa: B006 -- FastAPI copies it
    number: Field = "",
    department: Field = "",
    token: Field = "",
) -> Response:
    """Decide what was asked; the next run of employees acts on it."""
    forgery.require(request, view.person, token)
    if not view.person.may_act(Flow.EMPLOYEES):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    with view.ledger() as session:
        question = links.ask(session, act, integration, key)
        links.answer(session, question, view.person.name, seen, number, department)
    return view.done(view.link("links", integration=integration), f"said.{act}", count=len(question.people))


def _default(integration: str) -> str:
    """Return what becomes of who is not decided about; empty where the file cannot be read."""
    try:
        found, _ = read_integrations(settings().integrations)
    except SettingsError:  # the ledger still tells what was decided
        return ""
    return found[integration].links.default if integration in found else ""
