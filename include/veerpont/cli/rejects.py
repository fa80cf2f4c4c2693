"""`veerpont rejects`: records that could not cross (uitval), and what people do about them.

Whatever is done is done to one record key, or to all that the options choose: a group of `veerpont rejects groups`.
"""

import json
from enum import StrEnum
from typing import Annotated

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import By, Json, OfFlow, OfIntegration, cell, ledger
from veerpont.desk import lists, rejects
from veerpont.messages.catalog import reason as words_of
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.store import rejects as store
from veerpont.store.rejects import RejectFilter


class RejectState(StrEnum):
    """Where a reject stands."""

    OPEN = "open"
    CLOSED = "closed"
    IGNORED = "ignored"


app = typer.Typer(no_args_is_help=True, help="Records that could not cross (uitval).")

OfEmployer = Annotated[str | None, typer.Option("--employer", help="Only of this employer.")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Only with this reason.")]
Key = Annotated[str | None, typer.Argument(help="One record key; without it the options say which.")]


@app.command("list")
@listing(
    lists.REJECT,
    ("key", "reason", "field", "integration", "flow", "state", "attempts", "first_seen"),
    below="detail",
)
def list_(
    integration: OfIntegration = None,
    flow: OfFlow = None,
    state: Annotated[RejectState | None, typer.Option(help="Only in this state; default all.")] = None,
) -> Rows:
    """List records that could not cross, the oldest first."""
    return lists.of(integration, lists.each_reject(ledger(), integration, flow, state))


@app.command("groups")
@listing(
    lists.REJECT_GROUP,
    ("count", "reason", "employer", "flow", "integration", "stage", "questions", "oldest"),
)
def groups(
    integration: OfIntegration = None,
    flow: OfFlow = None,
    employer: OfEmployer = None,
    reason: OfReason = None,
    state: Annotated[RejectState, typer.Option(help="In this state.")] = RejectState.OPEN,
) -> Rows:
    """Count the records that could not cross by what is wrong, the largest group first; of absence also by code."""
    chosen = RejectFilter(integration, flow, employer, reason=reason, state=state)
    with ledger().session() as session:
        found = rejects.counted(session, chosen)
    return lists.of(integration, found)


@app.command("show")
def show_one(key: str, integration: OfIntegration = None, flow: OfFlow = None, as_json: Json = False) -> None:
    """Show everything that happened to a record that could not cross, in every flow that has it."""
    with ledger().session() as session:
        found = [rejects.plain(*one) for one in rejects.of_key(session, RejectFilter(integration, flow, key=key))]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found:
        for name, value in row.items():
            if name != "events" and value not in {None, "", False}:
                typer.echo(f"{name.replace('_', ' ')}: {cell(value)}")
        told = words_of(row["reason"], "en")
        typer.echo(f"who acts: {told.who}\ncloses: {told.closes}")
        for event in row["events"]:
            typer.echo(
                f"  {cell(event['at'])}  {event['event']}, {event['by']}{': ' * bool(event['detail'])}{event['detail']}"
            )


@app.command("retry")
def retry(
    by: By,
    key: Key = None,
    integration: OfIntegration = None,
    flow: OfFlow = None,
    employer: OfEmployer = None,
    reason: OfReason = None,
) -> None:
    """Ask for another try of open rejects by the next run of their flow."""
    chosen = _chosen(key, integration, flow, employer, reason)
    with ledger().session() as session:
        done = rejects.retry(session, chosen, by)
    _acted(done.count, "The next run tries them again")
    for name, flow_ in done.flows:
        typer.echo(f"To start one: airflow dags trigger {flow_} --conf '{json.dumps({'integration': name})}'")


@app.command("ignore")
def ignore(
    by: By,
    why: Annotated[str, typer.Option("--why", help="Why; it is kept.")],
    key: Key = None,
    integration: OfIntegration = None,
    flow: OfFlow = None,
    employer: OfEmployer = None,
    reason: OfReason = None,
) -> None:
    """Ignore open rejects as long as their reason stays the same."""
    chosen = _chosen(key, integration, flow, employer, reason)
    with ledger().session() as session:
        done = rejects.ignore(session, chosen, by, why)
    _acted(done.count, "Ignored as long as the reason stays the same")


@app.command("reopen")
def reopen(
    by: By,
    key: Key = None,
    integration: OfIntegration = None,
    flow: OfFlow = None,
    employer: OfEmployer = None,
    reason: OfReason = None,
) -> None:
    """Make ignored rejects open again."""
    chosen = _chosen(key, integration, flow, employer, reason)
    with ledger().session() as session:
        done = rejects.reopen(session, chosen, by)
    _acted(done.count, "Open again")


@app.command("note")
def note(
    by: By,
    key: Key = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Who looks after it; empty: nobody.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What they should know; empty: nothing.")] = None,
    integration: OfIntegration = None,
    flow: OfFlow = None,
    employer: OfEmployer = None,
    reason: OfReason = None,
) -> None:
    """Say who looks after rejects, and what they should know; never a name or a value of a record."""
    chosen = _chosen(key, integration, flow, employer, reason)
    with ledger().session() as session:
        done = rejects.note(session, chosen, by, owner, text)
    _acted(done.count, "Noted")


@app.command("confirm")
def confirm(integration: str, flow: Flow, key: str, by: By) -> None:
    """Confirm the change a reject asks about: a new personnel number, a move to another employer."""
    with ledger().session() as session:
        store.confirm(session, integration, flow, key, by)
    typer.echo(f"Confirmed; the next run of {flow} brings it across.")


def _chosen(
    key: str | None, integration: str | None, flow: Flow | None, employer: str | None, reason: str | None
) -> RejectFilter:
    chosen = RejectFilter(integration, flow, employer, reason=reason, key=key)
    if chosen == RejectFilter():
        raise typer.BadParameter("say which rejects: a record key, or --integration, --flow, --employer, --reason")
    return chosen


def _acted(count: int, what: str) -> None:
    """Say what was done; exit code 1 when there was nothing to do it to."""
    if not count:
        raise SettingsError("There are no such rejects in that state: `veerpont rejects list` shows which there are.")
    typer.echo(f"{what}: {count}.")
