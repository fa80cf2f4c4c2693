"""`veerpont preview`: what the next run of a flow would send."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from veerpont.cli.terminal import Json, find_connections
from veerpont.model.failures import NothingToDoError, SettingsError
from veerpont.model.flows import Flow

if TYPE_CHECKING:
    from veerpont.pipeline.preview import Preview, Previews


def preview(
    integration: str,
    flow: Flow,
    keys: Annotated[bool, typer.Option("--keys", help="Also list the record keys, by employer.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the next run of a flow would send. The source is read; nothing is sent, and nothing is changed."""
    from veerpont.pipeline.preview import preview as previewed  # noqa: PLC0415

    find_connections()
    try:
        found = previewed(integration, flow, (lambda _: None) if as_json else typer.echo)
    except NothingToDoError as waits:
        raise SettingsError(str(waits)) from None
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    for portal in found.portals:
        typer.echo("\n".join(_portal(found, portal, keys)))
    typer.echo("\n".join(_rejects(found, keys)))


def _portal(found: "Previews", portal: "Preview", keys: bool) -> Iterator[str]:
    yield f"{found.integration}, {found.flow} to {portal.portal}:"
    for what, by_employer in portal.told.items():
        yield f"  {what:10}{sum(map(len, by_employer.values())):>9,}"
        if keys:
            yield from (f"{'':12}employer {code}: {', '.join(each)}" for code, each in sorted(by_employer.items()))
    for what in ("unchanged", "repeated", "filtered", "rejected"):
        yield f"  {what:10}{portal.counts[what]:>9,}"
    for hold in portal.held:
        what = f"{hold['gone']:,} removals" if hold["gone"] else f"all of it, {hold['records']:,} lines,"
        yield f"  held: {what} would wait for a person ({', '.join(hold['reasons'])}); counted above as if released"


def _rejects(found: "Previews", keys: bool) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in found.rejects:
        groups.setdefault((row["reason"], row["employer"], row["detail"]), []).append(row["key"])
    yield f"Rejects: {len(found.rejects):,}, of which {sum(row['new'] for row in found.rejects):,} are new."
    for (reason, employer, detail), of_it in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield f"  {len(of_it):>7,} {reason}{f', employer {employer}' if employer else ''}: {detail}"
        if keys:
            yield f"{'':10}{', '.join(of_it)}"
