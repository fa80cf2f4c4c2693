"""A customer's codes: what each becomes, filled in by whoever knows it."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Response, status
from pydantic import Field

from veerpont.config.integration import Integration
from veerpont.config.mappings import ALL, LEFT_OUT, LONGEST_CODE, LONGEST_TARGET, MappedCode
from veerpont.desk import checklist, mappings
from veerpont.desk.web.acts import ActForm, Word
from veerpont.desk.web.view import View, ViewDep
from veerpont.flows import code_tables
from veerpont.model.failures import SettingsError
from veerpont.store import employers
from veerpont.store import mappings as store

router = APIRouter()

HISTORY_SHOWN = 100
CODES_SHOWN = 300
"""Of one table; `veerpont mappings list` has all."""
Name = Annotated[str, Path(max_length=300)]


class MappingForm(ActForm):
    """What to do with which code. `seen`: what was kept of it when the page was made."""

    act: Literal["map", "leave_out", "take_back"]
    table: Annotated[Word, Field(min_length=1)]
    code: Annotated[Word, Field(min_length=1)]
    employer: Word = ""
    target: Word = ""
    seen: Word = ""


@router.get("/customers/{name}/mappings")
def show(view: ViewDep, name: Name) -> Response:
    """Show the codes of one customer. Nothing is read but its file and the ledger."""
    integration, wrong = view.integration(name)
    with view.ledger() as session:
        if integration is None and not wrong and not checklist.is_known(session, name):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        shown = sorted(mappings.shown(session, integration), key=lambda each: not each.lacking) if integration else []
        names = {code: row.name for code, row in employers.states(session, name).items()}
        earlier = [row for row in store.history(session, name) if row.taken_back_at][:HISTORY_SHOWN]
    return view.page(
        "mappings.html",
        "customers",
        title=integration.customer if integration else name,
        name=name,
        part="mappings",
        wrong=wrong or ("" if integration else view.text("checklist.no_file")),
        shown=shown,
        rows_shown=CODES_SHOWN,
        names=names,
        earlier=earlier,
        target_of=store.target_of,
        few=mappings.FEW,
        how_often=mappings.how_often,
        may={each.flow: view.person.may_act(each.flow) for each in shown},
        longest={"code": LONGEST_CODE, "target": LONGEST_TARGET},
    )


@router.post("/customers/{name}/mappings/act")
def act(view: ViewDep, name: Name, form: Annotated[MappingForm, Form()]) -> Response:
    """Keep what a code becomes, or take it back; the next run uses it."""
    view.require_own_form(form)
    integration = _file(view, name)
    flow = next((flow for flow, table in code_tables(integration) if table.name == form.table), None)
    if flow is None:
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    view.require(flow)
    code = MappedCode(form.table, form.employer, form.code.strip())
    with view.ledger() as session:
        if form.act == "take_back":
            mappings.take_back(session, integration, code, view.person.name, form.seen)
        else:
            target = form.target if form.act == "map" else LEFT_OUT
            mappings.fill_in(session, integration, code, target, view.person.name, form.seen)
    back, taken = view.link(f"customers/{quote(name)}/mappings"), form.act == "take_back"
    what = view.text("mappings.on") if code.code == ALL else code.code
    return view.done(back, "said.take_back" if taken else "said.map", code=what, flow=flow)


def _file(view: View, name: str) -> Integration:
    integration, wrong = view.integration(name)
    if integration is None:
        raise SettingsError(wrong) if wrong else HTTPException(status.HTTP_404_NOT_FOUND)
    return integration
