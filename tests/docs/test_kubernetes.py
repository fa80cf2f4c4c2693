"""docs/kubernetes-values.yaml says the same as docker-compose.yaml, in the words of the chart."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_compose import COMPOSE, DOCKERFILE, SERVICES, airflow_options

ROOT = Path(__file__).resolve().parents[2]
VALUES: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "kubernetes-values.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
ENVIRONMENT = {each["name"]: each["value"] for each in VALUES["env"]}
HERE_OTHERWISE = {"AIRFLOW__CORE__PARALLELISM", "VEERPONT_VAULT"}
"""There are more machines, and they share no folder."""


def test_settings_are_those_of_compose() -> None:
    compose = COMPOSE["x-airflow"]["environment"]
    assert ENVIRONMENT.keys() <= compose.keys()
    for name in ENVIRONMENT.keys() - HERE_OTHERWISE:
        assert ENVIRONMENT[name] == compose[name], name


def test_every_secret_of_compose_is_in_the_secret_of_the_page() -> None:
    compose = COMPOSE["x-airflow"]["environment"]
    secrets = [name for name, value in compose.items() if "${" in value and ":-" not in value]
    assert len(secrets) == 8
    for name in secrets:
        assert f"`{name}`" in PAGE, name
        assert name not in ENVIRONMENT


@pytest.mark.server
def test_the_chart_s_own_secrets_stand_in_nobody_s_way() -> None:
    off = {name for name, on in VALUES["enableBuiltInSecretEnvVars"].items() if not on}
    assert {
        name for name in COMPOSE["x-airflow"]["environment"] if name.startswith("AIRFLOW__") and name in PAGE
    } <= off
    options = airflow_options()
    for name in off:
        section, option = name.lower().split("__")[1:]
        assert option in options[section]


def test_the_migration_does_what_init_does() -> None:
    script = VALUES["migrateDatabaseJob"]["args"][-1]
    assert script.split(" && ") == SERVICES["init"]["command"][-1].strip().splitlines()


def test_the_user_is_that_of_the_image() -> None:
    assert f"--uid {VALUES['uid']}" in DOCKERFILE
    assert f"--gid {VALUES['gid']}" in DOCKERFILE


def test_airflow_is_the_version_that_is_pinned() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"apache-airflow=={VALUES['airflowVersion']}" in constraints


@pytest.mark.server
def test_people_log_in_as_in_compose_and_nobody_is_made_with_a_known_password() -> None:
    manager = VALUES["config"]["core"]["auth_manager"]
    assert manager == COMPOSE["x-airflow"]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"]
    module, _, name = manager.rpartition(".")
    assert hasattr(importlib.import_module(module), name)
    assert VALUES["createUserJob"] == {"enabled": False}
    assert "airflow users create" in PAGE


def test_the_page_leads_to_the_file() -> None:
    assert "(kubernetes-values.yaml)" in PAGE
