"""From the lines of AFAS to the cases at the portal: the help example, types and causes.

Facts: docs/reference/xpert-suite.md, 4.7 and 5.4; docs/reference/afas.md, 8.4.
"""

from datetime import date

import pytest
from crossings import Crossing
from illness import asked, at, case_of, causes, changed_since, days, key, told, traject

from veerpont.desk.lists import show_delivery
from veerpont_sandbox.customers.spec import CAUSES

pytest_plugins = ["at_noon"]

OFTEN = {"initial_days": 800}
"""A first read that covers the window, so that the first run delivers."""


def without(kind: str, **more: str) -> dict[str, dict[str, str]]:
    """Return the causes of both employers without those of a type, and with others."""
    kept = {name: code for name, code in CAUSES.items() if name != kind} | more
    return {"01": kept, "02": kept}


class TestTheHelpExample:
    """Lines dated 4, 5, 7, 11 and 19 November; 40 percent present from the 11th."""

    @pytest.mark.parametrize(("reading", "last"), [("first_day_back", "2026-11-18"), ("last_absent_day", "2026-11-19")])
    def test_two_periods_reach_the_portal(self, known: Crossing, reading: str, last: str) -> None:
        """The stay in hospital is no period of its own, and the closing line is none."""
        known.configure(absence=OFTEN | {"recovery_date_is": reading})
        known("absence")
        assert days(known, "1003") == [("2026-11-04", "2026-11-10", "100"), ("2026-11-11", last, "60")]
        (case,) = [each for each in known.state.trajects.values() if each.number == "1003"]
        assert (case.employer, case.protocol, case.compound) == ("01", "Ziekte", False)
        assert {period.traject_id for period in case.periods} == {key(case_of(known, "1003", "2026-11-04"))}

    def test_everything_else_is_there_too(self, ill: Crossing) -> None:
        """The portal has what really happened at the active employers, and nothing besides."""
        assert ill.periods() == ill.truth()
        assert {period[0] for period in ill.periods()} == {"01", "02"}

    def test_day_by_day_as_it_happens(self, ill: Crossing) -> None:
        """Opened, in hospital, partly back, closed: after each day's run the portal has what is known by then."""
        case = ill.book.open("0109", date(2026, 12, 4), at=at("2026-12-04"))
        ill.at("2026-12-04T09:00")("absence")
        assert days(ill, "0109")[-1] == ("2026-12-04", None, "100")
        ill.book.nursing_address(case, date(2026, 12, 5), at=at("2026-12-05"))
        ill.book.change(case, date(2026, 12, 7), 0, at=at("2026-12-07"))
        assert ill.at("2026-12-07T09:00")("absence")["delivered"] == 0
        assert len(ill.files("absence")) == 2, "a line that changes no percentage changes no file"
        ill.book.change(case, date(2026, 12, 11), 40, at=at("2026-12-11"))
        ill.at("2026-12-11T09:00")("absence")
        assert days(ill, "0109")[-2:] == [("2026-12-04", "2026-12-10", "100"), ("2026-12-11", None, "60")]
        ill.book.close(case, date(2026, 12, 19), at=at("2026-12-19"))
        ill.at("2026-12-19T09:00")("absence")
        assert days(ill, "0109")[-2:] == [("2026-12-04", "2026-12-10", "100"), ("2026-12-11", "2026-12-18", "60")]


class TestCauses:
    def test_the_code_of_the_type(self, ill: Crossing) -> None:
        """An accident at work, an illness and a leave each get the code of their type."""
        assert causes(ill, "KMA") == {CAUSES["AO"]}
        assert causes(ill, "1004") == {CAUSES["Z"]}
        leave = traject(ill, "02/1005/Zwangerschap/2026-09-14").periods[0]
        assert (leave.cause, leave.expected_birth, leave.actual_birth) == (CAUSES["ZW"], "2026-10-26", "2026-10-29")

    def test_the_safety_net_wins(self, known: Crossing) -> None:
        """`vangnet` goes before the type, and before the type with a reason."""
        known.configure(absence=OFTEN | {"causes": without("", **{"Z/2": "92"})})
        known("absence")
        assert causes(known, "1010") == {CAUSES["vangnet"]}

    def test_a_type_with_its_reason_wins_over_the_type(self, known: Crossing) -> None:
        """`Z/1` goes before `Z` for who has reason 1; the others keep the code of the type."""
        known.configure(absence=OFTEN | {"causes": without("", **{"Z/1": "91"})})
        known("absence")
        assert causes(known, "1001") == {"91"}
        assert causes(known, "1004") == {CAUSES["Z"]}

    def test_a_safety_net_without_a_code_is_the_type(self, known: Crossing) -> None:
        """Who has no code for `vangnet` sends the code of the type."""
        known.configure(absence=OFTEN | {"causes": without("vangnet")})
        known("absence")
        assert causes(known, "1010") == {CAUSES["Z"]}

    def test_a_cause_of_another_employer_does_not_count(self, known: Crossing) -> None:
        """Codes are per employer: without one the case is a reject, and is not sent under somebody else's code."""
        known.configure(absence=OFTEN | {"causes": {"01": dict(CAUSES)}})
        known("absence")
        assert {period[0] for period in known.periods()} == {"01"}
        reasons = sorted(known.rejects("absence").values())
        assert reasons == ["no_cause", "no_cause", "unknown_type"]

    def test_a_cause_added_later_takes_effect_though_afas_no_longer_shows_the_case(self, known: Crossing) -> None:
        """A case without a cause waits in the history: the first run after the code was added sends it."""
        known.at("2026-11-22T12:00").configure(absence={"causes": without("AO")})
        known("absence")
        known("absence")
        case = key(case_of(known, "KMA", "2026-08-17"))
        assert known.rejects("absence")[case] == "no_cause"
        assert days(known, "KMA") == []
        known.configure(absence={"causes": without("")})
        books = known.at("2026-11-22T13:00")("absence")
        assert asked(known)[-1] == changed_since("2026-11-08T13:00:00")
        assert books["read"] == 7, "the case of August is not among them"
        assert days(known, "KMA") == [("2026-08-17", "2026-08-23", "50")]
        assert case not in known.rejects("absence")
        assert known.periods() == known.truth()


class TestTypes:
    def test_a_type_that_no_table_knows_is_a_reject(self, ill: Crossing) -> None:
        """It is not guessed at: the desk says which case it is, and the portal gets nothing of it."""
        case = key(case_of(ill, "1008", "2026-02-09"))
        assert ill.rejects("absence") == {case: "unknown_type"}
        assert days(ill, "1008") == []

    def test_a_type_that_is_no_absence_is_filtered(self, known: Crossing) -> None:
        """Leave for family reasons is nobody's illness, also when it has a cause: no line, no reject."""
        known.configure(absence=OFTEN | {"causes": without("", F="88")})
        books = known("absence")
        assert key(case_of(known, "1008", "2026-05-04")) not in known.rejects("absence")
        assert "88" not in {cause for number in ("1008", "1001") for cause in causes(known, number)}
        assert books["filtered"] >= 2

    def test_a_type_can_be_added_in_the_settings(self, ill: Crossing) -> None:
        """Once the settings say what it is, the case that was a reject crosses at the next run."""
        ill.configure(absence={"types": {"XX": "Ziekte"}, "causes": without("", XX="33")})
        ill("absence")
        assert told(ill, "1008") == [("02", "1008", "Ziekte", "2026-02-09", "2026-02-15", "100")]
        assert causes(ill, "1008") == {"33"}
        assert ill.rejects("absence") == {}

    def test_a_type_can_be_left_out_in_the_settings(self, ill: Crossing) -> None:
        """An unknown type that the customer calls no absence is filtered, and its reject closes."""
        ill.configure(absence={"types": {"XX": None}})
        books = ill.at("2026-11-22T21:00")("absence")
        assert ill.rejects("absence") == {}
        assert books["rejected"] == 0
        assert len(ill.files("absence")) == 1

    def test_a_type_can_be_remapped(self, known: Crossing) -> None:
        """The customer's own table goes over the default one: a leave that is called an illness is one."""
        known.configure(absence=OFTEN | {"types": {"F": "Ziekte", "AO": None}, "causes": without("", F="88")})
        known("absence")
        assert told(known, "1008") == [("01", "1008", "Ziekte", "2026-05-04", "2026-05-05", "100")]
        assert days(known, "KMA") == []

    def test_a_type_that_is_left_out_later_is_asked_about(self, ill: Crossing) -> None:
        """Its cases did not leave by a rule: a person says so, and until then they stay; put back, nothing is asked."""
        ill.configure(absence={"types": {"AO": None}})
        for hour in (13, 14):
            assert ill.at(f"2026-11-22T{hour}:00")("absence")["gone"] == 0
        row = ill.held("absence")
        assert (row["reasons"], row["gone"]) == ("settings_gone", 1)
        assert show_delivery(row["id"])["keys"] == {"01": [key(case_of(ill, "KMA", "2026-08-17"))]}
        assert days(ill, "KMA") != []
        ill.configure(absence={"types": {"AO": None, "Z": None}})
        ill.at("2026-11-22T15:00")("absence")
        assert sum(row["gone"] for row in ill.deliveries("absence", "held")) == 7
        ill.configure(absence={"types": {"AO": None, "Z": "Ziekte"}})
        ill.at("2026-11-22T16:00")("absence")
        assert ill.held("absence")["id"] == row["id"]
        ill.release(row["id"])
        assert ill.at("2026-11-22T17:00")("absence")["gone"] == 1
        assert days(ill, "KMA") == []
        assert ill.at("2026-11-22T18:00")("absence")["gone"] == 0
