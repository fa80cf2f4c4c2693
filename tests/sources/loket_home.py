"""What a worker needs to use Loket's tokens: a ledger, a vault and what a connection says."""

import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from veerpont.store.ledger import Ledger
from veerpont.store.vault import Vault
from veerpont.systems.http import Limits
from veerpont.systems.loket.tokens import Login, Tokens


def environment(home: Path) -> dict[str, str]:
    """Return the settings of an instance in `home`, with its ledger and vault made."""
    found = {
        "VEERPONT_LEDGER": f"sqlite:///{home / 'ledger.db'}",
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": Fernet.generate_key().decode(),
        "VEERPONT_INTEGRATIONS": str(home / "integrations"),
    }
    Ledger(found["VEERPONT_LEDGER"]).require_current()
    Vault(found["VEERPONT_VAULT"], (found["VEERPONT_VAULT_KEYS"],)).digest()
    return found


def tokens(settings: dict[str, str], url: str, first: str = "CANARY-refresh-0", **values: Any) -> Tokens:
    """Return the tokens of a connection, as one worker of that instance has them."""
    login = Login("loket_test", f"{url}/token", "id", "CANARY-secret", first)
    vault = Vault(settings["VEERPONT_VAULT"], (settings["VEERPONT_VAULT_KEYS"],))
    return Tokens(login, Ledger(settings["VEERPONT_LEDGER"]), vault, "acme", **values)


def refresh(settings: dict[str, str], url: str, refused: str) -> None:
    """Refresh in a process of its own, and say what came of it by the way it ends."""
    from veerpont.model.failures import PassingError, SettingsError

    try:
        tokens(settings, url, limits=Limits(5.0, 5.0)).access(refused)
    except SettingsError:
        os._exit(3)
    except PassingError:
        os._exit(4)
    os._exit(0)
