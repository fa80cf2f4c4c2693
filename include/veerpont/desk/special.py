"""What came of the rare acts of one customer, as the pages show it: of a person, and of what was adopted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.store import kinds
from veerpont.store.deliveries import pointers
from veerpont.store.scope import Scope
from veerpont.systems.portal import ReadsBack
from veerpont.systems.registry import portal, portals

SEPARATOR = "\t"


@dataclass
class PersonFound:
    """What there is, or was, of a person. `lines`: flow, portal, whether a removal waits, how many lines.

    `files`, `superseded`: numbers of deliveries. `number`: of who was forgotten; 0 before.
    """

    number: int = 0
    before: bool = False
    history: int = 0
    rejects: int = 0
    links: int = 0
    lines: list[tuple[str, str, bool, int]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    superseded: list[int] = field(default_factory=list)


@dataclass
class AdoptedAt:
    """How the lines of one employer differ from what the next run would send. `columns`: column → lines."""

    same: int = 0
    differs: int = 0
    only_there: int = 0
    only_ours: int = 0
    columns: dict[str, int] = field(default_factory=dict)


def person(counts: Mapping[str, int]) -> PersonFound:
    """Return what a look at a person counted."""
    found = PersonFound(
        number=counts.get("number", 0),
        before=bool(counts.get("before")),
        history=counts.get("history", 0),
        rejects=counts.get("rejects", 0),
        links=counts.get("links", 0),
    )
    for name, count in counts.items():
        match name.split(SEPARATOR):
            case ["line", flow, to, removal]:
                found.lines.append((flow, to, removal == "held", count))
            case ["file", number]:
                found.files.append(int(number))
            case ["superseded", number]:
                found.superseded.append(int(number))
    return found


def adopted(counts: Mapping[str, int]) -> dict[str, AdoptedAt]:
    """Return employer → how what was adopted differs."""
    found: dict[str, AdoptedAt] = {}
    for name, count in counts.items():
        match name.split(SEPARATOR):
            case ["at", code, ("same" | "differs" | "only_there" | "only_ours") as what]:
                setattr(found.setdefault(code, AdoptedAt()), what, count)
            case ["column", code, column]:
                found.setdefault(code, AdoptedAt()).columns[column] = count
    return found


def adoptable(session: Session, integration: Integration) -> list[tuple[Flow, str]]:
    """Return the flows and portals of which an export can be adopted: nothing was accepted there yet."""
    told = pointers(session, integration.name, kinds.SNAPSHOTS)
    return [
        (flow, item.portal)
        for flow in Flow
        for item in integration.portals_for(flow)
        if item.portal in portals() and _can(item.portal) and Scope(integration.name, flow, item.portal) not in told
    ]


def kept(session: Session, name: str) -> list[tuple[str, str]]:
    """Return the flows and portals of which something is adopted."""
    return sorted((scope.flow, scope.portal) for scope in pointers(session, name, kinds.ADOPTED))


def _can(name: str) -> bool:
    found = portal(name)
    return found.complete and isinstance(found, ReadsBack)
