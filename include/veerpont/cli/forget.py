"""`veerpont forget`: a person who asks to be forgotten, and a customer who left."""

import json
from typing import Annotated, Any

import typer

from veerpont.cli.terminal import By, Json
from veerpont.model.failures import SettingsError
from veerpont.pipeline.forget.customer import forget_all
from veerpont.pipeline.forget.person import forget


def forget_(
    integration: str,
    by: By,
    key: Annotated[
        str | None, typer.Argument(help="The record key, the personnel number, or EMPLOYER/number:N.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is kept of a customer who left.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only shown.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a person: out of the vault and the ledger; the removal at the portals then waits for a person."""
    if everything == (key is not None):
        raise typer.BadParameter("name one person by a key, or say --all")
    if not by.strip():
        raise SettingsError("Say who decides this: it is kept.")
    by = by.strip()[:200]
    found = forget_all(integration, by, yes) if key is None else forget(integration, key, by, yes)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif key is None:
        _show_all(found)
    else:
        _show(found)
    if not yes and not as_json:
        typer.echo("Nothing was changed. To do it: the same with --yes.")


def _show(found: dict[str, Any]) -> None:
    if found["before"] is not None:
        typer.echo(f"{found['key']} was forgotten on {found['before'][:10]} already (number {found['number']}).")
    for each in found["lines"]:
        waits = "the removal there waits for a release" if each["removal"] == "held" else "nothing is removed there"
        typer.echo(f"{each['flow']} to {each['portal']}: {each['lines']} lines; {waits}")
    for name in ("history", "rejects", "links"):
        typer.echo(f"{name}: {found[name]}")
    for each in found["files"]:
        typer.echo(f"stored file of delivery {each['id']} ({each['flow']} to {each['portal']}): {each['name']}")
    if found["superseded"]:
        typer.echo(f"prepared and not sent, made again: {', '.join(map(str, found['superseded']))}")
    typer.echo(found["warning"])
    if found["done"]:
        typer.echo(f"Forgotten, as number {found['number']}.")


def _show_all(found: dict[str, Any]) -> None:
    typer.echo(f"{found['integration']}: {found['objects']} objects of the vault, {found['rejects']} rejects")
    typer.echo(found["warning"])
    if found["done"]:
        typer.echo("Forgotten.")
