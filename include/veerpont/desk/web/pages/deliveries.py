"""Deliveries: what was sent, and what waits for a person, with why and about which keys."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Response, status
from pydantic import Field

from veerpont.desk import deliveries, export, lists, resend
from veerpont.desk.web.acts import ActForm, Word
from veerpont.desk.web.view import HEADERS, Id, Number, ViewDep
from veerpont.model.flows import Flow
from veerpont.pipeline.reports import take
from veerpont.store import work
from veerpont.store.deliveries import LEFT, State
from veerpont.store.tables import Delivery

router = APIRouter()

KEYS_SHOWN = 200
What = Literal["new", "changed", "gone"]
Act = Literal["release", "discard", "resend"]


class DeliveryForm(ActForm):
    """What to do with the delivery of the address, and what was seen of it."""

    act: Act
    seen: Annotated[str, Field(min_length=1, max_length=1000)]


@router.get("/deliveries")
def show(view: ViewDep, integration: Word = "", flow: Word = "", state: Word = "", page: Number = 1) -> Response:
    """Show what waits, then all, the newest first."""
    with view.ledger() as session:
        waiting = deliveries.waiting(session, integration or None, flow or None)
        found = deliveries.page(session, integration or None, flow or None, state or None, page)
        integrations = deliveries.integrations(session)
        brought = work.recent(session, work.REPORT)
    return view.page(
        "deliveries.html",
        "deliveries",
        waiting=waiting,
        found=found,
        reasons=deliveries.reasons,
        integrations=integrations,
        flows=list(Flow),
        states=[deliveries.WAITING, *State],
        given={"integration": integration, "flow": flow, "state": state},
        reporting=[name for name in take.having() if view.sees(name)] if any(map(view.person.may_act, Flow)) else [],
        brought=brought,
    )


@router.get("/deliveries/{number}")
def one(
    view: ViewDep, number: Id, employer: Word | None = None, what: What | None = None, page: Number = 1
) -> Response:
    """Show one delivery, and of one that waits the keys it is about: new, changed and gone, by employer."""
    with view.ledger() as session:
        row = deliveries.one(session, number)
        answers = deliveries.answers(session, row)
        may_resend = resend.may(session, row)
    keys, shown = _keys(row)
    chosen = keys.get((employer or "", what or ""), []) if keys else []
    pages = max(1, -(-len(chosen) // KEYS_SHOWN))
    page = min(page, pages)
    return view.page(
        "delivery.html",
        "deliveries",
        row=row,
        reasons=deliveries.reasons(row),
        answers=answers,
        keys=keys,
        schema=shown.get("schema"),
        why=shown.get("why"),
        columns=shown.get("columns"),
        employer=employer,
        what=what,
        chosen=chosen[(page - 1) * KEYS_SHOWN : page * KEYS_SHOWN],
        number=page,
        pages=pages,
        may=view.person.may_act(row.flow),
        upload=export.upload(row),
        may_release=deliveries.may_release(row),
        may_discard=deliveries.may_discard(row),
        may_resend=may_resend,
    )


@router.get("/deliveries/{number}/ask")
def ask(view: ViewDep, number: Id, act: Act) -> Response:
    """Ask before it is released, discarded or sent again."""
    with view.ledger() as session:
        question = deliveries.ask(session, act, number)
    row = question.rows[0]
    view.require(row.flow)
    counts: Counter[str] = Counter()
    for (employer, _), keys in (_keys(row)[0] or {}).items():
        counts[employer] += len(keys)
    return view.page(
        "delivery_ask.html",
        "deliveries",
        row=row,
        act=act,
        seen=question.seen,
        counts=counts,
        reasons=deliveries.reasons(row),
    )


@router.post("/deliveries/{number}/act")
def act(view: ViewDep, number: Id, form: Annotated[DeliveryForm, Form()]) -> Response:
    """Mark the answer in the ledger; a release, or a file that is to go again, starts the flow, which sends."""
    view.require_own_form(form)
    with view.ledger() as session:
        question = deliveries.ask(session, form.act, number)
        row = question.rows[0]
        view.require(row.flow)
        if form.act == "resend":
            resend.ask(session, number, view.person.name)
        else:
            deliveries.answer(session, question, view.person.name, form.seen)
    starts = form.act != "discard" and row.flow in set(Flow) and row.reasons != LEFT  # the others' next run does it
    started = [view.person.start(row.flow, row.integration)] if starts else []
    return view.done(view.link(f"deliveries/{number}"), f"said.{form.act}", *started, id=str(number))


@router.post("/deliveries/{number}/file")
def fetch(view: ViewDep, number: Id, form: Annotated[ActForm, Form()]) -> Response:
    """Give a file of hours to whoever imports it in Loket, and keep who that was."""
    view.require_own_form(form)
    with view.ledger() as session:
        row = deliveries.one(session, number)
        view.require(row.flow)
        if export.upload(row) is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        row, content = export.take(session, number, view.person.name)
        name = row.name
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content.read(), media_type="text/csv; charset=us-ascii", headers=headers)


def _keys(row: Delivery) -> tuple[dict[tuple[str, str], list[str]] | None, dict[str, Any]]:
    """Return what a waiting delivery is about: (employer, what) → keys, and all that is shown of it.

    None instead of the keys when they are not kept any more.
    """
    try:
        shown = lists.show_delivery(row.id)
    except FileNotFoundError:
        return None, {}
    found = shown["what"]
    keys = {(employer, what): each for what, by_employer in found.items() for employer, each in by_employer.items()}
    return dict(sorted(keys.items())), shown
