"""docker-compose.yaml and the Dockerfile name only what exists in our code and in Airflow, and hold no secret."""

import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.config import settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "veerpont"}
ENVIRONMENT: dict[str, str] = COMPOSE["x-airflow"]["environment"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def airflow_options() -> dict[str, set[str]]:
    """Return Airflow's own description of its configuration and Celery's, without loading any configuration."""
    from airflow.providers.celery.get_provider_info import get_provider_info

    spec = importlib.util.find_spec("airflow")
    assert spec
    assert spec.origin
    path = Path(spec.origin).parent / "config_templates" / "config.yml"
    described = yaml.safe_load(path.read_text()) | get_provider_info()["config"]
    return {section: set(content["options"]) for section, content in described.items()}


def test_it_is_a_compose_file() -> None:
    """As the compose specification's own schema says."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, ROOT / "docker-compose.yaml"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout


class TestEnvironment:
    def test_every_setting_of_ours_is_known_and_none_is_left_out(self) -> None:
        known = set(re.findall(r'get\("(VEERPONT_\w+)"', Path(settings.__file__).read_text(encoding="utf-8")))
        assert {name for name in ENVIRONMENT if name.startswith("VEERPONT_")} == known

    @pytest.mark.server
    @pytest.mark.parametrize("source", ["compose", "Dockerfile"])
    def test_every_setting_of_airflow_exists(self, source: str) -> None:
        options = airflow_options()
        names = set(ENVIRONMENT) if source == "compose" else set(re.findall(r"AIRFLOW__\w+", DOCKERFILE))
        found = [name.lower().split("__")[1:] for name in names if name.startswith("AIRFLOW__")]
        assert found
        for section, option in found:
            assert option in options[section], f"{section}.{option}"

    def test_every_service_of_ours_gets_the_same_environment(self) -> None:
        assert OURS
        assert all(service["environment"] == ENVIRONMENT for service in OURS.values())

    def test_the_ledger_has_a_database_of_its_own(self) -> None:
        airflow, ledger = (
            ENVIRONMENT[name].rpartition("/")[2] for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "VEERPONT_LEDGER")
        )
        assert airflow == SERVICES["database"]["environment"]["POSTGRES_DB"]
        assert COMPOSE["configs"]["ledger"]["content"] == f"CREATE DATABASE {ledger};"
        assert airflow != ledger


class TestSecrets:
    def test_every_secret_comes_from_the_environment_and_is_required(self) -> None:
        every = ENVIRONMENT | SERVICES["database"]["environment"] | SERVICES["redis"]["environment"]
        secret = {
            name: value
            for name, value in every.items()
            if re.search(r"KEY|SECRET|PASSWORD$|TOKEN|AUTH$", name) and not value.startswith("/")
        }
        assert len(secret) >= 6
        assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value) for value in secret.values()), secret.keys()

    def test_no_url_holds_a_password(self) -> None:
        for password in re.findall(r"://[^:/\s]*:(.+?)@", TEXT):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", password)

    def test_every_required_variable_is_explained(self) -> None:
        page = (ROOT / "docs" / "how-to" / "containers.md").read_text(encoding="utf-8")
        for name in set(re.findall(r"\$\{(\w+):\?", TEXT)):
            assert f"`{name}`" in page, name

    def test_the_image_holds_none(self) -> None:
        assert not re.findall(r"^(?:ENV|ARG|LABEL).*(?:KEY|SECRET|PASSWORD|TOKEN|CONN)", DOCKERFILE, re.MULTILINE)
        copied = [word for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]]
        assert set(copied) == {
            "pyproject.toml",
            "requirements-image.txt",
            "README.md",
            "LICENSE",
            "include/veerpont",
            "hatch_build.py",
            "dags",
            "plugins",
        }

    def test_what_holds_secrets_is_never_committed(self) -> None:
        ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        assert "var/" in ignored
        assert all(file["path"].startswith("var/") for file in COMPOSE["x-airflow"]["env_file"])


class TestImage:
    def test_what_is_copied_exists(self) -> None:
        for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
            for source in line.split()[:-1]:
                assert (ROOT / source).exists(), source

    @pytest.mark.parametrize("name", ["dags", "plugins"])
    def test_dags_and_plugins_are_where_airflow_looks(self, name: str) -> None:
        workdir = re.search(r"^WORKDIR (\S+)$", DOCKERFILE, re.MULTILINE)
        assert workdir
        assert re.search(rf"^COPY {name} \./{name}$", DOCKERFILE, re.MULTILINE)
        setting, folder = f"AIRFLOW__CORE__{name.upper()}_FOLDER", f"{workdir[1]}/{name}"
        assert ENVIRONMENT[setting] == folder
        assert f"{setting}={folder}" in DOCKERFILE

    def test_the_pools_are_where_the_init_script_looks(self) -> None:
        assert f"{ENVIRONMENT['AIRFLOW__CORE__DAGS_FOLDER']}/pools.json" in SERVICES["init"]["command"][-1]

    def test_it_does_not_run_as_root(self) -> None:
        users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
        assert users[-1:] == ["veerpont"]

    def test_nothing_is_installed_without_its_hash(self) -> None:
        installs = re.findall(r"\binstall .*?(?=&&|$)", DOCKERFILE, re.MULTILINE)
        assert installs
        for line in installs:
            hashed = "--require-hashes -r requirements-image.txt" in line
            ours_alone = {"--no-deps", "--no-build-isolation", "--no-index"} <= set(line.split())
            assert hashed or ours_alone, line

    def test_what_is_hashed_is_what_everybody_else_installs(self) -> None:
        """`make pins` writes both files."""
        everybody = (ROOT / "constraints.txt").read_text(encoding="utf-8")
        image = (ROOT / "requirements-image.txt").read_text(encoding="utf-8")
        assert "://" not in everybody + image, "no address of an index"
        pins = re.findall(r"^([^\s#].*?) \\((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)$", image, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^\S", image, re.MULTILINE)) > 100
        versions = {line.partition(" ;")[0] for line in everybody.splitlines()}  # an extra may need it in more places
        assert {pin.partition(" ;")[0] for pin, _ in pins} <= versions

    def test_what_the_package_asks_for_is_hashed(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        asked = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["distributed"]
        image = (ROOT / "requirements-image.txt").read_text(encoding="utf-8")
        there = {pin.split("==")[0] for pin in re.findall(r"^\S+", image, re.MULTILINE)}
        wanted = {Requirement(line).name.lower() for line in (*asked, *project["dependency-groups"]["image"])}
        assert wanted <= there

    def test_every_image_from_elsewhere_is_pinned_by_its_digest(self) -> None:
        page = (ROOT / "docs" / "how-to" / "containers.md").read_text(encoding="utf-8")
        given = [service["image"] for service in SERVICES.values() if service["image"] != "veerpont"]
        base = COMPOSE["x-airflow"]["build"]["args"]["BASE"]
        for image in (*given, base):
            name = re.fullmatch(r"\$\{(\w+_IMAGE):-[\w.]+:[\w.-]+@sha256:[0-9a-f]{64}\}", image)
            assert name, image
            assert f"`{name[1]}`" in page
        default = re.search(r"^ARG BASE=(\S+)\nFROM \$\{BASE\}$", DOCKERFILE, re.MULTILINE)
        assert default
        assert base.endswith(f":-{default[1]}}}")

    def test_writable_volumes_belong_to_the_user(self) -> None:
        made = re.search(r"mkdir -p (.+?) &&", DOCKERFILE)
        assert made
        for volume in COMPOSE["x-airflow"]["volumes"]:
            assert volume.split(":")[1] in made[1].split(), volume


class TestServices:
    @pytest.mark.server
    def test_every_command_of_airflow_exists(self) -> None:
        from airflow.cli.cli_config import core_commands
        from airflow.providers.celery.cli.definition import CELERY_CLI_COMMANDS

        known = {command.name for command in core_commands}
        known |= {command.name for command in CELERY_CLI_COMMANDS}
        shown = [service["command"][1] for service in OURS.values() if service["command"][0] == "airflow"]
        script = SERVICES["init"]["command"][-1].splitlines()
        shown += [line.split()[1] for line in script if line.startswith("airflow")]
        assert {"api-server", "scheduler", "dag-processor", "triggerer", "celery", "db", "pools"} == set(shown)
        assert set(shown) <= known

    def test_the_init_script_migrates_the_ledger_of_the_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from veerpont.store.ledger import Ledger

        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        monkeypatch.setenv("VEERPONT_LEDGER", url)
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", "unused")
        line = next(line for line in SERVICES["init"]["command"][-1].splitlines() if line.startswith("veerpont"))
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
        with Ledger(url).engine.connect() as connection:
            assert connection.dialect.has_table(connection, "deliveries")

    def test_everything_that_stays_up_has_a_health_check_and_waits_for_init(self) -> None:
        for name, service in SERVICES.items():
            if name == "init":
                continue
            assert service["healthcheck"]["test"][0] == "CMD", name
            if name not in {"database", "redis"}:
                assert service["depends_on"]["init"]["condition"] == "service_completed_successfully", name
        assert {name: each["condition"] for name, each in SERVICES["init"]["depends_on"].items()} == {
            "database": "service_healthy",
            "redis": "service_healthy",
        }

    def test_the_pools_of_the_tasks_are_in_the_file(self) -> None:
        pools = json.loads((ROOT / "dags" / "pools.json").read_text(encoding="utf-8"))
        used = set(
            re.findall(
                r'pool="(\w+)"', (ROOT / "include" / "veerpont" / "airflow" / "flow_dag.py").read_text(encoding="utf-8")
            )
        )
        assert used == set(pools)
