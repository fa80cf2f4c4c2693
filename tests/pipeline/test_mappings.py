"""Codes that people map at the desk: what the next run makes of them, what they let through and what they take away."""

import json
from typing import Any

import pytest
import yaml
from crossings import Crossing, Make
from dropped_hours import FOUR_WEEKS, NOVEMBER, drop, files
from illness import asked, case_of, causes, changed_since, days, key, told
from test_payroll import counts, paid
from typer.testing import CliRunner

from veerpont.cli.main import app
from veerpont.config.mappings import MappedCode
from veerpont.desk.lists import show_delivery
from veerpont.model.failures import SettingsError
from veerpont.model.flows import Flow
from veerpont.pipeline.crossing import Crossing as Batch
from veerpont.pipeline.crossing import CrossingStep, FlowSteps
from veerpont.pipeline.preview import preview
from veerpont.pipeline.verdict import Turn
from veerpont.store import mappings
from veerpont.store.clock import now
from veerpont_sandbox.afas.schema import EMPLOYMENT
from veerpont_sandbox.customers.spec import CAUSES
from veerpont_sandbox.customers.timesheets import timesheet

__all__ = ["paid"]
pytest_plugins = ["at_noon"]

OFTEN = {"initial_days": 800}


def veerpont(*words: str, code: int = 0) -> str:
    """Run a command of `veerpont mappings`, as an engineer does."""
    result = CliRunner().invoke(app, ["mappings", *words])
    assert result.exit_code == code, result.output + str(result.exception)
    return result.output


def listed(crossing: Crossing, table: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return employer and code → what the list says of it."""
    rows = json.loads(veerpont("list", crossing.name, "--json"))
    return {(row["employer"], row["code"]): row for row in rows if row["table"] == table}


def without(*kinds: str) -> dict[str, dict[str, str]]:
    kept = {name: code for name, code in CAUSES.items() if name not in kinds}
    return {"01": kept, "02": kept}


class TestAbsence:
    def test_a_missing_cause_is_filled_in_and_its_group_closes_itself(self, known: Crossing) -> None:
        """An hour with little news looks at everybody then: the source shows the case of August no more."""
        known.at("2026-11-22T12:00").configure(absence={"causes": without("AO")})
        known("absence")
        known("absence")
        case = key(case_of(known, "KMA", "2026-08-17"))
        assert known.rejects("absence")[case] == "no_cause"
        row = listed(known, "absence.causes")["01", "AO"]
        assert (row["from"], row["lacking"], row["used"], row["target"]) == ("lacks", "<5", "<5", "")
        veerpont("set", "veerhuis", "absence.causes", "AO", CAUSES["AO"], "--employer", "01", "--by", "Els")
        books = known.at("2026-11-22T13:00")("absence")
        assert asked(known)[-1] == changed_since("2026-11-08T13:00:00")
        assert books["read"] == 7, "the case of August is not among them"
        assert days(known, "KMA") == [("2026-08-17", "2026-08-23", "50")]
        assert case not in known.rejects("absence")
        row = listed(known, "absence.causes")["01", "AO"]
        assert (row["from"], row["by"], row["lacking"], row["target"]) == ("desk", "Els", "", CAUSES["AO"])
        before = len(known.files("absence"))
        assert known.at("2026-11-22T14:00")("absence")["delivered"] == 0
        assert len(known.files("absence")) == before

    def test_the_file_wins_code_by_code(self, ill: Crossing) -> None:
        """Refused where the file has the code already; put there later, the file's counts, and both are shown."""
        refused = CliRunner().invoke(
            app, ["mappings", "set", "veerhuis", "absence.causes", "Z", "99", "--employer", "01", "--by", "Els"]
        )
        assert "is in the integration file (absence.causes), and that wins" in str(refused.exception)
        veerpont("set", "veerhuis", "absence.types", "XX", "Ziekte", "--by", "Els")
        veerpont("set", "veerhuis", "absence.causes", "XX", "33", "--employer", "02", "--by", "Els")
        ill("absence")
        assert causes(ill, "1008") == {"33"}
        assert ill.rejects("absence") == {}
        wins = without()
        wins["02"] = wins["02"] | {"XX": "44"}
        ill.configure(absence={"causes": wins})
        ill("absence")
        assert causes(ill, "1008") == {"44"}
        row = listed(ill, "absence.causes")["02", "XX"]
        assert (row["from"], row["target"], row["overruled"], row["by"]) == ("file", "44", True, "Els")

    def test_what_leaves_by_it_is_held(self, ill: Crossing) -> None:
        """A kind that is left out takes cases away: they wait with their keys, and stay when it is taken back."""
        veerpont("set", "veerhuis", "absence.types", "AO", "null", "--by", "Els")
        for hour in (13, 14):
            assert ill.at(f"2026-11-22T{hour}:00")("absence")["gone"] == 0
        row = ill.held("absence")
        assert (row["reasons"], row["gone"]) == ("settings_gone", 1)
        assert show_delivery(row["id"])["keys"] == {"01": [key(case_of(ill, "KMA", "2026-08-17"))]}
        assert days(ill, "KMA") != []
        veerpont("take-back", "veerhuis", "absence.types", "AO", "--by", "Jo")
        ill.at("2026-11-22T15:00")("absence")
        assert ill.deliveries("absence", "held") == []
        assert ill.periods() == ill.truth()

    def test_taken_back_the_case_waits_again_and_the_portal_keeps_it(self, ill: Crossing) -> None:
        veerpont("set", "veerhuis", "absence.types", "XX", "Ziekte", "--by", "Els")
        veerpont("set", "veerhuis", "absence.causes", "XX", "33", "--employer", "02", "--by", "Els")
        ill("absence")
        veerpont("take-back", "veerhuis", "absence.causes", "XX", "--employer", "02", "--by", "Jo")
        ill("absence")
        assert ill.rejects("absence") == {key(case_of(ill, "1008", "2026-02-09")): "no_cause"}
        assert told(ill, "1008") == [("02", "1008", "Ziekte", "2026-02-09", "2026-02-15", "100")]

    def test_a_preview_shows_what_it_lets_through(self, ill: Crossing) -> None:
        veerpont("set", "veerhuis", "absence.types", "XX", "Ziekte", "--by", "Els")
        veerpont("set", "veerhuis", "absence.causes", "XX", "33", "--employer", "02", "--by", "Els")
        found = preview("veerhuis", Flow.ABSENCE, ill.notes.append, ill.moment)
        assert found.portals[0].new == {"02": [key(case_of(ill, "1008", "2026-02-09"))]}
        assert found.rejects == []
        assert told(ill, "1008") == []
        assert listed(ill, "absence.types")["", "XX"]["lacking"] == "<5", "and counts nothing"

    def test_what_is_used_is_counted_and_a_few_are_not_said(self, ill: Crossing) -> None:
        """Kinds that a default covers need nothing; of employers that are not active nothing is counted."""
        found = listed(ill, "absence.types")
        assert found["", "Z"]["from"] == "otherwise"
        assert int(found["", "Z"]["used"]) >= 5
        assert found["", "XX"]["used"] == "<5"
        used = {employer for (employer, _), row in listed(ill, "absence.causes").items() if row["used"]}
        assert used == {"01", "02"}

    def test_reasons_are_counted_only_once_somebody_asks(self, ill: Crossing) -> None:
        """Until then their codes are not even read."""
        assert not any("/" in code for _, code in listed(ill, "absence.causes"))
        veerpont("set", "veerhuis", "absence.count_reasons", "*", "true", "--by", "Els")
        ill.at("2026-11-22T21:00")("absence")
        assert listed(ill, "absence.causes")["01", "Z/1"]["from"] == "otherwise"
        assert ill.deliveries("absence", "held") == []
        files_before = len(ill.files("absence"))
        veerpont("set", "veerhuis", "absence.causes", "Z/1", "91", "--employer", "01", "--by", "Els")
        ill.at("2026-11-22T22:00")("absence")
        assert causes(ill, "1001") == {"91"}
        assert len(ill.files("absence")) == files_before + 1

    def test_export_pasted_into_the_file_changes_nothing(self, ill: Crossing) -> None:
        veerpont("set", "veerhuis", "absence.types", "XX", "Ziekte", "--by", "Els")
        veerpont("set", "veerhuis", "absence.causes", "XX", "033", "--employer", "02", "--by", "Els")
        ill("absence")
        part = yaml.safe_load(veerpont("export", "veerhuis"))
        assert part == {"absence": {"types": {"XX": "Ziekte"}, "causes": {"02": {"XX": "033"}}}}
        merged = without()
        merged["02"] = merged["02"] | part["absence"]["causes"]["02"]
        ill.configure(absence={"types": part["absence"]["types"], "causes": merged})
        for table, code, more in (("types", "XX", []), ("causes", "XX", ["--employer", "02"])):
            veerpont("take-back", "veerhuis", f"absence.{table}", code, "--by", "Jo", *more)
        assert ill("absence")["delivered"] == 0
        assert ill.rejects("absence") == {}
        assert veerpont("export", "veerhuis") == ""

    def test_a_batch_of_customers_has_them_too(self, ill: Crossing) -> None:
        with ill.ledger.session() as session:
            mappings.keep(session, "veerhuis", MappedCode("absence.types", "", "XX"), None, "Els")
        batch = Batch(FlowSteps(Flow.ABSENCE), Turn("batch", ill.moment or now()), ill.notes.append)
        assert batch.hold(["veerhuis"]) is None
        for step in CrossingStep:
            (outcome,) = batch.step(step).outcomes
            assert outcome.state in {"on", "well"}
        assert ill.rejects("absence") == {}

    def test_what_is_kept_by_another_version_refuses_the_run_with_what_to_do(self, ill: Crossing) -> None:
        with ill.ledger.session() as session:
            mappings.keep(session, "veerhuis", MappedCode("absence.types", "", "XX"), "Vakantie", "Els")
        with pytest.raises(SettingsError, match="does not fit this version: see `veerpont mappings list veerhuis`"):
            ill("absence")


class TestHours:
    @pytest.fixture
    def sluis(self, make: Make) -> Crossing:
        return make("sluis", night=("employers",))

    def test_components_and_departments_are_mapped_from_nothing(self, sluis: Crossing) -> None:
        """A first run fails and sends nothing, and says which codes there are, and which components Loket has."""
        content = sluis.job("hours", "sluis", "look").integration.hours
        sluis.configure(hours={"components": {}, "departments": {}})
        with pytest.raises(SettingsError, match=r"hours\.components is missing: .* the desk \(Codes\)"):
            sluis("hours")
        assert files(sluis) == {}
        components, departments = listed(sluis, "hours.components"), listed(sluis, "hours.departments")
        assert {code for _, code in components} >= {code for code, to in content.components.items() if to is not None}
        assert {row["from"] for row in (*components.values(), *departments.values())} == {"lacks"}
        for table, codes in (("components", content.components), ("departments", content.departments)):
            for code, target in codes.items():
                to = "null" if target is None else str(target)
                veerpont("set", "sluis", f"hours.{table}", code, to, "--by", "Els")
        sluis("hours")
        assert files(sluis) == {"loket_7001_2026_11.csv": NOVEMBER, "loket_7002_2026_12.csv": FOUR_WEEKS}
        assert {row["lacking"] for row in listed(sluis, "hours.components").values()} == {""}

    def test_a_column_that_was_mapped_wrongly_shows_nobody(self, sluis: Crossing) -> None:
        """Names or numbers of people stand in it, each with one of them: they are in no table of the ledger."""
        header = "Personeelsnummer;Datum;Component;Aantal;Afdeling;Opmerking\r\n"
        rows = "".join(
            f"{number};02-11-2026;{value};8;;\r\n"
            for number, value in ((11, "Zwaluw"), (12, "Kievit"), (18, "111222333"), (18, "UREN"))
        )
        drop(sluis, (header + rows).encode())
        sluis("hours")
        for value in ("Zwaluw", "Kievit", "111222333"):
            assert not sluis.in_ledger(value)
        assert [code for _, code in listed(sluis, "hours.components") if code == "UREN"] == ["UREN"]

    def test_a_new_code_among_known_ones_is_shown(self, sluis: Crossing) -> None:
        rows = [(11, "02-11-2026", "UREN", "8", ""), (12, "02-11-2026", "OVER125", "8", "")]
        drop(sluis, timesheet([*rows, (18, "02-11-2026", "BONUS", "8", "")]))
        sluis("hours")
        row = listed(sluis, "hours.components")["", "BONUS"]
        assert (row["from"], row["used"], row["lacking"]) == ("lacks", "<5", "<5")


class TestPayroll:
    def test_a_missing_kvk_number_is_filled_in(self, paid: Crossing) -> None:
        paid.configure(payroll={"kvk": {"01": "90000011"}})
        paid.sandbox.afas.update("veerhuis", EMPLOYMENT, "Werkgever", "02", {"KvK_nummer": "90000022"})
        assert counts(paid("payroll"), "held") == (44,)
        assert paid.rejects("payroll") == {"employer:02": "kvk_missing"}
        row = listed(paid, "payroll.kvk")["", "02"]
        assert (row["from"], row["used"]) == ("lacks", "44")
        veerpont("set", "veerhuis", "payroll.kvk", "02", "9000002", "--by", "Els", code=1)
        veerpont("set", "veerhuis", "payroll.kvk", "02", "90000022", "--by", "Els")
        assert counts(paid("payroll"), "held") == (0,)
        assert paid.rejects("payroll") == {}
