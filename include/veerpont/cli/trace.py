"""`veerpont trace`: where one record went."""

import json
from typing import Annotated, Any

import typer

from veerpont.cli.terminal import Json, OfFlow, cell
from veerpont.messages.catalog import say, texts
from veerpont.pipeline.trail.trace import trace


def trace_(
    words: Annotated[list[str], typer.Argument(metavar="[INTEGRATION] KEY", help="Which record.")],
    flow: OfFlow = None,
    as_json: Json = False,
) -> None:
    """Show where a record went: read, rejected, held, delivered, when, and in which run."""
    if len(words) > 2:
        raise typer.BadParameter("give a record key, with an integration before it or without")
    found = trace(words[-1], words[0] if len(words) == 2 else None, flow)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for record in found["records"]:
            _show(record)
        for sentence in found["why"]:
            typer.echo(sentence)
    if not found["found"]:
        raise typer.Exit(1)


def _show(record: dict[str, Any]) -> None:
    typer.echo(f"{record['integration']}, {record['flow']}, {record['key'] or 'a record that left (key not kept)'}")
    for each in record["portals"]:
        since = f", since delivery {each['delivery']} of {cell(each['at'])}" if each["at"] else ""
        typer.echo(f"  now: {_where(each)}: {say('trace.now_' + each['state'], 'en')}{since}")
    if reject := record["reject"]:
        last = f"attempts {reject['attempts']}, seen last at {cell(reject['last_seen'])}"
        typer.echo(f"  now: rejected ({reject['state']}), {reject['reason']}, {last}. {reject['detail']}")
    for row in record["waiting"]:
        by = (
            f", {'released' if row['state'] == 'held' else 'discarded'} by {row['decided_by']}"
            if row["decided_by"]
            else ""
        )
        typer.echo(f"  now: in delivery {row['id']} to {row['portal']}, {row['state']} ({row['reasons']}){by}")
    if seen := record["history"]:
        missed = f", not shown by the wide read of {cell(seen['missed'])}" if seen["missed"] else ""
        typer.echo(f"  the history has {seen['lines']} lines of it, shown last at {cell(seen['seen'])}{missed}")
    for sentence in record["why"]:
        typer.echo(f"  {sentence}")
    if last_read := record["last_read"]:
        typer.echo(f"  the flow was last read until {cell(last_read['ended_at'])}, {last_read['run_id']}")
    for event in record["events"]:
        known = [_word(event["event"]), _where(event), event["detail"]]
        known += [f"delivery {event['delivery']}" if event["delivery"] else "", event["by"], event["run_id"]]
        typer.echo(f"  {cell(event['at'])}  {', '.join(filter(None, known))}")


def _word(event: str) -> str:
    """Return the words for an event; those of rejects and decisions are words already."""
    return say(f"trace.{event}", "en") if f"trace.{event}" in texts() else event


def _where(found: dict[str, Any]) -> str:
    """Return portal and part: of an employment its employer and number."""
    return f"{found['portal']} {found['part']}".strip()
