"""`veerpont adopt`: what a portal in use has becomes what the first delivery is compared with."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from veerpont.cli.compare import OfPortal, said
from veerpont.cli.terminal import By, Json, find_connections
from veerpont.model.failures import NothingToDoError, SettingsError
from veerpont.model.flows import Flow
from veerpont.rules.dates import AMSTERDAM


def adopt(
    integration: str,
    flow: Flow,
    by: By,
    file: Annotated[Path | None, typer.Argument(help="An export, or the last file of the link before.")] = None,
    portal: OfPortal = None,
    taken_at: Annotated[
        str | None,
        typer.Option("--taken-at", help="When it was made (ISO, Dutch time); default: when the file was written."),
    ] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Forget what was adopted.")] = False,
    as_json: Json = False,
) -> None:
    """Let the guards of the first delivery count from what is at the portal. Nothing is sent; it can be discarded."""
    from veerpont.pipeline.moving_in import adopt as adopting  # noqa: PLC0415

    if discard == (file is not None) or (discard and taken_at is not None):
        raise typer.BadParameter("give a FILE, or --discard.")
    find_connections()
    if file is None:
        superseded = adopting.discard(integration, flow, by, portal)
        typer.echo(
            json.dumps({"superseded": superseded}) if as_json else f"Forgotten. {_asked_again(superseded)}".strip()
        )
        return
    try:
        note = (lambda _: None) if as_json else typer.echo
        found = adopting.adopt(integration, flow, file, by, note, portal, _moment(taken_at) if taken_at else None)
    except NothingToDoError as waits:
        raise SettingsError(str(waits)) from None
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
        return
    typer.echo("\n".join(said(found.found)))
    if found.repeated:
        typer.echo("The same was adopted before: nothing changed.")
        return
    typer.echo(
        f"Adopted: {found.adopted:,} lines. {found.unmatched:,} of them are not ours: the first delivery would end "
        f"them, and waits for a person. {_asked_again(found.superseded)}"
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("--taken-at is a moment such as 2026-11-30T09:15.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def _asked_again(superseded: list[int]) -> str:
    if not superseded:
        return ""
    return f"What waited ({', '.join(map(str, superseded))}) is asked again by the next run."
