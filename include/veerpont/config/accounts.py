"""Integrations that share an account at a portal (`account: NAME`): who they are, and what has to be the same in all.

Why: docs/decisions/0033.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.messages import Message, coded

_OF_THE_PORTAL = ("connection", "settings", "extra")
_OF_ABSENCE = ("portal_deletes", "history_months", "delivery_from")


def fellows(found: Mapping[str, Integration], ours: Integration, flow: Flow, portal: str) -> dict[str, Integration]:
    """Return the other integrations that deliver a flow to the same account of a portal, by name."""
    if ours.account is None:
        return {}
    return {
        name: each
        for name, each in sorted(found.items())
        if each.account == ours.account and name != ours.name and _takes(each, flow, portal)
    }


def differences(one: Integration, other: Integration, portal: str) -> list[str]:
    """Return the keys that have to be the same in both, and are not: they decide where a file goes and how it looks."""
    pairs = zip(_said(one, portal), _said(other, portal), strict=True)
    return [key for (key, ours), (_, theirs) in pairs if ours != theirs]


def said_of_differences(name: str, other: str, account: str, keys: Collection[str]) -> Message:
    """Say what two members say differently of their portal."""
    return coded(
        "run.account_differs",
        "{name} and {other} share account {account}, and say different things of it: {keys}. Make these the same in "
        "{name}.yaml and {other}.yaml.",
        name=name,
        other=other,
        account=account,
        keys=", ".join(keys),
    )


def said_of_employers(name: str, other: str, account: str, codes: Collection[str]) -> Message:
    """Say that two members have the same employer."""
    return coded(
        "run.account_employer",
        "Employer {codes} is of {name} and of {other}, which share account {account}: each employer may come from one "
        "of them only. Deactivate it at the other one, with --purge.",
        codes=", ".join(sorted(codes)),
        name=name,
        other=other,
        account=account,
    )


def _said(integration: Integration, portal: str) -> Iterator[tuple[str, Any]]:
    entry = next(each for each in integration.portals if each.portal == portal)
    yield from ((f"portals[{portal}].{key}", getattr(entry, key)) for key in _OF_THE_PORTAL)
    suite, absence = integration.xpert_suite, integration.absence
    yield from ((f"xpert_suite.{key}", getattr(suite, key)) for key in type(suite).model_fields)
    yield from ((f"absence.{key}", getattr(absence, key)) for key in _OF_ABSENCE)


def _takes(integration: Integration, flow: Flow, portal: str) -> bool:
    return any(each.portal == portal for each in integration.portals_for(flow))
