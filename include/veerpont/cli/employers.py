"""`veerpont employers`: who may cross, and who decided that."""

from datetime import date
from typing import Annotated

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import By, ledger
from veerpont.desk import lists
from veerpont.rules.dates import parse_date
from veerpont.store import employers as store

app = typer.Typer(no_args_is_help=True, help="Employers: who may cross, and who decided that.")


@app.command("list")
@listing(lists.EMPLOYER)
def list_(integration: Annotated[str | None, typer.Argument()] = None) -> Rows:
    """List employers with their state."""
    return lists.of(integration, lists.list_employers(ledger(), integration))


@app.command()
def activate(
    integration: str,
    codes: list[str],
    by: By,
    service_from: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The first day of their service, as 2026-01-31; none takes it away."),
    ] = None,
    service_until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The last day of their service, as 2026-12-31; none takes it away."),
    ] = None,
) -> None:
    """Let the rows of these employers through from the next run on. A day that is not given stays as it was."""
    given = {"first": service_from, "last": service_until}
    service = {name: _day(text) for name, text in given.items() if text is not None}
    with ledger().session() as session:
        store.activate(session, integration, codes, by, service)
    typer.echo(f"Active from the next run on: {', '.join(codes)}.")


@app.command()
def deactivate(
    integration: str,
    codes: list[str],
    by: By,
    purge: Annotated[bool, typer.Option("--purge", help="The portal no longer covers them: leave them out.")] = False,
) -> None:
    """Stop reading these employers. What the portal was told of them stays, unless --purge."""
    with ledger().session() as session:
        store.deactivate(session, integration, codes, by, purge)
    typer.echo(f"Inactive from now on: {', '.join(codes)}.")


def _day(text: str) -> date | None:
    try:
        return None if text == "none" else parse_date(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2026-12-31, or none.") from None
