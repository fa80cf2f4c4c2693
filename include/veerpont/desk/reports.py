"""A portal's report that a person brings, at the desk or to the command line."""

from collections.abc import Callable
from datetime import timedelta

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.desk.refused import RefusedError
from veerpont.model.failures import SettingsError
from veerpont.pipeline.reports import Intake, Taken, intake, take, understand

PATIENCE = timedelta(seconds=10)
"""How long somebody at the desk waits for a load of the flow."""


def integrations() -> list[str]:
    """Return the integrations that say what their portal's report is like; none where their files cannot be read."""
    try:
        found, _ = read_integrations(settings().integrations)
    except SettingsError:
        return []
    return [name for name, each in found.items() if each.xpert_suite.report]


def bring(content: bytes, integration: str | None, by: str, may: Callable[[str], bool] | None = None) -> Taken:
    """Take a report; `may` tells whether this person may act on a flow.

    Raises RefusedError when nobody says who brings it or they may not, SettingsError and PassingError as `take`.
    """
    if not by.strip():
        raise RefusedError("who", "Say who brings it: it is kept.")
    found = intake(integration, by.strip()[:200])
    if may is None:
        return take(found, content)
    _, row = understand(found, content)
    if row is not None and not may(row.flow):
        raise RefusedError(
            "may_not", "You may not act on {flow}: bring this report to somebody who may.", flow=row.flow
        )
    return take(Intake(found.integration, found.ledger, found.vault, found.by, PATIENCE), content)
