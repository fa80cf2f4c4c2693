"""Links: which employees of a Loket customer cross, and as whom; deciding after a question that says what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Response
from pydantic import Field

from veerpont.desk import links
from veerpont.desk.web.acts import AnswerForm, Word
from veerpont.desk.web.view import Number, View, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store import links as store
from veerpont.store.links import Choice

router = APIRouter()

PEOPLE_SHOWN = 100
Keys = Annotated[list[str], Query(max_length=PEOPLE_SHOWN)]


class LinksForm(AnswerForm):
    """What to decide about which employees; number and department are those of a link."""

    act: Literal["add", "skip", "link"]
    key: Annotated[list[str], Field(default_factory=list, max_length=PEOPLE_SHOWN)]
    number: Word = ""
    department: Word = ""


@router.get("/links")
def show(view: ViewDep, integration: Word = "", decision: Word = "", employer: Word = "", page: Number = 1) -> Response:
    """Show the employees of one integration, the undecided first."""
    with view.ledger() as session:
        integrations = store.integrations(session)
        integration = integration or next(iter(integrations), "")
        found = links.page(session, integration, decision, employer, page, PEOPLE_SHOWN)
    return view.page(
        "links.html",
        "links",
        found=found,
        integrations=integrations,
        choices=list(Choice),
        default=_default(view, integration),
        given={"integration": integration, "decision": decision, "employer": employer},
        may=view.person.may_act(Flow.EMPLOYEES),
    )


@router.get("/links/ask")
def ask(view: ViewDep, act: Word, integration: Word, key: Keys = []) -> Response:  # noqa: B006 -- FastAPI copies it
    """Ask before anything is decided: about whom, and what it means."""
    view.require(Flow.EMPLOYEES)
    with view.ledger() as session:
        question = links.ask(session, act, integration, key)
    return view.page("links_ask.html", "links", question=question)


@router.post("/links/act")
def act(view: ViewDep, form: Annotated[LinksForm, Form()]) -> Response:
    """Decide what was asked; the next run of employees acts on it."""
    view.require_own_form(form)
    view.require(Flow.EMPLOYEES)
    with view.ledger() as session:
        question = links.ask(session, form.act, form.integration, form.key)
        links.answer(session, question, view.person.name, form.seen, form.number, form.department)
    return view.done(view.link("links", integration=form.integration), f"said.{form.act}", count=len(question.rows))


def _default(view: View, integration: str) -> str:
    """Return what becomes of who is not decided about; empty where the file cannot be read."""
    try:
        found, _ = view.integrations()
    except SettingsError:  # the ledger still tells what was decided
        return ""
    return found[integration].links.default if integration in found else ""
