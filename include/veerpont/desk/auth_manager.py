"""Which roles people have, by the auth manager that Airflow is configured with: two of them have any that we can read.

An auth manager that is made of one of these, as large companies do, has what it has.
"""

from collections.abc import Callable, Mapping
from typing import Any

from veerpont.model.failures import SettingsError

_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
_ROLES: Mapping[str, Callable[[Any], frozenset[str]]] = {
    _SIMPLE: lambda user: frozenset({str(user.role).lower()} if user.role else ()),
    _FAB: lambda user: frozenset(role.name for role in user.roles),
}
SIMPLE_ROLES = frozenset({"viewer", "user", "op", "admin"})


def roles_of(user: Any) -> frozenset[str]:
    """Return the roles of whoever is logged in; none where the auth manager has none."""
    read = _ROLES.get(_manager())
    return read(user) if read else frozenset()


def known_roles() -> frozenset[str] | None:
    """Return the roles that there can be: none at all, those of the simple auth manager, or any (None).

    Raises SettingsError when Airflow's auth manager cannot be loaded.
    """
    manager = _manager()
    return None if manager == _FAB else SIMPLE_ROLES if manager == _SIMPLE else frozenset()


def _manager() -> str:
    """Return which of those we know the configured auth manager is, or is made of; empty for any other."""
    from airflow.configuration import conf  # noqa: PLC0415 -- only where somebody is asked for, or a role is named
    from airflow.exceptions import AirflowConfigException  # noqa: PLC0415 -- as above

    try:
        manager: Any = conf.getimport("core", "auth_manager")
    except AirflowConfigException:
        raise SettingsError("Airflow's auth manager ([core] auth_manager) cannot be loaded.") from None
    places = [f"{each.__module__}.{each.__qualname__}" for each in manager.__mro__]
    return next((place for place in places if place in _ROLES), "")
