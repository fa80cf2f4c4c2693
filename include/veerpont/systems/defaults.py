"""What an integration file leaves open and its source knows, or `profile: sandbox` has a default for."""

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.systems.registry import source


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
    sentences = source(integration.source.system).missing(integration, flow)
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
