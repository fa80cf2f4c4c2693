"""An instance of its own in one folder: what `veerpont env --home DIR` prints, and the databases it makes there.

Keys are generated once and kept in the folder, readable by its owner only; calling it again prints the same.
"""

import json
import os
import secrets
import shlex
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from cryptography.fernet import Fernet

from veerpont.config.settings import sqlite
from veerpont.model.failures import SettingsError
from veerpont.store.ledger import Ledger

_KEYS = "keys.json"
_MADE = "made.json"


def shipped() -> Path:
    """Return the folder with `dags` and `plugins`: the checkout's, or what the wheel has brought."""
    package = Path(__file__).resolve().parents[1]
    return package / "shipped" if (package / "shipped" / "dags").is_dir() else package.parents[1]


def environment(home: Path, ledger: str | None = None) -> dict[str, str]:
    """Make the instance in `home` when it is not there yet, and return its environment.

    Args:
        home: its folder; integration files go into `home/integrations`.
        ledger: SQLAlchemy URL of the ledger; kept for the next call. Default: SQLite in `home`.

    Raises SettingsError when a database cannot be made; the output of what failed is in `home/setup.log`.
    """
    home = home.resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "integrations").mkdir(exist_ok=True)
        keys = _keys(home, ledger)
    except OSError as error:
        raise SettingsError(f"{home} cannot be made or written: {error.strerror}.") from None
    root = shipped()
    values = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__FERNET_KEY": keys["airflow_fernet"],
        "AIRFLOW__API__SECRET_KEY": keys["airflow_api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["airflow_jwt"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": sqlite(home / "airflow.db"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",  # the first call to a cold API server takes longer than 5 s
        "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "128",
        "VEERPONT_INTEGRATIONS": str(home / "integrations"),
        "VEERPONT_LEDGER": keys.get("ledger") or sqlite(home / "ledger.db"),
        "VEERPONT_VAULT": f"file://{home / 'vault'}",
        "VEERPONT_VAULT_KEYS": keys["vault"],
        "VEERPONT_AIRFLOW_DATABASE": sqlite(home / "airflow.db"),
    }
    _make(home, root, values)
    return values


def exports(values: dict[str, str]) -> str:
    """Return the environment as shell lines to `eval`; the commands of this installation come first on the PATH."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f'export PATH={shlex.quote(str(_programs()))}:"$PATH"'])


def _programs() -> Path:
    return Path(sys.executable).parent


def _keys(home: Path, ledger: str | None) -> dict[str, str]:
    path = home / _KEYS
    if path.exists():
        keys: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    else:
        keys = {
            "airflow_fernet": Fernet.generate_key().decode(),
            "airflow_api": secrets.token_urlsafe(48),
            "airflow_jwt": secrets.token_urlsafe(64),
            "vault": Fernet.generate_key().decode(),
        }
        _write(path, keys, only_if_new=True)
        return _keys(home, ledger)  # of two that began at the same time both use what is there now
    if ledger not in {None, keys.get("ledger")}:
        keys["ledger"] = str(ledger)
        _write(path, keys)
    return keys


def _write(path: Path, keys: dict[str, str], only_if_new: bool = False) -> None:
    """Write the keys so that there is always a whole file, readable by its owner only."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps(keys, indent=2), encoding="utf-8")
    if only_if_new:
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    else:
        new.replace(path)


def _make(home: Path, root: Path, values: dict[str, str]) -> None:
    """Create and migrate the databases, unless this version already did. Nobody else may read what is made here."""
    before = os.umask(0o077)
    try:
        Ledger(values["VEERPONT_LEDGER"]).migrate()
    finally:
        os.umask(before)
    stamp = {"airflow": version("apache-airflow"), "pools": (root / "dags" / "pools.json").read_text(encoding="utf-8")}
    made = home / _MADE
    if made.exists() and json.loads(made.read_text(encoding="utf-8")) == stamp:
        return
    airflow = str(_programs() / "airflow")
    with (home / "setup.log").open("w", encoding="utf-8") as log:
        for command in (["db", "migrate"], ["pools", "import", str(root / "dags" / "pools.json")]):
            done = subprocess.run(
                [airflow, *command], env={**os.environ, **values}, stdout=log, stderr=log, check=False, umask=0o077
            )
            if done.returncode != 0:
                raise SettingsError(f"`airflow {' '.join(command)}` failed; {home / 'setup.log'} says why.")
    made.write_text(json.dumps(stamp), encoding="utf-8")
