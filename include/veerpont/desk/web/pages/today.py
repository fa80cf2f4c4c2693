"""Today: how every flow of every integration stands, and what needs a person."""

from __future__ import annotations

from fastapi import APIRouter, Response

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.desk import today
from veerpont.desk.web.forms import bar
from veerpont.desk.web.view import ViewDep
from veerpont.model.failures import SettingsError

router = APIRouter()


@router.get("/")
def show(view: ViewDep) -> Response:
    """Show all integrations."""
    problem = ""
    try:
        found, broken = read_integrations(settings().integrations)
    except SettingsError as error:  # the ledger still tells what happened
        found, broken, problem = {}, {}, str(error)
    with view.ledger() as session:
        customers = today.overview(session, found, broken, view.moment)
    lines = [line for customer in customers for line in customer.lines]
    flows = {(line.integration, line.flow): line for line in lines}.values()  # rejects are counted once for a flow
    tiles = [
        ("rejects", sum(line.rejects for line in flows), view.link("rejects")),
        ("questions", sum(line.questions for line in flows), view.link("rejects", asks="yes")),
        ("held", sum(line.held for line in lines), view.link("deliveries", state="waiting")),
        ("pending", sum(customer.pending for customer in customers), view.link("employers", state="pending")),
        ("late", sum(line.late for line in lines), "#late" if any(line.late for line in lines) else ""),
    ]
    first_late = next((line for line in lines if line.late), None)
    return view.page(
        "today.html", "today", customers=customers, tiles=tiles, bar=bar, problem=problem, first_late=first_late
    )
