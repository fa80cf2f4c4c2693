"""Settings from the environment: where things are, the keys, and who hears of failures.

`veerpont env` prints all but `VEERPONT_ENGINEERS`, `VEERPONT_NOTIFIER` and `VEERPONT_DESK_URL`: only people know these.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from veerpont.model.failures import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """The `VEERPONT_…` settings. Keys never show in a repr."""

    integrations: Path
    ledger: str
    vault: str
    vault_keys: tuple[str, ...]
    engineers: tuple[str, ...]
    notifier: str
    desk_url: str
    batch_above: int

    def __repr__(self) -> str:
        return f"Settings(integrations={self.integrations!s})"


def settings() -> Settings:
    """Read the settings from the environment; those that hold secrets also from a file, named by `…_FILE`.

    Raises SettingsError when no vault key is set: nothing personal may be stored in the clear.
    """
    home = Path(os.environ.get("AIRFLOW_HOME", Path.home() / "airflow"))
    keys = tuple(key.strip() for key in _get("VEERPONT_VAULT_KEYS", "").split(",") if key.strip())
    if not keys:
        raise SettingsError("VEERPONT_VAULT_KEYS is not set: run `veerpont env --home DIR` and use what it prints.")
    engineers = os.environ.get("VEERPONT_ENGINEERS", "")
    return Settings(
        integrations=Path(os.environ.get("VEERPONT_INTEGRATIONS", "include/integrations")),
        ledger=_get("VEERPONT_LEDGER", sqlite(home / "ledger.db")),
        vault=os.environ.get("VEERPONT_VAULT", f"file://{home / 'vault'}"),
        vault_keys=keys,
        engineers=tuple(address.strip() for address in engineers.split(",") if address.strip()),
        notifier=_get("VEERPONT_NOTIFIER", ""),
        desk_url=os.environ.get("VEERPONT_DESK_URL", ""),
        batch_above=_number("VEERPONT_BATCH_ABOVE", 40),
    )


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{name} is a whole number, and not negative.")
    return int(text)


def airflow_database() -> str:
    """Return the address of Airflow's own database, for its clean-up; empty where nobody gave it."""
    return _get("VEERPONT_AIRFLOW_DATABASE", "")


def sqlite(path: Path) -> str:
    """Return the SQLAlchemy URL of a SQLite file, whatever is in its path."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def _get(name: str, default: str) -> str:
    """Return a setting from the environment, or from the file that the environment names, as secrets of containers."""
    file = os.environ.get(f"{name}_FILE")
    if name in os.environ or not file:
        return os.environ.get(name, default)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from None
