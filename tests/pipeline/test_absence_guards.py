"""Many cases that went at the source wait for a person, and the rest goes out (docs/decisions/0002)."""

from datetime import date
from typing import Any

import pytest
from crossings import ABSENCE, After, Crossing
from illness import at, case_of, days, key, message, mistakes, nights

from veerpont.desk.lists import show_delivery

pytest_plugins = ["at_noon"]

LOST = (("1001", "2026-11-16"), ("1003", "2026-11-04"), ("1004", "2026-09-07"))
"""Three of the eight cases at the portal, all of employer 01."""


def hide(crossing: Crossing, *cases: tuple[str, str]) -> list[str]:
    """Let AFAS not show these cases, by person and first day, though they exist; return their record keys."""
    guids = [case_of(crossing, *case) for case in cases]
    assert crossing.sandbox.afas.delete("veerhuis", ABSENCE, "Guid_verzuimmelding", guids)
    return [key(found) for found in guids]


def show(crossing: Crossing) -> None:
    """Let AFAS show all there is again."""
    crossing.sandbox.afas.environments["veerhuis"].tables[ABSENCE].rows = crossing.book.rows()


def two_nights_without(ill: Crossing) -> None:
    hide(ill, *LOST)
    nights(ill, 22)
    ill.book.open("1010", date(2026, 11, 23), employer="02", at=at("2026-11-23"))
    nights(ill, 23)


@pytest.fixture
def held(ill: Crossing, after: After) -> Crossing:
    """Two nights without three of the cases; meanwhile somebody of employer 02 fell ill."""
    return after(two_nights_without)


def states(crossing: Crossing) -> dict[int, str]:
    """Return the deliveries that waited for a person, by id."""
    return {row["id"]: row["state"] for row in crossing.deliveries("absence") if row["reasons"] == "case_gone"}


class TestTheHold:
    def test_the_removals_wait_and_the_rest_goes_out(self, held: Crossing) -> None:
        """The file of that night has the new case, and the three that went as they were told."""
        books = held.books("absence")
        assert (books["state"], books["delivered"], books["gone"], books["repeated"]) == ("success", 1, 0, 3)
        assert ("2026-11-23", None, "100") in days(held, "1010")
        assert held.periods() == held.truth(), "they exist: AFAS only does not show them"
        assert "3 removals wait for a person (case_gone)" in message(held)

    def test_it_is_explained(self, held: Crossing) -> None:
        """How many, which employers, which cases, since when: without anything about the person."""
        row = held.held("absence")
        shown = show_delivery(row["id"])
        assert (shown["gone"], shown["reasons"], shown["state"]) == (3, "case_gone", "held")
        assert set(shown["keys"]) == {"01"}
        assert sorted(shown["keys"]["01"]) == sorted(key(case_of(held, *case)) for case in LOST)
        assert shown["at"]

    def test_it_keeps_its_id_while_the_set_stays_the_same(self, held: Crossing) -> None:
        """Hour after hour and night after night one and the same question."""
        before = held.held("absence")
        for hour in (8, 9):
            held.at(f"2026-11-24T{hour:02}:00")("absence")
        nights(held, 24)
        after = held.held("absence")
        assert (after["id"], after["at"]) == (before["id"], before["at"])
        assert held.periods() == held.truth()

    def test_what_is_new_is_a_question_of_its_own(self, held: Crossing) -> None:
        """One more case that went: the first question keeps its three and its age, and another one has the fourth."""
        before = held.held("absence")
        hide(held, ("KMA", "2026-08-17"))
        nights(held, 24)
        assert held.held("absence")["id"] == before["id"], "one wide read without it is no reason yet"
        nights(held, 25)
        new, old = held.deliveries("absence", "held")
        assert (old["id"], old["gone"], old["at"]) == (before["id"], 3, before["at"])
        assert new["gone"] == 1

    def test_few_old_ones_wait_too(self, ill: Crossing) -> None:
        """Two of eight are fewer than three; what is older than 14 days waits all the same, and says so."""
        hide(ill, *LOST[:2])
        assert nights(ill, 22, 23)[-1]["gone"] == 0
        assert (ill.held("absence")["reasons"], ill.held("absence")["gone"]) == ("case_gone", 2)

    def test_many_of_many_wait_by_their_number(self, ill: Crossing) -> None:
        """More than `max_gone` wait whatever the percentage, also fresh ones."""
        cases = mistakes(ill, "0109", "KMA")
        ill.configure(guards={"max_gone": 1, "max_gone_percent": 100})
        for case in cases:
            ill.book.delete(case)
        assert nights(ill, 22, 23)[-1]["gone"] == 0
        assert (ill.held("absence")["reasons"], ill.held("absence")["gone"]) == ("many_gone", 2)

    def test_three_at_one_employer_are_many_there(self, ill: Crossing) -> None:
        """Half of one employer's cases wait, though of the whole they are few enough."""
        ill.configure(guards={"max_gone_percent": 40})
        hide(ill, *LOST)
        assert nights(ill, 22, 23)[-1]["gone"] == 0
        assert ill.held("absence")["gone"] == 3


class TestTheAnswer:
    def test_released_cases_go_at_the_next_run(self, held: Crossing) -> None:
        """An hour later they are gone, in the delivery of that very id, and the books say how many."""
        number = held.held("absence")["id"]
        held.release(number)
        books = held.at("2026-11-24T08:00")("absence")
        assert (books["gone"], books["repeated"]) == (3, 0)
        assert not {"1001", "1003", "1004"} & {period[1] for period in held.periods()}
        assert states(held) == {number: "delivered"}
        (row,) = [row for row in held.deliveries("absence", "delivered") if row["id"] == number]
        assert (row["gone"], row["decided_by"]) == (3, "Jo")

    def test_only_those_that_are_still_gone(self, held: Crossing) -> None:
        """A released case that is back at the source before the run stays."""
        held.release(held.held("absence")["id"])
        show(held)
        hide(held, *LOST[:2])
        assert nights(held, 24)[0]["gone"] == 2
        assert days(held, "1001") == days(held, "1003") == []
        assert days(held, "1004") != []

    def test_one_more_is_not_covered_by_the_release(self, held: Crossing) -> None:
        """What went after the question was asked is judged by itself, and asked about."""
        hide(held, ("KMA", "2026-08-17"))
        nights(held, 24)
        held.release(held.held("absence")["id"])
        (books,) = nights(held, 25)
        assert books["gone"] == 3
        assert days(held, "KMA") != []
        assert held.held("absence")["gone"] == 1

    def test_discarded_is_quiet_until_the_set_changes(self, held: Crossing) -> None:
        """Nobody is asked again about the same three, they stay; a fourth makes another question."""
        number = held.held("absence")["id"]
        held.discard(number)
        for books in (held.at("2026-11-24T08:00")("absence"), *nights(held, 24)):
            assert (books["gone"], books["repeated"]) == (0, 3)
            assert held.deliveries("absence", "held") == []
        hide(held, ("KMA", "2026-08-17"))
        nights(held, 25, 26)
        assert held.held("absence")["gone"] == 1, "only the new one"
        assert states(held)[number] == "discarded"

    def test_a_case_that_comes_back_leaves_the_question(self, held: Crossing) -> None:
        """With one back at the source the same question is about two."""
        number = held.held("absence")["id"]
        show(held)
        hide(held, *LOST[:2])
        nights(held, 24)
        row = held.held("absence")
        assert (row["id"], row["gone"], sum(map(len, show_delivery(number)["keys"].values()))) == (number, 2, 2)
        assert days(held, "1004") != []

    def test_all_that_come_back_end_it(self, held: Crossing) -> None:
        """When AFAS shows everything again the question is withdrawn, and nothing has happened."""
        show(held)
        nights(held, 24)
        assert held.deliveries("absence", "held") == []
        assert held.periods() == held.truth()

    def test_who_falls_ill_meanwhile_is_not_kept_waiting(self, held: Crossing) -> None:
        """While the question waits every hour's changes go out, and the three are carried along."""
        held.book.open("0109", date(2026, 11, 24), at=at("2026-11-24"))
        books = held.at("2026-11-24T09:00")("absence")
        assert (books["delivered"], books["repeated"]) == (1, 3)
        assert ("2026-11-24", None, "100") in days(held, "0109")
        assert held.periods() == held.truth()


class TestTheWhole:
    def test_the_first_file_in_production_waits(self, known: Crossing) -> None:
        """The portal may hold what we never saw: the first file waits, keeps its id, and goes when released."""
        known.configure(xpert_suite={"profile": "production", **production()}, absence={"initial_days": 800})
        known.configure(organigram={"tree": "derive"})
        known.at("2026-11-22T12:00")
        for _ in range(2):
            assert known("absence")["state"] == "held"
        row = known.held("absence")
        assert (row["reasons"], row["records"]) == ("first_delivery", 8)
        assert known.periods() == set()
        known.release(row["id"])
        assert known("absence")["state"] == "success"
        assert known.periods() == known.truth()

    def test_a_history_shorter_than_the_window_waits(self, known: Crossing) -> None:
        """A file of one year would delete the other year of the window."""
        books = known.at("2026-11-22T12:00")("absence")
        assert (books["state"], books["held"], books["delivered"]) == ("held", 15, 0)
        assert known.held("absence")["reasons"] == "history_incomplete"
        assert "employer 01: <2024-11 to 2025-11" in message(known)

    def test_it_is_withdrawn_once_the_history_covers_the_window(self, known: Crossing) -> None:
        """The next run reads the rest, and nobody has to answer."""
        known.at("2026-11-22T12:00")("absence")
        number = known.held("absence")["id"]
        known("absence")
        assert {row["id"]: row["state"] for row in known.deliveries("absence")}[number] == "superseded"
        assert message(known) == ""

    def test_a_portal_that_only_logs_may_have_less(self, known: Crossing) -> None:
        """Where the portal deletes nothing there is nothing to protect."""
        known.configure(absence={"portal_deletes": "log"})
        assert known.at("2026-11-22T12:00")("absence")["state"] == "success"
        assert known.periods() < known.truth()


def production() -> dict[str, Any]:
    """Return confirmed columns for a customer in production."""
    employees = ("employer_code", "personnel_number", "employment_number", "last_name", "employment_start")
    return {"columns": {"employees": {name: name for name in employees}}}
