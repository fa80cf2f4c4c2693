"""The portal's report of a file, brought to the page Deliveries by a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response, status
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from desk import forgery
from desk.airflow_side import Person
from desk.view import ViewDep
from veerpont.desk.refused import RefusedError
from veerpont.model.failures import PassingError
from veerpont.pipeline import reports
from veerpont.pipeline.reports import Taken

router = APIRouter()

PATIENCE = timedelta(seconds=10)
"""How long somebody at the desk waits for a load of the flow."""
LARGEST = 1_000_000
"""Bytes of a whole form: one that is larger would be put into a temporary file, where nothing personal may be."""


@router.post("/deliveries/report")
async def bring(request: Request, view: ViewDep) -> Response:
    """Take a report: what it rejected becomes rejects, and its delivery is confirmed. Nothing is sent."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST:  # before the form is read at all
        raise RefusedError(
            "report_too_large",
            "This is larger than a megabyte: take it with `veerpont deliveries report FILE`.",
        )
    async with request.form(max_files=1, max_fields=10) as form:
        forgery.require(request, view.person, str(form.get("token", "")))
        file, integration = form.get("file"), str(form.get("integration", ""))
        if not isinstance(file, UploadFile) or not integration:
            raise HTTPException(status.HTTP_400_BAD_REQUEST)
        content = await file.read()
    taken = await run_in_threadpool(_take, view.person, integration, content)
    link = view.link(f"deliveries/{taken.delivery}" if taken.delivery else "deliveries")
    values = {"rejected": taken.rejected, "rejects": taken.rejects, "unmatched": taken.unmatched}
    return view.done(link, f"said.report_{taken.result}", **values)


def _take(person: Person, integration: str, content: bytes) -> Taken:
    """Take the report, if this person may act on the flow that it is about."""
    intake = replace(reports.intake(integration, person.name[:200]), wait=PATIENCE)
    _, row = reports.understand(intake, content)
    if row is not None and not person.may_act(row.flow):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    try:
        return reports.take(intake, content)
    except PassingError:
        raise RefusedError(
            "report_busy", "This flow is busy: nothing of the report was taken. Bring it again in a few minutes."
        ) from None
