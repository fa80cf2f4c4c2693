"""Integrations that share an account at a portal (`account: NAME`): who they are, and what has to be the same in all.

Why: docs/decisions/0033.
"""

from collections.abc import Collection, Mapping

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.messages import Message, coded


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
    ours, theirs = one.says_of(portal), other.says_of(portal)
    return [key for key, value in ours.items() if value != theirs[key]]


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


def _takes(integration: Integration, flow: Flow, portal: str) -> bool:
    return any(each.portal == portal for each in integration.portals_for(flow))
