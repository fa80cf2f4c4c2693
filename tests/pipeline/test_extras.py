"""What a portal gets only where the integration names it, with its purpose (docs/decisions/0032)."""

import logging
from datetime import date
from typing import Any

import pytest
from crossings import ABSENCE, EMPLOYEES, Crossing
from cryptography.fernet import Fernet
from illness import EVERYTHING, at, case_of, in_history, key, last_asked, nights
from unpacking import unpacked

from veerpont.model.failures import SettingsError
from veerpont.model.names import EXTRAS

NIGHTLY = ["employers", "organigram", "employees", "accounts"]
HEALTH = {"recovery_reason": "Re-integration", "no_risk": "Claims at UWV", "safety_net": "Claims at UWV"}
HOURS = dict.fromkeys(EXTRAS["employees"], "Planning a gradual return")


def portals(**extra: str | None) -> list[dict[str, Any]]:
    """Return two portals, the second of which gets extras."""
    api = {"portal": "json_api", "connection": "portal_veerhuis", "flows": ["employees", "absence"]}
    files = {"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": [*NIGHTLY, "absence"]}
    return [files, api | {"extra": extra} if extra else api]


def has(crossing: Crossing, case: str) -> dict[str, Any]:
    """Return what the API has of a case, of its first period."""
    return crossing.sandbox.portal.json_api.records("veerhuis", "absence")[key(case)][0]


def said(crossing: Crossing, case: str) -> dict[str, Any]:
    return {name: value for name, value in has(crossing, case).items() if name in EXTRAS["absence"]}


def opened(crossing: Crossing) -> str:
    """Return all that is in the vault, opened and unpacked."""
    found = [path.read_bytes() for path in (crossing.home / "vault").rglob("*") if path.is_file()]
    return b"\n".join(unpacked(Fernet(crossing.key).decrypt(content)) for content in found).decode(errors="replace")


@pytest.fixture
def both(known: Crossing) -> Crossing:
    """A customer with two portals that has named nothing, and of whom 1001 recovered under a no-risk policy."""
    known.configure(portals=portals(), absence={"initial_days": 800})
    case = case_of(known, "1001", "2026-11-16")
    known.book.correct(case, no_risk=True, safety_net=True, at=at("2026-11-19"))
    known.book.close(case, date(2026, 11, 20), at=at("2026-11-20"), reason="4")
    known.at("2026-11-22T12:00")("employees")
    known.at("2026-11-22T12:00")("absence")
    nights(known, 22)
    return known


def test_nothing_is_read_kept_or_told_unless_it_is_named(both: Crossing) -> None:
    assert said(both, case_of(both, "1001", "2026-11-16")) == {}
    kept = opened(both)
    for name in ("Reden_afsluiten_code", "No-risk", "Uren_Ma", *HEALTH, *EXTRAS["employees"]):
        assert name not in kept
    assert not in_history(both, "Dienstverbandnummer")


def test_a_connector_without_the_columns_works_as_before(both: Crossing) -> None:
    for field in ("No-risk", "Reden_afsluiten_code", "Dienstverbandnummer"):
        both.sandbox.faults.add("dropped_field", connector=ABSENCE, field=field)
    both.sandbox.faults.add("dropped_field", connector=EMPLOYEES, field="Uren_Ma")
    (books,) = nights(both, 23)
    assert (books["state"], books["delivered"], books["gone"]) == ("success", 0, 0)
    assert both("employees")["state"] == "success"
    assert not [note for note in both.notes if "No-risk" in note]


class TestNamed:
    @pytest.fixture
    def named(self, both: Crossing) -> Crossing:
        """The API gets them from now on."""
        both.configure(portals=portals(**HEALTH, employment_number="Two jobs", **HOURS))
        both.at("2026-11-23T08:00")("absence")
        return both

    def test_they_come_at_the_next_run_at_once_and_nobody_is_asked(self, named: Crossing) -> None:
        """Every line changes once: what was read before without them is read again at once."""
        assert last_asked(named) == EVERYTHING
        assert said(named, case_of(named, "1001", "2026-11-16")) == {
            "employment_number": "1",
            "recovery_reason": "4",
            "no_risk": "true",
            "safety_net": "true",
        }
        assert said(named, case_of(named, "1004", "2026-09-07")) == {
            "employment_number": "1",
            "recovery_reason": None,
            "no_risk": "false",
            "safety_net": "false",
        }
        assert named.deliveries("absence", "held") == []
        (books,) = nights(named, 23)
        assert (books["state"], books["delivered"], books["gone"]) == ("success", 0, 0)
        named.at("2026-11-24T08:00")("absence")
        assert last_asked(named) != EVERYTHING

    def test_only_to_the_portal_that_they_are_named_for(self, named: Crossing) -> None:
        """The file has the columns that it had: nothing changed there, so no second one went."""
        assert len(named.files("absence")) == 1

    def test_hours_of_a_weekday(self, named: Crossing) -> None:
        named("employees")
        (anna,) = [
            record
            for found in named.sandbox.portal.json_api.records("veerhuis", "employees").values()
            for record in found
            if record["personnel_number"] == "1001"
        ]
        assert [anna[name] for name in EXTRAS["employees"]] == ["9", "9", "9", "9", "0", "0", "0"]

    def test_taken_back_they_leave_the_portal_and_the_history(self, named: Crossing) -> None:
        named.configure(portals=portals())
        named.at("2026-11-23T09:00")("absence")
        assert said(named, case_of(named, "1001", "2026-11-16")) == {}
        assert not in_history(named, "No-risk")
        assert not in_history(named, "Reden_afsluiten_code")
        assert named.deliveries("absence", "held") == []
        assert not [note for note in named.notes if "not believed" in note]

    def test_a_connector_that_lacks_one_is_refused_by_its_name(self, named: Crossing) -> None:
        named.sandbox.faults.add("dropped_field", connector=ABSENCE, field="No-risk")
        with pytest.raises(SettingsError, match=r"misses No-risk \(for no_risk\).* to add No-risk, which it does not"):
            named.at("2026-11-23T09:00")("absence")

    def test_of_what_is_medical_nothing_is_told_elsewhere(
        self, named: Crossing, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A value that is none is a reject of its field: without the value, in the ledger, the log and the notes."""
        caplog.set_level(logging.DEBUG)
        case = case_of(named, "1001", "2026-11-16")
        named.sandbox.afas.update(
            "veerhuis", ABSENCE, "Guid_verzuimmelding", case, {"Reden_afsluiten_code": "CANARY\nCANARY"}
        )
        named.at("2026-11-23T10:00")("absence")
        ledger = (named.home / "ledger.db").read_bytes()
        assert b"CANARY" not in ledger
        assert "CANARY" not in caplog.text + " ".join(named.notes)
        assert said(named, case)["recovery_reason"] == "4"
