"""The portal's report of a file, brought to the page Deliveries by a person, and what came of it.

Nothing is read here: what is brought goes to the vault as it is, and the DAG `desk_work` reads it
(docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response, status
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from veerpont.desk.refused import ActRefusedError
from veerpont.desk.web import forgery
from veerpont.desk.web.airflow_side import Person, Started
from veerpont.desk.web.view import Id, View, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline import desk_work
from veerpont.store import work
from veerpont.systems.workbook.limits import MB, UPLOAD

router = APIRouter()

FORM = UPLOAD + 10_000
"""Bytes of the whole form."""
SLOW = timedelta(minutes=5)
"""After this the page says that nobody does the work."""


class _InMemory(MultiPartParser):
    """Puts nothing into temporary files, where nothing personal may be; how much comes is limited before."""

    spool_max_size = FORM


@router.post("/deliveries/report")
async def bring(request: Request, view: ViewDep) -> Response:
    """Keep a report, and let it be read. Nothing is sent."""
    flows = [flow for flow in Flow if view.person.may_act(flow)]
    if not flows or not view.person.may_act(desk_work.DAG):  # before anything is read
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    try:
        form = await _InMemory(request.headers, _limited(request), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError):
        raise HTTPException(status.HTTP_400_BAD_REQUEST) from None
    try:
        forgery.require(request, view.person, str(form.get("token", "")))
        file, integration = form.get("file"), str(form.get("integration", ""))
        if not isinstance(file, UploadFile) or not integration:
            raise HTTPException(status.HTTP_400_BAD_REQUEST)
        content = await file.read()
    finally:
        await form.close()
    number, started = await run_in_threadpool(_keep, view, integration, flows, content)
    told = [] if started.how in {"started", "waiting"} else [started]
    return view.done(view.link(f"deliveries/work/{number}"), "said.report_received", *told)


@router.get("/deliveries/work/{number}")
def show(view: ViewDep, number: Id) -> Response:
    """Show what came of something that was brought; while it waits the page looks again by itself."""
    with view.ledger() as session:
        row = work.one(session, number)
    if row is None:
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


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request; one that is too large, or does not say how large, is refused before it is read."""
    length = request.headers.get("content-length", "")
    left = FORM
    if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > left:
        raise _too_large()
    body: AsyncIterator[bytes] = request.stream()
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            raise _too_large()
        yield chunk


def _too_large() -> ActRefusedError:
    return ActRefusedError("report_too_large", megabytes=UPLOAD // MB)
