"""A customer's checklist: what is done and what is missing before it goes by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Response, status

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.desk import checklist
from veerpont.desk.checklist import StepState
from veerpont.desk.web.acts import ActForm
from veerpont.desk.web.view import Id, View, ViewDep
from veerpont.model.flows import Flow
from veerpont.model.messages import Words
from veerpont.pipeline import desk_work
from veerpont.rules.dates import business_date
from veerpont.store import live, mappings, previews, work
from veerpont.store.live import LiveAct

router = APIRouter()
Name = Annotated[str, Path(max_length=300)]

PATIENCE = 1.0
"""Seconds for looking up the connections: they may stand in a backend of secrets somewhere else."""
_LOOKING = ThreadPoolExecutor(2, "veerpont-connections")
"""So few that a backend which never answers costs no more than these."""


@router.get("/customers/{name}")
def show(view: ViewDep, name: Name) -> Response:
    """Show the steps of one customer. Nobody is called."""
    integration, wrong = integration_file(name)
    looked = _looked(integration) if integration else None
    with view.ledger() as session:
        if integration is None and not wrong and not checklist.is_known(session, name):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        wrong = wrong or ("" if integration else view.text("checklist.no_file"))
        opened = mappings.opened_one(session, integration) if integration else None
        steps = checklist.checklist(session, name, opened, wrong, looked, business_date(view.moment))
        decided = live.last(session, name)
        asked = work.recent(session, work.PREVIEW, name)
    return view.page(
        "customer.html",
        "customers",
        title=integration.customer if integration else name,
        name=name,
        part="customers",
        steps=steps,
        done=sum(step.state is StepState.DONE for step in steps),
        decided=decided,
        may=integration is not None and _may(view, integration),
        asked=asked,
        flows=_previewed(view, integration) if integration else [],
    )


class LiveForm(ActForm):
    """Whether the schedule runs the customer from now on, or only people do."""

    act: LiveAct


@router.post("/customers/{name}/live")
def take_live(view: ViewDep, name: Name, form: Annotated[LiveForm, Form()]) -> Response:
    """Take a customer live, or back. Whoever may act on all of its flows may do that."""
    view.require_own_form(form)
    integration, _ = integration_file(name)
    if integration is None or not integration.waits_to_go_live:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if not _may(view, integration):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    with view.ledger() as session:
        live.decide(session, name, form.act, view.person.name)
    return view.done(view.link(f"customers/{quote(name)}"), f"said.{form.act}", name=name)


def _previewed(view: View, integration: Integration) -> list[Flow]:
    """Return the flows of which they may ask for a preview."""
    there = [flow for flow in Flow if integration.portals_for(flow) and view.person.may_act(flow)]
    return there if view.person.may_act(desk_work.DAG) else []


class PreviewForm(ActForm):
    """Of which flow the next run is shown."""

    flow: Flow


@router.post("/customers/{name}/preview")
def ask_preview(view: ViewDep, name: Name, form: Annotated[PreviewForm, Form()]) -> Response:
    """Let a task see what the next run of a flow would send."""
    view.require_own_form(form)
    integration, _ = integration_file(name)
    if integration is None or not integration.portals_for(form.flow):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if form.flow not in _previewed(view, integration):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    number = desk_work.ask_preview(view.whole_ledger, name, form.flow, view.person.name[:200])
    started = view.person.start(desk_work.DAG, name)
    told = [] if started.how in {"started", "waiting"} else [started]
    return view.done(view.link(f"customers/{quote(name)}/preview/{number}"), "said.preview_asked", *told)


@router.get("/customers/{name}/preview/{number}")
def show_preview(view: ViewDep, name: Name, number: Id) -> Response:
    """Show what a preview came to; while it waits the page looks again by itself."""
    with view.ledger() as session:
        row = work.one(session, number)
    if row is None or (row.what, row.integration) != (work.PREVIEW, name):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return view.page(
        "preview.html",
        "customers",
        row=row,
        name=name,
        waits=row.state == work.WorkState.WAITING,
        found=previews.read(work.counts(row)),
    )


def _may(view: View, integration: Integration) -> bool:
    return all(view.person.may_act(flow) for item in integration.portals for flow in item.flows)


def integration_file(name: str) -> tuple[Integration | None, Words]:
    """Return what the file of a customer says, or why it cannot be used; neither where there is none."""
    found, broken = read_integrations(settings().integrations, name)
    return found.get(name), broken[name].message if name in broken else ""


def _looked(integration: Integration) -> checklist.Looked | None:
    looking = _LOOKING.submit(checklist.look_up, checklist.looks(integration))
    try:
        return looking.result(PATIENCE)
    except TimeoutError:
        looking.cancel()
        return None
