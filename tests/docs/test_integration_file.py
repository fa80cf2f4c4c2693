"""The documented integration file is valid, and every key of it is described with its default."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from test_docs import FENCE, page

from veerpont.config.integration import Integration, read_integration
from veerpont.rules.absence import DEFAULT_TYPES
from veerpont.systems.registry import portal


class TestIntegrationFile:
    @pytest.mark.parametrize("name", ["how-to/new-customer.md", "how-to/own-servers.md", "how-to/hours.md"])
    def test_the_example_is_valid_and_complete(self, name: str, tmp_path: Path) -> None:
        found = [block for language, block in FENCE.findall(page(name)) if language == "yaml"]
        assert found
        for block in found:
            path = tmp_path / "acme.yaml"
            path.write_text(block, encoding="utf-8")
            integration = read_integration(path)
            for target in integration.portals:
                for flow in target.flows:
                    assert portal(target.portal).missing(integration, flow) == []

    def test_every_key_is_described_and_no_other(self) -> None:
        sections = set(re.findall(r"^#+ `([\w.\[\]]+)`$", page("reference/settings.md"), re.MULTILINE))
        assert sections > {"absence", "xpert_suite.report"}
        assert set(described()) == set(keys(Integration)) - sections

    def test_defaults_are_those_of_the_code(self) -> None:
        shown = described()
        for key, default in keys(Integration).items():
            if isinstance(default, str | int | float) and key in shown:
                assert str(default).lower() in shown[key].replace("`", "").lower(), key

    def test_the_absence_types_are_those_of_the_code(self) -> None:
        row = next(line for line in page("reference/settings.md").splitlines() if line.startswith("| `absence.types`"))
        shown: dict[str, str | None] = {}
        for group in re.findall(r"((?:[A-Z]+ )+)→ (\w+)", row):
            shown |= dict.fromkeys(group[0].split(), None if group[1] == "null" else group[1])
        assert shown == DEFAULT_TYPES


def described() -> dict[str, str]:
    """Return the last cell of each key's row: its default."""
    rows = re.findall(r"^\| `([\w.\[\]]+)` \| .+ \| (.+) \|$", page("reference/settings.md"), re.MULTILINE)
    return dict(rows)


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Return every key of the file with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if name == "portals":
            found |= keys(Integration.model_fields["portals"].annotation.__args__[0], "portals[].")
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= keys(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = None if field.is_required() else field.default
            for each in get_args(inner):  # a section that may be left out
                if isinstance(each, type) and issubclass(each, BaseModel):
                    found |= keys(each, f"{prefix}{name}.")
    return found
