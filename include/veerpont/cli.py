"""The `veerpont` command. Exit code 0: done, 1: refused or found something, 2: wrong usage. `--json`: one document."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from veerpont import instance
from veerpont.config.settings import Settings, settings
from veerpont.desk import lists
from veerpont.desk.check import check as check_all
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.sandbox.cli import app as sandbox_app
from veerpont.store import deliveries as delivery_store
from veerpont.store import employers as employer_store
from veerpont.store import rejects as reject_store
from veerpont.store.ledger import Ledger

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
employers_app = typer.Typer(no_args_is_help=True, help="Employers: who may cross, and who decided that.")
rejects_app = typer.Typer(no_args_is_help=True, help="Records that could not cross (uitval).")
deliveries_app = typer.Typer(no_args_is_help=True, help="What was sent, and what waits for a person.")
template_app = typer.Typer(no_args_is_help=True, help="The portal's own templates.")
app.add_typer(employers_app, name="employers")
app.add_typer(rejects_app, name="rejects")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(template_app, name="template")
app.add_typer(sandbox_app, name="sandbox")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str, typer.Option("--by", help="Who decides this; it is kept.")]
OfIntegration = Annotated[str | None, typer.Option("--integration", help="Only this integration.")]
OfFlow = Annotated[Flow | None, typer.Option("--flow", help="Only this flow.")]


@app.command()
def env(
    home: Annotated[Path, typer.Option(help="The folder of the instance.")],
    ledger: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of its ledger; default SQLite in the folder.")
    ] = None,
) -> None:
    """Make an instance of its own in a folder, and print its environment: eval "$(veerpont env --home DIR)"."""
    print(instance.exports(instance.environment(home, ledger)))


@app.command()
def check(integration: Annotated[str | None, typer.Argument()] = None, as_json: Json = False) -> None:
    """List everything that is missing before an integration can run."""
    found = check_all(_settings(), integration)
    _show(found, as_json, "Missing")
    if found:
        raise typer.Exit(1)


@app.command()
def runs(integration: OfIntegration = None, flow: OfFlow = None, as_json: Json = False) -> None:
    """List runs with their books, the newest first."""
    hidden = {"run_id", "ended_at", "kind"}
    _show(lists.list_runs(_ledger(), integration, flow), as_json, "Runs", hidden)


@rejects_app.command("list")
def rejects_list(
    integration: OfIntegration = None,
    flow: OfFlow = None,
    state: Annotated[str | None, typer.Option(help="open, closed or ignored; default all.")] = None,
    as_json: Json = False,
) -> None:
    """List records that could not cross, the oldest first."""
    _show(lists.list_rejects(_ledger(), integration, flow, state), as_json, "Rejects", {"first_seen", "stage"})


@rejects_app.command("confirm")
def rejects_confirm(integration: str, flow: Flow, key: str, by: By) -> None:
    """Confirm the change a reject asks about: a new personnel number, a move to another employer."""
    with _ledger().session() as session:
        reject_store.confirm(session, integration, flow, key, by)
    print(f"Confirmed; the next run of {flow} brings it across.")


@employers_app.command("list")
def employers_list(integration: Annotated[str | None, typer.Argument()] = None, as_json: Json = False) -> None:
    """List employers with their state."""
    _show(lists.list_employers(_ledger(), integration), as_json, "Employers")


@employers_app.command("activate")
def employers_activate(integration: str, codes: list[str], by: By) -> None:
    """Let the rows of these employers through from the next run on."""
    with _ledger().session() as session:
        employer_store.activate(session, integration, codes, by)
    print(f"Active from the next run on: {', '.join(codes)}.")


@employers_app.command("deactivate")
def employers_deactivate(
    integration: str,
    codes: list[str],
    by: By,
    purge: Annotated[bool, typer.Option("--purge", help="The portal no longer covers them: leave them out.")] = False,
) -> None:
    """Stop reading these employers. What the portal was told of them stays, unless --purge."""
    with _ledger().session() as session:
        employer_store.deactivate(session, integration, codes, by, purge)
    print(f"Inactive from now on: {', '.join(codes)}.")


@deliveries_app.command("list")
def deliveries_list(integration: OfIntegration = None, flow: OfFlow = None, as_json: Json = False) -> None:
    """List deliveries, the newest first."""
    hidden = {"sha256", "decided_at"}
    _show(lists.list_deliveries(_ledger(), integration, flow), as_json, "Deliveries", hidden)


@deliveries_app.command("release")
def deliveries_release(delivery: int, by: By) -> None:
    """Let a held removal or delivery go; the next run of its flow makes it."""
    with _ledger().session() as session:
        row = delivery_store.decide(session, delivery, by, release=True)
    print(
        f"Released. It goes with the next run; to start one: airflow dags trigger {row.flow} --conf "
        f"'{json.dumps({'integration': row.integration})}'"
    )


@deliveries_app.command("discard")
def deliveries_discard(delivery: int, by: By) -> None:
    """Do not make a held removal: what the portal was told stays, and nobody is asked again about the same set."""
    with _ledger().session() as session:
        delivery_store.decide(session, delivery, by, release=False)
    print("Discarded.")


@template_app.command("learn")
def template_learn(
    file: Path,
    flow: Annotated[Flow | None, typer.Option(help="Whose template it is; default: the one it fits best.")] = None,
) -> None:
    """Read the standard template of the portal and propose the columns for the integration file."""
    from veerpont.portals.xpert_suite import template  # noqa: PLC0415 -- reads workbooks; only this command does

    proposal = template.learn(file, flow) if flow else template.best(file)
    print(proposal.yaml())
    if proposal.missing:
        raise typer.Exit(1)


def main() -> NoReturn:
    """Run the command line; a failure we foresaw is one sentence, or one JSON document with `--json`."""
    try:
        app()
    except VeerpontError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": str(error), "kind": error.kind}))
        else:
            Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(1)
    sys.exit(0)


def _settings() -> Settings:
    ours = settings()
    if not ours.integrations.is_dir():
        raise SettingsError(f"VEERPONT_INTEGRATIONS is not a folder: {ours.integrations}.")
    return ours


def _ledger() -> Ledger:
    ledger = Ledger(settings().ledger)
    ledger.require_current()
    return ledger


def _show(rows: list[dict[str, Any]], as_json: bool, title: str, hidden: set[str] | None = None) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print(f"{title}: none.")
        return
    names = [name for name in rows[0] if name not in (hidden or set())]
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    Console().print(table)
