"""`veerpont ledger` and `veerpont vault`: what whoever operates them does with either as a whole."""

from typing import Annotated

import typer

from veerpont.cli.listing import Rows, listing
from veerpont.cli.terminal import ledger
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError
from veerpont.store import upkeep
from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault

ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: its tables, and another database for it.")
vault_app = typer.Typer(no_args_is_help=True, help="The vault: whether it is whole, and its keys.")


@ledger_app.command()
def migrate() -> None:
    """Bring the tables of the ledger to the version of this release."""
    Ledger(settings().ledger).migrate()
    typer.echo("The ledger is at the version of this release.")


@ledger_app.command()
@listing(("table", "rows"))
def copy(source: Annotated[str, typer.Option("--from", help="SQLAlchemy URL of the ledger so far.")]) -> Rows:
    """Copy a ledger into the one of VEERPONT_LEDGER, which must be empty; nothing else may run."""
    found = upkeep.copy(Ledger(source), ledger())
    return [{"table": name, "rows": count} for name, count in found.items()]


@vault_app.command()
@listing(("path",), failing=True)
def check() -> Rows:
    """Read all that the ledger points to; list what is missing or does not open."""
    return [{"path": path} for path in upkeep.lost(ledger(), _vault())]


@vault_app.command()
def rewrap() -> None:
    """Encrypt with the newest key what an older key encrypted, so that the older one can go."""
    keys = settings().vault_keys
    objects, tokens = upkeep.rewrap(ledger(), _vault())
    if upkeep.lost(ledger(), Vault(settings().vault, keys[:1])):
        raise SettingsError("Something does not open with the newest key alone: keep the others, run it again.")
    typer.echo(
        f"Encrypted again: {objects} objects, {tokens} tokens. Only the first of VEERPONT_VAULT_KEYS is needed now."
    )


def _vault() -> Vault:
    ours = settings()
    return Vault(ours.vault, ours.vault_keys)
