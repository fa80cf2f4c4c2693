"""`veerpont check`: everything that is missing before an integration can run, in one list, without reading a row."""

from collections import defaultdict

from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import Settings
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.portals import portal
from veerpont.sources import source


def check(ours: Settings, only: str | None = None) -> list[dict[str, str]]:
    """Return one entry per missing thing: integration, flow (or empty) and what to do.

    Raises SettingsError when there is no integration `only`.
    """
    found, broken = read_integrations(ours.integrations)
    if only is not None and only not in found.keys() | broken.keys():
        raise SettingsError(f"There is no integration {only}. There are: {', '.join(found) or 'none'}.")
    problems = [_entry(name, "", str(error)) for name, error in broken.items()]
    places: dict[str, list[tuple[str, Flow]]] = defaultdict(list)
    for integration in found.values():
        problems += _source(integration)
        for flow in {flow: None for settings in integration.portals for flow in settings.flows}:
            problems += [_entry(integration.name, flow, text) for text in integration.missing(flow)]
        for settings in integration.portals:
            for flow in settings.flows:
                try:
                    target = portal(settings.portal)
                    problems += [_entry(integration.name, flow, text) for text in target.missing(integration, flow)]
                    places[f"{flow} {target.destination(integration, flow)}"].append((integration.name, flow))
                except VeerpontError as error:
                    problems.append(_entry(integration.name, flow, str(error)))
    for users in places.values():
        if len(users) > 1:
            names = ", ".join(name for name, _ in users)
            problems += [
                _entry(name, flow, f"{names} deliver this flow to the same host, login and folder: give each its own.")
                for name, flow in users
            ]
    return [entry for entry in problems if only in {None, entry["integration"]}]


def _source(integration: Integration) -> list[dict[str, str]]:
    try:
        source(integration.source.system)
    except VeerpontError as error:
        return [_entry(integration.name, "", str(error))]
    return []


def _entry(integration: str, flow: str, problem: str) -> dict[str, str]:
    return {"integration": integration, "flow": flow, "problem": problem}
