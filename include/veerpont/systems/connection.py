"""Whether Airflow has a connection. What has to be in it, the hook of its system says."""

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from veerpont.model.failures import SettingsError
from veerpont.model.messages import coded
from veerpont.systems.answers import ONE_CONNECTION


def require_connection(name: str) -> None:
    """Raise SettingsError when Airflow has no connection of this id. Nobody is called."""
    try:
        with ONE_CONNECTION:
            BaseHook.get_connection(name)
    except AirflowNotFoundException:
        raise SettingsError(
            coded("connection.none", "The connection {name} does not exist: add it in Airflow.", name=name)
        ) from None
