"""What a portal gets only where the integration names it, with its purpose (docs/decisions/0032)."""

import logging
from datetime import date
from typing import Any

import pytest
from crossings import ABSENCE, EMPLOYEES, After, Crossing
from cryptography.fernet import Fernet
from illness import EVERYTHING, at, case_of, days, in_history, key, last_asked, nights
from unpacking import unpacked

from veerpont.model.failures import SettingsError
from veerpont.model.lines import Line
from veerpont.model.names import EXTRAS
from veerpont.pipeline.moving_in.pairing import OF_HEALTH, differing

pytest_plugins = ["at_noon"]

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


def with_two_portals(known: Crossing) -> None:
    known.configure(portals=portals(), absence={"initial_days": 800})
    case = case_of(known, "1001", "2026-11-16")
    known.book.correct(case, no_risk=True, safety_net=True, at=at("2026-11-19"))
    known.book.close(case, date(2026, 11, 20), at=at("2026-11-20"), reason="4")
    known.at("2026-11-22T12:00")("employees")
    known.at("2026-11-22T12:00")("absence")
    nights(known, 22)


@pytest.fixture
def both(after: After) -> Crossing:
    """A customer with two portals that has named nothing, and of whom 1001 recovered under a no-risk policy."""
    return after(with_two_portals)


def name_all(both: Crossing) -> None:
    both.configure(portals=portals(**HEALTH, employment_number="Two jobs", **HOURS))
    both.at("2026-11-23T08:00")("absence")


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
    def named(self, both: Crossing, after: After) -> Crossing:
        """The API gets them from now on."""
        return after(name_all)

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

    def test_told_its_employment_a_case_keeps_the_days_that_another_has_too(self, named: Crossing) -> None:
        case = case_of(named, "1004", "2026-09-07")
        other = named.book.open("1004", date(2026, 11, 10), at=at("2026-11-23", 8), presence=50, employment=2)
        named.at("2026-11-23T09:00")("absence")
        records = named.sandbox.portal.json_api.records("veerhuis", "absence")
        ends = {each: records[key(each)][-1]["EinddatumTrajectVerloop"] for each in (case, other)}
        assert ends == {case: None, other: None}
        assert said(named, other)["employment_number"] == "2"

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


def test_a_comparison_with_the_portal_does_not_say_what_of_health_differs() -> None:
    """Of a yes and a no the difference says both."""
    here, there = (
        Line("C1", "C1", "01", "C1", "C1", values={"no_risk": value, "safety_net": value, "Protocol": value})
        for value in ("true", "false")
    )
    assert list(differing(there, here)) == [OF_HEALTH, "Protocol"]


COLUMNS = (
    *("WerkgeverCode", "Personeelsnummer", "Protocol", "TrajectId", "TrajectVerloopId", "StartdatumTrajectVerloop"),
    *("EinddatumTrajectVerloop", "VerzuimOorzaak", "Verzuimpercentage", "BevallingsDatumVermoedelijk"),
    *("BevallingsDatumFeitelijk", "DienstverbandGroepCode"),
)
JOINED = [("2026-11-16", "2026-11-17", "100"), ("2026-11-18", None, "50")]
APART = [("2026-11-16", None, "100"), ("2026-11-18", None, "50")]


def choose(crossing: Crossing, *names: str) -> None:
    """Let the file of absence have these columns; none: those of the standard template."""
    crossing.configure(xpert_suite={"columns": {"absence": {name: name for name in names}} if names else {}})


def employ_twice(ill: Crossing) -> None:
    row = next(row for row in ill.source("employees") if row["Personeelsnummer"] == "1001")
    ill.sandbox.afas.insert("veerhuis", EMPLOYEES, [row | {"Dienstverbandnummer": 2, "Contractnummer": 1}])
    ill("employees")
    ill.book.open("1001", date(2026, 11, 18), at=at("2026-11-22", 12), presence=50, employment=2)
    ill.at("2026-11-22T13:00")("absence")


def tell_apart(double: Crossing) -> None:
    choose(double, *COLUMNS)
    double.at("2026-11-22T14:00")("absence")
    nights(double, 22)


class TestTwoEmployments:
    """1001 is ill since 16 November, and in a second employment for half since the 18th."""

    @pytest.fixture
    def double(self, ill: Crossing, after: After) -> Crossing:
        return after(employ_twice)

    @pytest.fixture
    def apart(self, double: Crossing, after: After) -> Crossing:
        return after(tell_apart)

    def test_no_day_is_told_twice_by_itself(self, double: Crossing) -> None:
        assert days(double, "1001") == JOINED
        assert {traject.group for traject in double.state.trajects.values()} == {""}

    def test_chosen_each_has_its_own_days(self, apart: Crossing) -> None:
        """The portal takes both: one in each employment. Nobody is asked, and nothing is removed."""
        assert days(apart, "1001") == APART
        assert [each.group for each in apart.state.trajects.values() if each.number == "1001"] == ["1", "2"]
        report = apart.sandbox.portal.reports("veerhuis", "absence")[-1]
        assert (report.rejected, report.deleted) == (0, 0)
        assert apart.deliveries("absence", "held") == []

    def test_of_one_employment_no_day_is_told_twice_still(self, apart: Crossing) -> None:
        apart.book.open("1001", date(2026, 11, 20), at=at("2026-11-22", 22), presence=20, employment=2)
        nights(apart, 23)
        assert days(apart, "1001") == [APART[0], ("2026-11-18", "2026-11-19", "50"), ("2026-11-20", None, "80")]

    def test_what_was_told_before_changes_first_and_gets_its_days_then(self, double: Crossing) -> None:
        """As long as a line of a person says no employment, days are joined: the portal refuses what overlaps."""
        choose(double, *COLUMNS)
        double.at("2026-11-22T14:00")("absence")
        assert days(double, "1001") == JOINED
        assert [each.group for each in double.state.trajects.values() if each.number == "1001"] == ["1", "2"]
        assert double.sandbox.portal.reports("veerhuis", "absence")[-1].rejected == 0

    def test_taken_back_the_delivery_waits(self, apart: Crossing) -> None:
        """Days would go by a setting: a person says so, or puts the column back."""
        choose(apart)
        apart.at("2026-11-23T08:00")("absence")
        assert apart.held("absence")["reasons"] == "employments_joined"
        assert days(apart, "1001") == APART
        choose(apart, *COLUMNS)
        apart.at("2026-11-23T09:00")("absence")
        assert apart.deliveries("absence", "held") == []
        choose(apart)
        apart.at("2026-11-23T10:00")("absence")
        apart.release(apart.held("absence")["id"])
        apart.at("2026-11-23T11:00")("absence")
        assert days(apart, "1001") == JOINED
        nights(apart, 23)
        assert days(apart, "1001") == JOINED
        assert apart.deliveries("absence", "held") == []

    def test_a_purpose_is_asked_for_what_says_something_of_health(self, apart: Crossing) -> None:
        choose(apart, *COLUMNS, "no_risk")
        with pytest.raises(SettingsError, match=r"xpert_suite: extra.no_risk has no purpose"):
            apart.at("2026-11-23T08:00")("absence")
        apart.configure(portals=[portals()[0] | {"extra": {"no_risk": "Claims at UWV"}}])
        apart.at("2026-11-23T09:00")("absence")
        assert apart.books("absence")["state"] == "success"
