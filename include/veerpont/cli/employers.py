"""`veerpont employers`: who may cross, and who decided that."""

from typing import Annotated

import typer

from veerpont.cli.terminal import By, Json, ledger, of, show
from veerpont.desk import lists
from veerpont.store import employers as store

app = typer.Typer(no_args_is_help=True, help="Employers: who may cross, and who decided that.")


@app.command("list")
def list_(integration: Annotated[str | None, typer.Argument()] = None, as_json: Json = False) -> None:
    """List employers with their state."""
    columns = ("integration", "code", "name", "state", "frozen", "by", "at")
    show(of(integration, lists.list_employers(ledger(), integration)), as_json, columns)


@app.command()
def activate(integration: str, codes: list[str], by: By) -> None:
    """Let the rows of these employers through from the next run on."""
    with ledger().session() as session:
        store.activate(session, integration, codes, by)
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
