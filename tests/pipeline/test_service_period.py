"""The period in which an employer is served: after its end only late reports cross, and nothing leaves unasked.

Rule: docs/reference/xpert-suite.md, 4.8.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from crossings import After, Crossing
from illness import EVERYTHING, at, case_of, days, in_history, key, last_asked, message, mistakes, nights
from proving import every_other

from veerpont.desk import lists
from veerpont.flows.absence import window
from veerpont.pipeline.trail.trace import trace

pytest_plugins = ["at_noon"]

LEAVE = [("2026-09-14", "2027-01-06", "100")]
"""What the portal has of 1005, at employer 02."""
JULY = [("2026-07-04", "2026-07-12", "100")]
"""What it has of 1010, at employer 02."""


def reported(crossing: Crossing, begin: str, number: str = "1010", hour: int = 12, **more: Any) -> str:
    """Let a clerk report at employer 02 today; returns the key of the case in the book."""
    return crossing.book.open(number, date.fromisoformat(begin), employer="02", at=at("2026-11-22", hour), **more)


class TestALateReport:
    @pytest.fixture
    def ended(self, ill: Crossing) -> Crossing:
        """The service to employer 02 ended on 20 November; it is the 22nd. The portal itself checks it too."""
        ill.serve("02", last="2026-11-20")
        ill.sandbox.portal.accounts["veerhuis"].settings.agreements = {"02": [("2020-01-01", "2026-11-20")]}
        return ill

    @pytest.mark.parametrize("begin", ["2026-11-19", "2026-11-20"])
    def test_that_began_within_the_service_crosses(self, ended: Crossing, begin: str) -> None:
        """Also on its last day."""
        reported(ended, begin)
        books = ended.at("2026-11-22T13:00")("absence")
        assert (books["delivered"], books["gone"], books["held"]) == (1, 0, 0)
        assert days(ended, "1010") == [*JULY, (begin, None, "100")]
        assert ended.sandbox.portal.reports("veerhuis", "absence")[-1].rejected == 0

    def test_that_began_one_day_after_is_filtered(self, ended: Crossing) -> None:
        """By the name of that reason, in the books of every run; nothing of it is kept, and nobody is asked."""
        case = reported(ended, "2026-11-21")
        before = ended.books("absence")["filtered"]  # of a wide read
        for moment, others in (("22T13", 0), ("22T21", before), ("23T21", before), ("24T21", before)):
            books = ended.at(f"2026-11-{moment}:00")("absence")
            assert books["filtered"] == others + 1
            assert (books["delivered"], books["gone"], books["held"]) == (0, 0, 0)
            assert "1 rows are left out (outside_service_period)." in message(ended)
            assert not in_history(ended, key(case))
        assert (days(ended, "1010"), days(ended, "1005")) == (JULY, LEAVE)
        assert key(case) not in ended.rejects("absence")
        assert "outside the service period" in " ".join(trace(key(case), "veerhuis")["why"])

    def test_crosses_whole(self, ended: Crossing) -> None:
        """What happens after the end in a case that began before is part of it."""
        case = reported(ended, "2026-11-20", hour=11)
        ended.book.change(case, date(2026, 11, 22), 50, at=at("2026-11-22", 12))
        ended.at("2026-11-22T13:00")("absence")
        assert days(ended, "1010") == [*JULY, ("2026-11-20", "2026-11-21", "100"), ("2026-11-22", None, "50")]
        ended.book.close(case, date(2026, 11, 24), at=at("2026-11-24"))
        ended.at("2026-11-24T13:00")("absence")
        assert days(ended, "1010")[-1] == ("2026-11-22", "2026-11-23", "50")

    def test_a_first_day_that_is_corrected_decides_anew(self, ended: Crossing) -> None:
        """From the day after to the last day: the case crosses. The other way a person is asked."""
        case = reported(ended, "2026-11-21", hour=11)
        ended.at("2026-11-22T12:30")("absence")
        assert days(ended, "1010") == JULY
        ended.book.correct(case, begin=date(2026, 11, 20), at=at("2026-11-22", 13))
        ended.at("2026-11-22T14:00")("absence")
        assert days(ended, "1010") == [*JULY, ("2026-11-20", None, "100")]
        ended.book.correct(case, begin=date(2026, 11, 21), at=at("2026-11-22", 15))
        ended.at("2026-11-22T16:00")("absence")
        assert days(ended, "1010") == [*JULY, ("2026-11-20", None, "100")]
        assert ended.held("absence")["reasons"] == "service_period_gone"

    def test_of_somebody_whom_nobody_knows_is_filtered(self, ended: Crossing) -> None:
        """There are no new people after the end, and so no reject of a case without one; at 01 it is as ever."""
        person = "{5A0D0001-0000-4000-8000-000000000AAA}"
        case = reported(ended, "2026-11-20", "3001", guid_person=person)
        elsewhere = ended.book.open("3002", date(2026, 11, 20), at=at("2026-11-22"), guid_person=person[:-2] + "B}")
        _, transformed = ended.at("2026-11-22T13:00").until_load("absence")
        assert list(map(str, transformed.remarks)) == ["1 rows are left out (outside_service_period)."]
        assert not ended.stored(key(case))
        ended("absence")
        assert key(case) not in ended.rejects("absence")
        assert ended.rejects("absence")[key(elsewhere)] == "unknown_employee"

    def test_where_others_bring_the_people_anybody_may_be_ill(self, ended: Crossing) -> None:
        """The portal has them from somebody else: whether it knows somebody, it says itself."""
        flows = ["employers", "organigram", "absence"]
        ended.configure(portals=[{"portal": "xpert_suite", "connection": "xpert_veerhuis", "flows": flows}])
        person = "{5A0D0001-0000-4000-8000-000000000AAA}"
        reported(ended, "2026-11-20", "1010", guid_person=person)
        books = ended.at("2026-11-22T13:00")("absence")
        assert books["state"] == "success"
        assert days(ended, "1010") == [*JULY, ("2026-11-20", None, "100")]

    @pytest.mark.parametrize(("last", "asked"), [(None, False), ("2026-11-22", True)])
    def test_a_mistake_that_a_clerk_deletes_is_asked_about(self, ill: Crossing, last: str | None, asked: bool) -> None:
        """Else it leaves unasked, of somebody who is still shown: after the end nobody is looked at any more."""
        (case,) = mistakes(ill, "1010", employer="02")
        ill.serve("02", last=last)
        nights(ill, 22)
        ill.book.delete(case)
        nights(ill, 23, 24, 25)
        assert [row["reasons"] for row in ill.deliveries("absence", "held")] == (["case_gone"] if asked else [])
        assert (days(ill, "1010") == JULY) is not asked


class TestNinetyDaysLater:
    @pytest.mark.parametrize(("last", "crosses"), [("2026-08-24", True), ("2026-08-23", False)])
    def test_late_reports_are_read_for_so_long(self, ill: Crossing, last: str, crosses: bool) -> None:
        """On the ninetieth day after the end, and not on the next: then what the portal has stays as it is."""
        ill.serve("02", last=last)
        case = reported(ill, "2026-08-20")
        for books in (ill.at("2026-11-22T13:00")("absence"), ill.at("2026-11-22T21:00")("absence")):
            assert books["gone"] == 0
        assert days(ill, "1005") == LEAVE
        assert days(ill, "1010") == ([*JULY, ("2026-08-20", None, "100")] if crosses else JULY)
        assert in_history(ill, key(case)) is crosses

    def test_the_number_of_days_is_a_setting(self, ill: Crossing) -> None:
        ill.configure(absence={"late_report_days": 91})
        ill.serve("02", last="2026-08-23")
        reported(ill, "2026-08-20")
        ill.at("2026-11-22T13:00")("absence")
        assert days(ill, "1010") == [*JULY, ("2026-08-20", None, "100")]

    def test_then_its_lines_are_frozen(self, ill: Crossing) -> None:
        """Night after night they are repeated; nothing of it is missed, asked about or waited for."""
        ill.serve("02", last="2025-11-20")
        ill.book.delete(case_of(ill, "1010", "2026-07-04"))
        for books in nights(ill, 22, 23, 24):
            assert (books["repeated"], books["gone"], books["held"], books["state"]) == (2, 0, 0, "success")
        assert (days(ill, "1005"), days(ill, "1010")) == (LEAVE, JULY)
        line = trace(key(case_of(ill, "1005", "2026-09-14")), "veerhuis")["records"][0]["portals"][0]
        assert line["state"] == "frozen"

    def test_one_that_is_activated_too_late_keeps_nothing_waiting(self, ill: Crossing) -> None:
        """Of an employer whose service was over long ago no month has to be asked for."""
        ill.serve("03", last="2025-11-20")
        for books in (ill.at("2026-11-22T13:00")("absence"), *nights(ill, 22)):
            assert (books["state"], books["gone"]) == ("success", 0)
        assert not [cell for (code, _), cell in ill.coverage().items() if code == "03" and not cell["covered"]]
        assert ill.deliveries("absence", "held") == []


class TestBeforeItBegins:
    @pytest.mark.parametrize(("first", "crosses"), [("2026-07-04", True), ("2026-07-05", False)])
    def test_a_case_that_began_before_it_does_not_cross(self, known: Crossing, first: str, crosses: bool) -> None:
        """Its people do; the case on the first day does."""
        known.serve("02", first=first)
        known.change("1010", Achternaam="Nieuw")
        known("employees")
        assert known.employments()["02/1010/1"].values["last_name"] == "Nieuw"
        for _ in range(2):
            known.at("2026-11-22T12:00")("absence")
        assert (days(known, "1005"), days(known, "1010")) == (LEAVE, JULY if crosses else [])

    def test_of_what_the_portal_has_a_person_is_asked(self, ill: Crossing) -> None:
        ill.serve("02", first="2026-07-05")
        ill.at("2026-11-22T13:00")("absence")
        held = ill.held("absence")
        assert (held["reasons"], held["gone"]) == ("service_period_gone", 1)
        assert days(ill, "1010") == JULY


def end_too_early(ill: Crossing) -> None:
    ill.serve("02", last="2026-09-01")
    ill.at("2026-11-22T13:00")("absence")


class TestAPeriodThatIsChanged:
    @pytest.fixture
    def mistaken(self, ill: Crossing, after: After) -> Crossing:
        """The end of the service to 02 was put at 1 September: the leave of 1005 began after it."""
        return after(end_too_early)

    def test_nothing_leaves_unasked(self, mistaken: Crossing) -> None:
        """However often it is read: a person is asked, once, about just that case."""
        for books in (mistaken.books("absence"), *nights(mistaken, 22, 23, 24)):
            assert books["gone"] == 0
        held = mistaken.held("absence")
        assert (held["reasons"], held["gone"]) == ("service_period_gone", 1)
        shown = lists.show_delivery(held["id"])
        case = key(case_of(mistaken, "1005", "2026-09-14"))
        assert shown["keys"] == {"02": [case]}
        assert shown["why"] == {"gone_service_period": [case]}
        assert in_history(mistaken, case), "until there is an answer nothing that is known of it is lost"
        assert days(mistaken, "1005") == LEAVE

    def test_moved_back_nothing_was_lost(self, mistaken: Crossing) -> None:
        """The question goes away by itself, and what was reported meanwhile is read at once, also what is older."""
        case = reported(mistaken, "2026-11-20", hour=13)
        old = mistaken.book.open("1010", date(2026, 10, 5), employer="02", at=at("2026-10-05"))
        mistaken.book.close(old, date(2026, 10, 7), at=at("2026-10-07"))
        nights(mistaken, 22, 23)
        assert not in_history(mistaken, key(case))
        mistaken.serve("02", last=None)
        books = mistaken.at("2026-11-24T08:00")("absence")
        assert (books["gone"], books["held"], books["state"]) == (0, 0, "success")
        assert mistaken.deliveries("absence", "held") == []
        assert mistaken.periods() == mistaken.truth()
        assert ("2026-10-05", "2026-10-06", "100") in days(mistaken, "1010")

    def test_what_happens_to_the_case_meanwhile_waits_with_it(self, mistaken: Crossing) -> None:
        """The portal keeps it as it was told, and gets the rest once the period is right again."""
        case = case_of(mistaken, "1005", "2026-09-14")
        mistaken.book.correct(case, recovered=date(2027, 1, 14), at=at("2026-11-22", 13))
        nights(mistaken, 22)
        assert days(mistaken, "1005") == LEAVE
        mistaken.serve("02", last="2026-12-31")
        mistaken.at("2026-11-24T08:00")("absence")
        assert mistaken.periods() == mistaken.truth()

    def test_released_they_leave(self, mistaken: Crossing) -> None:
        """A person said so of that set of keys; then nothing of the case is kept."""
        mistaken.release(mistaken.held("absence")["id"])
        books = mistaken.at("2026-11-22T14:00")("absence")
        assert (books["gone"], books["held"]) == (1, 0)
        assert days(mistaken, "1005") == []
        nights(mistaken, 22)
        assert not in_history(mistaken, key(case_of(mistaken, "1005", "2026-09-14")))
        assert mistaken.books("absence")["gone"] == 0

    def test_discarded_they_stay(self, mistaken: Crossing) -> None:
        mistaken.discard(mistaken.held("absence")["id"])
        for books in nights(mistaken, 22, 23):
            assert (books["gone"], books["state"]) == (0, "success")
        assert days(mistaken, "1005") == LEAVE
        assert mistaken.deliveries("absence", "held") == []

    @pytest.mark.parametrize("last", ["2026-11-20", "2026-12-31"])
    def test_an_end_that_is_set_makes_nothing_be_asked_again(self, ill: Crossing, last: str) -> None:
        """What was read before is as good as it was: where a connector cannot be read widely nothing waits for it."""
        since = lists.list_employers(ill.ledger, "veerhuis")[1]["at"]
        ill.at("2026-11-22T13:00")
        ill.serve("02", last=last)
        assert ill("absence")["state"] == "success"
        assert last_asked(ill) != EVERYTHING
        assert not [cell for cell in ill.coverage().values() if not cell["covered"]]
        assert lists.list_employers(ill.ledger, "veerhuis")[1]["at"] == since
        ill.serve("02", last="2027-12-31")
        ill.at("2026-11-22T14:00")("absence")
        assert (last_asked(ill) == EVERYTHING) is (last == "2026-11-20"), "what began after it was not kept"

    @pytest.mark.parametrize("typo", every_other(["0202-12-31", "2025-12-31", "2026-08-24", "2026-09-13"]))
    def test_a_typo_is_harmless_wherever_it_lands(self, ill: Crossing, typo: str) -> None:
        """Also a year ago, when late reports are not read any more either: three nights, and back."""
        before = ill.periods()
        ill.serve("02", last=typo)
        ill("employees")
        for books in nights(ill, 22, 23, 24):
            assert books["gone"] == 0
        assert ill.periods() == before
        ill.serve("02", last=None)
        ill.at("2026-11-25T08:00")("absence")
        assert ill.periods() == ill.truth() == before

    def test_a_backfill_takes_nothing_away_either(self, mistaken: Crossing) -> None:
        """A historic load of the month in which the case began does not make it gone."""
        mistaken.fetch("2026-09")
        for books in nights(mistaken, 22, 23):
            assert books["gone"] == 0
        assert days(mistaken, "1005") == LEAVE
        mistaken.serve("02", last=None)
        mistaken.at("2026-11-24T08:00")("absence")
        assert mistaken.periods() == mistaken.truth()


class TestAnHourWithLittleNews:
    @pytest.fixture
    def looked(self, ill: Crossing, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
        """Tell of each load whether everybody was looked at; one was before, in which nothing was left open."""
        ill.at("2026-11-22T13:00")("absence")
        found: list[bool] = []
        narrowed = window.narrowed

        def noted(*args: Any) -> Any:
            made = narrowed(*args)
            found.append(made is None)
            return made

        monkeypatch.setattr(window, "narrowed", noted)
        return found

    def test_a_changed_period_makes_it_look_at_everybody(self, ill: Crossing, looked: list[bool]) -> None:
        ill.at("2026-11-22T14:00")("absence")
        ill.serve("02", last="2026-12-31")
        ill.at("2026-11-22T15:00")("absence")
        ill.at("2026-11-22T16:00")("absence")
        assert looked == [False, True, False]

    def test_what_lies_outside_is_not_kept_either(self, ill: Crossing, looked: list[bool]) -> None:
        """A case that is read in such an hour is filtered, hour after hour, with the same books."""
        ill.serve("02", last="2026-11-20")
        ill.at("2026-11-22T14:00")("absence")
        before = ill.at("2026-11-22T15:00")("absence")["filtered"]
        case = reported(ill, "2026-11-21", hour=15)
        for hour in (16, 17):
            assert ill.at(f"2026-11-22T{hour}:00")("absence")["filtered"] == before + 1
            assert "1 rows are left out (outside_service_period)." in message(ill)
            assert not in_history(ill, key(case))
        assert looked == [True, False, False, False]
