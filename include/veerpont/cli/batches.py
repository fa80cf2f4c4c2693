"""`veerpont batches`: which customers cross together, where there are many."""

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import ledger
from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.desk import lists
from veerpont.pipeline import batches
from veerpont.store import batches as kept

app = typer.Typer(no_args_is_help=True, help="Which customers cross together, where there are many.")


@app.command("list")
@listing(lists.BATCH)
def list_() -> Rows:
    """List the batches with their customers, and how many employments each counts for."""
    return _rows()


@app.command()
@listing(lists.BATCH)
def rebalance() -> Rows:
    """Place everybody again, from the next run of each flow on: nobody moves by itself. Also takes out who left."""
    found, broken = read_integrations(settings().integrations)
    for error in broken.values():  # whose file it is, and so who would lose a place, nobody knows
        raise error
    batches.rebalance(ledger(), found)
    return _rows()


def _rows() -> Rows:
    with ledger().session() as session:
        numbers, people = kept.numbers(session), kept.people(session)
    return [
        {"batch": number, "integration": name, "employments": people.get(name, batches.UNKNOWN)}
        for name, number in sorted(numbers.items(), key=lambda item: (item[1], item[0]))
    ]
