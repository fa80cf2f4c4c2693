"""`veerpont deliveries report`: what the portal said of a file, brought by a person."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from veerpont.cli.terminal import Json
from veerpont.model.failures import SettingsError
from veerpont.pipeline.reports.take import intake, take


def report(
    file: Annotated[Path, typer.Argument(help="The report, as it was downloaded or mailed.")],
    integration: Annotated[str | None, typer.Option("--integration", help="Whose report it is.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who brings it; it is kept.")] = "command line",
    as_json: Json = False,
) -> None:
    """Take the portal's report of a file: what it rejected becomes rejects, and the delivery is confirmed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    taken = take(intake(integration, by), content)
    typer.echo(json.dumps(msgspec.to_builtins(taken)) if as_json else taken.sentence)
    if taken.result in {"unknown", "superseded"}:
        raise typer.Exit(1)
