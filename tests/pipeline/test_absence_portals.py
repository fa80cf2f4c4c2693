"""Where the absence goes, and when: two portals, one folder for two customers, and the clock of the Netherlands."""

from datetime import date
from typing import Any

import pytest
import yaml
from crossings import ABSENCE, After, Crossing
from illness import EVERYTHING, asked, at, case_of, changed_since, days, key, last_asked, nights, noted

from veerpont.model.failures import PassingError, SettingsError
from veerpont_sandbox.absence import Told

pytest_plugins = ["at_noon"]

NIGHTLY = ["employers", "organigram", "employees", "accounts"]


def to_both(known: Crossing) -> None:
    known.configure(
        portals=[
            {"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": [*NIGHTLY, "absence"]},
            {"portal": "json_api", "connection": "portal_veerhuis", "flows": ["absence"]},
        ],
        absence={"initial_days": 800},
    )
    known.at("2026-11-22T12:00")("absence")


@pytest.fixture
def both(after: After) -> Crossing:
    """A customer whose absence goes to the account at Xpert Suite and to the JSON API; both have it."""
    return after(to_both)


def records(crossing: Crossing) -> dict[str, list[dict[str, Any]]]:
    """Return what the JSON API has: case → its periods."""
    return crossing.sandbox.portal.json_api.records("veerhuis", "absence")


def at_the_api(crossing: Crossing) -> set[Told]:
    """Return the periods that the JSON API has."""
    names = ("WerkgeverCode", "Personeelsnummer", "Protocol", "StartdatumTrajectVerloop")
    return {
        (*(each[name] for name in names), each["EinddatumTrajectVerloop"], each["Verzuimpercentage"])
        for found in records(crossing).values()
        for each in found
    }


class TestTwoPortals:
    def test_both_get_the_same_cases(self, both: Crossing) -> None:
        """One read and one history; each portal gets every case, and has its own books."""
        assert both.periods() == at_the_api(both) == both.truth()
        assert len(asked(both)) == 1
        folder = both.home / "vault" / "veerhuis" / "absence"
        assert len(list((folder / "history").iterdir())) == 1
        assert {row["portal"] for row in both.deliveries("absence", "delivered")} == {"xpert_suite", "json_api"}

    def test_both_follow(self, both: Crossing) -> None:
        """What changes is one operation at the one and a whole file at the other."""
        case = case_of(both, "1001", "2026-11-16")
        both.book.close(case, date(2026, 11, 22), at=at("2026-11-22", 12))
        both.at("2026-11-22T13:00")("absence")
        assert both.periods() == at_the_api(both) == both.truth()
        (row,) = [row for row in both.deliveries("absence", "delivered")[:2] if row["portal"] == "json_api"]
        assert row["records"] == 1

    def test_a_deletion_reaches_both(self, both: Crossing) -> None:
        """After two wide reads it goes at the one by being left out, at the other by name."""
        case = case_of(both, "KMA", "2026-08-17")
        both.book.delete(case)
        nights(both, 22)
        assert key(case) in records(both)
        nights(both, 23)
        for row in both.deliveries("absence", "held"):  # each portal is asked about
            both.release(row["id"])
        both.at("2026-11-23T22:00")("absence")
        assert key(case) not in records(both)
        assert both.periods() == at_the_api(both) == both.truth()

    def test_one_that_is_down_does_not_keep_the_other_waiting_for_ever(self, both: Crossing) -> None:
        """A portal in maintenance misses a run; the next one brings it what it missed, and the other nothing twice."""
        both.book.close(case_of(both, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        both.sandbox.faults.add("api_maintenance", times=1)
        with pytest.raises(PassingError):
            both.at("2026-11-22T13:00")("absence")
        assert both.periods() == both.truth()
        both.sandbox.faults.clear()
        both.at("2026-11-22T14:00")("absence")
        assert at_the_api(both) == both.truth()
        assert len(both.files("absence")) == 2

    def test_a_hold_at_one_is_asked_for_both(self, both: Crossing) -> None:
        """Three cases that went wait at either portal, each with its own question and answer."""
        for who, begin in (("1001", "2026-11-16"), ("1003", "2026-11-04"), ("1004", "2026-09-07")):
            both.book.delete(case_of(both, who, begin))
        nights(both, 22, 23)
        held = {row["portal"]: row for row in both.deliveries("absence", "held")}
        assert {portal: row["gone"] for portal, row in held.items()} == {"xpert_suite": 3, "json_api": 3}
        both.release(held["json_api"]["id"])
        both.at("2026-11-24T08:00")("absence")
        assert at_the_api(both) == both.truth() < both.periods()
        both.release(held["xpert_suite"]["id"])
        both.at("2026-11-24T09:00")("absence")
        assert both.periods() == both.truth()

    def test_a_case_that_one_of_them_refuses(self, both: Crossing) -> None:
        """It is a reject and stays as that portal had it; the other one has what is true."""
        case = case_of(both, "1001", "2026-11-16")
        both.book.close(case, date(2026, 11, 22), at=at("2026-11-22", 12))
        both.sandbox.faults.add(
            "api_reject", keys=[key(case)], value="refused", field="EinddatumTrajectVerloop", times=1
        )
        both.at("2026-11-22T13:00")("absence")
        assert key(case) in both.rejects("absence")
        assert records(both)[key(case)][0]["EinddatumTrajectVerloop"] is None
        assert days(both, "1001") == [("2026-11-16", "2026-11-21", "100")]
        both.at("2026-11-22T14:00")("absence")
        assert at_the_api(both) == both.truth()
        assert key(case) not in both.rejects("absence")


class TestOneFolderForTwo:
    def test_two_integrations_on_one_folder_are_refused(self, ill: Crossing) -> None:
        """A second customer at the same host, login and folder would delete the first one's cases: neither is sent."""
        files = ill.files("absence")
        path = ill.home / "integrations" / "veerhuis.yaml"
        twin = yaml.safe_load(path.read_text()) | {"name": "twin"}
        (path.parent / "twin.yaml").write_text(yaml.safe_dump(twin))
        ill.book.close(case_of(ill, "1001", "2026-11-16"), date(2026, 11, 22), at=at("2026-11-22", 12))
        with pytest.raises(SettingsError, match=r"twin \(absence\)"):
            ill.at("2026-11-22T13:00")("absence")
        assert ill.files("absence") == files
        twin["xpert_suite"]["folders"] = {
            flow: f"{flow} van de ander" for flow in ("employers", "organigram", "employees", "accounts", "absence")
        }
        (path.parent / "twin.yaml").write_text(yaml.safe_dump(twin))
        assert ill.at("2026-11-22T14:00")("absence")["state"] == "success"
        assert days(ill, "1001") == [("2026-11-16", "2026-11-21", "100")]

    def test_two_flows_of_one_customer_in_one_folder_are_refused(self, ill: Crossing) -> None:
        """Also the customer's own employees may not lie in the folder of the absence."""
        ill.configure(xpert_suite={"folders": {"employees": "Verzuim"}})
        from veerpont.model.flows import Flow
        from veerpont.pipeline.plan import plan

        plan(Flow.EMPLOYEES, ill.notes.append)
        with pytest.raises(SettingsError, match=r"veerhuis \(employees\)"):
            ill.at("2026-11-22T13:00")("absence")


class TestTheClock:
    """Summer time begins on 28 March 2027 and ends on 31 October 2027: after the first night, as the clock goes."""

    def test_nine_in_the_evening_is_nine_on_the_clock(self, known: Crossing) -> None:
        """Over the end of summer time: 20:00 is not yet the time, 21:00 is, on the day before and on the day itself."""
        known.at("2027-10-30T12:00")("absence")
        known("absence")
        known.sandbox.afas.requests.clear()
        for day in (30, 31):
            for hour in (20, 21):
                known.at(f"2027-10-{day}T{hour}:00")("absence")
        assert [read == EVERYTHING for read in asked(known)] == [False, True, False, True]
        assert noted(known, "wide_at") == "2027-10-31T21:00:00+01:00"

    def test_and_over_the_beginning_of_summer_time(self, known: Crossing) -> None:
        """The day of 23 hours has its wide read as well, and one."""
        known.at("2027-03-27T12:00")("absence")
        known("absence")
        known.sandbox.afas.requests.clear()
        for moment in ("27T21:00", "28T07:00", "28T20:00", "28T21:00", "28T22:00"):
            known.at(f"2027-03-{moment}")("absence")
        assert [read == EVERYTHING for read in asked(known)] == [True, False, False, True, False]
        assert noted(known, "wide_at") == "2027-03-28T21:00:00+02:00"

    def test_the_question_for_changes_is_in_dutch_time(self, ill: Crossing) -> None:
        """Two weeks back over the change of the clock: AFAS's stamps have no zone, and the hour on the clock counts."""
        ill.configure(absence={"lookback_days": 60})
        ill.at("2026-11-22T13:00")("absence")
        assert last_asked(ill) == changed_since("2026-09-23T13:00:00")

    def test_a_case_of_the_day_of_the_change_keeps_its_days(self, known: Crossing) -> None:
        """Opened, changed and closed around the night in which the clock goes back: dates are never shifted."""
        case = known.book.open("0109", date(2027, 10, 30), at=at("2027-10-30"))
        known.book.change(case, date(2027, 10, 31), 50, at=at("2027-10-31", 2))
        known.book.close(case, date(2027, 11, 1), at=at("2027-11-01", 0))
        known.configure(absence={"initial_days": 800})
        known.at("2027-11-01T07:00")("absence")
        assert days(known, "0109")[-2:] == [("2027-10-30", "2027-10-30", "100"), ("2027-10-31", "2027-10-31", "50")]

    def test_just_after_midnight_it_is_a_new_day(self, ill: Crossing) -> None:
        """A planned recovery line takes effect on its own day, in Dutch time."""
        case = case_of(ill, "1001", "2026-11-16")
        ill.book.change(case, date(2026, 11, 23), 50, at=at("2026-11-22", 12))
        ill.at("2026-11-22T23:30")("absence")
        assert days(ill, "1001") == [("2026-11-16", None, "100")]
        ill.at("2026-11-23T00:30")("absence")
        assert days(ill, "1001") == [("2026-11-16", "2026-11-22", "100"), ("2026-11-23", None, "50")]


def test_absence_waits_for_the_employees(crossing: Crossing) -> None:
    """Before the employees flow brought anybody nothing is read: nobody could be recognised."""
    from veerpont.flows.index import NothingToReadError

    crossing.first_night("employers")
    with pytest.raises(NothingToReadError, match="employees"):
        crossing("absence")
    assert not [
        request for request in crossing.sandbox.afas.requests if ABSENCE in request["path"] and request["query"]
    ]
    assert not crossing.stored("2026-11-16")
