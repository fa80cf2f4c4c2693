"""Every outside system: its name in integration files, and where it is. A new one is a folder and a line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple, cast

from veerpont.config.integration import Integration
from veerpont.model.failures import SettingsError
from veerpont.systems.onboarding import Onboarding
from veerpont.systems.portal import OURS, PersonColumns, Portal, ReadsBack, Reporting, Reports
from veerpont.systems.source import Source


class System(NamedTuple):
    """Where the class is that fills `Source` or `Portal`, as `module:Class`; imported only when it is used.

    `needs`: the fields of `source` that an integration file cannot do without → why. `words`: the module with the words
    for people that only this system needs (`TEXTS`, `REASONS`). `dutch`: the module with the Dutch of what runs say of
    it (`DUTCH`). `onboarding`: the module with its papers for a new customer.
    """

    source: str = ""
    portal: str = ""
    words: str = ""
    dutch: str = ""
    onboarding: str = ""
    needs: Mapping[str, str] = {}


SYSTEMS: dict[str, System] = {
    "afas": System(
        source="veerpont.systems.afas.source:Afas",
        words="veerpont.systems.afas.words",
        dutch="veerpont.systems.afas.dutch",
        onboarding="veerpont.systems.afas.onboarding",
        needs={"environment": "a token of another environment must be refused"},
    ),
    "loket": System(
        source="veerpont.systems.loket.source:Loket",
        words="veerpont.systems.loket.words",
        dutch="veerpont.systems.loket.dutch",
        onboarding="veerpont.systems.loket.onboarding",
    ),
    "loket_hours": System(portal="veerpont.systems.loket.hours_portal.portal:LoketHours"),
    "xpert_suite": System(
        portal="veerpont.systems.xpert_suite.portal:XpertSuite",
        words="veerpont.systems.xpert_suite.words",
        dutch="veerpont.systems.xpert_suite.dutch",
        onboarding="veerpont.systems.xpert_suite.onboarding",
    ),
    "json_api": System(
        portal="veerpont.systems.json_api.portal:JsonApi",
        words="veerpont.systems.json_api.words",
        dutch="veerpont.systems.json_api.dutch",
        onboarding="veerpont.systems.json_api.onboarding",
    ),
    "files": System(portal="veerpont.systems.files.portal:Files", dutch="veerpont.systems.files.dutch"),
}
"""Name in integration files (`source.system`, `portals[].portal`) → the system."""


def sources() -> list[str]:
    """Return the names of the systems that rows come from."""
    return [name for name, system in SYSTEMS.items() if system.source]


def portals() -> list[str]:
    """Return the names of the systems that lines go to."""
    return [name for name, system in SYSTEMS.items() if system.portal]


def words() -> tuple[str, ...]:
    """Return the names of the modules with the words for people that single systems need."""
    return tuple(system.words for system in SYSTEMS.values() if system.words)


def dutch() -> tuple[str, ...]:
    """Return the names of the modules with the Dutch of what runs say of single systems."""
    return tuple(system.dutch for system in SYSTEMS.values() if system.dutch)


def onboarding(name: str) -> Onboarding | None:
    """Return the papers that a system has for a new customer."""
    return cast("Onboarding", import_module(SYSTEMS[name].onboarding)) if SYSTEMS[name].onboarding else None


def source(name: str) -> Source:
    """Return the source that integration files call `name`. Raises SettingsError when there is none."""
    if name not in sources():
        raise SettingsError(f"source.system {name} is not one of: {', '.join(sources())}.")
    return cast("Source", _made(SYSTEMS[name].source))


def portal(name: str) -> Portal:
    """Return the portal that integration files call `name`. Raises SettingsError when there is none."""
    if name not in portals():
        raise SettingsError(f"There is no portal {name}; there are: {', '.join(portals())}.")
    return cast("Portal", _made(SYSTEMS[name].portal))


def reports(integration: Integration) -> dict[str, Reports]:
    """Return the portals of an integration that say what they made of a file, and how that comes."""
    there = dict.fromkeys(each.portal for each in integration.portals if each.portal in portals())
    made = {name: found for name in there if isinstance(found := portal(name), Reporting)}
    return {name: how for name, found in made.items() if (how := found.reports(integration))}


def knows_by_bsn(integration: Integration) -> bool:
    """Tell whether a portal of the integration knows people by their citizen-service number."""
    there = {each.portal for each in integration.portals if each.portal in portals()}
    return any(portal(name).knows_by_bsn(integration) for name in there)


def person_columns() -> PersonColumns:
    """Return the columns that say who somebody is, in the lines of any portal."""
    found = OURS
    for name in portals():
        found |= portal(name).person_columns
    return found


def reporting(name: str) -> Reporting:
    """Return a portal that reports what it made of a file. Raises SettingsError when `name` is none."""
    found = portal(name)
    if not isinstance(found, Reporting):
        raise SettingsError(f"The portal {name} gives no reports.")
    return found


def reads_back(name: str) -> ReadsBack:
    """Return a portal that can read back a file of its own. Raises SettingsError when `name` is none."""
    found = portal(name)
    if not isinstance(found, ReadsBack):
        able = ", ".join(each for each in portals() if isinstance(portal(each), ReadsBack))
        raise SettingsError(
            f"The portal {name} cannot read a file of its own back, so there is nothing to compare with. That can: "
            f"{able or 'none'}."
        )
    return found


def lacking(name: str, settings: Mapping[str, object]) -> list[str]:
    """Return what the section `source` of an integration file cannot do without and does not have, and why."""
    needs = SYSTEMS[name].needs.items()
    return [f"source.{field} is required for {name}: {why}" for field, why in needs if not settings.get(field)]


def _made(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)()
