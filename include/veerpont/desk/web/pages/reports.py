"""The portal's report of a file, brought to the page Deliveries by a person, and what came of it.

Nothing is read here: what is brought goes to the vault as it is, and the DAG `desk_work` reads it
(docs/decisions/0015).
"""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response, status
from starlette.concurrency import run_in_threadpool

from veerpont.desk.web import upload
from veerpont.desk.web.airflow_side import Person, Started
from veerpont.desk.web.view import Id, View, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline import desk_work
from veerpont.store import work

router = APIRouter()

SLOW = timedelta(minutes=5)
"""After this the page says that nobody does the work."""


@router.post("/deliveries/report")
async def bring(request: Request, view: ViewDep) -> Response:
    """Keep a report, and let it be read. Nothing is sent."""
    flows = [flow for flow in Flow if view.person.may_act(flow)]
    if not flows or not view.person.may_act(desk_work.DAG):  # before anything is read
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    content, given = await upload.brought(request, view, ("integration",))
    integration = given["integration"]
    number, started = await run_in_threadpool(_keep, view, integration, flows, content)
    told = [] if started.how in {"started", "waiting"} else [started]
    return view.done(view.link(f"deliveries/work/{number}"), "said.report_received", *told)


@router.get("/deliveries/work/{number}")
def show(view: ViewDep, number: Id) -> Response:
    """Show what came of something that was brought; while it waits the page looks again by itself."""
    with view.ledger() as session:
        row = work.one(session, number)
    if row is None or row.what != work.REPORT:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    waits = row.state == work.WorkState.WAITING
    return view.page(
        "work.html",
        "deliveries",
        row=row,
        waits=waits,
        slow=waits and view.moment - row.at > SLOW,
        said_of_it=view.text(f"said.report_{row.result}", **work.counts(row))
        if row.state == work.WorkState.DONE
        else "",
    )


def _keep(view: View, integration: str, flows: list[Flow], content: bytes) -> tuple[int, Started]:
    person: Person = view.person
    found, wrong = view.integration(integration)
    if found is None:
        raise SettingsError(wrong) if wrong else HTTPException(status.HTTP_404_NOT_FOUND)
    number = desk_work.give(view.whole_ledger, integration, person.name[:200], flows, content)
    return number, person.start(desk_work.DAG, integration)
