"""`veerpont compare`: what is at a portal, against what we told it; and the files of two links."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from veerpont.cli.terminal import Json, find_connections, plain
from veerpont.config.integration import Integration, read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import NothingToDoError, SettingsError
from veerpont.model.flows import Flow

if TYPE_CHECKING:
    from veerpont.pipeline.moving_in.pairing import AtEmployer
    from veerpont.pipeline.moving_in.reconcile import Reconciled

AGAINST = {
    "told": "against what it was told",
    "next": "against what the next run would send, for nothing was told yet",
    "file": "against the second file",
}
SHOWN = 20
OfPortal = Annotated[str | None, typer.Option("--portal", help="Whose file it is, where that is not clear.")]


def compare(
    what: Annotated[
        list[str], typer.Argument(metavar="INTEGRATION FLOW FILE | FILE FILE", help="An export, or two files.")
    ],
    portal: OfPortal = None,
    flow: Annotated[Flow | None, typer.Option("--flow", help="Of two files: what they are of.")] = None,
    integration: Annotated[
        str | None, typer.Option("--integration", help="Of two files: whose columns they have.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Also list which lines differ; who asked for it is kept.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare what is at a portal (an export, or a file of another link) with what we told it. Nothing is changed."""
    from veerpont.pipeline.moving_in import reconcile  # noqa: PLC0415

    find_connections()
    match what:
        case [name, of, file] if of in set(Flow) and flow is None and integration is None:
            note = (lambda _: None) if as_json else typer.echo
            try:
                found = reconcile.compare(name, Flow(of), Path(file), portal, note, by)
            except NothingToDoError as waits:
                raise SettingsError(str(waits)) from None
        case [first, second] if by is None and flow is not None:
            files = (Path(first), Path(second))
            found = reconcile.compare_files(files, flow, portal, _integration(integration) if integration else None)
        case _:
            raise typer.BadParameter(
                "give INTEGRATION FLOW FILE, with --by to list the lines; or FILE FILE with --flow and with --portal "
                "or --integration."
            )
    show(found, as_json)
    if found.differs:
        raise typer.Exit(1)


def _integration(name: str) -> Integration:
    found, broken = read_integrations(settings().integrations, name)
    if name not in found:
        raise broken.get(name) or SettingsError(f"There is no integration {name}.")
    return found[name]


def show(found: "Reconciled", as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    else:
        typer.echo("\n".join(said(found)))


def said(found: "Reconciled") -> Iterator[str]:
    """Yield the counts in words, and the lines where they were asked for."""
    whose = f"{found.integration}, " if found.integration else ""
    yield f"{whose}{found.flow} at {found.portal}, {found.lines:,} lines there, {AGAINST[found.against]}:"
    for code, each in found.employers.items():
        yield f"  employer {plain(code)[:60]}: {_counts(each)}"
    if found.by_second:
        yield f"  {found.by_second:,} lines have another key there and were matched by what else tells them"
    if found.rejected:
        yield f"  {found.rejected:,} of those that are only there are rejects of ours"
    if found.outside:
        yield f"  {found.outside:,} lines are only there, and no file of ours ends them"
    if found.dropped:
        rows = sum(found.dropped.values())
        yield f"  {rows:,} rows left out, of employers that are not active: {_codes(found.dropped)}"
    if found.unusable:
        more = ", …" if len(found.unusable) > SHOWN else ""
        yield f"  rows that cannot be read: {', '.join(map(str, found.unusable[:SHOWN]))}{more}"
    if found.lacking:
        yield f"  columns that only one side has, not compared: {', '.join(found.lacking)}"
    if found.foreign:
        yield f"  columns of the file that are not ours, not compared: number {', '.join(map(str, found.foreign))}"
    for key in found.keys or ():
        columns = key["columns"]
        about = f": {', '.join(columns)}" if isinstance(columns, list) and columns else ""
        where = (
            f"employer {plain(str(key['employer']))[:60]}, row {key['row'] or '-'}, key {plain(str(key['key'])) or '-'}"
        )
        yield f"  {key['what']}, {where}{about}"


def _counts(each: "AtEmployer") -> str:
    columns = f" ({', '.join(f'{name} {count:,}' for name, count in each.columns.items())})" if each.columns else ""
    return (
        f"{each.same:,} the same, {each.differs:,} differ{columns}, {each.only_there:,} only there, "
        f"{each.only_ours:,} only ours"
    )


def _codes(dropped: Mapping[str, int]) -> str:
    return ", ".join(f"{code or 'not known here'} {count:,}" for code, count in dropped.items())
