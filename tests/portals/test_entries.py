"""The entries under `portals`: who is known, and who takes settings."""

from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal, portals


def test_a_portal_that_there_is_not_is_named_with_those_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, integration
) -> None:
    """The file is read, so that its other portals go on; `check` says which name is wrong."""
    written = integration().model_dump(mode="json", exclude_unset=True)
    written["portals"] = [{"portal": "xpert_siute", "connection": "xpert", "flows": ["employees"]}]
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(written))
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
    monkeypatch.setenv("VEERPONT_VAULT_KEYS", Fernet.generate_key().decode())
    (found,) = check(settings())
    assert "xpert_siute" in found["problem"]
    assert all(name in found["problem"] for name in portals())


@pytest.mark.parametrize(
    ("name", "flow"), [("xpert_suite", Flow.EMPLOYEES), ("json_api", Flow.IBAN), ("loket_hours", Flow.HOURS)]
)
def test_settings_that_a_portal_does_not_know_are_refused(integration, name: str, flow: Flow) -> None:
    """By their names, not by what they hold; an entry without any is fine."""
    taken = {"portal": name, "connection": "x", "flows": [flow]}
    assert portal(name).missing(integration({"portals": [taken]}), flow) == []
    wrong = integration({"portals": [taken | {"settings": {"fodler": "secret place"}}]})
    (sentence,) = map(str, portal(name).missing(wrong, flow))
    assert name in sentence
    assert "fodler" in sentence
    assert "secret place" not in sentence


def test_a_flow_that_a_portal_does_not_get_has_no_connection(integration) -> None:
    """Nobody delivers to a portal that is not in the file."""
    with pytest.raises(SettingsError, match="no portal json_api takes the flow iban"):
        portal("json_api").destination(integration(), Flow.IBAN)
