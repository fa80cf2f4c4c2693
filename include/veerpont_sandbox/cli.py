"""`veerpont sandbox`: start it, look into it, break it."""

import json
import signal
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Annotated, Any, NoReturn

import requests
import typer
from rich.console import Console
from rich.table import Table

from veerpont_sandbox.faults import KINDS
from veerpont_sandbox.portal.state import COUNTED

app = typer.Typer(help="AFAS, the portal and a mail server on this machine.", no_args_is_help=True)
fault_app = typer.Typer(help="Switch faults of a running sandbox.", no_args_is_help=True)
app.add_typer(fault_app, name="fault")

Home = Annotated[Path, typer.Option("--home", help="Where the sandbox keeps its files.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
DEFAULT_HOME = Path(".sandbox")


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    people: Annotated[int, typer.Option(help="Size of the generated customer.")] = 2_000,
    customers: Annotated[
        list[str] | None, typer.Option("--customer", help="Instead of the usual ones, e.g. sluis (Loket).")
    ] = None,
    reports: Annotated[bool, typer.Option("--reports", help="The portal puts its log reports on the account.")] = False,
) -> None:
    """Run until Ctrl-C or SIGTERM; connections and integration files are written into the home first."""
    from veerpont_sandbox.world import USUAL, Sandbox  # noqa: PLC0415 -- loads three servers; only this command needs them

    stop = Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, stopped)
    signal.signal(signal.SIGTERM, stopped)
    try:
        sandbox = Sandbox(home, customers or USUAL, people=people, reports=reports)
    except OSError as error:
        _fail(f"The ports of {home} cannot be used ({error.strerror}): is a sandbox running there already?")
    sandbox.write_integrations(home / "integrations")
    _write_connections(home / "connections.env", sandbox.connections())
    with sandbox:
        table = Table(title="Sandbox")
        for column in ("what", "where"):
            table.add_column(column)
        table.add_row("AFAS", f"{sandbox.afas.url}/ProfitRestServices")
        if sandbox.loket.providers:
            table.add_row("Loket", sandbox.loket.api_url)
            table.add_row("Loket, to authorise", sandbox.loket.authorize_url)
        table.add_row("portal", f"sftp://{sandbox.portal.host}:{sandbox.portal.port}")
        table.add_row("portal, JSON API", sandbox.portal_url)
        table.add_row("mail", f"smtp://{sandbox.mail.host}:{sandbox.mail.port}, kept in {sandbox.mail.folder}")
        table.add_row("connections", f"source {home / 'connections.env'}")
        table.add_row("integrations", str(home / "integrations"))
        table.add_row(
            "customers", ", ".join(f"{c.name} ({c.environment or c.system})" for c in sandbox.customers.values())
        )
        Console().print(table)
        stop.wait()


def _write_connections(path: Path, connections: dict[str, str]) -> None:
    """Write shell lines; the file holds private keys, so only its owner may read it."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    quoted = ((name, value.replace("'", "'\\''")) for name, value in connections.items())
    path.write_text("".join(f"export {name}='{value}'\n" for name, value in quoted))


@app.command()
def status(home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Show what the portal has, after it has imported what arrived."""
    found = _call("GET", home, "portal")
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table(title="Portal")
    for column in ("customer", *COUNTED, "files", "rejected in the last files"):
        table.add_column(column)
    for name, counts in found["counts"].items():
        last = {report["flow"]: report["rejected"] for report in found["reports"][name]}
        rejected = ", ".join(f"{flow} {number}" for flow, number in last.items())
        table.add_row(name, *(str(number) for number in counts.values()), str(len(found["reports"][name])), rejected)
    Console().print(table)


@fault_app.command("add")
def add_fault(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    option: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, VALUE as JSON or text.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Switch a fault on, e.g. `add maintenance --set seconds=60 --set customer=veerhuis`."""
    pairs = (text.partition("=") for text in option or [])
    _say(_call("POST", home, "faults", {"kind": kind} | {name: _value(text) for name, _, text in pairs}))


@fault_app.command("clear")
def clear_faults(kind: Annotated[str | None, typer.Argument()] = None, home: Home = DEFAULT_HOME) -> None:
    """Switch every fault off, or those of one kind."""
    _say(_call("DELETE", home, f"faults?kind={kind}" if kind else "faults"))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _say(faults: list[dict[str, Any]]) -> None:
    typer.echo("\n".join(json.dumps(fault) for fault in faults) or "No faults.")


def _call(method: str, home: Path, path: str, content: Any = None) -> Any:
    """Call the running sandbox of this home; exit code 1 when there is none or it refuses."""
    try:
        port = json.loads((home / "sandbox.json").read_text())["ports"]["afas"]
        answer = requests.request(method, f"http://127.0.0.1:{port}/sandbox/{path}", json=content, timeout=60)
    except (FileNotFoundError, requests.ConnectionError):
        _fail(f"No sandbox is running in {home}.")
    if not answer.ok:
        _fail(answer.json()["error"])
    return answer.json()


def _fail(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
