"""`veerpont init`: what Airflow needs of us, in a folder of its own; and what `veerpont sandbox` says without one."""

import shutil
from pathlib import Path

from veerpont.cli.instance import shipped
from veerpont.model.failures import SettingsError

_HERE = Path(__file__).resolve().parents[1] / "shipped"


def init_(folder: Path) -> None:
    """Write the DAGs, the plugin, an example integration and the compose file into FOLDER. What is there stays."""
    root = shipped()
    wanted = [(path, path.relative_to(root)) for name in ("dags", "plugins") for path in _files(root / name)]
    wanted += [(root / name, Path(name)) for name in ("docker-compose.yaml", "requirements-image.txt")]
    wanted += [(_HERE / name, Path(name)) for name in ("Dockerfile", "acme.yaml.example")]
    others = [str(name) for path, name in wanted if _differs(folder / name, path)]
    if others:
        raise SettingsError(
            f"Nothing was written: {folder} has files of the same name with other content ({', '.join(others)}). "
            "Move them away, or choose another folder."
        )
    try:
        for path, name in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        (folder / "integrations").mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror}.") from None
    print(
        f"{folder} has the DAGs, the plugin and an example.\n"
        f"  AIRFLOW__CORE__DAGS_FOLDER={(folder / 'dags').resolve()}\n"
        f"  AIRFLOW__CORE__PLUGINS_FOLDER={(folder / 'plugins').resolve()}\n"
        f"  VEERPONT_INTEGRATIONS={(folder / 'integrations').resolve()}\n"
        "Copy acme.yaml.example to integrations/<name>.yaml; `veerpont check <name>` says what is missing.\n"
        "In containers: put the wheel beside docker-compose.yaml."
    )


def no_sandbox() -> None:
    """AFAS, Loket, the portal and a mail server on this machine: the distribution veerpont-sandbox."""
    raise SettingsError("The sandbox is not installed here. Install veerpont-sandbox beside veerpont, of one version.")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in {".py", ".json"})


def _differs(there: Path, ours: Path) -> bool:
    return there.exists() and (not there.is_file() or there.read_bytes() != ours.read_bytes())
