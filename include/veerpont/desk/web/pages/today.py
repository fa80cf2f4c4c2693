"""Today: what needs a person, the most harmful first; and how every flow of every customer stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from veerpont.desk import today
from veerpont.desk.todo import ENGINEERS, MANAGERS, Paging, TodoFilter, TodoKind, todo
from veerpont.desk.web.acts import Word
from veerpont.desk.web.forms import bar, strip
from veerpont.desk.web.view import Number, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.messages import Words

router = APIRouter()

SHOWN = 50
"""Things to do on a page, and customers on a page."""
NIGHTS = 14


class TodayQuery(BaseModel):
    """What the page is narrowed to, and which pages of its two lists are shown."""

    text: Word = ""
    flow: Word = ""
    kind: Word = ""
    owner: Word = ""
    page: Number = 1
    customers: Number = 1


@router.get("/")
def show(view: ViewDep, asked: Annotated[TodayQuery, Query()]) -> Response:
    """Show what needs a person, and all customers."""
    problem: Words = ""
    try:
        found, broken = view.integrations()
    except SettingsError as error:  # the ledger still tells what happened
        found, broken, problem = {}, {}, error.message
    paused = view.person.paused()
    chosen = TodoFilter(asked.text, asked.flow, asked.kind, asked.owner)
    with view.ledger() as session:
        customers = today.overview(session, found, broken, view.moment)
        names = chosen.names(customers)
        page = todo(session, found, customers, paused, view.moment, chosen, Paging(asked.page, SHOWN))
        order = sorted((each for each in customers if each.name in names), key=_order)
        shown = order[(asked.customers - 1) * SHOWN : asked.customers * SHOWN]
        nights = today.nights(session, [each.name for each in shown], view.moment, NIGHTS)
    given = asked.model_dump(exclude={"page", "customers"})
    return view.page(
        "today.html",
        "today",
        things=page.things,
        total=page.total,
        pages=(asked.page, _pages(page.total)),
        tiles=[(kind, page.kinds[kind]) for kind in TodoKind],
        customers=shown,
        customer_pages=(asked.customers, _pages(len(names))),
        known=len(customers),
        titles={each.name: each.title for each in customers},
        nights=nights,
        needs=page.needs,
        paused=sorted(paused & {line.flow for each in customers for line in each.lines}, key=today.place),
        flows=sorted({line.flow for each in customers for line in each.lines}, key=today.place),
        owners=(MANAGERS, ENGINEERS),
        given=given,
        filtered=any(given.values()),
        problem=problem,
        bar=bar,
        strip=strip,
    )


def _pages(count: int) -> int:
    return max(1, -(-count // SHOWN))


def _order(customer: today.Customer) -> str:
    return customer.title.casefold()
