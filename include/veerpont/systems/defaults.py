"""What an integration file leaves open and its source knows, or `profile: sandbox` has a default for."""

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.model.names import EXTRAS, HEALTH
from veerpont.systems.registry import portal, portals, source


def tree(integration: Integration) -> str | None:
    """Return how departments are placed: as the file says, as the source's chart is, or derived in the sandbox."""
    own = source(integration.source.system).tree
    return integration.organigram.tree or own or ("derive" if integration.is_sandbox else None)


def recovery_date_is(integration: Integration) -> str | None:
    """Return what the date of recovery means: as the source says; where it does not, as the file does."""
    own = source(integration.source.system).recovery_date_is
    return own or integration.absence.recovery_date_is or ("first_day_back" if integration.is_sandbox else None)


def missing(integration: Integration, flow: Flow) -> list[Words]:
    """Return what only the customer can know of a flow and the file does not say, one sentence each.

    What a portal needs besides, it says itself (`Portal.missing`).
    """
    sentences = source(integration.source.system).missing(integration, flow) + _wrong_extras(integration, flow)
    if flow is not Flow.ABSENCE:
        return sentences
    if recovery_date_is(integration) is None:
        sentences.append(
            coded(
                "settings.recovery_date_is",
                "absence.recovery_date_is is missing: first_day_back or last_absent_day; look at a "
                "closed case of which the customer knows the last day of absence.",
            )
        )
    if integration.portal_deletes is None:
        sentences.append(
            coded(
                "settings.portal_deletes",
                "absence.portal_deletes is missing: what 'Traject verwijder actie' is set to in the "
                "portal (delete, log or log_before_from).",
            )
        )
    return sentences


def _wrong_extras(integration: Integration, flow: Flow) -> list[Words]:
    """Return what is wrong with what the file names for a portal besides: who does not have it, or no purpose."""
    system = integration.source.system
    sentences: list[Words] = []
    for item in integration.portals_for(flow):
        if flow not in EXTRAS or item.portal not in portals():
            continue
        takes = portal(item.portal).names(integration, flow)
        for name in EXTRAS[flow]:
            if name not in takes and name in item.extra:
                sentences.append(
                    coded(
                        "extra.no_place",
                        "portals: {portal}: extra.{name}: the portal has no place for it, or no column; take it out.",
                        portal=item.portal,
                        name=name,
                    )
                )
            elif name in takes - source(system).names(flow):
                sentences.append(
                    coded(
                        "extra.not_at_source",
                        "portals: {portal}: extra.{name}: {system} does not have it; take it out, and its column.",
                        system=system,
                        portal=item.portal,
                        name=name,
                    )
                )
            elif name in takes & (HEALTH | item.extra.keys()) and not (item.extra.get(name) or "").strip():
                sentences.append(
                    coded(
                        "extra.no_purpose",
                        "portals: {portal}: extra.{name} has no purpose: say in a few words why the portal needs it.",
                        portal=item.portal,
                        name=name,
                    )
                )
    return sentences


def lacks_tree(integration: Integration, flow: Flow) -> list[Words]:
    """Return the sentence that asks how departments are placed, where nobody says it."""
    if flow is not Flow.ORGANIGRAM or tree(integration) is not None:
        return []
    return [
        coded(
            "settings.tree",
            "organigram.tree is missing: choose derive, shared or map; the source's chart has no employers.",
        )
    ]
