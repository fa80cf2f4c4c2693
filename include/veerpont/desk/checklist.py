"""What a customer needs before it goes by itself, as steps that are done or missing: settings first, then the ledger.

The first steps say what `veerpont check` says of one customer (`desk.check`); nobody is called for them.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veerpont.config.integration import LONGEST_NEW_NAME, Integration, read_integrations
from veerpont.config.settings import settings as ours
from veerpont.desk import seen
from veerpont.desk.today import SUCCEEDED
from veerpont.flows import FLOWS
from veerpont.model.failures import VeerpontError
from veerpont.model.flows import Flow
from veerpont.model.messages import Words
from veerpont.store import employers, kinds, live, notes, runs
from veerpont.store.deliveries import State, pointers
from veerpont.store.employers import Gate
from veerpont.store.scope import Scope
from veerpont.store.tables import Delivery, EmployerState, Reject
from veerpont.systems import defaults
from veerpont.systems.connection import require_connection
from veerpont.systems.portal import Portal
from veerpont.systems.registry import portal, portals, reporting, reports, source

_LOG = logging.getLogger(__name__)

NAMED = 20
"""At most so many employers are named in a step; how many more there are is said."""

Look = Callable[[], None]
Looked = Mapping[str, tuple[Words, ...] | None]
"""Connection → what is wrong with it; None where it could not be looked up."""


class StepName(StrEnum):
    """The kinds of steps, in their order."""

    FILE = "file"
    SOURCE = "source"
    PORTAL = "portal"
    CONNECTION = "connection"
    EMPLOYERS = "employers"
    CAUSES = "causes"
    RUN = "run"
    DELIVERY = "delivery"
    COVERAGE = "coverage"
    LIVE = "live"


class StepState(StrEnum):
    """How a step stands; unknown: what would tell it does not answer."""

    DONE = "done"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Said:
    """One line below a step: a text of the catalog with its values, or a sentence of a setting as it is.

    flow: of what flow the sentence is; empty where the whole step is of one, or of none.
    """

    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    sentence: Words = ""
    flow: str = ""


@dataclass(frozen=True)
class Check:
    """One step. number: of the delivery that it is about. rejects: the open ones of its flow."""

    name: StepName
    state: StepState
    said: tuple[Said, ...] = ()
    flow: str = ""
    portal: str = ""
    connection: str = ""
    number: int | None = None
    rejects: int = 0


def is_known(session: Session, name: str) -> bool:
    """Tell whether the ledger knows an integration, whatever became of its file."""
    return name in runs.integrations(session) or bool(employers.states(session, name))


def looks(integration: Integration) -> dict[str, list[Look]]:
    """Return the connections of an integration with what looks each of them up, for `look_up`."""
    found: dict[str, list[Look]] = {}
    found[integration.source.connection] = [partial(require_connection, integration.source.connection)]
    for item in integration.portals:
        there = found.setdefault(item.connection, [])
        if item.portal in portals():
            there += [partial(_look, portal(item.portal), integration, flow) for flow in item.flows]
        else:
            there.append(partial(require_connection, item.connection))
    return found


def look_up(looks: Mapping[str, Iterable[Look]]) -> dict[str, tuple[Words, ...] | None]:
    """Look connections up, as this process sees them. Nobody is called. Raises nothing."""
    return {name: _wrong(name, each) for name, each in looks.items()}


def checklist(
    session: Session,
    name: str,
    integration: Integration | None,
    wrong: Words,
    looked: Looked | None,
    today: date,
) -> list[Check]:
    """Return the steps of one customer, in the order in which they are taken.

    Args:
        integration: what its file says; None where there is none that can be used, and `wrong` says why.
        looked: what `look_up` found; None when that took too long.
        today: the Dutch date.
    """
    steps = [_file(session, name, wrong, integration)]
    gate = employers.states(session, name)
    active = sorted(code for code, row in gate.items() if row.state == Gate.ACTIVE)
    if integration is None:
        wanted = {(flow, to) for _, flow, to in runs.keys(session, name) if to}
    else:
        wanted = {(str(flow), item.portal) for item in integration.portals for flow in item.flows}
        steps += [_source(integration), *_portals(session, integration), *_connections(integration, looked)]
    steps.append(_employers(gate))
    if integration is not None:
        steps += _causes(integration, gate, active)
    steps += _crossed(session, name, sorted(wanted, key=_place))
    if integration is not None:
        steps += _coverage(session, integration, active, today)
        steps += _live(session, integration)
    return steps


def _file(session: Session, name: str, wrong: Words, integration: Integration | None) -> Check:
    if wrong:
        return _step(StepName.FILE, [Said(sentence=wrong)])
    too_long = len(name) > LONGEST_NEW_NAME and not runs.ran(session, name)
    said = [Said("long_name", {"count": LONGEST_NEW_NAME})] if too_long else []
    return _step(
        StepName.FILE, said + [Said(sentence=text) for text in (seen.missing(integration) if integration else ())]
    )


def _source(integration: Integration) -> Check:
    def sentences() -> Iterator[Said]:
        source(integration.source.system)
        for name in reports(integration):
            yield from (Said(sentence=text) for text in reporting(name).missing_of_reports(integration))
        for flow in _flows(integration):
            yield from (Said(sentence=text, flow=flow) for text in defaults.missing(integration, flow))

    return _step(StepName.SOURCE, _until_refused(sentences()))


def _portals(session: Session, integration: Integration) -> Iterator[Check]:
    for settings in integration.portals:

        def sentences(name: str = settings.portal, flows: Iterable[Flow] = settings.flows) -> Iterator[Said]:
            for flow in flows:
                yield from (Said(sentence=text, flow=flow) for text in portal(name).missing(integration, flow))
                there = notes.sharers(session, Scope(integration.name, flow, name))
                if others := [f"{who} ({its})" for who, its in there if not _is_fellow(integration, who, its, flow)]:
                    yield Said("shared", {"others": ", ".join(others)}, flow=flow)

        yield _step(StepName.PORTAL, _until_refused(sentences()), portal=settings.portal)


def _is_fellow(integration: Integration, other: str, its: str, flow: Flow) -> bool:
    """Tell whether another one may deliver to our place: with the same flow, for the same account."""
    if integration.account is None or its != flow:
        return False
    found, _ = read_integrations(ours().integrations, other)
    return other in found and found[other].account == integration.account


def _connections(integration: Integration, looked: Looked | None) -> Iterator[Check]:
    names = [integration.source.connection, *(item.connection for item in integration.portals)]
    for name in dict.fromkeys(names):
        wrong = None if looked is None else looked[name]
        if wrong is None:
            said = (Said("no_answer", {"name": integration.name}),)
            yield Check(StepName.CONNECTION, StepState.UNKNOWN, said, connection=name)
        else:
            yield _step(StepName.CONNECTION, [Said(sentence=text) for text in wrong], connection=name)


def _employers(gate: Mapping[str, EmployerState]) -> Check:
    states = [row.state for row in gate.values()]
    pending = states.count(Gate.PENDING)
    said = []
    if not gate:
        said.append(Said("no_employers"))
    elif pending:
        said.append(Said("pending", {"count": pending}))
    elif Gate.ACTIVE not in states:
        said.append(Said("none_active"))
    return _step(StepName.EMPLOYERS, said)


def _causes(integration: Integration, gate: Mapping[str, EmployerState], active: Collection[str]) -> Iterator[Check]:
    for flow in _flows(integration):
        unmapped = FLOWS[flow].unmapped(integration)
        at = FLOWS[flow].unmapped_at(integration, active)
        if unmapped or at is not None:
            named = [Said("no_cause", {"code": code, "name": gate[code].name}) for code in at or ()]
            yield _step(StepName.CAUSES, [*(Said(sentence=text) for text in unmapped), *_some(named)], flow=flow)


def _crossed(session: Session, name: str, wanted: Collection[tuple[str, str]]) -> Iterator[Check]:
    """Yield of each flow whether it ran, then of each of its portals whether the first delivery is there."""
    keys = {(name, flow, to) for flow, to in wanted}
    last = runs.newest(session, keys)
    won = runs.newest(session, keys, SUCCEEDED)
    told = pointers(session, name, kinds.SNAPSHOTS)
    rejects = _open_rejects(session, name)
    for flow in dict.fromkeys(flow for flow, _ in wanted):
        portals = [to for each, to in wanted if each == flow]
        lacking = [to for to in portals if (name, flow, to) not in won and Scope(name, flow, to) not in told]
        said: list[Said] = []
        if lacking:
            seen = [row for to in lacking if (row := last.get((name, flow, to)))]
            newest = max(seen, key=lambda row: row.started_at, default=None)
            said.append(Said(f"ran_{newest.state}" if newest and newest.state in _RAN else "not_run"))
            if newest is not None and newest.words:
                said.append(Said(sentence=newest.words))
        yield _step(StepName.RUN, said, flow=flow, rejects=rejects.get(flow, 0))
        for to in portals:
            scope = Scope(name, flow, to)
            yield (
                Check(StepName.DELIVERY, StepState.DONE, (), flow, to) if scope in told else _delivery(session, scope)
            )


_RAN = {"failed", "skipped", "running"}
_ACCEPTED = {State.DELIVERED, State.CONFIRMED}
_OPEN: Mapping[str, str] = {State.DISCARDED: "discarded", State.REFUSED: "refused"}


def _delivery(session: Session, scope: Scope) -> Check:
    """Return how the first delivery stands, where the portal has accepted none yet."""
    query = select(Delivery).where(*scope.rows(Delivery), Delivery.state != State.SUPERSEDED)
    accepted = Delivery.state.in_(_ACCEPTED)
    row = session.scalars(query.order_by(accepted.desc(), Delivery.id.desc()).limit(1)).first()
    if row is None:
        return _step(StepName.DELIVERY, [Said("no_delivery")], flow=scope.flow, portal=scope.portal)
    if row.state in _ACCEPTED:
        return _step(StepName.DELIVERY, [], flow=scope.flow, portal=scope.portal)
    if row.state == State.HELD:
        said = [Said("waits", {"count": row.records}) if row.decided_by is None else Said("released")]
    else:
        said = [Said(_OPEN.get(row.state, "prepared"))]
    return _step(StepName.DELIVERY, said, flow=scope.flow, portal=scope.portal, number=row.id)


def _coverage(session: Session, integration: Integration, active: Collection[str], today: date) -> Iterator[Check]:
    for flow in _flows(integration):
        uncovered = FLOWS[flow].uncovered(session, integration, today)
        if uncovered is None:
            continue
        said = list(_some([Said("uncovered", {"code": code, "count": len(uncovered[code])}) for code in uncovered]))
        if said:
            said.append(Said("cover", {"name": integration.name}))
        yield _step(StepName.COVERAGE, said if active else [Said("none_active")], flow=flow)


def _live(session: Session, integration: Integration) -> Iterator[Check]:
    """Yield the last step, of a customer that waits for somebody to take it live."""
    if integration.waits_to_go_live:
        waits = live.waiting(session, {integration.name: integration})
        yield _step(StepName.LIVE, [Said("live")] if waits else [])


def _step(
    name: StepName,
    said: Iterable[Said],
    flow: str = "",
    portal: str = "",
    connection: str = "",
    number: int | None = None,
    rejects: int = 0,
) -> Check:
    """Return a step that is done when there is nothing to say."""
    lines = tuple(said)
    return Check(name, StepState.MISSING if lines else StepState.DONE, lines, flow, portal, connection, number, rejects)


def _until_refused(said: Iterator[Said]) -> list[Said]:
    """Return the lines; what refuses to say more is the last one."""
    found: list[Said] = []
    try:
        found.extend(said)
    except VeerpontError as error:
        found.append(Said(sentence=error.message))
    return found


def _some(said: list[Said]) -> list[Said]:
    more = len(said) - NAMED
    return said if more <= 0 else [*said[:NAMED], Said("more", {"count": more})]


def _look(target: Portal, integration: Integration, flow: Flow) -> None:
    target.destination(integration, flow)
    target.account(integration, flow)


def _wrong(name: str, looks: Iterable[Look]) -> tuple[Words, ...] | None:
    sentences: dict[str, Words] = {}
    for look in looks:
        try:
            look()
        except VeerpontError as error:
            sentences[str(error)] = error.message
        except Exception as error:  # noqa: BLE001 -- a backend of secrets raises what it likes: the page stays
            _LOG.warning("The connection %s could not be looked up: %s.", name, type(error).__name__)
            return None
    return tuple(sentences.values())


def _open_rejects(session: Session, name: str) -> dict[str, int]:
    query = (
        select(Reject.flow, func.count().label("open"))
        .where(Reject.integration == name, Reject.state == "open")
        .group_by(Reject.flow)
    )
    return {row.flow: row.open for row in session.execute(query)}


def _flows(integration: Integration) -> list[Flow]:
    given = {flow for item in integration.portals for flow in item.flows}
    return [flow for flow in Flow if flow in given]


def _place(key: tuple[str, str]) -> tuple[int, str, str]:
    known = list(map(str, Flow))
    return known.index(key[0]) if key[0] in known else len(known), *key
