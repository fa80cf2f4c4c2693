"""What the wheel holds besides the package: the files that `veerpont init` writes into somebody's folder."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = ("dags", "plugins", "docker-compose.yaml", "requirements-image.txt")


class Shipped(BuildHookInterface[Any]):
    """A checkout has these files in its root already, so an editable install needs none of them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to a wheel."""
        if version == "standard":
            build_data["force_include"] |= {name: f"veerpont/shipped/{name}" for name in SHIPPED}
