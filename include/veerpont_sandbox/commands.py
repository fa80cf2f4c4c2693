"""All of `veerpont sandbox`: what starts and breaks it, and the replay, which drives the product beside it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from veerpont.cli.terminal import Json
from veerpont_sandbox.cli import app

__all__ = ["app"]


@app.command("replay")
def sandbox_replay(
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 60,
    people: Annotated[int, typer.Option(min=12, help="How many people.")] = 60,
    seed: Annotated[int, typer.Option(help="The same number gives the same life.")] = 1,
    as_json: Json = False,
) -> None:
    """Let our link and a careless one carry the same days of absence, and compare: five runs a day, side by side."""
    from veerpont_sandbox.replay import replay  # noqa: PLC0415 -- loads the whole sandbox; only this command needs it

    columns = ("day", "truth", *(f"{what}{link}" for what in ("", "lost_", "extra_") for link in ("ours", "careless")))

    def tell(day: Mapping[str, Any]) -> None:
        if not as_json:  # a line at a time: it takes a minute
            happened = ", ".join(f"{count} {what}" for what, count in day["happened"].items())
            print("  ".join(f"{day[name]:>{max(len(name), 10)}}" for name in columns), happened, sep="  ")

    if not as_json:
        print(
            "  ".join(f"{name.replace('_', ' '):>{max(len(name), 10)}}" for name in columns), "at the source", sep="  "
        )
    found = replay(days, people, seed, lambda day: tell(vars(day)))
    print(json.dumps(found.as_json()) if as_json else f"\n{found.verdict}")
    if not found.good:
        raise typer.Exit(1)
