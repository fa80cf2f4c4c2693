"""The entries under `portals`: who is known, and who takes settings."""

from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from veerpont.config.settings import settings
from veerpont.desk.check import check
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems import defaults
from veerpont.systems.registry import portal, portals


def test_a_portal_that_there_is_not_is_named_with_those_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, integration
) -> None:
    """The file is read, so that its other portals go on; `check` says which name is wrong."""
    written = integration().model_dump(mode="json", exclude_unset=True)
    written["portals"] = [{"portal": "xpert_siute", "connection": "xpert", "flows": ["employees"]}]
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(written))
    monkeypatch.setenv("VEERPONT_INTEGRATIONS", str(tmp_path))
    monkeypatch.setenv("VEERPONT_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")  # not that of another test
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


API = {"portal": "json_api", "connection": "x", "flows": ["employees", "absence"]}


@pytest.mark.parametrize(
    ("taken", "source", "sentences"),
    [
        (API | {"extra": {"no_risk": "Claims at UWV", "hours_monday": "Planning"}}, "afas", []),
        (API | {"extra": {"no_risk": None}}, "afas", ["extra.no_risk has no purpose: say in a few words why"]),
        (API | {"extra": {"safety_net": " "}}, "afas", ["extra.safety_net has no purpose"]),
        (API | {"extra": {"no_risk": "Claims at UWV"}}, "loket", ["extra.no_risk: loket does not have it"]),
        (API | {"extra": {"recovery_reason": "Planning"}}, "loket", []),
        (
            API | {"portal": "xpert_suite", "extra": {"no_risk": "Claims"}},
            "afas",
            ["extra.no_risk: the portal has no place"],
        ),
        (API | {"portal": "files", "extra": {"no_risk": "Claims"}}, "afas", ["extra.no_risk: the portal has no place"]),
        (API | {"portal": "nowhere", "extra": {"no_risk": "Claims"}}, "afas", []),
    ],
)
def test_what_a_portal_gets_besides_has_to_be_there_and_to_have_a_purpose(
    integration, taken: dict[str, object], source: str, sentences: list[str]
) -> None:
    """What nobody has, or gets, or needs, is named by `check`."""
    about = {"system": source, "connection": "x"} | ({"environment": "O12345AA"} if source == "afas" else {})
    named = integration({"portals": [taken], "source": about})
    found = [text for text in map(str, defaults.missing(named, Flow.ABSENCE)) if "extra" in text]
    assert len(found) == len(sentences)
    assert all(said in text for said, text in zip(sentences, found, strict=True))


@pytest.mark.parametrize(
    ("flows", "name"),
    [(["employees"], "no_risk"), (["iban"], "no_risk"), (["absence"], "remark"), (["absence"], "bsn")],
)
def test_what_no_flow_of_a_portal_has_cannot_be_named(integration, flows: list[str], name: str) -> None:
    with pytest.raises(ValueError, match=f"there is no {name}"):
        integration({"portals": [API | {"flows": flows, "extra": {name: "Because"}}]})


def test_a_flow_that_a_portal_does_not_get_has_no_connection(integration) -> None:
    """Nobody delivers to a portal that is not in the file."""
    with pytest.raises(SettingsError, match="no portal json_api takes the flow iban"):
        portal("json_api").destination(integration(), Flow.IBAN)
