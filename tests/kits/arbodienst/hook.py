"""The Airflow connection: its path is the folder."""

from pathlib import Path

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.model.failures import SettingsError


def folder(connection_id: str) -> Path:
    """Return the folder that a connection of type fs says. Raises SettingsError when there is none."""
    try:
        path = Path(str(BaseHook.get_connection(connection_id).extra_dejson.get("path") or ""))
    except AirflowNotFoundException:
        raise SettingsError(f"There is no Airflow connection {connection_id}.") from None
    if not path.is_dir():
        raise SettingsError(f"Airflow connection {connection_id}: its path is no folder.")
    return path
