"""`veerpont mappings`: what the codes of a customer become, who said so, and what lacks."""

from typing import Annotated

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import By, ledger, tables
from veerpont.config.integration import Integration, read_integrations
from veerpont.config.mappings import MappedCode
from veerpont.config.settings import settings
from veerpont.desk import lists, mappings
from veerpont.model.failures import SettingsError

app = typer.Typer(no_args_is_help=True, help="Codes of a customer: what each becomes, who said so, and what lacks.")

COLUMNS = ("table", "employer", "code", "used", "lacking", "target", "from", "by", "at")

Name = Annotated[str, typer.Argument(metavar="TABLE", help="A setting of the integration file, as absence.causes.")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="The code of the source.")]
Employer = Annotated[str, typer.Option("--employer", help="Of which employer, where each has codes of its own.")]


@app.command("list")
@listing(lists.MAPPING, COLUMNS)
def list_(integration: str) -> Rows:
    """List the codes that the source uses or that are mapped, what each becomes, and where that is said."""
    found = integration_of(integration)
    with ledger().session() as session:
        return list(mappings.plain(session, found))


@app.command("set")
def set_(
    integration: str,
    table: Name,
    code: Code,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What it becomes; null leaves it out.")],
    by: By,
    employer: Employer = "",
) -> None:
    """Say what a code becomes, from the next run on. What the integration file says wins."""
    found = integration_of(integration)
    with ledger().session() as session:
        flow = mappings.fill_in(session, found, MappedCode(table, employer, code), target, by)
    typer.echo(
        f"Kept. The next run of {flow} uses it; what it would change: veerpont preview {integration} {flow}. To start "
        f'one: airflow dags trigger {flow} --conf \'{{"integration": "{integration}"}}\''
    )


@app.command("take-back")
def take_back(integration: str, table: Name, code: Code, by: By, employer: Employer = "") -> None:
    """Take back what was said of a code, from the next run on; what would go by that is held."""
    found = integration_of(integration)
    with ledger().session() as session:
        mappings.take_back(session, found, MappedCode(table, employer, code), by)
    typer.echo("Taken back from the next run on.")


@app.command("export")
def export(integration: str) -> None:
    """Print what is kept at the desk as YAML, to be pasted into the integration file."""
    found = integration_of(integration)
    with ledger().session() as session:
        typer.echo(mappings.export(session, found), nl=False)


def show_kept(integration: str | None = None, **_: object) -> None:
    """Print which codes of an integration are mapped and where, once people keep some at the desk."""
    found, _broken = read_integrations(settings().integrations, integration) if integration else ({}, {})
    rows = mappings.kept_at_desk(ledger(), found[integration]) if integration in found else []
    if rows:
        tables(rows, ("table", "employer", "code", "target", "from", "by", "at"))


def integration_of(name: str) -> Integration:
    """Return what the file of an integration says. Raises SettingsError when there is none, or it is wrong."""
    found, broken = read_integrations(settings().integrations, name)
    if name not in found:
        raise broken.get(name) or SettingsError(f"No file in VEERPONT_INTEGRATIONS has name: {name}.")
    return found[name]
