"""Find the person: what happened to one record; and, by acts of their own, its number and the timeline of a case.

Whoever may only look is refused before anything is read. What was seen, by whom and when is kept before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, TypeVar

from fastapi import APIRouter, Form, HTTPException, Response, status
from pydantic import Field

from veerpont.config.settings import settings
from veerpont.desk import deliveries, employers, rejects
from veerpont.desk.refused import ActRefusedError
from veerpont.desk.web.acts import ActForm, Word
from veerpont.desk.web.forms import course
from veerpont.desk.web.records import changes, shown
from veerpont.desk.web.view import HIGHEST, View, ViewDep
from veerpont.flows.absence.timeline import timeline
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.trail.finding import Finding, LookedUp, find, meant_by, of_row
from veerpont.rules.dates import business_date
from veerpont.store import looks
from veerpont.store import rejects as store
from veerpont.store.looks import LookKind
from veerpont.store.rejects import RejectFilter
from veerpont.store.vault import Vault
from veerpont.systems.registry import source

router = APIRouter()
T = TypeVar("T")

LOOKS_SHOWN = 20
Digits = Annotated[str, Field(max_length=8, pattern=r"^\s*\d*\s*$")]


class FindForm(ActForm):
    """What is asked for.

    what: a record key, a personnel number or a line id. delivery, row: a row of the file of a delivery. reject: the
    number of one. record: what a page that showed a record gave with it (`_handle`).
    """

    act: Literal["search", "number", "timeline"]
    integration: Word = ""
    what: Annotated[str, Field(max_length=200)] = ""
    delivery: Digits = ""
    row: Digits = ""
    reject: Digits = ""
    record: Annotated[str, Field(max_length=3000)] = ""


class _Record(NamedTuple):
    """Which record an act is about. A page carries it sealed with the vault's key, so that no page shows a number."""

    integration: str
    flow: Flow
    key: str


@router.get("/find")
def show(view: ViewDep, integration: Word = "") -> Response:
    """Show what may be looked for, and of one integration who asked to see what."""
    return _page(view, integration)


@router.post("/find")
def act(view: ViewDep, form: Annotated[FindForm, Form()]) -> Response:
    """Find a record, or show the number or the timeline of one that was found."""
    view.require_own_form(form)
    flows = _may_see(view)
    if not flows:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    if form.act == "search":
        return _search(view, form, flows)
    record = _opened(view, form.record)
    view.require(record.flow)
    return _number(view, record) if form.act == "number" else _timeline(view, record)


def _search(view: View, form: FindForm, flows: list[Flow]) -> Response:
    integration, look = _asked(view, form)
    finding = _looked_up(view, integration, flows, look)
    if finding is None:
        return _page(view, integration, row_unknown=True)
    _note(view, integration, LookKind.RECORD, *(finding.keys or [""]))
    return _page(view, integration, finding)


def _asked(view: View, form: FindForm) -> tuple[str, Callable[[LookedUp], Finding | None]]:
    """Return of which integration, and how to look for what is asked for. Raises where that cannot be asked."""
    if form.record:
        record = _opened(view, form.record)
        return record.integration, lambda place: find(place, [record.key])
    if number := _number_in(form.reject):
        with view.ledger() as session:
            reject, _ = rejects.one(session, number)
        view.require(reject.flow)
        return reject.integration, lambda place: find(place, [reject.key])
    if (number := _number_in(form.delivery)) and (row := _number_in(form.row)):
        with view.ledger() as session:
            delivery = deliveries.one(session, number)
        view.require(delivery.flow)

        def look(place: LookedUp) -> Finding | None:
            key = of_row(place, delivery, row)
            return None if key is None else find(place, [key]) if key else Finding()

        return delivery.integration, look
    if not (form.integration and form.what.strip()):
        raise ActRefusedError("find_what")
    with view.ledger() as session:
        if form.integration not in employers.integrations(session):
            raise ActRefusedError("find_integration")
    texts = meant_by(form.what)
    return form.integration, lambda place: find(place, texts)


def _number(view: View, record: _Record) -> Response:
    _note(view, record.integration, LookKind.NUMBER, record.key)
    number = _looked_up(
        view, record.integration, _may_see(view), lambda place: place.number_of(record.key, record.flow)
    )
    return view.page("number.html", "find", record=record, handle=_sealed(record), number=number)


def _timeline(view: View, record: _Record) -> Response:
    if record.flow != Flow.ABSENCE:
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    integration, wrong = view.integration(record.integration)
    if integration is None:
        raise SettingsError(wrong or view.text("checklist.no_file"))
    system = source(integration.source.system)
    _note(view, record.integration, LookKind.TIMELINE, record.key)

    def look(place: LookedUp) -> Response:
        found = timeline(place.vault, system, record.key, place.histories, place.lookups, place.snapshots)
        records = find(place, [record.key]).records
        return view.page(
            "timeline.html",
            "find",
            record=record,
            handle=_sealed(record),
            found=found,
            left=changes(view, records),
            bar=lambda periods: course(periods, business_date(view.moment)),
        )

    return _looked_up(view, record.integration, [Flow.ABSENCE], look)


def _page(view: View, integration: str, finding: Finding | None = None, row_unknown: bool = False) -> Response:
    flows = _may_see(view)
    with view.ledger() as session:
        integrations = employers.integrations(session)
        looked = looks.recent(session, integration, LOOKS_SHOWN) if flows and integration in integrations else []
        numbers = {
            (record["flow"], record["key"]): row.id
            for record in (finding.records if finding else ())
            if record["reject"]
            for row in store.listed(session, RejectFilter(integration, record["flow"], key=record["key"]))
        }
    records = [
        shown(view, record, _sealed(_Record(integration, Flow(record["flow"]), record["key"])))
        for record in (finding.records if finding else ())
    ]
    return view.page(
        "find.html",
        "find",
        may=bool(flows),
        integrations=integrations,
        integration=integration,
        finding=finding,
        records=records,
        rejects=numbers,
        row_unknown=row_unknown,
        looked=[(row, looks.key_of(row)) for row in looked],
    )


def _may_see(view: View) -> list[Flow]:
    return [flow for flow in Flow if view.person.may_act(flow)]


def _note(view: View, integration: str, look: LookKind, *keys: str) -> None:
    with view.ledger() as session:
        looks.note(session, integration, look, keys, view.person.name)


def _looked_up(view: View, integration: str, flows: list[Flow], work: Callable[[LookedUp], T]) -> T:
    """Look in what is current; once more where a load replaced it meanwhile."""
    file, _ = view.integration(integration)

    def place() -> LookedUp:
        return LookedUp(view.whole_ledger, _vault(), integration, flows, file)

    try:
        return work(place())
    except FileNotFoundError:
        return work(place())


def _vault() -> Vault:
    ours = settings()
    return Vault(ours.vault, ours.vault_keys)


def _sealed(record: _Record) -> str:
    if not record.key:
        return ""
    return _vault().seal("\n".join(("record", record.integration, record.flow, record.key)))


def _opened(view: View, handle: str) -> _Record:
    """Return the record that a form carries. Raises (400) for anything that no page of the desk gave them."""
    try:
        what, integration, flow, key = _vault().unseal(handle).split("\n")
    except (SettingsError, ValueError):
        raise HTTPException(status.HTTP_400_BAD_REQUEST) from None
    if what != "record" or flow not in set(Flow) or not view.sees(integration):
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    return _Record(integration, Flow(flow), key)


def _number_in(digits: str) -> int:
    """Return the number that somebody typed; 0 for none. Raises (400) for one that no row can have."""
    number = int(digits or 0) if digits.strip() else 0
    if number > HIGHEST:
        raise HTTPException(status.HTTP_400_BAD_REQUEST)
    return number
