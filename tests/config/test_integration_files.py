"""Integration files: what they must say, what has a default, and how they speak when they are wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from veerpont.config import integration
from veerpont.config.integration import read_integration, read_integrations
from veerpont.config.settings import settings
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.systems import defaults
from veerpont.systems.xpert_suite.portal import folder

DESIGN = """
name: acme
customer: Acme Holding B.V.
source:
  system: afas
  connection: afas_acme
  environment: O12345AA
  connectors: {absence: Newdays_Connect_Verzuim_v1}
portals:
  - portal: xpert_suite
    connection: xpert_acme
    flows: [employers, organigram, employees, accounts, absence]
  - portal: json_api
    connection: portal_acme
    flows: [iban]
xpert_suite:
  profile: production
  key: personnel_number
  file_format: xlsx
  dates: text
  folders: {employers: Werkgevers, organigram: Afdelingen, employees: Medewerkers, accounts: Gebruikers,
            absence: Verzuim}
  columns:
    employees: {personnel_number: Personeelsnummer, last_name: Achternaam}
  user_group: Leidinggevenden
  settle_minutes: 30
organigram: {tree: derive}
absence:
  connector_window: null
  reconciliation_connector: null
  initial_days: 365
  lookback_days: 14
  history_months: 24
  portal_deletes: delete
  delivery_from: null
  recovery_date_is: first_day_back
  types: {}
  causes: {"01": {Z: "12", vangnet: "7"}}
guards: {max_gone: 25, max_gone_percent: 10, min_gone: 3}
links: {default: add}
mail: {to: [beheer@acme.example], language: nl, when_empty: false}
retention: {deliveries_days: 90, closed_rejects_days: 90}
"""


def write(folder: Path, file: str = "acme.yaml", /, **changes: Any) -> Path:
    path = folder / file
    content = yaml.safe_load(DESIGN) | changes
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not ...}))
    return path


class TestContract:
    def test_the_file_of_the_design_is_valid(self, tmp_path: Path) -> None:
        """The file that the contracts print is read as it stands there."""
        path = tmp_path / "acme.yaml"
        path.write_text(DESIGN)
        found = read_integration(path)
        assert found.xpert_suite.columns[Flow.EMPLOYEES]["last_name"] == "Achternaam"
        assert [item.portal for item in found.portals_for(Flow.IBAN)] == ["json_api"]
        assert found.absence.causes == {"01": {"Z": "12", "vangnet": "7"}}

    def test_what_has_a_safe_default_may_be_left_out(self, tmp_path: Path) -> None:
        """Name, customer, source and portals are enough; the defaults are those of the design."""
        full = read_integration(write(tmp_path))
        short = read_integration(
            write(
                tmp_path, xpert_suite=..., organigram=..., absence=..., guards=..., links=..., mail=..., retention=...
            )
        )
        assert (short.guards, short.retention, short.links) == (full.guards, full.retention, full.links)
        assert (short.xpert_suite.profile, short.xpert_suite.key) == ("production", "personnel_number")
        for flow in (Flow.EMPLOYERS, Flow.ORGANIGRAM, Flow.EMPLOYEES, Flow.ACCOUNTS, Flow.ABSENCE):
            assert folder(short.xpert_suite, flow) == folder(full.xpert_suite, flow)

    def test_what_only_the_customer_knows_has_no_default(self, tmp_path: Path) -> None:
        """In production the tree and what the portal deletes are unknown until somebody says so."""
        short = read_integration(write(tmp_path, xpert_suite=..., organigram=..., absence=...))
        assert (defaults.tree(short), short.absence.portal_deletes, short.absence.recovery_date_is) == (
            None,
            None,
            None,
        )
        sandbox = read_integration(write(tmp_path, xpert_suite={"profile": "sandbox"}, organigram=...))
        assert defaults.tree(sandbox) == "derive"


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"name": "Acme B.V."}, "name"),
            ({"source": {"system": "afas", "connection": "x"}}, "source.environment"),
            ({"source": {"system": "sap", "connection": "x"}}, "source.system"),
            ({"portals": []}, "portals"),
            ({"guards": {"max_gone_percent": 101}}, "guards.max_gone_percent"),
            ({"guards": {"max_gone": -1}}, "guards.max_gone"),
            ({"gaurds": {}}, "gaurds"),
            ({"xpert_suite": {"file_format": "pdf"}}, "xpert_suite.file_format"),
            ({"customer": ...}, "customer"),
        ],
    )
    def test_the_field_is_named(self, tmp_path: Path, changes: dict[str, Any], named: str) -> None:
        """A wrong, missing or misspelled field is named with the file it is in."""
        with pytest.raises(SettingsError) as caught:
            read_integration(write(tmp_path, **changes))
        assert "acme.yaml" in str(caught.value)
        assert named in str(caught.value)

    def test_values_are_not_repeated(self, tmp_path: Path) -> None:
        """What stands in the wrong field, a password perhaps, is not in the message."""
        with pytest.raises(SettingsError) as caught:
            read_integration(write(tmp_path, source={"system": "afas", "connection": ["CANARY"], "pass": "CANARY"}))
        assert "CANARY" not in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"- a", b"a: [", b"\xff\xfe", b"text"])
    def test_no_yaml_or_no_mapping_is_said(self, tmp_path: Path, content: bytes) -> None:
        """A file that is something else altogether is a settings error with its name."""
        path = tmp_path / "acme.yaml"
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=r"acme\.yaml"):
            read_integration(path)


def wrong(folder: Path, text: str, old: str = "", new: str = "") -> str:
    """Return what is said of a file with this text, or with `new` for `old` in the file of the design."""
    path = folder / "acme.yaml"
    path.write_text(text or DESIGN.replace(old, new))
    with pytest.raises(SettingsError) as caught:
        read_integration(path)
    return str(caught.value)


class TestWhatPeopleWrite:
    def test_a_date_that_does_not_exist(self, tmp_path: Path) -> None:
        said = wrong(tmp_path, "", "delivery_from: null", "delivery_from: 2026-31-01")
        line = DESIGN[: DESIGN.index("delivery_from")].count("\n") + 1
        assert f"acme.yaml, line {line}, column 18" in said

    def test_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        """The second one would silently take the place of the first."""
        said = wrong(tmp_path, DESIGN + "guards: {min_gone: 5}\n")
        assert "guards stands here a second time" in said
        assert f"line {DESIGN.count(chr(10)) + 1}" in said

    @pytest.mark.parametrize(
        ("old", "new", "meant"),
        [
            ("max_gone:", "max_gon:", "max_gone"),
            ("mail:", "mails:", "mail"),
            ("connection: xpert", "conection: x", "connection"),
        ],
    )
    def test_a_key_that_is_nearly_right(self, tmp_path: Path, old: str, new: str, meant: str) -> None:
        assert f"did you mean {meant}?" in wrong(tmp_path, "", old, new)

    @pytest.mark.parametrize("value", ["NO", "01", "12:30"])
    def test_text_that_yaml_takes_for_something_else(self, tmp_path: Path, value: str) -> None:
        for old in ("Acme Holding B.V.", "Leidinggevenden", '"12"'):
            said = wrong(tmp_path, "", old, value)
            assert "put quotes around it" in said
            assert "line" in said

    def test_a_code_without_quotes_as_a_key(self, tmp_path: Path) -> None:
        assert "put quotes around it" in wrong(tmp_path, "", '{"01":', "{01:")

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 200_000,
            "a: " * 200_000,
            "{a: " * 200_000,
            "x" * 1_000_001,
            "- &a [1, 1]\n" + "".join(f"- &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(22)),
            "&a [*a]",
            "a: !!python/object/apply:os.system [ls]",
            "a: !!binary x",
            "? [a, b]\n: 1",
            "a: 99999-99-99",
            "<<: 3",
            "a: !!bool maybe",
            'a: !!int ""',
            'a: !!float ""',
            "a: \x01",
        ],
        ids=range(15),
    )
    def test_a_file_that_is_too_much_is_one_error(self, tmp_path: Path, text: str) -> None:
        assert wrong(tmp_path, text).startswith("acme.yaml")

    def test_a_name_that_fits_no_database_is_refused(self, tmp_path: Path) -> None:
        assert "name" in wrong(tmp_path, "", "name: acme", f"name: {'a' * 101}")


class TestFolder:
    def test_one_broken_file_does_not_stop_the_others(self, tmp_path: Path) -> None:
        """The valid ones are found, and the broken one by its file name."""
        write(tmp_path)
        (tmp_path / "broken.yml").write_text("a: [")
        (tmp_path / "notes.txt").write_text("no integration")
        found, broken = read_integrations(tmp_path)
        assert set(found) == {"acme"}
        assert set(broken) == {"broken"}

    def test_a_defect_of_ours_stops_one_customer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever reading a file raises, the others cross; the file and the kind of error are named, no value."""
        write(tmp_path)
        write(tmp_path, "other.yaml", name="other")
        read = integration.read_integration

        def broken_reading(path: Path) -> integration.Integration:
            if path.name == "acme.yaml":
                raise KeyError("Jansen")
            return read(path)

        monkeypatch.setattr(integration, "read_integration", broken_reading)
        found, broken = read_integrations(tmp_path)
        assert set(found) == {"other"}
        assert "acme.yaml cannot be read (KeyError)" in str(broken["acme"])
        assert "Jansen" not in str(broken["acme"])

    def test_two_files_with_one_name_are_both_refused(self, tmp_path: Path) -> None:
        """Which of two files of one name is meant nobody can tell: neither is used, and both are named."""
        write(tmp_path)
        write(tmp_path, "copy.yaml")
        write(tmp_path, "other.yaml", name="other")
        found, broken = read_integrations(tmp_path)
        assert set(found) == {"other"}
        assert "acme.yaml and copy.yaml" in str(broken["acme"])

    def test_an_absent_folder_is_no_green_night(self, tmp_path: Path) -> None:
        """A folder that is not there, a typo or a volume that is not mounted, is an error and not an empty list."""
        with pytest.raises(SettingsError, match="not a folder"):
            read_integrations(tmp_path / "none")

    def test_a_portal_that_takes_a_flow_twice_is_refused(self, tmp_path: Path) -> None:
        """Two entries for one portal and flow would deliver it twice."""
        twice = {"portal": "xpert_suite", "connection": "x", "flows": ["employers"]}
        write(tmp_path, "acme.yaml", portals=[twice, twice])
        assert "takes each flow once" in str(read_integrations(tmp_path)[1]["acme"])


class TestSettings:
    def test_without_a_key_nothing_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing personal may be stored in the clear: without keys the settings say what to run."""
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", " , ")
        with pytest.raises(SettingsError, match="veerpont env"):
            settings()

    def test_lists_are_split_and_keys_never_show(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys come newest first; neither they nor the ledger's password are in what is printed."""
        monkeypatch.setenv("VEERPONT_VAULT_KEYS", "CANARY1, CANARY2")
        monkeypatch.setenv("VEERPONT_LEDGER", "postgresql://u:CANARY@h/d")
        monkeypatch.setenv("VEERPONT_ENGINEERS", "a@b.example,c@d.example")
        found = settings()
        assert found.vault_keys == ("CANARY1", "CANARY2")
        assert found.engineers == ("a@b.example", "c@d.example")
        assert "CANARY" not in f"{found!r} {found}"


class TestOneOfMany:
    """A task reads the file of its own customer, not those of a thousand others."""

    def test_is_found_by_its_name_whatever_its_file_is_called(self, tmp_path: Path) -> None:
        write(tmp_path, "a.yaml", name="acme")
        write(tmp_path, "b.yaml", name="borealis")
        assert list(read_integrations(tmp_path, "acme")[0]) == ["acme"]
        assert list(read_integrations(tmp_path, "borealis")[0]) == ["borealis"]

    def test_several_are_found_and_the_files_of_others_are_not_read(self, tmp_path: Path) -> None:
        for letter, name in (("a", "acme"), ("b", "borealis"), ("c", "cirrus")):
            write(tmp_path, f"{letter}.yaml", name=name)
        (tmp_path / "d.yaml").write_text("name: dorado\nsauce: {}\n", encoding="utf-8")
        found, broken = read_integrations(tmp_path, ["acme", "cirrus"])
        assert (sorted(found), broken) == (["acme", "cirrus"], {})

    @pytest.mark.parametrize("form", ["name: acme # ours", "'name': 'acme'", "on one line"])
    def test_is_found_however_its_name_is_written(self, tmp_path: Path, form: str) -> None:
        text = write(tmp_path, "a.yaml", name="acme").read_text(encoding="utf-8")
        write(tmp_path, "b.yaml", name="borealis")
        other = text.replace("name: acme", form, 1)
        if form == "on one line":
            other = yaml.safe_dump(yaml.safe_load(text), default_flow_style=True)
        assert other != text
        (tmp_path / "a.yaml").write_text(other, encoding="utf-8")
        assert "acme" in read_integrations(tmp_path, "acme")[0]

    def test_two_files_with_its_name_are_refused(self, tmp_path: Path) -> None:
        write(tmp_path, "a.yaml", name="acme")
        write(tmp_path, "b.yaml", name="acme")
        found, broken = read_integrations(tmp_path, "acme")
        assert not found
        assert "a.yaml and b.yaml" in str(broken["acme"])

    def test_a_broken_file_is_found_by_what_it_is_called(self, tmp_path: Path) -> None:
        (tmp_path / "acme.yaml").write_text("name: [", encoding="utf-8")
        assert "acme.yaml" in str(read_integrations(tmp_path, "acme")[1]["acme"])
