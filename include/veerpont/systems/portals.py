"""The portals that lines go to, one folder each. Adding one: a folder that fills `Portal`, and a line here."""

from importlib import import_module

from veerpont.model.failures import SettingsError
from veerpont.systems.portal import Portal, Reporting

PORTALS = {
    "xpert_suite": "veerpont.systems.xpert_suite.portal:XpertSuite",
    "loket_hours": "veerpont.systems.loket.hours_portal.portal:LoketHours",
    "json_api": "veerpont.systems.json_api.portal:JsonApi",
    "files": "veerpont.systems.files.portal:Files",
}


def portal(name: str) -> Portal:
    """Return the portal that integration files call `name`; nothing is imported before it is asked for.

    Raises SettingsError when there is no such portal.
    """
    if name not in PORTALS:
        raise SettingsError(f"There is no portal {name}; there are: {', '.join(PORTALS)}.")
    module, _, class_name = PORTALS[name].partition(":")
    found: Portal = getattr(import_module(module), class_name)()
    return found


def reporting(name: str) -> Reporting:
    """Return a portal that reports what it made of a file. Raises SettingsError when `name` is none."""
    found = portal(name)
    if not isinstance(found, Reporting):
        raise SettingsError(f"The portal {name} gives no reports.")
    return found
