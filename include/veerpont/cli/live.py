"""`veerpont live`: let the schedule run a customer, or take it off the schedule."""

from typing import Annotated

import typer

from veerpont.cli.terminal import By, ledger
from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError
from veerpont.store import live
from veerpont.store.live import LiveAct


def live_(
    integration: str,
    by: By,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take it off the schedule again.")] = False,
) -> None:
    """Let the schedule run an integration whose file says `schedule: when_live`."""
    found, broken = read_integrations(settings().integrations)
    if integration not in found:
        names = ", ".join(found) or "none"
        raise broken.get(integration) or SettingsError(f"There is no integration {integration}. There are: {names}.")
    if not found[integration].waits_to_go_live:
        raise SettingsError(
            f"{integration} is on the schedule by its file. To decide it here, write `schedule: when_live` there."
        )
    with ledger().session() as session:
        live.decide(session, integration, LiveAct.BACK if take_back else LiveAct.TAKE, by)
    said = "off the schedule from now on" if take_back else "on the schedule from the next run on"
    typer.echo(f"{integration} is {said}.")
