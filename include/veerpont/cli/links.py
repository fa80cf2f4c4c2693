"""`veerpont links`: who of a Loket customer's employees crosses, and as whom (docs/loket.md)."""

from typing import Annotated

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import By, ledger
from veerpont.desk import lists
from veerpont.store import links
from veerpont.store.links import Choice

app = typer.Typer(no_args_is_help=True, help="Employees of a Loket customer: add, leave out, or link with somebody.")

Keys = Annotated[list[str], typer.Argument(metavar="KEY…", help="Record keys, as `veerpont links list` shows them.")]


@app.command("list")
@listing(lists.LINK, lists.LINK[:-1])
def list_(
    integration: Annotated[str | None, typer.Argument()] = None,
    decision: Annotated[Choice | None, typer.Option(help="Only with this decision; default all.")] = None,
) -> Rows:
    """List employees with what was decided about them, the undecided first."""
    return lists.of(integration, lists.list_links(ledger(), integration, decision))


@app.command("add")
def add(integration: str, keys: Keys, by: By) -> None:
    """Let these employees cross; what Loket has of their contracts now is taken over, once."""
    with ledger().session() as session:
        done = links.decide(session, integration, keys, Choice.ADD, by)
    typer.echo(f"Added by the next run of employees: {len(done)}.")


@app.command("skip")
def skip(integration: str, keys: Keys, by: By) -> None:
    """Do not import these employees. Whom the portal has already goes as everybody who is gone: guarded."""
    with ledger().session() as session:
        done = links.decide(session, integration, keys, Choice.SKIP, by)
    typer.echo(f"Left out from the next run of employees on: {len(done)}.")


@app.command("link")
def link(
    integration: str,
    key: str,
    personnel_number: str,
    by: By,
    department: Annotated[str, typer.Option(help="The code of the department that the portal has there.")] = "",
) -> None:
    """Link an employee with whom the portal knows by a personnel number; department and e-mail there stay."""
    with ledger().session() as session:
        links.decide(session, integration, [key], Choice.LINK, by, personnel_number, department)
    typer.echo("Linked by the next run of employees.")
