"""The `veerpont` command. Exit code 0: done, 1: refused or found something, 2: wrong usage. `--json`: one document."""

import json
import logging
import re
import sys
from datetime import timedelta
from importlib import import_module
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from veerpont.cli import instance
from veerpont.cli.adopt import adopt
from veerpont.cli.batches import app as batches_app
from veerpont.cli.compare import compare
from veerpont.cli.employers import app as employers_app
from veerpont.cli.forget import forget_
from veerpont.cli.init import init_, no_sandbox
from veerpont.cli.links import app as links_app
from veerpont.cli.listing import Rows, listing, new_file
from veerpont.cli.live import live_
from veerpont.cli.loket import app as loket_app
from veerpont.cli.mappings import app as mappings_app
from veerpont.cli.mappings import show_kept
from veerpont.cli.new import new
from veerpont.cli.preview import preview
from veerpont.cli.rejects import RejectState
from veerpont.cli.rejects import app as rejects_app
from veerpont.cli.report import report
from veerpont.cli.store import ledger_app, vault_app
from veerpont.cli.terminal import By, Json, OfFlow, OfIntegration, find_connections, ledger
from veerpont.cli.trace import trace_
from veerpont.config.integration import read_integrations
from veerpont.config.settings import Settings, settings
from veerpont.desk import export, lists, resend, seen
from veerpont.desk.check import check as check_all
from veerpont.flows.absence.coverage import table_of
from veerpont.messages.catalog import word
from veerpont.model.failures import SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.store import deliveries as delivery_store
from veerpont.store.clock import today
from veerpont.store.runs import COUNTS

__all__ = ["RejectState", "app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
deliveries_app = typer.Typer(no_args_is_help=True, help="What was sent, and what waits for a person.")
template_app = typer.Typer(no_args_is_help=True, help="The portal's own templates.")
app.add_typer(employers_app, name="employers")
app.add_typer(rejects_app, name="rejects")
app.add_typer(links_app, name="links")
app.add_typer(mappings_app, name="mappings")
app.add_typer(loket_app, name="loket")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(template_app, name="template")
app.add_typer(batches_app, name="batches")
app.add_typer(ledger_app, name="ledger")
app.add_typer(vault_app, name="vault")
app.command("trace")(trace_)
deliveries_app.command("report")(report)
app.command("forget")(forget_)
app.command()(preview)
app.command()(compare)
app.command()(adopt)
app.command("init")(init_)
app.command("live")(live_)
app.command()(new)
if find_spec("veerpont_sandbox"):
    app.add_typer(import_module("veerpont_sandbox.commands").app, name="sandbox")
else:
    app.command("sandbox", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(no_sandbox)


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"veerpont {version_of('veerpont')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    pass


@app.command()
def env(
    home: Annotated[Path, typer.Option(help="The folder of the instance.")],
    ledger: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of its ledger; default SQLite in the folder.")
    ] = None,
) -> None:
    """Make an instance of its own in a folder, and print its environment: eval "$(veerpont env --home DIR)"."""
    print(instance.exports(instance.environment(home, ledger)))


def _beside(integration: str | None = None, **_: object) -> None:
    """Print what is to be known and no problem."""
    show_kept(integration)
    found, _broken = read_integrations(_settings().integrations, integration)
    for sentence in seen.of_airflow(each for name, each in found.items() if integration in {None, name}):
        print(sentence)


@app.command()
@listing(("integration", "flow", "problem"), failing=True, then=_beside)
def check(
    integration: Annotated[str | None, typer.Argument()] = None,
    live: Annotated[bool, typer.Option("--live", help="Also try the connections: source, portals, mail.")] = False,
) -> Rows:
    """List everything that is missing before an integration can run."""
    find_connections()
    return check_all(_settings(), integration, live)


@app.command()
@listing(lists.RUN, ("integration", "flow", "started_at", "state", *COUNTS), below="message")
def runs(integration: OfIntegration = None, flow: OfFlow = None) -> Rows:
    """List runs with their books, the newest first."""
    return lists.of(integration, lists.list_runs(ledger(), integration, flow))


@app.command("calls")
@listing(lists.CALLS)
def calls_(
    integration: Annotated[str | None, typer.Argument()] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days, today included.")] = 14,
) -> Rows:
    """List how often each flow asked its source, a day at a time."""
    return lists.of(integration, lists.list_calls(ledger(), integration, today() - timedelta(days=days - 1)))


@app.command()
@listing(lists.COVERAGE, lists.COVERAGE[1:])
def coverage(integration: str) -> Rows:
    """Show which months of absence the history was asked for, what came, and what the portal has."""
    _settings()
    return table_of(integration)


@deliveries_app.command("list")
@listing(
    lists.DELIVERY,
    ("id", "integration", "flow", "state", "records", "gone", "reasons", "name", "at", "decided_by"),
)
def deliveries_list(integration: OfIntegration = None, flow: OfFlow = None) -> Rows:
    """List deliveries, the newest first."""
    return lists.of(integration, lists.list_deliveries(ledger(), integration, flow))


@deliveries_app.command("show")
def deliveriesshow(delivery: int, as_json: Json = False) -> None:
    """Show one delivery; of one that waits for a person, which records it is about, by employer."""
    found = lists.show_delivery(delivery)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if name not in {"keys", "what", "schema", "why", "columns"} and value not in {None, ""}:
            print(f"{name.replace('_', ' ')}: {value}")
    for what, columns in (found["schema"] or {}).items():
        if columns:
            print(f"columns {what}: {', '.join(columns)}")
    for what, by_employer in found["what"].items():
        for employer, keys in by_employer.items():
            print(f"employer {employer}, {len(keys)} {what}: {', '.join(keys)}")
    for why, keys in found["why"].items():
        print(f"{len(keys)} {word(why, 'en')}: {', '.join(keys)}")
    for column, how in found["columns"].items():
        print(f"column {column}: {', '.join(f'{count} {what}' for what, count in how.items())}")


@deliveries_app.command("release")
def deliveries_release(delivery: int, by: By) -> None:
    """Let a held removal or delivery go; the next run of its flow makes it."""
    with ledger().session() as session:
        row = delivery_store.decide(session, delivery, by, release=True)
    if row.reasons == delivery_store.LEFT:
        print(f"Released. It goes with the next run of {row.flow} of another member of the account.")
        return
    print(
        f"Released. It goes with the next run; to start one: airflow dags trigger {row.flow} --conf "
        f"'{json.dumps({'integration': row.integration})}'"
    )


@deliveries_app.command("discard")
def deliveries_discard(delivery: int, by: By) -> None:
    """Do not make a held removal: what the portal was told stays, and nobody is asked again about the same set."""
    with ledger().session() as session:
        delivery_store.decide(session, delivery, by, release=False)
    print("Discarded.")


@deliveries_app.command("resend")
def deliveries_resend(delivery: int, by: By, as_json: Json = False) -> None:
    """Send the newest accepted file of a flow once more, as it is; the next run of the flow does it."""
    with ledger().session() as session:
        row = resend.ask(session, delivery, by)
        flow, conf = row.flow, json.dumps({"integration": row.integration})
    if as_json:
        print(json.dumps(lists.show_delivery(delivery), ensure_ascii=False))
        return
    print(f"It goes again with the next run; to start one: airflow dags trigger {flow} --conf '{conf}'")


@deliveries_app.command("export")
def deliveries_export(
    delivery: int, by: By, to: Annotated[Path, typer.Option("--to", help="A file that is not there yet.")]
) -> None:
    """Write the file of a delivery, readable by its owner only; who took it is kept."""
    with new_file(to) as file, ledger().session() as session:
        row, content = export.take(session, delivery, by)
        file.writelines(content.chunks())
        name = row.name
    print(f"{name}, {content.size} bytes, is in {to}. It holds personal data: delete it when it was used.")


@template_app.command("learn")
def template_learn(
    file: Path,
    flow: Annotated[Flow | None, typer.Option(help="Whose template it is; default: the one it fits best.")] = None,
) -> None:
    """Read the standard template of the portal and propose the columns for the integration file."""
    from veerpont.systems.xpert_suite import template  # noqa: PLC0415 -- reads workbooks; only this command does

    proposal = template.learn(file, flow) if flow else template.best(file)
    print(proposal.yaml())
    if proposal.missing:
        raise typer.Exit(1)


def main() -> NoReturn:
    """Run the command line; a failure we foresaw is one sentence, or one JSON document with `--json`."""
    as_json = re.search(r" --(json|format[ =]json)( |$)", " ".join(sys.argv)) is not None
    if sys.argv[1:2] != ["sandbox"]:  # its servers log; what others log would stand between what a command says
        logging.disable(logging.CRITICAL)
    try:
        sys.exit(app(standalone_mode=False))
    except VeerpontError as error:
        _fail(str(error), error.kind, as_json, 1)
    except TyperException as error:
        _fail(getattr(error, "format_message", error.__str__)(), "usage", as_json, 2)
    except typer.Abort:
        sys.exit(1)
    finally:
        logging.disable(logging.NOTSET)


def _fail(message: str, kind: str, as_json: bool, code: int) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message, "kind": kind}, ensure_ascii=False))
    else:
        Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    sys.exit(code)


def _settings() -> Settings:
    ours = settings()
    if not ours.integrations.is_dir():
        raise SettingsError(f"VEERPONT_INTEGRATIONS is not a folder: {ours.integrations}.")
    return ours
