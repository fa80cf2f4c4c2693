"""Today: what needs a person, the most harmful first; and how every flow of every customer stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from veerpont.desk import today
from veerpont.desk.todo import ENGINEERS, MANAGERS, TodoFilter, TodoKind, todo
from veerpont.desk.web.acts import Word
from veerpont.desk.web.forms import bar, strip
from veerpont.desk.web.view import Number, ViewDep
from veerpont.model.failures import SettingsError
from veerpont.model.messages import Words

router = APIRouter()
T = TypeVar("T")

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
        every = todo(session, found, customers, paused, view.moment)
        names = chosen.names(customers)
        things = [each for each in every if chosen.passes(each, names)]
        shown = _page(sorted((each for each in customers if each.name in names), key=_order), asked.customers)
        nights = today.nights(session, [each.name for each in shown], view.moment, NIGHTS)
    needs = Counter(each.integration for each in every)
    given = asked.model_dump(exclude={"page", "customers"})
    everywhere = replace(chosen, kind="")
    tiles = Counter(each.kind for each in every if everywhere.passes(each, names))
    return view.page(
        "today.html",
        "today",
        things=_page(things, asked.page),
        total=len(things),
        pages=(asked.page, _pages(len(things))),
        tiles=[(kind, tiles[kind]) for kind in TodoKind],
        customers=shown,
        customer_pages=(asked.customers, _pages(len(names))),
        known=len(customers),
        titles={each.name: each.title for each in customers},
        nights=nights,
        needs=needs,
        paused=sorted(paused & {line.flow for each in customers for line in each.lines}, key=today.place),
        flows=sorted({line.flow for each in customers for line in each.lines}, key=today.place),
        owners=(MANAGERS, ENGINEERS),
        given=given,
        filtered=any(given.values()),
        problem=problem,
        bar=bar,
        strip=strip,
    )


def _page(things: list[T], number: int) -> list[T]:
    return things[(number - 1) * SHOWN : number * SHOWN]


def _pages(count: int) -> int:
    return max(1, -(-count // SHOWN))


def _order(customer: today.Customer) -> str:
    return customer.title.casefold()
