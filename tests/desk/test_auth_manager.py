"""Who has which roles, by the auth manager; and what `veerpont check` says of a file that names who sees it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from test_checklist import FILE
from test_commands import veerpont

from veerpont.config.integration import Integration, read_integrations
from veerpont.desk.auth_manager import known_roles, roles_of
from veerpont.desk.seen import missing
from veerpont.model.failures import SettingsError

__all__ = ["veerpont"]
SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
OTHER = "airflow.api_fastapi.auth.managers.base_auth_manager.BaseAuthManager"


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda path: monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", path)


def of_file(**seen_by: list[str]) -> Integration:
    return Integration.model_validate(FILE | {"seen_by": seen_by})


class TestRoles:
    def test_the_simple_one_has_one_for_each_person(self, manager: Any) -> None:
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        manager(SIMPLE)
        assert roles_of(SimpleAuthManagerUser(username="els", role="ADMIN")) == {"admin"}
        assert roles_of(SimpleAuthManagerUser(username="els", role=None)) == set()

    def test_that_of_the_provider_has_several(self, manager: Any) -> None:
        manager(FAB)
        user = SimpleNamespace(roles=[SimpleNamespace(name="Viewer"), SimpleNamespace(name="Acme managers")])
        assert roles_of(user) == {"Viewer", "Acme managers"}

    def test_another_one_has_none_whatever_its_users_have(self, manager: Any) -> None:
        """Nobody is let in by a word that means something else there."""
        manager(OTHER)
        assert roles_of(SimpleNamespace(role="admin", roles=[SimpleNamespace(name="Admin")])) == set()

    def test_one_that_cannot_be_loaded_is_said(self, manager: Any) -> None:
        manager("no.such.Manager")
        with pytest.raises(SettingsError, match="auth_manager"):
            known_roles()
        assert missing(of_file(roles=["op"])) == ["Airflow's auth manager ([core] auth_manager) cannot be loaded."]


class TestCheck:
    @pytest.mark.parametrize(
        ("path", "roles", "said"),
        [
            (SIMPLE, ["op", "viewer"], None),
            (SIMPLE, ["Viewer"], "Airflow's simple auth manager has no role Viewer; it has admin, op, user, viewer."),
            (FAB, ["Acme managers"], None),
            (OTHER, ["op"], "Name people under seen_by.users"),
        ],
    )
    def test_a_role_that_nobody_can_have_is_refused(
        self, manager: Any, path: str, roles: list[str], said: str | None
    ) -> None:
        manager(path)
        found = missing(of_file(users=["els"], roles=roles))
        assert found == [] if said is None else said in found[0]

    def test_names_need_no_auth_manager(self, manager: Any) -> None:
        manager(OTHER)
        assert missing(of_file(users=["els"])) == []

    def test_a_key_that_names_nobody_is_no_key(self, tmp_path: Path) -> None:
        (tmp_path / "acme.yaml").write_text(yaml.safe_dump(FILE | {"seen_by": {"users": []}}))
        _, broken = read_integrations(tmp_path)
        assert "without seen_by everybody who may look sees it" in str(broken["acme"])

    def test_the_command_says_which_pages_of_airflow_show_the_name(
        self, veerpont: Any, manager: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Beside the table: it is no problem of the file."""
        manager(OTHER)
        file = tmp_path / "integrations" / "acme.yaml"
        file.write_text(yaml.safe_dump(FILE | {"seen_by": {"roles": ["op"]}}))
        said = " ".join(veerpont("check", "acme")[1].split())
        assert "seen_by.roles: people have no roles" in said
        assert "Airflow's own pages show the name acme to whoever may read the DAGs" in said
        assert "VEERPONT_ASSETS=off" in said
        monkeypatch.setenv("VEERPONT_ASSETS", "off")
        assert "VEERPONT_ASSETS" not in veerpont("check", "acme")[1]
        file.write_text(yaml.safe_dump(FILE))
        assert "own pages" not in veerpont("check", "acme")[1]
